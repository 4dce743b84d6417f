"""Answers that are none, rests that nobody waits for, and connections that fall silent: all of it passes, in words."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket

from adapters.discord import events, history, listening
from bridge.errors import MaybeDone, RetryLater
from bridge.model import Written
from bridge.testing.chat_contract import PATIENCE
from tests.contracts.chat_waiting import until
from tests.contracts.discord.listeners import listened
from tests.contracts.discord.scene import OpenScene, chat_on, opened

SAID = "/channels/*/messages"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=0.4) as scene:
        yield scene


# Limits ---------------------------------------------------------------------------------------------------------------


async def test_a_global_limit_longer_than_our_patience_ends_and_what_was_given_up_is_not_sent(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.fail("POST", SAID, 429, retry_after=0.8, scope="global")
    with pytest.raises(RetryLater, match="only so much"):
        await on.say(thread, "Given up")
    await until(lambda: not _rests(on), "the limit's end")
    await on.say(thread, "Afterwards")
    assert ["Afterwards" in one.content for one in on.scene.ours(thread)] == [True]


async def test_a_global_limit_ends_though_whoever_met_it_is_cancelled(on: OpenScene) -> None:
    thread = await on.thread()
    met = on.discord.fail("POST", SAID, 429, retry_after=0.3, scope="global")
    saying = asyncio.create_task(on.say(thread, "Given up"))
    await until(lambda: bool(met.hits) and _rests(on), "the limit")
    saying.cancel()
    await asyncio.wait([saying])
    assert saying.cancelled()
    await until(lambda: not _rests(on), "the limit's end")
    await on.say(thread, "Afterwards")
    assert ["Afterwards" in one.content for one in on.scene.ours(thread)] == [True]


def _rests(on: OpenScene) -> bool:
    client = on.chat.api._client
    return client is not None and not client.http._global_over.is_set()


async def test_what_is_under_way_when_the_chat_is_closed_is_unknown_and_cancels_nobody(tmp_path: Path) -> None:
    async with opened(tmp_path) as on:
        thread, stack = await on.thread(), AsyncExitStack()
        other = await on.scene.restart(stack)
        fault = on.discord.fail("POST", SAID, "hang")
        saying = asyncio.create_task(other.say(thread, on.part(), on.key()))
        await fault.reached.wait()
        await stack.aclose()
        with pytest.raises(MaybeDone):
            await saying
        fault.release()


@pytest.mark.parametrize("told", ["at length", "by Cloudflare"])
async def test_limits_at_the_login_are_told_with_their_length(on: OpenScene, tmp_path: Path, told: str) -> None:
    on.discord.fail("GET", "/users/@me", 429, retry_after=40.0, via=told == "at length", times=9)
    async with AsyncExitStack() as stack:
        with pytest.raises(RetryLater) as caught:
            await chat_on(on.discord, tmp_path).open(stack)
    assert caught.value.after == {"at length": 40.0, "by Cloudflare": 60.0}[told]
    assert "<" not in caught.value.reason


# Answers of somebody between us and Discord ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 403, 404, 413])
async def test_law_02_an_answer_that_is_not_discords_says_nothing(on: OpenScene, status: int) -> None:
    thread, key, page = await on.thread(), on.key(), "<html>Log in to this network"
    message = await on.say(thread, key=key)
    on.discord.fail("GET", SAID, status, body=page)
    with pytest.raises(RetryLater):
        await on.chat.find(thread, [key], 0.0)
    on.discord.fail("POST", SAID, status, body=page)
    with pytest.raises(MaybeDone):
        await on.say(thread)
    assert await on.chat.find(thread, [key], 0.0) == {key: message}


# Clocks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("skew", "way"), [(600.0, "slow"), (-600.0, "fast")])
async def test_a_clock_that_is_wrong_is_said_and_instants_are_told_by_ours(
    on: OpenScene, skew: float, way: str
) -> None:
    on.discord.world.time.skew = skew
    on.clock.advance(700)  # ids only grow
    ready = await on.chat.open(on.stack)
    assert f"this machine's clock is 10 minutes {way}, going by Discord's: have it set" in ready.remarks
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    words = {"id": message, "channel_id": thread, "author": {"id": on.scene.person, "username": "ada"}, "content": "?"}
    raw = events.written(on.chat.api.us, words)
    assert raw is not None
    heard = on.chat.interpret(raw)
    assert isinstance(heard, Written)
    assert abs(heard.at - on.clock.now()) < 2


async def test_clocks_that_hardly_differ_are_one(on: OpenScene) -> None:
    on.discord.world.time.skew = 5.0
    ready = await on.chat.open(on.stack)
    assert on.chat.api.clocks.ahead == 0
    assert not [remark for remark in ready.remarks if "clock" in remark]


# Memory ---------------------------------------------------------------------------------------------------------------


async def test_what_is_remembered_of_channels_is_bounded_and_read_anew(
    on: OpenScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "KEYS", 4)
    one, other = await on.thread(), await on.thread("Second post")
    keys = [on.key() for _ in range(3)]
    messages = {key: await on.say(one, key=key) for key in keys}
    for _ in range(2):
        assert await on.chat.find(one, keys, 0.0) == messages
    assert list(on.chat._messages.history._read) == [one]
    await on.say(other, key=(last := on.key()))
    await on.say(other, key=on.key())
    assert last in await on.chat.find(other, [last], 0.0)
    assert list(on.chat._messages.history._read) == [other]
    assert await on.chat.find(one, keys, 0.0) == messages


# Connections ----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def tunnel(to: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A way to a gateway; once the event is set, nothing of ours gets through, and no end of the connection either."""
    swallows, port = asyncio.Event(), yarl.URL(to).port

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, ours: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                if not (ours and swallows.is_set()):
                    writer.write(data)
        if not (ours and swallows.is_set()):
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(pass_on(reader, back, ours=True), pass_on(there, writer, ours=False))
        finally:
            writer.close()
            back.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", swallows
    finally:
        server.close()


async def test_law_05_a_gateway_that_does_not_say_goodbye_ends_in_words_and_is_not_taken_for_our_own_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "CLOSING", 0.2)
    async with listened(tmp_path) as on:
        ear = on.ear()
        async with tunnel(on.scene.discord.gateway) as (address, swallows):
            with monkeypatch.context() as elsewhere:
                elsewhere.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(address))
                async with ear.listening(None) as task:
                    await ear.up()
                    swallows.set()
                    on.scene.discord.gate.invalidate()
                    await asyncio.wait([task], timeout=PATIENCE)
                    assert not task.cancelled()
                    assert isinstance(task.exception(), RetryLater)
            on.scene.discord.gate.forget()


async def test_a_connection_that_cannot_be_closed_is_said_and_ends_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    closes = discord.Client.close

    async def broken(self: discord.Client) -> None:
        await closes(self)
        raise OSError("no route")

    async with listened(tmp_path) as on:
        ear = on.ear()
        async with ear.listening(None):
            await ear.up()
            monkeypatch.setattr(discord.Client, "close", broken)
        monkeypatch.undo()
    assert "no route" in caplog.text
