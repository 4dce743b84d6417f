"""What every feed format comes down to: a feed, and its items as the feed writes them. Nothing is judged here."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_ITEMS = 2_000
"""Items of one feed that are read, the first ones."""


class NotAFeed(Exception):
    """These bytes cannot be read as a feed; the message says, after "is no feed: ", what they are instead."""


@dataclass(slots=True)
class Item:
    """One item or entry. Texts are as written, without surrounding white space; what is absent is empty.

    `html` is the body as HTML, `text` the body of formats that give plain words. `ref` and `ref_href` are those of
    RFC 4685's `in-reply-to`. `comments` is where a post's own comments have their feed.
    """

    guid: str = ""
    link: str = ""
    title: str = ""
    name: str = ""
    uri: str = ""
    avatar: str = ""
    published: str = ""
    updated: str = ""
    html: str = ""
    text: str = ""
    base: str = ""
    ref: str = ""
    ref_href: str = ""
    comments: str = ""


@dataclass(slots=True)
class Feed:
    """A feed. `strict`: it was well formed, so nothing of it is missing or guessed.

    `total` is how many entries there are in all, as far as the feed tells; `next` the page with older ones (RFC 5005).
    """

    kind: str
    title: str = ""
    link: str = ""
    generator: str = ""
    next: str = ""
    total: int | None = None
    strict: bool = True
    items: list[Item] = field(default_factory=list)

    def add(self, item: Item) -> None:
        """Take one more item, unless there are too many already; the feed then counts as incomplete."""
        if len(self.items) < MOST_ITEMS:
            self.items.append(item)
        else:
            self.strict = False
