"""A ledger from a backup does not know what was done after it: what it does again must find what stands already."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.ledger import runs
from bridge.model import AnswerState, MessageId
from bridge.ports import BlogAbility
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.stage import Stage
from bridge.text.tree import wording
from tests.flows.stories import answered, becomes, begun, receipt, shown


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        yield stage


async def restored(stage: Stage, tmp_path: Path, *, blog_is_there: bool = True) -> None:
    """The newest ledger is lost, the one from before is put back, and time has passed."""
    await stage.stop()
    shutil.copy(tmp_path / "backup.db", tmp_path / "ledger.db")
    stage.clock.advance(3600)
    await stage.start(blog_is_there=blog_is_there)


async def backed_up(stage: Stage, tmp_path: Path) -> None:
    await stage.stop()
    shutil.copy(tmp_path / "ledger.db", tmp_path / "backup.db")
    await stage.start()


async def test_law_03_an_answer_that_a_restored_ledger_has_forgotten_is_found_and_not_published_again(
    stage: Stage, tmp_path: Path
) -> None:
    await begun(stage)
    await backed_up(stage, tmp_path)
    message = await answered(stage)
    assert len(stage.blog.publications) == 1
    await restored(stage, tmp_path)
    await becomes(stage, message, AnswerState.PUBLIC)
    assert len(stage.blog.publications) == 1
    stage.chat.delete(message)
    await stage.until(lambda: len(stage.blog.public()) == 1, "the withdrawal of the answer that was found")


async def test_law_06_an_answer_that_was_read_before_it_was_known_again_leaves_the_room_where_it_was_written(
    stage: Stage, tmp_path: Path
) -> None:
    await begun(stage)
    await backed_up(stage, tmp_path)
    message = await answered(stage)
    await restored(stage, tmp_path)
    await becomes(stage, message, AnswerState.PUBLIC)
    await stage.until(
        lambda: not any("In March" in said for said in stage.chat.standing()), "nothing of ours beside the message"
    )


async def test_what_was_written_while_it_was_down_is_looked_for_once_and_then_published(stage: Stage) -> None:
    await begun(stage)
    await stage.stop()
    message = stage.chat.write(stage.chat.thread(), "In March.")
    stage.clock.advance(3600)
    await stage.start()
    await becomes(stage, message, AnswerState.PUBLIC)
    assert len(stage.blog.publications) == 1


async def test_a_comment_that_a_restored_ledger_has_forgotten_is_not_said_again(stage: Stage, tmp_path: Path) -> None:
    await begun(stage)
    await backed_up(stage, tmp_path)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await shown(stage, "hydrangeas")
    await restored(stage, tmp_path)
    await stage.pass_time(200)
    assert sum("hydrangeas" in said for said in stage.chat.standing()) == 1


@pytest.mark.parametrize("window", [0.0, 120.0])
async def test_law_03_a_chat_that_forgets_keys_is_searched_for_what_a_restored_ledger_has_forgotten(
    tmp_path: Path, window: float
) -> None:
    clock = DrivenClock()
    chat = FakeChat(clock, key_window=window, thread_window=window)
    async with Stage(ledger=tmp_path / "ledger.db", clock=clock, blog=FakeBlog(clock), chats={"lounge": chat}) as stage:
        await begun(stage)
        await stage.ask(lambda tx: runs.alive(tx, clock.now()))
        await backed_up(stage, tmp_path)
        stage.blog.post("/second/")
        stage.blog.comment("And hydrangeas?", name="Walter")
        stage.blog.comment("What about roofs?", name="Xenia", post="/second/")
        await shown(stage, "hydrangeas")
        await shown(stage, "roofs")
        await restored(stage, tmp_path)
        await stage.pass_time(200)
        assert len(chat.threads) == 2
        assert len([one for one in chat.messages.values() if one.writer == "backchat"]) == 3, "nothing was said twice"
        stage.blog.comment("And tulips?", name="Yolanda", post="/second/")
        await shown(stage, "tulips")


async def test_an_answer_to_a_comment_that_a_restored_ledger_has_forgotten_goes_under_that_comment(
    stage: Stage, tmp_path: Path
) -> None:
    await begun(stage)
    await backed_up(stage, tmp_path)
    walter = stage.blog.comment("And hydrangeas?", name="Walter")
    await shown(stage, "hydrangeas")
    asked = next(id for id, message in stage.chat.messages.items() if "hydrangeas" in message.body)
    message = stage.chat.write(stage.chat.thread(), "In April.", addressed=asked)
    await restored(stage, tmp_path, blog_is_there=False)
    await stage.pass_time(5)
    await stage.blog_comes()
    await becomes(stage, message, AnswerState.PUBLIC)
    (ours,) = [comment for comment in stage.blog.public() if wording(comment.text) == "In April."]
    assert ours.parent == walter


async def test_an_answer_to_a_message_that_nobody_knows_is_not_published_under_another_comment(stage: Stage) -> None:
    await begun(stage)
    message = stage.chat.write(stage.chat.thread(), "In April.", addressed=MessageId("of another time"))
    await becomes(stage, message, AnswerState.REFUSED)
    assert "not clear which comment" in (receipt(stage.chat, message).reason or "")
    assert stage.blog.publications == []


async def test_on_a_blog_that_cannot_be_searched_nothing_is_looked_for(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        stage.blog.abilities = frozenset(BlogAbility) - {BlogAbility.FIND}
        await stage.stop()
        await stage.start()
        await begun(stage)
        await stage.stop()
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.start()
        await becomes(stage, message, AnswerState.PUBLIC)
