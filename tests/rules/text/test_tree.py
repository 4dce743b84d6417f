"""The tree: readable forms, normal form, storage, depth."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.text.tree import (
    MAX_DEPTH,
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
    Strike,
    Strong,
    Text,
    cleaned,
    digest,
    dump,
    flattened,
    load,
    normalised,
    paragraph,
    plain,
    wording,
)
from tests.rules.text.trees import texts


def depth(node: object) -> int:
    """Count the containers on the longest way down a tree that is known to be shallow."""
    match node:
        case Quote(inside) | Emphasis(inside) | Strong(inside) | Strike(inside) | Link(_, inside):
            return 1 + depth(inside)
        case BulletList(inside) | NumberedList(inside, _):
            return 1 + depth(inside)
        case Paragraph(inside):
            return depth(inside)
        case tuple():
            return max(map(depth, node), default=0)
        case _:
            return 0


def nested_quotes(count: int) -> Text:
    """Nest quotes around one word."""
    block: Block = Paragraph((Plain("x"),))
    for _ in range(count):
        block = Quote((block,))
    return (block,)


def test_plain_reads_well() -> None:
    """Blocks are apart, lists and quotes are told by their signs, links and images by their words."""
    text: Text = (
        *paragraph(
            "See ", Link("https://example.org", (Plain("this"),)), " and ", Image("https://example.org/i", "a cat")
        ),
        BulletList((paragraph("one"), (*paragraph("two"), BulletList((paragraph("deep"),))))),
        NumberedList((paragraph("nine"), paragraph("ten")), 9),
        Quote((*paragraph("a", LineBreak(), "b"), *paragraph("c"))),
        CodeBlock("x = 1\ny = 2", "python"),
    )
    assert plain(text) == (
        "See this and a cat\n\n- one\n- two\n  - deep\n\n9. nine\n10. ten\n\n> a\n> b\n>\n> c\n\nx = 1\ny = 2"
    )


def test_normal_form_collapses_white_space_across_marks() -> None:
    """Only the white space that HTML would show is left."""
    text = paragraph(
        LineBreak(), " a \n", Emphasis((Plain(" b "), Strong((Plain(" "),)))), LineBreak(), " c", LineBreak()
    )
    assert normalised(text) == paragraph("a ", Emphasis((Plain("b"),)), LineBreak(), "c")


def test_normal_form_keeps_code_and_drops_what_is_empty() -> None:
    """White space in code counts; containers of nothing go."""
    text: Text = (
        *paragraph(Code("a  b"), Strong(()), Link("https://x.example", (Plain(" "),))),
        Quote(()),
        BulletList(((),)),
    )
    assert normalised(text) == paragraph(Code("a  b"))


def test_normal_form_keeps_no_break_spaces() -> None:
    """A no-break space is no white space for HTML."""
    assert normalised(paragraph("a\u00a0 \u00a0b")) == paragraph("a\u00a0 \u00a0b")


@given(texts())
def test_normal_form_is_idempotent(text: Text) -> None:
    """Normalising twice is normalising once, and says the same words."""
    assert normalised(normalised(text)) == normalised(text)
    assert wording(normalised(text)) == wording(text)


@given(texts())
def test_dump_and_load_round_trip(text: Text) -> None:
    """What was stored comes back exactly."""
    assert load(dump(text)) == text


@pytest.mark.parametrize(
    "source",
    [
        "",
        "{}",
        "1",
        "[1]",
        '["p"]',
        '[["p"]]',
        '[["p","x"]]',
        '[["p",[1]]]',
        '[["ol",[],true]]',
        '[["ol",[],"1"]]',
        '[["a","b",[]]]',
        '[["p",[["p",[]]]]]',
        '[["pre","x"]]',
        '[["ul",[["x"]]]]',
        "[" * 100000,
        '[["p",[["img","x"]]]]',
    ],
)
def test_load_refuses_what_dump_never_writes(source: str) -> None:
    """A malformed row is a ValueError, whatever is wrong with it."""
    with pytest.raises(ValueError, match=r".+"):
        load(source)


def test_digest_sees_words_and_marks_but_no_white_space() -> None:
    """Equal looks give equal digests, across processes and releases."""
    assert digest(paragraph("a  b ")) == digest(paragraph("a", " ", "b"))
    assert digest(paragraph("a")) != digest(paragraph(Strong((Plain("a"),))))
    assert digest(paragraph("a")) == "ea784ae17836d0eebccdcc259e79f7f7"


def test_wording_forgets_all_markup() -> None:
    """Two renderings of the same words have equal wording."""
    text: Text = (
        Quote(paragraph("A", Strong((Plain("b"),)), LineBreak(), "c")),
        BulletList((paragraph("d"), paragraph("e"))),
    )
    assert wording(text) == "Ab c d e"


@given(texts(), st.integers(0, MAX_DEPTH))
def test_flattened_is_bounded_and_keeps_the_words(text: Text, bound: int) -> None:
    """Whatever the bound, no word is lost."""
    flat = flattened(text, bound)
    assert depth(flat) <= bound
    assert wording(flat) == wording(text)


def test_flattened_survives_any_depth() -> None:
    """Depth that no recursion survives is flattened without any."""
    inline: Plain | Emphasis | Strong = Plain("x")
    for number in range(50_000):
        inline = Emphasis((inline,)) if number % 2 else Strong((inline,))
    assert depth(flattened(nested_quotes(50_000))) <= MAX_DEPTH
    assert wording(flattened(paragraph(inline))) == "x"


@given(st.text())
def test_cleaned_text_can_be_written_anywhere(text: str) -> None:
    """No control characters, overrides or halves of characters are left."""
    clean = cleaned(text + "\ud800\u202e\x00")
    clean.encode()
    assert not set(clean) & {"\x00", "\r", "\x1b", "\u202e", "\u2066", "\ud800"}


def test_the_tree_alone_imports_no_parser() -> None:
    """Whoever needs only the tree does not pay for lexbor."""
    code = "import sys, bridge.text.tree; sys.exit(bool({'selectolax', 'markdown_it', 'nh3'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
