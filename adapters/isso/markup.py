"""The tree as Isso's Markdown (mistune with strikethrough, subscript, superscript; raw HTML escaped). Pure.

Whatever Markdown could take for markup is escaped, and a mark whose surroundings make it doubtful is left out: the
words on the page are exactly the author's. https://spec.commonmark.org/0.31.2/#delimiter-run has the rules for marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from bridge.text.addresses import allowed
from bridge.text.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Image,
    Inline,
    Leaf,
    LineBreak,
    Mark,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Strike,
    Strong,
    Text,
    flattened,
    normalised,
    runs,
)

_ALWAYS = {ord(letter): "\\" + letter for letter in "\\`*_[]<>&~^$|{}=!"}
_LINE_ENDS = dict.fromkeys(map(ord, "\x1c\x1d\x1e\x1f\x85\u2028\u2029"), " ")
_AT_START = frozenset("#+-:")
_TOKENS = {Strike: "~~", Strong: "**", Emphasis: "*"}
_DEPTH = 8
_BREAK = "  \n"
_IN_ADDRESS = {ord(letter): f"%{ord(letter):02X}" for letter in " <>\\`\n"}
_LONGEST_NUMBER = 999_999_999


def markdown(text: Text) -> str:
    """Write a text as Markdown for Isso."""
    return "\n\n".join(_block(block) for block in normalised(flattened(text, _DEPTH)))


def _block(block: Block) -> str:
    match block:
        case Paragraph(children):
            return _lines(children)
        case CodeBlock(code, language):
            return _fenced(code, language)
        case Quote(children):
            return _indented("\n\n".join(map(_block, children)), "> ", "> ")
        case BulletList(items):
            return "\n".join(_indented(_item(item), "- ", "  ") for item in items)
        case NumberedList(items, start):
            return "\n".join(_numbered(items, start))


def _item(item: Iterable[Block]) -> str:
    return "\n\n".join(map(_block, item))


def _numbered(items: Sequence[Iterable[Block]], start: int) -> Iterator[str]:
    first = start if 0 <= start <= _LONGEST_NUMBER - len(items) else 1
    for number, item in enumerate(items, first):
        bullet = f"{number}. "
        yield _indented(_item(item), bullet, " " * len(bullet))


def _indented(text: str, first: str, others: str) -> str:
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((others + line) if line else others.rstrip() for line in lines[1:])])


def _fenced(code: str, language: str) -> str:
    lines = code.translate(_LINE_ENDS)
    fence = "`" * max(3, _longest_run(lines) + 1)
    known = language if language.isascii() and language.isalnum() and len(language) <= 20 else ""
    return f"{fence}{known}\n{lines}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(list(group)) for letter, group in groupby(text) if letter == "`"), default=0)


# --- Lines ------------------------------------------------------------------------------------------------------------


def _lines(children: Iterable[Inline]) -> str:
    lines = [_guarded(_line(_joined(line))) for line in _split(map(_allowed, runs(children)))]
    return _BREAK.join(line for line in lines if line.strip())


def _split(flat: Iterable[Run]) -> Iterator[list[Run]]:
    for is_break, group in groupby(flat, lambda run: isinstance(run.leaf, LineBreak)):
        if not is_break:
            yield list(group)


def _allowed(run: Run) -> Run:
    """Take away a link that must not be."""
    link = run.link
    if link is None or allowed(link.address) is not None:
        return run
    return Run(tuple(mark for mark in run.marks if mark is not link), run.leaf)


def _joined(line: list[Run]) -> list[Run]:
    """Make neighbouring pieces of code one: their backticks would run into each other."""
    joined: list[Run] = []
    for run in line:
        before = joined[-1] if joined else None
        if (
            before is not None
            and isinstance(before.leaf, Code)
            and isinstance(run.leaf, Code)
            and before.link == run.link
        ):
            joined[-1] = Run(before.marks, Code(before.leaf.text + run.leaf.text))
        elif run.leaf not in (Plain(""), Code("")):
            joined.append(run)
    return joined


def _guarded(line: str) -> str:
    """Keep a line from beginning like a heading, a list or a definition."""
    line = line.strip(" ")
    if line[:1] in _AT_START:
        return "\\" + line
    digits = len(line) - len(line.lstrip("0123456789"))
    if digits and line[digits : digits + 1] in {".", ")"}:
        return f"{line[:digits]}\\{line[digits:]}"
    return line


def _line(line: list[Run]) -> str:
    return "".join(_linked(link.address if link else "", group) for link, group in _by_link(line))


def _by_link(line: list[Run]) -> Iterator[tuple[Mark | None, list[Run]]]:
    for link, group in groupby(line, _link_of):
        yield link, list(group)


def _link_of(run: Run) -> Mark | None:
    return run.link


def _linked(address: str, group: list[Run]) -> str:
    words = _marked(group, linked=bool(address))
    return _link(address, words) if address and words.strip() else words


def _link(address: str, words: str) -> str:
    safe = allowed(address)
    if safe is None:  # an image's; those of links are gone by now
        return words
    target = safe.replace("&", "&amp;") if ";" in safe else safe
    return f"[{words}](<{target.translate(_IN_ADDRESS)}>)"


# --- Marks ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Piece:
    """Neighbouring leaves with the same marks, and the white space around them."""

    before: str
    words: str
    after: str
    tokens: tuple[str, ...]


def _marked(group: list[Run], *, linked: bool) -> str:
    pieces = [
        _piece("".join(_leaf(run.leaf, linked=linked) for run in part), tokens)
        for tokens, part in groupby(group, _tokens)
    ]
    return "".join(
        _written(piece, before, after)
        for before, piece, after in zip([None, *pieces], pieces, [*pieces[1:], None], strict=False)
    )


def _tokens(run: Run) -> tuple[str, ...]:
    """Strike, and inside of it the outer one of strong and emphasis: both at once is where Markdown gets doubtful."""
    kinds = [mark.kind for mark in run.marks]
    stress = next((kind for kind in kinds if kind in {Strong, Emphasis}), None)
    wanted = (_TOKENS[kind] for kind in (Strike, stress) if kind is not None and kind in kinds)
    return tuple(token for token in wanted if token[0] not in _unescaped(run.leaf))


def _unescaped(leaf: Leaf) -> str:
    """What cannot be escaped in a leaf: mistune takes a mark's end even from within code or an address."""
    match leaf:
        case Code(code):
            return code
        case Image(address, _):
            return address
    return ""


