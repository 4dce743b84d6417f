"""Feeds as tests write them, and what a reading makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapters.feed import reading
from adapters.feed.reading import Reading
from adapters.feed.state import State, dump, load
from bridge.feeds.item import Feed, Item
from bridge.model import Comment
from bridge.text.tree import wording

NOW = 1_800_000_000.0
SITE = "https://garden.example"
FEED = f"{SITE}/comments/feed/atom/"


def item(number: int = 1, words: str = "How do you prune?", **fields: Any) -> Item:
    """A comment as WordPress writes it."""
    post = fields.pop("post", "roses")
    values: dict[str, Any] = {
        "guid": f"{SITE}/?p={post}#comment-{number}",
        "link": f"{SITE}/{post}/#comment-{number}",
        "name": "Vera",
        "published": f"2027-01-1{number // 60}T10:{number % 60:02}:00Z",
        "html": f"<p>{words}</p>",
    }
    return Item(**(values | fields))


@dataclass
class Book:
    """A feed that is read again and again; between two readings its state travels as a cursor."""

    address: str = FEED
    state: State = field(default_factory=State)
    now: float = NOW

    def read(self, *items: Item, **about: Any) -> Reading:
        """Read a feed with these items, the newest first."""
        feed = Feed(**({"kind": "atom", "link": SITE, "items": [Item(**_fields(one)) for one in items]} | about))
        found = reading.read(feed, self.address, self.state, self.now)
        self.state.at = self.now
        self.now += 60
        self.state = load(dump(self.state))
        return found


def _fields(one: Item) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Item.__slots__}


def said(comments: tuple[Comment, ...]) -> list[str]:
    """The words of comments."""
    return [wording(comment.text) for comment in comments]
