"""What a person wrote in Slack into the tree: its rich text, else its mrkdwn. Pure.

Slack's own editor sends rich text (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block); messages that
other programs post for a person may have none. Ids become names, names of emoji become emoji.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from adapters.slack import mrkdwn
from adapters.slack.emoji_names import drawn
from adapters.slack.escaping import JOINER
from adapters.slack.tokens import Mentioned, Names, calls_people, ids, instant
from bridge.text.addresses import allowed, is_mail
from bridge.text.builder import Builder
from bridge.text.tree import Code, Emphasis, LineBreak, Link, Mark, Plain, Strike, Strong, Text, normalised, paragraph

Element = Mapping[str, Any]

_STYLES = {"bold": Mark(Strong), "italic": Mark(Emphasis), "strike": Mark(Strike)}
_CALLING = frozenset({"user", "usergroup", "broadcast"})
_DEEPEST = 8
_NOBODY = Names()


def parse(message: Element, names: Names = _NOBODY) -> Text:
    """Read a message, as Slack's events and methods give it; ids in it become their names."""
    build = Builder()
    blocks = _told(message)
    if blocks:
        reading = _Reading(build, names)
        for block in blocks:
            reading.block(block)
        return build.done()
    text = _words(message, "text")
    mrkdwn.Reading(build, names).read(text)
    # Of what is all markup and no words, the markup was meant.
    return build.done() or normalised(paragraph(mrkdwn.unescaped(text).replace(JOINER, "")))