def _piece(text: str, tokens: tuple[str, ...]) -> _Piece:
    words = text.strip()
    lead = len(text) - len(text.lstrip()) if words else 0
    return _Piece(text[:lead], words, text[lead + len(words) :], tokens)


def _written(piece: _Piece, before: _Piece | None, after: _Piece | None) -> str:
    words = piece.words
    if piece.tokens and words and _opens(piece, before) and _closes(piece, after):
        words = "".join(piece.tokens) + words + "".join(reversed(piece.tokens))
    return piece.before + words + piece.after


def _opens(piece: _Piece, before: _Piece | None) -> bool:
    if piece.before or before is None or before.after:
        return True
    return piece.words[0].isalnum() and not before.tokens


def _closes(piece: _Piece, after: _Piece | None) -> bool:
    if piece.after or after is None or after.before:
        return True
    return piece.words[-1].isalnum() and not after.tokens


# --- Leaves -----------------------------------------------------------------------------------------------------------


def _leaf(leaf: Leaf, *, linked: bool) -> str:
    match leaf:
        case Plain(words):
            return _escaped(words)
        case Code(code):
            return _code(code)
        case Image(address, alt):
            words = _escaped(alt or address)
            return words if linked else _link(address, words)
        case LineBreak():
            return " "


def _escaped(words: str) -> str:
    return words.translate(_LINE_ENDS).replace("\n", " ").replace("\t", " ").translate(_ALWAYS)


def _code(code: str) -> str:
    line = " ".join(code.translate(_LINE_ENDS).split("\n"))
    if not line.strip():
        return line
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line[0] in "` " or line[-1] in "` " else ""
    return f"{fence}{pad}{line}{pad}{fence}"
