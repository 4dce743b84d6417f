"""The SQLite ledger passes the ledger's contract, in a file and in memory, and what only SQLite promises."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from bridge.errors import LedgerBusy, LedgerError, LedgerForeign
from bridge.ledger.migrations import APPLICATION_ID
from bridge.ledger.sqlite import SqliteLedger, connect, look_only, request
from bridge.ports import Tx
from bridge.testing.ledger_contract import LedgerContract, note, notes, noting

NOTHING_IS_KEPT = "what is in memory ends with the ledger"


class TestSqliteFile(LedgerContract):
    def open_ledger(self, path: Path) -> SqliteLedger:
        return SqliteLedger.open(path)


class TestSqliteInMemory(LedgerContract):
    exempt: ClassVar = {
        "test_a_view_sees_only_what_is_committed_and_waits_for_nobody": "in memory there is one connection only",
        "test_law_01_closing_commits_what_waits": NOTHING_IS_KEPT,
        "test_the_instance_key_stays": NOTHING_IS_KEPT,
        "test_every_opening_is_a_run_of_its_own": NOTHING_IS_KEPT,
        "test_law_02_what_was_being_sent_is_unknown_after_opening_again": NOTHING_IS_KEPT,
        "test_law_02_an_attempt_that_was_over_keeps_its_deadline": NOTHING_IS_KEPT,
        "test_opening_again_frees_every_lane": NOTHING_IS_KEPT,
        "test_law_02_settling_under_a_lease_of_an_earlier_run_is_refused": NOTHING_IS_KEPT,
    }

    def open_ledger(self, path: Path) -> SqliteLedger:
        return SqliteLedger.open(":memory:")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


def read(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def pragma(name: str, tx: Tx) -> object:
    (row,) = tx.all(f"PRAGMA {name}")
    return row[name]


def other_database(path: Path, *statements: str) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path.read_bytes()


# Durability ----------------------------------------------------------------------------------------------------------


async def test_law_01_the_file_is_written_ahead_and_flushed_at_every_commit(path: Path) -> None:
    ledger = SqliteLedger.open(path)
    modes = {name: await ledger.transact(partial(pragma, name)) for name in PRAGMAS}
    await ledger.close()
    assert modes == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "application_id": APPLICATION_ID}


async def test_law_01_another_connection_reads_a_result_as_soon_as_it_is_told(path: Path) -> None:
    ledger = SqliteLedger.open(path)
    for n in range(20):
        await ledger.transact(noting(str(n)))
        assert read(path, "SELECT body FROM inbox ORDER BY id DESC LIMIT 1") == [(str(n),)]
    await ledger.close()


async def test_a_group_of_waiting_transactions_shares_its_commits(path: Path) -> None:
    ledger = SqliteLedger.open(path)
    with closing(sqlite3.connect(path, check_same_thread=False)) as other:

        def work(n: int, tx: Tx) -> int:
            note(tx, str(n))
            return int(other.execute("SELECT count(*) FROM inbox").fetchone()[0])

        committed = await asyncio.gather(*(ledger.transact(partial(work, n)) for n in range(500)))
    await ledger.close()
    assert len(set(committed)) < 20, "each of the transactions had a commit of its own"


async def test_law_01_a_failing_disk_fails_the_whole_group_and_the_ledger_goes_on(path: Path) -> None:
    ledger = SqliteLedger.open(path)
    await ledger.transact(noting("before"))
    pages = await ledger.transact(partial(pragma, "page_count"))
    await ledger.transact(lambda tx: tx.one(f"PRAGMA max_page_count = {pages}"))
    works = [noting("small"), lambda tx: note(tx, "x" * 100_000), noting("small too")]
    ended = await asyncio.gather(*map(ledger.transact, works), return_exceptions=True)
    assert any(isinstance(end, LedgerError) and "full" in str(end) for end in ended)
    stood = [words for words, end in zip(("small", "", "small too"), ended, strict=True) if isinstance(end, int)]
    await ledger.transact(lambda tx: tx.one("PRAGMA max_page_count = 1000000"))
    await ledger.transact(noting("after"))
    assert await ledger.view(notes) == ["before", *stood, "after"]
    await ledger.close()


# Files that are not ours ---------------------------------------------------------------------------------------------


def refusal(path: Path) -> str:
    with pytest.raises(LedgerForeign) as caught:
        SqliteLedger.open(path)
    assert str(path) in str(caught.value)
    for use in (look_only, request):
        with pytest.raises(LedgerForeign) as again:
            use(path, notes)
        assert str(path) in str(again.value)
    return str(caught.value)


async def test_a_newer_ledger_is_refused_and_left_alone(path: Path) -> None:
    ledger = SqliteLedger.open(path)
    await ledger.transact(noting("precious"))
    await ledger.close()
    other_database(path, "PRAGMA user_version = 9999")
    assert "newer" in refusal(path)
    assert read(path, "SELECT body FROM inbox") == [("precious",)]
    assert read(path, "PRAGMA user_version") == [(9999,)]


@pytest.mark.parametrize(
    "statements",
    [("CREATE TABLE birds (name TEXT)",), ("PRAGMA application_id = 7",), ("PRAGMA user_version = 3", "VACUUM")],
)
def test_another_programs_database_is_refused_and_not_a_byte_of_it_changes(path: Path, statements: list[str]) -> None:
    before = other_database(path, *statements)
    assert "another program" in refusal(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"This is a shopping list.\n" * 200, b"\x00\xff" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert "no SQLite database" in refusal(path)
    assert path.read_bytes() == content


def test_a_refused_file_is_free_again(path: Path) -> None:
    other_database(path, "CREATE TABLE birds (name TEXT)")
    refusal(path)
    path.unlink()
    asyncio.run(SqliteLedger.open(path).close())


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="file"):
        SqliteLedger.open(tmp_path / "file" / "ledger.db")


def test_a_folder_in_the_ledgers_place_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(LedgerError, match=str(path)):
        SqliteLedger.open(path)


# One Backchat on one file --------------------------------------------------------------------------------------------

HOLDER = """
import sys
from bridge.ledger.sqlite import SqliteLedger
ledger = SqliteLedger.open(sys.argv[1])
print(ledger.run, flush=True)
sys.stdin.read()
"""


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the ledger open."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            assert process.stdout.readline().strip().isdigit()
            yield process
        finally:
            process.stdin.close()


async def test_a_second_ledger_on_the_same_file_is_refused_naming_the_process(path: Path) -> None:
    ledger = SqliteLedger.open(path)
    with pytest.raises(LedgerBusy) as caught:
        SqliteLedger.open(path)
    assert str(os.getpid()) in str(caught.value) and str(path) in str(caught.value)
    await ledger.transact(noting("undisturbed"))
    await ledger.close()
    again = SqliteLedger.open(path)
    assert again.run == ledger.run + 1
    await again.close()


async def test_a_second_process_is_refused_naming_the_first_until_that_is_killed(path: Path) -> None:
    with holder(path) as process:
        with pytest.raises(LedgerBusy, match=rf"\b{process.pid}\b"):
            SqliteLedger.open(path)
        process.send_signal(signal.SIGKILL)
        process.wait()
        ledger = SqliteLedger.open(path)
    assert ledger.run == 2
    await ledger.close()


def test_a_lock_of_a_process_with_a_longer_number_does_not_shine_through(path: Path) -> None:
    path.parent.mkdir()
    lock = path.with_name(path.name + ".lock")
    lock.write_text("123456789012345")
    ledger = SqliteLedger.open(path)
    assert lock.read_text() == str(os.getpid())
    asyncio.run(ledger.close())


# Commands beside the daemon ------------------------------------------------------------------------------------------


async def test_looking_beside_an_open_ledger_sees_what_is_committed_and_changes_nothing(path: Path) -> None:
    ledger = SqliteLedger.open(path)
    await ledger.transact(noting("one"))
    assert await asyncio.to_thread(look_only, path, notes) == ["one"]
    with pytest.raises(LedgerError, match="read"):
        await asyncio.to_thread(look_only, path, noting("two"))
    await ledger.transact(noting("three"))
    assert await asyncio.to_thread(look_only, path, notes) == ["one", "three"]
    await ledger.close()
    assert look_only(path, notes) == ["one", "three"]


async def test_a_request_beside_an_open_ledger_reaches_it_and_is_noticed(path: Path) -> None:
    ledger = SqliteLedger.open(path)
    await ledger.transact(noting("one"))
    before = ledger.version()
    await asyncio.to_thread(request, path, noting("asked for"))
    assert ledger.version() != before
    assert await ledger.view(notes) == ["one", "asked for"]
    await ledger.close()
    request(path, noting("while nobody runs"))
    assert look_only(path, notes) == ["one", "asked for", "while nobody runs"]


async def test_a_failing_request_leaves_nothing(path: Path) -> None:
    def work(tx: Tx) -> None:
        note(tx, "half")
        raise KeyError

    ledger = SqliteLedger.open(path)
    with pytest.raises(KeyError):
        await asyncio.to_thread(request, path, work)
    await ledger.transact(noting("whole"))
    assert await ledger.view(notes) == ["whole"]
    await ledger.close()


def test_commands_say_where_there_is_no_ledger(path: Path) -> None:
    for use in (look_only, request):
        with pytest.raises(LedgerError, match=r"no ledger at .*ledger\.db"):
            use(path, notes)
    assert not path.exists()


async def test_a_ledger_whose_folder_has_odd_letters_can_be_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "a #folder?with%20 marks" / "ledger.db"
    ledger = SqliteLedger.open(path)
    await ledger.transact(noting("one"))
    assert await ledger.view(notes) == look_only(path, notes) == ["one"]
    await ledger.close()


def test_a_reading_connection_cannot_write(path: Path) -> None:
    asyncio.run(SqliteLedger.open(path).close())
    with (
        closing(connect(path, read_only=True)) as connection,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        connection.execute("DELETE FROM inbox")


async def test_law_10_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    ledger = SqliteLedger.open(tmp_path / "ledger.db")
    await ledger.transact(lambda tx: tx.run("CREATE TABLE probe (n)"))
    assert set(modes_for_others(tmp_path).values()) == {0}
    await ledger.close()


def modes_for_others(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir()}


async def test_a_file_that_was_removed_or_replaced_is_noticed(tmp_path: Path) -> None:
    ledger = SqliteLedger.open(tmp_path / "ledger.db")
    assert ledger.in_place()
    (tmp_path / "ledger.db").rename(tmp_path / "elsewhere.db")
    assert not ledger.in_place()
    (tmp_path / "ledger.db").touch()
    assert not ledger.in_place()
    await ledger.close()
