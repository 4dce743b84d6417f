"""JSON Feed 1.0 and 1.1: https://www.jsonfeed.org/version/1.1/ ."""

from __future__ import annotations

import json
from typing import Any

from bridge.feeds.item import Feed, Item, NotAFeed
from bridge.feeds.strict import BrokenOff
from bridge.text.tree import cleaned

_VERSION = "jsonfeed.org/version/"


def read(document: bytes) -> Feed:
    """Read a JSON Feed. Raises `NotAFeed` where it is other JSON, or none."""
    try:
        whole = json.loads(document)
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()) - 1 or error.msg.startswith("Unterminated"):
            raise BrokenOff("it breaks off in the middle") from None
        raise NotAFeed("it begins as JSON and is none") from None
    except (ValueError, RecursionError):
        raise NotAFeed("it begins as JSON and is none") from None
    if not isinstance(whole, dict) or _VERSION not in _text(whole, "version"):
        raise NotAFeed("it is JSON, but no JSON Feed")
    if not isinstance(whole.get("items"), list):
        raise NotAFeed("it is a JSON Feed without items")
    feed = Feed("json", _text(whole, "title"), _text(whole, "home_page_url"), next=_text(whole, "next_url"))
    for item in whole["items"]:
        if isinstance(item, dict):
            feed.add(_item(item))
    return feed


def _item(item: dict[str, Any]) -> Item:
    authors = item.get("authors")  # a list since version 1.1, one person before
    told = authors if isinstance(authors, list) else [item.get("author")]
    person: dict[str, Any] = next((one for one in told if isinstance(one, dict)), {})
    return Item(
        guid=_text(item, "id"),
        link=_text(item, "url"),
        title=_text(item, "title"),
        name=_text(person, "name"),
        uri=_text(person, "url"),
        avatar=_text(person, "avatar"),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        html=_text(item, "content_html"),
        text=_text(item, "content_text") or _text(item, "summary"),
    )


def _text(table: dict[str, Any], key: str) -> str:
    """A text, or a number as text (ids of version 1.0 may be numbers), without what no text may hold."""
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return cleaned(str(value)).strip()
