"""Starting and stopping: in order, within a bound, with an exit code that says what was wrong."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from bridge.model import AnswerState
from tests.process.daemon import backchat
from tests.process.proxy import Break
from tests.process.story import SEEDS, opened
from tests.process.waiting import until
from tests.process.world import SETTLE_AFTER

WRONG = """\
[backchat]
state = "state"
time_out = "soon"

[blogs.garden]
adapter = "isso"
address = "comments.example"

[chats.room]
adapter = "carrier_pigeon"

[routes.garden]
blog = "meadow"

[[routes.garden.rooms]]
chat = "room"
room = "comments"
colour = "green"
"""


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_daemon_in_order(tmp_path: Path, name: signal.Signals) -> None:
    async with opened(tmp_path) as (world, _):
        await world.daemon.start_plain()
        await until(lambda: world.daemon.words().count("ready: 1 blog,") == 1, "the first start")
        await world.until_shown(SEEDS[2])
        await world.at_rest()
        assert await world.stop_and_check() == []
        await world.daemon.start_plain()
        await until(lambda: world.daemon.words().count("ready: 1 blog,") == 2, "the second start")
        asked = time.monotonic()
        assert await world.daemon.stop(name) == 0
        assert time.monotonic() - asked < 5
        assert "stopped; nothing is lost" in world.daemon.words()
        assert "Traceback" not in world.daemon.words()


async def test_a_signal_before_anything_is_open_stops_the_daemon(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await proxy.close()
        await world.daemon.start_plain()
        await until(lambda: "cannot be opened" in world.daemon.words(), "the first try")
        assert await world.daemon.stop() == 0


async def test_law_02_a_publish_in_flight_gets_its_grace_when_the_daemon_is_stopped(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True, time_out="20s") as (world, proxy):
        await world.daemon.start_plain()
        asked = await world.until_shown(SEEDS[2])
        slow = proxy.break_("POST /new", Break.HELD_BEFORE)
        message = await world.answer("a1 Even there.", asked.id)
        await until(lambda: slow.met == 1, "the publish to be on its way")
        stopping = asyncio.create_task(world.daemon.stop())
        await until(lambda: "stopping: what is in flight" in world.daemon.words(), "the daemon to hear the signal")
        assert world.daemon.running
        slow.go_on.set()
        assert await stopping == 0
        assert world.public("a1") is not None
        assert world.ledger("SELECT state FROM delivery WHERE step = 'publish'") == [{"state": "done"}]
        await world.daemon.start_plain()
        await world.until_state(message, AnswerState.PUBLIC)
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_law_02_a_publish_that_hangs_does_not_keep_the_daemon_from_stopping(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True, time_out="60s") as (world, proxy):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        asked = await world.until_shown(SEEDS[2])
        stuck = proxy.break_("POST /new", Break.HELD_BEFORE)
        message = await world.answer("a1 Even there.", asked.id)
        await until(lambda: stuck.met == 1, "the publish to be on its way")
        assert await world.daemon.stop() == 0  # within `STOPPING`
        assert world.public("a1") is None
        await proxy.close()  # what hung is cut, and never reaches the blog
        await proxy.open()
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        await world.until_state(message, AnswerState.PUBLIC)
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_a_second_backchat_on_the_same_ledger_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await world.daemon.start_plain()
        await world.until_shown(SEEDS[2])
        code, _, words = await backchat(world.daemon.config, "run")
        assert code == 5
        assert f"process {world.daemon.pid}" in words and "stop it first" in words
        assert world.daemon.running
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_every_problem_of_a_configuration_is_told_at_once(tmp_path: Path) -> None:
    config = tmp_path / "backchat.toml"
    config.write_text(WRONG)
    for command in ("run", "check"):
        code, _, words = await backchat(config, command)
        assert code == 3
        for key in (
            "backchat.time_out", "blogs.garden.address", "blogs.garden.site", "chats.room", "carrier_pigeon",
            "routes.garden.blog", "routes.garden.relay", "routes.garden.rooms[0].colour",
        ):  # fmt: skip
            assert key in words, f"{key} is not in:\n{words}"
        assert "problems" in words
    assert not (tmp_path / "state").exists()
    code, _, words = await backchat(tmp_path / "absent.toml", "run")
    assert code == 3 and "there is no configuration" in words


async def test_a_ledger_that_is_not_ours_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        ledger = world.folder / "ledger.db"
        ledger.write_text("This is a diary, and no database at all. " * 100)
        await _refused(world.daemon.config, ledger)
        ledger.unlink()
        with sqlite3.connect(ledger) as other:
            other.execute("CREATE TABLE diary (page TEXT)")
        other.close()
        await _refused(world.daemon.config, ledger)


async def test_a_damaged_ledger_is_refused_in_words(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await world.daemon.start_plain()
        await world.until_shown(SEEDS[2])
        assert await world.daemon.stop() == 0
        ledger = world.folder / "ledger.db"
        with sqlite3.connect(ledger) as whole:
            whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (page,) = whole.execute("PRAGMA page_size").fetchone()
        whole.close()
        kept = ledger.read_bytes()
        ledger.write_bytes(kept[:page] + b"Z" * (len(kept) - page))  # all but the page that says what the file is
        assert "malformed" in await _refused(world.daemon.config, ledger)


async def test_a_ledger_of_a_newer_backchat_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await world.daemon.start_plain()
        await world.until_shown(SEEDS[2])
        assert await world.daemon.stop() == 0
        ledger = world.folder / "ledger.db"
        with sqlite3.connect(ledger) as newer:
            newer.execute("PRAGMA user_version = 9999")
        newer.close()
        assert "newer Backchat" in await _refused(world.daemon.config, ledger)


async def _refused(config: Path, ledger: Path) -> str:
    before = await asyncio.to_thread(ledger.read_bytes)
    code, _, words = await backchat(config, "run")
    assert code == 4, words
    assert str(ledger) in words
    assert await asyncio.to_thread(ledger.read_bytes) == before
    return words
