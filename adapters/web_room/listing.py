"""The list of threads: which of them a person asked for, and how many there are of each sort."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.web_room.rows import Message, Thread, messages_by_id, places

PAGE = 100
"""Threads that the list shows at once."""
MAX_PAGE = 10_000


class Show(StrEnum):
    """Which threads the list shows. The address carries it, so that it can be kept and sent."""

    ALL = "all"
    UNREAD = "unread"
    UNANSWERED = "unanswered"


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
    """The list as one person sees it: `counts` says how many threads each choice has, `more` whether others follow."""

    wanted: Wanted
    threads: list[Thread] = field(default_factory=list)
    counts: Mapping[Show, int] = field(default_factory=dict)
    more: bool = False


def wanted(query: Mapping[str, str], current: int | None = None) -> Wanted:
    """Read what an address's query asks for; what it cannot mean is taken for nothing."""
    show, page = query.get("show", ""), query.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    return Wanted(Show(show) if show in set(Show) else Show.ALL, min(max(number, 1), MAX_PAGE), current)


def listing(connection: sqlite3.Connection, person: str, asked: Wanted) -> Listing:
    """Give the threads that were asked for, those in which something was written last first."""
    found = connection.execute(
        f"SELECT thread.id AS id {_OF_PERSON} WHERE {_CHOICES[asked.show]} OR thread.id = ?2"
        " ORDER BY active DESC, thread.id DESC LIMIT ?3 OFFSET ?4",
        (person, asked.current, PAGE + 1, (asked.page - 1) * PAGE),
    ).fetchall()
    ids = [row["id"] for row in found]
    return Listing(asked, _threads(connection, person, ids[:PAGE]), _counts(connection, person), len(ids) > PAGE)


_OF_PERSON = "FROM thread LEFT JOIN read_mark ON read_mark.thread = thread.id AND read_mark.person = ?1"
_UNREAD = "message.thread = thread.id AND message.id > coalesce(upto, 0) AND deleted IS NULL AND writer IS NOT ?1"
_CHOICES = {
    Show.ALL: "1",
    Show.UNREAD: f"EXISTS (SELECT 1 FROM message WHERE {_UNREAD})",  # noqa: S608
    Show.UNANSWERED: "EXISTS (SELECT 1 FROM message WHERE message.thread = thread.id AND waits = 1)",
}


def _counts(connection: sqlite3.Connection, person: str) -> dict[Show, int]:
    sums = ", ".join(f"coalesce(sum({choice}), 0)" for choice in _CHOICES.values())
    row = connection.execute(f"SELECT {sums} {_OF_PERSON}", (person,)).fetchone()
    return dict(zip(_CHOICES, row, strict=True))


def _threads(connection: sqlite3.Connection, person: str, ids: Sequence[int]) -> list[Thread]:
    """Give these threads with all that a line of the list says, in this order."""
    rows = connection.execute(
        "SELECT thread.id AS id, room.name AS room, card, active, coalesce(upto, 0) AS upto,"  # noqa: S608
        f" (SELECT count(*) FROM message WHERE {_UNREAD}) AS unread,"
        " (SELECT count(*) FROM message WHERE message.thread = thread.id AND waits = 1) AS waiting,"
        " (SELECT min(id) FROM message WHERE message.thread = thread.id AND waits = 1) AS first_waiting,"
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
        last=last,
    )
