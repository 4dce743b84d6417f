"""What a blog or a chat lets us do may end while we run: it is asked anew, and what is gone is not tried any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from bridge.doors import Doors
from bridge.errors import OpenAgain, Refused
from bridge.ledger.overview import overview
from bridge.model import (
    AccountName,
    AnswerState,
    CommentId,
    Key,
    MessageId,
    Page,
    Part,
    PostCard,
    PostId,
    Published,
    RawEvent,
    RoomId,
    ThreadId,
    Written,
)
from bridge.overview import ChatOverview
from bridge.ports import BlogAbility, BlogReady, ChatAbility, ChatReady, Record
from bridge.systemd import Service
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import EVERYTHING, FakeChat
from bridge.testing.stage import Stage
from bridge.text.tree import Text
from tests.flows.stories import ROSES, answered, becomes, begun, receipt, shown


class GuardedBlog(FakeBlog):
    """A blog whose password can be revoked, and which says so only when it is used."""

    openings = 0
    revoked = False
    reads_anyway = True
    closed = False
    forbids = False
    tried = 0

    async def open(self, stack: AsyncExitStack) -> BlogReady:
        self.openings += 1
        if self.closed:
            raise Refused("WordPress takes ada for a stranger")
        self.abilities = frozenset() if self.revoked else frozenset(BlogAbility)
        return await super().open(stack)

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        self.tried += 1
        if self.forbids:
            raise OpenAgain("the list of comments is forbidden")
        if self.revoked and not self.reads_anyway:
            raise OpenAgain("the password is valid no more")
        async for page in super().pages(cursor):
            yield page

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        if self.revoked:
            raise OpenAgain("the password is valid no more")
        return await super().publish(account, post, parent, text, key)


@asynccontextmanager
async def behind_doors() -> AsyncIterator[tuple[Stage, GuardedBlog]]:
    """A stage whose blog is kept by the daemon's own doors."""
    clock = DrivenClock()
    blog = GuardedBlog(clock)
    async with Stage(clock=clock, blog=blog) as stage, AsyncExitStack() as stack:
        (open_,) = stage.house.blogs.values()
        keeping = asyncio.create_task(Doors(stage.house, stack, Service()).keep_blog(open_))
        try:
            yield stage, blog
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


async def test_an_answer_whose_account_is_locked_out_is_refused_in_words_and_not_tried_for_ever() -> None:
    async with behind_doors() as (stage, blog):
        await begun(stage)
        await answered(stage)
        before, blog.revoked = blog.openings, True
        message = stage.chat.write(stage.chat.thread(), "Or April.")
        await becomes(stage, message, AnswerState.REFUSED)
        assert blog.openings == before + 1 and "can only be read" in (receipt(stage.chat, message).reason or "")
        assert not stage.house.blogs[stage.name].can(BlogAbility.MODERATE)


@pytest.mark.parametrize("comes_back", [False, True])
async def test_a_reading_that_is_locked_out_has_the_blog_opened_again(comes_back: bool) -> None:
    async with behind_doors() as (stage, blog):
        await begun(stage)
        before, blog.revoked, blog.reads_anyway = blog.openings, True, False
        await stage.until(lambda: blog.openings > before, "the second opening")
        assert stage.house.blogs[stage.name].ready is not None
        if comes_back:
            blog.revoked = False
            stage.blog.comment("And hydrangeas?", name="Walter")
            await shown(stage, "hydrangeas")


async def test_after_an_hour_locked_out_it_is_read_as_soon_as_it_opens_again() -> None:
    """Reading has failed so often by then that its own next try would be another hour away."""
    async with behind_doors() as (stage, blog):
        await begun(stage)
        blog.revoked, blog.closed, blog.reads_anyway = True, True, False
        for _ in range(24):
            stage.clock.advance(300)
            await stage.settle()
        openings = blog.openings
        assert openings < 30
        blog.revoked = blog.closed = False
        stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.until(lambda: blog.openings > openings, "another opening", 301)
        await shown(stage, "hydrangeas")


async def test_a_blog_that_opens_but_is_not_read_causes_no_storm() -> None:
    async with behind_doors() as (stage, blog):
        await begun(stage)
        blog.forbids, tried, openings = True, blog.tried, blog.openings
        await stage.pass_time(600)
        assert blog.tried - tried < 20 and blog.openings - openings < 20


