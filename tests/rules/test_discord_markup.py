"""What a visitor says, in Discord: all of it is read, and nothing of it does anything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from selectolax.lexbor import LexborHTMLParser

from adapters.discord.double import showing
from adapters.discord.markup import pieces, written
from bridge.text.addresses import disguised
from bridge.text.links import honest
from bridge.text.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Image,
    LineBreak,
    Link,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Strike,
    Strong,
    Text,
    cleaned,
    leaf_text,
    paragraph,
    runs,
)
from tests.rules.discord_texts import paragraphs, texts
from tests.servers import discord_reading as client
from tests.servers.discord_reading import Node

FOOT = "\n-# [on the blog](<https://blog.example/#c1>) · <t:1700000000:f>"
OURS = ("https://blog.example/#c1",)


def flat(text: Text) -> Iterator[Run]:
    """All runs of a text, those of code blocks as code."""
    for block in text:
        match block:
            case Paragraph(children):
                yield from runs(children)
            case CodeBlock(code, _):
                yield Run((), Code(code))
            case Quote(children):
                yield from flat(children)
            case BulletList(items) | NumberedList(items, _):
                for item in items:
                    yield from flat(item)


def has(text: Text, kind: type[Block]) -> bool:
    """Whether a text has a kind of block anywhere."""
    return any(
        isinstance(block, kind)
        or (isinstance(block, Quote) and has(block.children, kind))
        or (isinstance(block, BulletList | NumberedList) and any(has(item, kind) for item in block.items))
        for block in text
    )


def letters(words: str) -> str:
    """What is left of words when nothing is looked at but letters and digits."""
    return "".join(character for character in cleaned(words) if character.isalnum())


def is_within(few: str, many: str) -> bool:
    """Whether all of the few letters come in the many, in their order."""
    rest = iter(many)
    return all(letter in rest for letter in few)


def kinds(text: Text) -> set[str]:
    """What a client may show of a text."""
    marks = {Emphasis: "em", Strong: "strong", Strike: "strike", Link: "link"}
    found = {marks[mark.kind] for run in flat(text) for mark in run.marks} | {"text", "link", "code"}
    found |= {"codeblock"} if has(text, CodeBlock) else set()
    found |= {"quote"} if has(text, Quote) else set()
    return found | ({"list", "item"} if has(text, BulletList) or has(text, NumberedList) else set())


@settings(max_examples=40)
@given(texts())
def test_law_09_no_text_mentions_anybody_or_invites_anywhere(text: Text) -> None:
    content = written(text)
    nodes = client.read(content)
    assert not client.mentions(nodes)
    assert not client.pinged(content)
    assert not client.invitations(nodes)


@pytest.mark.parametrize(
    ("content", "invitations"),
    [
        ("https://discord.gg/evil", 1), ("discord.gg/evil, [x](https://discord.com/invite/evil)", 2),
        ("[discord.gg/evil](<https://x.example/>)", 1), ("**discord.gg/evil**", 1), ("> discord.gg/evil", 1),
        ("<https://discord.gg/evil>", 0), ("[x](<https://discord.gg/evil>)", 0), (r"discord\.gg/evil", 0),
        ("`discord.gg/evil`", 0), ("```\nhttps://discord.gg/evil\n```", 0), ("*discord*.gg/evil", 0),
    ],
)  # fmt: skip
def test_invitations_are_known_where_a_client_shows_them(content: str, invitations: int) -> None:
    assert len(client.invitations(client.read(content))) == invitations


@settings(max_examples=40)
@given(texts())
def test_law_09_no_link_leads_elsewhere_than_is_shown(text: Text) -> None:
    for shown, target in client.links(client.read(written(text))):
        assert target.startswith(("https://", "http://"))
        assert not disguised(target, shown), (shown, target)


@settings(max_examples=40)
@given(texts())
def test_law_09_what_is_shown_is_what_the_text_has_and_nothing_else(text: Text) -> None:
    nodes = client.read(written(text))
    checked = honest(text)
    assert not {node.kind for node in client.walked(nodes)} - kinds(checked)
    said = "".join(leaf_text(run.leaf) for run in flat(checked))
    assert is_within(letters(said.replace("\ue0bc", "")), letters(client.shown(nodes)))


@settings(max_examples=40)
@given(texts())
def test_law_09_nothing_reaches_into_what_follows(text: Text) -> None:
    content = f"**Vera**\n{written(text)}{FOOT}"
    nodes = client.read(content)
    assert nodes[0] == Node("strong", children=(Node("text", "Vera"),))
    assert nodes[-1].kind == "small"
    assert [target for _, target in client.links((nodes[-1],))] == list(OURS)
    assert [node.kind for node in nodes].count("small") == 1


@settings(max_examples=40)
@given(texts())
def test_law_09_what_the_doubles_page_shows_names_nobody_and_leads_where_it_says(text: Text) -> None:
    """Another reading of Discord's Markdown, which knows nothing of the one above."""
    for content in (written(text), *pieces(text, 120)):
        page = LexborHTMLParser(f"<main>{showing.shown(content + FOOT)}</main>")
        assert not page.css(".mention, .emoji, .spoiler, u, h1, h2, h3")
        assert len(page.css("time")) == len(page.css("small")) == 1  # which are ours
        links = [(link.text(), link.attributes["href"] or "") for link in page.css("a")]
        assert links[-1] == ("on the blog", *OURS)
        for words, target in links:
            assert target.startswith(("https://", "http://"))
            assert not disguised(target, words), (words, target)


