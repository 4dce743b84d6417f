"""Beyond the window: what came and went between two readings, as far as it can still be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from adapters.feed.asking import ask, understood
from adapters.feed.reading import Reading
from adapters.feed.state import Source, State
from bridge.errors import BlogPaused, RetryLater
from bridge.feeds.addresses import numbered
from bridge.feeds.item import Feed
from bridge.feeds.strict import urljoined
from bridge.fetch import Fetch
from bridge.model import Comment, CommentId, Post

_MOST_PAGES = 10
_MOST_POSTS = 10
WITHIN = 240.0
"""Seconds that all of it gets: what is in the window must not wait for it for ever."""


@dataclass(slots=True)
class Beyond:
    """What was found beyond a feed's window. `gap`: how many comments are provably, or else at least, out of reach.

    `until` is when asking ends, by the event loop's clock.
    """

    comments: list[Comment]
    posts: list[Post]
    until: float
    gap: int = 0


async def beyond(fetch: Fetch, address: str, first: Reading, before: State, state: State, now: float) -> Beyond:
    """Read on from a window that shows nothing known: older pages first (RFC 5005), then the posts' own feeds."""
    found = Beyond([], [], asyncio.get_running_loop().time() + WITHIN)
    if await _older_pages(fetch, address, first, before, state, now, found):
        return found
    for feed in _of_posts(first):
        await _more(fetch, feed, address, first, state, now, found)
    found.gap = _missed(address, first, before, found)
    return found


async def _older_pages(
    fetch: Fetch, address: str, first: Reading, before: State, state: State, now: float, found: Beyond
) -> bool:
    """Whether paging led back to what was known."""
    at, following = address, first.feed.next
    walked = {address}
    for _ in range(_MOST_PAGES):
        at = urljoined(at, following)
        if not following or at in walked:
            return False
        walked.add(at)
        page = await _more(fetch, at, address, first, state, now, found)
        if page is None:
            return False
        if any(id in before.seen for id in page.shown):
            return True
        following = page.feed.next
    return False


async def _more(
    fetch: Fetch, place: str, address: str, first: Reading, state: State, now: float, found: Beyond
) -> Reading | None:
    """Read one more document as a part of the feed at `address`: comments newer than all that was known count."""
    main, own = state.feeds[address], state.feeds.get(place)
    state.feeds[place] = Source(scheme=main.scheme, twins=main.twins, floor=first.newest)
    try:
        async with asyncio.timeout_at(found.until):
            answer = await ask(fetch, place, Source(), True, "")
        page = await understood(answer, place, state, now)
    except (RetryLater, BlogPaused, TimeoutError):
        return None  # what cannot be reached is counted as a gap
    finally:
        if own is None:
            del state.feeds[place]
        else:  # it is one of the blog's feeds, and has its turn
            state.feeds[place] = own
    found.comments += [comment for comment in page.comments if comment.id in page.new]
    found.posts += page.posts
    return page


def _missed(address: str, first: Reading, before: State, found: Beyond) -> int:
    """How many are out of reach: by the feed's own count where it has one, else at least one.

    None, where the comments are numbered through (as WordPress does) and no number is lacking.
    """
    then, now = before.feeds[address].total, first.feed.total
    if then is not None and now is not None:
        return max(0, now - then - len(first.new) - len(found.comments))
    if not _is_wordpress(first.feed):
        return 1
    known = _numbers(before.seen)
    new = _numbers([*first.new, *(comment.id for comment in found.comments)])
    return 0 if known and new and new >= set(range(max(known) + 1, max(new))) else 1


def _numbers(ids: Iterable[CommentId]) -> set[int]:
    return {named[1] for id in ids if (named := numbered(id)) is not None}


def _of_posts(first: Reading) -> list[str]:
    """The posts' own comment feeds, for the posts that the window shows."""
    told = [item.comments for item in first.feed.items if item.comments]
    if _is_wordpress(first.feed):
        told += [_wordpress(comment_page, first.feed) for comment_page in first.pages]
    return list(dict.fromkeys(told))[:_MOST_POSTS]


def _is_wordpress(feed: Feed) -> bool:
    return "wordpress" in feed.generator.lower()


def _wordpress(page: str, feed: Feed) -> str:
    """Where WordPress has the comments of one post (https://wordpress.org/documentation/article/wordpress-feeds/)."""
    parts = urlsplit(page)
    kind = "atom" if feed.kind == "atom" else "rss2"
    if parts.query:
        return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), ("feed", kind)])))
    return page.rstrip("/") + "/feed/" + ("atom/" if kind == "atom" else "")
