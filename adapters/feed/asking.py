"""Asking for a feed's document: conditionally where that may do, at its new place where it has moved for good."""

from __future__ import annotations

from hashlib import blake2b

from adapters.feed import reading
from adapters.feed.reading import Reading
from adapters.feed.state import Source, State
from bridge.errors import BlogPaused, RetryLater
from bridge.feeds.item import NotAFeed
from bridge.feeds.parse import parse
from bridge.fetch import Fetch, Response
from bridge.off_loop import off_loop

ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


async def ask(fetch: Fetch, address: str, source: Source, whole: bool, blog: str) -> Response:
    """The feed as it is now: status 200, or 304 unless it is asked for whole.

    Raises `RetryLater` where it does not come, `BlogPaused` where it is said to be gone for good (410).
    """
    answer = await fetch.read(source.at or address, headers=_headers(source, whole))
    if source.at and answer.status >= 400:
        answer = await fetch.read(address, headers=_headers(source, whole=True))
    if answer.status == 410:
        raise BlogPaused(
            f"the feed {address} is gone for good (410): correct or remove its address in {blog}, or run"
            f" `backchat resume {blog.rpartition('.')[2]}` if it is there again"
        )
    if answer.status == 200 or (answer.status == 304 and not whole):
        return answer
    raise RetryLater(_words(address, answer.status))


def _headers(source: Source, whole: bool) -> dict[str, str]:
    headers = {"Accept": ACCEPT}
    if whole:
        return headers | {"Cache-Control": "no-cache"}
    if source.etag:
        headers["If-None-Match"] = source.etag
    if source.modified:
        headers["If-Modified-Since"] = source.modified
    return headers


def _words(address: str, status: int) -> str:
    if status in {401, 403}:
        return f"{address} may not be read by everybody (status {status})"
    if status in {404, 410}:
        return f"there is no feed at {address} any more (status {status})"
    return f"{address} does not show its feed (status {status})"


async def understood(answer: Response, address: str, state: State, now: float, *, every_post: bool = False) -> Reading:
    """What an answer says, with `state` brought up to date. Raises `RetryLater` where what came is no feed."""
    try:
        feed = await parse(answer.body, answer.headers.get("Content-Type", ""))
    except NotAFeed as error:
        raise RetryLater(f"what {address} shows is no feed: {error}") from None
    return await off_loop(len(answer.body), lambda: reading.read(feed, address, state, now, every_post=every_post))


async def summary(body: bytes) -> str:
    """A short fingerprint of a document."""
    return await off_loop(len(body), lambda: blake2b(body, digest_size=8).hexdigest())
