from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.errors import RetryLater
from bridge.ledger import inbox, sources
from bridge.model import AnswerState, CommentId, Page
from bridge.testing.fake_blog import FakeBlog, Stored
from bridge.testing.stage import Stage
from bridge.text.tree import paragraph
from tests.flows.stories import answered, begun, shown, state


async def test_a_number_that_is_given_out_again_is_another_comment() -> None:
    async with Stage() as stage:
        await begun(stage)
        second = stage.blog.comment("me, too", name="Walter")
        await shown(stage, "me, too")
        stage.blog.remove(second)
        stage.clock.advance(1)
        third = stage.blog.comment("something else", name="Mallory")
        assert third.partition("@")[0] == second.partition("@")[0]
        await shown(stage, "something else")
        await stage.pass_time(10)
        assert stage.chat.standing()[1:] == ["Mallory: something else"]


async def test_a_withdrawal_does_not_hit_the_stranger_who_has_the_number_now() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In March.")
        await stage.pass_time(5.5)
        stage.blog.remove(stage.blog.public()[1].id)
        stage.clock.advance(1)
        stage.blog.comment("something else", name="Mallory")
        stage.chat.delete(message)
        await stage.pass_time(20)
        assert stage.blog.said()[1:] == ["something else"]
        assert "Mallory: something else" in stage.chat.standing()


async def test_a_revision_does_not_hit_the_stranger_who_has_the_number_now() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In March.")
        stage.blog.remove(stage.blog.public()[1].id)
        stage.clock.advance(1)
        stage.blog.comment("something else", name="Mallory")
        stage.chat.edit_message(message, "In April.")
        await stage.pass_time(20)
        assert stage.blog.said()[1:] == ["something else"]
        assert state(stage.chat, message) is AnswerState.GONE


async def imported(stage: Stage) -> None:
    """An old number is another comment, while a newer one is unchanged."""
    old = stage.blog.stored[1].comment
    new = replace(old, id=CommentId("1@imported"), text=paragraph("imported words"))
    stage.blog.stored[1] = Stored(new)


async def test_a_blog_whose_old_numbers_changed_is_paused_until_a_person_has_looked() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        await stage.pass_time(11)
        await imported(stage)
        await stage.pass_time(10)
        reason = await stage.ask(lambda tx: sources.paused(tx, "garden"))
        assert reason is not None and "imported or restored" in reason
        message = stage.chat.write(stage.chat.thread(), "Only the tips.")
        reads = stage.blog.reads
        await stage.pass_time(30)
        assert stage.blog.reads == reads and stage.blog.publications == []
        await stage.ask(lambda tx: inbox.ask(tx, 0.0, {"do": "resume", "blog": "garden"}))
        stage.ledger.wake("inbox")
        await shown(stage, "imported words")
        await stage.until(lambda: state(stage.chat, message) is AnswerState.PUBLIC, "the answer")
        await stage.pass_time(20)
        assert await stage.ask(lambda tx: sources.paused(tx, "garden")) is None
        assert sorted(stage.chat.standing()) == ["Vera: imported words", "Walter: And hydrangeas?"]


async def test_after_a_person_has_looked_the_next_import_pauses_the_blog_again() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        await stage.ask(lambda tx: inbox.ask(tx, 0.0, {"do": "resume", "blog": "garden"}))
        stage.ledger.wake("inbox")
        await stage.pass_time(10)
        await imported(stage)
        await stage.pass_time(10)
        assert await stage.ask(lambda tx: sources.paused(tx, "garden")) is not None


class Away(FakeBlog):
    """A blog that cannot be read for a while; what is published arrives."""

    away = False

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        if self.away:
            raise RetryLater("the blog cannot be read just now", after=5.0)
        async for page in super().pages(cursor):
            yield page


@pytest.mark.parametrize("who", ["our answer", "a visitor's comment"])
async def test_a_number_that_was_given_out_anew_below_an_answer_of_ours_is_no_import(who: str) -> None:
    stage = Stage()
    stage.blog = blog = Away(stage.clock)
    async with stage:
        await begun(stage)
        gone = blog.comment("Never mind.", name="Mallory")
        await shown(stage, "Never mind.")
        await stage.pass_time(11)
        blog.away = True
        blog.remove(gone)
        stage.clock.advance(1)
        if who == "our answer":
            await answered(stage, "In March.", reply_to=stage.chat.ours("prune"))
        else:
            blog.comment("Something else.", name="Walter")
        await answered(stage, "In April.", reply_to=stage.chat.ours("prune"))
        blog.away = False
        await stage.until(lambda: not any("Never mind." in said for said in stage.chat.standing()), "the reading")
        assert await stage.ask(lambda tx: sources.paused(tx, "garden")) is None
        await stage.pass_time(20)
        assert sum("Something else." in said for said in stage.chat.standing()) == (who != "our answer")
        assert blog.said()[-1] == "In April." and len(blog.said()) == 3
