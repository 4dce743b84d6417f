"""The daemon as a service: what systemd hears, what feeds its watchdog, and what the health pages say."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.model import AnswerState
from tests.process.manager import managed
from tests.process.proxy import Break
from tests.process.story import SEEDS, opened
from tests.process.waiting import LOOK_EVERY, PATIENCE, until
from tests.process.world import World

WATCHDOG = "1000000"
"""One second, in microseconds: who is later than that is stuck."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def serve_pages(world: World) -> str:
    """Configure the health pages; their address."""
    port = free_port()
    with world.daemon.config.open("a") as config:
        config.write(f'\n[web]\nlisten = "127.0.0.1:{port}"\n')
    return f"http://127.0.0.1:{port}"


async def ask(url: str, accept: str = "*/*") -> tuple[int, str]:
    """One page's status and text; 0 while nobody answers."""
    try:
        async with aiohttp.ClientSession() as session, session.get(url, headers={"Accept": accept}) as answer:
            return answer.status, await answer.text()
    except aiohttp.ClientConnectionError:
        return 0, ""


async def until_says(url: str, status: int, words: str = "") -> str:
    """Wait until a page answers so."""
    found, said = await ask(url)
    deadline = time.monotonic() + PATIENCE
    while not (found == status and words in said):
        assert time.monotonic() < deadline, f"{url} does not say {status} {words!r}, but {found} {said!r}"
        await asyncio.sleep(LOOK_EVERY)
        found, said = await ask(url)
    return said


@pytest.mark.parametrize("abstract", [False, True])
async def test_systemd_hears_when_it_is_ready_that_it_lives_and_that_it_stops(tmp_path: Path, abstract: bool) -> None:
    address = f"@backchat-{os.getpid()}" if abstract else tmp_path / "n"
    async with opened(tmp_path) as (world, _), managed(address) as manager:
        await world.daemon.start_plain(NOTIFY_SOCKET=str(address), WATCHDOG_USEC=WATCHDOG)
        await manager.until("READY=1")
        assert manager.statuses()[-1] == "1 blog, 1 chat, 1 route; all are open"
        await manager.until("WATCHDOG=1", 3)
        await world.until_shown(SEEDS[2])
        assert manager.count("STOPPING=1") == 0
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert manager.count("STOPPING=1") == 1 and manager.count("READY=1") == 1


