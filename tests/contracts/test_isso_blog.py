"""The Isso adapter passes the suite for blogs, against the real Isso: one for all tests, emptied before each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.isso.blog import IssoBlog
from bridge.clock import WallClock
from bridge.model import Comment
from bridge.ports import Surroundings
from bridge.testing.blog_contract import BlogContract
from tests.servers.isso import PASSWORD, RunningIsso, Visitor, real_isso
from tests.servers.isso_blog import MARA, TEA, settings
from tests.servers.isso_proxy import Proxy, proxied


class IssoScene:
    def __init__(self, isso: RunningIsso, proxy: Proxy, **changes: Any) -> None:
        self.isso = isso
        self.proxy = proxy
        self.blog = IssoBlog(
            settings(isso, address=proxy.address, **changes),
            Surroundings("garden", WallClock(), Path("unused"), "backchat-tests"),
        )
        self.post = TEA
        self.account = MARA
        self.secrets = (PASSWORD, "mara@mara.example")
        self.visitors: dict[int, Visitor] = {}

    async def comment(self, words: str, name: str, under: Comment | None = None) -> None:
        visitor = self.isso.visitor(name)
        number = await visitor.comment(words, TEA, None if under is None else under.position)
        self.visitors[number] = visitor

    async def edit(self, comment: Comment, words: str) -> None:
        visitor = self.visitors.get(comment.position)
        if visitor is not None:
            await visitor.edit(comment.position, words)
        else:
            self.isso.sql("UPDATE comments SET text = ? WHERE id = ?", words, comment.position)

    async def delete(self, comment: Comment) -> None:
        visitor = self.visitors.pop(comment.position, None)
        if visitor is not None:
            await visitor.delete(comment.position)
        else:
            self.isso.sql("DELETE FROM comments WHERE id = ?", comment.position)

    async def hide(self, comment: Comment) -> None:
        self.isso.sql("UPDATE comments SET mode = 2 WHERE id = ?", comment.position)

    def lose_request(self) -> None:
        self.proxy.swallow_request("POST /")

    def lose_answer(self) -> None:
        self.proxy.swallow_answer_to("POST /")


@contextmanager
def loop_of_its_own() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop on another thread, which outlives the tests' own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="servers")
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="module")
def shared_isso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIsso]:
    stack = AsyncExitStack()
    with loop_of_its_own() as loop:
        server = stack.enter_async_context(real_isso(tmp_path_factory.mktemp("isso")))
        yield asyncio.run_coroutine_threadsafe(server, loop).result()
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()


class OnIsso(BlogContract):
    isso: RunningIsso

    @pytest.fixture(autouse=True)
    def _on_an_empty_isso(self, shared_isso: RunningIsso) -> None:
        self.isso = shared_isso
        for table in ("comments", "threads"):
            shared_isso.sql(f"DELETE FROM {table}")

    async def scene(self, stack: AsyncExitStack, **changes: Any) -> IssoScene:
        return IssoScene(self.isso, await stack.enter_async_context(proxied(self.isso.address)), **changes)


class TestIsso(OnIsso):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> IssoScene:
        return await self.scene(stack)


class TestIssoWithoutItsPassword(OnIsso):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> IssoScene:
        return await self.scene(stack, admin_password=None, moderated=False)
