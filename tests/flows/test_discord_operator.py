"""What an operator gets on Discord: status, what is unanswered, backfill, pause and resume, for their eyes alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.double import Person
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    """A stage that has not begun yet, with an operator."""
    async with discord_stage(tmp_path, started=False) as stage:
        stage.chosen["operators"] = frozenset({stage.discord.member("Olga").id})
        yield stage


@pytest.fixture
async def stage(closed: DiscordStage) -> DiscordStage:
    await closed.start()
    return closed


def _operator(stage: DiscordStage) -> Person:
    (id,) = stage.chosen["operators"]
    return Person(stage.discord.world, stage.discord.world.users[id])


async def _asks(stage: DiscordStage, command: str, who: Person | None = None, **options: Any) -> str:
    """What a command is answered with, seen by nobody else."""
    asked = await (who or _operator(stage)).command(stage.channel, f"backchat {command}", **options)
    words = await asked.spoke()
    assert asked.ephemeral
    return words


async def test_status_tells_how_everything_stands(stage: DiscordStage) -> None:
    await stage.begun()
    words = await _asks(stage, "status")
    assert "garden" in words
    assert "discord" in words
    assert stage.discord.token not in words


async def test_what_is_unanswered_is_listed_until_it_is_answered(stage: DiscordStage) -> None:
    await stage.begun()
    assert "How do you prune roses?" in await _asks(stage, "unanswered")
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "✅")
    assert ROSES not in await _asks(stage, "unanswered")


async def test_backfill_shows_what_stood_there_before(closed: DiscordStage) -> None:
    stage = closed
    stage.blog.comment("An old comment.")
    stage.blog.comment("An older one.")
    await stage.start()
    await stage.first_reading()
    await stage.at_rest()
    assert stage.standing() == []
    await _asks(stage, "backfill", blog="garden", last=2)
    await stage.shown("An old comment.")
    await stage.shown("An older one.")


async def test_a_paused_blog_rests_until_it_is_resumed(stage: DiscordStage) -> None:
    await stage.begun()
    await _asks(stage, "pause", blog="garden")
    await stage.pass_time(30)
    reads = stage.blog.reads
    stage.blog.comment("Later.")
    await stage.pass_time(60)
    assert stage.blog.reads == reads
    await _asks(stage, "resume", blog="garden")
    await stage.shown("Later.")


async def test_names_that_no_blog_has_are_told_and_nothing_is_done(stage: DiscordStage) -> None:
    await stage.begun()
    for command in ("pause", "resume"):
        assert "garden" in await _asks(stage, command, blog="meadow")
    await stage.pass_time(30)
    stage.blog.comment("And now?")
    await stage.shown("And now?")


async def test_law_08_nobody_else_is_told_anything(stage: DiscordStage) -> None:
    await stage.begun()
    for command, options in [("status", {}), ("unanswered", {}), ("pause", {"blog": "garden"})]:
        words = await _asks(stage, command, stage.gus, **options)
        assert stage.gus.id in words
        assert "roses" not in words
    stage.blog.comment("Still here?")
    await stage.shown("Still here?")


async def test_commands_are_told_to_discord_only_when_they_have_changed(stage: DiscordStage) -> None:
    def told() -> int:
        return sum(one.method == "PUT" and one.path.endswith("/commands") for one in stage.discord.requests)

    assert told() == 1
    await stage.again()
    assert told() == 1
    stage.chosen["operators"] = frozenset()
    await stage.again()
    assert told() == 2
