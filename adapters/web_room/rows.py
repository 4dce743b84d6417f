"""What stands in the room, read from its file: threads, messages, people, as values.

Every function runs inside one transaction of `RoomFile.read` or `RoomFile.write`. Ids in here are the file's own
numbers; `outside` and `inside` turn them into the ids that leave the room, which name the file too, so that the ids of
a room that was replaced mean nothing in the new one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.web_room import access, cards
from bridge.model import Receipt

PAGE = 300
"""Messages that a page shows at once."""


class RoomRefusal(Exception):
    """What a person asked for is not possible; the message is for that person. `status` is HTTP's number for it."""

    def __init__(self, reason: str, status: int = 409) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may use the room. `role` is `author` or `member`; an operator sees how Backchat runs."""

    id: str
    name: str
    role: str
    operator: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread with its post; `upto` is the newest message that the person asking has read.

    `waiting` counts the visitors' comments that wait for an author, `pending` those that wait for a moderator;
    `first_waiting` and `first_pending` are the oldest of them. `closed`: only moderators and operators see it.
    """

    id: int
    room: str
    card: str
    active: float
    upto: int = 0
    unread: int = 0
    waiting: int = 0
    first_waiting: int | None = None
    pending: int = 0
    first_pending: int | None = None
    last: Message | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a moderator chose on a card, until it is known what became of that. `event` is its line in the log."""

    choice: str
    person: str
    name: str
    at: float
    event: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands. Exactly one of `key` (ours) and `writer` (a person's) is set."""

    id: int
    thread: int
    key: str | None
    writer: Person | None
    body: str
    excerpt: str
    commenter: str | None
    reply_to: int | None
    addressed: int | None
    to_person: bool
    revision: int
    marked: bool
    written: float
    edited: float | None
    deleted: bool
    waits: bool
    last_event: int
    receipt: Receipt | None
    chosen: Chosen | None = None


def outside(instance: str, number: int) -> str:
    """Make the id under which the core knows a thread or a message."""
    return f"{instance}-{number}"


def inside(instance: str, identity: str) -> int | None:
    """Read an id that `outside` made; None if it is another file's, or nobody's."""
    prefix, _, number = identity.rpartition("-")
    return int(number) if prefix == instance and number.isascii() and number.isdigit() else None


def instance_of(connection: sqlite3.Connection) -> str:
    """Give the name of this file in ids."""
    return str(connection.execute("SELECT id FROM instance").fetchone()["id"])


def thread_of(connection: sqlite3.Connection, thread: int, person: str) -> Thread:
    """Give one thread as this person has read it. Raises `NoSuchThread`, also where they do not see it."""
    closed = access.demand(connection, thread, person).closed
    row = connection.execute(
        "SELECT thread.id, room.name AS room, card, active, coalesce(upto, 0) AS upto FROM thread"
        " JOIN room ON room.id = thread.room LEFT JOIN read_mark ON read_mark.thread = thread.id AND person = ?"
        " WHERE thread.id = ?",
        (person, thread),
    ).fetchone()
    return Thread(row["id"], row["room"], row["card"], row["active"], row["upto"], closed=closed)


def message_of(connection: sqlite3.Connection, message: int) -> Message | None:
    """Give one message as it stands; None if it was deleted or never was."""
    found = any_message(connection, message)
    return None if found is None or found.deleted else found


def own(connection: sqlite3.Connection, message: int, person: Person) -> Message:
    """Give a message that only its own writer may read as typed and change. Raises `RoomRefusal`."""
    found = message_of(connection, message)
    if found is None or access.access(connection, found.thread, person.id) is None:
        raise RoomRefusal("This message was deleted.", 404)
    if found.writer is None or found.writer.id != person.id:
        raise RoomRefusal("Only the person who wrote a message can change it.", 403)
    return found


def messages_of(connection: sqlite3.Connection, thread: int, before: int | None = None) -> list[Message]:
    """Give the newest `PAGE` messages of a thread, oldest first; with `before`, those that precede that message."""
    rows = connection.execute(
        "SELECT id FROM message WHERE thread = ? AND deleted IS NULL AND id < ? ORDER BY id DESC LIMIT ?",
        (thread, before or 2**62, PAGE),
    )
    return messages_by_id(connection, [row["id"] for row in rows])


def messages_by_id(connection: sqlite3.Connection, ids: Sequence[int]) -> list[Message]:
    """Give these messages as they stand, oldest first, without the deleted ones."""
    return [message for message in _read(connection, "message.id IN", ids) if not message.deleted]


def people_of(connection: sqlite3.Connection) -> list[str]:
    """Give the names of everybody who may use the room."""
    return [row["name"] for row in connection.execute("SELECT name FROM person WHERE revoked IS NULL ORDER BY name")]


def any_message(connection: sqlite3.Connection, message: int) -> Message | None:
    """Give one message, also a deleted one."""
    return next(iter(_read(connection, "message.id IN", [message])), None)


def demand_thread(connection: sqlite3.Connection, thread: int) -> None:
    """Raise `NoSuchThread` unless there is such a thread."""
    if connection.execute("SELECT 1 FROM thread WHERE id = ?", (thread,)).fetchone() is None:
        raise access.NoSuchThread(thread)


_COLUMNS = (
    "SELECT message.*, person.name AS name, person.role AS role, receipt.body AS receipt, choice.choice AS choice,"
    " choice.person AS chooser, choice.name AS chooser_name, choice.at AS chosen_at, choice.event AS chosen_event"
    " FROM message LEFT JOIN person ON person.id = message.writer LEFT JOIN receipt ON receipt.message = message.id"
    " LEFT JOIN choice ON choice.message = message.id AND under_way = 1"
)


def _read(connection: sqlite3.Connection, where: str, values: Sequence[int | None]) -> list[Message]:
    wanted = [value for value in values if value is not None]
    found: list[Message] = []
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        rows = connection.execute(f"{_COLUMNS} WHERE {where} ({places(some)})", some)
        found += [_message(row) for row in rows]
    return sorted(found, key=lambda message: message.id)


def _message(row: sqlite3.Row) -> Message:
    writer = None if row["writer"] is None else Person(row["writer"], row["name"], row["role"])
    return Message(
        id=row["id"],
        thread=row["thread"],
        key=row["key"],
        writer=writer,
        body=row["body"],
        excerpt=row["excerpt"],
        commenter=row["commenter"],
        reply_to=row["reply_to"],
        addressed=row["addressed"],
        to_person=bool(row["to_person"]),
        revision=row["revision"],
        marked=row["marks"] % 2 == 1,
        written=row["written"],
        edited=row["edited"],
        deleted=row["deleted"] is not None,
        waits=bool(row["waits"]),
        last_event=row["last_event"],
        receipt=None if row["receipt"] is None else cards.loaded_receipt(row["receipt"]),
        chosen=None if row["choice"] is None else _chosen(row),
    )


def _chosen(row: sqlite3.Row) -> Chosen:
    return Chosen(row["choice"], row["chooser"], row["chooser_name"], row["chosen_at"], row["chosen_event"])


def places(values: Sequence[object]) -> str:
    """Write the placeholders for a list in SQL."""
    return ", ".join("?" * len(values))
