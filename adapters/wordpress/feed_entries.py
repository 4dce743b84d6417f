"""What one comment feed of WordPress says. Pure: runs on a thread where the document is large (law 12).

Tried on 6.1.9 and 6.6: a comment's guid ends in `#comment-NUMBER` and never changes, its link does (a new slug, paged
comments). Only Atom names the parent (RFC 4685), and names the comment itself where the parent is gone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from adapters.wordpress import markup
from adapters.wordpress.feed_state import Seen
from bridge.feeds.addresses import LONGEST, fragment, is_web, numbered, page
from bridge.feeds.dates import instant
from bridge.feeds.item import Feed, Item
from bridge.feeds.reply_line import answered
from bridge.feeds.strict import urljoined
from bridge.model import CommentId, Kind
from bridge.text.tree import Paragraph, Strong, Text, cleaned, wording

_LONGEST_NAME = 1_000
_MOST_LACKING = 1_000_000
_OWN = re.compile(r"comment-(\d{1,18})")
_ASKS_FOR_PASSWORD = re.compile(r"<input[^>]*name=[\"']post_password[\"']")
"""The feed shows this form in place of every comment on a post with a password."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One comment of a feed. `base` is the feed's name for its post, `page` the post's address.

    `shape` is what it looks like: feeds do not tell mentions from comments.
    """

    id: CommentId
    number: int
    base: str
    page: str
    link: str
    name: str
    uri: str | None
    created: float
    parent: CommentId | None
    text: Text
    shape: Kind


def entries(feed: Feed, seen: Mapping[CommentId, Seen], now: float) -> list[Entry]:
    """The comments of a feed, each once, in its order; what is no comment of WordPress's is left out."""
    found: dict[CommentId, Entry] = {}
    for item in feed.items:
        item.link = urljoined(item.base or feed.link, item.link)[:LONGEST]
        entry = None if _ASKS_FOR_PASSWORD.search(item.html) else _entry(item, seen, now)
        if entry is not None:
            found.setdefault(entry.id, entry)
    return list(found.values())


def _entry(item: Item, seen: Mapping[CommentId, Seen], now: float) -> Entry | None:
    named = numbered(item.guid) or _linked(item.link)
    if named is None or not is_web(item.link):
        return None
    base, number = named
    id = CommentId(str(number))
    parent, text = _parent_and_text(item, number)
    uri = item.uri if is_web(item.uri) else None
    return Entry(
        id=id,
        number=number,
        base=base,
        page=post_page(item.link),
        link=cleaned(item.link),
        name=" ".join(cleaned(item.name).split())[:_LONGEST_NAME] or "Anonymous",
        uri=uri,
        created=_created(item, seen.get(id), now),
        parent=parent,
        text=text,
        shape=shape(text, uri),
    )


def _linked(link: str) -> tuple[str, int] | None:
    found = _OWN.fullmatch(fragment(link))
    return None if found is None else (post_page(link), int(found[1]))


def _created(item: Item, known: Seen | None, now: float) -> float:
    found = instant(item.published) or instant(item.updated)
    if found is not None:
        return found
    return now if known is None else known.created


def _parent_and_text(item: Item, number: int) -> tuple[CommentId | None, Text]:
    """Whom it answers, and its words without the line that WordPress puts above a reply to say so."""
    line = numbered(answered(item.html) or "")
    named = numbered(item.ref) if item.ref else line
    text = markup.read(item.html, item.base or item.link)
    if line is not None and named is not None and line[1] == named[1] and len(text) > 1:
        text = text[1:]
    # A reply is younger than what it answers: whatever says otherwise would let comments answer each other in circles.
    parent = None if named is None or named[1] >= number else CommentId(str(named[1]))
    return parent, text


def post_page(link: str) -> str:
    """The address of the page that a comment's link leads to, whatever page of its comments that is."""
    parts = urlsplit(page(link))
    if "cpage" not in parts.query:
        return urlunsplit(parts)
    query = {key: values for key, values in parse_qs(parts.query, keep_blank_values=True).items() if key != "cpage"}
    return urlunsplit(parts._replace(query=urlencode(query, doseq=True)))


def shape(text: Text, uri: str | None) -> Kind:
    """What a response looks like, by the words that WordPress itself gives to mentions.

    Pingbacks are a piece of the other page between `[…]` and `[…]`; trackbacks a title in bold, then an excerpt that
    is cut off. Both have the other page as their author's address.
    """
    words = wording(text)
    if uri is None or not words:
        return Kind.COMMENT
    if words.startswith(("[…] ", "[...] ")) and words.endswith((" […]", " [...]")):
        return Kind.PINGBACK
    titled = len(text) == 2 and isinstance(text[0], Paragraph) and [type(run) for run in text[0].children] == [Strong]
    return Kind.TRACKBACK if titled and words.endswith(("…", "...")) else Kind.COMMENT


def lacking(numbers: set[int], above: int, below: int) -> int:
    """How many numbers between two are not among these, as far as that is believable."""
    return min(_MOST_LACKING, max(0, below - above - 1) - sum(above < number < below for number in numbers))
