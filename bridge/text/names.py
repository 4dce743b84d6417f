"""Names of commenters: made harmless to show, compared, and found in what an author writes."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from bridge.text.tree import (
    Block,
    BulletList,
    Inline,
    Link,
    Mark,
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

MAX_NAME = 80
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
# Shown as nothing or as space, though their category says letter, mark or symbol (Default_Ignorable, and braille).
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_OPENING_CATEGORIES = frozenset({"Ps", "Pi"})
_OPENING = frozenset("\"'\u00bf\u00a1")


def defused(name: str, fallback: str = "Anonymous") -> str:
    """Make a commenter's name safe to show beside others; what has nothing to show becomes `fallback`."""
    shown = " ".join(unicodedata.normalize("NFC", _visible(name)).split())
    if len(shown) > MAX_NAME:
        return shown[: MAX_NAME - 1].rstrip() + "\u2026"
    return shown or fallback


def folded(name: str) -> str:
    """Give the form in which names that read alike are equal (NFKC, case folded, spaces collapsed)."""
    once = unicodedata.normalize("NFKC", _visible(name)).casefold()
    # Folding may undo the normal form, and normalising give new capitals: Unicode's NFKC_Casefold repeats both.
    twice = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", once).casefold())
    return " ".join(twice.split())


def _visible(name: str) -> str:
    spaced = "".join(" " if character.isspace() else character for character in name)
    return "".join(
        character
        for character in spaced
        if character not in _INVISIBLE and unicodedata.category(character) not in _INVISIBLE_CATEGORIES
    )


def leading_name(text: Text, names: Collection[str]) -> str | None:
    """Find the longest known name that a text begins by addressing, as in "@Vera: …"."""
    match text:
        case [Paragraph(children), *_]:
            flat = runs(children)
        case _:
            return None
    if not flat or not isinstance(flat[0].leaf, Plain) or flat[0].link:
        return None
    words = flat[0].leaf.text
    start = len(words) - len(words.lstrip())
    if words[start : start + 1] != "@":
        return None
    found = _Known(names).at(words + _first(flat[1:]), start + 1, len(words))
    return found.name if found else None


def linked(text: Text, addresses: Mapping[str, str]) -> Text:
    """Make every `@Name` of a known person a link to the address given for them, outside code and links."""
    known = _Known(addresses)
    return tuple(_linked_block(block, known, addresses) for block in text)


def named(text: Text, names: Collection[str]) -> tuple[str, ...]:
    """Give the known names that a text mentions as `@Name` outside code and links, each once, in their order."""
    known = _Known(names)
    found = (mention.name for children in _paragraphs(text) for _, mention in _mentions(runs(children), known))
    return tuple(dict.fromkeys(found))


class _Found(NamedTuple):
    name: str
    start: int
    end: int


class _Known:
    """The known names in a form in which the longest one at a place is found without trying them all."""

    def __init__(self, names: Collection[str]) -> None:
        self._names: dict[str, str] = {}
        for name in names:
            self._names.setdefault(folded(name), name)
        self._names.pop("", None)
        self._sorted = sorted(self._names)
        # Twice: what is typed may be decomposed, or longer than its folded form.
        self._window = 2 * max(map(len, self._sorted), default=0) + 1

    def at(self, words: str, start: int, limit: int) -> _Found | None:
        """Find the longest name that begins at `start` and ends at a word boundary not beyond `limit`."""
        longest = None
        if words[start : start + 1].isspace():
            return None
        for end in range(start + 1, min(limit, start + self._window) + 1):
            if end < len(words) and _in_word(words[end]):
                continue
            typed = folded(words[start:end])
            if typed in self._names and not words[end - 1].isspace():
                longest = _Found(self._names[typed], start - 1, end)
            if not self._begins(typed):
                break
        return longest

    def _begins(self, typed: str) -> bool:
        place = bisect_left(self._sorted, typed)
        return place < len(self._sorted) and self._sorted[place].startswith(typed)


def _in_word(character: str) -> bool:
    return character in "_\u200d" or unicodedata.category(character)[0] in "LMN"


def _first(flat: list[Run]) -> str:
    return leaf_text(flat[0].leaf)[:1] if flat else ""


def _mentions(flat: list[Run], known: _Known) -> Iterator[tuple[int, _Found]]:
    """Find mentions: the number of the run, and the place within its words."""
    before = ""
    for number, run in enumerate(flat):
        if isinstance(run.leaf, Plain) and run.link is None:
            words = run.leaf.text
            for found in _mentions_in(words + _first(flat[number + 1 : number + 2]), len(words), before, known):
                yield number, found
        before = leaf_text(run.leaf)[-1:] or before


def _mentions_in(words: str, limit: int, before: str, known: _Known) -> Iterator[_Found]:
    place = words.find("@", 0, limit)
    while place >= 0:
        found = known.at(words, place + 1, limit) if _may_begin(words[place - 1] if place else before) else None
        if found:
            yield found
        place = words.find("@", found.end if found else place + 1, limit)


def _may_begin(before: str) -> bool:
    return not before or before.isspace() or before in _OPENING or unicodedata.category(before) in _OPENING_CATEGORIES


def _linked_block(block: Block, known: _Known, addresses: Mapping[str, str]) -> Block:
    def inside(blocks: tuple[Block, ...]) -> Text:
        return tuple(_linked_block(child, known, addresses) for child in blocks)

    match block:
        case Paragraph(children):
            flat = runs(children)
            mentions = list(_mentions(flat, known))
            return Paragraph(inlines(_linked_runs(flat, mentions, addresses))) if mentions else block
        case Quote(children):
            return Quote(inside(children))
        case BulletList(items):
            return BulletList(tuple(map(inside, items)))
        case NumberedList(items, start):
            return NumberedList(tuple(map(inside, items)), start)
        case _:
            return block


def _linked_runs(flat: list[Run], mentions: list[tuple[int, _Found]], addresses: Mapping[str, str]) -> Iterator[Run]:
    by_run: dict[int, list[_Found]] = {}
    for number, found in mentions:
        by_run.setdefault(number, []).append(found)
    for number, run in enumerate(flat):
        if number in by_run:
            yield from _cut(run, by_run[number], addresses)
        else:
            yield run


def _cut(run: Run, found: list[_Found], addresses: Mapping[str, str]) -> Iterator[Run]:
    words, done = leaf_text(run.leaf), 0
    for mention in found:
        if words[done : mention.start]:
            yield Run(run.marks, Plain(words[done : mention.start]))
        yield Run((*run.marks, Mark(Link, addresses[mention.name])), Plain(words[mention.start : mention.end]))
        done = mention.end
    if words[done:]:
        yield Run(run.marks, Plain(words[done:]))


def _paragraphs(text: Text) -> Iterator[tuple[Inline, ...]]:
    for block in text:
        match block:
            case Paragraph(children):
                yield children
            case Quote(children):
                yield from _paragraphs(children)
            case BulletList(items) | NumberedList(items, _):
                yield from _paragraphs(tuple(chain.from_iterable(items)))
