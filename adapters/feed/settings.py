"""The settings of a comment feed: the table `[blogs.NAME]`."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from bridge.feeds.addresses import is_web
from bridge.ports import Table

WHOLE_EVERY = 900.0
"""Seconds between two readings without validators, unless the operator says otherwise."""


_NO_PASSWORDS = (
    "has a name or password in it, but addresses stand in messages and in the ledger: give the address of a feed that"
    " everybody may read"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator wrote, checked. `path` is the table's key path, for messages."""

    path: str
    address: str
    feeds: tuple[str, ...]
    whole_every: float


def read_settings(table: Table) -> Settings:
    """Read the table; every problem goes to the table, and harmless values stand in."""
    # As text: a feed's address may need the slash at its end.
    address = table.text(
        "address", help="the address of the blog, of one of its posts, or of a comment feed: https://garden.example"
    )
    if address and not is_web(address):
        table.problem("address", "must be an http:// or https:// address")
    elif _signs_in(address):
        table.problem("address", _NO_PASSWORDS)
    feeds = table.texts("feeds")
    for feed in feeds:
        if _signs_in(feed):
            table.problem("feeds", _NO_PASSWORDS)
        elif not is_web(feed):
            table.problem("feeds", f"has {feed!r}: write whole addresses, such as https://garden.example/feed/")
    whole_every = table.seconds("whole_every", WHOLE_EVERY)
    if whole_every < 60:
        table.problem("whole_every", "reading whole more often than once a minute is impolite: write 60s or more")
    return Settings(
        path=table.path,
        address=address,
        feeds=feeds,
        whole_every=whole_every,
    )


def _signs_in(address: str) -> bool:
    return is_web(address) and "@" in urlsplit(address).netloc
