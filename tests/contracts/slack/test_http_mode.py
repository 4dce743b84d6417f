"""HTTP mode: what is Slack's is taken in and answered, behind the daemon's own server; what is not learns nothing."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from adapters.slack.double.hooks import signed
from adapters.slack.settings import EVENTS
from bridge.errors import Refused, RetryLater
from tests.contracts.chat_waiting import until
from tests.contracts.slack.wired import Wired, wired
from tests.servers.mounted import mounted
from tests.servers.slack_double import Double


@dataclass
class Posted:
    """A place on a server, and whoever calls it."""

    on: Wired
    url: str
    session: ClientSession

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
        async with self.session.post(self.url, data=body, headers=headers or {}) as response:
            return response.status, await response.text()

    async def slack(self, body: str, at: float | None = None, more: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Call it as Slack does."""
        secret, now = self.on.slack.signing_secret, self.on.clock.now()
        headers = {
            "Content-Type": "application/json",
            **signed(secret, body, now if at is None else at),
            **(more or {}),
        }
        return await self.post(body.encode(), headers)


@pytest.fixture
async def on(slack: Double, tmp_path: Path) -> AsyncIterator[Wired]:
    slack.deliveries.pace = 0.0
    async with wired(slack, tmp_path) as one:
        yield one


@asynccontextmanager
async def called(on: Wired) -> AsyncIterator[Posted]:
    """HTTP mode, mounted where the daemon would mount it."""
    async with mounted() as (mounts, address), ClientSession() as session:
        place = mounts.at("chats", "slack")
        async with on.running(on.http(place).run()):
            await on.up()
            yield Posted(on, f"{address}/in/chats/slack/{EVENTS}", session)
        async with session.get(f"{address}/in/chats/slack/{EVENTS}") as gone:
            assert gone.status == 404 and not on.line.up


def event(words: str) -> str:
    message = {"type": "message", "channel": "C1", "user": "U1", "ts": "1.000000", "text": words}
    return json.dumps({"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": message})


async def test_it_proves_its_address_and_hears_and_answers(on: Wired) -> None:
    slack = on.slack
    slack.app.commands["/backchat"] = False
    slack.app.shortcuts["Why?"] = "why"
    channel, ada = slack.channel("blog"), slack.member("Ada")
    async with called(on) as place:
        await slack.subscribe(place.url)
        message = ada.write(channel, "Hello ☕")
        ada.react(message, "eyes")
        await slack.deliveries.settled()
        assert on.recorded == ["Hello ☕", "reaction_added"]
        assert not (await ada.shortcut(message, "Why?")).failed
        assert (await ada.command(channel, "/backchat", "status")).words == "status: well"
    assert {(one.state, len(one.attempts)) for one in slack.deliveries.book} == {("acked", 1)}
    assert on.line.heard_at is not None and not slack.asked("apps.connections.open")


async def test_law_01_what_could_not_be_recorded_is_told_again(on: Wired) -> None:
    slack = on.slack
    channel, ada = slack.channel("blog"), slack.member("Ada")
    on.desks.refuse = [RetryLater("not now"), OSError("a fault of ours")]
    async with called(on) as place:
        await slack.subscribe(place.url)
        ada.write(channel, "Hello")
        await slack.deliveries.settled()
    [one] = slack.deliveries.book
    assert (one.state, len(one.attempts)) == ("acked", 3)
    assert on.recorded == ["Hello"] and on.line.doubtful and on.line.again == 2


async def test_an_event_that_slack_had_tried_in_vain_casts_doubt_on_those_before_it(on: Wired) -> None:
    async with called(on) as place:
        assert (await place.slack(event("First")))[0] == 200 and not on.line.doubtful
        again = {"X-Slack-Retry-Num": "2", "X-Slack-Retry-Reason": "connection_failed"}
        assert (await place.slack(event("Second"), more=again))[0] == 200 and on.line.doubtful


async def test_a_law_01_nothing_is_acknowledged_before_it_is_recorded(on: Wired) -> None:
    slack = on.slack
    on.desks.held["slow"] = asyncio.Event()
    async with called(on) as place:
        await slack.subscribe(place.url)
        slack.member("Ada").write(slack.channel("blog"), "slow")
        await until(lambda: "slow" in on.desks.got, "the event")
        assert slack.deliveries.book[-1].state == "open"
        on.desks.held["slow"].set()
        await slack.deliveries.settled()
    assert on.recorded == ["slow"]


