"""SIGHUP: a good configuration takes over and loses nothing, a bad one is refused in words and changes nothing."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from bridge.model import AnswerState
from tests.process.manager import managed
from tests.process.proxy import Break
from tests.process.story import SEEDS, opened
from tests.process.waiting import until
from tests.process.world import SETTLE_AFTER, World

CHANGED = "the configuration was changed"
REFUSED = "the changed configuration is refused"


async def started(world: World, **environment: str) -> None:
    """A daemon that has opened everything."""
    await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER, **environment)
    await world.until_shown(SEEDS[2])
    await world.until_shown(SEEDS[1])
    await until(lambda: "ready: 1 blog," in world.daemon.words(), "everything to be open")


def rewrite(world: World, old: str, new: str) -> None:
    """Change one place of the configuration."""
    text = world.daemon.config.read_text()
    assert text.count(old) == 1, text
    world.daemon.config.write_text(text.replace(old, new))


async def reloaded(world: World, times: int = 1) -> None:
    """Ask for the configuration to be read again, and wait until everything is open under it."""
    ready = world.daemon.words().count("ready: 1 blog,")
    for _ in range(times):
        world.daemon.send(signal.SIGHUP)
    await until(lambda: world.daemon.words().count("ready: 1 blog,") > ready, "everything to be open again")


async def test_a_good_configuration_takes_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _), managed(tmp_path / "n") as manager:
        await started(world, NOTIFY_SOCKET=manager.address)
        process = world.daemon.pid
        rewrite(world, 'relay = "authors"', 'relay = "marked"')
        await reloaded(world)
        assert [lines[0] for lines in manager.heard if not lines[0].startswith("STATUS")][:3] == [
            "READY=1", "RELOADING=1", "READY=1",
        ]  # fmt: skip
        reloading = next(lines for lines in manager.heard if lines[0] == "RELOADING=1")
        assert reloading[1].startswith("MONOTONIC_USEC=") and reloading[1].partition("=")[2].isdecimal()
        asked = await world.until_shown(SEEDS[2])
        message = await world.write("b1 Even there.", asked.id)
        await world.isso.visitor("Otto").comment("c1 When do you cut it?")
        await world.until_shown("c1 When do you cut it?")
        heard = "SELECT reason FROM inbox WHERE state = 'done' AND natural_key LIKE 'written:%' ORDER BY id DESC"
        await until(lambda: world.ledger(heard), "the message to be judged")
        assert world.public("b1") is None and world.receipt(message) is None
        assert world.daemon.running and world.daemon.pid == process
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert "Traceback" not in world.daemon.words()


async def test_a_bad_configuration_is_refused_in_words_and_the_old_one_goes_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _), managed(tmp_path / "n") as manager:
        await started(world, NOTIFY_SOCKET=manager.address)
        good = world.daemon.config.read_text()
        world.daemon.config.write_text(good.replace('hold = "0.3s"', 'hold = "soon"').replace('"isso"', '"pigeon"'))
        world.daemon.send(signal.SIGHUP)
        await manager.until("READY=1", 2)
        words = world.daemon.words()
        assert words.count(REFUSED) == 2 and "routes.garden.hold" in words and "blogs.garden.adapter" in words
        assert "a changed configuration was refused: " in manager.statuses()[-1]
        assert "(and 1 more)" in manager.statuses()[-1]
        world.daemon.config.unlink()
        world.daemon.send(signal.SIGHUP)
        await manager.until("READY=1", 3)
        assert "there is no configuration" in manager.statuses()[-1]
        asked = await world.until_shown(SEEDS[2])
        await world.answer("a1 Even there.", asked.id)
        await world.at_rest()
        assert CHANGED not in world.daemon.words()
        world.daemon.config.write_text(good)
        await reloaded(world)
        assert "refused" not in manager.statuses()[-1]
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_another_state_folder_cannot_be_taken_over(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await started(world)
        rewrite(world, f'state = "{world.folder}"', 'state = "elsewhere"')
        world.daemon.send(signal.SIGHUP)
        await until(lambda: f"{REFUSED}: backchat.state: cannot change" in world.daemon.words(), "the refusal")
        assert not (world.folder / "elsewhere").exists()
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_law_03_an_answer_that_is_held_across_a_reload_is_published_once(tmp_path: Path) -> None:
    async with opened(tmp_path, hold=3.0) as (world, _):
        await started(world)
        asked = await world.until_shown(SEEDS[2])
        message = await world.answer("a1 Even there.", asked.id)
        await world.until_state(message, AnswerState.HELD)
        await reloaded(world)
        receipt = world.receipt(message)
        assert receipt is not None and receipt.state is AnswerState.HELD and world.public("a1") is None
        await world.until_state(message, AnswerState.PUBLIC)
        await world.at_rest()
        assert await world.stop_and_check() == []


@pytest.mark.parametrize("where", [Break.HELD_BEFORE, Break.HELD_AFTER])
async def test_law_02_a_publish_in_flight_is_finished_before_the_new_configuration_is_used(
    tmp_path: Path, where: Break
) -> None:
    async with opened(tmp_path, through_proxy=True, time_out="20s") as (world, proxy):
        await started(world)
        asked = await world.until_shown(SEEDS[2])
        slow = proxy.break_("POST /new", where)
        message = await world.answer("a1 Even there.", asked.id)
        await until(lambda: slow.met == 1, "the publish to be on its way")
        taken_over = asyncio.create_task(reloaded(world))
        await until(lambda: CHANGED in world.daemon.words(), "the new configuration to be read")
        slow.go_on.set()
        await taken_over
        await world.until_state(message, AnswerState.PUBLIC)
        assert world.ledger("SELECT state FROM delivery WHERE step = 'publish'") == [{"state": "done"}]
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_law_02_a_publish_that_hangs_is_looked_for_after_the_reload(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True, time_out="60s") as (world, proxy):
        await started(world)
        asked = await world.until_shown(SEEDS[2])
        stuck = proxy.break_("POST /new", Break.HELD_AFTER)
        message = await world.answer("a1 Even there.", asked.id)
        await until(lambda: stuck.met == 1, "the publish to be on its way")
        await reloaded(world)
        await world.until_state(message, AnswerState.PUBLIC)
        assert world.ledger("SELECT count(*) AS n FROM delivery WHERE step = 'publish'") == [{"n": 1}]
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_nothing_is_lost_while_it_is_reloaded_again_and_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await started(world)
        asked = await world.until_shown(SEEDS[2])
        visitor = world.isso.visitor("Otto")
        for turn in range(6):
            await world.answer(f"a{turn} Even there.", asked.id)
            await visitor.comment(f"c{turn} And then?")
            await reloaded(world, times=1 + turn % 3)
            asked = await world.until_shown(f"c{turn} And then?")
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert "Traceback" not in world.daemon.words()


async def test_a_reload_while_nothing_is_open_yet_is_all_right(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await proxy.close()
        await world.daemon.start_plain()
        await until((world.folder / "ledger.db.lock").exists, "the daemon to begin")
        world.daemon.send(signal.SIGHUP)
        await until(lambda: CHANGED in world.daemon.words(), "the reload")
        await proxy.open()
        await world.until_shown(SEEDS[2])
        await world.at_rest()
        assert await world.stop_and_check() == []


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_a_stop_during_a_reload_stops(tmp_path: Path, name: signal.Signals) -> None:
    async with opened(tmp_path, through_proxy=True, time_out="20s") as (world, proxy):
        await started(world)
        asked = await world.until_shown(SEEDS[2])
        slow = proxy.break_("POST /new", Break.HELD_BEFORE)
        await world.answer("a1 Even there.", asked.id)
        await until(lambda: slow.met == 1, "the publish to be on its way")
        world.daemon.send(signal.SIGHUP)
        await until(lambda: CHANGED in world.daemon.words(), "the reload to wait for it")
        stopping = asyncio.create_task(world.daemon.stop(name))
        slow.go_on.set()
        assert await stopping == 0
        assert world.daemon.words().count("ready: 1 blog,") == 1 and "stopped; nothing is lost" in world.daemon.words()
        assert world.public("a1") is not None


async def test_a_route_that_the_new_configuration_has_not_is_retired(tmp_path: Path) -> None:
    async with opened(tmp_path, hold=5.0) as (world, _):
        await started(world)
        asked = await world.until_shown(SEEDS[2])
        message = await world.answer("a1 Even there.", asked.id)
        await world.until_state(message, AnswerState.HELD)
        text = world.daemon.config.read_text()
        world.daemon.config.write_text(text.replace("[routes.garden]", "[routes.meadow]").replace(
            "[[routes.garden.rooms]]", "[[routes.meadow.rooms]]"
        ))  # fmt: skip
        await reloaded(world)
        await world.until_state(message, AnswerState.REFUSED)
        assert world.public("a1") is None
        assert await world.daemon.stop() == 0
