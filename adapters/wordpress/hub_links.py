"""Which hubs tell of changes to a feed, and what they call it (WebSub, section 4: https://www.w3.org/TR/websub/)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from bridge.errors import RetryLater
from bridge.feeds.addresses import is_web
from bridge.feeds.headers import links
from bridge.feeds.strict import urljoined
from bridge.fetch import Fetch, Response

_ATOM_LINK = "http://www.w3.org/2005/Atom link"
_ENTRIES = ("entry", "item")
_HEAD = 64 * 2**10
"""Bytes of a feed that are looked at: what it says of itself stands before its entries."""
_Named = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Topic:
    """What to subscribe to, and at which hubs, in the order in which they are named; there may be none."""

    address: str
    hubs: tuple[str, ...]


async def topic(fetch: Fetch, feed: str) -> Topic:
    """Look what the feed says of itself. Raises `RetryLater` where it cannot be read now."""
    answer = await fetch.read(feed)
    if answer.status != 200:
        raise RetryLater(f"{answer.host} does not show the feed of its comments (status {answer.status})")
    return named(answer)


def named(answer: Response) -> Topic:
    """What an answer names: its header counts before what stands in the feed (4, "Discovery")."""
    told = [*_in_header(answer), *_in_feed(answer.body[:_HEAD])]
    places = [(relation, urljoined(answer.url, address)) for relation, address in told]
    hubs = dict.fromkeys(place for relation, place in places if relation == "hub" and is_web(place))
    own = [place for relation, place in places if relation == "self" and is_web(place)]
    return Topic(own[0] if own else answer.url, tuple(hubs))


def _in_header(answer: Response) -> Iterator[_Named]:
    for field in answer.headers.getall("Link", []):
        for link in links(field):
            yield from ((relation, link.address) for relation in link.relations)


def _in_feed(head: bytes) -> list[_Named]:
    """The links of the feed itself, not of its entries; what is broken ends them, and nothing is raised."""
    found: list[_Named] = []
    parser = expat.ParserCreate(None, " ")

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] in _ENTRIES:
            raise _Enough
        if name == _ATOM_LINK:
            found.extend((word, attributes.get("href", "")) for word in attributes.get("rel", "").lower().split())

    def doctype(*_: object) -> None:
        raise _Enough  # no feed needs one, and entities of its own are a trap

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(head, False)
    except (_Enough, expat.ExpatError, LookupError, ValueError):
        pass
    return found


class _Enough(Exception):
    """What follows says nothing of the feed itself."""
