"""Names: harmless, compared, found."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.text.names import MAX_NAME, defused, folded, leading_name, linked, named
from bridge.text.tree import Code, Emphasis, LineBreak, Link, Plain, Quote, Text, paragraph, wording
from tests.rules.text.counting import calls_during
from tests.rules.text.trees import texts

HOME = "https://blog.example/#comment-1"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Vera", "Vera"),
        (" Vera \n Lynn ", "Vera Lynn"),
        ("\u202eareV\u2066", "areV"),
        ("V\u200be\u2060r\ufeffa\x00", "Vera"),
        ("Ve\u0301ra", "V\u00e9ra"),
        ("\u3164\u200b", "Anonymous"),
        ("", "Anonymous"),
        ("x" * 81, "x" * 79 + "\u2026"),
    ],
)
def test_defused(name: str, shown: str) -> None:
    """A name cannot be empty, endless, invisible, or turn the line around."""
    assert defused(name) == shown


@given(st.text())
def test_defused_names_stay_so(name: str) -> None:
    """To defuse is idempotent, and always gives something to show."""
    shown = defused(name, "nobody")
    assert defused(shown, "nobody") == shown
    assert 0 < len(shown) <= MAX_NAME
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text())
def test_folded_is_idempotent(name: str) -> None:
    """A folded name equals itself folded, and its shouted form."""
    assert folded(folded(name)) == folded(name)


def test_folded_makes_equal_what_reads_alike() -> None:
    """Case, width, composition and spaces do not tell people apart."""
    assert folded("VERA  Lynn") == folded("\uff36era\u00a0lynn")
    assert folded("Stra\u00dfe") == folded("STRASSE")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("@Vera: hi", "Vera"),
        ("@vera hi", "Vera"),
        ("@Vera", "Vera"),
        ("@Vera Lynn hi", "Vera Lynn"),
        ("@vera  LYNN, hi", "Vera Lynn"),
        ("@Vera Lynnette", "Vera"),
        ("@Vera's", "Vera"),
        ("@J.R. hi", "J.R."),
        ("@Ve\u0301ra", None),
        ("@Veranda", None),
        ("@Vera_x", None),
        ("@ Vera", None),
        ("Vera hi", None),
        ("hi @Vera", None),
        ("@", None),
        ("", None),
    ],
)
def test_leading_name(typed: str, name: str | None) -> None:
    """The longest known name at the very beginning, ending where a word ends."""
    assert leading_name(paragraph(typed), ["Vera", "Vera Lynn", "J.R."]) == name


def test_leading_name_only_in_plain_words() -> None:
    """Code, links and quotes address nobody."""
    assert leading_name((), ["Vera"]) is None
    assert leading_name(paragraph(Code("@Vera")), ["Vera"]) is None
    assert leading_name(paragraph(Link(HOME, (Plain("@Vera"),))), ["Vera"]) is None
    assert leading_name((Quote(paragraph("@Vera")),), ["Vera"]) is None
    assert leading_name(paragraph("@Vera", Emphasis((Plain("nda"),))), ["Vera"]) is None


def test_linked() -> None:
    """Mentions in plain words become links, as typed; nothing else changes."""
    text: Text = (
        *paragraph(
            "hi @vera, (@Vera) a@Vera ",
            Code("@Vera"),
            LineBreak(),
            "@Vera",
            Link("https://x.example", (Plain("@Vera"),)),
        ),
        Quote(paragraph(Emphasis((Plain("@Veranda @Vera"),)))),
    )
    assert linked(text, {"Vera": HOME}) == (
        *paragraph(
            "hi ",
            Link(HOME, (Plain("@vera"),)),
            ", (",
            Link(HOME, (Plain("@Vera"),)),
            ") a@Vera ",
            Code("@Vera"),
            LineBreak(),
            Link(HOME, (Plain("@Vera"),)),
            Link("https://x.example", (Plain("@Vera"),)),
        ),
        Quote(paragraph(Emphasis((Plain("@Veranda "), Link(HOME, (Plain("@Vera"),)))))),
    )


def test_named() -> None:
    """Each known name once, in the order of the text."""
    text = (*paragraph("@Bo and @vera"), Quote(paragraph("@Vera @Al")), *paragraph(Code("@Cy")))
    assert named(text, ["Al", "Bo", "Cy", "Vera"]) == ("Bo", "Vera", "Al")


@given(texts(), st.lists(st.text(max_size=8), max_size=5))
def test_linking_changes_no_words(text: Text, names: list[str]) -> None:
    """Whatever the names, the text says what it said."""
    assert wording(linked(text, dict.fromkeys(names, HOME))) == wording(text)
    assert set(named(text, names)) <= set(names)


def test_many_mentions_cost_in_proportion() -> None:
    """A text full of almost-names is no way to keep us busy."""
    text, longer = paragraph("@v " * 1_000), paragraph("@v " * 2_000)
    once = calls_during(lambda: named(text, ["Vera"]))
    assert calls_during(lambda: named(longer, ["Vera"])) <= 3 * once
