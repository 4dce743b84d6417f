"""Whatever ends the connection to Discord, or only seems to leave it standing, is noticed, said, and got over."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.discord.identifies import HOUR, RESERVE, SPACING, Identifies
from adapters.discord.listening import AWAY, SILENCE
from bridge.errors import OpenAgain, Refused, RetryLater, StepError
from bridge.ports import ChatAbility
from bridge.testing.chat_contract import PATIENCE
from tests.contracts.chat_waiting import until
from tests.contracts.discord.listeners import Listened, Told, WatchedClock, listened

CONTENT = 1 << 15


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Listened]:
    async with listened(tmp_path) as one:
        yield one
        await until(lambda: not heartbeats(), "the end of discord.py's threads")


def heartbeats() -> list[threading.Thread]:
    """discord.py's threads, one for each connection that stands."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("keep-alive")]


@pytest.fixture
def clock() -> WatchedClock:
    return WatchedClock()


@pytest.fixture
async def driven(tmp_path: Path, clock: WatchedClock) -> AsyncIterator[Listened]:
    async with listened(tmp_path, clock=clock) as one:
        yield one


async def end_of(task: asyncio.Task[None]) -> StepError:
    """How listening ended, in words for people."""
    await asyncio.wait([task], timeout=PATIENCE)
    assert task.done(), "it did not end"
    error = task.exception()
    assert isinstance(error, StepError), error
    assert len(error.reason.split()) > 3
    return error


async def hears(on: Listened, since: str | None) -> Told:
    """Another listening hears what is said now."""
    ear = on.ear()
    async with ear.listening(since):
        await ear.up()
        message = on.write("Is anybody there?")
        await ear.until(lambda: bool(ear.of(message)), "what was said afterwards")
    return ear


async def test_law_05_an_event_that_discord_py_cannot_bear_ends_one_connection_and_nothing_else(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None) as task:
        await ear.up()
        before = on.write("Before")
        on.scene.discord.spoil("MESSAGE_CREATE", "malformed")
        lost = on.write("Told in a way that nobody can read")
        error = await end_of(task)
    assert isinstance(error, RetryLater)
    assert "discord.py" in error.reason
    assert len(ear.of(before)) == 1
    assert ear.of(lost) == []
    assert len((await hears(on, ear.watermark)).of(lost)) == 1


async def test_an_event_that_only_we_cannot_read_is_said_and_the_connection_stays(
    on: Listened, caplog: pytest.LogCaptureFixture
) -> None:
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        (session,) = on.scene.discord.gate.sessions.values()
        assert session.wire is not None
        strange = {"channel_id": on.thread, "guild_id": on.scene.channel.guild}
        session.wire.put(json.dumps({"op": 0, "t": "MESSAGE_DELETE_BULK", "s": session.seq, "d": strange}))
        message = on.write("In March")
        await ear.until(lambda: bool(ear.of(message)), "the message")
    assert len(on.scene.discord.gate.identified) == 1
    assert "nobody can read" in caplog.text


async def test_a_dead_address_for_resuming_is_given_up_and_a_new_session_begun(
    driven: Listened, clock: WatchedClock
) -> None:
    gate, ear = driven.scene.discord.gate, driven.ear()
    async with ear.listening(None) as task:
        await ear.up()
        gate.resume_dead = True
        gate.cut()
        await until(lambda: "/resume" in gate.connections, "a try to resume")
        missed = driven.write("While it was away")
        clock.advance(AWAY + 1)
        await ear.until(lambda: ear.said == ["caught up", "missed"], "that something may be missed")
        clock.advance(SILENCE - AWAY)
        error = await end_of(task)
    assert "minutes" in error.reason
    assert len(gate.identified) == 1
    assert len((await hears(driven, ear.watermark)).of(missed)) == 1
    assert len(gate.identified) == 2


async def test_silence_is_noticed_though_the_connection_stands(driven: Listened, clock: WatchedClock) -> None:
    ear = driven.ear()
    async with ear.listening(None) as task:
        await ear.up()
        clock.advance(SILENCE - 1)
        message = driven.write("Not silent yet")
        await ear.until(lambda: bool(ear.of(message)), "the message")
        clock.advance(2)
        await until(lambda: len(clock._waiting) > 0, "that the watch goes on")
        assert not task.done()
        clock.advance(SILENCE)
        error = await end_of(task)
    assert isinstance(error, RetryLater)
    await driven.scene.discord.disconnected()


