"""Whether a ledger is sound: SQLite's own checks, and what must hold between its rows at every commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.ports import Row, Tx
from bridge.text.tree import load

SHOWN = 10
"""Findings of one kind that are told one by one."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class _Invariant:
    """What must not be: `sql` gives the rows that break it, `words` say so of one of them."""

    words: str
    sql: str


_INVARIANTS = (
    _Invariant(
        "target {id} is being sent, but no attempt is open",
        "SELECT id FROM target WHERE state = 'sending' AND NOT EXISTS (SELECT 1 FROM delivery"
        " WHERE delivery.target = target.id AND delivery.state IN ('sending', 'unknown', 'parked'))",
    ),
    _Invariant(
        "attempt {id} is {state}, but its target {target} is {other}",
        "SELECT delivery.id, delivery.state, delivery.target, target.state AS other FROM delivery JOIN target"
        " ON target.id = delivery.target WHERE delivery.state IN ('sending', 'unknown', 'parked')"
        " AND (target.state IN ('ready', 'idle', 'refused')"
        " OR (delivery.state = 'parked') <> (target.state = 'parked'))",
    ),
    _Invariant(
        "attempt {id} is in the lane {lane}, its target {target} in {other}",
        "SELECT delivery.id, delivery.lane, delivery.target, target.lane AS other FROM delivery JOIN target"
        " ON target.id = delivery.target WHERE delivery.lane <> target.lane",
    ),
    _Invariant(
        "lane {name} has {n} attempts under way at once",
        "SELECT lane AS name, count(*) AS n FROM delivery WHERE state IN ('sending', 'unknown', 'parked')"
        " AND state = 'sending' GROUP BY lane HAVING count(*) > 1",
    ),
    _Invariant(
        "lane {name} is leased by run {run}, which is not the last one",
        "SELECT name, run FROM lane WHERE run <> 0 AND run <>"
        " (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'run')",
    ),
    _Invariant(
        "lane {name} has something to do and is never due",
        "SELECT name FROM lane WHERE run = 0 AND due IS NULL AND EXISTS (SELECT 1 FROM target"
        " WHERE target.lane = lane.name AND target.state IN ('ready', 'unknown') AND (target.needs IS NULL OR"
        " EXISTS (SELECT 1 FROM target AS n WHERE n.id = target.needs AND n.applied > 0)))",
    ),
    _Invariant(
        "answer {id} is {state}, but nothing brings it to the blog",
        "SELECT id, state FROM answer WHERE state IN ('held', 'publishing', 'revising', 'withdrawing') AND NOT EXISTS"
        " (SELECT 1 FROM target WHERE target.kind = 'answer' AND target.subject = answer.id)",
    ),
    _Invariant(
        "decision {id} is open, but nothing brings it to the blog",
        "SELECT id FROM decision WHERE state = 'open' AND NOT EXISTS (SELECT 1 FROM target"
        " WHERE target.kind = 'moderation' AND target.subject = decision.id AND target.state <> 'idle')",
    ),
    _Invariant(
        "comment {id} is not public, but still wanted in the thread {thread}",
        "SELECT comment.id, target.thread FROM comment JOIN target ON target.kind = 'comment'"
        " AND target.subject = comment.id WHERE comment.standing <> 'public' AND target.absent = 0"
        " AND target.tombstone = 0",
    ),
    _Invariant(
        "target {id} shows in public what only moderators may see, or the other way round",
        "SELECT target.id FROM target JOIN thread ON thread.id = target.thread WHERE target.kind IN ('card', 'comment')"
        " AND (target.kind = 'card') <> thread.desk",
    ),
    _Invariant(
        "comment {id} is said to be ours, but belongs to no answer",
        "SELECT id FROM comment WHERE origin = 'ours' AND answer IS NULL",
    ),
    _Invariant(
        "post {post} has {n} open threads in the room {room} of {chat}",
        "SELECT chat, room, post, count(*) AS n FROM thread WHERE state = 'open' GROUP BY chat, room, slot"
        " HAVING count(*) > 1",
    ),
    _Invariant(
        "the instance key is missing or no key: what was published could not be found again",
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM meta WHERE name = 'instance key' AND length(value) = 64)",
    ),
)


def examine(tx: Tx) -> list[str]:
    """Everything that is wrong with the ledger, one sentence each; nothing if it is sound."""
    damage = _damage(tx)
    return damage or [*_broken(tx), *_unreadable(tx)]


def intact(tx: Tx, tables: Sequence[str]) -> str | None:
    """What is wrong with these tables and their indices, as far as SQLite can tell quickly; None if nothing is."""
    for table in tables:
        found = _told(tx, f"PRAGMA integrity_check({table})")
        if found:
            return found[0]
    return None


def _damage(tx: Tx) -> list[str]:
    found = [f"the file is damaged: {words}" for words in _told(tx, "PRAGMA integrity_check")]
    if found:
        return _few(found)
    strays = [f"row {row[1]} of {row[0]} refers to a row of {row[2]} that is not there" for row in _rows(tx)]
    return _few(strays)


def _told(tx: Tx, pragma: str) -> list[str]:
    words = [str(_at(row, 0)) for row in tx.all(pragma)]
    return [] if words == ["ok"] else words


def _rows(tx: Tx) -> list[tuple[str, str, str]]:
    return [(str(_at(row, 0)), str(_at(row, 1)), str(_at(row, 2))) for row in tx.all("PRAGMA foreign_key_check")]


def _at(row: Any, place: int) -> object:
    """A column by its place: what SQLite calls the columns of its checks has changed over time."""
    return row[place]


def _broken(tx: Tx) -> Iterator[str]:
    for one in _INVARIANTS:
        yield from _few([_said(one.words, row) for row in tx.all(one.sql)])


def _said(words: str, row: Row) -> str:
    return words.format_map(_Columns(row))


class _Columns(dict[str, object]):
    """A row as `format_map` wants it."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def __missing__(self, column: str) -> object:
        return self._row[column]


def _unreadable(tx: Tx) -> Iterator[str]:
    """Texts that nobody could show or publish."""
    for table in ("comment", "answer"):
        last = 0
        while rows := tx.all(f"SELECT id, body FROM {table} WHERE id > ? ORDER BY id LIMIT {BATCH}", last):  # noqa: S608
            last = rows[-1]["id"]
            for row in rows:
                if not _readable(row["body"]):
                    yield f"the text of {table} {row['id']} cannot be read"


def _readable(body: str) -> bool:
    try:
        load(body)
    except ValueError:
        return False
    return True


def _few(found: list[str]) -> list[str]:
    return found if len(found) <= SHOWN else [*found[:SHOWN], f"… and {len(found) - SHOWN} more like it"]
