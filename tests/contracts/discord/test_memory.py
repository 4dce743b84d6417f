"""What discord.py and the allocator would keep, and nobody needs, does not pile up."""

from __future__ import annotations

import asyncio
import ctypes
import resource
from pathlib import Path

import discord
import pytest
from discord.http import Ratelimit

from adapters.discord import listening
from adapters.discord.gateway import Gateway
from adapters.discord.idle_limits import IDLE, forget_idle
from adapters.discord.trimming import give_back
from bridge.model import Key, MessageId, Written
from tests.contracts.discord.listeners import listened


async def test_threads_are_heard_of_and_discord_py_keeps_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Gateway] = []

    class Watched(Gateway):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr(listening, "Gateway", Watched)
    async with listened(tmp_path) as on:
        ear = on.ear()
        async with ear.listening(None):
            await ear.up()
            (guild,) = made[0].guilds
            before = len(guild.threads)
            threads = [await on.another(f"/{number}/") for number in range(3)]
            for thread in threads:
                message = on.scene.ada.write(thread, "In March")
                await ear.until(lambda message=message: bool(ear.of(message)), "the message")  # type: ignore[misc]
            assert len(guild.threads) == before
    anchors = [event for thread in threads for event in ear.about(MessageId(thread.id))]
    assert [event.key for event in anchors if isinstance(event, Written)] == [
        Key(letter + "b" * 23) for letter in "yzx"
    ]


async def test_limits_that_say_nothing_any_more_are_forgotten_and_no_others() -> None:
    client, now = discord.Client(intents=discord.Intents.none()), asyncio.get_running_loop().time()
    limits = {name: Ratelimit(None) for name in ("over", "young", "resting", "in use")}
    for name in ("over", "resting", "in use"):
        limits[name]._last_request = now - IDLE - 1
    limits["resting"].expires, limits["over"].expires, limits["in use"].outgoing = now + 60, now - 1, 1
    client.http._buckets.update(limits)
    forget_idle(client)
    assert set(client.http._buckets) == {"young", "resting", "in use"}
    await client.close()


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the allocator is not glibc's")
def test_what_a_burst_took_of_memory_is_given_back() -> None:
    burst = [bytes(1_000) for _ in range(20_000)]
    last = burst[-1]  # it stands at the end, so that what lies before it is not given back by itself
    burst.clear()
    before = _resident()
    give_back()
    assert before - _resident() > 10 * 2**20
    assert len(last) == 1_000


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()
