"""The tree in which text crosses every port: blocks that hold inlines, all of them frozen values.

The parsers of this package make it, adapters write it in their platform's markup. What a parser made is at most
`MAX_DEPTH` containers deep, so that whoever walks it may recurse.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby, takewhile
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Plain:
    """Words without markup."""

    text: str


@dataclass(frozen=True, slots=True)
class Emphasis:
    """Stressed words, mostly shown in italics."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strong:
    """Important words, mostly shown in bold."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Strike:
    """Words that are taken back, shown struck through."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of code within a line; its white space counts."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an address; the parsers give only addresses that `bridge.text.addresses` allows."""

    address: str
    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture elsewhere, and the words that stand for it."""

    address: str
    alt: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A new line within a paragraph."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Inlines that belong together."""

    children: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Lines of code, and the language they are said to be in (empty: unknown)."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """Blocks that somebody else said."""

    children: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class BulletList:
    """Items in no order; each is a sequence of blocks."""

    items: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True, slots=True)
class NumberedList:
    """Items that are counted from `start`."""

    items: tuple[tuple[Block, ...], ...]
    start: int = 1


Leaf = Plain | Code | Image | LineBreak
Inline = Plain | Emphasis | Strong | Strike | Code | Link | Image | LineBreak
Block = Paragraph | CodeBlock | Quote | BulletList | NumberedList
Text = tuple[Block, ...]

MAX_DEPTH = 12
_MARK_KINDS = (Emphasis, Strong, Strike, Link)
BLOCK_DEPTH = MAX_DEPTH - len(_MARK_KINDS)

_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_SURROGATES = range(0xD800, 0xE000)
_UNWANTED: dict[int, str | None] = dict.fromkeys((*_BIDI, *_CONTROLS, *_SURROGATES))
_UNWANTED |= {ord("\n"): "\n", ord("\t"): "\t", ord("\f"): " ", ord("\v"): " "}
_HTML_SPACE = dict.fromkeys(map(ord, "\t\n\f\r"), " ")


def cleaned(text: str) -> str:
    """Remove what no text may hold: NUL, control characters but newline and tab, bidi overrides, lone surrogates."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNWANTED)


def paragraph(*children: Inline | str) -> Text:
    """Make a text of one paragraph; strings stand for plain words."""
    return (Paragraph(tuple(Plain(child) if isinstance(child, str) else child for child in children)),)


# --- Runs: the inlines of a paragraph laid flat -----------------------------------------------------------------------


class Mark(NamedTuple):
    """A container around a run: which kind, and for a link its address."""

    kind: type[Emphasis] | type[Strong] | type[Strike] | type[Link]
    address: str = ""


class Run(NamedTuple):
    """A leaf with the marks around it, outermost first; no kind of mark occurs twice."""

    marks: tuple[Mark, ...]
    leaf: Leaf

    @property
    def link(self) -> Mark | None:
        """The link around this run, if there is one."""
        return next((mark for mark in self.marks if mark.kind is Link), None)


def marked(marks: tuple[Mark, ...], mark: Mark) -> tuple[Mark, ...]:
    """Add a mark inside others; strong within strong, or a link within a link, says nothing new."""
    return marks if any(mark.kind is outer.kind for outer in marks) else (*marks, mark)


def runs(children: Iterable[Inline]) -> list[Run]:
    """Lay inlines flat, however deep they are nested."""
    found: list[Run] = []
    waiting: list[tuple[tuple[Mark, ...], Iterator[Inline]]] = [((), iter(children))]
    while waiting:
        marks, rest = waiting[-1]
        child = next(rest, None)
        if child is None:
            waiting.pop()
        elif isinstance(child, _MARK_KINDS):
            address = child.address if isinstance(child, Link) else ""
            waiting.append((marked(marks, Mark(type(child), address)), iter(child.children)))
        else:
            found.append(Run(marks, child))
    return found


def inlines(flat: Iterable[Run]) -> tuple[Inline, ...]:
    """Make a tree of runs again; neighbours with equal marks share one container, neighbouring `Plain` becomes one."""
    return tuple(_grown(list(flat), 0))


