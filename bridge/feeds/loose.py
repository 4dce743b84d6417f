"""Feeds that strict XML refuses, read by feedparser: it survives everything, and takes its time.

Its cleaning of HTML and its joining of addresses are off, for `bridge.text` does both for every format alike.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from bridge.feeds.item import Feed, Item, NotAFeed
from bridge.text.tree import cleaned

MOST_TAGS = 50_000
"""Tags in a document that is broken as well: feedparser takes longer than linear for deep ones."""
MOST_JOINED = 10_000_000
"""Characters that all its addresses may come to, each with its base before it: feedparser joins every one."""
_CHARACTER = re.compile(rb"&#(x[0-9a-f]{1,4000}|[0-9]{1,4000});?", re.IGNORECASE)
_BASE = re.compile(rb"""base\s*=\s*("[^"]*"|'[^']*'|[^\s>]*)""", re.IGNORECASE)


def read(document: bytes, content_type: str) -> Feed:
    """Read what can be made out. Raises `NotAFeed` where there is no feed in it."""
    tags = document.count(b"<")
    if tags > MOST_TAGS or tags * _longest_base(document) > MOST_JOINED:
        raise NotAFeed("it is broken XML, too large to be repaired")
    found = _parsed(_CHARACTER.sub(_possible, document), content_type)
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


def _parsed(document: bytes, content_type: str) -> Any:
    import feedparser  # type: ignore[import-untyped]

    try:
        return feedparser.parse(
            BytesIO(document),  # a stream, never a text: it would take a text for an address or a file's name
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": content_type} if content_type else {},
        )
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        # What strangers wrote was too much for it: that is no fault of ours, and the next reading may be better.
        raise NotAFeed(f"it is broken XML that cannot be repaired ({type(error).__name__})") from error


def _possible(reference: re.Match[bytes]) -> bytes:
    """A reference to a character, or to U+FFFD in place of one that no text may hold: feedparser dies of those."""
    written = reference[1].lower()
    number = int(written[1:], 16) if written.startswith(b"x") else int(written)
    possible = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number <= 0x10FFFF
    return reference[0] if possible else b"&#65533;"


def _longest_base(document: bytes) -> int:
    """Characters that a base may come to: whole addresses replace one another, all others may add up."""
    written = [found.strip(b"'\"") for found in _BASE.findall(document.replace(b"\0", b""))]  # UTF-16 has them
    whole = [len(base) for base in written if base.startswith((b"http://", b"https://"))]
    return max(whole, default=0) + sum(len(base) for base in written) - sum(whole)


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
        updated=_text(entry, "updated") if "updated" in entry else "",  # else it takes `published`, and warns
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
            words = _text(content, "value")
            return ("", words) if plain else (words, "")
    return _text(entry, "summary"), ""


def _text(table: Any, key: str) -> str:
    value = table.get(key)
    return cleaned(value).strip() if isinstance(value, str) else ""
