"""Who sees which threads, and who may choose what becomes of a comment: moderators are listed for each room.

Every way into a thread asks here, in the transaction that reads or changes it. To whom a thread is closed, it is no
different from one that never was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.model import Desk, RoomId

SEEN = (
    "(thread.closed = 0 OR EXISTS (SELECT 1 FROM oversees WHERE oversees.person = ?1 AND oversees.room = thread.room))"
)
"""The condition in SQL that the person `?1` sees the thread `thread`."""


class NoSuchThread(LookupError):
    """There is no such thread in this file, or none for the person who asks."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a person may do in a thread that they see. `closed`: it is of a moderation room."""

    closed: bool = False
    moderates: bool = False


def access(connection: sqlite3.Connection, thread: int, person: str) -> Access | None:
    """Tell what somebody may do in a thread; None where there is none, or none for them."""
    row = connection.execute(
        "SELECT closed, EXISTS (SELECT 1 FROM moderates WHERE moderates.person = ?1 AND moderates.room = thread.room)"  # noqa: S608
        f" AS moderates FROM thread WHERE thread.id = ?2 AND {SEEN}",
        (person, thread),
    ).fetchone()
    return None if row is None else Access(bool(row["closed"]), bool(row["moderates"]))


def demand(connection: sqlite3.Connection, thread: int, person: str) -> Access:
    """Tell what somebody may do in a thread. Raises `NoSuchThread`."""
    found = access(connection, thread, person)
    if found is None:
        raise NoSuchThread(thread)
    return found


def oversees(connection: sqlite3.Connection, person: str) -> bool:
    """Tell whether somebody sees the closed threads of any room."""
    return connection.execute("SELECT 1 FROM oversees WHERE person = ? LIMIT 1", (person,)).fetchone() is not None


def set_desks(connection: sqlite3.Connection, desks: Mapping[RoomId, Desk]) -> bool:
    """Take over who may moderate where, in all rooms at once; False if that is how it stands already.

    A room that is no longer named has no moderators and stays closed: what was said there was not said to everybody.
    For the same reason the threads of a moderation room stay closed when it is opened.
    """
    before = _standing(connection)
    for name, desk in desks.items():
        connection.execute(
            "INSERT INTO room (name, closed) VALUES (?, ?) ON CONFLICT DO UPDATE SET closed = excluded.closed",
            (name, desk.closed),
        )
    connection.execute("DELETE FROM moderator")
    connection.executemany(
        "INSERT INTO moderator (room, who) SELECT id, ? FROM room WHERE name = ?",
        [(who, name) for name, desk in desks.items() for who in sorted(desk.moderators)],
    )
    connection.execute(
        "UPDATE thread SET closed = 1 WHERE closed = 0 AND room IN (SELECT id FROM room WHERE closed = 1)"
    )
    return _standing(connection) != before


def close(connection: sqlite3.Connection, thread: int) -> None:
    """Close a thread, because something stands in it that not everybody may see."""
    connection.execute("UPDATE thread SET closed = 1 WHERE id = ? AND closed = 0", (thread,))


def _standing(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    rows = connection.execute(
        "SELECT name, closed, who FROM room LEFT JOIN moderator ON moderator.room = room.id ORDER BY name, who"
    )
    return [tuple(row) for row in rows]
