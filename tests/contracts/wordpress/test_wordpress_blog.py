"""The WordPress adapter passes the suite for blogs: by REST as an editor and as an author, and by feed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.wordpress.settings import Settings
from bridge.clock import WallClock
from bridge.model import AccountName, Comment, PostId
from bridge.testing.blog_contract import BlogContract
from tests.contracts.wordpress.reading_rest import blog_of, settings
from tests.servers.isso_proxy import Proxy, proxied
from tests.servers.wordpress import TEA, RunningWordPress

EFFECTS = ("POST /wp-json/wp/v2/comments", "DELETE /wp-json/wp/v2/comments")


class WordPressScene:
    def __init__(self, wordpress: RunningWordPress, proxy: Proxy, configured: Settings) -> None:
        self.wordpress = wordpress
        self.proxy = proxy
        self.blog = blog_of(configured, WallClock())
        self.post = PostId(str(TEA))
        self.account = next(iter(configured.accounts), AccountName("nobody"))
        self.secrets: Sequence[str] = [account.password for account in configured.accounts.values()]

    async def comment(self, words: str, name: str, under: Comment | None = None) -> None:
        await self.wordpress.visitor(name).comment(words, TEA, 0 if under is None else under.position)

    async def edit(self, comment: Comment, words: str) -> None:
        await self.wordpress.edit(comment.position, words)

    async def delete(self, comment: Comment) -> None:
        await self.wordpress.delete(comment.position)

    async def hide(self, comment: Comment) -> None:
        await self.wordpress.hold(comment.position)

    def lose_request(self) -> None:
        self.proxy.swallow_request(*EFFECTS)

    def lose_answer(self) -> None:
        self.proxy.swallow_answer_to(*EFFECTS)


class OnWordPress(BlogContract):
    has_a_trash = True
    typesets = True
    wordpress: RunningWordPress

    @pytest.fixture(autouse=True)
    def _on_a_fresh_wordpress(self, wordpress: RunningWordPress) -> None:
        self.wordpress = wordpress

    async def scene(self, stack: AsyncExitStack, *logins: str, read: str = "auto") -> WordPressScene:
        """`whole_every`: every reading is a whole one, for the suite has no clock to drive."""
        proxy = await stack.enter_async_context(proxied(self.wordpress.address))
        configured = settings(
            self.wordpress, *logins, api=f"{proxy.address}/wp-json", read=read, whole_every=0.0, deep_every=0.0
        )
        return WordPressScene(self.wordpress, proxy, configured)


class TestAsEditor(OnWordPress):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> WordPressScene:
        return await self.scene(stack, "editor")


class TestAsAuthor(OnWordPress):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> WordPressScene:
        await self.wordpress.switch(no_flood=True)
        return await self.scene(stack, "jane")


class TestAsStranger(OnWordPress):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> WordPressScene:
        return await self.scene(stack, read="api")


class TestByFeedWithAnEditor(OnWordPress):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> WordPressScene:
        return await self.scene(stack, "editor", read="feed")
