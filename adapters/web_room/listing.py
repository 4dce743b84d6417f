"""The list of threads: which of them a person asked for, and how many there are of each sort."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.web_room.access import SEEN, oversees
from adapters.web_room.rows import Message, Thread, messages_by_id, places

PAGE = 100
"""Threads that the list shows at once."""
MAX_PAGE = 10_000


class Show(StrEnum):
    """Which threads the list shows. The address carries it, so that it can be kept and sent."""

    ALL = "all"
    UNREAD = "unread"
    UNANSWERED = "unanswered"
    PENDING = "pending"
    """Those with comments that wait for a moderator: offered to those alone who see any."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page asks of the list. `current` is the thread that it shows, which is listed in any case."""

    show: Show = Show.ALL
    page: int = 1
    current: int | None = None

    @property
    def query(self) -> str:
        """The address's query that asks for the same again; empty where nothing is chosen."""
        chosen = [f"show={self.show.value}"] if self.show is not Show.ALL else []
        chosen += [f"page={self.page}"] if self.page > 1 else []
        return "?" + "&".join(chosen) if chosen else ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The list as one person sees it: `counts` says how many threads each choice has, `more` whether others follow.

    `pending` is how many comments wait for a moderator; None for those whom that does not concern.
    """

    wanted: Wanted
    threads: list[Thread] = field(default_factory=list)
    counts: Mapping[Show, int] = field(default_factory=dict)
    more: bool = False
    pending: int | None = None


def wanted(query: Mapping[str, str], current: int | None = None) -> Wanted:
    """Read what an address's query asks for; what it cannot mean is taken for nothing."""
    show, page = query.get("show", ""), query.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    return Wanted(Show(show) if show in set(Show) else Show.ALL, min(max(number, 1), MAX_PAGE), current)


def listing(connection: sqlite3.Connection, person: str, asked: Wanted) -> Listing:
    """Give the threads that were asked for, as far as this person sees them, the ones written in last first."""
    found = connection.execute(
        f"SELECT thread.id AS id {_OF_PERSON} WHERE {SEEN} AND ({_CHOICES[asked.show]} OR thread.id = ?2)"
        " ORDER BY active DESC, thread.id DESC LIMIT ?3 OFFSET ?4",
        (person, asked.current, PAGE + 1, (asked.page - 1) * PAGE),
    ).fetchall()
    ids = [row["id"] for row in found]
    counts, pending = _counts(connection, person), _pending(connection, person)
    if pending is None:
        del counts[Show.PENDING]
    return Listing(asked, _threads(connection, person, ids[:PAGE]), counts, len(ids) > PAGE, pending)


_OF_PERSON = "FROM thread LEFT JOIN read_mark ON read_mark.thread = thread.id AND read_mark.person = ?1"
_UNREAD = "message.thread = thread.id AND message.id > coalesce(upto, 0) AND deleted IS NULL AND writer IS NOT ?1"
_CHOICES = {
    Show.ALL: "1",
    Show.UNREAD: f"EXISTS (SELECT 1 FROM message WHERE {_UNREAD})",  # noqa: S608
    Show.UNANSWERED: "EXISTS (SELECT 1 FROM message WHERE message.thread = thread.id AND waits = 1)",
    Show.PENDING: "EXISTS (SELECT 1 FROM message WHERE message.thread = thread.id AND pending = 1)",
}


def _counts(connection: sqlite3.Connection, person: str) -> dict[Show, int]:
    sums = ", ".join(f"coalesce(sum({choice}), 0)" for choice in _CHOICES.values())
    row = connection.execute(f"SELECT {sums} {_OF_PERSON} WHERE {SEEN}", (person,)).fetchone()
    return dict(zip(_CHOICES, row, strict=True))


def _pending(connection: sqlite3.Connection, person: str) -> int | None:
    if not oversees(connection, person):
        return None
    row = connection.execute(
        "SELECT count(*) AS pending FROM message JOIN thread ON thread.id = message.thread"  # noqa: S608
        f" WHERE pending = 1 AND {SEEN}",
        (person,),
    ).fetchone()
    return int(row["pending"])


def _threads(connection: sqlite3.Connection, person: str, ids: Sequence[int]) -> list[Thread]:
    """Give these threads with all that a line of the list says, in this order."""
    rows = connection.execute(
        "SELECT thread.id AS id, room.name AS room, card, active, thread.closed AS closed, coalesce(upto, 0) AS upto,"  # noqa: S608
        f" (SELECT count(*) FROM message WHERE {_UNREAD}) AS unread,"
        " (SELECT count(*) FROM message WHERE message.thread = thread.id AND waits = 1) AS waiting,"
        " (SELECT min(id) FROM message WHERE message.thread = thread.id AND waits = 1) AS first_waiting,"
        " (SELECT count(*) FROM message WHERE message.thread = thread.id AND pending = 1) AS pending,"
        " (SELECT min(id) FROM message WHERE message.thread = thread.id AND pending = 1) AS first_pending,"
        " (SELECT max(id) FROM message WHERE message.thread = thread.id AND deleted IS NULL) AS last"
        f" {_OF_PERSON} JOIN room ON room.id = thread.room WHERE thread.id IN ({places(ids)})",
        (person, *ids),
    ).fetchall()
    numbers = [row["last"] for row in rows if row["last"] is not None]
    last = {message.id: message for message in messages_by_id(connection, numbers)}
    found = {row["id"]: _thread(row, last.get(row["last"])) for row in rows}
    return [found[number] for number in ids]


def _thread(row: sqlite3.Row, last: Message | None) -> Thread:
    return Thread(
        id=row["id"],
        room=row["room"],
        card=row["card"],
        active=row["active"],
        upto=row["upto"],
        unread=row["unread"],
        waiting=row["waiting"],
        first_waiting=row["first_waiting"],
        pending=row["pending"],
        first_pending=row["first_pending"],
        last=last,
        closed=bool(row["closed"]),
    )
