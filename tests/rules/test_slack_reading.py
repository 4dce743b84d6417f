"""What people write in Slack, as the tree that a blog gets."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack.emoji_names import drawn
from adapters.slack.markup import Mentioned, Names, calls_somebody, mentioned, parse, rich
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
from tests.rules.slack_texts import words

Element = dict[str, Any]

NAMES = Names({"U1": "Ada", "W2": "Gus"}, {"C1": "garden"}, {"S1": "gardeners"})


def t(said: str, *styles: str) -> Element:
    return {"type": "text", "text": said, **({"style": dict.fromkeys(styles, True)} if styles else {})}


def section(*elements: Element, kind: str = "section", **more: object) -> Element:
    return {"type": f"rich_text_{kind}", "elements": list(elements), **more}


def items(*said: str, style: str = "bullet", indent: int = 0, **more: int) -> Element:
    sections = [section(t(item)) for item in said]
    return {"type": "rich_text_list", "style": style, "indent": indent, **more, "elements": sections}


def message(*elements: Element, text: str = "not this") -> Element:
    """A message as Slack's own editor sends it."""
    return {"type": "message", "text": text, "blocks": [{"type": "rich_text", "block_id": "x", "elements": elements}]}


def listed(message: Element) -> Element:
    """A message as JSON has it."""
    return {**message, "blocks": [{**block, "elements": list(block["elements"])} for block in message["blocks"]]}


def br(*lines: str) -> Text:
    """Give a paragraph of lines."""
    children: list[Inline] = []
    for line in lines:
        children += [LineBreak(), Plain(line)]
    return (Paragraph(tuple(children[1:])),)