def mentioned(message: Element) -> Mentioned:
    """Which people, channels and groups a message mentions, by their ids."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    blocks = _told(message)
    for piece in _pieces(blocks):
        for kind, key in (("people", "user_id"), ("channels", "channel_id"), ("groups", "usergroup_id")):
            if id := _words(piece, key):
                found[kind].add(id)
    for inside in () if blocks else mrkdwn.brackets(_words(message, "text")):
        if named := ids(inside):
            found[named[0]].add(named[1])
    return Mentioned(*(frozenset(found[kind]) for kind in ("people", "channels", "groups")))


def calls_somebody(message: Element) -> bool:
    """Whether a message begins by calling somebody in the chat: a person, a group, everybody."""
    blocks = _told(message)
    if not blocks:
        text = _words(message, "text").lstrip()
        return text.startswith("<") and calls_people(text[1:].partition(">")[0])
    first = next((one for one in _pieces(blocks) if one.get("type") != "text" or _words(one, "text").strip()), {})
    return _words(first, "type") in _CALLING


def _told(message: Element) -> list[Element]:
    """The blocks in which a person says something, if there is rich text among them."""
    blocks = [block for block in _listed(message, "blocks") if _words(block, "type") in {"rich_text", "table"}]
    return blocks if any(block["type"] == "rich_text" for block in blocks) else []


def _pieces(blocks: Sequence[Element]) -> Iterator[Element]:
    """All that stands within lines, in its order."""
    waiting = list(reversed(blocks))
    while waiting:
        element = waiting.pop()
        inner = _listed(element, "elements")
        if inner:
            waiting += reversed(inner)
        else:
            yield element


class _Item(NamedTuple):
    """An item of a list: how far it is indented, its number (None: a bullet), and what it says."""

    indent: int
    number: int | None
    section: Element


class _Reading:
    """One walk over the blocks of one message."""

    def __init__(self, build: Builder, names: Names) -> None:
        self._build = build
        self._names = names
        self._newlines = 0
        """Ends of lines since the last word."""

    def block(self, block: Element) -> None:
        if block.get("type") == "table":
            self._table(block)
        for bordered, run in groupby(_listed(block, "elements"), _is_quoted):
            opened = bordered and self._build.open("quote")
            self._elements(list(run))
            if opened:
                self._build.close()

    def _elements(self, elements: Sequence[Element]) -> None:
        for kind, run in groupby(elements, lambda element: element.get("type")):
            if kind == "rich_text_list":
                self._end()
                self._list(list(_items(run)))
            elif kind == "rich_text_preformatted":
                self._end()
                for element in run:
                    self._build.code(self._code(element), _words(element, "language"))
            else:
                for element in run:
                    self._line(_listed(element, "elements"))
                    self._newlines = max(self._newlines, 1)
        self._end()

    def _end(self) -> None:
        self._build.end_paragraph()
        self._newlines = 0

    def _table(self, table: Element) -> None:
        """Read a table, whose cells a blog would show one after the other."""
        rows = table.get("rows")
        for row in rows if isinstance(rows, list) else ():
            cells = [cell for cell in row if isinstance(cell, Mapping)] if isinstance(row, list) else []
            for number, cell in enumerate(cells):
                if number:
                    self._say(" | ", ())
                self._line(list(_pieces([cell])))
            self._newlines = max(self._newlines, 1)
        self._end()

    def _code(self, element: Element) -> str:
        said = "".join(self._said(piece) for piece in _listed(element, "elements"))
        return said.replace(JOINER, "").strip("\n")

    def _list(self, items: Sequence[_Item]) -> None:
        """Build the items of a list; those that are indented more belong to the one before them."""
        at = 0
        while at < len(items):
            following = items[at].number
            opened = self._build.open("bullets" if following is None else "numbers", following or 0)
            while at < len(items) and items[at].number == following:
                indent, _, section = items[at]
                end = at + 1
                while end < len(items) and items[end].indent > indent:
                    end += 1
                self._item(section, items[at + 1 : end])
                at, following = end, None if following is None else following + 1
            if opened:
                self._build.close()

    def _item(self, section: Element, inner: Sequence[_Item]) -> None:
        opened = self._build.open("item")
        self._line(_listed(section, "elements"))
        self._end()
        self._list(inner)
        if opened:
            self._build.close()

    # Within a line

    def _line(self, pieces: Sequence[Element]) -> None:
        for piece in pieces:
            marks = _marks(piece)
            code = _styles(piece).get("code") is True
            for number, words in enumerate(self._said(piece).replace(JOINER, "").split("\n")):
                self._newlines += bool(number)
                if words.strip() or (words and not self._newlines):
                    self._say(words, marks, code=code)

    def _say(self, words: str, marks: Sequence[Mark], *, code: bool = False) -> None:
        if self._newlines > 1:
            self._build.end_paragraph()
        elif self._newlines and self._build.in_paragraph:
            self._build.add(LineBreak())
        self._newlines = 0
        for mark in marks:
            self._build.mark(mark)
        self._build.add(Code(words) if code else Plain(words))
        for _ in marks:
            self._build.unmark()

    def _said(self, piece: Element) -> str:
        """What a reader sees of a piece of a line."""
        match piece.get("type"):
            case "text" | "raw_text":
                return _words(piece, "text")
            case "link":
                url = _words(piece, "url")
                return _words(piece, "text") or (url.partition(":")[2] if is_mail(url) else url)
            case "emoji":
                tone = piece.get("skin_tone")
                points = _words(piece, "unicode")
                return drawn(_words(piece, "name"), tone if isinstance(tone, int) else None, points)
            case "date":
                return instant(piece.get("timestamp")) or _words(piece, "fallback")
            case "color":
                return _words(piece, "value")
            case "broadcast":
                return f"@{_words(piece, 'range')}"
            case _:
                return self._named(piece)

    def _named(self, piece: Element) -> str:
        match piece.get("type"):
            case "user":
                return self._names.person(_words(piece, "user_id"))
            case "channel":
                return self._names.channel(_words(piece, "channel_id"))
            case "usergroup":
                return self._names.group(_words(piece, "usergroup_id"))
            case kind:  # Slack has more of them every year
                return _words(piece, "text") or _words(piece, "fallback") or f"[{kind}]"


def _marks(piece: Element) -> list[Mark]:
    styles = _styles(piece)
    marks = [mark for name, mark in _STYLES.items() if styles.get(name) is True]
    address = allowed(_words(piece, "url")) if _words(piece, "type") in {"link", "date"} else None
    return [Mark(Link, address), *marks] if address else marks


def _styles(piece: Element) -> Element:
    style = piece.get("style")
    return style if isinstance(style, Mapping) else {}


def _is_quoted(element: Element) -> bool:
    return element.get("type") == "rich_text_quote" or element.get("border") == 1


def _items(lists: Iterator[Element]) -> Iterator[_Item]:
    for element in lists:
        indent, offset = (
            value if isinstance(value, int) and value > 0 else 0
            for value in (element.get("indent"), element.get("offset"))
        )
        for number, section in enumerate(_listed(element, "elements"), offset + 1):
            counted = number if element.get("style") == "ordered" else None
            yield _Item(min(indent, _DEEPEST), counted, section)


def _listed(element: Element, key: str) -> list[Element]:
    value = element.get(key)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _words(element: Element, key: str) -> str:
    value = element.get(key)
    return value if isinstance(value, str) else ""
