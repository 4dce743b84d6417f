"""The socket is kept open, whatever becomes of it, and never by asking Slack without a pause."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.supervising import AWAY, LINGER, LONGEST, STEADY, Backoff
from bridge.errors import Refused, RetryLater
from bridge.testing.chat_contract import PATIENCE
from tests.contracts.chat_waiting import HastyClock, until
from tests.contracts.slack.wired import Wired, wired
from tests.servers.slack_double import Double

OPEN = "apps.connections.open"


class JumpingClock(HastyClock):
    """A clock on which whoever waits has waited at once, and time has passed."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.passed = 0.0

    def now(self) -> float:
        return super().now() + self.passed

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        if seconds in {None, LINGER}:  # nobody lingers in these tests
            await super().wait(None, wake)
        else:
            self.waits.append(seconds)
            self.passed += seconds
            await asyncio.sleep(0)


@pytest.fixture
async def on(slack: Double, tmp_path: Path) -> AsyncIterator[Wired]:
    slack.deliveries.pace = 0.0
    async with wired(slack, tmp_path) as one:
        yield one


@pytest.fixture
async def jumping(slack: Double, tmp_path: Path) -> AsyncIterator[Wired]:
    async with wired(slack, tmp_path, JumpingClock()) as one:
        yield one


async def hears(on: Wired, words: str) -> None:
    """Something that a person writes now is heard."""
    channel = next(iter(on.slack.world.channels.values()), None) or on.slack.channel("blog")
    on.slack.member("Ada", channel).write(channel, words)
    await on.until(words)


@pytest.mark.parametrize("how", ["close", "kill", "half open"])
async def test_e_a_connection_that_breaks_is_followed_by_another(on: Wired, how: str) -> None:
    gate = on.slack.gate
    async with on.connected():
        await hears(on, "before")
        {"close": gate.close, "kill": gate.kill, "half open": gate.deafen}[how]()
        await on.up(2)
        await hears(on, "after")


async def test_e_a_refresh_leaves_no_moment_without_a_connection(on: Wired) -> None:
    gate = on.slack.gate
    async with on.connected():
        gate.disconnect("warning")
        await on.up(2)
        since = on.line.since
        assert gate.opened == 2 and len(gate.wires) == 2 and on.line.ghosts == 0
        gate.disconnect("refresh_requested")
        await on.up(3)
        await until(lambda: len(gate.wires) == 1, "the old ones to be closed")
        await hears(on, "after")
        assert on.line.up and on.line.since >= since
    await on.slack.disconnected()


async def test_e_a_connection_that_slack_forgets_to_close_is_closed_by_us(on: Wired) -> None:
    gate = on.slack.gate
    async with on.connected():
        gate.disconnect("warning")
        await on.up(2)
        await until(lambda: len(gate.wires) == 1, "the old one to be closed")
        await hears(on, "after")


@pytest.mark.parametrize("status", [408, 500])
async def test_f_a_failed_handshake_is_tried_with_a_new_address(on: Wired, status: int) -> None:
    gate = on.slack.gate
    gate.refuse(status)
    async with on.connected():
        assert gate.refused == [status] and len(on.slack.asked(OPEN)) == 2
        gate.refuse(status, status)
        gate.kill()
        await on.up(2)
        assert gate.refused == [status] * 3 and len(on.slack.asked(OPEN)) == 5
        await hears(on, "after")


async def test_f_a_handshake_that_never_ends_is_given_up(on: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.slack.supervising.GREETING", 0.2)
    on.slack.gate.refuse("hang")
    async with on.connected():
        await hears(on, "after")


async def test_f_a_connection_that_does_not_greet_is_given_up(on: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.slack.supervising.GREETING", 0.2)
    gate = on.slack.gate
    gate.hellos = False
    async with on.running(on.supervisor().run()):
        await gate.until(lambda: gate.opened == 2, "a second try")
        assert not on.line.up
        gate.hellos = True
        await on.up()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("invalid_auth", "xapp-"), ("account_inactive", "xapp-"), ("not_allowed_token_type", "xapp-"),
        ("token_revoked", "xapp-"), ("missing_scope", "connections:write"), ("forbidden_team", "administrators"),
        ("socket_mode_not_enabled", "under Socket Mode"),
    ],
)  # fmt: skip
async def test_g_a_token_that_is_no_good_is_said_in_words_after_one_call(on: Wired, error: str, words: str) -> None:
    on.slack.fail(OPEN, error, times=9)
    with pytest.raises(Refused, match=words):
        await on.supervisor().run()
    assert len(on.slack.asked(OPEN)) == 1 and not on.line.up


async def test_g_law_10_a_wrong_token_is_refused_and_never_shown(on: Wired) -> None:
    with pytest.raises(Refused, match=r"chats\.slack\.app_token: invalid_auth") as told:
        await on.supervisor("xapp-1-wrong").run()
    assert "wrong" not in str(told.value)