LINK = {"type": "link", "url": "https://x.example/a"}
RICH: list[tuple[str, list[Element], Text]] = [
    ("words", [section(t("In March"))], paragraph("In March")),
    ("lines", [section(t("one\ntwo\n\nthree\n"))], (*br("one", "two"), *paragraph("three"))),
    ("blank lines", [section(t("one\n  \n\ntwo"))], (*paragraph("one"), *paragraph("two"))),
    ("sections", [section(t("one")), section(t("two\n")), section(t("\nthree"))],
     (*br("one", "two"), *paragraph("three"))),
    ("styles", [section(t("b", "bold"), t(" and "), t("c", "code"), t("i", "italic"), t("s", "strike"),
              t("u", "underline"))],
     paragraph(Strong((Plain("b"),)), " and ", Code("c"), Emphasis((Plain("i"),)), Strike((Plain("s"),)), "u")),
    ("both", [section(t("x", "bold", "italic"))], paragraph(Strong((Emphasis((Plain("x"),)),)))),
    ("literal", [section(t("*no* <!channel> &lt; :x:"))], paragraph("*no* <!channel> &lt; :x:")),
    ("a bare link", [section(LINK)], paragraph(Link("https://x.example/a", (Plain("https://x.example/a"),)))),
    ("a link", [section({**LINK, "text": "it", "style": {"bold": True}})],
     paragraph(Link("https://x.example/a", (Strong((Plain("it"),)),)))),
    ("no link", [section({**LINK, "url": "slack://open", "text": "it"})], paragraph("it")),
    ("a mailbox", [section({"type": "link", "url": "mailto:a@x.example"})],
     paragraph(Link("mailto:a@x.example", (Plain("a@x.example"),)))),
    ("people", [section({"type": "user", "user_id": "U1"}, t(" "), {"type": "user", "user_id": "U9"})],
     paragraph("@Ada @somebody")),
    ("places", [section({"type": "channel", "channel_id": "C1"}, t(" "), {"type": "channel", "channel_id": "C9"})],
     paragraph("#garden #channel")),
    ("groups", [section({"type": "usergroup", "usergroup_id": "S1"}, t(" "), {"type": "broadcast", "range": "here"})],
     paragraph("@gardeners @here")),
    ("emoji", [section({"type": "emoji", "name": "tada"}, {"type": "emoji", "name": "octocat"})],
     paragraph("🎉:octocat:")),
    ("tones", [section({"type": "emoji", "name": "wave", "skin_tone": 3}, t(" "),
                       {"type": "emoji", "name": "wave::skin-tone-6"},
                       t(" "), {"type": "emoji", "name": "x", "unicode": "1f44d-1f3fd"})], paragraph("👋🏼 👋🏿 👍🏽")),
    ("dates", [section({"type": "date", "timestamp": 1_700_000_000, "format": "{ago}", "fallback": "then"}, t(", "),
                       {"type": "date", "timestamp": 10**30, "format": "{ago}", "fallback": "then"})],
     paragraph("14 November 2023, 22:13 UTC, then")),
    ("colours", [section({"type": "color", "value": "#F405B3"})], paragraph("#F405B3")),
    ("what is new", [section({"type": "canvas", "file_id": "F1"}, t(" "), {"type": "x", "fallback": "words"})],
     paragraph("[canvas] words")),
    ("a quote", [section(t("said\n\nmore"), kind="quote"), section(t("mine"))],
     (Quote((*paragraph("said"), *paragraph("more"))), *paragraph("mine"))),
    ("a bordered list", [section(t("said"), kind="quote"), items("a", border=1), items("b")],
     (Quote((*paragraph("said"), BulletList((paragraph("a"),)))), BulletList((paragraph("b"),)))),
    ("code", [section(t("see\n")), section(t("x = 1\n\n y\n"), kind="preformatted"), section(t("\nthere"))],
     (*paragraph("see"), CodeBlock("x = 1\n\n y"), *paragraph("there"))),
    ("code with a link", [section(t("get "), LINK, kind="preformatted", border=0)], (CodeBlock("get https://x.example/a"),)),
    ("lists", [items("a", "b"), items("c", indent=1), items("d", indent=2), items("e")],
     (BulletList((paragraph("a"), (*paragraph("b"), BulletList(((*paragraph("c"), BulletList((paragraph("d"),))),))),
                  paragraph("e"))),)),
    ("numbers", [items("a", style="ordered"), items("b", indent=1), items("c", style="ordered", offset=1)],
     (NumberedList(((*paragraph("a"), BulletList((paragraph("b"),))), paragraph("c"))),)),
    ("numbers anew", [items("a", style="ordered", offset=6), items("b", style="ordered")],
     (NumberedList((paragraph("a"),), 7), NumberedList((paragraph("b"),)))),
    ("another list", [items("a"), items("b", style="ordered")],
     (BulletList((paragraph("a"),)), NumberedList((paragraph("b"),)))),
    ("out again", [items("a", indent=2), items("b", indent=1)], (BulletList((paragraph("a"), paragraph("b"))),)),
    ("nothing", [section(), section(t("\n"))], ()),
]  # fmt: skip


@pytest.mark.parametrize(("elements", "text"), [case[1:] for case in RICH], ids=[case[0] for case in RICH])
def test_what_a_person_wrote(elements: list[Element], text: Text) -> None:
    assert parse(listed(message(*elements)), NAMES) == text


def test_a_table_is_read_row_by_row() -> None:
    rows = [[{"type": "raw_text", "text": "rose"}, {"type": "rich_text", "elements": [section(t("red", "bold"))]}],
            [{"type": "raw_text", "text": "lily"}, {"type": "raw_text", "text": "white"}]]  # fmt: skip
    with_table = listed(message(section(t("Look:"))))
    with_table["blocks"].append({"type": "table", "rows": rows})
    assert parse(with_table) == (
        *paragraph("Look:"),
        *paragraph("rose | ", Strong((Plain("red"),)), LineBreak(), "lily | white"),
    )


