"""A chat that tells nothing of what was changed while nobody listened: the messages of answers are read once more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model import AnswerState
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.stage import Stage
from bridge.text.tree import wording
from tests.flows.stories import ROSES, answered, becomes, begun


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clock = DrivenClock()
    chats = {"lounge": FakeChat(clock, tells_past=False)}
    async with Stage(ledger=tmp_path / "ledger.db", clock=clock, blog=FakeBlog(clock), chats=chats) as stage:
        yield stage


async def test_what_was_edited_meanwhile_is_revised(stage: Stage) -> None:
    await begun(stage)
    message = await answered(stage)
    await stage.stop()
    stage.chat.edit_message(message, "In April.")
    await stage.start()
    await stage.until(lambda: [wording(c.text) for c in stage.blog.public()] == [ROSES, "In April."], "the revision")
    await becomes(stage, message, AnswerState.PUBLIC)


async def test_what_was_deleted_meanwhile_is_withdrawn(stage: Stage) -> None:
    await begun(stage)
    message = await answered(stage)
    await stage.stop()
    stage.chat.delete(message)
    await stage.start()
    await stage.until(lambda: len(stage.blog.public()) == 1, "the withdrawal")


async def test_what_stands_as_it_did_is_left_alone(stage: Stage) -> None:
    await begun(stage)
    message = await answered(stage)
    writes = len(stage.blog.publications)
    for _ in range(3):
        await stage.stop()
        await stage.start()
        await stage.pass_time(10)
    await becomes(stage, message, AnswerState.PUBLIC)
    assert len(stage.blog.publications) == writes
    assert await stage.ask(lambda tx: tx.all("SELECT 1 FROM answer WHERE recheck = 1")) == []


async def test_what_was_written_and_deleted_while_it_was_down_is_never_published(stage: Stage) -> None:
    await begun(stage)
    await stage.stop()
    gone = stage.chat.write(stage.chat.thread(), "Never mind.")
    stage.chat.delete(gone)
    stage.chat.write(stage.chat.thread(), "In March.")
    await stage.start()
    await stage.until(lambda: len(stage.blog.public()) == 2, "the other one")
    assert [wording(c.text) for c in stage.blog.public()] == [ROSES, "In March."]