async def test_a_session_that_comes_back_after_a_while_has_missed_nothing(
    driven: Listened, clock: WatchedClock
) -> None:
    gate, ear = driven.scene.discord.gate, driven.ear()
    async with ear.listening(None):
        await ear.up()
        gate.refuse = True
        tried = len(gate.connections)
        gate.cut()
        await until(lambda: len(gate.connections) > tried, "a try to come back")
        clock.advance(AWAY + 1)
        await ear.until(lambda: ear.said == ["caught up", "missed"], "that something may be missed")
        message = driven.write("Meanwhile")
        gate.refuse = False
        await ear.until(lambda: ear.said == ["caught up", "missed", "caught up"], "that nothing is missed any more")
    assert len(ear.of(message)) == 1
    assert len(gate.identified) == 1


async def test_law_10_a_token_that_is_taken_back_is_said_by_the_setting_and_never_shown(on: Listened) -> None:
    ear, token = on.ear(), on.scene.discord.token
    async with ear.listening(None) as task:
        await ear.up()
        on.scene.discord.revoke()
        error = await end_of(task)
    assert isinstance(error, Refused)
    assert "chats.discord.token" in error.reason
    assert token not in repr(error)
    async with on.ear().listening(ear.watermark) as task:
        assert "chats.discord.token" in (await end_of(task)).reason


async def test_without_the_content_intent_it_goes_on_with_what_is_said_to_the_bot(on: Listened) -> None:
    gate, ear = on.scene.discord.gate, on.ear()
    async with ear.listening(None) as task:
        await ear.up()
        on.scene.discord.take_content()
        error = await end_of(task)
    assert "Message Content Intent" in error.reason
    assert isinstance(error, OpenAgain)
    assert error.after == 0
    async with AsyncExitStack() as stack:
        ready = await on.scene.chat.open(stack)
    assert ChatAbility.READ not in ready.abilities and any("Message Content" in remark for remark in ready.remarks)
    later = on.ear()
    async with later.listening(ear.watermark):
        await later.up()
        blank, to_us = on.write("To nobody"), on.write(f"<@{on.scene.discord.bot.id}> To us")
        await later.until(lambda: bool(later.of(to_us)), "what was said to the bot")
    assert later.of(blank) == []
    assert [bool(one["intents"] & CONTENT) for one in gate.identified] == [True, False]


async def test_few_sessions_left_are_not_spent(on: Listened) -> None:
    gate = on.scene.discord.gate
    gate.identifies_left = RESERVE
    gate.reset_after = 1234.0
    async with on.ear().listening(None) as task:
        error = await end_of(task)
    assert isinstance(error, RetryLater)
    assert error.after == 1234.0
    assert str(RESERVE) in error.reason
    assert gate.identified == []


async def test_sessions_are_counted_across_restarts(on: Listened) -> None:
    gate = on.scene.discord.gate
    gate.identifies_total = 24 * 3
    gate.identifies_left = 1000
    for _ in range(3):
        ear = Told(await on.scene.restart(on.stack))
        async with ear.listening(None):
            await ear.up()
    ear = Told(await on.scene.restart(on.stack))
    async with ear.listening(None) as task:
        error = await end_of(task)
    assert isinstance(error, RetryLater)
    assert error.after is not None
    assert 3500 < error.after <= 3600
    assert len(gate.identified) == 3


async def test_law_05_a_session_that_discord_forgot_is_begun_anew_by_us_and_its_time_read(on: Listened) -> None:
    gate, ear = on.scene.discord.gate, on.ear()
    async with ear.listening(None) as task:
        await ear.up()
        gate.invalidate()
        missed = on.write("Meanwhile")
        error = await end_of(task)
    assert isinstance(error, RetryLater)
    assert error.after == 0
    assert ear.of(missed) == []
    later = await hears(on, ear.watermark)
    assert len(later.of(missed)) == 1
    assert [event for event, _ in later.theirs()] == ["Written", "Written"]
    assert len(gate.identified) == 2


