"""One blog with a room on Discord and one on Slack, both real adapters before doubles that stumble."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.testing.stage import route
from tests.flows.chat_side import Side
from tests.flows.chat_stage import HOLD, ChatStage
from tests.flows.discord_stage import DiscordSide, leaping_discord
from tests.flows.leaping_clock import LeapingClock
from tests.flows.slack_stage import SlackSide, leaping_slack
from tests.flows.stories import ROSES
from tests.servers.copies import Standing
from tests.servers.discord_copies import Copies as DiscordCopies
from tests.servers.slack_copies import Copies as SlackCopies

CHATS = ("discord", "slack")


class TwoChats(ChatStage):
    """A house with a fake blog `garden`, one Discord and one Slack."""

    def __init__(self, discord: DiscordSide, slack: SlackSide, folder: Path, clock: LeapingClock) -> None:
        routes = [route(discord.public, slack.public, hold=HOLD)]
        super().__init__([discord, slack], folder, clock, routes)
        self.discord, self.slack = discord, slack
        self.copies: list[Standing] = [DiscordCopies(discord.discord), SlackCopies(slack.slack)]

    def sided(self, answered: str) -> tuple[Side[Any], Side[Any]]:
        """The chat of that name, and the other one."""
        both: tuple[Side[Any], Side[Any]] = (self.discord, self.slack)
        return both if answered == "discord" else (both[1], both[0])

    async def begun(self, words: str = ROSES) -> None:
        """A visitor's comment stands in both chats."""
        await self.first_reading()
        self.blog.comment(words)
        for side in self.sides:
            await self.shown_by(side, words)
        await self.pass_time(11)

    async def once_each(self, words: str) -> None:
        """In the end these words stand once in both chats."""
        await self.at_rest()
        assert [len(side.found(words)) for side in self.sides] == [1, 1]
        assert [copies.twice for copies in self.copies] == [[], []]


@asynccontextmanager
async def two_chats(folder: Path) -> AsyncIterator[TwoChats]:
    """A stage on two doubles of its own."""
    clock = LeapingClock()
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(leaping_discord(clock))
        slack = await stack.enter_async_context(leaping_slack(clock))
        stage = TwoChats(DiscordSide(discord), SlackSide(slack), folder, clock)
        await stage.start()
        try:
            yield stage
        finally:
            await stage.end()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[TwoChats]:
    async with two_chats(tmp_path) as stage:
        yield stage


@pytest.mark.parametrize("answered", CHATS)
async def test_law_06_an_answer_given_in_either_appears_once_on_the_blog_and_once_in_the_other(
    stage: TwoChats, answered: str
) -> None:
    await stage.begun()
    here, there = stage.sided(answered)
    said = here.answer("In March.", here.ours(ROSES))
    await stage.receives_by(here, said, "✅")
    copy = await stage.shown_by(there, "In March.")
    assert "author" in there.words(copy)
    await stage.once_each(ROSES)
    assert (len(here.found("In March.")), len(there.found("In March."))) == (0, 1)
    assert stage.blog.said() == [ROSES, "In March."]


@pytest.mark.parametrize("answered", CHATS)
async def test_an_edit_and_a_deletion_follow_from_either_into_the_other(stage: TwoChats, answered: str) -> None:
    await stage.begun()
    here, there = stage.sided(answered)
    said = here.answer("In March.", here.ours(ROSES))
    await stage.shown_by(there, "In March.")
    ada = stage.discord.ada if answered == "discord" else stage.slack.ada
    ada.edit(said, "In April.")
    await stage.shown_by(there, "In April.")
    ada.delete(said)
    await stage.until(lambda: stage.blog.said() == [ROSES], "the withdrawal")
    await stage.until(lambda: not there.found("In April."), "the copy's end")


@pytest.mark.parametrize("commits", [True, False, 60.0], ids=["done", "not done", "done late"])
@pytest.mark.parametrize("answered", CHATS)
async def test_law_03_faults_in_both_chats_double_and_lose_nothing(
    stage: TwoChats, answered: str, commits: bool | float
) -> None:
    await stage.begun()
    here, there = stage.sided(answered)
    faults = [
        stage.discord.discord.fail("POST", "/channels/*/messages", "hang", commits=commits),
        stage.slack.slack.fail("chat.postMessage", "hang", commits=commits),
    ]
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.until(lambda: all(fault.hits for fault in faults), "both faults")
    said = here.answer("In March.", here.ours(ROSES))
    stage.discord.discord.gate.cut()
    stage.slack.slack.gate.kill()
    await stage.receives_by(here, said, "✅")
    await stage.shown_by(there, "In March.")
    await stage.once_each("And hydrangeas?")
    assert stage.blog.said().count("In March.") == 1
    assert (len(here.found("In March.")), len(there.found("In March."))) == (0, 1)


@pytest.mark.parametrize("answered", CHATS)
async def test_law_04_a_chat_that_is_down_holds_the_other_up_in_nothing(stage: TwoChats, answered: str) -> None:
    await stage.begun()
    here, there = stage.sided(answered)
    if answered == "discord":
        stage.slack.slack.fail("*", 503, times=100_000)
    else:
        stage.discord.discord.fail("*", "*", 503, times=100_000)
    said = here.answer("In March.", here.ours(ROSES))
    await stage.receives_by(here, said, "✅")
    assert there.found("In March.") == []
    stage.discord.discord.faults.clear()
    stage.slack.slack.faults.clear()
    await stage.until(lambda: bool(there.found("In March.")), "the copy", 2_000)
    await stage.once_each(ROSES)


async def test_law_03_a_crash_between_the_two_shows_everything_once_in_each(stage: TwoChats) -> None:
    await stage.begun()
    held = stage.slack.slack.fail("chat.postMessage", commits=True, hold=True)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.until(held.committed.is_set, "the message on Slack")
    await stage.crash()
    held.release()
    await stage.start()
    await stage.once_each("And hydrangeas?")
