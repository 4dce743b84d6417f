"""What a person typed in Discord into the tree. Pure.

Blocks are read here, by Discord's own rules (https://support.discord.com/hc/en-us/articles/210298617), which are not
CommonMark's: a quote ends with its line, code begins anywhere, nothing is indented code. What stands within a line is
read by markdown-it-py, and ids in angle brackets become names
(https://docs.discord.com/developers/reference#message-formatting).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from adapters.discord import marks
from adapters.discord.escaping import JOINER
from adapters.discord.tokens import Names, read
from bridge.text.addresses import allowed
from bridge.text.builder import Builder
from bridge.text.tree import Code, Emphasis, LineBreak, Link, Mark, Plain, Strike, Strong, Text, cleaned

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_MAX_NESTING = 50
_FENCE = "```"
_HEADINGS = ("# ", "## ", "### ")
_SMALL = "-# "
_LANGUAGE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.#")


def parse(
    content: str,
    people: Mapping[str, str] | None = None,
    channels: Mapping[str, str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> Text:
    """Read a message's content; ids of people, channels and roles become their names."""
    typed = cleaned(content)
    reading = _Reading(Names(people or {}, channels or {}, roles or {}))
    reading.blocks(typed, quoted=False)
    # Of what is all markup and no words, the markup was meant.
    return reading.build.done() or _as_typed(typed)


def _as_typed(typed: str) -> Text:
    build = Builder()
    for line in typed.replace(JOINER, "").split("\n"):
        build.add(Plain(line))
        build.add(LineBreak())
    return build.done()


# --- Pieces of a message ----------------------------------------------------------------------------------------------


class _Fenced(NamedTuple):
    """A block of code, with the language that it names."""

    code: str
    language: str


class _Quoted(NamedTuple):
    """What was quoted, without the signs."""

    source: str


def _chunks(source: str, *, quoted: bool) -> Iterator[str | _Fenced | _Quoted]:
    """Divide a message into code, quotes (there are none in a quote), and what stands between them."""
    done = at = 0
    while at < len(source):
        quote = None if quoted or (at and source[at - 1] != "\n") else _quote(source, at)
        fence = None if quote or not source.startswith(_FENCE, at) else _fence(source, at)
        found, end = quote or fence or (None, _next(source, at))
        if found is not None:
            yield source[done:at]
            yield found
            done = end
        at = end
    yield source[done:]


def _quote(source: str, start: int) -> tuple[_Quoted, int] | None:
    """Read the quote that begins here: lines that have its sign, or with three of them all that follows."""
    if source.startswith(">>> ", start):
        return _Quoted(source[start + 4 :]), len(source)
    lines = list(takewhile(_is_quoted, source[start:].split("\n")))
    if not lines or lines[0] == ">":
        return None
    end = start + sum(len(line) + 1 for line in lines)
    return _Quoted("\n".join(line[2:] for line in lines)), min(end, len(source))


def _is_quoted(line: str) -> bool:
    return line.startswith("> ") or line == ">"


def _fence(source: str, start: int) -> tuple[_Fenced, int] | None:
    end = source.find(_FENCE, start + len(_FENCE))
    inside = source[start + len(_FENCE) : end]
    if end < 0 or not inside.strip():
        return None
    first, newline, rest = inside.partition("\n")
    named = bool(newline) and bool(rest.strip()) and bool(first) and set(first) <= _LANGUAGE
    code = rest if named or not first.strip() else inside
    return _Fenced(code.replace(JOINER, "").strip("\n"), first if named else ""), end + len(_FENCE)


def _next(source: str, at: int) -> int:
    """Step over what cannot begin a block: a character, an escaped one, code within a line."""
    if source[at] == "\\":
        return at + 2
    return _code_end(source, at) if source[at] == "`" else at + 1


def _code_end(source: str, start: int) -> int:
    """Find the end of the code that begins here; of the backticks, where it has none."""
    many = _run(source, start)
    at = source.find("`", start + many)
    while at >= 0 and many < len(_FENCE):
        closing = _run(source, at)
        if closing == many:
            return at + many
        at = source.find("`", at + closing)
    return start + many


def _run(source: str, start: int) -> int:
    return sum(1 for _ in takewhile(lambda character: character == "`", source[start:]))


def _without_spoilers(source: str) -> str:
    """Take the bars off what is hidden until it is clicked: a blog has no such thing."""
    kept: list[str] = []
    done = at = 0
    while at < len(source):
        end = source.find("||", at + 2) if source.startswith("||", at) else -1
        if end > at + 2:
            kept += [source[done:at], source[at + 2 : end]]
            done = at = end + 2
        else:
            at = _next(source, at)
    return "".join([*kept, source[done:]])


# --- Lines ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Item:
    """An item of a list: how far it is indented, its number (None: a bullet), and its lines."""

    indent: int
    number: int | None
    lines: list[str] = field(default_factory=list)


def _item(line: str) -> _Item | None:
    """Read a line that begins an item."""
    bare = line.lstrip(" ")
    indent = len(line) - len(bare)
    mark, space, words = bare.partition(" ")
    if not space or not words.strip():
        return None
    if mark in {"-", "*"}:
        return _Item(indent, None, [words.strip()])
    digits = mark.removesuffix(".")
    if mark.endswith(".") and digits.isascii() and digits.isdecimal():
        return _Item(indent, int(digits[:10]), [words.strip()])
    return None