def _grown(flat: list[Run], level: int) -> Iterator[Inline]:
    for mark, group in groupby(flat, lambda run: run.marks[level] if len(run.marks) > level else None):
        if mark is None:
            yield from _merged(run.leaf for run in group)
        else:
            children = tuple(_grown(list(group), level + 1))
            yield Link(mark.address, children) if mark.kind is Link else mark.kind(children)


def _merged(leaves: Iterable[Leaf]) -> Iterator[Leaf]:
    for is_plain, group in groupby(leaves, lambda leaf: isinstance(leaf, Plain)):
        if is_plain:
            yield Plain("".join(leaf.text for leaf in group if isinstance(leaf, Plain)))
        else:
            yield from group


# --- Readable and comparable forms ------------------------------------------------------------------------------------


def leaf_text(leaf: Leaf) -> str:
    """Say what a reader sees of a leaf: an image is its alternative words, or its address where it has none."""
    match leaf:
        case Plain(text) | Code(text):
            return text
        case Image(address, alt):
            return collapsed(alt).strip(" ") or address
        case LineBreak():
            return "\n"


def inline_text(children: Iterable[Inline]) -> str:
    """Say what a reader sees of inlines, without their markup."""
    return "".join(leaf_text(run.leaf) for run in runs(children))


def plain(text: Text) -> str:
    """Write a text for people who see no markup."""
    return "\n\n".join(_plain_block(block) for block in text)


def _plain_block(block: Block) -> str:
    match block:
        case Paragraph(children):
            return inline_text(children)
        case CodeBlock(code, _):
            return code
        case Quote(quoted):
            return _prefixed(plain(quoted), "> ", "> ")
        case BulletList(items):
            return "\n".join(_prefixed(_plain_item(item), "- ", "  ") for item in items)
        case NumberedList(items, start):
            bullets = [f"{number}. " for number in range(start, start + len(items))]
            return "\n".join(
                _prefixed(_plain_item(item), bullet, " " * len(bullet))
                for item, bullet in zip(items, bullets, strict=True)
            )


def _plain_item(item: tuple[Block, ...]) -> str:
    return "\n".join(_plain_block(block) for block in item)


def _prefixed(text: str, first: str, others: str) -> str:
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((others + line).rstrip() for line in lines[1:])])


def wording(text: Text) -> str:
    """Reduce a text to what two renderings of the same words have in common; case is kept.

    Our own comment is recognised by it after a round trip through a platform's Markdown.
    """
    return " ".join(cleaned(" ".join(_words(text))).split())


def letters(text: Text) -> str:
    """What stays of a text whatever a platform's typography makes of it; empty where it has no letters or digits."""
    return "".join(character for character in wording(text).casefold() if character.isalnum())


def same_words(one: Text, other: Text) -> bool:
    """Whether two texts say the same, letter by letter; by their signs where they have no letters."""
    return (letters(one) or wording(one)) == (letters(other) or wording(other))


def _words(text: Text) -> Iterator[str]:
    for block in text:
        match block:
            case Paragraph(children):
                yield inline_text(children)
            case CodeBlock(code, _):
                yield code
            case Quote(quoted):
                yield from _words(quoted)
            case BulletList(items) | NumberedList(items, _):
                for item in items:
                    yield from _words(item)


# --- Normal form ------------------------------------------------------------------------------------------------------


def normalised(text: Text) -> Text:
    """Bring a text into the one form that all texts which look the same share, as far as white space goes."""
    return tuple(block for given in text if (block := _normal_block(given)) is not None)


def _normal_block(block: Block) -> Block | None:
    match block:
        case Paragraph(children):
            flat = inlines(_bare_blanks(_spaced(runs(children))))
            return Paragraph(flat) if flat else None
        case CodeBlock(text, language):
            lines = cleaned(text).rstrip("\n")
            return CodeBlock(lines, cleaned(language).strip()) if lines.strip() else None
        case Quote(children):
            quoted = normalised(children)
            return Quote(quoted) if quoted else None
        case BulletList(items):
            kept = _normal_items(items)
            return BulletList(kept) if kept else None
        case NumberedList(items, start):
            kept = _normal_items(items)
            return NumberedList(kept, start) if kept else None


