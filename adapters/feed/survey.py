"""What is told of a feed: to `backchat init`, which looks for one, and to `backchat doctor`, which looks into ours."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin, urlsplit

from adapters.feed.discover import Found, find, understood
from adapters.feed.identity import GUID, choose
from bridge.errors import Refused, RetryLater
from bridge.feeds.addresses import is_web
from bridge.feeds.dates import instant
from bridge.feeds.headers import fresh_for
from bridge.feeds.item import Feed
from bridge.fetch import Fetch
from bridge.model import Finding, Survey

_FORMATS = {"rss": "RSS", "atom": "Atom", "json": "JSON Feed"}
_PATIENT = 1_800.0


async def survey(address: str, fetch: Fetch) -> Survey | None:
    """See `bridge.ports.SurveysBlogs`."""
    try:
        found = await find(fetch, address)
    except (Refused, RetryLater):
        return None
    return None if found is None else _told(found, address)


def _told(found: Found, asked: str) -> Survey:
    """`asked` is the address that the person gave."""
    feed = found.feed
    shows = f"It shows {_comments(feed)}" if feed.items else "It shows no comments yet"
    told = [
        f"There is a comment feed at {found.address} ({_FORMATS[feed.kind]}): it can be read, not answered. {shows}."
    ]
    if feed.kind == "rss" and not _is_wordpress(feed):
        told.append("RSS does not say who answers whom.")
    if _of_one_page(found, asked):
        told.append(f"It has this page's comments alone: for those of all posts, give {urljoin(asked, '/')}")
    return Survey(_name(feed, found.address), 1, tuple(told), _config(found.address))


def _of_one_page(found: Found, asked: str) -> bool:
    """Whether all that the feed shows stands on the page that was given, below the blog's front page."""
    page = _path(asked)
    return page != "" and bool(found.feed.items) and all(_path(item.link) == page for item in found.feed.items)


def _path(address: str) -> str:
    return urlsplit(address).path.strip("/")


def _config(address: str) -> str:
    return f"""\
adapter = "feed"
# The comment feed; or the blog's or a post's address, from which it is found each time. See docs/feeds.md.
address = {json.dumps(address, ensure_ascii=False)}
# More feeds of the same blog, such as those of single posts.
# feeds = ["https://garden.example/roses/feed/"]
# How often the feed is read even if it says that nothing has changed: not every feed says so truly.
# whole_every = "15m"
"""


def _name(feed: Feed, address: str) -> str:
    """A short name for the blog: its host's, without what many hosts have."""
    host = urlsplit(feed.link if is_web(feed.link) else address).hostname or "blog"
    name = host.removeprefix("www.").partition(".")[0]
    return name if name and not name.isdigit() and ":" not in host else "blog"


def _comments(feed: Feed) -> str:
    return "1 comment" if len(feed.items) == 1 else f"{len(feed.items)} comments"


def _is_wordpress(feed: Feed) -> bool:
    return "wordpress" in feed.generator.lower()


async def examine(fetch: Fetch, feeds: Sequence[str]) -> list[Finding]:
    """Look at each feed once, and say what it can and cannot tell."""
    findings: list[Finding] = []
    for address in feeds:
        try:
            answer = await fetch.read(address)
        except RetryLater as error:
            findings.append(Finding(error.reason, False, "look at the address with a browser"))
            continue
        feed = await understood(answer)
        if answer.status != 200 or feed is None:
            what = f"{address} shows no feed (status {answer.status})"
            findings.append(Finding(what, False, "write the address of a comment feed, or of the blog"))
        else:
            findings += _findings(address, feed, fresh_for(answer.headers))
    return findings


def _findings(address: str, feed: Feed, fresh: float) -> Iterator[Finding]:
    yield Finding(f"{address} is {_FORMATS[feed.kind]} and shows {_comments(feed)}", True)
    if not feed.strict:
        yield Finding(
            f"{address} is not well formed: it is repaired as far as possible, and nothing is judged by what it lacks",
            False, "mend what writes the feed: a feed validator tells where it is broken",
        )  # fmt: skip
    if feed.items and choose(feed.items) != GUID:
        yield Finding(
            f"the comments in {address} have no names of their own: one that is edited may appear as a new one",
            False, "let the blog's software write a guid or id for each comment",
        )  # fmt: skip
    if any(instant(item.published or item.updated) is None for item in feed.items):
        yield Finding(f"some comments in {address} have no date: they get that of the first reading", True)
    if fresh > _PATIENT:
        yield Finding(
            f"{address} says that it stays as it is for {fresh / 60:.0f} minutes: comments arrive that late",
            False, "let the blog's cache keep the feed for a shorter time",
        )  # fmt: skip
