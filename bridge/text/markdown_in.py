"""What a person types in a chat into the tree: CommonMark 0.31, as markdown-it-py reads it, less what surprises there.

No raw HTML, headings, rules, indented code, reference definitions or entities: all of these stay text, as typed. A
newline is a line break, `~~` strikes through, and bare http and https addresses are links.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from bridge.text.addresses import allowed
from bridge.text.builder import Builder
from bridge.text.tree import Code, Emphasis, Image, LineBreak, Link, Mark, Plain, Strike, Strong, Text, cleaned

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_SOURCE = 65_536
# The reader recurses so deep and no deeper, and passes over what is nested more.
_MAX_NESTING = 50

_MARKS = {"em_open": Mark(Emphasis), "strong_open": Mark(Strong), "s_open": Mark(Strike)}
_LONE_MARKERS: dict[int, set[tuple[str, ...]]] = {
    2: {("blockquote_open", "blockquote_close")},
    4: {
        (f"{kind}_list_open", "list_item_open", "list_item_close", f"{kind}_list_close")
        for kind in ("bullet", "ordered")
    },
}
_SHOWS_MARKER = frozenset({"blockquote_open", "list_item_open"})
_SURPRISES = ("html_block", "html_inline", "heading", "lheading", "hr", "code", "reference", "entity")


@cache
def _reader() -> MarkdownIt:
    """The reader, made when somebody writes for the first time: where nobody does, it would only take memory."""
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False, "linkify": True, "maxNesting": _MAX_NESTING})
    reader.enable(["linkify", "strikethrough"]).disable(list(_SURPRISES))
    assert reader.linkify is not None
    reader.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ("ftp:", "//", "mailto:"):
        reader.linkify.add(scheme, None)
    return reader


def parse(source: str) -> Text:
    """Read what a person typed into a text in normal form, with honest links only.

    Raises ValueError for more than `MAX_SOURCE` characters.
    """
    if len(source) > MAX_SOURCE:
        raise ValueError(f"{len(source)} characters are more than {MAX_SOURCE}")
    typed = cleaned(source)
    tokens = _reader().parse(typed)
    if any(token.level >= _MAX_NESTING - 1 for token in tokens):
        return _as_typed(typed)
    # Of what is all markup and no words, the markup was meant.
    return _Reading().read(tokens) or _as_typed(typed)


def _as_typed(typed: str) -> Text:
    """Keep the words of a source that nests deeper than anybody means, where reading it would lose some."""
    build = Builder()
    for line in typed.split("\n"):
        build.add(Plain(line))
        build.add(LineBreak())
    return build.done()


class _Reading:
    """One walk over the flat tokens of one source."""

    def __init__(self) -> None:
        self._build = Builder()
        self._opened: list[bool] = []

    def read(self, tokens: Sequence[Token]) -> Text:
        rest = iter(range(len(tokens)))
        for number in rest:
            types = [token.type for token in tokens[number : number + 4]]
            marker = next((length for length in _LONE_MARKERS if tuple(types[:length]) in _LONE_MARKERS[length]), 0)
            if marker:
                self._lone_marker(tokens[number : number + marker])
                next(islice(rest, marker - 2, None))
            else:
                self._block(tokens[number])
        return self._build.done()

    def _lone_marker(self, tokens: Sequence[Token]) -> None:
        """Keep an answer like "1986." or ">": a list or a quote of nothing is meant as text."""
        self._build.end_paragraph()
        self._build.add(Plain("".join(token.info + token.markup for token in tokens if token.type in _SHOWS_MARKER)))
        self._build.end_paragraph()

    def _block(self, token: Token) -> None:
        match token.type:
            case "blockquote_open":
                self._opened.append(self._build.open("quote"))
            case "bullet_list_open":
                self._opened.append(self._build.open("bullets"))
            case "ordered_list_open":
                self._opened.append(self._build.open("numbers", int(token.attrs.get("start", 1))))
            case "list_item_open":
                self._opened.append(self._build.open("item"))
            case "blockquote_close" | "bullet_list_close" | "ordered_list_close" | "list_item_close":
                if self._opened.pop():
                    self._build.close()
            case "fence":
                self._fence(token)
            case "inline":
                self._inline(token.children or [])
                self._build.end_paragraph()

    def _fence(self, token: Token) -> None:
        info = token.info.strip()
        if not token.content.strip():
            self._build.add(Plain(token.markup + info))
            self._build.end_paragraph()
        elif len(info.split()) > 1:
            # One word is a language; in a chat, more of them are the first line of the code.
            self._build.code(f"{info}\n{token.content}")
        else:
            self._build.code(token.content, info)

    def _inline(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            match token.type:
                case "softbreak" | "hardbreak":
                    self._build.add(LineBreak())
                case "code_inline":
                    self._build.add(Code(token.content))
                case "image":
                    self._image(token)
                case "link_open":
                    self._link(token)
                case "em_open" | "strong_open" | "s_open":
                    self._build.mark(_MARKS[token.type])
                case "em_close" | "strong_close" | "s_close" | "link_close":
                    self._build.unmark()
                case _:
                    self._build.add(Plain(token.content))

    def _link(self, token: Token) -> None:
        address = allowed(str(token.attrs.get("href", "")))
        if address:
            self._build.mark(Mark(Link, address))
        else:
            self._build.mark_nothing()

    def _image(self, token: Token) -> None:
        address = allowed(str(token.attrs.get("src", "")), mail=False)
        alt = _words(token.children or [])
        self._build.add(Image(address, alt) if address else Plain(alt))


def _words(tokens: Sequence[Token]) -> str:
    """Read an image's description, which may itself hold marks and images, as words only."""
    words: list[str] = []
    waiting = [iter(tokens)]
    while waiting:
        token = next(waiting[-1], None)
        if token is None:
            waiting.pop()
        elif token.type == "image":
            waiting.append(iter(token.children or []))
        elif token.type in {"softbreak", "hardbreak"}:
            words.append(" ")
        else:
            words.append(token.content)
    return "".join(words)
