"""What an operator gets on Slack: status, backfill, pause, resume and what needs a person, for their eyes alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flows.slack_stage import COMMAND, SlackStage, slack_stage
from tests.flows.stories import ROSES
from tests.servers.slack_double import Person, Problem


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[SlackStage]:
    """A stage that has not begun yet, in which Mo is an operator."""
    async with slack_stage(tmp_path, started=False) as stage:
        stage.chosen["operators"] = frozenset({stage.mod.id})
        yield stage


@pytest.fixture
async def stage(closed: SlackStage) -> SlackStage:
    await closed.start()
    return closed


async def _asks(stage: SlackStage, words: str, who: Person | None = None) -> str:
    """What a command is answered with, seen by nobody else."""
    asked = await (who or stage.mod).command(stage.channel, COMMAND, words)
    said = await asked.spoke()
    assert asked.ephemeral
    return said


async def test_status_tells_how_everything_stands(stage: SlackStage) -> None:
    await stage.begun()
    words = await _asks(stage, "status")
    assert "garden" in words
    assert stage.slack.token not in words


async def test_what_is_unanswered_is_listed_until_it_is_answered(stage: SlackStage) -> None:
    await stage.begun()
    assert ROSES in await _asks(stage, "unanswered")
    await stage.receives(stage.ada.reply(stage.thread(), "In March."), "✅")
    assert ROSES not in await _asks(stage, "unanswered")


async def test_what_needs_a_person_is_told(stage: SlackStage) -> None:
    await stage.begun()
    assert await _asks(stage, "parked")


async def test_backfill_shows_what_stood_there_before(closed: SlackStage) -> None:
    stage = closed
    stage.blog.comment("An old comment.")
    stage.blog.comment("An older one.")
    await stage.start()
    await stage.first_reading()
    await stage.at_rest()
    assert stage.standing() == []
    await _asks(stage, "backfill garden 2")
    await stage.shown("An old comment.")
    await stage.shown("An older one.")


async def test_a_paused_blog_rests_until_it_is_resumed(stage: SlackStage) -> None:
    await stage.begun()
    await _asks(stage, "pause garden")
    await stage.pass_time(30)
    reads = stage.blog.reads
    stage.blog.comment("Later.")
    await stage.pass_time(60)
    assert stage.blog.reads == reads
    await _asks(stage, "resume garden")
    await stage.shown("Later.")


@pytest.mark.parametrize("words", ["", "help", "pause meadow", "resume meadow", "dance", "backfill garden many"])
async def test_what_cannot_be_done_is_told_and_nothing_is_done(stage: SlackStage, words: str) -> None:
    await stage.begun()
    assert await _asks(stage, words)
    stage.blog.comment("And now?")
    await stage.shown("And now?")


async def test_that_threads_take_no_commands_is_said_where_commands_are_told_of(stage: SlackStage) -> None:
    await stage.begun()
    with pytest.raises(Problem, match="not supported in threads"):
        await stage.mod.command(stage.channel, COMMAND, "status", thread=stage.thread())
    assert "inside threads" in await _asks(stage, "help")


async def test_law_08_nobody_else_is_told_anything(stage: SlackStage) -> None:
    await stage.begun()
    for command in ("status", "unanswered", "pause garden"):
        words = await _asks(stage, command, stage.gus)
        assert stage.gus.id in words
        assert "roses" not in words
    stage.blog.comment("Still here?")
    await stage.shown("Still here?")
