"""Slack calls Backchat by HTTP, where it is reachable: all that people do there comes as by a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.settings import EVENTS, HTTP
from tests.flows.slack_stage import COMMAND, SlackStage, slack_stage
from tests.flows.stories import ROSES
from tests.servers.mounted import mounted


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SlackStage]:
    async with mounted() as (mounts, address), slack_stage(tmp_path, started=False, mode=HTTP) as stage:
        stage.mount = mounts.at("chats", "slack")
        stage.chosen["operators"] = frozenset({stage.mod.id})
        await stage.start()
        await stage.slack.subscribe(f"{address}/in/chats/slack/{EVENTS}")
        yield stage


async def test_an_answer_is_published_revised_and_taken_back(stage: SlackStage) -> None:
    await stage.begun()
    answer = stage.ada.reply(stage.thread(), "In March.")
    await stage.receives(answer, "✅")
    stage.ada.edit(answer, "In April.")
    await stage.on_blog("In April.")
    stage.ada.delete(answer)
    await stage.until(lambda: stage.blog.said() == [ROSES], "the withdrawal")


async def test_buttons_windows_shortcuts_and_commands_come_too(stage: SlackStage) -> None:
    await stage.begun()
    await stage.answer_by_form("In March.", stage.ours(ROSES))
    await stage.on_blog("In March.")
    said = stage.ada.reply(stage.thread(), "No")
    await stage.until(lambda: len(stage.ada.whispers()) == 1, "the reason")
    assert "fewer than 3" in await stage.told(stage.ada, stage.ada.shortcut(said, "Why?"))
    asked = await stage.mod.command(stage.channel, COMMAND, "status")
    assert "garden" in await asked.spoke()


async def test_what_slack_told_nobody_while_we_were_away_is_read_back(stage: SlackStage) -> None:
    await stage.begun()
    await stage.stop()
    away = stage.ada.reply(stage.thread(), "In March.")
    await stage.slack.deliveries.until(lambda: stage.slack.deliveries.dead, "an event that nobody takes")
    stage.clock.advance(600)
    await stage.start()
    await stage.receives(away, "✅")
    assert stage.blog.said() == [ROSES, "In March."]


@pytest.mark.parametrize("how", ["twice", "again"])
async def test_law_06_an_event_that_is_told_again_counts_once(stage: SlackStage, how: str) -> None:
    await stage.begun()
    stage.slack.spoil("message", how)  # type: ignore[arg-type]
    await stage.receives(stage.ada.reply(stage.thread(), "In March."), "✅")
    await stage.at_rest()
    assert stage.blog.said() == [ROSES, "In March."]
