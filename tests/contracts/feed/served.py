"""A feed adapter on a real server, and a reader that keeps the cursor as the core does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.feed.blog import FeedBlog
from adapters.feed.settings import Settings
from bridge.model import Comment, Page
from bridge.ports import Surroundings
from bridge.testing.clock import DrivenClock
from bridge.text.tree import wording
from tests.servers.feed_server import FeedServer, feed_server

ATOM = "/comments/feed/atom/"


@dataclass
class Served:
    """An opened adapter on the blog in miniature. Between two readings a minute passes, unless it is told otherwise."""

    server: FeedServer
    clock: DrivenClock
    blog: FeedBlog
    cursor: str | None = None

    async def read(self, after: float = 60.0) -> list[Page]:
        """Read the blog once, taking over the cursor of every page."""
        self.clock.advance(after)
        pages = []
        async for page in self.blog.pages(self.cursor):
            self.cursor = page.cursor
            pages.append(page)
        return pages

    async def news(self, after: float = 60.0) -> list[str]:
        """The words of the comments that one reading tells."""
        return [wording(comment.text) for comment in await self.comments(after)]

    async def comments(self, after: float = 60.0) -> list[Comment]:
        """The comments that one reading tells."""
        return [comment for page in await self.read(after) for comment in page.comments]

    def asked(self, path: str = ATOM) -> list[dict[str, str]]:
        """The header fields of every request for a path so far."""
        return [dict(request.headers) for request in self.server.requests if request.path == path]

    def comment(self, words: str, name: str = "Vera", **more: object) -> int:
        """Somebody comments, a second later than the last."""
        self.clock.advance(1)
        return self.server.comment(words, name, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def served(feed: str = ATOM, more: tuple[str, ...] = (), whole_every: float = 900.0) -> AsyncIterator[Served]:
    """An adapter for this feed of the blog, and for `more` of its feeds."""
    clock = DrivenClock()
    async with feed_server(clock.now) as server:
        feeds = tuple(server.address + other for other in more)
        settings = Settings("blogs.garden", server.address + feed, feeds, whole_every)
        blog = FeedBlog(settings, Surroundings("garden", clock, Path("unused"), "backchat-tests"))
        yield Served(server, clock, blog)


@asynccontextmanager
async def opened(
    feed: str = ATOM, more: tuple[str, ...] = (), whole_every: float = 900.0, first: str | None = "How do you prune?"
) -> AsyncIterator[Served]:
    """The same, opened, and read once with one comment on the blog."""
    async with served(feed, more, whole_every) as on, AsyncExitStack() as stack:
        if first is not None:
            on.comment(first)
        await on.blog.open(stack)
        await on.read()
        yield on
