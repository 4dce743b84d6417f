"""A reader of WordPress's feeds on a blog, without credentials, as tests drive it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from adapters.wordpress.api import Api
from adapters.wordpress.feed import FeedReader
from adapters.wordpress.settings import Settings
from bridge.fetch import Fetch
from bridge.model import Comment, Page, Post
from bridge.testing.clock import DrivenClock
from bridge.text.tree import wording

WHOLE = 300.0


async def _at_once(seconds: float) -> None:
    """A failed connection is tried again without a pause."""


@dataclass
class Reader:
    """A reader and what the core would keep of it. A minute passes before each reading, five before a whole one."""

    reader: FeedReader
    clock: DrivenClock
    cursor: str | None = None
    read: list[Page] = field(default_factory=list)

    async def beat(self) -> list[Page]:
        """One reading after a minute."""
        self.clock.advance(60)
        self.read = [page async for page in self.reader.pages(self.cursor)]
        self.cursor = self.read[-1].cursor if self.read else self.cursor
        return self.read

    async def whole(self) -> list[Page]:
        """One reading so late that it is without validators."""
        self.clock.advance(WHOLE)
        return await self.beat()

    @property
    def comments(self) -> list[Comment]:
        """What the last reading told, in its order."""
        return [comment for page in self.read for comment in page.comments]

    @property
    def numbers(self) -> list[int]:
        """The numbers of what the last reading told."""
        return [int(comment.id) for comment in self.comments]

    @property
    def claimed(self) -> set[int]:
        """The numbers of what the last reading says to be missing."""
        return {covers.first for page in self.read for covers in page.covers}

    @property
    def posts(self) -> dict[str, Post]:
        """The cards of the last reading."""
        return {post.id: post for page in self.read for post in page.posts}

    @property
    def gap(self) -> int:
        """What the last reading could not reach."""
        return sum(page.gap for page in self.read)


@asynccontextmanager
async def feed_reader(address: str, clock: DrivenClock | None = None, **more: str) -> AsyncIterator[Reader]:
    """A reader of the blog at an address; `more` are settings."""
    settings = Settings("blogs.garden", address, read="feed", whole_every=WHOLE, **more)  # type: ignore[arg-type]
    async with Fetch("backchat-tests", trusted=settings.places(), pause=_at_once) as fetch:
        time = clock or DrivenClock()
        yield Reader(FeedReader(settings, fetch, Api(fetch, settings), time), time)


def said(comments: Sequence[Comment]) -> list[str]:
    """The words of comments."""
    return [wording(comment.text) for comment in comments]
