"""Bytes into a feed: the strict reader first, the lenient one only for what it refuses (law 12 says where they run)."""

from __future__ import annotations

import codecs

from selectolax.lexbor import LexborHTMLParser

from bridge.feeds import json_feed, loose, strict
from bridge.feeds.addresses import LONGEST
from bridge.feeds.item import Feed, NotAFeed
from bridge.off_loop import MUCH, off_loop

TYPES = {
    "application/atom+xml": "Atom",
    "application/rss+xml": "RSS",
    "application/rdf+xml": "RSS",
    "application/feed+json": "JSON Feed",
}
"""The media types by which pages name their feeds."""

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEAD = 2_048
_PAGE = 256 * 2**10


async def parse(document: bytes, content_type: str = "") -> Feed:
    """Read a feed of any format, beside the loop where it is large or broken. Raises `NotAFeed`: what came instead."""
    try:
        feed = await off_loop(len(document), lambda: _strictly(document, content_type))
    except strict.Broken:
        feed = await off_loop(MUCH + 1, lambda: loose.read(document, content_type))
    feed.link = feed.link if len(feed.link) <= LONGEST else ""
    return feed


def _strictly(document: bytes, content_type: str) -> Feed:
    head = document[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not document.strip():
        raise NotAFeed("nothing came")
    if head.startswith(b"{"):
        return json_feed.read(document)
    if is_html(document):
        raise NotAFeed(_page(document))
    return strict.read(document, _charset(document, content_type))


def is_html(document: bytes) -> bool:
    """Whether a document says at its beginning that it is a page."""
    head = document[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<!doctype html", b"<html")) and b"<rss" not in head and b"<feed" not in head


def _page(document: bytes) -> str:
    page = LexborHTMLParser(document[:_PAGE])
    if page.css_first('input[type="password"]') is not None:
        return "it is a page that asks for a password"
    title = page.css_first("title")
    words = " ".join(title.text().split())[:80] if title is not None else ""
    return f"it is an HTML page, “{words}”" if words else "it is an HTML page"


def _charset(document: bytes, content_type: str) -> str | None:
    """The transport's charset, where the document itself names none: servers say one out of habit (RFC 7303, 3)."""
    if document.startswith(_BOMS) or b"encoding" in document[:200]:
        return None
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "charset":
            return value.strip("\"' ") or None
    return None
