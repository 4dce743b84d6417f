"""The tree into HTML that a blog may publish: written by us, then passed through nh3 as a second wall (law 9)."""

from __future__ import annotations

from html import escape

import nh3

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
    Link,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Strike,
    Strong,
    Text,
    flattened,
    leaf_text,
)

TAGS = frozenset({"p", "br", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"})
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "code": {"class"}}
LINK_RELATION = "nofollow ugc noopener noreferrer"

_wall = nh3.Cleaner(
    tags=set(TAGS),
    attributes=ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel=LINK_RELATION,
)


def render(text: Text) -> str:
    """Write a text as safe HTML; what is not honest in it is made honest first.

    An image becomes a link with its words: a picture that a visitor chose would tell its server who reads the page.
    """
    return _wall.clean("\n".join(_block(block) for block in honest(flattened(text))))


def _block(block: Block) -> str:
    match block:
        case Paragraph(children):
            return f"<p>{_inlines(children)}</p>"
        case CodeBlock(text, language):
            return f"<pre><code{_class(language)}>{escape(text)}</code></pre>"
        case Quote(children):
            return f"<blockquote>{''.join(map(_block, children))}</blockquote>"
        case BulletList(items):
            return f"<ul>{_items(items)}</ul>"
        case NumberedList(items, start):
            numbered = f' start="{start}"' if start != 1 else ""
            return f"<ol{numbered}>{_items(items)}</ol>"


def _class(language: str) -> str:
    plain_name = language.isascii() and language.replace("-", "").replace("+", "").replace("#", "").isalnum()
    return f' class="language-{language}"' if plain_name else ""


def _items(items: tuple[tuple[Block, ...], ...]) -> str:
    return "".join(f"<li>{_item(item)}</li>" for item in items)


def _item(item: tuple[Block, ...]) -> str:
    match item:
        case [Paragraph(children), *rest] if not any(isinstance(block, Paragraph) for block in rest):
            return _inlines(children) + "".join(map(_block, rest))
        case _:
            return "".join(map(_block, item))


def _inlines(children: tuple[Inline, ...], *, linked: bool = False) -> str:
    return "".join(_inline(child, linked=linked) for child in children)


def _inline(inline: Inline, *, linked: bool) -> str:
    match inline:
        case Plain(text):
            return escape(text)
        case Code(text):
            return f"<code>{escape(text)}</code>"
        case LineBreak():
            return "<br>\n"
        case Image(address, _):
            shown = escape(leaf_text(inline))
            return shown if linked else _link(address, shown)
        case Link(address, children):
            return _link(address, _inlines(children, linked=True))
        case Emphasis(children) | Strong(children) | Strike(children):
            tag = _TAG_OF[type(inline)]
            return f"<{tag}>{_inlines(children, linked=linked)}</{tag}>"


_TAG_OF: dict[type[Inline], str] = {Emphasis: "em", Strong: "strong", Strike: "del"}


def _link(address: str, shown: str) -> str:
    return f'<a href="{escape(address)}" rel="{LINK_RELATION}">{shown}</a>'
