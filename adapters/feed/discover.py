"""Finding the comment feed of a blog, from its address, from a post's, or from a feed's.

In this order: what stands at the address, what its page or its `Link` header names (RFC 8288; HTML `rel=alternate`),
what its post feeds name (RFC 4685 `rel=replies`, `wfw:commentRss`), and the places where well-known software has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from adapters.feed.asking import ACCEPT
from adapters.feed.settings import Settings
from bridge.errors import Refused, RetryLater
from bridge.feeds.addresses import fragment, is_web, numbered
from bridge.feeds.headers import links
from bridge.feeds.item import Feed, NotAFeed
from bridge.feeds.parse import TYPES, parse
from bridge.feeds.strict import urljoined
from bridge.fetch import Fetch, Response
from bridge.off_loop import off_loop

_MOST_TRIED = 8
_HINTS = ("comment", "kommentar", "coment", "reacti", "koment", "reply", "replies", "responses")
"""What the address or the title of a comment feed has in it, in some languages of Latin script."""

WELL_KNOWN = (
    "comments/feed/atom/",  # WordPress; Atom before RSS, for only it says who answers whom
    "comments/feed/",
    "?feed=comments-atom",  # WordPress without permalinks
    "feeds/comments/default",  # Blogger
    "comments/feed.xml",
    "comments/atom.xml",
    "comments.atom",
    "comments.rss",
    "comments.xml",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may have the comments: how likely it is, and why it is looked at."""

    address: str
    likely: int


@dataclass(frozen=True, slots=True)
class Found:
    """A comment feed, read once. `moved` is where it has moved for good."""

    address: str
    feed: Feed
    answer: Response


async def feeds(fetch: Fetch, settings: Settings) -> tuple[str, ...]:
    """The addresses of all feeds to read. Raises `Refused` where none can be found, `RetryLater` if not now."""
    found = await find(fetch, settings.address)
    if found is not None:
        return (found.address, *settings.feeds)
    if settings.feeds:
        return settings.feeds
    written = await _try(fetch, settings.address, sure=True)
    if written is not None and not any(item.comments for item in written.feed.items):
        return (written.address,)  # it has no mark of a comment feed, but the operator says that it is one
    raise Refused(
        f"no comment feed can be found at {settings.address}, nor named by its page, nor in the usual places:"
        f" write the feed's own address into {settings.path}.address"
    )


async def find(fetch: Fetch, address: str) -> Found | None:
    """The comment feed for an address, None where there is none. Raises `RetryLater` if the address cannot be read."""
    answer = await _read(fetch, address)
    base = answer.url or address
    feed = await understood(answer)
    if feed is not None and _has_comments(feed, base):
        return await _richer(fetch, Found(address, feed, answer))
    named = [*_in_headers(answer, base), *(_in_feed(feed, base) if feed is not None else await _in_page(answer, base))]
    tried = {address, base}
    for candidate in sorted(named, key=lambda one: -one.likely):
        if candidate.address not in tried and len(tried) <= _MOST_TRIED:
            tried.add(candidate.address)
            found = await _try(fetch, candidate.address, sure=candidate.likely > 1)
            if found is not None:
                return await _richer(fetch, found)
    return await _well_known(fetch, feed.link if feed is not None and is_web(feed.link) else base, tried)


async def _well_known(fetch: Fetch, home: str, tried: set[str]) -> Found | None:
    root = home.partition("#")[0].partition("?")[0]
    for base in dict.fromkeys((root.rstrip("/") + "/", urljoined(root, "/"))):
        for place in WELL_KNOWN:
            address = urljoined(base, place)
            if address in tried:
                continue
            tried.add(address)
            found = await _try(fetch, address, sure=True)
            if found is not None:
                return found
    return None


async def _try(fetch: Fetch, address: str, *, sure: bool) -> Found | None:
    """The feed at an address, if it is one and has comments; `sure`: being a feed is enough."""
    try:
        answer = await _read(fetch, address)
    except (RetryLater, Refused):
        return None
    feed = await understood(answer)
    return Found(address, feed, answer) if feed is not None and (sure or _has_comments(feed, address)) else None


