"""HTML, as blogs and feeds give it, into the tree.

Parsed by lexbor as browsers parse (WHATWG HTML, fragment in a `div`), walked without recursion, against an allow-list.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bridge.text.addresses import allowed
from bridge.text.builder import Builder
from bridge.text.tree import (
    Code,
    Emphasis,
    Image,
    LineBreak,
    Link,
    Mark,
    Plain,
    Strike,
    Strong,
    Text,
    cleaned,
    collapsed,
)

_MARKS = {
    **dict.fromkeys(("em", "i", "cite", "dfn"), Mark(Emphasis)),
    **dict.fromkeys(("strong", "b"), Mark(Strong)),
    **dict.fromkeys(("del", "s", "strike"), Mark(Strike)),
}
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CODE = frozenset({"code", "kbd", "samp", "tt"})
_CODE_BLOCKS = frozenset({"pre", "listing", "xmp", "plaintext"})
_CELLS = frozenset({"td", "th"})
_BREAKS = frozenset(
    {"p", "div", "hr", "tr", "table", "caption", "section", "article", "aside", "header", "footer", "main", "nav"}
    | {"address", "figure", "figcaption", "details", "summary", "dl", "dt", "dd", "fieldset", "form", "legend"}
    | {"center", "body", "hgroup", "search", "dialog", "menu", "dir"}
)
_DROPPED = frozenset(
    {"script", "style", "template", "noscript", "noembed", "noframes", "iframe", "object", "embed", "applet", "svg"}
    | {"math", "head", "title", "textarea", "select", "option", "optgroup", "datalist", "audio", "video", "canvas"}
    | {"frameset", "frame", "base", "link", "meta", "input", "map", "area", "param", "source", "track"}
)
_SMILEYS = frozenset({"wp-smiley", "emoji"})
_EMOJI_CATEGORIES = frozenset({"So", "Sk", "Mn", "Me", "Cf"})
_MAX_EMOJI = 16

# Lexbor looks through all open elements at every block's start tag, which is quadratic in the depth: measured 1.8 s for
# 40,000 nested blocks, 8 s for 80,000. Nobody writes such a comment by hand.
MAX_TAGS = 50_000

_Undo = Callable[[], object]


def parse(html: str, base: str | None = None) -> Text:
    """Read HTML into a text in normal form, with honest links only.

    Relative addresses are resolved against `base`; without one, their words stay and the link goes. Raises nothing:
    browsers show something for every input, and so do we. What has more than `MAX_TAGS` tags is shown as its source.
    """
    if html.count("<") > MAX_TAGS:
        build = Builder()
        build.add(Plain(cleaned(html)))
        return build.done()
    document = LexborHTMLParser(cleaned(html), is_fragment=True)
    return _Reading(base).read(document.root)


def walk(first: LexborNode | None, enter: Callable[[LexborNode], _Undo | None]) -> None:
    """Visit a node, its later siblings and all that is in them; `enter` gives what to call on leaving, None to skip."""
    open_nodes: list[tuple[LexborNode, _Undo]] = []
    node = first
    while node is not None:
        leave = enter(node)
        child = node.child if leave is not None else None
        if leave is not None and child is not None:
            open_nodes.append((node, leave))
            node = child
            continue
        if leave is not None:
            leave()
        while node.next is None and open_nodes:
            node, leave = open_nodes.pop()
            leave()
        node = node.next


def _nothing() -> None:
    """Stand for elements that mean nothing on leaving."""


class _Reading:
    """One walk over one document."""

    def __init__(self, base: str | None) -> None:
        self._base = base
        self._build = Builder()
        self._code: list[str] | None = None
        self._language = ""

    def read(self, root: LexborNode | None) -> Text:
        walk(root, self._enter)
        return self._build.done()

    def _enter(self, node: LexborNode) -> _Undo | None:
        if node.is_text_node:
            self._text(node.text_content or "")
            return None
        if not node.is_element_node:
            return None
        tag = node.tag or ""
        if tag in _DROPPED:
            return None
        return self._element_in_code(tag, node) if self._code is not None else self._element(tag, node)

    def _text(self, text: str) -> None:
        if self._code is not None:
            self._code.append(text)
        else:
            self._build.add(Plain(cleaned(text)))

    def _element_in_code(self, tag: str, node: LexborNode) -> _Undo:
        assert self._code is not None
        if tag == "br" or (tag in _BREAKS and self._code and not self._code[-1].endswith("\n")):
            self._code.append("\n")
        elif tag == "img":
            self._code.append(_attribute(node, "alt"))
        elif tag == "code":
            self._language = self._language or _language(node)
        return _nothing

    def _element(self, tag: str, node: LexborNode) -> _Undo:
        if tag in _MARKS:
            return self._marked(_MARKS[tag])
        if tag in _CODE or tag in _CODE_BLOCKS:
            return self._begin_code(tag, node)
        match tag:
            case "br":
                self._build.add(LineBreak())
            case "img":
                self._image(node)
            case "a":
                return self._link(node)
            case "blockquote" | "ul" | "ol" | "li":
                return self._container(tag, node)
        return self._shape(tag)

    def _shape(self, tag: str) -> _Undo:
        if tag in _HEADINGS:
            self._build.end_paragraph()
            self._build.mark(Mark(Strong))
            return self._end_heading
        if tag in _CELLS and self._build.in_paragraph:
            self._build.add(Plain(" | "))
        if tag in _BREAKS:
            self._build.end_paragraph()
            return self._build.end_paragraph
        return _nothing

    def _end_heading(self) -> None:
        self._build.end_paragraph()
        self._build.unmark()

    def _marked(self, mark: Mark) -> _Undo:
        self._build.mark(mark)
        return self._build.unmark

    def _link(self, node: LexborNode) -> _Undo:
        address = allowed(_attribute(node, "href"), self._base)
        return self._marked(Mark(Link, address)) if address else _nothing

    def _container(self, tag: str, node: LexborNode) -> _Undo:
        match tag:
            case "blockquote":
                opened = self._build.open("quote")
            case "ul":
                opened = self._build.open("bullets")
            case "ol":
                opened = self._build.open("numbers", _start(node))
            case _:
                opened = self._build.open("item")
        return self._build.close if opened else self._build.end_paragraph

    def _begin_code(self, tag: str, node: LexborNode) -> _Undo:
        self._code = []
        self._language = _language(node)
        return self._end_code_block if tag in _CODE_BLOCKS else self._end_code

    def _end_code(self) -> None:
        text, self._code = "".join(self._code or ()), None
        self._build.add(Code(cleaned(text)))

    def _end_code_block(self) -> None:
        text, self._code = "".join(self._code or ()), None
        self._build.code(cleaned(text), self._language)

    def _image(self, node: LexborNode) -> None:
        alt = collapsed(_attribute(node, "alt")).strip(" ")
        address = allowed(_attribute(node, "src"), self._base, mail=False)
        if address is None or _is_smiley(node, alt):
            self._build.add(Plain(alt))
        else:
            self._build.add(Image(address, alt))


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""


def _start(node: LexborNode) -> int:
    digits = _attribute(node, "start").strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 1


def _language(node: LexborNode) -> str:
    """Find the language as highlighters and CommonMark's renderers name it: `class="language-…"` or `lang-…`."""
    for name in _classes(node):
        for prefix in ("language-", "lang-"):
            if name.startswith(prefix):
                return cleaned(name.removeprefix(prefix))
    return ""


def _classes(node: LexborNode) -> Iterator[str]:
    yield from _attribute(node, "class").split()


def _is_smiley(node: LexborNode, alt: str) -> bool:
    """Recognise the pictures that WordPress and others put in an emoji's place."""
    if not alt:
        return False
    return not _SMILEYS.isdisjoint(_classes(node)) or _is_emoji(alt)


def _is_emoji(alt: str) -> bool:
    if len(alt) > _MAX_EMOJI:
        return False
    # A keycap is a digit with U+20E3 around it.
    categories = {unicodedata.category(character) for character in alt.replace(" ", "")}
    return alt.endswith("\u20e3") or ("So" in categories and categories <= _EMOJI_CATEGORIES)
