"""Bringing a SQLite ledger to the newest schema, one numbered file after the other, each in one transaction."""

from __future__ import annotations

import sqlite3
from importlib import resources

from bridge.errors import LedgerError, LedgerForeign

APPLICATION_ID = 0x42434841
"""Written into the file's header (SQLite file format, offset 68), so that other programs' files are refused."""


def steps() -> list[tuple[int, str]]:
    """The numbered schema files: (number, SQL), in order."""
    files = resources.files("bridge.ledger").joinpath("schema").iterdir()
    found = [(int(file.name[:4]), file.read_text("utf-8")) for file in files if file.name.endswith(".sql")]
    return sorted(found)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Create or upgrade the schema. Raises `LedgerForeign` for another program's file or a newer Backchat's."""
    version = recognised(connection, path)
    # Only now: the journal's mode is kept in the file, and a file that is not ours is not changed.
    connection.execute("PRAGMA journal_mode = WAL")
    for number, sql in steps():
        if number > version:
            _apply(connection, number, sql)


def recognised(connection: sqlite3.Connection, path: str) -> int:
    """Read the schema's number, 0 for an empty file, and change nothing. Raises `LedgerForeign` as `migrate` does."""
    version = _version(connection, path)
    newest = steps()[-1][0]
    if version > newest:
        raise LedgerForeign(
            f"{path} was written by a newer Backchat (schema {version}, this one knows {newest}): upgrade Backchat"
        )
    return version


def readable(connection: sqlite3.Connection, path: str) -> bool:
    """Whether there is a ledger that can be read as it is; False for an empty file.

    Raises `LedgerForeign` as `migrate` does, and `LedgerError` for an older schema: only the daemon upgrades it.
    """
    version = recognised(connection, path)
    if 0 < version < steps()[-1][0]:
        raise LedgerError(f"{path} was left by an older Backchat: `backchat run` brings it up to date at its start")
    return version > 0


def _version(connection: sqlite3.Connection, path: str) -> int:
    try:
        application = int(connection.execute("PRAGMA application_id").fetchone()[0])
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise LedgerForeign(f"{path} is no SQLite database ({error}): point `state` at another folder") from None
    if application != APPLICATION_ID and (tables or application or version):
        raise LedgerForeign(f"{path} belongs to another program: point `state` at another folder")
    return version if application == APPLICATION_ID else 0


def _apply(connection: sqlite3.Connection, number: int, sql: str) -> None:
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};"
        )
        if connection.execute("PRAGMA foreign_key_check").fetchall():
            raise LedgerForeign(f"the ledger's references are broken after schema step {number}: restore a backup")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
