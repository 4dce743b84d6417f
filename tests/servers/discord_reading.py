"""What a Discord client makes of a message: a second opinion on our Markdown, and what the double's page shows.

Written against what the clients do, by patterns tried in their order at every place, and so quite another way than
`adapters.discord.reading`. A backslash is looked at by some of Discord's patterns and by others not; that is theirs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

UNSEEN = "\u2060"
"""A joiner, of which nobody sees anything."""


@dataclass(frozen=True)
class Node:
    """A piece of what is shown. `kind` is what it is shown as; `target` where it leads, or whom it names.

    Of a link `text` is how its target was written; an escaped character has a backslash for its target.
    """

    kind: str
    text: str = ""
    children: tuple[Node, ...] = ()
    target: str = ""


@dataclass(frozen=True)
class _Place:
    """Where a piece of a message stands: whether a line begins here, and what it stands in."""

    line_start: bool = True
    in_quote: bool = False
    in_link: bool = False
    in_list: int = 0


_QUOTE_REST = re.compile(r" *>>> ([\s\S]*)")
_QUOTE = re.compile(r" *> [^\n]*(?:\n *> [^\n]*)*\n?")
_FENCE = re.compile(r"```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n][\s\S]*?)\n*```", re.IGNORECASE)
_HEADING = re.compile(r"\s*(#{1,3})(?!#)[ \t]+([^\n]+)\n?")
_SMALL = re.compile(r"\s*-#[ \t]+([^\n]+)\n?")
_ITEM = re.compile(r"( *)([*-]|\d{1,10}\.) ([^\n]+)(?:\n|$)")
_MORE = re.compile(r" +(?! *(?:[*-]|\d+\.) )([^\n]+)(?:\n|$)")
_INLINE: list[tuple[str, re.Pattern[str]]] = [
    ("escaped", re.compile(r"\\([^0-9A-Za-z\s])")),
    ("user", re.compile(r"<@!?(\d+)>")),
    ("role", re.compile(r"<@&(\d+)>")),
    ("channel", re.compile(r"<#(\d+)>")),
    ("command", re.compile(r"<(/[^>\n]+?):(\d+)>")),
    ("guide", re.compile(r"<id:(\w[\w-]*)(?::\d+)?>")),
    ("time", re.compile(r"<t:(-?\d+)(?::[tTdDfFRsS])?>")),
    ("emoji", re.compile(r"<a?:(\w+):(\d+)>")),
    ("everyone", re.compile(r"@(everyone|here)")),
    ("link", re.compile(r"<([^: >]+:/[^ >]+)>")),
    ("mail", re.compile(r"<([^ >]+@[^ >]+|\+\d+)>")),
    ("link", re.compile(r"((?:https?|steam|discord)://[^\s<]+[^<.,:;\"')\]\s])", re.IGNORECASE)),
    ("masked", re.compile(
        r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]"
        r"\(\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?(?:\s+['\"]([\s\S]*?)['\"])?\s*\)"
    )),
    ("strike", re.compile(r"~~([\s\S]+?)~~(?!_)")),
    ("spoiler", re.compile(r"\|\|([\s\S]+?)\|\|")),
    ("code", re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")),
    ("emoji", re.compile(r":([^\s:]+?(?:::skin-tone-\d)?):")),
]  # fmt: skip
_STRESS: list[tuple[str, re.Pattern[str]]] = [
    ("em", re.compile(r"\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)")),
    ("em", re.compile(r"_((?:__|\\[\s\S]|[^\\_])+?)_(?!\w)", re.ASCII)),
    ("strong", re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")),
    ("underline", re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)")),
]
_INVITATION = re.compile(
    r"(?:https?://)?(?:www\.)?(?:discord(?:app)?\.(?:gg|gift|new)|discord(?:app)?\.com/invite)/[\w-]+",
    re.IGNORECASE,
)


def read(content: str) -> tuple[Node, ...]:
    """All that a client shows of a message."""
    return tuple(_read(content.strip(), _Place()))


def _read(source: str, place: _Place) -> Iterator[Node]:
    at = 0
    text: list[str] = []
    while at < len(source):
        line_start = source[at - 1] == "\n" if at else place.line_start
        now = _Place(line_start, place.in_quote, place.in_link, place.in_list)
        found = (_block(source, at, now) if line_start else None) or _fence(source, at) or _within(source, at, now)
        if found is None:
            text.append(source[at])
            at += 1
            continue
        if text:
            yield Node("text", "".join(text))
            text = []
        node, at = found
        yield node
    if text:
        yield Node("text", "".join(text))


_Found = tuple[Node, int] | None


def _block(source: str, at: int, place: _Place) -> _Found:
    if not place.in_quote:
        if found := _QUOTE_REST.match(source, at):
            return Node("quote", children=tuple(_read(found[1], _Place(in_quote=True)))), found.end()
        if found := _QUOTE.match(source, at):
            inner = re.sub(r"(?m)^ *> ", "", found[0])
            return Node("quote", children=tuple(_read(inner, _Place(in_quote=True)))), found.end()
    if found := _SMALL.match(source, at):
        return Node("small", children=tuple(_read(found[1], _inline(place)))), found.end()
    if found := _HEADING.match(source, at):
        return Node("heading", children=tuple(_read(found[2], _inline(place)))), found.end()
    return _list(source, at, place)


def _inline(place: _Place) -> _Place:
    return _Place(False, place.in_quote, place.in_link, place.in_list)


def _list(source: str, at: int, place: _Place) -> _Found:
    if not _ITEM.match(source, at):
        return None
    items: list[Node] = []
    while found := _ITEM.match(source, at):
        words, at = found[3], found.end()
        while more := _MORE.match(source, at):
            words, at = f"{words}\n{more[1]}", more.end()
        bullet = found[2] if found[2][0].isdigit() else "•"
        items.append(Node("item", f"{len(found[1])} {bullet}", tuple(_read(words, _inline(place)))))
    return Node("list", children=tuple(items)), at


def _fence(source: str, at: int) -> _Found:
    found = _FENCE.match(source, at)
    return None if found is None else (Node("codeblock", found[2], target=found[1] or ""), found.end())


def _within(source: str, at: int, place: _Place) -> _Found:
    for kind, pattern in _INLINE[:-1]:
        found = pattern.match(source, at)
        if found and not (place.in_link and kind in {"link", "masked", "mail"}):
            return _node(kind, found, place), found.end()
        if kind == "masked":  # which is the longest of these counts
            stressed = [(name, hit) for name, one in _STRESS if (hit := one.match(source, at))]
            if stressed:
                name, hit = max(
                    stressed, key=lambda pair: pair[1].end() + 0.1 * (pair[0] == "strong") + 0.2 * (pair[0] == "em")
                )
                return Node(name, children=tuple(_read(hit[1], _inline(place)))), hit.end()
    kind, pattern = _INLINE[-1]
    found = pattern.match(source, at)
    return None if found is None else (_node(kind, found, place), found.end())


def _node(kind: str, found: re.Match[str], place: _Place) -> Node:
    match kind:
        case "escaped":
            return Node("text", found[1], target="\\")
        case "link" | "mail":
            return Node("link", found[0], (Node("text", found[1]),), found[1])
        case "masked":
            inner = tuple(_read(found[1], _Place(False, place.in_quote, True)))
            tail = found[0][len(found[1]) + 2 :]
            return Node("link", tail, inner, re.sub(r"\\([^0-9A-Za-z\s])", r"\1", found[2]))
        case "strike" | "spoiler":
            return Node(kind, children=tuple(_read(found[1], _inline(place))))
        case "code":
            return Node("code", re.sub(r"^ (?= *`)|(?<=`) $", "", found[2]))
        case _:
            return Node(kind, found[0], target=found[1])


# --- What there is to see ---------------------------------------------------------------------------------------------

MENTIONS = frozenset({"user", "role", "channel", "command", "guide", "everyone"})


def walked(nodes: tuple[Node, ...]) -> Iterator[Node]:
    """Every piece, the outer ones first."""
    for node in nodes:
        yield node
        yield from walked(node.children)


def shown(nodes: tuple[Node, ...], *, small: bool = True) -> str:
    """The words that a person reads; `small`: those in small print too."""
    return "".join(_shown(node, small) for node in nodes).replace(UNSEEN, "")


def _shown(node: Node, small: bool) -> str:
    if node.kind == "small" and not small:
        return ""
    inner = shown(node.children, small=small) if node.children or node.kind == "link" else node.text
    if node.kind == "item":
        inner = f"{node.text.partition(' ')[2]} {inner}\n"
    return f"{inner}\n" if node.kind in {"small", "heading", "codeblock", "quote"} else inner


def mentions(nodes: tuple[Node, ...]) -> list[Node]:
    """Whom and what the message names so that Discord shows it as such, or tells of it."""
    return [node for node in walked(nodes) if node.kind in MENTIONS]


def links(nodes: tuple[Node, ...]) -> list[tuple[str, str]]:
    """What is shown of each link, and where it leads."""
    return [(shown(node.children), node.target) for node in walked(nodes) if node.kind == "link"]


def pinged(content: str) -> list[str]:
    """What Discord's servers may tell somebody of, if that is allowed: they know nothing of backslashes."""
    return re.findall(r"<@[!&]?\d+>|@everyone|@here", content)


