"""The tree of a text as Slack's rich text: what a comment says is all there, and nothing of it does anything. Pure.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block: its texts are taken literally, and we write no
element but texts and links. Paragraphs share a section, as in what Slack's own editor sends; a list within a list is
the next list, indented; what is quoted stands in quotes, or has a border.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from adapters.slack.escaping import JOINER, web
from adapters.slack.shaping import shaped
from bridge.text.addresses import hosts_shown, is_mail
from bridge.text.bare import tokens, visible
from bridge.text.links import honest
from bridge.text.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Image,
    Inline,
    LineBreak,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Strike,
    Strong,
    Text,
    leaf_text,
    runs,
)

Element = dict[str, Any]

_BETWEEN = "\n\n"
LONGEST_SECTION = 3000 - len(_BETWEEN)
"""Characters of a section, by our own choice: what Slack documents for the text of a section block, 3,000."""
DEEPEST = 8
"""Levels of indentation that we use."""

_STYLES = {Strong: "bold", Emphasis: "italic", Strike: "strike"}


def rich(text: Text) -> list[Element]:
    """Write a text as the elements of a `rich_text` block; links are made honest, and nobody is mentioned."""
    return _Writer().written(shaped(honest(text)))


def length(element: Element) -> int:
    """How many UTF-16 units are read in the longest section of an element."""
    match element["type"]:
        case "rich_text_list":
            return max(map(length, element["elements"]), default=0)
        case _:
            return sum(_units(piece.get("text") or piece.get("url") or "") for piece in element["elements"])


def _units(words: str) -> int:
    return len(words.encode("utf-16-le")) // 2


class _Writer:
    """Writes the blocks of one text, one element after the other."""

    def __init__(self) -> None:
        self._elements: list[Element] = []
        self._bordered = False
        self._apart = True
        """Whether what follows can be taken for nothing but a block of its own."""

    def written(self, text: Text) -> list[Element]:
        before: Block | None = None
        for block in text:
            self._apart = not _alike(before, block)
            if isinstance(block, Quote):
                self._quote(block)
            else:
                self._block(block)
            before = block
        return self._elements

    def _quote(self, quote: Quote) -> None:
        if not self._apart:
            self._add("rich_text_section", [_said("\n")])
        self._bordered = True
        before: Block | None = None
        for block in quote.children:
            self._apart = not _alike(before, block)
            self._block(block)
            before = block
        self._bordered = False

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph(children):
                self._words(_inline(children))
            case CodeBlock(code, _):
                self._add("rich_text_preformatted", [_said(code)])
            case BulletList() | NumberedList():
                if not self._apart:
                    self._words([_said("\n")])
                self._list(block, 0)
            case Quote(children):  # only where a text has not the shape that it should
                for child in children:
                    self._block(child)

    def _words(self, said: list[Element]) -> None:
        """Say a paragraph, in the section before it where both fit into one."""
        kind = "rich_text_quote" if self._bordered else "rich_text_section"
        before = self._elements[-1] if self._elements and self._elements[-1]["type"] == kind else None
        if before is None:
            self._add(kind, said)
            return
        _merge(before["elements"], [_said(_BETWEEN)])
        both = length(before) + length({**before, "elements": said})
        if both <= LONGEST_SECTION:
            _merge(before["elements"], said)
        else:
            self._add(kind, said)

    def _list(self, block: BulletList | NumberedList, indent: int) -> None:
        first = block.start if isinstance(block, NumberedList) else 0
        style = "ordered" if isinstance(block, NumberedList) else "bullet"
        current: Element | None = None
        for number, item in enumerate(block.items, first):
            words, others = _leading(item)
            if current is None:
                more = {"style": style, "indent": min(indent, DEEPEST)}
                offset = {"offset": number - 1} if style == "ordered" and number > 1 else {}
                current = self._add("rich_text_list", [], **more, **offset)
            current["elements"].append({"type": "rich_text_section", "elements": words or [_said(JOINER)]})
            for other in others:
                current = None
                if isinstance(other, BulletList | NumberedList):
                    self._list(other, indent + 1)
                else:
                    self._block(other)

    def _add(self, kind: str, elements: list[Element], **more: Any) -> Element:
        border = {"border": 1} if self._bordered and kind != "rich_text_quote" else {}
        element = {"type": kind, **more, **border, "elements": elements}
        self._elements.append(element)
        return element


def _alike(before: Block | None, block: Block) -> bool:
    """Whether two blocks would be read as one."""
    return isinstance(before, BulletList | NumberedList | Quote) and type(before) is type(block)


def _leading(item: Text) -> tuple[list[Element], Sequence[Block]]:
    """The paragraphs that an item begins with, and the rest of it."""
    said: list[Element] = []
    for number, block in enumerate(item):
        if not isinstance(block, Paragraph):
            return said, item[number:]
        said = _merged([*said, *([_said(_BETWEEN)] if said else []), *_inline(block.children)])
    return said, ()


# --- Within a line ----------------------------------------------------------------------------------------------------


def _inline(children: Iterable[Inline]) -> list[Element]:
    return _merged(_pieces(runs(children)))


def _pieces(flat: Iterable[Run]) -> Iterator[Element]:
    for link, group in groupby(flat, lambda run: run.link):
        if link is None:
            for run in group:
                yield from _leaf(run)
        else:
            yield from _link(link.address, list(group))


def _leaf(run: Run) -> Iterator[Element]:
    match run.leaf:
        case Plain(words):
            for token in tokens(words, web):
                yield _led(token.text, None, _style(run)) if token.is_address else _said(token.text, _style(run))
        case Code(code):
            yield _said(code.replace("\n", " "), _style(run))
        case Image(address, alt):
            yield from _link(address, [Run(run.marks, Plain(alt))])
        case LineBreak():
            yield _said("\n")


def _link(address: str, group: list[Run]) -> Iterator[Element]:
    """Write the words of a link and where they lead; words that name a place do not hide it."""
    words = "".join(leaf_text(run.leaf) for run in group)
    bare = [Run(run.marks, Plain(leaf_text(run.leaf))) if isinstance(run.leaf, Image) else run for run in group]
    leads = web(address, mail=True)
    if leads is None:  # honest texts have no such link
        for run in bare:
            yield from _leaf(run)
    elif not visible(words) or _same_place(words, address):
        box = words.strip() if visible(words) else address.partition(":")[2]
        yield _led(address, box if is_mail(address) else None, _style(group[0]))
    elif "://" in words or (hosts_shown(words) and not is_mail(address)):
        for run in bare:
            yield from _leaf(run)
        yield _said(" (")
        yield _led(address, None, {})
        yield _said(")")
    else:
        for run in bare:
            yield _said("\n") if isinstance(run.leaf, LineBreak) else _led(address, leaf_text(run.leaf), _style(run))


def _same_place(words: str, address: str) -> bool:
    bare = address.partition(":")[2] if is_mail(address) else address.partition("://")[2]
    return words.strip().rstrip("/") in {address.rstrip("/"), bare.rstrip("/")}


def _style(run: Run) -> dict[str, bool]:
    present = {mark.kind for mark in run.marks}
    style = {name: True for kind, name in _STYLES.items() if kind in present}
    return style | ({"code": True} if isinstance(run.leaf, Code) else {})


def _said(words: str, style: dict[str, bool] | None = None) -> Element:
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def _led(address: str, words: str | None, style: dict[str, bool]) -> Element:
    shown = {} if words is None else {"text": words.replace("\n", " ")}
    return {"type": "link", "url": address, **shown, **({"style": style} if style else {})}


def _merged(elements: Iterable[Element]) -> list[Element]:
    """Make one text of those that look the same; texts without a letter go, for Slack refuses them."""
    merged: list[Element] = []
    _merge(merged, elements)
    return merged


def _merge(merged: list[Element], elements: Iterable[Element]) -> None:
    """Put more elements behind those that are merged already."""
    for element in elements:
        before = merged[-1] if merged else None
        if element["type"] == "text" and not element["text"]:
            continue
        if before and before["type"] == element["type"] == "text" and before.get("style") == element.get("style"):
            merged[-1] = {**before, "text": before["text"] + element["text"]}
        else:
            merged.append(element)