def _ends_block(line: str) -> bool:
    return not line.strip(" " + JOINER)


class _Reading:
    """One walk over one message."""

    def __init__(self, names: Names) -> None:
        self.build = Builder()
        self._names = names

    def blocks(self, source: str, *, quoted: bool) -> None:
        """Read blocks, those in a quote too."""
        for chunk in _chunks(source, quoted=quoted):
            match chunk:
                case _Fenced(code, language):
                    self.build.code(code, language)
                case _Quoted(inner):
                    opened = self.build.open("quote")
                    self.blocks(inner, quoted=True)
                    if opened:
                        self.build.close()
                case _:
                    self._lines(chunk.split("\n"))

    def _lines(self, lines: Sequence[str]) -> None:
        words: list[str] = []
        at = 0
        while at < len(lines):
            line, items = lines[at].strip(" "), _items(lines, at)
            heading = next((mark for mark in (*_HEADINGS, _SMALL) if line.startswith(mark)), "")
            if items or heading or _ends_block(line):
                self._paragraph(words)
                words = []
            if items:
                found, at = items
                self._list(found)
                continue
            if heading and line[len(heading) :].strip():
                self._paragraph([line[len(heading) :]], strong=heading != _SMALL)
            elif not _ends_block(line):
                words.append(line)
            at += 1
        self._paragraph(words)

    def _paragraph(self, lines: Sequence[str], *, strong: bool = False) -> None:
        if strong:
            self.build.mark(Mark(Strong))
        self._inline("\n".join(lines))
        if strong:
            self.build.unmark()
        self.build.end_paragraph()

    def _list(self, items: Sequence[_Item]) -> None:
        """Build the items of a list; those that are indented more than the first belong to the one before them."""
        at = 0
        while at < len(items):
            kind = items[at].number is None
            opened = self.build.open("bullets" if kind else "numbers", items[at].number or 0)
            while at < len(items) and (items[at].number is None) == kind:
                item, at = items[at], at + 1
                inner = list(takewhile(lambda other, own=item: other.indent > own.indent, items[at:]))  # type: ignore[misc]
                at += len(inner)
                self._of_item(item, inner)
            if opened:
                self.build.close()

    def _of_item(self, item: _Item, inner: Sequence[_Item]) -> None:
        opened = self.build.open("item")
        self._paragraph(item.lines)
        self._list(inner)
        if opened:
            self.build.close()

    # Within a line

    def _inline(self, source: str) -> None:
        if source.strip():
            (token,) = _reader().parseInline(_without_spoilers(source), {"names": self._names})
            for child in token.children or []:
                self._token(child)

    def _token(self, token: Token) -> None:
        match token.type:
            case "softbreak" | "hardbreak":
                self.build.add(LineBreak())
            case "code_inline":
                self.build.add(Code(token.content.replace(JOINER, "")))
            case "link_open":
                address = allowed(str(token.attrs.get("href", "")))
                self.build.mark(Mark(Link, address)) if address else self.build.mark_nothing()
            case "em_open":
                self.build.mark(Mark(Emphasis))
            case "strong_open":
                self.build.mark(Mark(Strong))
            case "s_open":
                self.build.mark(Mark(Strike))
            case "em_close" | "strong_close" | "s_close" | "link_close":
                self.build.unmark()
            case _:
                self.build.add(Plain(token.content.replace(JOINER, "")))


def _items(lines: Sequence[str], start: int) -> tuple[list[_Item], int] | None:
    """Read the items of the list that begins with this line, and where it ends."""
    items: list[_Item] = []
    at = start
    while at < len(lines):
        item = _item(lines[at])
        if item is not None:
            items.append(item)
        elif items and lines[at].startswith(" ") and not _ends_block(lines[at]):
            items[-1].lines.append(lines[at].strip())
        elif not (items and not lines[at].strip(" ") and at + 1 < len(lines) and _item(lines[at + 1])):
            break
        at += 1
    return (items, at) if items else None


@cache
def _reader() -> MarkdownIt:
    """The reader of what stands within a line; made when somebody writes for the first time."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False, "linkify": True, "maxNesting": _MAX_NESTING})
    reader.enable("linkify").disable(["emphasis", "image", "html_inline", "entity"])
    reader.inline.ruler.before("autolink", "discord", _named)
    reader.inline.ruler.before("link", "marks", marks.rule)
    assert reader.linkify is not None
    reader.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("ftp:", "//", "mailto:"):
        reader.linkify.add(scheme, None)
    return reader


def _named(state: StateInline, silent: bool) -> bool:
    """A rule of markdown-it's: read what Discord writes in angle brackets."""
    if state.src[state.pos] != "<":
        return False
    end = state.src.find(">", state.pos)
    words = None if end < 0 else read(state.src[state.pos + 1 : end], state.env["names"])
    if words is None:
        return False
    if not silent:
        state.push("text", "", 0).content = words
    state.pos = end + 1
    return True
