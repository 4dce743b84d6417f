"""Chat Markdown into the tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.text.addresses import disguised
from bridge.text.markdown_in import MAX_SOURCE, parse
from bridge.text.tree import (
    MAX_DEPTH,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Image,
    LineBreak,
    Link,
    NumberedList,
    Plain,
    Quote,
    Strike,
    Strong,
    Text,
    inline_text,
    normalised,
    paragraph,
    wording,
)
from tests.rules.text.counting import calls_during
from tests.rules.text.test_links import links, own
from tests.rules.text.test_tree import depth
from tests.rules.text.trees import NASTY

X = (Plain("x"),)
ADDRESS = "https://example.org/a"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("*x* **x** ~~x~~", paragraph(Emphasis(X), " ", Strong(X), " ", Strike(X))),
        ("`a  b`", paragraph(Code("a  b"))),
        ("a\nb\n\nc", (*paragraph("a", LineBreak(), "b"), *paragraph("c"))),
        ("- a\n- b\n  - c", (BulletList((paragraph("a"), (*paragraph("b"), BulletList((paragraph("c"),))))),)),
        ("3. a\n4. b", (NumberedList((paragraph("a"), paragraph("b")), 3),)),
        ("> a\n> b", (Quote(paragraph("a", LineBreak(), "b")),)),
        ("```python\na\n  b\n```", (CodeBlock("a\n  b", "python"),)),
        ("[x](https://example.org/a)", paragraph(Link(ADDRESS, X))),
        ("see https://example.org/a.", paragraph("see ", own(ADDRESS), ".")),
        ("<https://example.org/a>", paragraph(own(ADDRESS))),
        ("![a *cat*](https://example.org/a)", paragraph(Image(ADDRESS, "a cat"))),
        (r"\*x\*", paragraph("*x*")),
        ("", ()),
    ],
)
def test_what_people_type(source: str, text: Text) -> None:
    """Markdown as chats know it; a newline is a line break."""
    assert parse(source) == text


@pytest.mark.parametrize(
    "source",
    [
        "# hello",
        "###",
        "<b>x</b>",
        "<script>",
        "&amp;",
        "---",
        "***",
        "example.org",
        "a_b_c",
        "ftp://example.org/x",
        "mailto:a@b.example",
        "//example.org",
        "vera@example.org",
        "<!-- x -->",
        "2 * 3 * 4",
    ],
)
def test_no_surprises(source: str) -> None:
    """What is no markup in a chat stays as it was typed."""
    assert parse(source) == paragraph(source)


def test_no_setext_headings_and_no_indented_code() -> None:
    """A line of dashes is a line of dashes, and indentation is none."""
    assert parse("a\n---") == paragraph("a", LineBreak(), "---")
    assert parse("    a") == paragraph("a")
    assert parse("[a]: https://x.example") == paragraph("[a]: ", own("https://x.example"))


@pytest.mark.parametrize("source", ["1986.", "7)", "-", "+", ">", "[](https://example.org)", "```"])
def test_an_answer_of_markup_only_is_kept(source: str) -> None:
    """A year with a full stop is no empty list."""
    assert wording(parse(source)) == source
    assert wording(parse(f"a\n\n{source}\n\nb")).startswith("a")


def test_a_year_between_words_is_kept() -> None:
    """Also where it stands among other paragraphs and in a list."""
    assert parse("a\n\n1986.") == (*paragraph("a"), *paragraph("1986."))
    assert wording(parse("- -")) == "-"


def test_no_words_of_a_fence_are_lost() -> None:
    """What stands behind the fence is a language only where it can be one."""
    assert parse("```x y\na\n```") == (CodeBlock("x y\na"),)
    assert parse("```x") == paragraph("```x")


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:x", "https://u@example.org/", "/x", "https://[::1]/"])
def test_law_09_links_to_nowhere_good_are_no_links(address: str) -> None:
    """The words stay, the link goes."""
    text = parse(f"[x]({address}) ![y]({address})")
    assert not links(text)
    assert wording(text).startswith(("x y", "[x]"))


def test_law_09_a_disguised_link_is_told() -> None:
    """An author's link is held to the same as a visitor's."""
    told = paragraph("bank.example (", own("https://evil.example"), ")")
    assert parse("[bank.example](https://evil.example)") == told


def test_too_long_is_refused() -> None:
    """There is an end to what one message may cost."""
    with pytest.raises(ValueError, match="65537"):
        parse("x" * (MAX_SOURCE + 1))


HOSTILE = {
    "[": 20_000,
    ">": 5_000,
    "*": 20_000,
    "`": 20_000,
    "> ": 5_000,
    "- ": 5_000,
    "![": 5_000,
    "*a_": 5_000,
    "~~": 5_000,
}


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_input_is_survived(unit: str) -> None:
    """Nothing recurses without end, work stays in proportion, the word at the end is still there."""
    source = unit * HOSTILE[unit]
    text = parse(source + "x")
    assert depth(text) <= MAX_DEPTH
    assert "x" in wording(text)
    half = calls_during(lambda: parse(source[: len(source) // 2] + "x"))
    assert calls_during(lambda: parse(source + "x")) <= 3 * half + 1_000


def test_deep_quotes_keep_their_words() -> None:
    """What nests too deep to be read as markup is kept as typed."""
    assert "x" in wording(parse("> " * 500 + "x"))
    assert wording(parse("> " * 40 + "x")) == "x"


@given(st.lists(st.one_of(st.sampled_from([*NASTY, *HOSTILE, "](https://e.example)", "\n", "    "]), st.text())))
def test_law_09_whatever_is_typed_gives_an_honest_text(parts: list[str]) -> None:
    """No disguised link, in normal form, bounded."""
    text = parse("".join(parts))
    assert not any(disguised(link.address, inline_text(link.children)) for link in links(text))
    assert normalised(text) == text
    assert depth(text) <= MAX_DEPTH