def invitations(nodes: tuple[Node, ...]) -> list[str]:
    """Invitations to servers that a client would show as a card: neither code nor angle brackets keep it from that."""
    return [found[0] for found in _INVITATION.finditer("".join(map(_looked_at, nodes)))]


def _looked_at(node: Node) -> str:
    """A piece as it was sent, as far as it is searched for invitations."""
    if node.kind in {"code", "codeblock"}:
        return " "
    if node.kind == "text":
        return node.target + node.text
    if node.kind == "link":
        words = "".join(map(_looked_at, node.children)) if node.text.startswith("(") else ""
        return f"{words} {re.sub(r'<https?://[^ >]+>', ' ', node.text)}"
    return f" {''.join(map(_looked_at, node.children)) or node.text} "


_TAGS = {
    "em": "em", "strong": "strong", "underline": "u", "strike": "s", "code": "code", "quote": "blockquote",
    "heading": "h3", "small": "small", "list": "ul", "item": "li", "spoiler": "span", "codeblock": "pre",
}  # fmt: skip


def page(nodes: tuple[Node, ...]) -> str:
    """The message as HTML, for people who look at the double."""
    return "".join(map(_element, nodes))


def _element(node: Node) -> str:
    inner = page(node.children) if node.children else html.escape(node.text)
    if node.kind == "text":
        return inner.replace("\n", "<br>")
    if node.kind == "link":
        return f'<a href="{html.escape(node.target)}" title="{html.escape(node.target)}">{inner}</a>'
    if node.kind == "item":
        indent, _, bullet = node.text.partition(" ")
        return f'<li style="margin-left: {int(indent) / 2}em"><span>{html.escape(bullet)}</span> {inner}</li>'
    tag = _TAGS.get(node.kind)
    return f"<{tag}>{inner}</{tag}>" if tag else f'<span class="{node.kind}">{inner}</span>'
