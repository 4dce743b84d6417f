"""A text in the shape that Slack's rich text has room for: no quote stands within a quote. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.text.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Inline,
    LineBreak,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Text,
    inlines,
    runs,
)


def shaped(text: Text) -> Text:
    """Write quotes within quotes, and within lists, as lines that have the sign of a quote."""
    return tuple(_block(block) for block in text)


def _block(block: Block, *, inner: bool = False) -> Block:
    match block:
        case Quote(children) if not inner:
            return Quote(tuple(_told(children)))
        case Quote(children):
            return Paragraph(_joined(_signed(_lines(children), "> ")))
        case BulletList(items):
            return BulletList(tuple(tuple(_block(child, inner=True) for child in item) for item in items))
        case NumberedList(items, start):
            return NumberedList(tuple(tuple(_block(child, inner=True) for child in item) for item in items), start)
        case _:
            return block


def _told(children: Iterable[Block]) -> Iterator[Block]:
    for child in children:
        yield _block(child, inner=True)


Line = tuple[Run, ...]


def _lines(blocks: Iterable[Block]) -> Iterator[Line]:
    """Lay blocks out as lines."""
    for block in blocks:
        match block:
            case Paragraph(children):
                yield from _split(runs(children))
            case CodeBlock(code, _):
                yield from ((Run((), Code(line)),) if line.strip() else () for line in code.split("\n"))
            case Quote(inner):
                yield from _signed(_lines(inner), "> ")
            case BulletList(items):
                for item in items:
                    yield from _item(item, "• ")
            case NumberedList(items, start):
                for number, item in enumerate(items, start):
                    yield from _item(item, f"{number}. ")


def _split(flat: Iterable[Run]) -> Iterator[Line]:
    line: list[Run] = []
    for run in flat:
        if isinstance(run.leaf, LineBreak):
            yield tuple(line)
            line = []
        else:
            line.append(run)
    yield tuple(line)


def _item(item: Text, bullet: str) -> Iterator[Line]:
    first, *others = list(_lines(item)) or [()]
    yield (Run((), Plain(bullet)), *first)
    yield from others


def _signed(lines: Iterable[Line], sign: str) -> Iterator[Line]:
    for line in lines:
        yield (Run((), Plain(sign)), *line)


def _joined(lines: Iterable[Line]) -> tuple[Inline, ...]:
    flat: list[Run] = []
    for line in lines:
        flat += [Run((), LineBreak()), *line]
    return inlines(flat[1:])
