"""What was said on Slack while Backchat was away, which Slack tells nobody again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model import Relay
from tests.flows.slack_stage import SlackStage, slack_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SlackStage]:
    async with slack_stage(tmp_path) as stage:
        yield stage


async def test_what_was_written_while_we_were_away_is_published(stage: SlackStage) -> None:
    await stage.begun()
    await stage.stop()
    said = stage.ada.reply(stage.thread(), "In March.")
    stage.clock.advance(7 * 60)
    await stage.start()
    await stage.receives(said, "✅")
    assert stage.blog.said() == [ROSES, "In March."]


async def test_deletions_and_edits_while_we_were_away_are_followed(stage: SlackStage) -> None:
    await stage.begun()
    edited = stage.ada.reply(stage.thread(), "In March.")
    await stage.receives(edited, "✅")
    deleted = stage.ada.reply(stage.thread(), "In May.")
    await stage.receives(deleted, "✅")
    await stage.stop()
    stage.clock.advance(600)
    stage.ada.edit(edited, "In April.")
    stage.ada.delete(deleted)
    stage.clock.advance(600)
    await stage.start()
    await stage.until(lambda: stage.blog.said() == [ROSES, "In April."], "the edit and the withdrawal", 3_000)


@pytest.mark.parametrize("written", ["before", "meanwhile"])
async def test_a_mark_that_was_set_while_we_were_away_is_found(tmp_path: Path, written: str) -> None:
    async with slack_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        said = stage.ada.reply(stage.thread(), "In March.") if written == "before" else None
        await stage.pass_time(30)
        await stage.stop()
        said = said or stage.ada.reply(stage.thread(), "In March.")
        stage.ada.react(said, "mega")
        stage.clock.advance(600)
        await stage.start()
        await stage.receives(said, "✅")


async def test_a_mark_on_a_message_from_before_the_start_is_heard(tmp_path: Path) -> None:
    async with slack_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        said = stage.ada.reply(stage.thread(), "In March.")
        await stage.pass_time(30)
        await stage.again()
        stage.ada.react(said, "mega")
        await stage.receives(said, "✅")


async def test_many_threads_with_more_than_a_page_of_replies_are_read_back(stage: SlackStage) -> None:
    """Posts were lost, and others bridged with wrong dates (matrix-org/matrix-appservice-slack#749, #791)."""
    for number in range(5):
        stage.blog.post(f"/{number}/", f"Post {number}")
    await stage.first_reading()
    for number in range(5):
        stage.blog.comment(f"Question {number}?", post=f"/{number}/")
        await stage.shown(f"Question {number}?")
    await stage.pass_time(60)
    await stage.stop()
    for _ in range(230):
        stage.gus.reply(stage.thread("Post 3"), "I wonder.")
    said = [stage.ada.reply(stage.thread(f"Post {number}"), f"Answer {number}.") for number in range(5)]
    stage.clock.advance(1_000)
    await stage.start()
    for message in said:
        await stage.receives(message, "✅")
    assert sorted(one for one in stage.blog.said() if "Answer" in one) == [f"Answer {n}." for n in range(5)]


async def test_nothing_of_the_past_is_replayed_at_the_first_start(tmp_path: Path) -> None:
    async with slack_stage(tmp_path, started=False) as stage:
        old = stage.ada.write(stage.channel, "Older than Backchat")
        stage.ada.reply(old, "Years ago.")
        stage.clock.advance(3_600)
        await stage.start()
        await stage.begun()
        await stage.at_rest()
        assert stage.blog.said() == [ROSES]


async def test_a_root_that_was_deleted_while_we_were_away_is_opened_anew(stage: SlackStage) -> None:
    await stage.begun()
    answer = stage.ada.reply(stage.thread(), "In March.")
    await stage.receives(answer, "✅")
    await stage.stop()
    stage.slack.admin.delete(stage.thread())
    stage.clock.advance(600)
    await stage.start()
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.shown("And hydrangeas?")
    await stage.at_rest()
    assert stage.named("First post") == 1
    assert stage.blog.said().count("In March.") == 1


@pytest.mark.parametrize("skew", [-90.0, 90.0])
async def test_a_slack_whose_clock_is_off_loses_and_doubles_nothing(tmp_path: Path, skew: float) -> None:
    async with slack_stage(tmp_path, started=False) as stage:
        stage.slack.world.time.skew = skew
        await stage.start()
        await stage.begun()
        await stage.pass_time(100)  # what is older than the route's permission, by Slack's clock, is none of its own
        stage.slack.fail("chat.postMessage", 500, commits=True)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.shown("And hydrangeas?")
        answer = stage.ada.reply(stage.thread(), "@Walter in March.")
        await stage.receives(answer, "✅")
        await stage.stop()
        away = stage.ada.reply(stage.thread(), "@Walter in April.")
        await stage.start()
        await stage.receives(away, "✅")
        await stage.at_rest()
        assert len(stage.standing()) == 2


async def test_what_cannot_be_read_at_first_is_read_later_and_live_events_come_meanwhile(stage: SlackStage) -> None:
    await stage.begun()
    await stage.stop()
    away = stage.ada.reply(stage.thread(), "In March.")
    stage.clock.advance(600)
    stage.slack.fail("conversations.*", 503, times=4)
    await stage.start(connected=False)
    await stage.until(lambda: stage.connected, "the connection")
    live = stage.ada.reply(stage.thread(), "In April.")
    await stage.receives(live, "✅")
    await stage.receives(away, "✅")
    await stage.at_rest()
    said = " ".join(stage.blog.said())
    assert (said.count("In March."), said.count("In April.")) == (1, 1)
