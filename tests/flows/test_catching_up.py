from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bridge.errors import RetryLater
from bridge.model import AnswerState, RawEvent
from bridge.ports import ChatAbility, Record
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import EVERYTHING, FakeChat
from bridge.testing.stage import Stage, place, route
from tests.flows.stories import answered, becomes, begun, receipt, shown, state


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        yield stage


async def test_what_was_written_while_it_was_down_arrives(stage: Stage) -> None:
    await begun(stage)
    await stage.stop()
    message = stage.chat.write(stage.chat.thread(), "In March.")
    stage.blog.comment("And hydrangeas?", name="Walter")
    stage.clock.advance(3600)
    await stage.start()
    await becomes(stage, message, AnswerState.PUBLIC)
    await shown(stage, "hydrangeas")
    assert stage.blog.public()[-1].parent == stage.blog.public()[0].id, "Walter had not been seen in the room then"


async def test_an_answer_that_was_deleted_while_it_was_down_is_not_published(stage: Stage) -> None:
    await begun(stage)
    held = stage.chat.write(stage.chat.thread(), "In May.")
    await becomes(stage, held, AnswerState.HELD)
    await stage.stop()
    unheard = stage.chat.write(stage.chat.thread(), "In June.")
    stage.chat.delete(held)
    stage.chat.delete(unheard)
    stage.clock.advance(3600)
    await stage.start()
    await stage.pass_time(30)
    assert stage.blog.publications == []


async def test_an_answer_that_was_edited_while_it_was_down_is_published_as_edited(stage: Stage) -> None:
    await begun(stage)
    held = stage.chat.write(stage.chat.thread(), "In May.")
    await becomes(stage, held, AnswerState.HELD)
    await stage.stop()
    stage.chat.edit_message(held, "In March.")
    stage.clock.advance(3600)
    await stage.start()
    await becomes(stage, held, AnswerState.PUBLIC)
    assert [words for words, _ in stage.blog.publications] == ["In March."]


async def test_a_public_answer_that_was_deleted_while_both_were_down_is_withdrawn_once_the_blog_is_there(
    stage: Stage,
) -> None:
    await begun(stage)
    message = await answered(stage)
    await stage.stop()
    stage.chat.delete(message)
    await stage.start(blog_is_there=False)
    await stage.pass_time(10)
    assert len(stage.blog.public()) == 2
    await stage.blog_comes()
    await stage.pass_time(10)
    assert len(stage.blog.public()) == 1


async def test_what_people_did_on_the_blog_while_it_was_down_follows(stage: Stage) -> None:
    comment = await begun(stage)
    other = stage.blog.comment("me, too", name="Walter")
    await shown(stage, "me, too")
    await stage.stop()
    stage.blog.edit(comment, "How do you prune tulips?")
    stage.blog.remove(other)
    await stage.start()
    await shown(stage, "tulips")
    await stage.until(lambda: len(stage.chat.standing()) == 1, "the other's end")


async def test_nothing_is_published_from_a_thread_that_is_not_caught_up() -> None:
    clock = DrivenClock()
    chat = SlowToCatchUp(clock, abilities=EVERYTHING - {ChatAbility.READ})
    quick = FakeChat(clock)
    chats: dict[str, FakeChat] = {"lounge": chat, "cellar": quick}
    routes = [route(place("lounge"), place("cellar"))]
    async with Stage(clock=clock, blog=FakeBlog(clock), chats=chats, routes=routes) as stage:
        await begun(stage)
        held = chat.write(chat.thread(), "In May.")
        await becomes(stage, held, AnswerState.HELD)
        chat.break_off()
        await stage.pass_time(1)
        chat.delete(held)
        await stage.pass_time(5)
        other = quick.write(quick.thread(), "In March.")
        await becomes(stage, other, AnswerState.PUBLIC, quick)
        assert stage.blog.said()[1:] == ["In March."], "a chat that is down holds up no other"
        await stage.pass_time(60)
        assert stage.blog.said()[1:] == ["In March."]
        chat.mend()
        await stage.pass_time(90)
        assert stage.blog.said()[1:] == ["In March."]
        late = chat.write(chat.thread(), "Or April.")
        await becomes(stage, late, AnswerState.PUBLIC)


class SlowToCatchUp(FakeChat):
    """A chat whose connection breaks."""

    broken = False

    def break_off(self) -> None:
        self.broken = True
        self._moved.set()

    def mend(self) -> None:
        self.broken = False

    async def listen(self, since: str | None, record: Record) -> None:
        if self.broken:
            raise RetryLater("the chat is down")

        async def unless_broken(
            events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
        ) -> None:
            if self.broken:
                raise RetryLater("the connection broke")
            await record(events, watermark, caught_up, missed=missed, gap=gap)

        await super().listen(since, unless_broken)


async def test_a_route_that_is_removed_refuses_what_it_has_not_sent_and_tells_the_writer(stage: Stage) -> None:
    await begun(stage)
    message = stage.chat.write(stage.chat.thread(), "In March.")
    await becomes(stage, message, AnswerState.HELD)
    await stage.stop()
    stage.routes = ()
    await stage.start()
    await stage.pass_time(20)
    assert state(stage.chat, message) is AnswerState.REFUSED
    assert "route was removed" in (receipt(stage.chat, message).reason or "")
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.pass_time(20)
    assert stage.blog.publications == [] and len(stage.chat.standing()) == 1