def _normal_items(items: tuple[tuple[Block, ...], ...]) -> tuple[tuple[Block, ...], ...]:
    return tuple(blocks for item in items if (blocks := normalised(item)))


def collapsed(text: str) -> str:
    """Collapse white space as HTML does: every run becomes one space; a no-break space is none."""
    spaced = cleaned(text).translate(_HTML_SPACE)
    core = " ".join(part for part in spaced.split(" ") if part)
    if not core:
        return " " if spaced else ""
    return " " * spaced.startswith(" ") + core + " " * spaced.endswith(" ")


def _spaced(flat: list[Run]) -> list[Run]:
    """Drop the white space that HTML would not show, and line breaks at the edges of the paragraph."""
    kept: list[Run] = []
    gap = True
    for run in flat:
        leaf = _normal_leaf(run.leaf, gap)
        if isinstance(leaf, LineBreak):
            _strip_end(kept, Plain)
            leaf = leaf if kept else None
        if leaf is not None:
            kept.append(Run(run.marks, leaf))
            gap = isinstance(leaf, LineBreak) or (isinstance(leaf, Plain) and leaf.text.endswith(" "))
    _strip_end(kept, (Plain, LineBreak))
    return kept


def _normal_leaf(leaf: Leaf, gap: bool) -> Leaf | None:
    match leaf:
        case Plain(text):
            words = collapsed(text)
            words = words.lstrip(" ") if gap else words
            return Plain(words) if words else None
        case Code(text):
            code = cleaned(text)
            return Code(code) if code else None
        case Image(address, alt):
            return Image(address, collapsed(alt).strip(" "))
        case LineBreak():
            return leaf


def _strip_end(kept: list[Run], kinds: type[Plain] | tuple[type[Plain], type[LineBreak]]) -> None:
    while kept and isinstance(kept[-1].leaf, kinds):
        marks, leaf = kept.pop()
        if isinstance(leaf, Plain) and (words := leaf.text.rstrip(" ")):
            kept.append(Run(marks, Plain(words)))
            return


def _bare_blanks(flat: list[Run]) -> list[Run]:
    """Take from blank runs every mark that they do not share with a neighbour: nobody sees an emphasised space."""
    forward = _shared_marks(flat)
    backward = reversed(_shared_marks(list(reversed(flat))))
    return [
        Run(max(before, after, key=len), run.leaf) for run, before, after in zip(flat, forward, backward, strict=True)
    ]


def _shared_marks(flat: list[Run]) -> list[tuple[Mark, ...]]:
    shared: list[tuple[Mark, ...]] = []
    previous: tuple[Mark, ...] = ()
    for marks, leaf in flat:
        blank = isinstance(leaf, LineBreak) or leaf == Plain(" ")
        previous = marks[: _common(marks, previous)] if blank else marks
        shared.append(previous)
    return shared


def _common(one: Sequence[Mark], other: Sequence[Mark]) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def flattened(text: Text, depth: int = MAX_DEPTH) -> Text:
    """Bound a tree's depth: containers that are too deep go, what they contain stays.

    Marks within a line need at most four levels (one of each kind), quotes and lists get what is left of `depth`.
    """
    return tuple(_flat_blocks(text, max(depth - len(_MARK_KINDS), 0), depth))


def _flat_blocks(blocks: Iterable[Block], room: int, depth: int) -> Iterator[Block]:
    for block in blocks if room else _unnested(blocks):
        match block:
            case Paragraph(children):
                yield Paragraph(inlines(Run(marks[:depth], leaf) for marks, leaf in runs(children)))
            case CodeBlock():
                yield block
            case Quote(children):
                yield Quote(tuple(_flat_blocks(children, room - 1, depth)))
            case BulletList(items):
                yield BulletList(tuple(tuple(_flat_blocks(item, room - 1, depth)) for item in items))
            case NumberedList(items, start):
                yield NumberedList(tuple(tuple(_flat_blocks(item, room - 1, depth)) for item in items), start)


