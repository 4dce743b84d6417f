"""Reading the WordPress of a test by its API: a blog that is open, and its pages as the core would take them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.wordpress.blog import WordPressBlog
from adapters.wordpress.settings import Account, Settings
from bridge.model import AccountName, Comment, Page
from bridge.ports import BlogReady, Clock, Surroundings
from bridge.testing.clock import DrivenClock
from bridge.text.tree import wording
from tests.servers.wordpress import RunningWordPress


def settings(wordpress: RunningWordPress, *logins: str, **changes: Any) -> Settings:
    """The settings of this WordPress with these people's accounts."""
    accounts = {
        AccountName(login): Account(AccountName(login), login, wordpress.users[login].application_password)
        for login in logins
    }
    values: dict[str, Any] = {"path": "blogs.garden", "address": wordpress.address, "accounts": accounts}
    return Settings(**{**values, **changes})


def blog_of(settings: Settings, clock: Clock, folder: Path = Path("unused")) -> WordPressBlog:
    """The adapter, not opened yet."""
    return WordPressBlog(settings, Surroundings("garden", clock, folder, "backchat-tests"))


@dataclass
class Reader:
    """A blog that is read beat by beat, each from where the last page left it. Time is the test's."""

    blog: WordPressBlog
    ready: BlogReady
    clock: DrivenClock
    cursor: str | None = None
    pages: list[Page] = field(default_factory=list)

    async def read(self, later: float = 0.0) -> list[Comment]:
        """One reading, so many seconds later; the comments of its pages in their order."""
        self.clock.advance(later)
        self.pages = []
        async for page in self.blog.pages(self.cursor):
            self.cursor = page.cursor
            self.pages.append(page)
        return [comment for page in self.pages for comment in page.comments]

    async def said(self, later: float = 0.0) -> list[str]:
        """The words of one reading."""
        return [wording(comment.text) for comment in await self.read(later)]

    def covers(self, position: int) -> bool:
        """Whether the last reading vouches for having shown what is public at this position."""
        return any(covers.first <= position <= covers.last for page in self.pages for covers in page.covers)


@asynccontextmanager
async def reading(settings: Settings, clock: DrivenClock | None = None) -> AsyncIterator[Reader]:
    """Open the blog and read it from its beginning."""
    clock = clock or DrivenClock()
    async with AsyncExitStack() as stack:
        blog = blog_of(settings, clock)
        yield Reader(blog, await blog.open(stack), clock)


def numbers(comments: Sequence[Comment]) -> list[int]:
    """The comments' numbers."""
    return [comment.position for comment in comments]
