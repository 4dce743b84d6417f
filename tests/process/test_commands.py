"""What the command line says and does beside a running daemon, and without one."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridge.model import AnswerState
from tests.process.daemon import backchat
from tests.process.proxy import Break, Proxy
from tests.process.story import SEEDS, opened
from tests.process.waiting import PATIENCE, until
from tests.process.world import SETTLE_AFTER, World


async def _says(world: World, *arguments: str) -> str:
    code, words, errors = await backchat(world.daemon.config, *arguments)
    assert code == 0, errors
    return words


async def _until_status(world: World, words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        _, said, errors = await backchat(world.daemon.config, "status")  # fails while the ledger is just being made
        if words in said:
            return
        assert time.monotonic() < deadline, f"`backchat status` never said {words!r}, but:\n{said}{errors}"


async def test_law_05_status_and_parked_say_in_words_that_there_is_no_ledger_yet(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        for just_made in (False, True):
            if just_made:
                (world.folder / "ledger.db").touch()  # a daemon is making its tables at this moment
            for arguments in (["status"], ["parked", "list"], ["parked", "retry", "1"]):
                code, _, words = await backchat(world.daemon.config, *arguments)
                assert code == 4
                assert "there is no ledger" in words


async def test_law_05_a_blog_that_is_down_at_the_start_is_told_and_waited_for(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await proxy.close()
        await world.daemon.start_plain()
        await _until_status(world, "⚠ the last reading failed")
        assert "blog garden: read never" in await _says(world, "status")
        assert world.daemon.running
        await proxy.open()
        await world.until_shown(SEEDS[2])
        await world.at_rest()
        assert "⚠" not in await _says(world, "status")
        assert await world.stop_and_check() == []


async def test_law_05_a_blog_that_goes_down_is_told_and_waited_for(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await world.daemon.start_plain()
        await world.until_shown(SEEDS[2])
        await proxy.close()
        await _until_status(world, "readings failed")
        await world.isso.visitor("Otto").comment("c1 Anybody there?")
        await proxy.open()
        await world.until_shown("c1 Anybody there?")
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_law_03_a_room_whose_file_is_locked_gets_each_message_once_when_it_is_free(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        await world.until_shown(SEEDS[2])
        with contextlib.closing(sqlite3.connect(world.folder / "room.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await world.isso.visitor("Otto").comment("c1 Knock, knock.")
            await until(
                lambda: world.ledger("SELECT 1 FROM target WHERE kind = 'comment' AND reason IS NOT NULL"),
                "the daemon to meet the lock",
            )
            assert "waits: 1 for comments in room" in await _says(world, "status")
            other.execute("ROLLBACK")
        await world.until_shown("c1 Knock, knock.")
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_law_05_a_room_whose_file_is_another_programs_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        stranger = world.folder / "diary.db"
        with sqlite3.connect(stranger) as other:
            other.execute("CREATE TABLE diary (page TEXT)")
        other.close()
        before = stranger.read_bytes()
        config = world.daemon.config
        config.write_text(config.read_text().replace("room.db", "diary.db"))
        await world.daemon.start_plain()
        await _until_status(world, "is no room of Backchat's")
        assert world.daemon.running
        assert await world.daemon.stop() == 0
        assert stranger.read_bytes() == before


# What is parked -------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _parked(folder: Path, kind: Break) -> AsyncIterator[tuple[World, int, int]]:
    """An answer of which nobody but a person can tell: Isso moderates, and we may not look at what waits there."""
    async with opened(folder, moderation=True, through_proxy=True, password=False) as (world, proxy):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        asked = await world.until_shown(SEEDS[2])
        message = await _answered_in_doubt(world, proxy, kind, asked.id)
        found = world.ledger("SELECT id FROM target WHERE state = 'parked'")
        assert len(found) == 1
        yield world, message, found[0]["id"]


async def _answered_in_doubt(world: World, proxy: Proxy, kind: Break, asked: int) -> int:
    proxy.break_("POST /new", kind)
    message = await world.answer("a1 Even there.", asked)
    receipt = await world.until_state(message, AnswerState.PARKED)
    assert receipt.reason is not None and "operator" in receipt.reason
    return message


def _sent(world: World) -> int:
    (number,) = world.isso.sql("SELECT count(*) FROM comments WHERE text LIKE 'a1%'")[0]
    return int(number)


async def test_law_05_what_is_parked_is_listed_with_its_text_and_shown_by_status(tmp_path: Path) -> None:
    async with _parked(tmp_path, Break.AFTER) as (world, _, number):
        for running in (True, False):
            listed = await _says(world, "parked", "list")
            assert f"{number}  parked  answer for " in listed
            assert "a1 Even there." in listed
            assert "1 parked" in (status := await _says(world, "status"))
            assert "backchat parked list" in status
            assert world.daemon.running is running
            if running:
                assert await world.daemon.stop() == 0
        code, _, words = await backchat(world.daemon.config, "parked", "retry", "987")
        assert code == 1
        assert "987" in words
        assert _sent(world) == 1


async def test_law_02_a_parked_answer_is_sent_again_only_when_a_person_says_so(tmp_path: Path) -> None:
    async with _parked(tmp_path, Break.BEFORE) as (world, message, number):
        await world.daemon.kill()
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        await until(lambda: world.daemon.words().count("ready: 1 blog,") == 2, "the second start")
        assert world.ledger("SELECT id FROM target WHERE state = 'parked'") == [{"id": number}]
        assert _sent(world) == 0
        await _says(world, "parked", "retry", str(number))
        await world.until_state(message, AnswerState.PENDING)
        assert _sent(world) == 1
        assert "Nothing is parked." in await _says(world, "parked", "list")
        assert await world.daemon.stop() == 0


async def test_law_02_a_parked_answer_that_a_person_found_is_not_sent_again(tmp_path: Path) -> None:
    async with _parked(tmp_path, Break.AFTER) as (world, message, number):
        assert await world.daemon.stop() == 0
        await _says(world, "parked", "done", str(number))  # while no daemon runs
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        receipt = await world.until_state(message, AnswerState.PUBLIC)
        assert receipt.reason is not None
        assert _sent(world) == 1
        assert "Nothing is parked." in await _says(world, "parked", "list")
        assert await world.daemon.stop() == 0


async def test_law_05_a_parked_answer_that_is_dropped_is_told_to_its_writer(tmp_path: Path) -> None:
    async with _parked(tmp_path, Break.BEFORE) as (world, message, number):
        await _says(world, "parked", "drop", str(number))
        receipt = await world.until_state(message, AnswerState.REFUSED)
        assert receipt.reason == "The operator dropped it."
        assert _sent(world) == 0
        assert "Nothing is parked." in await _says(world, "parked", "list")
        assert await world.daemon.stop() == 0


async def test_law_03_a_parked_answer_that_the_moderator_approves_is_known_again(tmp_path: Path) -> None:
    async with _parked(tmp_path, Break.AFTER) as (world, message, _):
        world.isso.sql("UPDATE comments SET mode = 1")
        await world.until_state(message, AnswerState.PUBLIC)
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert _sent(world) == 1
