"""The other side of the ledger's figures: the very rows that ours left behind, written by the hundred with raw SQL.

It asks nothing, checks nothing and tells nobody; it only is as durable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from bridge.ledger.sqlite import connect

BATCH = 100
"""Rows of a table in one transaction."""

Rows = list[tuple[object, ...]]


def rows(path: Path, sql: str) -> Rows:
    """What a ledger has."""
    raw = connect(path, read_only=True)
    try:
        return [tuple(row) for row in raw.execute(sql)]
    finally:
        raw.close()


def inserting(table: str, rows: Rows) -> tuple[str, Rows]:
    """The statement that puts such rows into a table, with the rows."""
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows  # noqa: S608 - a table of ours


def write(path: Path, work: Sequence[tuple[str, Rows]]) -> None:
    """Execute each statement with its rows, a batch of every statement to a transaction, each of them durable."""
    raw = connect(path)
    try:
        for at in range(0, max(len(rows) for _, rows in work), BATCH):
            raw.execute("BEGIN IMMEDIATE")
            for sql, of in _cut(work, at):
                raw.executemany(sql, of)
            raw.execute("COMMIT")
    finally:
        raw.close()


def _cut(work: Sequence[tuple[str, Rows]], at: int) -> Iterator[tuple[str, Rows]]:
    return ((sql, rows[at : at + BATCH]) for sql, rows in work)


def copy(path: Path, to: Path) -> None:
    """Another ledger with the same content; neither may be open."""
    source, sink = connect(path, read_only=True), sqlite3.connect(to)
    try:
        source.backup(sink)
    finally:
        source.close()
        sink.close()