@settings(max_examples=40)
@given(texts())
def test_what_the_doubles_page_shows_is_all_that_was_said(text: Text) -> None:
    said = "".join(leaf_text(run.leaf) for run in flat(honest(text))).replace("\ue0bc", "")
    page = LexborHTMLParser(f"<main>{showing.shown(written(text))}</main>").css_first("main")
    assert page is not None
    assert is_within(letters(said), letters(page.text()))


@given(paragraphs())
def test_a_paragraph_without_links_reads_as_it_was_written(given_paragraph: Paragraph) -> None:
    some = [
        Run((), run.leaf) if run.link or isinstance(run.leaf, Image) else run for run in runs(given_paragraph.children)
    ]
    bare = honest((Paragraph(tuple(run.leaf for run in some if not isinstance(run.leaf, Image))),))
    said = "".join(leaf_text(run.leaf) for run in flat(bare)).translate({0xE0BC: "\ufffd", 0x2060: None})
    read = client.shown(client.read(written(bare)))
    assert unquoted(read) == unquoted(said)


def unquoted(words: str) -> str:
    """Words without blanks, and without what addresses quote of what means something to Discord or to us."""
    return "".join(words.split()).replace("%40", "@").replace("%EE%82%BC", "\ufffd")


@settings(max_examples=40)
@given(texts())
def test_pieces_fit_and_together_say_it_all(text: Text) -> None:
    parts = pieces(text, 120)
    assert all(len(part) <= 120 for part in parts)
    said = "".join(leaf_text(run.leaf) for run in flat(honest(text))).replace("\ue0bc", "")
    read = "".join(client.shown(client.read(part)) for part in parts)
    assert is_within(letters(said), letters(read))


@settings(max_examples=40)
@given(texts())
def test_law_09_no_piece_does_what_the_whole_does_not(text: Text) -> None:
    for part in pieces(text, 120):
        nodes = client.read(part + FOOT)
        assert not client.mentions(nodes)
        assert not client.pinged(part)
        assert nodes[-1].kind == "small"
        assert not {node.kind for node in client.walked(nodes[:-1])} - kinds(honest(text))


