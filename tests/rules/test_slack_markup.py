"""What a visitor says, in Slack: all of it is read, and nothing of it does anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack.escaping import clipped, escaped
from adapters.slack.markup import pieces, rich, size
from bridge.text.addresses import disguised
from bridge.text.links import honest
from bridge.text.tree import (
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
from tests.rules import slack_blocks as client
from tests.rules.slack_texts import texts, words

LIMIT = 1_500


def body(text: Text) -> dict[str, object]:
    """A message that says this."""
    elements = rich(text)
    return {"text": "x", "blocks": [{"type": "rich_text", "elements": elements}] if elements else []}


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


def letters(said: str) -> str:
    """What is left of words when nothing is looked at but letters and digits."""
    return "".join(character for character in cleaned(said) if character.isalnum())


def is_within(few: str, many: str) -> bool:
    """Whether all of the few letters come in the many, in their order."""
    rest = iter(many)
    return all(letter in rest for letter in few)


def said(text: Text) -> str:
    """All words of a text."""
    return "".join(leaf_text(run.leaf) for run in flat(honest(text)))


def shown(text: Text) -> str:
    """What is read of it in Slack."""
    return client.rich_shown({"elements": rich(text)})


@settings(max_examples=50)
@given(texts())
def test_law_09_a_text_becomes_words_and_links_and_nothing_else(text: Text) -> None:
    """The checker knows no element by which anybody or anything could be mentioned."""
    client.checked(body(text))


@settings(max_examples=50)
@given(texts())
def test_law_09_no_link_leads_elsewhere_than_is_shown(text: Text) -> None:
    for words_shown, target in client.links({"elements": rich(text)}):
        assert not disguised(target, words_shown), (words_shown, target)


@settings(max_examples=40)
@given(texts())
def test_law_05_all_that_was_said_is_read(text: Text) -> None:
    assert is_within(letters(said(text)), letters(shown(text)))


@settings(max_examples=40)
@given(texts())
def test_pieces_fit_and_together_say_it_all(text: Text) -> None:
    parts = pieces(text, LIMIT)
    for part in parts:
        assert size(rich(part)) <= LIMIT
        client.checked(body(part))
    assert is_within(letters(said(text)), letters("".join(map(shown, parts))))


@settings(max_examples=40)
@given(texts())
def test_law_09_no_piece_does_what_the_whole_does_not(text: Text) -> None:
    for part in pieces(text, LIMIT):
        for words_shown, target in client.links({"elements": rich(part)}):
            assert not disguised(target, words_shown), (words_shown, target)


@pytest.mark.parametrize(
    "text",
    [
        paragraph("word " * 4_000), paragraph("x" * 20_000), paragraph("\U0001f339" * 5_000),
        tuple(block for _ in range(40) for block in paragraph("One of many sentences. " * 40)),
        (CodeBlock("\n".join(f"line {number}" for number in range(2_000))),),
        (BulletList(tuple(paragraph(f"item {number} " * 30) for number in range(100))),),
        (Quote(paragraph("said before. " * 1_000)),),
    ],
)  # fmt: skip
def test_law_05_what_is_long_is_divided_and_nothing_is_lost(text: Text) -> None:
    parts = pieces(text, 11_000)
    assert len(parts) > 1
    for part in parts:
        assert size(rich(part)) <= 11_000
        client.checked(body(part))
    assert letters("".join(map(shown, parts))) == letters(said(text))
    assert "".join(map(shown, parts)).count("\U0001f339") == said(text).count("\U0001f339")


def test_paragraphs_share_a_section_until_it_is_full() -> None:
    text = tuple(block for _ in range(4) for block in paragraph("z" * 1_400))
    assert [client.rich_shown(element) for element in rich(text)] == ["z" * 1_400 + "\n\n" + "z" * 1_400 + "\n\n",
                                                                     "z" * 1_400 + "\n\n" + "z" * 1_400]  # fmt: skip


def t(words_said: str, *styles: str) -> dict[str, object]:
    return {"type": "text", "text": words_said, **({"style": dict.fromkeys(styles, True)} if styles else {})}


def a(url: str, words_said: str | None = None, *styles: str) -> dict[str, object]:
    shown_words = {} if words_said is None else {"text": words_said}
    return {"type": "link", "url": url, **shown_words, **({"style": dict.fromkeys(styles, True)} if styles else {})}


def section(*elements: dict[str, object], kind: str = "section") -> dict[str, object]:
    return {"type": f"rich_text_{kind}", "elements": list(elements)}


def items(*said_items: str, style: str = "bullet", indent: int = 0, **more: int) -> dict[str, object]:
    sections = [section(t(item)) for item in said_items]
    return {"type": "rich_text_list", "style": style, "indent": indent, **more, "elements": sections}


WRITE = Link("mailto:v@x.example", (Plain("write"),))
ROSE = Image("https://x.example/p.png", "a rose")
UNSEEN = Link("https://evil.example/", (Plain("\u200b"),))

WRITTEN: list[tuple[str, Text, list[dict[str, object]]]] = [
    ("words", paragraph("*no* <!channel> :x:"), [section(t("*no* <!channel> :x:"))]),
    ("two paragraphs", (*paragraph("a"), *paragraph("b")), [section(t("a\n\nb"))]),
    ("a break", paragraph("a", LineBreak(), "b"), [section(t("a\nb"))]),
    ("styles", paragraph(Strong((Plain("b"), Emphasis((Plain("both"),)))), Strike((Plain("no"),)), Code("c d")),
     [section(t("b", "bold"), t("both", "bold", "italic"), t("no", "strike"), t("c d", "code"))]),
    ("an address", paragraph("see https://x.example/a_b."), [section(t("see "), a("https://x.example/a_b"), t("."))]),
    ("a link", paragraph(Link("https://x.example/", (Plain("the "), Strong((Plain("words"),))))),
     [section(a("https://x.example/", "the "), a("https://x.example/", "words", "bold"))]),
    ("its own words", paragraph(Link("https://x.example/", (Plain("x.example"),))), [section(a("https://x.example/"))]),
    ("a place in words", paragraph(Link("https://x.example/a", (Plain("x.example"),))),
     [section(t("x.example ("), a("https://x.example/a"), t(")"))]),
    ("a lie", paragraph(Link("https://evil.example/", (Plain("https://bank.example/"),))),
     [section(a("https://bank.example/"), t(" ("), a("https://evil.example/"), t(")"))]),
    ("nothing shown", paragraph(UNSEEN), [section(a("https://evil.example/"))]),
    ("no such link", paragraph(Link("javascript:alert(1)", (Plain("x"),))), [section(t("x"))]),
    ("a mailbox", paragraph(WRITE), [section(a("mailto:v@x.example", "write"))]),
    ("a picture", paragraph(ROSE), [section(a("https://x.example/p.png", "a rose"))]),
    ("code", (CodeBlock("x\n```", "py"),), [section(t("x\n```"), kind="preformatted")]),
    ("a quote", (Quote((*paragraph("said"), Quote(paragraph("before")))), *paragraph("mine")),
     [section(t("said\n\n> before"), kind="quote"), section(t("mine"))]),
    ("two quotes", (Quote(paragraph("a")), Quote(paragraph("b"))),
     [section(t("a"), kind="quote"), section(t("\n")), section(t("b"), kind="quote")]),
    ("lists", (BulletList((paragraph("a"), (*paragraph("b"), NumberedList((paragraph("c"),), 3)), paragraph("d"))),),
     [items("a", "b"), items("c", style="ordered", indent=1, offset=2), items("d")]),
    ("a list goes on", (NumberedList(((*paragraph("a"), CodeBlock("x")), paragraph("b"))),),
     [items("a", style="ordered"), section(t("x"), kind="preformatted"), items("b", style="ordered", offset=1)]),
    ("a list in a quote", (Quote((BulletList((paragraph("a"),)),)),), [items("a", border=1)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "elements"), [case[1:] for case in WRITTEN], ids=[case[0] for case in WRITTEN])
def test_a_text_in_slacks_rich_text(text: Text, elements: list[dict[str, object]]) -> None:
    assert rich(text) == elements


# --- Small print ------------------------------------------------------------------------------------------------------


def nothing_in(mrkdwn: str) -> None:
    """Assert that Slack has nothing to read in somebody's words."""
    assert not set("<>*~`") & set(mrkdwn)
    assert not client.ENTITIES.search(mrkdwn)
    assert not client.EMOJI.search(mrkdwn)
    assert not re.search(r"[@#]\w", mrkdwn)
    assert not re.search(r"(?:^|\W)_|_(?:$|\W)", mrkdwn)
    assert not re.search(r"^\s*&gt;", mrkdwn, re.MULTILINE)


