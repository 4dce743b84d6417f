"""The room's event log: what happened, in the order of the commits. The daemon and the pages read it by cursor."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.web_room.rows import Message, Person, any_message, instance_of, outside
from bridge.model import Card
from bridge.text import tree


@dataclass(frozen=True, slots=True)
class Logged:
    """One line of the event log; `n` is the message's revision, or its number of marks or of choices."""

    seq: int
    thread: int
    message: int
    kind: str
    n: int
    body: str


def newest(connection: sqlite3.Connection) -> int:
    """Give the number of the newest event, 0 in a room where nothing happened."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
    return 0 if row is None else int(row["seq"])


def logged_after(connection: sqlite3.Connection, seq: int, limit: int) -> list[Logged]:
    """Give the next events for the daemon, oldest first."""
    rows = connection.execute(
        "SELECT seq, thread, message, kind, n, body FROM event WHERE seq > ? AND body IS NOT NULL ORDER BY seq LIMIT ?",
        (seq, limit),
    )
    return [Logged(**dict(row)) for row in rows]


def touched_after(connection: sqlite3.Connection, thread: int, seq: int) -> list[int]:
    """Give the messages of a thread that something happened to since; each once, oldest first."""
    rows = connection.execute(
        "SELECT DISTINCT message FROM event WHERE thread = ? AND seq > ? AND message IS NOT NULL ORDER BY message",
        (thread, seq),
    )
    return [row["message"] for row in rows]


def last_touched_within(connection: sqlite3.Connection, thread: int, after: int, upto: int) -> list[int]:
    """Give people's messages, and cards with a choice under way, whose newest event lies in this stretch of the log."""
    rows = connection.execute(
        "SELECT id FROM message WHERE thread = ? AND last_event > ? AND last_event <= ? AND deleted IS NULL"
        " AND (writer IS NOT NULL OR id IN (SELECT message FROM choice WHERE under_way = 1))",
        (thread, after, upto),
    )
    return [row["id"] for row in rows]


def taken_over(connection: sqlite3.Connection) -> int:
    """Give the newest event that a daemon has recorded, 0 if none ever did."""
    (seq,) = connection.execute("SELECT coalesce(max(seq), 0) FROM reader").fetchone()
    return int(seq)


def take_over(connection: sqlite3.Connection, chat: str, seq: int) -> None:
    """Remember how far the daemon has recorded the log."""
    connection.execute(
        "INSERT INTO reader (chat, seq) VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq", (chat, seq)
    )


def drop(connection: sqlite3.Connection, before: float) -> None:
    """Shorten the log by what every daemon that ever read it has recorded, and what happened before that instant.

    A log that no daemon has read yet is left as it is.
    """
    row = connection.execute(
        "SELECT max(seq) AS upto FROM event WHERE seq <= (SELECT min(seq) FROM reader)"
        " AND CASE WHEN body IS NOT NULL THEN json_extract(body, '$.at') END < ?",
        (before,),
    ).fetchone()
    if row["upto"] is not None:
        connection.execute("DELETE FROM event WHERE seq <= ?", (row["upto"],))
        connection.execute("UPDATE instance SET dropped = max(dropped, ?)", (row["upto"],))


def dropped(connection: sqlite3.Connection) -> int:
    """Give the newest event that is no longer in the log, 0 if all of it is there."""
    return int(connection.execute("SELECT dropped FROM instance").fetchone()["dropped"])


def skip_ahead(connection: sqlite3.Connection, seq: int) -> None:
    """Move all numbers past those that an older state of this file gave out, which a restored backup has forgotten.

    The daemon has seen event `seq`; every message took at least one event, so as many messages may be missing.
    """
    missing = seq - newest(connection)
    if missing <= 0:
        return
    for table in ("event", "message", "thread"):
        changed = connection.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ?", (missing, table))
        if not changed.rowcount:
            connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, missing))


def log_ours(connection: sqlite3.Connection, message: int, kind: str, card: Card, at: float) -> None:
    """Log what happened to a message of ours."""
    row = connection.execute("SELECT key, revision FROM message WHERE id = ?", (message,)).fetchone()
    _log(connection, message, kind, row["revision"], {"at": at, "key": row["key"], "tree": tree.dump(card.text)})


def log_erased(connection: sqlite3.Connection, message: int, revision: int, at: float) -> None:
    """Log that a message was deleted."""
    _log(connection, message, "erased", revision, {"at": at})


def log_theirs(connection: sqlite3.Connection, message: int, kind: str, at: float) -> None:
    """Log what happened to a person's message."""
    found = any_message(connection, message)
    assert found is not None
    instance = instance_of(connection)
    if kind == "marked":
        (marks,) = connection.execute("SELECT marks FROM message WHERE id = ?", (message,)).fetchone()
        _log(connection, message, kind, marks, {"at": at, "on": found.marked, "writer": _writer(found.writer)})
    else:
        _log(connection, message, kind, found.revision, {"at": at, **as_written(instance, found)})


def log_choice(
    connection: sqlite3.Connection, message: int, n: int, person: Person, choice: str, mark: str, at: float
) -> int:
    """Log that a moderator chose something on a card, as its `n`th choice; gives the event's number."""
    fields = {"at": at, "writer": _writer(person), "choice": choice, "mark": mark}
    return _log(connection, message, "moderated", n, fields)


def as_written(instance: str, message: Message) -> dict[str, object]:
    """Say everything about a person's message that the daemon may ask."""
    return {
        "writer": _writer(message.writer),
        "source": message.body,
        "reply_to": message.reply_to and outside(instance, message.reply_to),
        "addressed": message.addressed and outside(instance, message.addressed),
        "to_person": message.to_person,
    }


def _writer(person: Person | None) -> Mapping[str, object] | None:
    return None if person is None else {"id": person.id, "name": person.name, "roles": [person.role]}


def _log(connection: sqlite3.Connection, message: int, kind: str, n: int, fields: Mapping[str, object]) -> int:
    row = connection.execute("SELECT thread FROM message WHERE id = ?", (message,)).fetchone()
    instance = instance_of(connection)
    body = {"kind": kind, "thread": outside(instance, row["thread"]), "message": outside(instance, message), **fields}
    seq = inserted(
        connection.execute(
            "INSERT INTO event (thread, message, kind, n, body) VALUES (?, ?, ?, ?, ?)",
            (row["thread"], message, kind, n, json.dumps(body, ensure_ascii=False)),
        )
    )
    connection.execute("UPDATE message SET last_event = ? WHERE id = ?", (seq, message))
    return seq


def log_for_pages(connection: sqlite3.Connection, thread: int, message: int | None, kind: str) -> None:
    """Log what concerns only the pages."""
    connection.execute("INSERT INTO event (thread, message, kind, n) VALUES (?, ?, ?, 0)", (thread, message, kind))


def inserted(cursor: sqlite3.Cursor) -> int:
    """Give the number of the row that was just inserted."""
    assert cursor.lastrowid is not None
    return cursor.lastrowid
