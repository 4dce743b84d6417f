"""`backchat ledger`, `backfill`, `unanswered`, `status` and `run --dry` beside a running daemon, and without one."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import signal
import sqlite3
import stat
import sys
from pathlib import Path
from typing import Any

from bridge.model import AnswerState
from tests.process.daemon import ROOT, backchat
from tests.process.story import SEEDS, opened
from tests.process.waiting import until
from tests.process.world import SETTLE_AFTER, World


async def says(world: World, *arguments: str, code: int = 0) -> str:
    got, words, errors = await backchat(world.daemon.config, *arguments)
    assert got == code, words + errors
    return words


async def told(world: World, *arguments: str, code: int = 0) -> Any:
    return json.loads(await says(world, *arguments, code=code))


def fingerprint(folder: Path) -> dict[str, str]:
    """Every file that holds something, with a hash of it; SQLite's shared memory holds nothing."""
    return {
        path.name: hashlib.blake2b(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.endswith("-shm")
    }


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def shown(world: World) -> None:
    await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
    await world.until_shown(SEEDS[1])
    await world.until_shown(SEEDS[2])
    await world.at_rest()


# status and unanswered ----------------------------------------------------------------------------------------------


async def test_status_tells_programs_what_it_tells_people(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        seen = await told(world, "status", "--json")
        assert seen["process"] == world.daemon.pid and seen["needs"] == []
        assert [blog["name"] for blog in seen["blogs"]] == ["garden"] and seen["blogs"][0]["comments"] == 3
        assert [chat["name"] for chat in seen["chats"]] == ["room"]
        assert seen["counts"]["threads"] == 1 and seen["counts"]["parked"] == 0
        assert f"process {world.daemon.pid}" in await says(world, "status", "--check")
        await world.daemon.kill()
        assert "Needs you: no Backchat runs" in await says(world, "status", "--check", code=1)
        assert (await told(world, "status", "--json"))["process"] is None


async def test_whoever_waits_is_listed_with_the_post_and_a_link_until_somebody_answers(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        listed = await says(world, "unanswered")
        assert SEEDS[1] in listed and SEEDS[2] in listed and "2 comments wait" in listed
        assert f"{world.isso.site}/tea/#isso-" in listed
        all_of_them = await told(world, "unanswered", "--json")  # without ages, which go on
        assert await told(world, "unanswered", "--blog", "garden", "--json") == all_of_them
        code, _, errors = await backchat(world.daemon.config, "unanswered", "--blog", "nowhere")
        assert code == 1 and "there is: garden" in errors
        asked = world.shown(SEEDS[2])
        assert asked is not None
        await world.until_state(await world.answer("a1 In June.", asked.id), AnswerState.PUBLIC)
        [waiting] = await told(world, "unanswered", "--json")
        assert waiting["text"] == SEEDS[1] and waiting["blog"] == "garden" and waiting["name"] == "Vera"


async def test_a_reader_who_leaves_early_ends_a_command_quietly(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        assert await world.daemon.stop() == 0
        process = await asyncio.create_subprocess_shell(
            f"'{sys.executable}' -m bridge --config '{world.daemon.config}' ledger export | head -c 1",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        out, err = await process.communicate()
        assert out == b"{" and b"Traceback" not in err and b"Exception ignored" not in err


# pause and resume -------------------------------------------------------------------------------------------------


async def test_a_blog_is_paused_beside_a_running_daemon_until_it_is_resumed(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        assert "until you say `backchat resume garden`" in await says(world, "pause", "garden")
        await until(lambda: world.ledger("SELECT 1 FROM source WHERE paused IS NOT NULL"), "the pause")
        assert "Needs you: the blog garden is paused: paused by hand" in await says(world, "status")
        [source] = world.ledger("SELECT last_read FROM source")
        await world.isso.visitor("Otto").comment("c1 Who is there?")
        assert await world.daemon.stop() == 0
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        assert [dict(row) for row in world.ledger("SELECT last_read FROM source")] == [dict(source)]
        assert world.shown("c1 Who is there?") is None
        await says(world, "resume", "garden")
        await world.until_shown("c1 Who is there?")
        await world.at_rest()
        assert await world.stop_and_check() == []


# backfill ---------------------------------------------------------------------------------------------------------


async def test_backfill_is_followed_to_its_end_beside_a_running_daemon(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        code, words, errors = await backchat(world.daemon.config, "backfill", "--blog", "garden", "--last", "5")
        assert code == 0, errors
        assert "1 message of garden stand in their threads." in words
        await world.until_shown(SEEDS[0])
        assert "shown already" in await says(world, "backfill", "--blog", "garden", "--last", "5")
        world.earlier = frozenset()
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_backfill_without_a_daemon_is_done_when_one_is_started(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        assert await world.daemon.stop() == 0
        assert "when one is started" in await says(world, "backfill", "--blog", "garden", "--last", "1")
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        await world.until_shown(SEEDS[0])
        world.earlier = frozenset()
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_ctrl_c_leaves_a_backfill_going(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        with contextlib.closing(sqlite3.connect(world.folder / "room.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # so that it takes longer than we follow it
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bridge", "--config", str(world.daemon.config), "backfill", "--blog", "garden",
                "--last", "1", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
            )  # fmt: skip
            await until(
                lambda: world.ledger("SELECT 1 FROM inbox WHERE chat = '' AND state = 'done'"), "the request's granting"
            )
            process.send_signal(signal.SIGINT)
            _, errors = await process.communicate()
            assert process.returncode == 0 and b"goes on without you" in errors, errors
            other.execute("ROLLBACK")
        await world.until_shown(SEEDS[0])
        assert await world.daemon.stop() == 0


# ledger ---------------------------------------------------------------------------------------------------------


async def test_a_backup_of_a_running_daemon_is_whole_private_and_goes_on_where_it_was(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        copy = tmp_path / "copy.db"
        assert "checked" in await says(world, "ledger", "backup", str(copy))
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert [name for name in listed(tmp_path) if "copy" in name] == ["copy.db"]
        code, _, errors = await backchat(world.daemon.config, "ledger", "backup", str(copy))
        assert code == 4 and "--force" in errors
        await world.isso.visitor("Otto").comment("c1 And indoors?")
        await world.until_shown("c1 And indoors?")
        await world.at_rest()
        assert await world.daemon.stop() == 0
        for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
            (world.folder / name).unlink(missing_ok=True)
        copy.rename(world.folder / "ledger.db")  # as of before the last comment, which the room knows by its key
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        await until(lambda: len(world.ledger("SELECT 1 FROM comment")) == 4, "the comment to be read again")
        await world.at_rest()
        assert await world.stop_and_check() == []
        await says(world, "ledger", "check")


async def test_law_10_an_export_holds_what_people_said_and_no_secret(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        asked = world.shown(SEEDS[2])
        assert asked is not None
        await world.until_state(await world.answer("a1 In June.", asked.id), AnswerState.PUBLIC)
        await world.at_rest()
        exported = await says(world, "ledger", "export")
        values = [json.loads(line) for line in exported.splitlines()]
        kinds = [value["type"] for value in values]
        assert kinds == ["export", "blog", "post", *["comment"] * 4, "thread", "answer"]
        comments = [value for value in values if value["type"] == "comment"]
        assert [one["text"] for one in comments] == [*SEEDS, "a1 In June."]
        [answer] = [value for value in values if value["type"] == "answer"]
        assert answer["state"] == "public" and answer["comment"] == comments[-1]["comment"]
        assert answer["answers"] == comments[2]["comment"] and answer["author"] == "mara"
        key = world.ledger("SELECT value FROM meta WHERE name = 'instance key'")[0]["value"]
        sent = {row["key"] for row in world.ledger("SELECT key FROM delivery WHERE key <> ''")}
        assert sent
        assert not [secret for secret in {key, *sent} if secret in exported]
        assert await world.daemon.stop() == 0


async def test_a_sound_ledger_is_said_to_be_sound_whether_a_daemon_runs_or_not(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        assert "is sound" in await says(world, "ledger", "check")
        await world.daemon.kill()
        assert "is sound" in await says(world, "ledger", "check")


# run --dry ---------------------------------------------------------------------------------------------------------


async def test_a_rehearsal_before_the_first_start_says_what_would_happen_and_leaves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        before, stood = fingerprint(world.folder), world.on_blog()
        words = await says(world, "run", "--dry")
        assert "for the first time (the latest 2 are shown), 3 comments not known before" in words
        assert "room: would open a thread in comments for “" in words
        assert f"Vera: {SEEDS[2]}" in words and SEEDS[0] not in words
        assert "1 earlier comment is on the blog" in words
        assert fingerprint(world.folder) == before and world.on_blog() == stood and world.in_room() == []


async def test_a_rehearsal_beside_a_daemon_tells_an_answer_and_sends_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, hold=60) as (world, _):
        await shown(world)
        asked = world.shown(SEEDS[2])
        assert asked is not None
        message = await world.write("a1 In June.", asked.id)
        await world.until_state(message, AnswerState.HELD)
        words = await says(world, "run", "--dry")
        assert "would publish as mara, under the comment of Vera" in words and "a1 In June." in words
        assert "later, in " in words and "Nothing would be said or published now." in words
        await world.daemon.kill()
        with contextlib.closing(sqlite3.connect(world.folder / "ledger.db", isolation_level=None)) as ledger:
            ledger.execute("UPDATE target SET held_until = 1 WHERE kind = 'answer'")
            ledger.execute("UPDATE lane SET due = 1 WHERE name LIKE 'blog:%'")
        stood, before = world.on_blog(), fingerprint(world.folder)
        words = await says(world, "run", "--dry")
        assert "\ngarden: would publish as mara, under the comment of Vera" in words
        assert world.on_blog() == stood
        assert {name: before[name] for name in ("ledger.db", "room.db")} == {
            name: fingerprint(world.folder)[name] for name in ("ledger.db", "room.db")
        }


async def test_a_rehearsal_says_what_cannot_be_reached_and_exits_1(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await proxy.close()
        words = await says(world, "run", "--dry", code=1)
        assert "⚠ the blog garden cannot be opened" in words