async def _richer(fetch: Fetch, found: Found) -> Found:
    """WordPress says who answers whom in Atom only: where it offers RSS, its Atom is taken."""
    path = urlsplit(found.address).path
    wordpress = found.feed.kind == "rss" and "wordpress" in found.feed.generator.lower()
    if not wordpress or not path.endswith(("/feed/", "/feed")):
        return found
    atom = found.address.partition("?")[0].rstrip("/") + "/atom/"
    richer = await _try(fetch, atom, sure=True)
    return richer if richer is not None and richer.feed.kind == "atom" else found


async def _read(fetch: Fetch, address: str) -> Response:
    answer = await fetch.read(address, headers={"Accept": f"{ACCEPT}, text/html;q=0.8"})
    if answer.status == 410:
        raise Refused(f"{address} is gone for good (410)")
    if answer.status != 200:
        if answer.status == 404:
            raise RetryLater(f"there is nothing at {address} (status 404)")
        raise RetryLater(f"{address} is not shown to everybody (status {answer.status})")
    return answer


async def understood(answer: Response) -> Feed | None:
    """The feed in an answer, None if it is none."""
    try:
        return await parse(answer.body, answer.headers.get("Content-Type", ""))
    except NotAFeed:
        return None


def _has_comments(feed: Feed, address: str) -> bool:
    """Whether a feed's entries are comments rather than posts."""
    if any(item.comments for item in feed.items):
        return False
    marked = [item for item in feed.items if item.ref or numbered(item.guid) or _ends_in_comment(item.link)]
    if feed.items:
        return len(marked) * 2 > len(feed.items) or _hinted(address, feed.title)
    return _hinted(address, feed.title)


def _ends_in_comment(link: str) -> bool:
    """Whether an address leads into a page, to something that is counted."""
    end = fragment(link)
    return any(letter.isdigit() for letter in end) or _hinted(end)


def _hinted(*words: str) -> bool:
    spoken = " ".join(words).lower()
    return any(hint in spoken for hint in _HINTS)


def _in_headers(answer: Response, base: str) -> Iterator[Candidate]:
    for field in answer.headers.getall("Link", []):
        for link in links(field):
            place = urljoined(base, link.address)
            if link.relations & {"alternate", "replies"} and link.type in TYPES and is_web(place):
                yield _candidate(place, link.title, link.type, base, "replies" in link.relations)


async def _in_page(answer: Response, base: str) -> list[Candidate]:
    def work() -> list[Candidate]:
        page = LexborHTMLParser(answer.body)
        return [
            _candidate(place, attributes.get("title") or "", kind, base, "replies" in relations)
            for node in page.css("link[href]")
            if (attributes := node.attributes)
            and (href := attributes.get("href"))
            and (relations := (attributes.get("rel") or "").lower().split())
            and {"alternate", "replies"} & set(relations)
            and (kind := (attributes.get("type") or "").lower()) in TYPES
            and is_web(place := urljoined(base, href))
        ]

    return await off_loop(len(answer.body), work)


def _in_feed(feed: Feed, base: str) -> Iterable[Candidate]:
    """What a feed of posts says of comments: only of each post's own, so the blog's whole feed is looked for first."""
    home = feed.link if is_web(feed.link) else base
    places = [Candidate(urljoined(home.rstrip("/") + "/", place), 3) for place in WELL_KNOWN[:2]]
    return places if any(item.comments for item in feed.items) else ()


def _candidate(address: str, title: str, kind: str, page: str, replies: bool) -> Candidate:
    """How likely a named feed has the comments, and those of the page that named it."""
    hinted = replies or _hinted(urlsplit(address).path, urlsplit(address).query, title)
    path, own = urlsplit(address).path, urlsplit(page).path
    of_page = own.strip("/") != "" and path.startswith(own.rstrip("/") + "/")
    atom = kind == "application/atom+xml"
    return Candidate(address, 4 * hinted + 2 * (hinted and of_page) + atom)