async def test_a_session_that_may_be_resumed_is_resumed(on: Listened) -> None:
    gate, ear = on.scene.discord.gate, on.ear()
    async with ear.listening(None):
        await ear.up()
        gate.invalidate(resumable=True)
        message = on.write("Meanwhile")
        await ear.until(lambda: bool(ear.of(message)), "what was written meanwhile")
    assert len(gate.identified) == 1


async def test_two_sessions_are_begun_as_far_apart_as_discord_wants(driven: Listened, clock: WatchedClock) -> None:
    gate, first = driven.scene.discord.gate, driven.ear()
    gate.spacing = 0.001  # what it says of it counts here, not what it measures
    async with first.listening(None):
        await first.up()
    clock.advance(1)
    second = driven.ear()
    async with second.listening(first.watermark):
        await until(lambda: SPACING - 1 in clock.waits, "that it waits")
        assert len(gate.identified) == 1
        clock.advance(SPACING - 1)
        await second.up()
    assert len(gate.identified) == 2


async def test_sessions_that_end_again_and_again_are_begun_in_pauses_and_never_leave_an_hour_unheard(
    tmp_path: Path, clock: WatchedClock
) -> None:
    budget, begun, waits = Identifies(tmp_path / "sessions.json", clock, at_once=100), 0, list[float]()
    ends = clock.now() + 4 * HOUR
    while clock.now() < ends:
        try:
            await budget.spend()
            begun += 1
        except RetryLater as error:
            waits.append(error.after or HOUR)
            clock.advance(waits[-1] + 0.001)
    assert max(waits) < HOUR / 20
    assert begun <= 5 * 41


async def test_a_budget_file_that_nobody_can_read_is_begun_anew_and_said(
    tmp_path: Path, clock: WatchedClock, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "state" / "sessions.json"
    await Identifies(file, clock).spend()
    file.write_text("{broken", "utf-8")
    await Identifies(file, clock).spend()
    assert str(file) in caplog.text
    assert json.loads(file.read_text("utf-8")) == [clock.now()]


async def test_a_budget_file_that_cannot_be_written_keeps_any_session_from_being_begun(
    tmp_path: Path, clock: WatchedClock
) -> None:
    (tmp_path / "state").write_text("a file where a folder should be", "utf-8")
    with pytest.raises(RetryLater, match="cannot be"):
        await Identifies(tmp_path / "state" / "sessions.json", clock).spend()


async def test_instants_of_a_clock_that_was_wrong_keep_no_session_from_being_begun(
    tmp_path: Path, clock: WatchedClock
) -> None:
    file = tmp_path / "sessions.json"
    file.write_text(json.dumps([clock.now() + 1e6] * 500), "utf-8")
    await Identifies(file, clock).spend()
    assert json.loads(file.read_text("utf-8"))[-1] == clock.now()


@pytest.mark.parametrize("trouble", ["unreachable", "refused", "cancelled early"])
async def test_law_12_nothing_is_left_behind_however_early_it_ends(on: Listened, trouble: str) -> None:
    before = asyncio.all_tasks()
    if trouble == "unreachable":
        on.scene.discord.fail("GET", "/users/@me", "reset", times=9)
    elif trouble == "refused":
        on.scene.discord.fail("GET", "/gateway/bot", 403)
    held = on.scene.discord.fail("GET", "/gateway/bot", hold=True) if trouble == "cancelled early" else None
    async with on.ear().listening(None) as task:
        if held is not None:
            await held.reached.wait()
        else:
            assert isinstance(await end_of(task), RetryLater)
    on.scene.discord.faults.clear()
    left = asyncio.all_tasks() - before
    assert not left or not (await asyncio.wait(left, timeout=PATIENCE))[1]
    await hears(on, None)


async def test_law_12_a_connection_that_was_begun_and_cancelled_leaves_no_thread(on: Listened) -> None:
    for _ in range(5):
        ear = on.ear()
        async with ear.listening(None):
            await until(lambda: on.scene.discord.gate.connected, "a connection")
        await on.scene.discord.disconnected()