class GuardedChat(FakeChat):
    """A chat that may cease to show what people write, and whose token can be revoked; it says so when it is used."""

    openings = 0
    revoked = False
    closed = False
    blank = False
    listened = 0

    async def open(self, stack: AsyncExitStack) -> ChatReady:
        self.openings += 1
        if self.closed:
            raise Refused("the token is valid no more")
        self.abilities = EVERYTHING - {ChatAbility.READ} if self.blank else EVERYTHING
        return await super().open(stack)

    def _asked(self) -> None:
        if self.revoked:
            raise OpenAgain("the token is valid no more")

    async def start_thread(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        self._asked()
        return await super().start_thread(room, card, key)

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        self._asked()
        return await super().say(thread, part, key)

    async def read(self, thread: ThreadId, message: MessageId) -> Written | None:
        if self.blank:
            raise OpenAgain("what people write is not shown any more")
        return await super().read(thread, message)

    async def listen(self, since: str | None, record: Record) -> None:
        self.listened += 1

        async def heard(events: Sequence[RawEvent], watermark: str | None, caught_up: bool, **more: Any) -> None:
            self._asked()
            await record(events, watermark, caught_up, **more)

        await super().listen(since, heard)

    def break_off(self) -> None:
        """Have the token looked at now by whoever listens."""
        self._moved.set()


async def chats(stage: Stage) -> Sequence[ChatOverview]:
    """What is known of the chats."""
    return (await stage.ask(lambda tx: overview(tx, stage.clock.now()))).chats


@asynccontextmanager
async def behind_a_chats_doors() -> AsyncIterator[tuple[Stage, GuardedBlog, GuardedChat]]:
    """A stage whose chat is kept by the daemon's own doors."""
    clock = DrivenClock()
    blog, chat = GuardedBlog(clock), GuardedChat(clock)
    async with Stage(clock=clock, blog=blog, chats={"lounge": chat}) as stage, AsyncExitStack() as stack:
        (open_,) = stage.house.chats.values()
        keeping = asyncio.create_task(Doors(stage.house, stack, Service()).keep_chat(open_))
        try:
            yield stage, blog, chat
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)


async def test_a_chat_that_shows_no_words_any_more_is_asked_for_none_and_answers_go_on() -> None:
    async with behind_a_chats_doors() as (stage, blog, chat):
        await begun(stage)
        opened, chat.blank = blog.openings, True
        await answered(stage)
        assert chat.openings == 3 and blog.openings == opened


async def test_a_thread_that_a_chat_does_not_open_has_the_chat_opened_again_and_not_the_blog() -> None:
    async with behind_a_chats_doors() as (stage, blog, chat):
        chat.revoked, openings, opened = True, chat.openings, blog.openings
        blog.post()
        blog.comment(ROSES)
        await stage.until(lambda: chat.openings > openings, "another opening")
        assert blog.openings == opened
        chat.revoked = False
        await shown(stage, ROSES)


async def test_after_an_hour_shut_out_a_chat_is_heard_as_soon_as_it_opens_again() -> None:
    """Listening has failed so often by then that its own next try would be a long while away."""
    async with behind_a_chats_doors() as (stage, _, chat):
        await begun(stage)
        chat.revoked = chat.closed = True
        chat.break_off()
        for _ in range(24):
            stage.clock.advance(300)
            await stage.settle()
        openings = chat.openings
        assert openings < 30
        chat.revoked = chat.closed = False
        message = chat.write(chat.thread(), "In March.")
        await stage.until(lambda: chat.openings > openings, "another opening", 301)
        await becomes(stage, message, AnswerState.PUBLIC)


async def test_a_chat_that_is_heard_all_along_needs_nobody_once_it_lets_us_in_again() -> None:
    """What people write may arrive though nothing can be said: the trouble is told, and taken back when it is over."""
    async with behind_a_chats_doors() as (stage, blog, chat):
        await begun(stage)
        (door,), listened = stage.house.chats.values(), chat.listened
        chat.revoked = chat.closed = True
        blog.comment("And hydrangeas?", name="Walter")
        await stage.until(lambda: door.trouble is not None, "the trouble")
        await stage.settle()
        assert [told.last_error for told in await chats(stage)] == ["the token is valid no more"]
        chat.revoked = chat.closed = False
        await stage.until(lambda: door.trouble is None, "its end", 601)
        await shown(stage, "hydrangeas")
        assert [told.last_error for told in await chats(stage)] == [None]
        assert chat.listened == listened


async def test_a_chat_that_opens_but_is_not_heard_causes_no_storm() -> None:
    async with behind_a_chats_doors() as (stage, _, chat):
        await begun(stage)
        chat.revoked, listened, openings = True, chat.listened, chat.openings
        chat.break_off()
        await stage.pass_time(600)
        assert 2 < chat.listened - listened < 50 and chat.openings - openings < 50
