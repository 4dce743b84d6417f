"""Law 3 before Slack: what it carries out long after we gave it up stands once after a sweep, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.slack.double.faults import Fault
from bridge.model import CommentId
from tests.flows.slack_stage import SlackStage, slack_stage
from tests.servers.slack_copies import Copies

LATE = (30.0, 120.0, 300.0)
"""Seconds: the first is reckoned with, the others are not."""
RESTS = 400
"""Seconds for which nothing is sent."""


async def _given_up(stage: SlackStage, late: float) -> tuple[CommentId, Fault]:
    """A comment that Slack did not answer, and will show later."""
    await stage.begun("One.")
    fault = stage.slack.fail("chat.postMessage", "hang", commits=late)
    comment = stage.blog.comment("Two.")
    await stage.until(lambda: bool(fault.hits), "the message")
    return comment, fault


async def _at_last(stage: SlackStage, late: Fault) -> list[str]:
    """The words of all that stands once the late one has come, and everything else has, but for the first comment."""
    await stage.until(late.committed.is_set, "the late one", RESTS)
    await stage.pass_time(30)
    await stage.at_rest()
    return [said.splitlines()[0] for said in map(stage.words, stage.standing()) if "One." not in said]


@pytest.mark.parametrize("late", LATE)
async def test_law_03_a_comment_that_was_edited_meanwhile_stands_once(tmp_path: Path, late: float) -> None:
    async with slack_stage(tmp_path) as stage:
        comment, fault = await _given_up(stage, late)
        stage.blog.edit(comment, "Three.")
        assert await _at_last(stage, fault) == ["Three."]


@pytest.mark.parametrize("late", LATE)
async def test_law_03_a_comment_that_was_removed_meanwhile_stands_no_more(tmp_path: Path, late: float) -> None:
    async with slack_stage(tmp_path) as stage:
        comment, fault = await _given_up(stage, late)
        stage.blog.remove(comment)
        assert await _at_last(stage, fault) == []


async def test_law_03_what_comes_late_while_it_waits_to_be_said_again_is_not_said_again(tmp_path: Path) -> None:
    async with slack_stage(tmp_path) as stage:
        _, fault = await _given_up(stage, 200.0)
        stage.slack.fail("chat.postMessage", 429, retry_after=RESTS)
        assert await _at_last(stage, fault) == ["Two."]
        await stage.pass_time(RESTS)
        assert await _at_last(stage, fault) == ["Two."]


async def test_law_03_a_thread_that_comes_late_while_it_waits_to_be_started_again_is_the_only_one(
    tmp_path: Path,
) -> None:
    async with slack_stage(tmp_path) as stage:
        await stage.first_reading()
        late = stage.slack.fail("chat.postMessage", "hang", commits=200.0)
        stage.slack.fail("chat.postMessage", 429, retry_after=2 * RESTS)
        stage.blog.comment("One.")
        await stage.until(late.committed.is_set, "the late one")
        await stage.until(lambda: bool(stage.found("One.")), "the comment", 3 * RESTS)
        await stage.pass_time(RESTS)
        await stage.at_rest()
        assert [stage.title(one) for one in stage.roots()] == ["First post"]
        assert len(stage.found("One.")) == 1


@pytest.mark.parametrize("late", [300.0, 600.0])
async def test_law_03_a_second_card_of_a_post_goes(tmp_path: Path, late: float) -> None:
    async with slack_stage(tmp_path) as stage:
        await stage.first_reading()
        fault = stage.slack.fail("chat.postMessage", "hang", commits=late)
        stage.blog.comment("One.")
        await stage.until(fault.committed.is_set, "the late one", 2 * late)
        await stage.pass_time(30)
        await stage.at_rest()
        assert [stage.title(one) for one in stage.roots()] == ["First post"]
        assert len(stage.found("One.")) == 1


async def test_law_03_a_second_card_below_which_people_wrote_stays(tmp_path: Path) -> None:
    async with slack_stage(tmp_path) as stage:
        await stage.first_reading()
        fault = stage.slack.fail("chat.postMessage", "hang", commits=300.0)
        stage.blog.comment("One.")
        await stage.shown("One.")
        await stage.stop()
        stage.clock.advance(300.0)
        await fault.committed.wait()
        first, second = stage.roots()
        there = next(one for one in (first, second) if not stage.ours_in(one))
        stage.gus.reply(there, "Me first!")
        await stage.start()
        await stage.at_rest()
        assert there in stage.roots()
        assert len(stage.slack.thread(there)) >= 1


@pytest.mark.parametrize("skew", [-600.0, 600.0])
@pytest.mark.parametrize("what", ["card", "comment"])
async def test_law_02_what_is_looked_for_is_found_though_a_clock_is_wrong(
    tmp_path: Path, skew: float, what: str
) -> None:
    async with slack_stage(tmp_path, started=False) as stage:
        stage.slack.world.time.skew = skew
        await stage.start()
        await stage.first_reading()
        if what == "comment":
            stage.blog.comment("Zero.")
            await stage.shown("Zero.")
        stage.slack.spoil("message", "drop", times=9)
        fault = stage.slack.fail("chat.postMessage", "hang", commits=True)
        stage.blog.comment("One.")
        await stage.until(fault.committed.is_set, "what is not answered")
        await stage.shown("One.")
        await stage.at_rest()
        assert stage.named("First post") == 1
        assert len(stage.found("One.")) == 1


async def test_law_04_an_edit_that_comes_late_does_not_undo_a_later_one(tmp_path: Path) -> None:
    async with slack_stage(tmp_path) as stage:
        comment = await stage.begun("One.")
        late = stage.slack.fail("chat.update", "hang", commits=60.0)
        stage.blog.edit(comment, "Two.")
        await stage.until(lambda: bool(late.hits), "the edit")
        stage.blog.edit(comment, "Three.")
        await stage.until(late.committed.is_set, "the edit's end")
        await stage.at_rest()
        assert ["Three." in stage.words(message) for message in stage.standing()] == [True]


@pytest.mark.parametrize("what", ["card", "comment"])
async def test_law_03_a_late_copy_of_which_slack_told_nothing_goes_when_it_is_read(tmp_path: Path, what: str) -> None:
    async with slack_stage(tmp_path) as stage:
        copies = Copies(stage.slack)
        await stage.first_reading()
        if what == "comment":
            stage.blog.comment("Zero.")
            await stage.shown("Zero.")
        fault = stage.slack.fail("chat.postMessage", "hang", commits=200.0)
        stage.blog.comment("One.")
        await stage.shown("One.")
        stage.slack.spoil("message", "drop", times=3, when=lambda event: event.get("bot_id") is not None)
        await stage.until(fault.committed.is_set, "the late one", RESTS)
        assert len(copies.twice) == 1
        stage.slack.faults.events.clear()
        stage.slack.gate.kill()
        await stage.until(lambda: copies.twice == [], "the sweep", 2_000)
        await stage.at_rest()
        assert stage.named("First post") == 1
        assert len(stage.found("One.")) == 1
        print(f"stood twice for {copies.seconds} s")