def _unnested(blocks: Iterable[Block]) -> Iterator[Block]:
    waiting = [iter(blocks)]
    while waiting:
        block = next(waiting[-1], None)
        match block:
            case None:
                waiting.pop()
            case Quote(children):
                waiting.append(iter(children))
            case BulletList(items) | NumberedList(items, _):
                waiting.append(iter([inner for item in items for inner in item]))
            case _:
                yield block


# --- Storage ----------------------------------------------------------------------------------------------------------


def digest(text: Text) -> str:
    """Give the stable fingerprint of a text's normal form: BLAKE2b, 128 bits, in hexadecimal."""
    return blake2b(dump(normalised(text)).encode(), digest_size=16).hexdigest()


def dump(text: Text) -> str:
    """Write a tree as compact JSON: a node is `[tag, …]`, plain words are a string. Our own format, see `load`."""
    return json.dumps([_dumped_block(block) for block in text], separators=(",", ":"))


def _dumped_block(block: Block) -> list[object]:
    match block:
        case Paragraph(children):
            return ["p", _dumped_inlines(children)]
        case CodeBlock(text, language):
            return ["pre", text, language]
        case Quote(children):
            return ["q", _dumped_blocks(children)]
        case BulletList(items):
            return ["ul", [_dumped_blocks(item) for item in items]]
        case NumberedList(items, start):
            return ["ol", [_dumped_blocks(item) for item in items], start]


def _dumped_blocks(blocks: tuple[Block, ...]) -> list[object]:
    return [_dumped_block(block) for block in blocks]


def _dumped_inlines(children: tuple[Inline, ...]) -> list[object]:
    return [_dumped_inline(child) for child in children]


def _dumped_inline(inline: Inline) -> object:
    match inline:
        case Plain(text):
            return text
        case Emphasis(children):
            return ["em", _dumped_inlines(children)]
        case Strong(children):
            return ["b", _dumped_inlines(children)]
        case Strike(children):
            return ["s", _dumped_inlines(children)]
        case Code(text):
            return ["c", text]
        case Link(address, children):
            return ["a", address, _dumped_inlines(children)]
        case Image(address, alt):
            return ["img", address, alt]
        case LineBreak():
            return ["br"]


def load(source: str) -> Text:
    """Read what `dump` wrote; the round trip is exact.

    Raises ValueError for anything that `dump` does not write, and for what is nested too deep to read.
    """
    try:
        return _loaded_blocks(json.loads(source))
    except RecursionError:
        raise ValueError("text is nested too deep") from None


def _listed(value: object) -> list[object]:
    match value:
        case list():
            return value
        case _:
            raise ValueError(f"not a list of nodes: {value!r:.80}")


def _loaded_blocks(value: object) -> tuple[Block, ...]:
    return tuple(_loaded_block(node) for node in _listed(value))


def _loaded_items(value: object) -> tuple[tuple[Block, ...], ...]:
    return tuple(_loaded_blocks(item) for item in _listed(value))


def _loaded_block(node: object) -> Block:
    match node:
        case ["p", children]:
            return Paragraph(_loaded_inlines(children))
        case ["pre", str(text), str(language)]:
            return CodeBlock(text, language)
        case ["q", children]:
            return Quote(_loaded_blocks(children))
        case ["ul", items]:
            return BulletList(_loaded_items(items))
        case ["ol", items, int(start)] if not isinstance(start, bool):
            return NumberedList(_loaded_items(items), start)
    raise ValueError(f"not a block: {node!r:.80}")


def _loaded_inlines(value: object) -> tuple[Inline, ...]:
    return tuple(_loaded_inline(node) for node in _listed(value))


def _loaded_inline(node: object) -> Inline:
    match node:
        case str(text):
            return Plain(text)
        case ["em", children]:
            return Emphasis(_loaded_inlines(children))
        case ["b", children]:
            return Strong(_loaded_inlines(children))
        case ["s", children]:
            return Strike(_loaded_inlines(children))
        case ["c", str(text)]:
            return Code(text)
        case ["a", str(address), children]:
            return Link(address, _loaded_inlines(children))
        case ["img", str(address), str(alt)]:
            return Image(address, alt)
        case ["br"]:
            return LineBreak()
    raise ValueError(f"not an inline: {node!r:.80}")
