"""What waits for a blog or a chat to open has not failed: however often Backchat is restarted, it waits no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from tests.flows.stories import begun

RESTARTS = 5
CLOSED = 15.0
"""Seconds for which a blog or chat cannot be reached after each restart."""
SOON = 15.0
"""Seconds within which everything goes on once it can be: much less than the longest pause."""
LOST = [Fault.LOST_BEFORE, Fault.LOST_AFTER]


def searched(ledger: Path) -> Stage:
    """A stage whose chat knows no key, so that what is in doubt is looked for."""
    clock = DrivenClock()
    return Stage(clock=clock, blog=FakeBlog(clock), chats={"lounge": FakeChat(clock, key_window=0.0)}, ledger=ledger)


async def restarted(stage: Stage) -> None:
    """Start again and again while neither blog nor chat can be reached; once both can, the first effect is put off."""
    for _ in range(RESTARTS):
        await stage.crash()
        await stage.start(blog_is_there=False, chats_are_there=False)
        await stage.pass_time(CLOSED)
    for line in (stage.chat.line, stage.blog.line):
        line.faults.append(Fault.LATER)
    await stage.blog_comes()
    await stage.chats_come()


@pytest.mark.parametrize("fault", LOST)
async def test_law_03_a_comment_in_doubt_stands_once_as_soon_as_its_chat_is_open(tmp_path: Path, fault: Fault) -> None:
    async with searched(tmp_path / "ledger.db") as stage:
        await begun(stage)
        stage.chat.line.faults.append(fault)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.until(lambda: not stage.chat.line.faults, "the message")
        await restarted(stage)
        await stage.until(lambda: len(stage.chat.standing()) == 2, "the comment", SOON)
        await stage.pass_time(CLOSED)
        assert len(stage.chat.standing()) == 2


@pytest.mark.parametrize("fault", LOST)
async def test_law_03_an_edit_in_doubt_is_repeated_as_soon_as_its_chat_is_open(tmp_path: Path, fault: Fault) -> None:
    async with searched(tmp_path / "ledger.db") as stage:
        comment = await begun(stage)
        stage.chat.line.faults.append(fault)
        stage.blog.edit(comment, "How do you prune tulips?")
        await stage.until(lambda: not stage.chat.line.faults, "the edit")
        await restarted(stage)
        await stage.until(lambda: stage.chat.standing() == ["Vera: How do you prune tulips?"], "the edit", SOON)


@pytest.mark.parametrize("fault", LOST)
async def test_law_03_an_answer_in_doubt_stands_once_as_soon_as_its_blog_is_open(tmp_path: Path, fault: Fault) -> None:
    async with searched(tmp_path / "ledger.db") as stage:
        await begun(stage)
        stage.blog.line.faults.append(fault)
        stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: not stage.blog.line.faults, "the answer")
        await restarted(stage)
        await stage.until(lambda: stage.blog.said()[1:] == ["In March."], "the answer", SOON)
        await stage.pass_time(CLOSED)
        assert stage.blog.said()[1:] == ["In March."]
