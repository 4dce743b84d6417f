"""Long texts in parts that a platform takes: at blocks, else sentences, else words, never in code or a link."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import NamedTuple

from bridge.text.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Image,
    LineBreak,
    Link,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Text,
    inlines,
    leaf_text,
    runs,
)

_Fits = Callable[[Text], bool]
_MakesList = Callable[[tuple[Text, ...], int], Block]  # of some items, and the number of items before them
_ENDS = tuple(".!?\u2026\u3002\uff01\uff1f\u061f\u0964")
_CLOSING = "\"')]}\u201d\u2019\u00bb"
_JOINERS = "\u200d\ufe0e\ufe0f"


class _Piece(NamedTuple):
    """Runs that are not cut, and what stands between them and the next piece: a space, a line break, or nothing."""

    runs: tuple[Run, ...]
    gap: tuple[Run, ...] = ()

    @property
    def ends_sentence(self) -> bool:
        if not self.gap:
            return False
        said = leaf_text(self.runs[-1].leaf) if self.runs else ""
        return isinstance(self.gap[0].leaf, LineBreak) or said.rstrip(_CLOSING).endswith(_ENDS)


def split(text: Text, limit: int, measure: Callable[[Text], int]) -> tuple[Text, ...]:
    """Split a text into parts of which each measures at most `limit`; nothing is lost but white space at the cuts.

    What fits is given back as it is. Code and links are cut only where they do not fit in a part of their own; a link
    whose address alone is too long leaves its words. `measure` must not shrink when a text grows. Raises ValueError
    for a limit that not even one character meets.
    """

    def fits(part: Text) -> bool:
        return measure(part) <= limit

    return (text,) if fits(text) else tuple(_parts(text, fits))


def _parts(blocks: Text, fits: _Fits) -> Iterator[Text]:
    pieces = tuple(piece for block in blocks for piece in ((block,) if fits((block,)) else _broken(block, fits)))
    for begin, end in _spans(len(pieces), lambda begin, end: fits(pieces[begin:end])):
        yield pieces[begin : max(end, begin + 1)]


def _broken(block: Block, fits: _Fits) -> Iterator[Block]:
    """Break a block that does not fit."""
    match block:
        case Paragraph(children):
            yield from _broken_paragraph(_pieces(runs(children)), fits)
        case CodeBlock(text, language):
            yield from _broken_code(text.split("\n"), language, fits)
        case Quote(children):
            yield from (Quote(part) for part in _parts(children, lambda part: fits((Quote(part),))))
        case BulletList(items):
            yield from _broken_list(items, lambda some, _: BulletList(some), fits)
        case NumberedList(items, start):
            yield from _broken_list(items, lambda some, first: NumberedList(some, start + first), fits)


def _longest(begin: int, end: int, fits: Callable[[int, int], bool], about: int = 1) -> int:
    """Find the farthest end up to which all fits; `begin` if not even one does. The search begins at `about` so many.

    To look at something is dear, so that little more than what fits is looked at, and not often.
    """
    at, step = min(begin + about, end), 1
    if at > begin and fits(begin, at):
        low = at
        while low + step <= end and fits(begin, low + step):
            low, step = low + step, step * 2
        high = min(low + step, end + 1)
    else:
        high = max(at, begin + 1)
        while high - step > begin and not fits(begin, high - step):
            high, step = high - step, step * 2
        low = max(high - step, begin)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(begin, middle) else (low, middle)
    return low


def _spans(count: int, fits: Callable[[int, int], bool]) -> Iterator[tuple[int, int]]:
    """Divide a sequence into the longest spans that fit; one that does not fit alone makes an empty span."""
    begin, about = 0, 1
    while begin < count:
        end = _longest(begin, count, fits, about)
        yield begin, end
        begin, about = max(end, begin + 1), max(end - begin, 1)


# --- Lists and code blocks --------------------------------------------------------------------------------------------


def _broken_list(items: tuple[Text, ...], made: _MakesList, fits: _Fits) -> Iterator[Block]:
    for begin, end in _spans(len(items), lambda begin, end: fits((made(items[begin:end], begin),))):
        if end > begin:
            yield made(items[begin:end], begin)
        else:
            yield from _broken_item(items[begin], partial(_only_item, made, begin), fits)


def _only_item(made: _MakesList, number: int, item: Text) -> Block:
    return made((item,), number)


def _broken_item(item: Text, made: Callable[[Text], Block], fits: _Fits) -> Iterator[Block]:
    """Break one item; only its beginning is an item again, what follows would look like another one."""
    parts = _parts(item, lambda part: fits((made(part),)))
    yield made(next(parts, ()))
    for part in parts:
        yield from part


def _broken_code(lines: list[str], language: str, fits: _Fits) -> Iterator[Block]:
    def fits_as_code(code: str) -> bool:
        return fits((CodeBlock(code, language),))

    for begin, end in _spans(len(lines), lambda begin, end: fits_as_code("\n".join(lines[begin:end]))):
        if end > begin:
            yield CodeBlock("\n".join(lines[begin:end]), language)
        else:
            yield from (CodeBlock(piece, language) for piece in _chopped(lines[begin], fits_as_code))


def _chopped(text: str, fits: Callable[[str], bool]) -> Iterator[str]:
    begin = 0
    while begin < len(text):
        end = _longest(begin, len(text), lambda start, stop: fits(text[start:stop]))
        if end == begin:
            raise ValueError("the limit is too small for a single character")
        end = begin + _before_joiners(text, begin, end - begin)
        yield text[begin:end]
        begin = end


def _before_joiners(text: str, start: int, many: int) -> int:
    """Move a cut to before a character that is drawn over the one before it, if one is near."""
    for fewer in range(many, max(many - 8, 0), -1):
        if start + fewer >= len(text) or not _joins(text[start + fewer]):
            return fewer
    return many


def _joins(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character)[0] == "M"


# --- Paragraphs -------------------------------------------------------------------------------------------------------


def _pieces(flat: list[Run], *, cut_links: bool = False) -> list[_Piece]:
    """Cut runs where white space outside code and links allows it."""
    pieces: list[_Piece] = []
    word: list[Run] = []
    for run in flat:
        for part in _at_spaces(run) if cut_links or run.link is None else [run]:
            if _is_gap(part) and (cut_links or part.link is None):
                pieces.append(_Piece(tuple(word), (part,)))
                word = []
            else:
                word.append(part)
    return [*pieces, _Piece(tuple(word))] if word else pieces


def _at_spaces(run: Run) -> Iterator[Run]:
    if not isinstance(run.leaf, Plain):
        yield run
        return
    for _, group in groupby(run.leaf.text, str.isspace):
        yield Run(run.marks, Plain("".join(group)))


def _is_gap(run: Run) -> bool:
    return isinstance(run.leaf, LineBreak) or (isinstance(run.leaf, Plain) and run.leaf.text.isspace())


def _joined(pieces: list[_Piece]) -> Paragraph:
    """Make a paragraph of pieces; white space at its edges goes."""
    flat = [run for piece in pieces for run in (*piece.runs, *piece.gap)]
    while flat and _is_gap(flat[-1]):
        flat.pop()
    while flat and _is_gap(flat[0]):
        flat.pop(0)
    return Paragraph(inlines(flat))


def _broken_paragraph(pieces: list[_Piece], fits: _Fits) -> Iterator[Block]:
    waiting, about = list(reversed(pieces)), 1
    while waiting:
        many = _longest(0, len(waiting), lambda _, count: fits((_joined(waiting[: -count - 1 : -1]),)), about)
        about = max(many, 1)
        if many:
            head = waiting[: -_best_cut(waiting, many) - 1 : -1]
            del waiting[-len(head) :]
            if (part := _joined(head)).children:
                yield part
        else:
            waiting.extend(reversed(_smaller(waiting.pop(), fits)))


def _best_cut(waiting: list[_Piece], many: int) -> int:
    """Choose where to cut before `many` pieces: after the last sentence that ends there, else after a word."""
    if many == len(waiting):
        return many
    # A sentence that ends very early would leave the part almost empty.
    for count in range(many, many // 4, -1):
        if waiting[-count].ends_sentence:
            return count
    # Parts of one broken word say nothing about where words end.
    return next((count for count in range(many, 0, -1) if waiting[-count].gap), many)


def _smaller(piece: _Piece, fits: _Fits) -> list[_Piece]:
    """Cut a piece that fits in no part: between what it holds, then within it."""
    groups = [tuple(group) for _, group in groupby(piece.runs, lambda run: run.link or run)]
    if len(groups) > 1:
        return [*map(_Piece, groups[:-1]), _Piece(groups[-1], piece.gap)]
    if piece.runs and piece.runs[0].link and not fits(_alone(piece.runs[0], "x")):
        bare = _pieces([_unlinked(run) for run in piece.runs])
        return [*bare[:-1], _Piece(bare[-1].runs, bare[-1].gap or piece.gap)]
    words = _pieces(list(piece.runs), cut_links=True)
    if len(words) > 1:
        return [*words[:-1], _Piece(words[-1].runs, words[-1].gap or piece.gap)]
    if len(piece.runs) > 1:
        return [*(_Piece((run,)) for run in piece.runs[:-1]), _Piece(piece.runs[-1:], piece.gap)]
    if not piece.runs:
        raise ValueError("the limit is too small for white space")
    return _smaller_run(piece.runs[0], piece.gap, fits)


def _smaller_run(run: Run, gap: tuple[Run, ...], fits: _Fits) -> list[_Piece]:
    marks, leaf = run
    match leaf:
        case Plain(text) | Code(text):
            many = _longest(0, len(text), lambda _, count: fits(_alone(run, text[:count])))
            if many:
                many = _before_joiners(text, 0, many)
                return [_Piece((_with(run, text[:many]),)), _Piece((_with(run, text[many:]),), gap)]
            if run.link is not None:
                return [_Piece((_unlinked(run),), gap)]
        case Image():
            return [_Piece((Run(marks, Plain(leaf_text(leaf))),), gap)]
    raise ValueError("the limit is too small for a single character")


def _unlinked(run: Run) -> Run:
    return Run(tuple(mark for mark in run.marks if mark.kind is not Link), run.leaf)


def _with(run: Run, text: str) -> Run:
    return Run(run.marks, Code(text) if isinstance(run.leaf, Code) else Plain(text))


def _alone(run: Run, text: str) -> Text:
    return (Paragraph(inlines([_with(run, text)])),)
