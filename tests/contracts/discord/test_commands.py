"""`/backchat` for operators on a real ledger, and how Discord learns which commands there are."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.double.interactions import DEFERRED_MESSAGE
from adapters.discord.double.people import Person
from bridge.chats.phrases import PUBLISH
from bridge.model import Relay
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.flows.stories import ROSES

COMMANDS = "/applications/{application_id}/commands"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    """Mo is an operator."""
    async with discord_stage(tmp_path, started=False) as stage:
        stage.chosen["operators"] = frozenset({stage.mod.id})
        await stage.start()
        yield stage


async def said(stage: DiscordStage, name: str, who: Person | None = None, **options: Any) -> str:
    """What an operator is told, and nobody else."""
    told = await (who or stage.mod).command(stage.channel, f"backchat {name}", **options)
    words = await told.spoke()
    assert told.ephemeral
    stage.ledger.wake("inbox")  # as the daemon does, which looks whether somebody else has written into its file
    return words


def synced(stage: DiscordStage) -> int:
    """How often Discord was told which commands there are."""
    return len(stage.discord.asked("PUT", COMMANDS))


# The office -----------------------------------------------------------------------------------------------------------


async def test_status_and_unanswered_tell_what_the_ledger_knows(stage: DiscordStage) -> None:
    assert "**garden**: read" in await said(stage, "status")
    assert await said(stage, "unanswered") == "No comment waits for an answer."
    await stage.begun(name="Vera")
    assert "1 comment known, 1 unanswered" in await said(stage, "status")
    waiting = await said(stage, "unanswered")
    assert "1 comment waits" in waiting
    at = re.search(r"- \*\*Vera\*\* on First post <t:(\d+):R>", waiting)
    assert at is not None
    assert 0 <= stage.clock.now() - int(at[1]) < 1000
    assert f"{ROSES} · [on the blog](<https://blog.example/first/#c1>)" in waiting


async def test_what_needs_a_person_is_told_and_why(stage: DiscordStage) -> None:
    assert await said(stage, "parked") == "Nothing needs you."
    await stage.begun()
    broken = "INSERT INTO inbox (chat, event_id, natural_key, thread, ord, body, at, state, reason)"
    values = " VALUES ('discord', 'm:1', 'm:1', '1', 1, '{}', 0, 'parked', 'a fault of ours')"
    await stage.ask(lambda tx: tx.run(broken + values))
    assert (await said(stage, "parked")).splitlines() == [
        "⚠️ parked, event for discord: a fault of ours",
        "1 thing needs somebody at the command line: `backchat parked list`",
    ]


async def test_a_blog_is_paused_and_resumed(stage: DiscordStage) -> None:
    await stage.begun()
    await said(stage, "pause", blog="garden")
    await stage.until_so(lambda tx: tx.one("SELECT 1 FROM source WHERE paused IS NOT NULL") is not None, "the pause")
    stage.blog.comment("And when?")
    await stage.pass_time(60)
    assert not stage.found("And when?")
    assert "⚠️ **garden** is paused by Mo" in await said(stage, "status")
    assert "read again" in await said(stage, "resume", blog="garden")
    await stage.shown("And when?")
    assert "not paused" in await said(stage, "resume", blog="garden")


async def test_what_stood_there_before_is_shown_on_demand(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, started=False) as stage:
        stage.chosen["operators"] = frozenset({stage.mod.id})
        for number in range(3):
            stage.blog.comment(f"Before {number}.")
            stage.clock.advance(1)
        await stage.start()
        await stage.first_reading()
        assert "2 comments" in await said(stage, "backfill", blog="garden", last=2)
        await stage.shown("Before 2.")
        await stage.at_rest()
        assert (len(stage.found("Before 0.")), len(stage.found("Before 1."))) == (0, 1)


async def test_law_08_nobody_else_gets_into_the_office(stage: DiscordStage) -> None:
    await stage.begun()
    namesake = stage.discord.member("Mo")
    for who in (stage.ada, namesake):
        for name, options in (
            ("status", {}), ("unanswered", {}), ("parked", {}), ("pause", {"blog": "garden"}),
            ("resume", {"blog": "garden"}), ("backfill", {"blog": "garden", "last": 3}),
        ):  # fmt: skip
            words = await said(stage, name, who, **options)
            assert "Only Backchat's operators" in words
            assert who.id in words
    assert await stage.ask(lambda tx: tx.one("SELECT 1 FROM inbox WHERE chat = ''")) is None


async def test_a_blog_that_is_not_there_is_said_in_words(stage: DiscordStage) -> None:
    await stage.begun()
    for name in ("pause", "resume", "backfill"):
        options: dict[str, Any] = {"last": 3} if name == "backfill" else {}
        assert "There is no blog kitchen; there is: garden." in await said(stage, name, blog="kitchen", **options)


async def test_an_answer_that_takes_long_is_waited_for(stage: DiscordStage) -> None:
    told = await stage.mod.command(stage.channel, "backchat status")
    assert told.answer == DEFERRED_MESSAGE
    assert "garden" in await told.spoke()


# Which there are ------------------------------------------------------------------------------------------------------


async def test_commands_are_told_when_they_have_changed_and_not_at_every_start(stage: DiscordStage) -> None:
    assert synced(stage) == 1
    await stage.again()
    assert synced(stage) == 1
    stage.routes = (replace(stage.routes[0], relay=Relay.OFF),)
    await stage.again()
    assert synced(stage) == 2
    stage.chosen["operators"] = frozenset()
    await stage.again()
    assert synced(stage) == 3
    assert stage.discord.world.interactions.commands[""] == {}


async def test_who_cannot_use_a_command_is_not_offered_one(tmp_path: Path) -> None:
    async with discord_stage(tmp_path) as stage:
        known = stage.discord.world.interactions.commands[""]
        assert [one["name"] for one in known.values()] == [PUBLISH]


@pytest.mark.parametrize("answer", [500, 503, 400])
async def test_a_chat_opens_though_discord_takes_no_commands_and_tells_them_at_its_next_start(
    tmp_path: Path, answer: int
) -> None:
    async with discord_stage(tmp_path, started=False) as stage:
        stage.discord.fail("PUT", "/applications/*/commands", answer)
        await stage.start()
        ready = stage.house.chats[next(iter(stage.house.chats))].opened()
        assert any("commands" in remark for remark in ready.remarks)
        await stage.again()
        ready = stage.house.chats[next(iter(stage.house.chats))].opened()
        assert ready.remarks == ()
        assert synced(stage) == 2


async def test_who_only_looks_tells_discord_nothing(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, started=False) as stage, AsyncExitStack() as stack:
        stage.chosen["operators"] = frozenset({stage.mod.id})
        await stage.start()
        await stage.stop()
        (tmp_path / "discord-discord-commands.json").unlink()
        adapter = stage.adapter
        adapter.surroundings = replace(adapter.surroundings, looking=True)
        await adapter.open(stack)
        assert synced(stage) == 1


async def test_a_folder_that_cannot_be_written_costs_a_request_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "adapters.discord.commands")
    async with discord_stage(tmp_path, started=False) as stage:
        (tmp_path / "discord-discord-commands.json").mkdir()
        await stage.start()
        await stage.again()
        assert synced(stage) == 2
        assert "cannot be kept" in caplog.text
