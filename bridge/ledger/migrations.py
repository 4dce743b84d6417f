"""Bringing a SQLite ledger to the newest schema, one numbered file after the other, each in one transaction."""

from __future__ import annotations

import sqlite3
from importlib import resources

from bridge.errors import LedgerForeign

APPLICATION_ID = 0x42434841
"""Written into the file's header (SQLite file format, offset 68), so that other programs' files are refused."""


def steps() -> list[tuple[int, str]]:
    """The numbered schema files: (number, SQL), in order."""
    files = resources.files("bridge.ledger").joinpath("schema").iterdir()
    found = [(int(file.name[:4]), file.read_text("utf-8")) for file in files if file.name.endswith(".sql")]
    return sorted(found)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Create or upgrade the schema. Raises `LedgerForeign` for another program's file or a newer Backchat's."""
    version = _version(connection, path)
    todo = steps()
    if version > todo[-1][0]:
        raise LedgerForeign(
            f"{path} was written by a newer Backchat (schema {version}, this one knows {todo[-1][0]}): upgrade Backchat"
        )
    for number, sql in todo:
        if number > version:
            _apply(connection, number, sql)


def _version(connection: sqlite3.Connection, path: str) -> int:
    try:
        application = int(connection.execute("PRAGMA application_id").fetchone()[0])
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise LedgerForeign(f"{path} is no SQLite database ({error}): point `state` at another folder") from None
    if application != APPLICATION_ID and (tables or application):
        raise LedgerForeign(f"{path} belongs to another program: point `state` at another folder")
    return version if application == APPLICATION_ID else 0


def _apply(connection: sqlite3.Connection, number: int, sql: str) -> None:
    connection.executescript(
        f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};\nCOMMIT;"
    )
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise LedgerForeign(f"the ledger's references are broken after schema step {number}: restore a backup")
