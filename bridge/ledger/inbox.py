"""Raw chat events, and requests from the command line, as they were recorded before anybody judged them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from bridge.model import RawEvent
from bridge.ports import Row, Tx

REQUESTS = ""
"""The name under which requests from the command line stand in the inbox, where a chat's name would."""


def record(tx: Tx, chat: str, events: Sequence[RawEvent], watermark: str | None, caught_up: int, now: float) -> None:
    """Keep events and the watermark that vouches for them; an event told before, by id or by nature, is kept once.

    `caught_up` is the run in which everything until now has been recorded, 0 if not known.
    """
    connection(tx, chat)
    for event in events:
        tx.run(
            "INSERT INTO inbox (chat, event_id, natural_key, thread, ord, body, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            chat, event.event_id, event.natural_key, event.thread, event.order, event.body, now,
        )  # fmt: skip
    if events:
        tx.run("UPDATE connection SET last_event = ? WHERE chat = ?", now, chat)
        tx.tell("inbox")
    if watermark is not None:
        tx.run("UPDATE connection SET watermark = ? WHERE chat = ?", watermark, chat)
    if caught_up:
        tx.run("UPDATE connection SET caught_up = ? WHERE chat = ?", caught_up, chat)


def ask(tx: Tx, now: float, what: Mapping[str, str | int]) -> int:
    """Put a request into the inbox, granted at once if a daemon runs, else at the next start; the request's number."""
    name = uuid.uuid4().hex
    return tx.insert(
        "INSERT INTO inbox (chat, event_id, natural_key, thread, ord, body, at) VALUES (?, ?, ?, ?, 0, ?, ?)",
        REQUESTS, name, name, name, json.dumps(what), now,
    )  # fmt: skip


def ungranted(tx: Tx) -> Sequence[Row]:
    """The requests that nobody has granted yet, in the order in which they were made."""
    return tx.all("SELECT * FROM inbox WHERE state = 'new' AND chat = ? ORDER BY id", REQUESTS)


def requested(tx: Tx) -> list[dict[str, Any]]:
    """What is asked for by the requests that nobody has granted yet."""
    return [json.loads(row["body"]) for row in ungranted(tx)]


def connection(tx: Tx, chat: str) -> Row:
    """The chat's connection: watermark and whether it is caught up."""
    tx.run("INSERT INTO connection (chat) VALUES (?) ON CONFLICT DO NOTHING", chat)
    row = tx.one("SELECT * FROM connection WHERE chat = ?", chat)
    assert row is not None
    return row


def lost(tx: Tx, chat: str) -> None:
    """The connection broke: what people write from now on is not known."""
    tx.run("UPDATE connection SET caught_up = 0, last_error = NULL WHERE chat = ?", chat)


def missed(tx: Tx, chat: str, gap: int) -> None:
    """Messages were written that could not be read."""
    connection(tx, chat)
    tx.run("UPDATE connection SET gaps = gaps + ? WHERE chat = ?", gap, chat)


def caught_up(tx: Tx, chat: str, run: int, thread: str) -> bool:
    """Whether all that was written in a thread has been recorded in this run, and judged."""
    row = tx.one("SELECT caught_up FROM connection WHERE chat = ?", chat)
    if row is None or row["caught_up"] != run:
        return False
    return tx.one("SELECT 1 FROM inbox WHERE chat = ? AND thread = ? AND state = 'new' LIMIT 1", chat, thread) is None


def heads(tx: Tx, limit: int) -> Sequence[Row]:
    """The first unjudged event of every thread, in the platform's order; those that can be judged soonest first."""
    return tx.all(
        "SELECT i.* FROM (SELECT DISTINCT chat, thread FROM inbox WHERE state = 'new') AS busy JOIN inbox AS i"
        " ON i.id = (SELECT e.id FROM inbox AS e WHERE e.state = 'new' AND e.chat = busy.chat"
        " AND e.thread = busy.thread ORDER BY e.ord, e.id LIMIT 1) ORDER BY i.not_before, i.id LIMIT ?",
        limit,
    )


def head_of(tx: Tx, chat: str, thread: str) -> Row | None:
    """The first unjudged event of one thread."""
    return tx.one(
        "SELECT * FROM inbox WHERE state = 'new' AND chat = ? AND thread = ? ORDER BY ord, id LIMIT 1", chat, thread
    )


def done(tx: Tx, id: int, why: str | None = None) -> None:
    """The event has been judged."""
    tx.run("UPDATE inbox SET state = 'done', reason = ? WHERE id = ?", why, id)


def wait(tx: Tx, id: int, until: float) -> None:
    """The event cannot be judged yet; its thread's later events wait with it."""
    tx.run("UPDATE inbox SET not_before = ?, attempts = attempts + 1 WHERE id = ?", until, id)


def awake(tx: Tx, chat: str, thread: str | None) -> None:
    """What an event of this thread waited for may have happened; of any thread of the chat where None."""
    tx.run(
        "UPDATE inbox SET not_before = 0 WHERE state = 'new' AND chat = ? AND thread = coalesce(?, thread)",
        chat, thread,
    )  # fmt: skip
    tx.tell("inbox")


def park(tx: Tx, id: int, reason: str) -> None:
    """Judging the event failed through a fault of ours; a person must look, the others go on."""
    tx.run("UPDATE inbox SET state = 'parked', reason = ? WHERE id = ?", reason, id)


def failed(tx: Tx, chat: str, reason: str | None) -> None:
    """The chat cannot be heard, and why; None once it can."""
    connection(tx, chat)
    tx.run("UPDATE connection SET last_error = ? WHERE chat = ?", reason, chat)
