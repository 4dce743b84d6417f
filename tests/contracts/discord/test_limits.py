"""Bursts drain at the rate that Discord allows: nothing is sent while a header said that none remain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.discord.sending import A_SECOND
from bridge.errors import RetryLater
from bridge.model import AnswerState, MessageId, Receipt, ThreadId
from tests.contracts.discord.scene import OpenScene, opened
from tests.leaping_loop import in_leaps

THREADS = 5


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=20) as scene:
        yield scene


@asynccontextmanager
async def bursting(folder: Path) -> AsyncIterator[OpenScene]:
    """Limits as long as they are, by the loop's time, by which discord.py waits for them."""
    async with opened(folder, patience=60) as on:
        on.discord.limits.now, on.discord.limits.pace = asyncio.get_running_loop().time, 1.0
        yield on


async def drained(on: OpenScene, thread: ThreadId, many: int) -> list[MessageId]:
    """One lane's comments, one after the other."""
    return [await on.say(thread, f"Comment {number}") for number in range(many)]


async def threads(on: OpenScene, many: int) -> list[ThreadId]:
    on.discord.limits.rules["threads"] = (1_000, 1.0)
    return [await on.thread(f"Post {number}") for number in range(many)]


@in_leaps
async def test_law_04_five_hundred_comments_in_five_threads_drain_in_order_and_none_too_soon(tmp_path: Path) -> None:
    async with bursting(tmp_path) as on:
        lanes = await threads(on, THREADS)
        drains = await asyncio.gather(*(drained(on, thread, 100) for thread in lanes))
        assert on.discord.too_soon() == []
        assert not [one for one in on.discord.requests if one.status == 429]
        for thread, messages in zip(lanes, drains, strict=True):
            assert [one.id for one in on.scene.ours(thread)] == messages
            shown = [one.content.splitlines()[1] for one in on.scene.ours(thread)]
            assert shown == [f"Comment {number}" for number in range(100)]


@in_leaps
async def test_edits_receipts_and_messages_share_no_more_than_discord_gives(tmp_path: Path) -> None:
    async with bursting(tmp_path) as on:
        (thread,) = await threads(on, 1)
        ours = [await on.say(thread, f"Comment {number}") for number in range(6)]
        theirs = [await on.scene.write(thread, f"Answer {number}") for number in range(6)]
        await asyncio.gather(
            *(on.chat.edit(thread, message, on.part("Anew")) for message in ours),
            *(on.chat.show(thread, message, Receipt(AnswerState.PUBLIC)) for message in theirs),
            *(on.say(thread, f"More {number}") for number in range(6)),
        )
        assert on.discord.too_soon() == []
        assert not [one for one in on.discord.requests if one.status == 429]


@in_leaps
async def test_what_the_whole_bot_may_send_in_a_second_is_not_used_up(tmp_path: Path) -> None:
    async with bursting(tmp_path) as on:
        on.discord.limits.rules["POST /channels/{channel_id}/messages"] = (1_000, 1.0)
        lanes = await threads(on, 6)
        await asyncio.gather(*(drained(on, thread, 20) for thread in lanes))
        assert A_SECOND < 50
        assert not [one for one in on.discord.requests if one.status == 429]


async def test_law_04_a_channel_that_takes_nothing_delays_no_other(on: OpenScene) -> None:
    stuck, free = await threads(on, 2)
    on.discord.limits.rules["POST /channels/{channel_id}/messages"] = (1, 2_500.0)
    await on.say(stuck)
    waiting = [asyncio.create_task(on.say(stuck, f"Words {number}")) for number in range(40)]
    await asyncio.sleep(0)
    on.discord.limits.rules["POST /channels/{channel_id}/messages"] = (1_000, 1.0)
    await drained(on, free, 5)
    assert not [task for task in waiting if task.done()]
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_limit_that_is_told_too_late_costs_one_refusal_and_nothing_else(on: OpenScene) -> None:
    """Limits that are shared with others, or that no header tells of beforehand."""
    (thread,) = await threads(on, 1)
    on.discord.fail("POST", "/channels/*/messages", 429, retry_after=0.05, scope="shared", times=2)
    await drained(on, thread, 5)
    assert len(on.scene.ours(thread)) == 5
    assert on.discord.limits.invalid == 0


async def test_law_05_what_is_forbidden_never_comes_near_the_ban(on: OpenScene) -> None:
    """Ten thousand refusals in ten minutes, and nothing of this address gets through any more."""
    lanes = await threads(on, 4)
    on.discord.permit(on.scene.channel, None, deny=1 << 38)
    for _ in range(600):  # ten minutes, in which all is tried every second
        for thread in lanes:
            with pytest.raises(RetryLater):
                await on.say(thread)
        on.clock.advance(1)
    assert on.discord.limits.invalid <= 4 * 5
