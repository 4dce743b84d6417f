"""How everything stands, read from the ledger alone: the values of `bridge.overview`."""

from __future__ import annotations

from bridge.overview import (
    BlogOverview,
    ChatOverview,
    LaneOverview,
    Overview,
    ParkedOverview,
    Unanswered,
)
from bridge.ports import Row, Tx
from bridge.text.tree import load, plain

COUNTS = {
    "threads": "thread WHERE native IS NOT NULL AND state = 'open'",
    "held": "answer WHERE state = 'held'",
    "pending": "answer WHERE state = 'pending'",
    "public": "answer WHERE state = 'public'",
    "waiting": "target WHERE state IN ('ready', 'unknown')",
    "sending": "delivery WHERE state IN ('sending', 'unknown', 'parked') AND state = 'sending'",
    "unjudged": "inbox WHERE state = 'new'",
    "refused": "target WHERE state IN ('parked', 'refused') AND state = 'refused'",
    "parked": "target WHERE state IN ('parked', 'refused') AND state = 'parked'",
    "failed": "inbox WHERE state = 'parked'",
}
"""What `Overview.counts` counts: threads that stand · answers held by us, waiting for the blog's moderator, and public
· targets that wait, and that are being sent now · events recorded and not judged yet · targets refused, and parked ·
events that could not be judged through a fault of ours. (A state is named twice where that finds a partial index.)
"""


def overview(tx: Tx, now: float) -> Overview:
    """How everything stands at `now`."""
    return Overview(now, _blogs(tx), _chats(tx), _lanes(tx), parked(tx), _counts(tx))


def blogs(tx: Tx) -> list[str]:
    """The names of the blogs that the ledger knows."""
    return [row["blog"] for row in tx.all("SELECT blog FROM source WHERE part = '' ORDER BY blog")]


def _counts(tx: Tx) -> dict[str, int]:
    return {word: _number(tx, f"SELECT count(*) AS n FROM {what}") for word, what in COUNTS.items()}  # noqa: S608


def _number(tx: Tx, sql: str) -> int:
    row = tx.one(sql)
    assert row is not None
    return int(row["n"])


_PENDING = "SELECT blog, count(*) AS n FROM comment WHERE standing = 'pending' AND scheme = '' GROUP BY blog"


def _blogs(tx: Tx) -> tuple[BlogOverview, ...]:
    known = {row["blog"]: row["n"] for row in tx.all("SELECT blog, count(*) AS n FROM comment GROUP BY blog")}
    waiting = {row["blog"]: row["n"] for row in tx.all(f"SELECT blog, count(*) AS n {_UNANSWERED} GROUP BY blog")}
    pending = {row["blog"]: row["n"] for row in tx.all(_PENDING)}
    return tuple(
        BlogOverview(
            row["blog"], known.get(row["blog"], 0), waiting.get(row["blog"], 0), row["gaps"], row["last_read"],
            row["next_read"], row["failures"], row["last_error"], row["paused"], pending.get(row["blog"], 0),
        )
        for row in tx.all("SELECT * FROM source WHERE part = '' ORDER BY blog")
    )  # fmt: skip


def _chats(tx: Tx) -> tuple[ChatOverview, ...]:
    run = tx.one("SELECT value FROM meta WHERE name = 'run'")
    return tuple(
        ChatOverview(
            row["chat"],
            row["last_event"],
            run is not None and row["caught_up"] == int(run["value"]),
            row["last_error"],
            row["gaps"],
        )
        for row in tx.all("SELECT * FROM connection ORDER BY chat")
    )


# Lanes ---------------------------------------------------------------------------------------------------------------

_LANES = (
    "SELECT lane.name, lane.due, lane.run, head.kind, head.reason, thread.chat, thread.room, post.blog, post.title,"
    " busy.waiting FROM (SELECT lane, count(*) AS waiting, min(id) AS head FROM ("
    "SELECT lane, id FROM target WHERE state IN ('ready', 'unknown') UNION ALL SELECT lane, target AS id FROM delivery"
    " WHERE state IN ('sending', 'unknown', 'parked') AND state = 'sending') GROUP BY lane) AS busy"
    " JOIN lane ON lane.name = busy.lane JOIN target AS head ON head.id = busy.head"
    " JOIN thread ON thread.id = head.thread JOIN post ON post.id = thread.post ORDER BY lane.name"
)


