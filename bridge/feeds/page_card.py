"""What a post's own page tells for its card: Open Graph (https://ogp.me), then plain HTML."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from bridge.feeds.addresses import is_web
from bridge.model import Post, PostId
from bridge.text.tree import cleaned

LONGEST_TITLE = 300
_LONGEST_EXCERPT = 500


def card_of(id: PostId, address: str, html: str) -> Post | None:
    """The card of the post whose page this is; None where it has no title."""
    found = LexborHTMLParser(html)
    heading = found.css_first("head title") or found.css_first("h1")
    title = _meta(found, "og:title") or (words(heading.text()) if heading else "")
    if not title:
        return None
    picture = _meta(found, "og:image")
    return Post(
        id, address, title[:LONGEST_TITLE], _meta(found, "author") or None,
        excerpt=(_meta(found, "og:description") or _meta(found, "description"))[:_LONGEST_EXCERPT],
        picture=picture if is_web(picture) else None,
    )  # fmt: skip


def _meta(found: LexborHTMLParser, name: str) -> str:
    node = found.css_first(f'meta[property="{name}"]') or found.css_first(f'meta[name="{name}"]')
    return words(node.attributes.get("content") or "") if node else ""


def words(text: str) -> str:
    """A line as a title may hold it."""
    return " ".join(cleaned(text).split())
