"""Feeds that strict XML refuses, read by feedparser: it survives everything, and takes its time.

Its cleaning of HTML and its joining of addresses are off, for `bridge.text` does both for every format alike.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from adapters.feed.item import Feed, Item, NotAFeed

MOST_TAGS = 50_000
"""Tags in a document that is broken as well: feedparser takes longer than linear for deep ones."""


def read(document: bytes, content_type: str) -> Feed:
    """Read what can be made out. Raises `NotAFeed` where there is no feed in it."""
    if document.count(b"<") > MOST_TAGS:
        raise NotAFeed("it is broken XML, too large to be repaired")
    import feedparser  # type: ignore[import-untyped]

    found = feedparser.parse(
        BytesIO(document),  # a stream, never a text: it would take a text for an address or a file's name
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": content_type} if content_type else {},
    )
    if not found.get("version") and not found.entries:
        raise NotAFeed("it is neither RSS nor Atom nor a JSON Feed")
    kind = "atom" if str(found.get("version", "")).startswith("atom") else "rss"
    about = found.feed
    feed = Feed(kind, _text(about, "title"), _text(about, "link"), _text(about, "generator"), strict=False)
    feed.next = next((str(link.get("href", "")) for link in about.get("links", ()) if link.get("rel") == "next"), "")
    for entry in found.entries:
        feed.add(_item(entry))
    feed.strict = False
    return feed


def _item(entry: Any) -> Item:
    person = entry.get("author_detail") or {}
    reply = entry.get("thr_in-reply-to") or {}
    name = _text(person, "name") or ("" if "@" in _text(entry, "author") else _text(entry, "author"))
    html, text = _body(entry)
    return Item(
        guid=_text(entry, "id"),
        link=_text(entry, "link"),
        title=_text(entry, "title"),
        name=name,
        uri=_text(person, "href"),
        published=_text(entry, "published"),
        updated=_text(entry, "updated"),
        html=html,
        text=text,
        ref=_text(reply, "ref"),
        ref_href=_text(reply, "href"),
        comments=_text(entry, "wfw_commentrss"),
    )


def _body(entry: Any) -> tuple[str, str]:
    for content in entry.get("content") or ():
        if content.get("value"):
            plain = content.get("type") == "text/plain"
            return ("", content["value"].strip()) if plain else (content["value"].strip(), "")
    return _text(entry, "summary"), ""


def _text(table: Any, key: str) -> str:
    value = table.get(key)
    return value.strip() if isinstance(value, str) else ""