MRKDWN: list[tuple[str, Text]] = [
    ("In March", paragraph("In March")),
    ("one\ntwo\n\nthree", (*br("one", "two"), *paragraph("three"))),
    ("*bold* _so_ ~no~",
     paragraph(Strong((Plain("bold"),)), " ", Emphasis((Plain("so"),)), " ", Strike((Plain("no"),)))),
    ("*bold _both_*, 2*3*4 and snake_case_x",
     paragraph(Strong((Plain("bold "), Emphasis((Plain("both"),)))), ", 2*3*4 and snake_case_x")),
    ("* not so * ** _", paragraph("* not so * ** _")),
    ("*one _two* three_", paragraph(Strong((Plain("one _two"),)), " three_")),
    ("`*c* &lt;` and `<https://x.example|x>`", paragraph(Code("*c* <"), " and ", Code("x"))),
    ("see ```\na &amp;&amp; b\n\n<@U1>\n``` there",
     (*paragraph("see"), CodeBlock("a && b\n\n@Ada"), *paragraph("there"))),
    ("``` open", paragraph("``` open")),
    ("&gt; said\n&gt; *twice*\nmine",
     (Quote((Paragraph((Plain("said"), LineBreak(), Strong((Plain("twice"),)))),)), *paragraph("mine"))),
    ("&gt;&gt;&gt;all\n\nof it", (Quote((*paragraph("all"), *paragraph("of it"))),)),
    ("• a\n    ◦ b\n• c", (BulletList(((*paragraph("a"), BulletList((paragraph("b"),))), paragraph("c"))),)),
    ("3. a\n4. b\nend", (NumberedList((paragraph("a"), paragraph("b")), 3), *paragraph("end"))),
    ("<https://x.example/?a=1&amp;b=2>",
     paragraph(Link("https://x.example/?a=1&b=2", (Plain("https://x.example/?a=1&b=2"),)))),
    ("<https://x.example/|the words>", paragraph(Link("https://x.example/", (Plain("the words"),)))),
    ("<mailto:a@x.example>", paragraph(Link("mailto:a@x.example", (Plain("a@x.example"),)))),
    ("<slack://open|it>", paragraph("it")),
    ("<@U1> <@W2|gus> <@U9|lee> <@U9>", paragraph("@Ada @Gus @lee @somebody")),
    ("<#C1> <#C9|pub> <#C9>", paragraph("#garden #pub #channel")),
    ("<!subteam^S1> <!subteam^S9|@ops> <!subteam^S9>", paragraph("@gardeners @ops @group")),
    ("<!here> <!channel|channel> <!foo|bar>", paragraph("@here @channel bar")),
    ("<!date^1700000000^{date}|then> <!date^x^{date}|then>", paragraph("14 November 2023, 22:13 UTC then")),
    (":tada: :+1::skin-tone-3: :octocat: 10:30:45", paragraph("🎉 👍🏼 :octocat: 10:30:45")),
    ("&amp;lt; &lt;!here&gt;", paragraph("&lt; <!here>")),
    ("", ()),
]  # fmt: skip


