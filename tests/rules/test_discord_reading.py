"""What people type in Discord, as the tree that a blog gets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.markup import parse, written
from bridge.text.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Inline,
    LineBreak,
    Link,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Strike,
    Strong,
    Text,
    normalised,
    paragraph,
    plain,
    runs,
)

PEOPLE, CHANNELS, ROLES = {"1": "Ada"}, {"3": "garden"}, {"2": "helpers"}


def br(*words: str) -> Text:
    """Give a paragraph of lines."""
    children: list[Inline] = []
    for word in words:
        children += [LineBreak(), Plain(word)]
    return (Paragraph(tuple(children[1:])),)


TYPED: list[tuple[str, Text]] = [
    ("In March", paragraph("In March")),
    ("one\ntwo\n\nthree", (*br("one", "two"), *paragraph("three"))),
    ("**bold** *so*", paragraph(Strong((Plain("bold"),)), " ", Emphasis((Plain("so"),)))),
    ("_so_, 2*3 and **(b)**ig", paragraph(Emphasis((Plain("so"),)), ", 2*3 and ", Strong((Plain("(b)"),)), "ig")),
    ("***both***", paragraph(Emphasis((Strong((Plain("both"),)),)))),
    ("* not so *", (BulletList((paragraph("not so *"),)),)),
    ("__under__", paragraph(Emphasis((Plain("under"),)))),
    ("~~no~~", paragraph(Strike((Plain("no"),)))),
    ("||the *end*||", paragraph("the ", Emphasis((Plain("end"),)))),
    ("a || b", paragraph("a || b")),
    ("`||code||`", paragraph(Code("||code||"))),
    ("snake_case_word", paragraph("snake_case_word")),
    (r"\*as typed\*", paragraph("*as typed*")),
    ("# Title\ntext", (*paragraph(Strong((Plain("Title"),))), *paragraph("text"))),
    ("#hashtag", paragraph("#hashtag")),
    ("-# small", paragraph("small")),
    ("> said\n> twice\nmine", (Quote(br("said", "twice")), *paragraph("mine"))),
    (">>> all\n\nof it", (Quote((*paragraph("all"), *paragraph("of it"))),)),
    (">no quote", paragraph(">no quote")),
    ("- a\n- b\n  - c", (BulletList((paragraph("a"), (*paragraph("b"), BulletList((paragraph("c"),))))),)),
    ("3. a\n4. b\nend", (NumberedList((paragraph("a"), paragraph("b")), 3), *paragraph("end"))),
    ("- a\n  more", (BulletList((br("a", "more"),)),)),
    ("1986.", paragraph("1986.")),
    ("-", paragraph("-")),
    ("```py\nx = 1\n```", (CodeBlock("x = 1", "py"),)),
    ("```js\nfoo()```", (CodeBlock("foo()", "js"),)),
    ("```one line```", (CodeBlock("one line"),)),
    ("see ```\na\n\n- b\n``` there", (*paragraph("see"), CodeBlock("a\n\n- b"), *paragraph("there"))),
    ("> ```\n> a\n> ```", (Quote((CodeBlock("a"),)),)),
    ("``` open", paragraph("``` open")),
    ("``a`b``", paragraph(Code("a`b"))),
    ("<https://x.example/a_b_>", paragraph(Link("https://x.example/a_b_", (Plain("https://x.example/a_b_"),)))),
    ("[words](https://x.example/)", paragraph(Link("https://x.example/", (Plain("words"),)))),
    ("[a](javascript:alert(1))", paragraph("[a](javascript:alert(1))")),
    ("<@1> <@!1> <@&2> <#3>", paragraph("@Ada @Ada @helpers #garden")),
    ("<@9> <@&9> <#9>", paragraph("@somebody @somebody #channel")),
    ("`<@1>`", paragraph(Code("<@1>"))),
    (r"\<@1>", paragraph("<@1>")),
    ("<:rose:12> <a:wave:34>", paragraph(":rose: :wave:")),
    ("<t:1700000000> <t:1700000000:d>", paragraph("14 November 2023, 22:13 UTC 14 November 2023")),
    ("<t:1700000000:t> <t:1700000000:R>", paragraph("22:13 UTC 14 November 2023, 22:13 UTC")),
    ("<t:99999999999999999999:R>", paragraph("<t:99999999999999999999:R>")),
    ("</water plants:77> <id:customize>", paragraph("/water plants #customize")),
    ("<script>alert(1)</script> &lt;", paragraph("<script>alert(1)</script> &lt;")),
    ("||", paragraph("||")),
    ("**", paragraph("**")),
    ("", ()),
]  # fmt: skip


@pytest.mark.parametrize(("content", "text"), TYPED, ids=[content for content, _ in TYPED])
def test_what_a_person_typed(content: str, text: Text) -> None:
    assert parse(content, PEOPLE, CHANNELS, ROLES) == text


def test_law_09_a_masked_link_that_shows_another_address_tells_where_it_leads() -> None:
    assert "https://evil.example" in plain(parse("[https://bank.example](https://evil.example/)"))


@given(st.text(alphabet=st.sampled_from("ab \n\\`*_~|>#()[]-+.1!\u2060"), max_size=60))
def test_law_05_no_word_of_what_was_typed_is_lost(content: str) -> None:
    text = parse(content)
    read = plain(text) + "".join(_languages(text))
    assert (read.count("a"), read.count("b")) == (content.count("a"), content.count("b"))


def _languages(text: Text) -> list[str]:
    """The languages that blocks of code name, in which letters are no words."""
    found: list[str] = []
    for block in text:
        if isinstance(block, CodeBlock):
            found.append(block.language)
        elif isinstance(block, Quote):
            found += _languages(block.children)
    return found


@given(st.text(max_size=200))
def test_whatever_is_typed_is_read(content: str) -> None:
    text = parse(content)
    assert text == normalised(text)


# --- There and back ---------------------------------------------------------------------------------------------------


def _words() -> st.SearchStrategy[str]:
    return st.text(alphabet=st.sampled_from("abcäß19 .,:;!?#@-_*~|<>()[]\\`"), min_size=1, max_size=12)


def _inlines() -> st.SearchStrategy[Inline]:
    plain_words = _words().map(Plain)
    code = st.text(alphabet=st.sampled_from("ab 1.()<\\"), min_size=1, max_size=8).map(lambda words: Code(f"c{words}c"))
    links = st.builds(Link, st.just("https://x.example/a-b"), st.just((Plain("these words"),)))
    return st.recursive(
        st.one_of(plain_words, code, links),
        lambda inner: st.one_of(
            *(st.lists(inner, min_size=1, max_size=2).map(tuple).map(kind) for kind in (Emphasis, Strong, Strike))
        ),
        max_leaves=4,
    )


def _texts() -> st.SearchStrategy[Text]:
    """Give texts that can be said in Discord as well as here."""
    lines = st.lists(st.lists(_inlines(), min_size=1, max_size=3), min_size=1, max_size=3)
    paragraphs = lines.map(lambda some: Paragraph(tuple(_between_breaks(some))))
    code = st.builds(
        CodeBlock, st.sampled_from(("x = 1", "a\n\n  - b\n> c", "`` ` @here")), st.sampled_from(("", "py"))
    )
    items = st.lists(paragraphs.map(lambda one: (one,)), min_size=1, max_size=3).map(tuple)
    lists = st.one_of(items.map(BulletList), st.builds(NumberedList, items, st.integers(0, 999)))
    inner: st.SearchStrategy[Block] = st.one_of(paragraphs, code, lists)
    blocks = st.one_of(inner, st.lists(inner, min_size=1, max_size=3).map(tuple).map(Quote))
    return st.lists(blocks, max_size=4).map(tuple)


def _between_breaks(lines: list[list[Inline]]) -> list[Inline]:
    return [child for line in lines for child in (LineBreak(), *line)][1:]


def _said(text: Text) -> list[object]:
    """What a text says and how, however its marks were nested."""
    return [_said_block(block) for block in normalised(text)]


def _said_block(block: Block) -> object:
    match block:
        case Paragraph(children):
            shown: list[tuple[frozenset[str], object]] = []
            for run in runs(children):
                marks = frozenset(mark.kind.__name__ for mark in run.marks)
                if isinstance(run.leaf, Plain):
                    shown += [
                        (marks if not character.isspace() else frozenset(), character) for character in run.leaf.text
                    ]
                else:
                    shown.append((frozenset() if isinstance(run.leaf, LineBreak) else marks, run.leaf))
            return shown
        case CodeBlock():
            return block
        case Quote(children):
            return ["quote", *_said(children)]
        case BulletList(items):
            return ["bullets", *map(_said, items)]
        case NumberedList(items, start):
            return [start, *map(_said, items)]


@settings(max_examples=40)
@given(_texts())
def test_a_text_comes_back_as_it_went(text: Text) -> None:
    assert _said(parse(written(text))) == _said(text)
