"""A ledger that cannot be written, cannot be read, or is not what it should be: words, an exit code, nothing lost."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.ledger.sqlite import SqliteLedger
from tests.process.daemon import backchat
from tests.process.story import SEEDS, opened
from tests.process.waiting import until
from tests.process.world import World

NO_LEDGER = 4
CONFIG = """
[backchat]
state = "{state}"

[blogs.garden]
adapter = "isso"
address = "http://127.0.0.1:9"
site = "http://127.0.0.1:9"

[chats.room]
adapter = "web_room"

[routes.garden]
blog = "garden"
relay = "off"

[[routes.garden.rooms]]
chat = "room"
room = "comments"
"""
"""A blog that nobody answers for, because nothing listens there."""
PAGE = 4096


@contextlib.contextmanager
def small_disk(folder: Path, size: str = "6m") -> Iterator[Path]:
    """A disk of its own at `folder`; skips where this user may not mount one."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk of our own can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


def fill(folder: Path) -> Path:
    """Use up all that is left of a disk."""
    filler = folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 1024):
            pass
    return filler


async def shown(world: World) -> None:
    await world.daemon.start_plain()
    await world.until_shown(SEEDS[2])
    await world.until_shown(SEEDS[1])
    await world.at_rest()


async def test_law_01_a_full_disk_stops_the_daemon_in_words_and_nothing_is_lost(tmp_path: Path) -> None:
    with small_disk(tmp_path / "backchat") as disk:
        async with opened(tmp_path) as (world, _):
            world.daemon.log = tmp_path / "daemon.log"  # on another disk
            await shown(world)
            filler = await asyncio.to_thread(fill, disk)
            await world.isso.visitor("Otto").comment("c1 Is there room?")
            assert await world.daemon.ended() == NO_LEDGER, world.daemon.words()
            assert "Backchat has stopped, and goes on where it was" in world.daemon.words()
            code, words, _ = await backchat(world.daemon.config, "ledger", "check")
            assert code == 0 and "is sound" in words
            filler.unlink()
            await world.daemon.start_plain()
            await world.until_shown("c1 Is there room?")
            await world.at_rest()
            assert await world.stop_and_check() == []


async def test_law_01_a_backup_onto_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "1m") as disk:
        async with opened(tmp_path) as (world, _):
            await shown(world)
            assert await world.daemon.stop() == 0
            await asyncio.to_thread(fill, disk)
            code, _, errors = await backchat(world.daemon.config, "ledger", "backup", str(disk / "copy.db"))
            assert code == NO_LEDGER and "full" in errors
            assert [path.name for path in await asyncio.to_thread(lambda: list(disk.iterdir()))] == ["filler"]


async def test_a_read_only_disk_is_told_in_words_and_left_as_it_is(tmp_path: Path) -> None:
    with small_disk(tmp_path / "backchat") as disk:
        config = tmp_path / "backchat.toml"
        config.write_text(CONFIG.format(state=disk))
        await SqliteLedger.open(disk / "ledger.db").close()
        await asyncio.to_thread(remount, disk, "ro")
        for arguments in (["run"], ["resume", "garden"], ["backfill", "--blog", "garden", "--last", "1"]):
            code, words, errors = await backchat(config, *arguments)
            assert (code, words) == (NO_LEDGER, ""), arguments
            assert errors.startswith("backchat: ") and len(errors.splitlines()) == 1
        await asyncio.to_thread(remount, disk, "rw")
        assert (await backchat(config, "status"))[0] == 0


# Damage ---------------------------------------------------------------------------------------------------------------


def overwrite(path: Path, table: str) -> None:
    """Garbage where the first page of a table or index is, the log's pages being in the file."""
    with contextlib.closing(sqlite3.connect(path)) as ledger:
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = ledger.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(b"\xa5" * PAGE)


