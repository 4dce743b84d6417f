"""Addresses in feeds: of comments, and of the posts that they stand on."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

LONGEST = 2_000
"""Characters of an address that is used; a longer one multiplies with everything that stands on it."""
_PAGED = re.compile(r"/comment-page-\d+/?$")
"""Many comments are split over pages; which of them a comment stands on changes."""
_NUMBERED = re.compile(r"(.+)#comment-(\d+)")


@lru_cache(maxsize=1_024)
def is_web(address: str) -> bool:
    """Whether an address is an http or https address of some host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


@lru_cache(maxsize=1_024)
def plain(address: str) -> str:
    """An address without what changes while it means the same: a page of comments, letter case of the host."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    path = _PAGED.sub("/", parts.path)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), path or "/", parts.query, parts.fragment))


def page(address: str) -> str:
    """The page that an address leads to: without its fragment."""
    return plain(address).partition("#")[0]


def without_scheme(address: str) -> str:
    """An address that stays the same when a blog begins to use https."""
    return plain(address).partition(":")[2]


def fragment(address: str) -> str:
    """What stands behind the `#`, empty if nothing does."""
    return address.partition("#")[2]


def numbered(name: str) -> tuple[str, int] | None:
    """A name such as `https://garden.example/?p=1#comment-3`, taken apart; None if it is of another shape."""
    found = _NUMBERED.fullmatch(name)
    return (found[1], int(found[2])) if found and len(found[2]) < 19 else None
