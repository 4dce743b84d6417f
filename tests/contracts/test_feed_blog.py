"""The feed adapter passes the suite for blogs over RSS, Atom and JSON Feed; the server has WordPress's ways."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import ClassVar

from aiohttp import web

from adapters.feed.blog import FeedBlog
from adapters.feed.settings import Settings
from bridge.model import AccountName, Comment, PostId
from bridge.ports import Surroundings
from bridge.testing.blog_contract import BlogContract
from bridge.testing.clock import DrivenClock
from tests.servers.feed_server import FeedServer, feed_server


class FeedScene:
    """The blog in miniature, on which a minute passes with everything that anybody asks of it."""

    def __init__(self, server: FeedServer, clock: DrivenClock, feed: str) -> None:
        self.server = server
        self.clock = clock
        settings = Settings("blogs.garden", f"{server.address}/comments/{feed}", (), 120.0)
        self.blog = FeedBlog(settings, Surroundings("garden", clock, Path("unused"), "backchat-tests"))
        self.post = PostId(f"{server.address}/?p=first")
        self.account = AccountName("ada")
        self.secrets = ()
        server.on_request = lambda: clock.advance(60)

    async def comment(self, words: str, name: str, under: Comment | None = None) -> None:
        self.clock.advance(1)
        self.server.comment(words, name, None if under is None else self._number(under))

    async def edit(self, comment: Comment, words: str) -> None:
        self.server.stored[self._number(comment)].words = words

    async def delete(self, comment: Comment) -> None:
        del self.server.stored[self._number(comment)]

    async def hide(self, comment: Comment) -> None:
        self.server.hold(self._number(comment))

    def lose_request(self) -> None:
        raise AssertionError("a feed has no effects")

    def lose_answer(self) -> None:
        raise AssertionError("a feed has no effects")

    @staticmethod
    def _number(comment: Comment) -> int:
        return int(comment.link.rpartition("-")[2])


class OnFeeds(BlogContract):
    tells_deleted_from_hidden = False
    feed: ClassVar[str]

    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> FeedScene:
        clock = DrivenClock()
        return FeedScene(await stack.enter_async_context(feed_server(clock.now)), clock, self.feed)


class TestRss(OnFeeds):
    feed = "feed/"

    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> FeedScene:
        scene = await super().make_scene(folder, stack)
        scene.server.changed["/comments/feed/atom/"] = lambda _: web.Response(status=404)  # it would be preferred
        return scene


class TestAtom(OnFeeds):
    feed = "feed/atom/"


class TestJsonFeed(OnFeeds):
    feed = "feed/json/"