@pytest.mark.parametrize(("said", "text"), MRKDWN, ids=[said for said, _ in MRKDWN])
def test_what_a_message_without_rich_text_says(said: str, text: Text) -> None:
    assert parse({"text": said}, NAMES) == text
    assert (
        parse({"text": said, "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}]}, NAMES) == text
    )


def test_law_09_a_link_that_shows_another_address_tells_where_it_leads() -> None:
    lie = {"type": "link", "url": "https://evil.example/", "text": "https://bank.example"}
    assert "https://evil.example" in plain(parse(listed(message(section(lie)))))
    assert "https://evil.example" in plain(parse({"text": "<https://evil.example/|https://bank.example>"}))


def test_the_ids_that_a_message_mentions_are_told() -> None:
    user, channel = {"type": "user", "user_id": "U1"}, {"type": "channel", "channel_id": "C1"}
    group = {"type": "usergroup", "usergroup_id": "S1"}
    written = listed(
        message(section(user), section(channel, kind="quote"), {**items("x"), "elements": [section(group)]})
    )
    every = Mentioned(frozenset({"U1"}), frozenset({"C1"}), frozenset({"S1"}))
    assert mentioned(written) == every
    assert mentioned({"text": "<@U1|ada> and <#C1|x>, <!subteam^S1|@y> <https://x.example> <!here>"}) == every
    assert mentioned({"text": "<@U1", "blocks": None}) == Mentioned()


@pytest.mark.parametrize(
    ("said", "calls"),
    [
        (message(section({"type": "user", "user_id": "U1"}, t(" hello"))), True),
        (message(section(t(" \n"), {"type": "broadcast", "range": "here"})), True),
        (message(section({"type": "usergroup", "usergroup_id": "S1"})), True),
        (message(section(t("hello "), {"type": "user", "user_id": "U1"})), False),
        (message(section({"type": "channel", "channel_id": "C1"})), False),
        (message(), False),
        ({"text": " <@U1> hello"}, True), ({"text": "<!here|here>"}, True), ({"text": "<!subteam^S1>"}, True),
        ({"text": "<#C1>"}, False), ({"text": "<https://x.example/|@ada>"}, False), ({"text": "hello <@U1>"}, False),
        ({}, False),
    ],
)  # fmt: skip
def test_who_begins_by_calling_somebody_in_the_chat_is_known(said: Element, calls: bool) -> None:
    assert calls_somebody(listed(said) if "blocks" in said else said) is calls


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("+1", "👍"), ("slightly_smiling_face", "🙂"), ("simple_smile", "🙂"), ("flag-de", "🇩🇪"), ("us", "🇺🇸"),
        ("man-shrugging", "🤷‍♂️"), ("female-technologist", "👩‍💻"), ("woman-running", "🏃‍♀️"), ("heart", "❤️"),
        ("octocat", ":octocat:"), ("", "::"), ("a" * 200, ":" + "a" * 200 + ":"), ("flag-xyz", ":flag-xyz:"),
    ],
)  # fmt: skip
def test_the_names_of_emoji(name: str, shown: str) -> None:
    assert drawn(name).replace("\ufe0f", "") == shown.replace("\ufe0f", "")


def test_a_skin_tone_stands_behind_the_person() -> None:
    assert drawn("man-shrugging", 4) == "🤷🏽‍♂️"
    assert drawn("point_up", 2) == "☝🏻"
    assert drawn("wave", 9) == drawn("wave")


def test_code_points_that_are_no_emoji_are_not_taken() -> None:
    for points in ("3c", "202e", "d800", "zz", "110000000", "1f44d-"):
        assert drawn("tada", None, points) == "🎉"


def test_the_names_of_emoji_are_read_only_when_they_are_needed() -> None:
    code = "import sys, adapters.slack.markup as m; m.parse({'text': 'hi'}); assert 'emoji' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- Whatever comes ---------------------------------------------------------------------------------------------------


@given(words() | st.text(max_size=200))
def test_whatever_a_message_says_is_read(said: str) -> None:
    text = parse({"text": said})
    assert text == normalised(text)


@given(st.text(alphabet=st.sampled_from("ab \n`*_~|•1.&;"), max_size=60))
def test_law_05_no_word_of_what_was_written_is_lost(said: str) -> None:
    read = plain(parse({"text": said}))
    assert (read.count("a"), read.count("b")) == (said.count("a"), said.count("b"))


def test_what_is_long_and_marked_is_read_at_once() -> None:
    for said in (
        "*a " * 12_000,
        "<" * 40_000,
        ":a" * 20_000,
        "`a" * 20_000,
        "*" * 40_000,
        "_*~" * 10_000,
        "```" * 13_000,
    ):
        assert parse({"text": said})


