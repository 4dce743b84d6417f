"""Law 3 before Discord: what it carries out long after we gave it up stands once as well, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.discord.double.faults import Fault
from bridge.model import CommentId
from bridge.text.tree import wording
from tests.flows.discord_stage import DiscordStage, discord_stage

LATE = (120.0, 300.0)
"""Seconds after which nobody reckons with it any more."""
RESTS = 400.0
"""Seconds for which nothing is sent."""


async def given_up(stage: DiscordStage, late: float) -> tuple[CommentId, Fault]:
    """A comment that Discord did not answer, and will show later."""
    await stage.begun("One.")
    fault = stage.discord.fail("POST", "/webhooks/*", "hang", commits=late)
    comment = stage.blog.comment("Two.")
    await stage.until(lambda: bool(fault.hits), "the message")
    return comment, fault


async def at_last(stage: DiscordStage, late: Fault) -> list[str]:
    """The words of all that stands once the late one has come, and everything else has, but for the first comment."""
    await stage.until(late.committed.is_set, "the late one", RESTS)
    await stage.pass_time(30)
    await stage.at_rest()
    return [one.content.partition("\n")[0] for one in stage.standing() if "One." not in one.content]


@pytest.mark.parametrize("late", LATE)
async def test_law_03_a_comment_that_was_edited_meanwhile_stands_once(tmp_path: Path, late: float) -> None:
    async with discord_stage(tmp_path, identity="webhook") as stage:
        comment, fault = await given_up(stage, late)
        stage.blog.edit(comment, "Three.")
        assert await at_last(stage, fault) == ["Three."]


@pytest.mark.parametrize("late", LATE)
async def test_law_03_a_comment_that_was_removed_meanwhile_stands_no_more(tmp_path: Path, late: float) -> None:
    async with discord_stage(tmp_path, identity="webhook") as stage:
        comment, fault = await given_up(stage, late)
        stage.blog.remove(comment)
        assert await at_last(stage, fault) == []


async def test_law_03_what_comes_late_while_it_waits_to_be_said_again_is_not_said_again(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, identity="webhook") as stage:
        _, fault = await given_up(stage, 200.0)
        stage.discord.fail("POST", "/webhooks/*", 429, retry_after=RESTS)
        assert await at_last(stage, fault) == ["Two."]
        await stage.pass_time(RESTS)
        assert await at_last(stage, fault) == ["Two."]


async def test_law_03_a_late_copy_that_people_replied_to_stays_and_says_what_is_wanted_now(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, identity="webhook") as stage:
        comment, fault = await given_up(stage, LATE[-1])
        stage.blog.edit(comment, "Three.")
        await stage.shown("Three.")
        await stage.stop()
        stage.clock.advance(LATE[-1])
        await fault.committed.wait()
        (copy,) = stage.found("Two.")
        stage.gus.write(stage.thread(), "Me too!", reply_to=copy)
        await stage.start()
        assert await at_last(stage, fault) == ["Three."]
        assert stage.ours("Three.").id == copy.id


@pytest.mark.parametrize("forum", [False, True], ids=["text channel", "forum"])
async def test_law_03_a_thread_that_comes_late_while_it_waits_to_be_started_again_is_the_only_one(
    tmp_path: Path, forum: bool
) -> None:
    path = "/channels/*/threads" if forum else "/channels/*/messages"
    async with discord_stage(tmp_path, forum=forum) as stage:
        await stage.first_reading()
        late = stage.discord.fail("POST", path, "hang", commits=LATE[0])
        stage.discord.fail("POST", path, 429, retry_after=RESTS)
        stage.blog.comment("One.")
        await stage.until(late.committed.is_set, "the late one")
        await stage.shown("One.")
        await stage.pass_time(RESTS)
        await stage.at_rest()
        assert [one.name for one in stage.threads()] == ["First post"]
        assert len(stage.found("One.")) == 1
        assert forum or len(stage.discord.messages(stage.channel)) == 1


@pytest.mark.parametrize("late", [300.0, 600.0])
async def test_law_03_a_second_card_of_a_post_in_a_text_channel_goes(tmp_path: Path, late: float) -> None:
    async with discord_stage(tmp_path) as stage:
        await stage.first_reading()
        fault = stage.discord.fail("POST", "/channels/*/messages", "hang", commits=late)
        stage.blog.comment("One.")
        await stage.until(fault.committed.is_set, "the late one", 2 * late)
        await stage.pass_time(30)
        await stage.at_rest()
        (card,) = stage.discord.messages(stage.channel)
        assert [one.id for one in stage.threads()] == [card.id]


@pytest.mark.parametrize("skew", [-600.0, 600.0])
@pytest.mark.parametrize("fields", [{"forum": True}, {"identity": "webhook"}], ids=["forum", "webhook"])
async def test_law_02_what_is_looked_for_is_found_though_a_clock_is_wrong(
    tmp_path: Path, skew: float, fields: dict[str, Any]
) -> None:
    path = "/webhooks/*" if "identity" in fields else "/channels/*/threads"
    async with discord_stage(tmp_path, started=False, **fields) as stage:
        stage.discord.world.time.skew = skew
        stage.clock.advance(700)  # ids only grow
        await stage.start()
        await stage.first_reading()
        stage.discord.spoil("MESSAGE_CREATE", "drop", times=9)
        fault = stage.discord.fail("POST", path, "hang", commits=True)
        stage.blog.comment("One.")
        await stage.until(fault.committed.is_set, "what is not answered")
        await stage.shown("One.")
        await stage.at_rest()
        assert len(stage.threads()) == 1
        assert len(stage.found("One.")) == 1


@pytest.mark.parametrize("skew", [-600.0, 600.0])
async def test_what_is_written_unsaid_answers_the_newest_comment_though_a_clock_is_wrong(
    tmp_path: Path, skew: float
) -> None:
    async with discord_stage(tmp_path, started=False) as stage:
        stage.discord.world.time.skew = skew
        stage.clock.advance(700)  # ids only grow
        await stage.start()
        await stage.begun("One.")
        await stage.begun("Two.")
        stage.blog.comment("Three.")
        await stage.shown("Three.")
        answer = stage.ada.write(stage.thread(), "In March.")
        await stage.receives(answer, "✅")
        ours = next(one for one in stage.blog.public() if wording(one.text) == "In March.")
        two = next(one for one in stage.blog.public() if wording(one.text) == "Two.")
        assert ours.parent == two.id