def _lanes(tx: Tx) -> tuple[LaneOverview, ...]:
    return tuple(
        LaneOverview(row["name"], _place(row), row["waiting"], row["due"], row["run"] != 0, row["reason"])
        for row in tx.all(_LANES)
    )


def _place(row: Row) -> str:
    """Where a target of this kind shall stand, in words: a room, or a post of a blog."""
    if row["kind"] in {"answer", "moderation"}:
        return f"{row['title']} on {row['blog']}"
    return f"{row['room']} in {row['chat']}"


# What needs a person -------------------------------------------------------------------------------------------------

_PARKED = (
    "SELECT target.id, target.kind, target.state, target.reason, target.subject, target.body, delivery.started,"
    " thread.chat, thread.room, post.blog, post.title FROM target JOIN thread ON thread.id = target.thread"
    " JOIN post ON post.id = thread.post"
    " LEFT JOIN delivery ON delivery.target = target.id AND delivery.state IN ('sending', 'unknown', 'parked')"
    " WHERE target.state IN ('parked', 'refused') ORDER BY target.id"
)


def parked(tx: Tx) -> tuple[ParkedOverview, ...]:
    """What needs a person: targets that are parked or refused, and events that could not be judged."""
    targets = [
        ParkedOverview(
            row["id"], row["state"], row["kind"], _place(row), _text(tx, row), row["reason"] or "", row["started"]
        )
        for row in tx.all(_PARKED)
    ]
    events = [
        ParkedOverview(None, "parked", "event", row["chat"], "", row["reason"] or "", row["at"])
        for row in tx.all("SELECT chat, reason, at FROM inbox WHERE state = 'parked' ORDER BY id")
    ]
    return (*targets, *events)


_BODIES = {"answer": "answer", "comment": "comment", "card": "comment", "moderation": "decision"}
"""Where the words stand that a target of each kind is about."""


def _text(tx: Tx, target: Row) -> str:
    if target["body"] is not None:
        return plain(load(target["body"]))
    if target["kind"] == "thread":
        return str(target["title"])
    table = _BODIES.get(target["kind"])
    if table is None:
        return ""
    found = tx.one(f"SELECT body FROM {table} WHERE id = ?", target["subject"])  # noqa: S608 - see above
    return "" if found is None else plain(load(found["body"]))


# What waits for an author --------------------------------------------------------------------------------------------

_UNANSWERED = (
    "FROM comment WHERE origin = 'visitor' AND standing = 'public' AND announced = 1 AND kind = 'comment'"
    " AND scheme = ''"  # what another adapter read cannot be answered from here
    # Not `NOT IN`: of pairs that may be NULL, SQLite compares every one with every other.
    " AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.blog = comment.blog AND answer.addressed = comment.native"
    " AND answer.state IN ('held', 'publishing', 'pending', 'public', 'revising', 'parked'))"
    " AND NOT EXISTS (SELECT 1 FROM comment AS own WHERE own.blog = comment.blog AND own.parent = comment.native"
    " AND own.origin = 'author' AND own.standing IN ('public', 'pending'))"
)


_LIST = (
    "SELECT waiting.*, post.title FROM (SELECT blog, native, post, name, body, link, created, position"  # noqa: S608
    f" {_UNANSWERED}) AS waiting JOIN post ON post.id = waiting.post ORDER BY waiting.created, waiting.position"
)


def unanswered(tx: Tx) -> list[Unanswered]:
    """Visitors' public comments that were shown in a room and that nobody answers, the oldest first.

    An answer that is held, on its way, public or in doubt counts; so does a comment under it that the blog itself
    proves to be an author's. Mentions by other sites wait for nobody.
    """
    return [
        Unanswered(row["blog"], row["title"], row["name"], plain(load(row["body"])), row["link"], row["created"])
        for row in tx.all(_LIST)
    ]
