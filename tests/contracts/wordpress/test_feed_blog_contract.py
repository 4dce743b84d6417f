"""The blog contract for WordPress that is read by its feeds: with an API that strangers may ask, and without.

The real ones are asked without: with the API they are in test_wordpress_blog.py.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.wordpress.blog import WordPressBlog
from adapters.wordpress.settings import Settings
from bridge.model import AccountName, Comment, PostId
from bridge.ports import Surroundings
from bridge.testing.blog_contract import BlogContract
from bridge.testing.clock import DrivenClock
from tests.servers.wordpress import TEA, RunningWordPress, served


class PassingClock(DrivenClock):
    """A clock on which two minutes pass whenever somebody looks at it, so that slower beats have their turn."""

    def now(self) -> float:
        self.advance(120)
        return super().now()


class FeedScene:
    """A WordPress of which only an address is known."""

    def __init__(self, wordpress: RunningWordPress, folder: Path) -> None:
        self.wordpress = wordpress
        surroundings = Surroundings("garden", PassingClock(), folder, "backchat-tests")
        self.blog = WordPressBlog(Settings("blogs.garden", wordpress.address, read="feed"), surroundings)
        self.post = PostId(str(TEA))
        self.account = AccountName("nobody")
        self.secrets = ()

    async def comment(self, words: str, name: str, under: Comment | None = None) -> None:
        await self.wordpress.add(words, TEA, 0 if under is None else int(under.id), name=name)

    async def edit(self, comment: Comment, words: str) -> None:
        await self.wordpress.edit(int(comment.id), words)

    async def delete(self, comment: Comment) -> None:
        await self.wordpress.delete(int(comment.id))

    async def hide(self, comment: Comment) -> None:
        await self.wordpress.hold(int(comment.id))

    def lose_request(self) -> None:
        raise AssertionError("nothing is published without credentials")

    def lose_answer(self) -> None:
        raise AssertionError("nothing is published without credentials")


class OnFeed(BlogContract):
    kind: ClassVar[str] = "double"
    closed: ClassVar[bool] = False

    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> FeedScene:
        wordpress = await stack.enter_async_context(served(self.kind, folder))
        await wordpress.switch(rest_closed=self.closed)
        return FeedScene(wordpress, folder)


class OnFeedAlone(OnFeed):
    closed = True
    tells_deleted_from_hidden = False


class TestDouble(OnFeed):
    pass


class TestDoubleAlone(OnFeedAlone):
    pass


@pytest.mark.real
class TestDebianAlone(OnFeedAlone):
    kind = "debian"


@pytest.mark.real
class TestBetaAlone(OnFeedAlone):
    kind = "beta"
