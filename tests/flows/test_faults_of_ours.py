"""What goes wrong in an adapter or in ourselves stops one thing, and the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from bridge.model import (
    AccountName,
    AnswerState,
    Card,
    CommentId,
    Event,
    Found,
    Key,
    MessageId,
    Page,
    Part,
    PostId,
    Published,
    RawEvent,
    ThreadId,
    Written,
)
from bridge.ports import Record
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from bridge.text.tree import Text, plain, wording
from tests.flows.stories import answered, becomes, begun, receipt, shown, state, stopped


class BadChat(FakeChat):
    """A chat whose adapter has faults: words that it cannot bear in each method."""

    cancels = 0

    async def listen(self, since: str | None, record: Record) -> None:
        if self.cancels:
            self.cancels -= 1
            raise asyncio.CancelledError
        await super().listen(since, record)

    def render(self, card: Card) -> tuple[Part, ...]:
        if "cannot render" in plain(card.text):
            raise ValueError("a fault in render")
        return super().render(card)

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        if "cannot say" in part.body:
            raise ValueError("a fault in say")
        return await super().say(thread, part, key)

    def interpret(self, raw: RawEvent) -> Event | None:
        if "cannot interpret" in raw.body:
            raise ValueError("a fault in interpret")
        return super().interpret(raw)

    async def read(self, thread: ThreadId, message: MessageId) -> Written | None:
        if self.messages[message].body.startswith("cannot read"):
            self.messages[message].body = "can read"
            raise ValueError("a fault in read")
        found = await super().read(thread, message)
        if found is not None and self.messages[message].body.startswith("cannot take over"):
            self.messages[message].body = "can take over"
            return replace(found, text=5)  # type: ignore[arg-type]
        return found


class BadBlog(FakeBlog):
    """A blog whose adapter has faults."""

    bad_reads = 0

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().pages(cursor):
            if self.bad_reads:
                self.bad_reads -= 1
                raise ValueError("a fault in pages")
            yield page

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        if "cannot publish" in wording(text):
            raise ValueError("a fault in publish")
        return await super().publish(account, post, parent, text, key)

    async def find(self, account: AccountName, post: PostId, keys: Sequence[Key]) -> Sequence[Found]:
        if self.bad_reads:
            raise ValueError("a fault in find")
        return await super().find(account, post, keys)


def bad() -> tuple[Stage, BadBlog]:
    clock = DrivenClock()
    blog = BadBlog(clock)
    return Stage(clock=clock, blog=blog, chats={"lounge": BadChat(clock)}), blog


async def test_law_05_a_comment_that_cannot_be_rendered_is_shown_to_the_operator_and_the_others_go_on() -> None:
    stage, _ = bad()
    async with stage:
        await begun(stage)
        stage.blog.comment("cannot render")
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        assert [row["kind"] for row in await stopped(stage)] == ["comment"]


async def test_a_comment_that_cannot_be_rendered_any_more_after_an_edit_keeps_what_stands() -> None:
    stage, _ = bad()
    async with stage:
        comment = await begun(stage)
        stage.blog.edit(comment, "cannot render")
        await stage.pass_time(10)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]
        stage.blog.edit(comment, "How do you prune tulips?")
        await shown(stage, "tulips")


async def test_a_message_that_cannot_be_said_holds_up_its_own_lane_only() -> None:
    stage, _ = bad()
    async with stage:
        await begun(stage)
        stage.blog.comment("cannot say")
        stage.blog.comment("On the second", post="/second/")
        await shown(stage, "On the second")


async def test_an_event_that_cannot_be_interpreted_is_parked_and_the_thread_goes_on() -> None:
    stage, _ = bad()
    async with stage:
        await begun(stage)
        stage.chat.write(stage.chat.thread(), "cannot interpret")
        await answered(stage, "In March.")
        parked = await stage.ask(lambda tx: tx.all("SELECT reason FROM inbox WHERE state = 'parked'"))
        assert len(parked) == 1 and "a fault in interpret" in parked[0]["reason"]


async def test_law_05_listening_that_something_else_cancelled_is_begun_again() -> None:
    stage, _ = bad()
    assert isinstance(stage.chat, BadChat)
    stage.chat.cancels = 2
    async with stage:
        await begun(stage)
        await answered(stage)


async def test_a_message_that_cannot_be_read_now_is_read_again() -> None:
    stage, _ = bad()
    async with stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "cannot read")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.said()[1:] == ["can read"]


async def test_a_message_that_cannot_be_taken_over_now_is_read_again() -> None:
    stage, _ = bad()
    async with stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "cannot take over")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.said()[1:] == ["can take over"]


async def test_an_answer_that_cannot_be_published_is_looked_for_and_the_next_post_goes_on() -> None:
    stage, _ = bad()
    async with stage:
        await begun(stage)
        stage.blog.comment("On the second", post="/second/")
        await shown(stage, "second")
        await stage.pass_time(11)
        stuck = stage.chat.write(stage.chat.thread(0), "cannot publish")
        await stage.pass_time(15)
        free = stage.chat.write(stage.chat.thread(1), "Of course.")
        await becomes(stage, free, AnswerState.PUBLIC)
        assert state(stage.chat, stuck) is AnswerState.PUBLISHING
        assert "Backchat itself failed" in (receipt(stage.chat, stuck).reason or "")


async def test_a_look_up_that_fails_through_a_fault_of_ours_is_parked() -> None:
    stage, blog = bad()
    async with stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_BEFORE)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.HELD)
        blog.bad_reads = 10**6
        await becomes(stage, message, AnswerState.PARKED)


async def test_a_reading_that_fails_through_a_fault_of_ours_is_made_again() -> None:
    stage, blog = bad()
    async with stage:
        await begun(stage)
        blog.bad_reads = 1
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