async def test_one_dead_blog_does_not_keep_the_service_from_being_ready(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy), managed(tmp_path / "n") as manager:
        await proxy.close()
        pages = serve_pages(world)
        await world.daemon.start_plain(NOTIFY_SOCKET=manager.address)
        await manager.until("READY=1")
        assert "not open yet: garden (" in manager.statuses()[-1]
        await until_says(f"{pages}/readyz", 503, "the blog garden is not open: ")
        assert await ask(f"{pages}/healthz") == (200, "ok\n")
        await proxy.open()
        await manager.until_status(lambda status: status.endswith("all are open"), "tells that all is open")
        await until_says(f"{pages}/readyz", 200, "ok")
        assert manager.count("READY=1") == 1
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_a_loop_that_is_stuck_is_named_and_the_watchdog_not_fed(tmp_path: Path) -> None:
    stuck = tmp_path / "stuck"
    async with opened(tmp_path) as (world, _), managed(tmp_path / "n") as manager:
        pages = serve_pages(world)
        await world.daemon.start(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC=WATCHDOG, STUCK=str(stuck))
        await manager.until("WATCHDOG=1", 2)
        asked = await world.until_shown(SEEDS[2])
        stuck.touch()
        await manager.until_status(lambda status: status.startswith("no progress: inbox for "), "names the inbox")
        assert "inbox has made no progress for " in world.daemon.words()
        fed = manager.count("WATCHDOG=1")
        assert "inbox has made no progress" in await until_says(f"{pages}/healthz", 503)
        message = await world.answer("a1 Even there.", asked.id)
        looks = len(manager.statuses())
        await until(lambda: len(manager.statuses()) >= looks + 3, "three more looks at the loops")
        assert manager.count("WATCHDOG=1") == fed and world.public("a1") is None
        stuck.unlink()
        await manager.until("WATCHDOG=1", fed + 1)
        assert "everything makes progress again" in world.daemon.words()
        await until_says(f"{pages}/healthz", 200)
        await world.until_state(message, AnswerState.PUBLIC)
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_a_ledger_that_cannot_be_written_is_no_progress(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _), managed(tmp_path / "n") as manager:
        await world.daemon.start_plain(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC=WATCHDOG)
        await world.until_shown(SEEDS[2])
        with closing(sqlite3.connect(world.folder / "ledger.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await manager.until_status(lambda status: "watch garden for" in status, "names the loop that waits")
            fed = manager.count("WATCHDOG=1")
            other.execute("ROLLBACK")
        await manager.until("WATCHDOG=1", fed + 1)
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_a_blog_that_hangs_is_no_reason_to_starve_the_watchdog(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy), managed(tmp_path / "n") as manager:
        await world.daemon.start_plain(NOTIFY_SOCKET=manager.address, WATCHDOG_USEC=WATCHDOG)
        await world.until_shown(SEEDS[2])
        hung = proxy.break_("GET /latest", Break.HELD_BEFORE)
        await until(lambda: hung.met == 1, "a reading that hangs")
        await manager.until("WATCHDOG=1", manager.count("WATCHDOG=1") + 8)  # over more than two patiences
        assert not any("no progress" in status for status in manager.statuses())
        hung.go_on.set()
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_readiness_notices_a_paused_blog_and_metrics_count_what_happens(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        pages = serve_pages(world)
        await world.daemon.start_plain()
        asked = await world.until_shown(SEEDS[2])
        message = await world.answer("a1 Even there.", asked.id)
        await world.until_state(message, AnswerState.PUBLIC)
        await world.at_rest()
        await until_says(f"{pages}/readyz", 200)
        numbers = _numbers(await until_says(f"{pages}/metrics", 200))
        assert numbers["backchat_comments", "garden"] == 4
        assert numbers["backchat_deliveries_total", "answer", "done", "publish"] == 1
        assert numbers["backchat_readings_total", "garden", "read"] > 0
        assert numbers["backchat_blog_open", "garden"] == numbers["backchat_chat_caught_up", "room"] == 1
        assert numbers["backchat_waiting",] == numbers["backchat_loops_overdue",] == 0
        with closing(sqlite3.connect(world.folder / "ledger.db")) as ledger, ledger:
            ledger.execute("UPDATE source SET paused = 'its numbers have changed'")
        await until_says(f"{pages}/readyz", 503, "the blog garden is paused: its numbers have changed\n")
        status, told = await ask(f"{pages}/readyz", "application/json")
        assert (status, json.loads(told)["ready"]) == (503, False)
        assert _numbers(await until_says(f"{pages}/metrics", 200))["backchat_blog_paused", "garden"] == 1
        assert await world.daemon.stop() == 0


def _numbers(text: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels, in the order of their names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_what_is_no_request_is_answered_and_fills_no_log(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        address = serve_pages(world)
        await world.daemon.start_plain()
        await until_says(f"{address}/healthz", 200)
        for junk in (b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02", b"GET / HTTP/1.1\r\nno header\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
            writer.write(junk)
            assert (await reader.readline()).startswith(b"HTTP/1.0 400")
            writer.close()
            await writer.wait_closed()
        await world.until_shown(SEEDS[2])
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert "Traceback" not in world.daemon.words() and "handling request" not in world.daemon.words()


async def test_an_address_that_is_taken_is_told_with_its_key_and_stops_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        pages = serve_pages(world)
        with socket.create_server(("127.0.0.1", int(pages.rpartition(":")[2]))):
            await world.daemon.start_plain()
            await world.until_shown(SEEDS[2])
            await until(lambda: "web.listen: nothing can be served at" in world.daemon.words(), "the reason")
        await until_says(f"{pages}/healthz", 200)
        assert await world.daemon.stop(signal.SIGINT) == 0
