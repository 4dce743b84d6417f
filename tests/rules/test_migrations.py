"""However old a ledger is, once opened it has the schema of a fresh one, and none is left half-way."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import pytest

from bridge.errors import LedgerForeign
from bridge.ledger import migrations
from bridge.ledger.migrations import APPLICATION_ID, migrate, steps

FROZEN = {
    1: "41a9a02d39e7ab37", 2: "49894ee20b81cb78", 3: "c46c1e4dde0544b6", 4: "f3ce1f260d32ba5f", 5: "f636cebece7fc157",
    6: "72042b27521239f2", 7: "e275190509c9cd40",
}  # fmt: skip
"""Fingerprints of the schema files. One that was released is never edited: what changes goes into a new file."""


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        yield connection


def schema(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Every table with its columns, every index, as SQLite understands them."""
    found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    columns = [
        (table, *map(str, column))
        for kind, table, *_ in found
        if kind == "table"
        for column in connection.execute(f"PRAGMA table_xinfo('{table}')").fetchall()
    ]
    indexes = [
        (kind, name, table, " ".join((sql or "").split())) for kind, name, table, sql in found if kind != "table"
    ]
    return indexes + columns


def at_step(connection: sqlite3.Connection, last: int) -> None:
    for number, sql in steps():
        if number <= last:
            migrations._apply(connection, number, sql)


def test_the_steps_are_numbered_without_a_gap() -> None:
    assert [number for number, _ in steps()] == list(range(1, len(steps()) + 1))


def test_a_frozen_step_is_not_edited() -> None:
    prints = {number: blake2b(sql.encode(), digest_size=8).hexdigest() for number, sql in steps()}
    assert prints == FROZEN, "freeze a new step here; never edit a released one"


@pytest.mark.parametrize("step", [number for number, _ in steps()])
def test_a_migrated_ledger_has_the_schema_of_a_fresh_one(step: int, database: sqlite3.Connection) -> None:
    at_step(database, step)
    migrate(database, "old.db")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh, "fresh.db")
        assert schema(database) == schema(fresh)
        for pragma in ("application_id", "user_version"):
            assert database.execute(f"PRAGMA {pragma}").fetchone() == fresh.execute(f"PRAGMA {pragma}").fetchone()


def test_migrating_again_changes_nothing(database: sqlite3.Connection) -> None:
    migrate(database, "ledger.db")
    before = schema(database)
    migrate(database, "ledger.db")
    assert schema(database) == before
    assert database.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert database.execute("PRAGMA user_version").fetchone() == (steps()[-1][0],)


def test_every_reference_leads_to_a_table_that_is_there(database: sqlite3.Connection) -> None:
    migrate(database, "ledger.db")
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in tables:
        references = database.execute(f"PRAGMA foreign_key_list('{table}')").fetchall()
        assert {reference[2] for reference in references} <= tables


def test_a_step_that_breaks_a_reference_is_taken_back_whole(database: sqlite3.Connection) -> None:
    migrate(database, "ledger.db")
    last = steps()[-1][0]
    broken = "CREATE TABLE later (id INTEGER); INSERT INTO post_address VALUES ('garden', '/', 99, 0);"
    with pytest.raises(LedgerForeign, match="references"):
        migrations._apply(database, last + 1, broken)
    assert database.execute("PRAGMA user_version").fetchone() == (last,)
    assert database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)
    assert not database.in_transaction


def test_a_step_that_fails_in_the_middle_is_taken_back_whole(database: sqlite3.Connection) -> None:
    migrate(database, "ledger.db")
    with pytest.raises(sqlite3.OperationalError):
        migrations._apply(database, 99, "CREATE TABLE later (id INTEGER); THIS IS NO SQL;")
    assert not database.in_transaction
    assert database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)


def test_an_interrupted_migration_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript("BEGIN IMMEDIATE; CREATE TABLE half (id INTEGER);")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, str(path))
        assert "half" not in {row[2] for row in schema(connection)}