LINES: list[tuple[Text, str]] = [
    (paragraph("snake_case and 2 * 3"), r"snake\_case and 2 \* 3"),
    (paragraph("# no heading"), r"\# no heading"),
    (paragraph("- no list"), r"\- no list"),
    (paragraph("1986. A good year"), r"1986\. A good year"),
    (paragraph("> no quote"), r"\> no quote"),
    (paragraph("-# no small print"), r"\-# no small print"),
    (paragraph("at 10:30:45"), r"at 10\:30\:45"),
    (paragraph("see https://x.example/a_b_(c)."), "see <https://x.example/a_b_(c)>."),
    (paragraph("(https://x.example/a)"), "(<https://x.example/a>)"),
    (paragraph(Strong((Plain("bold"),)), " and ", Emphasis((Plain("so"),))), "**bold** and _so_"),
    (paragraph("un", Emphasis((Plain("believ"),)), "able"), "un*believ*able"),
    (paragraph(Strong((Plain("a"),)), Emphasis((Plain("b"),)), "c"), "**a**\u2060*b*c"),
    (paragraph(Strike((Plain("wrong "),)), "right"), "~~wrong~~ right"),
    (paragraph(Link("https://x.example/", (Plain("the words"),))), "[the words](<https://x.example/>)"),
    (paragraph(Link("https://x.example/a(b)", (Plain("it"),))), "[it](<https://x.example/a%28b%29>)"),
    (paragraph(Link("https://x.example/", (Plain("https://x.example"),))), "<https://x.example/>"),
    (paragraph(Link("https://x.example/a", (Plain("x.example"),))), "x.example (<https://x.example/a>)"),
    (paragraph(Link("https://x.example/a", (Plain("[1]"),))), r"\[1\] (<https://x.example/a>)"),
    (paragraph(Link("mailto:v@x.example", (Plain("write"),))), "write (v@x.example)"),
    (paragraph(Image("https://x.example/p.png", "a rose")), "[a rose](<https://x.example/p.png>)"),
    (paragraph(Image("https://x.example/p.png", "")), "<https://x.example/p.png>"),
    (paragraph(Code("a`b")), "``a`b``"),
    (paragraph(Code("`")), "`` ` ``"),
    (paragraph("one", LineBreak(), "- two"), "one\n\\- two"),
    ((CodeBlock("x = 1", "Python"), *paragraph("after")), "```python\nx = 1\n```\nafter"),
    ((CodeBlock("a\n```\nb"),), "```\na\n``\u2060`\nb\n```"),
    ((Quote((*paragraph("said"), Quote(paragraph("before")))),), "> said\n> \\> before"),
    ((BulletList((paragraph("a"), (*paragraph("b"), BulletList((paragraph("c"),))))),), "- a\n- b\n  - c"),
    ((NumberedList((paragraph("a"), paragraph("b")), 9),), "9. a\n10. b"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "content"), LINES, ids=[content for _, content in LINES])
def test_a_text_in_discords_markdown(text: Text, content: str) -> None:
    assert written(text) == content


@pytest.mark.parametrize("words", ["@everyone", "@here", "all@everyone.example", "<@1> <@&2> @Everyone"])
def test_law_09_whom_a_visitor_calls_is_read_and_told_nothing(words: str) -> None:
    for text in (paragraph(words), paragraph(Code(words)), (CodeBlock(words),)):
        content = written(text)
        assert not client.pinged(content)
        assert not client.mentions(client.read(content))
        assert client.shown(client.read(content)).strip() == words


def test_law_09_code_cannot_give_a_link_another_end() -> None:
    text = paragraph(Link("https://good.example/", (Plain("good"),)), " ", Code("](<https://evil.example/>)"))
    assert [target for _, target in client.links(client.read(written(text)))] == ["https://good.example/"]


def test_law_09_an_address_that_is_not_what_it_seems_is_no_link() -> None:
    words = "https://bank.example@evil.example/ steam://run/1 <mail@x.example>"
    nodes = client.read(written(paragraph(words)))
    assert client.links(nodes) == []
    assert client.shown(nodes) == words


def test_an_address_is_not_cut_where_it_fits_into_a_piece() -> None:
    address = "https://x.example/" + "a" * 60
    parts = pieces(paragraph("word " * 20 + address + " word" * 20), 120)
    assert [target for part in parts for _, target in client.links(client.read(part))] == [address]