def forget_the_parked(path: Path) -> None:
    """An index that lacks what its table has, as after a broken disk: whoever trusts it sees nothing."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as ledger:
        (page,) = ledger.execute("SELECT rootpage FROM sqlite_master WHERE name = 'target_parked'").fetchone()
        ledger.execute("UPDATE target SET state = 'parked', reason = 'look' WHERE kind = 'comment'")
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    empty_leaf = b"\x0a" + b"\0\0" + b"\0\0" + PAGE.to_bytes(2, "big") + b"\0"
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE)
        file.write(empty_leaf.ljust(PAGE, b"\0"))


async def test_law_05_a_damaged_page_is_told_by_whoever_meets_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        assert await world.daemon.stop() == 0
        await asyncio.to_thread(overwrite, world.folder / "ledger.db", "comment")
        code, words, errors = await backchat(world.daemon.config, "ledger", "check")
        assert code in {1, NO_LEDGER} and ("damaged" in words or "malformed" in errors)
        await asyncio.to_thread(overwrite, world.folder / "ledger.db", "source")
        for arguments in (["status"], ["unanswered"], ["ledger", "export"]):
            code, _, errors = await backchat(world.daemon.config, *arguments)
            assert code == NO_LEDGER and "malformed" in errors and "Traceback" not in errors
        code, _, errors = await backchat(world.daemon.config, "ledger", "backup", str(tmp_path / "copy.db"))
        assert code == NO_LEDGER and not (tmp_path / "copy.db").exists()
        await world.daemon.start_plain()
        assert await world.daemon.ended() == NO_LEDGER, world.daemon.words()
        assert "malformed" in world.daemon.words()


async def test_law_05_an_index_that_lies_does_not_make_parked_list_say_that_nothing_is_parked(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        assert await world.daemon.stop() == 0
        await asyncio.to_thread(forget_the_parked, world.folder / "ledger.db")
        code, words, errors = await backchat(world.daemon.config, "parked", "list")
        assert code == NO_LEDGER and "Nothing is parked" not in words and "is damaged" in errors


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough" * 200], ids=["empty", "prose"])
async def test_every_command_says_in_words_that_the_ledger_is_none(tmp_path: Path, content: bytes) -> None:
    config = tmp_path / "backchat.toml"
    config.write_text(CONFIG.format(state=tmp_path))
    ledger = tmp_path / "ledger.db"
    ledger.write_bytes(content)
    for arguments in EVERY:
        code, words, errors = await backchat(config, *arguments)
        assert (code, words) == (NO_LEDGER, ""), arguments
        assert errors.startswith("backchat: ") and len(errors.splitlines()) == 1
    assert ledger.read_bytes() == content


async def test_every_command_says_in_words_that_the_ledger_is_a_newer_backchats(tmp_path: Path) -> None:
    config = tmp_path / "backchat.toml"
    config.write_text(CONFIG.format(state=tmp_path))
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.db")) as ledger:
        ledger.executescript("CREATE TABLE t (n); PRAGMA application_id = 0x42434841; PRAGMA user_version = 9999;")
    before = (tmp_path / "ledger.db").read_bytes()
    for arguments in EVERY:
        code, _, errors = await backchat(config, *arguments)
        assert code == NO_LEDGER and "newer Backchat" in errors, arguments
    assert (tmp_path / "ledger.db").read_bytes() == before


EVERY = (
    ["status"], ["unanswered"], ["parked", "list"], ["parked", "retry", "1"], ["pause", "garden"], ["resume", "garden"],
    ["ledger", "check"], ["ledger", "export"], ["ledger", "backup", "copy-of-none.db"],
    ["backfill", "--blog", "garden", "--last", "1"],
)  # fmt: skip


async def test_a_foreign_program_that_locks_the_ledger_is_waited_for(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await shown(world)
        with contextlib.closing(sqlite3.connect(world.folder / "ledger.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await world.isso.visitor("Otto").comment("c1 Who is there?")
            asking = asyncio.create_task(
                backchat(world.daemon.config, "backfill", "--blog", "garden", "--last", "1", "--no-wait")
            )
            code, words, _ = await backchat(world.daemon.config, "status")  # who only looks need not wait
            assert code == 0 and "blog garden" in words
            assert not asking.done() and world.daemon.running
            other.execute("ROLLBACK")
        assert (await asking)[0] == 0
        await world.until_shown("c1 Who is there?")
        await until(lambda: world.shown(SEEDS[0]), "what was asked for meanwhile")
        world.earlier = frozenset()
        await world.at_rest()
        assert await world.stop_and_check() == []
