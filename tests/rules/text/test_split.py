"""Long texts in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.text.html_out import render
from bridge.text.links import honest
from bridge.text.split import split
from bridge.text.tree import (
    BulletList,
    Code,
    CodeBlock,
    LineBreak,
    Link,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Text,
    dump,
    paragraph,
    plain,
    wording,
)
from tests.rules.text.trees import texts


def length(text: Text) -> int:
    """Measure as a platform without markup would."""
    return len(plain(text))


def letters(text: Text) -> str:
    """Give the wording without any white space."""
    return "".join(wording(text).split())


def test_what_fits_is_given_back_itself() -> None:
    """The common case costs nothing and changes nothing."""
    text = paragraph("hello")
    assert split(text, 5, length)[0] is text
    assert split((), 0, length) == ((),)


def test_blocks_then_sentences_then_words() -> None:
    """The coarsest boundary that fits is taken."""
    text = (*paragraph("First block."), *paragraph("One two. Three four! Five six seven"), *paragraph("End"))
    assert split(text, 25, length) == (
        paragraph("First block."),
        paragraph("One two. Three four!"),
        (*paragraph("Five six seven"), *paragraph("End")),
    )
    assert split(paragraph("aaa bbb ccc"), 8, length) == (paragraph("aaa bbb"), paragraph("ccc"))


def test_code_and_links_are_not_cut() -> None:
    """They move to the next part whole."""
    link = Link("https://example.org", (Plain("a b c d"),))
    assert split(paragraph("aaaa ", link, " x"), 10, length) == (paragraph("aaaa"), paragraph(link, " x"))
    assert split(paragraph("aaaa ", Code("b c d e"), " x"), 10, length) == (
        paragraph("aaaa"),
        paragraph(Code("b c d e"), " x"),
    )


def test_code_blocks_are_cut_at_lines() -> None:
    """Each part is a block of its own in the same language."""
    code = CodeBlock("one\ntwo\nthree-is-long", "python")
    assert split((code,), 8, length) == tuple(
        (CodeBlock(part, "python"),) for part in ("one\ntwo", "three-is", "-long")
    )


def test_words_too_long_are_cut_at_characters() -> None:
    """But not between a letter and its accent."""
    assert split(paragraph("a" * 12), 5, length) == (paragraph("aaaaa"), paragraph("aaaaa"), paragraph("aa"))
    assert split(paragraph("aaaae\u0301aa"), 5, length) == (paragraph("aaaa"), paragraph("e\u0301aa"))


def test_a_link_too_long_is_cut_at_its_words() -> None:
    """Every part of it leads there; an address that fits nowhere leaves the words."""
    text = paragraph(Link("https://example.org", (Plain("aaa bbb ccc"),)))
    assert [wording(part) for part in split(text, 7, length)] == ["aaa bbb", "ccc"]
    assert all("Link" in repr(part) for part in split(text, 7, length))
    long = paragraph(Link("https://example.org/" + "a" * 100, (Plain("aaa bbb ccc"),)))
    assert split(long, 60, lambda part: len(dump(part))) == (paragraph("aaa bbb ccc"),)


def test_lists_and_quotes_keep_their_shape() -> None:
    """Items stay whole where they can, numbers go on, quotes stay quotes."""
    items = (paragraph("aaaa"), paragraph("bbbb"), paragraph("cccc dddd"))
    assert split((NumberedList(items, 3),), 16, length) == (
        (NumberedList(items[:2], 3),),
        (NumberedList(items[2:], 5),),
    )
    assert split((BulletList((paragraph("aaaa bbbb"),)),), 8, length) == (
        (BulletList((paragraph("aaaa"),)),),
        paragraph("bbbb"),
    )
    assert split((Quote(paragraph("aaaa bbbb")),), 8, length) == (
        (Quote(paragraph("aaaa")),),
        (Quote(paragraph("bbbb")),),
    )


@pytest.mark.parametrize(
    "text",
    [paragraph("ab"), paragraph(Code("ab")), (CodeBlock("ab"),), paragraph(Link("https://a.example", (Plain("ab"),)))],
)
def test_impossible_limits_are_refused(text: Text) -> None:
    """Where not one character fits there is no way to go on."""
    with pytest.raises(ValueError, match="limit"):
        split(text, 0, length)
    with pytest.raises(ValueError, match="limit"):
        split(text, 10, lambda _: 11)


@given(texts(), st.integers(50, 120), st.sampled_from([length, lambda part: len(dump(part))]))
def test_nothing_is_cut_and_everything_fits(text: Text, limit: int, measure: object) -> None:
    """The parts together say what the whole said."""
    assert callable(measure)
    whole = honest(text)
    # Eight quotes around a letter alone measure more than 50 in our own storage format.
    bound = limit if measure is length else 4 * limit
    parts = split(whole, bound, measure)
    assert all(measure(part) <= bound for part in parts)
    assert "".join(map(letters, parts)) == letters(whole)


@given(texts(), st.integers(400, 800))
def test_parts_fit_what_a_blog_would_get(text: Text, limit: int) -> None:
    """Also where markup counts."""
    whole = honest((*text, Paragraph((Plain("word. " * 300),))))
    parts = split(whole, limit, lambda part: len(render(part)))
    assert all(len(render(part)) <= limit for part in parts)
    assert "".join(map(letters, parts)) == letters(whole)


def test_a_megabyte_is_split_in_reasonable_work() -> None:
    """The measure is asked about little more than what fits."""
    asked = 0

    def counted(text: Text) -> int:
        nonlocal asked
        size = length(text)
        asked += size
        return size

    words = paragraph("word " * 20_000)
    parts = split(words, 2_000, counted)
    assert len(parts) == 50
    assert asked < 50 * length(words)


@pytest.mark.parametrize("kind", ["paragraphs", "lists", "lines"])
def test_many_small_things_are_split_in_reasonable_work(kind: str) -> None:
    many, looked_at = 2_000, 0
    one = paragraph("x")
    given: Text = {
        "paragraphs": one * many,
        "lists": (BulletList((one,)),) * many,
        "lines": (Paragraph((Plain("x"), LineBreak()) * many),),
    }[kind]

    def measure(text: Text) -> int:
        nonlocal looked_at
        looked_at += len(wording(text).split())
        return len(plain(text))

    parts = split(given, 1_000, measure)
    assert len("".join(map(letters, parts))) == many
    assert looked_at < 15 * many
