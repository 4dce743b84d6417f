"""The double's Socket Mode, by hand: tickets, acks, retries, reasons to go, ghosts; and events that are spoiled."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import aiohttp
import pytest

from adapters.slack.double.faults import How
from bridge.testing.clock import DrivenClock
from tests.servers.slack_bare import Bare, bare
from tests.servers.slack_double import Double, slack_double


def tried(slack: Double, times: int) -> bool:
    return len(slack.deliveries.book[0].attempts) == times


def says(words: str, event: dict[str, Any]) -> bool:
    return bool(event["text"] == words)


async def test_a_ticket_is_good_once_and_for_thirty_seconds() -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock) as slack, bare(slack) as app:
        opened = (await app.call("apps.connections.open", token=slack.app_token, how="form"))["url"]
        async with app.session.ws_connect(opened) as socket:
            hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"] == {"app_id": slack.app.id}
        late = (await app.call("apps.connections.open", token=slack.app_token, how="form"))["url"]
        clock.advance(31)
        for url in (opened, late):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="408"):
                await app.session.ws_connect(url)
        assert slack.gate.refused == [408, 408]


async def test_an_event_that_is_not_acknowledged_comes_three_times_again() -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock, pace=1.0) as slack, bare(slack) as app:
        channel, ada = slack.channel("blog"), slack.member("Ada")
        async with app.wire(acks=False) as wire:
            ada.write(channel, "Hello")
            frames = [await wire.envelope()]
            for wait in (3, 3 + 60, 3 + 300):
                clock.advance(3)
                if wait > 3:
                    await slack.deliveries.until(partial(tried, slack, len(frames)))
                    clock.advance(wait - 3)
                frames.append(await wire.envelope())
            clock.advance(3)
            await slack.deliveries.settled()
        assert [one["retry_attempt"] for one in frames] == [0, 1, 2, 3]
        assert [one["retry_reason"] for one in frames] == ["", "timeout", "timeout", "timeout"]
        assert len({one["payload"]["event_id"] for one in frames}) == 1
        assert len({one["envelope_id"] for one in frames}) == 4
        assert [one.name for one in slack.deliveries.dead] == ["message"]


async def test_each_event_goes_to_one_connection_and_to_another_when_that_is_cut(slack: Double, app: Bare) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    async with app.wire(acks=False) as one, app.wire(acks=False) as two:
        assert two.got[0]["num_connections"] == 2
        ada.write(channel, "Hello")
        ada.write(channel, "Again")
        first, second = await one.envelope(), await two.envelope()
        assert {first["payload"]["event"]["text"], second["payload"]["event"]["text"]} == {"Hello", "Again"}
        await two.ack(second)
        slack.gate.wires[0].kill()
        moved = await two.envelope()
        assert moved["payload"]["event_id"] == first["payload"]["event_id"] and moved["retry_attempt"] == 1
        await two.ack(moved)
        await slack.deliveries.settled()
    assert not slack.deliveries.dead


async def test_nobody_listens_for_six_minutes_and_the_event_is_gone() -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock, pace=1.0) as slack, bare(slack) as app:
        channel, ada = slack.channel("blog"), slack.member("Ada")
        ada.write(channel, "Heard")
        ada.write(channel, "Lost", thread=None)
        await slack.deliveries.until(lambda: all(len(one.attempts) == 2 for one in slack.deliveries.book))
        clock.advance(60)
        await slack.deliveries.until(lambda: all(len(one.attempts) == 3 for one in slack.deliveries.book))
        clock.advance(300)
        await slack.deliveries.settled()
        assert len(slack.deliveries.dead) == 2
        assert len((await app.call("conversations.history", channel=channel.id))["messages"]) == 2


async def test_reasons_to_go(slack: Double, app: Bare) -> None:
    async with app.wire() as wire:
        slack.gate.disconnect("warning")
        assert (await wire.receive())["reason"] == "warning"
        slack.gate.disconnect("refresh_requested")
        assert (await wire.receive())["reason"] == "refresh_requested"
        assert (await wire.receive())["type"] == "close"
    await slack.disconnected()
    async with app.wire() as wire:
        slack.switch_off_sockets()
        assert (await wire.receive())["reason"] == "link_disabled"
    refused = await app.call("apps.connections.open", token=slack.app_token)
    assert refused.error == "socket_mode_not_enabled"


async def test_more_connections_than_are_allowed_are_sent_away(slack: Double, app: Bare) -> None:
    slack.gate.ghosts = 9
    async with app.wire() as wire:
        assert wire.got[0]["num_connections"] == 10
        async with app.wire(hello=False) as other:
            assert (await other.receive())["reason"] == "too_many_websockets"
            assert (await other.receive())["type"] == "close"
        slack.gate.refuse(500)
        with pytest.raises(aiohttp.WSServerHandshakeError, match="500"):
            async with app.wire():
                pass


async def test_ghosts_take_their_share_of_events_and_clicks(slack: Double, app: Bare) -> None:
    slack.gate.ghosts, slack.gate.patience = 1, 0.05
    channel, ada = slack.channel("blog"), slack.member("Ada")
    slack.app.commands["/backchat"] = False
    async with app.wire() as wire:
        listening = asyncio.create_task(wire.until_closed())
        given = [await ada.command(channel, "/backchat", "status") for _ in range(2)]
        ada.write(channel, "Hello")
        await slack.deliveries.settled()
        slack.gate.close()
        await listening
    assert [bool(one.failed) for one in given] == [True, False]
    assert [(one.name, one.state, len(one.attempts)) for one in slack.deliveries.book] == [
        ("command", "dead", 1), ("command", "acked", 1), ("message", "acked", 2),
    ]  # fmt: skip


async def test_pings_are_answered_unless_the_connection_is_half_open(slack: Double, app: Bare) -> None:
    async with app.wire() as wire:
        await wire.socket.ping(b"sdk-ping-pong:1")
        await slack.gate.until(lambda: slack.gate.wires[0].pings == ["sdk-ping-pong:1"], "a ping")
        slack.gate.deafen()
        slack.member("Ada").write(slack.channel("blog"), "Unheard")
        await wire.socket.ping(b"sdk-ping-pong:2")
        slack.gate.kill()
        assert (await wire.receive())["type"] == "close"
    assert not slack.gate.connected and wire.got[1:] == []


async def test_only_what_it_subscribed_to_and_may_read_and_where_it_is(slack: Double, app: Bare) -> None:
    here, away = slack.channel("here"), slack.channel("away", bot=False)
    secret = slack.channel("secret", private=True)
    ada = slack.member("Ada", here, away, secret)
    slack.app.scopes.remove("reactions:read")
    slack.app.events.remove("app_mention")
    async with app.wire() as wire:
        ada.write(away, "Unheard")
        ada.react(ada.write(here, "Hi @Backchat"), "eyes")
        ada.write(secret, "Psst")
        slack.rename(here, "there")
        slack.archive(here)
        slack.remove(secret)
        kinds = [(await wire.event())["type"] for _ in range(5)]
    assert kinds == ["message", "message", "channel_rename", "channel_archive", "group_left"]


async def test_events_are_lost_doubled_held_and_out_of_order(slack: Double, app: Bare) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    async with app.wire() as wire:
        kinds: tuple[How, ...] = ("drop", "twice", "again", "later")
        for how in kinds:
            slack.spoil("message", how, when=partial(says, how))
        held = slack.spoil("message", "hold", when=lambda event: event["text"] == "hold")
        for word in ("drop", "twice", "again", "hold", "later", "end"):
            ada.write(channel, word)
        held.release()
        got = [await wire.envelope() for _ in range(7)]
    words = [one["payload"]["event"]["text"] for one in got]
    assert words == ["twice", "twice", "again", "again", "end", "later", "hold"]
    ids = [one["payload"]["event_id"] for one in got]
    assert ids[0] == ids[1] and ids[2] != ids[3]
    assert all(one["retry_attempt"] == 0 for one in got)
