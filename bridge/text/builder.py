"""Makes a tree from a stream of openings, leaves and closings, however badly they are nested, bounded in depth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from bridge.text.links import honest
from bridge.text.tree import (
    BLOCK_DEPTH,
    Block,
    BulletList,
    CodeBlock,
    Leaf,
    Mark,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Text,
    inlines,
    marked,
)

Container = Literal["quote", "bullets", "numbers", "item"]
MAX_START = 999_999_999  # what CommonMark allows


@dataclass(slots=True)
class _Frame:
    container: Container | None
    start: int = 1
    blocks: list[Block] = field(default_factory=list)
    items: list[list[Block]] = field(default_factory=list)

    @property
    def is_list(self) -> bool:
        return self.container in {"bullets", "numbers"}

    def add(self, block: Block) -> None:
        if not self.is_list:
            self.blocks.append(block)
        elif self.items:
            self.items[-1].append(block)
        else:
            self.items.append([block])

    def closed(self) -> Block:
        items = tuple(tuple(item) for item in self.items)
        if self.container == "bullets":
            return BulletList(items)
        if self.container == "numbers":
            return NumberedList(items, self.start)
        return Quote(tuple(self.blocks))


class Builder:
    """A tree in the making. What a parser sees is told to it in document order; `done` gives the finished text."""

    def __init__(self) -> None:
        """Begin an empty text."""
        self._frames = [_Frame(None)]
        self._marks: list[tuple[Mark, ...]] = [()]
        self._runs: list[Run] = []
        self._depth = 0

    @property
    def in_paragraph(self) -> bool:
        """Whether something stands in the paragraph that is being made."""
        return bool(self._runs)

    def open(self, container: Container, start: int = 1) -> bool:
        """Begin a container; tells whether it wants `close`: what is too deep, or an item of nothing, is not opened."""
        self.end_paragraph()
        if container == "item":
            opened = self._frames[-1].is_list
        else:
            opened = self._depth < BLOCK_DEPTH
            self._depth += opened
        if opened:
            self._frames.append(_Frame(container, min(max(start, 0), MAX_START)))
        return opened

    def close(self) -> None:
        """End the container that was opened last."""
        self.end_paragraph()
        frame = self._frames.pop()
        if frame.container == "item":
            self._frames[-1].items.append(frame.blocks)
        else:
            self._depth -= 1
            self._frames[-1].add(frame.closed())

    def mark(self, mark: Mark) -> None:
        """Begin to mark words, across paragraphs if need be."""
        self._marks.append(marked(self._marks[-1], mark))

    def mark_nothing(self) -> None:
        """Begin what marks nothing, for a parser whose closings come whether or not we wanted the opening."""
        self._marks.append(self._marks[-1])

    def unmark(self) -> None:
        """End the mark that was begun last."""
        self._marks.pop()

    def add(self, leaf: Leaf) -> None:
        """Add a leaf with the marks of the moment; white space begins no paragraph."""
        if self._runs or not isinstance(leaf, Plain) or leaf.text.strip(" \t\n\r\f"):
            self._runs.append(Run(self._marks[-1], leaf))

    def code(self, text: str, language: str = "") -> None:
        """Add a block of code."""
        self.end_paragraph()
        self._frames[-1].add(CodeBlock(text, language))

    def end_paragraph(self) -> None:
        """End the paragraph that is being made, if there is one."""
        if self._runs:
            self._frames[-1].add(Paragraph(inlines(self._runs)))
            self._runs = []

    def done(self) -> Text:
        """Close what is still open, and give the text in normal form with honest links."""
        while len(self._frames) > 1:
            self.close()
        self.end_paragraph()
        return honest(tuple(self._frames[0].blocks))
