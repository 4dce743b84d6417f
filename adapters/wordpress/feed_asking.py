"""Where WordPress has its comment feeds, and asking for one of them.

Addresses: https://wordpress.org/documentation/article/wordpress-feeds/ . WordPress's validators hide edits, deletions
and late approvals (tried): an answer "not modified" says only that no comment with a newer date has come.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from adapters.wordpress.feed_entries import Entry, entries
from adapters.wordpress.feed_state import State
from adapters.wordpress.settings import Settings
from bridge.errors import RetryLater
from bridge.feeds.item import Feed, NotAFeed
from bridge.feeds.parse import parse
from bridge.fetch import Fetch, Response
from bridge.off_loop import off_loop

_ACCEPT = "application/atom+xml, application/rss+xml;q=0.9, application/xml;q=0.8, */*;q=0.5"
_PLACES = ("comments/feed/atom/", "?feed=comments-atom", "comments/feed/", "?feed=comments-rss2")
"""Atom before RSS, for it alone says who answers whom; each with pretty permalinks, then with plain ones."""


class NoFeedThere(RetryLater):
    """The blog answers, and shows no feed at this address any more."""


async def find(fetch: Fetch, settings: Settings) -> str:
    """The address of the blog's comment feed, Atom where there is one. Raises `RetryLater` where none can be found."""
    if settings.feed is not None:
        return settings.feed
    home = settings.address.rstrip("/") + "/"
    for place in _PLACES:
        if await _shows(fetch, home + place):
            return home + place
    for address in await _named(fetch, home):
        if await _shows(fetch, address):
            return address
    raise RetryLater(
        f"there is no comment feed at {settings.address}: if its feeds are switched off, Backchat can read it only with"
        f" an account ({settings.path}.accounts); if the feed is elsewhere, write its address into {settings.path}.feed"
    )


async def _shows(fetch: Fetch, address: str) -> bool:
    answer = await fetch.read(address, headers={"Accept": _ACCEPT})
    if answer.status != 200:
        return False
    try:
        await parse(answer.body, answer.headers.get("Content-Type", ""))
    except NotAFeed:
        return False
    return True


async def _named(fetch: Fetch, home: str) -> list[str]:
    """The comment feeds that the blog's front page names."""
    answer = await fetch.read(home)
    if answer.status != 200:
        return []

    def work() -> list[str]:
        links = [node.attributes for node in LexborHTMLParser(answer.body).css('link[rel~="alternate"][href][type]')]
        told = [(link["href"] or "", (link["type"] or "").lower()) for link in links]
        feeds = [href for href, kind in told if kind in {"application/rss+xml", "application/atom+xml"}]
        return [urljoin(answer.url or home, href) for href in feeds if "comments" in href]

    return await off_loop(len(answer.body), work)


async def ask(fetch: Fetch, state: State, *, whole: bool) -> Response:
    """The feed as it is now: status 200, or 304 unless it is asked for whole.

    Raises `NoFeedThere` where another status comes, `RetryLater` where the server is not well.
    """
    headers = {"Accept": _ACCEPT}
    if whole:
        headers["Cache-Control"] = "no-cache"
    else:
        headers |= {"If-None-Match": state.etag} if state.etag else {}
        headers |= {"If-Modified-Since": state.modified} if state.modified else {}
    answer = await fetch.read(state.feed, headers=headers)
    if answer.status == 200 or (answer.status == 304 and not whole):
        return answer
    raise NoFeedThere(f"{state.feed} does not show the blog's comment feed (status {answer.status})")


async def understood(answer: Response, address: str, state: State, now: float) -> tuple[Feed, list[Entry]]:
    """What an answer shows. Raises `RetryLater` where it is no feed."""
    try:
        feed = await parse(answer.body, answer.headers.get("Content-Type", ""))
    except NotAFeed as error:
        raise RetryLater(f"what {address} shows is no feed: {error}") from None
    return feed, await off_loop(len(answer.body), lambda: entries(feed, state.seen, now))


async def summary(body: bytes) -> str:
    """A short fingerprint of a document."""
    return await off_loop(len(body), lambda: blake2b(body, digest_size=8).hexdigest())


async def of_posts(fetch: Fetch, pages: Iterable[str], state: State, now: float) -> list[Entry]:
    """What the posts' own comment feeds show; one that cannot be read is left out."""
    found: list[Entry] = []
    for page in pages:
        address = of_post(page, atom="atom" in state.feed)
        try:
            answer = await fetch.read(address, headers={"Accept": _ACCEPT, "Cache-Control": "no-cache"})
            if answer.status == 200:
                found += (await understood(answer, address, state, now))[1]
        except RetryLater:
            continue  # what cannot be reached is counted as a gap
    return found


def of_post(page: str, *, atom: bool) -> str:
    """Where WordPress has the comments of one post."""
    parts = urlsplit(page)
    if parts.query:
        query = [*parse_qsl(parts.query), ("feed", "atom" if atom else "rss2")]
        return urlunsplit(parts._replace(query=urlencode(query)))
    return page.rstrip("/") + "/feed/" + ("atom/" if atom else "")