@settings(max_examples=150)
@given(words())
def test_law_09_nothing_is_read_into_words_in_small_print(given_words: str) -> None:
    nothing_in(escaped(given_words))
    assert is_within(letters(given_words), letters(client.unescaped(escaped(given_words))))


@settings(max_examples=150)
@given(words(), st.integers(1, 40))
def test_law_09_words_that_are_cut_are_as_harmless_and_fit(given_words: str, longest: int) -> None:
    cut = clipped(given_words, longest)
    nothing_in(cut)
    assert len(cut) <= longest
    assert cut == escaped(given_words) or cut.endswith("…")


@pytest.mark.parametrize(
    ("given_words", "mrkdwn"),
    [
        ("Vera", "Vera"), ("a & b < c > d", "a &amp; b &lt; c &gt; d"), ("&lt;", "&amp;lt;"),
        ("> no quote", "\u2060&gt; no quote"), ("snake_case", "snake_case"), ("_it_", "\u02cdit\u02cd"),
        ("*b* ~s~ `c`", "\u2217b\u2217 \u223cs\u223c \u02cbc\u02cb"), ("at 10:30", "at 10:\u206030"),
        ("@here #general", "@\u2060here #\u2060general"),
    ],
)  # fmt: skip
def test_words_in_small_print(given_words: str, mrkdwn: str) -> None:
    assert escaped(given_words) == mrkdwn


def test_a_text_is_divided_once_though_its_card_is_rendered_for_each_part() -> None:
    text = paragraph("Prune in March. " * 200)
    assert len(pieces(text, LIMIT)) > 1 and pieces(text, LIMIT) is pieces(text, LIMIT)