_SCALARS = st.none() | st.booleans() | st.integers() | words()
_KEYS = st.sampled_from(
    [
        "type",
        "text",
        "elements",
        "style",
        "url",
        "indent",
        "offset",
        "border",
        "user_id",
        "name",
        "unicode",
        "rows",
        "bold",
    ]
)
_TYPES = st.sampled_from(
    ["rich_text", "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted", "text", "link",
     "emoji", "date", "user", "table", "ordered", "bold"]
)  # fmt: skip
_JSON = st.recursive(
    _SCALARS | _TYPES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(
    st.lists(
        st.fixed_dictionaries({"type": _TYPES, "elements": st.lists(_JSON, max_size=4), "rows": _JSON}), max_size=3
    )
)
def test_whatever_blocks_come_they_are_read(blocks: list[Element]) -> None:
    blocks.append({"type": "rich_text", "elements": []})
    text = parse({"blocks": blocks, "text": ""})
    assert text == normalised(text)
    assert mentioned({"blocks": blocks}) is not None
    assert calls_somebody({"blocks": blocks}) in {True, False}


# --- There and back ---------------------------------------------------------------------------------------------------


def _words() -> st.SearchStrategy[str]:
    return st.text(alphabet=st.sampled_from("abcäß19 .,;!?#@-_*~|<>()[]\\`&"), min_size=1, max_size=12)


def _inlines() -> st.SearchStrategy[Inline]:
    plain_words = _words().map(Plain)
    code = st.text(alphabet=st.sampled_from("ab 1.()<\\"), min_size=1, max_size=8).map(lambda said: Code(f"c{said}c"))
    addresses = st.sampled_from(["https://x.example/a-b", "https://y.example/?a=1&b", "mailto:v@x.example"])
    links = st.builds(Link, addresses, st.just((Plain("these words"),)))
    return st.recursive(
        st.one_of(plain_words, code, links),
        lambda inner: st.one_of(
            *(st.lists(inner, min_size=1, max_size=2).map(tuple).map(kind) for kind in (Emphasis, Strong, Strike))
        ),
        max_leaves=4,
    )


def _between_breaks(lines: list[list[Inline]]) -> list[Inline]:
    return [child for line in lines for child in (LineBreak(), *line)][1:]


def _paragraphs() -> st.SearchStrategy[Paragraph]:
    # A line that shows nothing would end the paragraph.
    line = st.lists(_inlines(), min_size=1, max_size=3).map(lambda some: [Plain("w"), *some])
    return st.lists(line, min_size=1, max_size=3).map(lambda some: Paragraph(tuple(_between_breaks(some))))


def _lists() -> st.SearchStrategy[Block]:
    of_words: st.SearchStrategy[Text] = st.lists(_paragraphs(), min_size=1, max_size=2).map(tuple)

    def made(inner: st.SearchStrategy[Text]) -> st.SearchStrategy[Block]:
        items_of = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return st.one_of(items_of.map(BulletList), st.builds(NumberedList, items_of, st.integers(1, 999)))

    nested = st.tuples(of_words, made(of_words)).map(lambda pair: (*pair[0], pair[1]))
    return made(st.one_of(of_words, nested))


def _texts() -> st.SearchStrategy[Text]:
    """Give texts that can be said in Slack as well as here."""
    code = st.builds(CodeBlock, st.sampled_from(("x = 1", "a\n\n  - b\n> c", "`` ` @here <!channel>")))
    inner: st.SearchStrategy[Block] = st.one_of(_paragraphs(), code, _lists())
    quotes = st.lists(inner, min_size=1, max_size=3).map(tuple).map(Quote)
    return st.lists(st.one_of(inner, quotes), max_size=4).map(tuple)


def _said(text: Text) -> list[object]:
    """What a text says and how, however its marks were nested."""
    return [_said_block(block) for block in normalised(text)]


def _said_block(block: Block) -> object:
    match block:
        case Paragraph(children):
            shown: list[tuple[frozenset[object], object]] = []
            for run in runs(children):
                marks: frozenset[object] = frozenset(run.marks)
                if isinstance(run.leaf, Plain):
                    shown += [
                        (marks if not character.isspace() else frozenset(), character) for character in run.leaf.text
                    ]
                elif isinstance(run.leaf, Code):  # two that touch look like one
                    shown += [(marks | {"code"}, character) for character in run.leaf.text]
                else:
                    shown.append((frozenset(), run.leaf))
            return shown
        case CodeBlock():
            return block
        case Quote(children):
            return ["quote", *_said(children)]
        case BulletList(items_of):
            return ["bullets", *map(_said, items_of)]
        case NumberedList(items_of, start):
            return [start, *map(_said, items_of)]


@settings(max_examples=40)
@given(_texts())
def test_a_text_comes_back_as_it_went(text: Text) -> None:
    back = parse({"text": "not this", "blocks": [{"type": "rich_text", "elements": rich(text)}]})
    assert _said(back) == _said(text)