@pytest.mark.parametrize("answer", [500, 502, "html", "internal_error", 429, "reset", "org_login_required"])
async def test_what_passes_is_tried_again(on: Wired, answer: int | str) -> None:
    on.slack.fail(OPEN, answer, times=2)
    async with on.connected():
        assert len(on.slack.asked(OPEN)) == 3


async def test_m_too_many_connections_are_asked_for_ever_more_slowly(jumping: Wired) -> None:
    jumping.slack.gate.cap = 0
    with pytest.raises(RetryLater, match="too many connections") as told:
        await jumping.supervisor().run()
    calls = len(jumping.slack.asked(OPEN))
    assert calls <= 7 and told.value.after is not None and told.value.after >= 4
    assert isinstance(jumping.clock, JumpingClock) and sum(jumping.clock.waits) <= AWAY
    with pytest.raises(RetryLater) as later:  # when the core listens again, it goes on as slowly
        await jumping.supervisor().run()
    assert later.value.after is not None and later.value.after >= told.value.after / 2
    assert len(jumping.slack.asked(OPEN)) <= calls + 2


def test_m_no_pause_is_longer_than_a_minute_and_none_is_like_the_other() -> None:
    backoff = Backoff()
    waits = [backoff.failed() for _ in range(40)]
    assert waits[0] == 0 and max(waits) <= LONGEST and min(waits[8:]) >= LONGEST / 2
    assert len(set(waits[8:])) > 20
    backoff.worked()
    assert backoff.failed() == 0


async def test_m_connections_that_end_at_once_are_not_begun_without_a_pause(jumping: Wired) -> None:
    gate, clock = jumping.slack.gate, jumping.clock
    async with jumping.connected():
        for times in range(2, 7):
            gate.kill()
            await jumping.up(times)
        assert isinstance(clock, JumpingClock) and sorted(clock.waits) == clock.waits and clock.waits[-1] >= 4


async def test_link_disabled_is_said_in_words(on: Wired) -> None:
    async with on.connected() as task:
        on.slack.switch_off_sockets()
        await asyncio.wait([task])
        with pytest.raises(Refused, match="under Socket Mode"):
            task.result()
    assert not on.line.up


async def test_a_line_that_stays_down_is_said_in_words(jumping: Wired) -> None:
    async with jumping.connected() as task:
        jumping.slack.gate.refuse(*[503] * 20)
        jumping.slack.gate.kill()
        await asyncio.wait([task])
        with pytest.raises(RetryLater, match=r"refused a connection .*\(503\)"):
            task.result()


async def test_1940_ghost_connections_are_noticed(on: Wired, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    gate = on.slack.gate
    async with on.connected():
        assert (on.line.counted, on.line.ghosts) == (1, 0) and not caplog.records
        gate.ghosts = 9
        gate.kill()
        gate.cap = 20
        await on.up(2)
        assert (on.line.counted, on.line.ghosts) == (10, 9)
        assert caplog.text.count("this app has 10 connections, and Backchat holds 1") == 1
        gate.ghosts = 0
        gate.kill()
        await on.up(3)
        assert on.line.ghosts == 0


async def test_417_an_envelope_is_known_by_its_age(on: Wired) -> None:
    async with on.connected():
        ages = [on.line.heard_at]
        await hears(on, "Hello")
        ages.append(on.line.heard_at)
    assert ages[0] is None and ages[1] is not None and on.clock.now() - ages[1] < 60


async def test_868_an_envelope_that_comes_again_counts_as_such_only_where_it_does(on: Wired) -> None:
    async with on.connected():
        await hears(on, "once")
        assert on.line.again == 0
        on.slack.gate.patience = 0.2
        on.desks.refuse = [RetryLater("not now")]
        told = asyncio.create_task(hears(on, "twice"))
        await until(lambda: not on.desks.refuse, "the first try")
        on.slack.gate.patience = PATIENCE
        await told
        assert on.line.again == 1


async def test_frames_that_are_none_of_ours_are_left_alone(on: Wired) -> None:
    async with on.connected():
        wire = on.slack.gate.wires[0]
        odd = '{"type":"events_api","envelope_id":"1","payload":'
        for frame in (
            "Ping from applink", "[]", "{", '{"type":"hello","num_connections":null}', '{"type":"new"}',
            f"{odd}7}}", f"{odd}[1]}}", f'{odd}{{"event":7}}}}', f'{odd}{{"type":"event_callback","event":{{}}}}}}',
        ):  # fmt: skip
            await wire.socket.send_str(frame)
        await hears(on, "after")
        assert on.slack.gate.opened == 1


async def test_1940_a_connection_that_lived_long_is_followed_at_once_also_among_ghosts(jumping: Wired) -> None:
    gate, clock = jumping.slack.gate, jumping.clock
    assert isinstance(clock, JumpingClock)
    gate.ghosts, gate.cap = 9, 20
    async with jumping.connected():
        for times in range(2, 7):
            clock.passed += STEADY
            gate.disconnect("refresh_requested")
            await jumping.up(times)
        assert jumping.line.ghosts and clock.waits == []