async def test_n_what_is_under_way_is_answered_when_listening_ends(on: Wired) -> None:
    on.desks.held["slow"] = asyncio.Event()
    async with called(on) as place:
        asked = asyncio.create_task(place.slack(event("slow")))
        await until(lambda: "slow" in on.desks.got, "the event")
        asyncio.get_running_loop().call_soon(on.desks.held["slow"].set)
    assert (await asked)[0] == 200 and on.recorded == ["slow"]


async def test_what_does_not_prove_to_be_slacks_is_not_even_read(on: Wired, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    body, now, secret = event("Forged"), on.clock.now(), on.slack.signing_secret
    good = signed(secret, body, now)
    stamp, signature = good["X-Slack-Request-Timestamp"], good["X-Slack-Signature"]
    forged: list[dict[str, str]] = [
        {}, signed("f" * 32, body, now), signed(secret, body + " ", now), signed(secret, body, now - 301),
        signed(secret, body, now + 301), {"X-Slack-Request-Timestamp": stamp}, {"X-Slack-Signature": signature},
        {**good, "X-Slack-Request-Timestamp": "yesterday"}, {**good, "X-Slack-Signature": "v0=\xe9"},
        {**good, "X-Slack-Request-Timestamp": "9" * 400}, {**good, "X-Slack-Request-Timestamp": "9" * 5_000},
        {**good, "X-Slack-Signature": signature.upper()},
    ]  # fmt: skip
    async with called(on) as place:
        for headers in forged:
            headers["Content-Type"] = "application/json"
            status, words = await place.post(body.encode(), headers)
            assert (status, words) == (401, "this call does not prove that it is Slack's\n"), headers
        for garbage in (b"\xff\xfe", b"{", b"payload=%%%", b"x" * 100_000):
            assert (await place.post(garbage, {"Content-Type": "application/json"}))[0] == 401
        assert (await place.slack(body))[0] == 200
    assert on.recorded == ["Forged"] and on.line.times == 1
    ours = [record for record in caplog.records if record.name.startswith("adapters") and record.levelno > logging.INFO]
    assert len(ours) == 1 and "signing_secret is not its app's" in ours[0].getMessage()
    assert secret not in caplog.text and "Forged" not in caplog.text


NONSENSE = ("{", "[]", '"words"', "7", "null", "{}", '{"type": 1}', '{"type": "new"}', "\x00", "")


@pytest.mark.parametrize("body", NONSENSE)
async def test_signed_nonsense_is_answered_and_ends_nothing(on: Wired, body: str) -> None:
    async with called(on) as place:
        status, _ = await place.slack(body)
        assert 400 <= status < 500
        assert (await place.slack(event("after")))[0] == 200
    assert on.recorded == ["after"]


async def test_five_minutes_either_way_are_borne(on: Wired) -> None:
    async with called(on) as place:
        for words, seconds in (("early", 290), ("late", -290)):
            assert (await place.slack(event(words), on.clock.now() + seconds))[0] == 200
    assert on.recorded == ["early", "late"]


async def test_what_slack_leaves_out_because_it_was_too_much_is_read_from_there(on: Wired) -> None:
    limited = {"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1, "api_app_id": "A1", "token": "x"}
    async with called(on) as place:
        assert (await place.slack(json.dumps(limited)))[0] == 200
        assert on.line.doubtful


async def test_the_address_is_looked_at_and_nothing_else_can_be_done_there(on: Wired) -> None:
    async with called(on) as place:
        async with place.session.get(place.url) as seen:
            assert (seen.status, await seen.text()) == (200, "Slack calls here\n")
        async with place.session.put(place.url) as put:
            assert put.status == 405


async def test_without_a_server_of_the_daemons_it_says_what_to_write(on: Wired) -> None:
    with pytest.raises(Refused, match=r'chats\.slack\.mode is "http".*web\.listen'):
        await on.http(None).run()


async def test_a_reverse_proxy_changes_nothing_of_a_signature(on: Wired) -> None:
    body: dict[str, Any] = json.loads(event("By a proxy"))
    async with called(on) as place:
        more = {"X-Forwarded-For": "192.0.2.1", "Host": "a.example", "X-Slack-Retry-Num": "1"}
        told = await place.slack(json.dumps(body, indent=2), more=more)
    assert told[0] == 200 and on.recorded == ["By a proxy"] and on.line.again == 1
