"""What a person asks for on the command line: recorded in the inbox, granted by the daemon when it works it off."""

from __future__ import annotations

import json
import uuid

from bridge import answers as lives
from bridge.house import House
from bridge.ledger import answers, comments, inbox, sources, targets, threads
from bridge.model import AnswerState
from bridge.ports import Row, Tx


def ask(tx: Tx, now: float, what: dict[str, str | int]) -> None:
    """Put a request into the inbox; it is granted at once if a daemon runs, else at the next start."""
    name = uuid.uuid4().hex
    tx.run(
        "INSERT INTO inbox (chat, event_id, natural_key, thread, ord, body, at) VALUES (?, ?, ?, ?, 0, ?, ?)",
        inbox.REQUESTS, name, name, name, json.dumps(what), now,
    )  # fmt: skip


def grant(tx: Tx, house: House, body: str, now: float) -> str:
    """Do what was asked; a few words on what became of it, for the ledger."""
    what = json.loads(body)
    if what["do"] == "resume":
        sources.resume(tx, what["blog"])
        blog = house.blogs.get(what["blog"])
        if blog is not None:
            blog.wake.set()
        return "resumed"
    target = tx.one("SELECT * FROM target WHERE id = ? AND state IN ('parked', 'refused')", what["target"])
    if target is None:
        return "it is not parked any more"
    if what["do"] == "retry":
        return _retry(tx, target, now)
    if what["do"] == "drop":
        return _drop(tx, target, now)
    return _done(tx, target, now)


def _retry(tx: Tx, target: Row, now: float) -> str:
    delivery = targets.open_delivery(tx, target["id"])
    if delivery is not None:
        targets.end(tx, delivery["id"], "not done", "a person said that it is not there")
    targets.ready(tx, target["id"])
    if target["kind"] == "answer":
        lives.move(tx, target["subject"], _tried(tx, target), now)
    targets.due(tx, target["lane"], now)
    return "tried again"


def _tried(tx: Tx, target: Row) -> AnswerState:
    if target["absent"]:
        return AnswerState.WITHDRAWING
    published = answers.get(tx, target["subject"])["comment"] is not None
    return AnswerState.REVISING if published else AnswerState.PUBLISHING


def _drop(tx: Tx, target: Row, now: float) -> str:
    _end(tx, target, "dropped")
    if target["kind"] == "answer":
        lives.rest(tx, target["subject"], now, "The operator dropped it.")
    if target["kind"] == "thread":
        _drop_thread(tx, target)
    targets.due(tx, target["lane"], now)
    return "dropped"


def _drop_thread(tx: Tx, opening: Row) -> None:
    """A thread that nobody wants any more takes with it what was to be said there."""
    threads.lost(tx, opening["subject"])
    for waiting in tx.all("SELECT * FROM target WHERE needs = ?", opening["id"]):
        _end(tx, waiting, "dropped")


def _done(tx: Tx, target: Row, now: float) -> str:
    """A person says that it is there. We do not know under which id, so nothing of it can be changed from here."""
    if target["kind"] == "thread":
        return "a thread whose id is not known cannot be used: drop it or try it again"
    _end(tx, target, "done")
    if target["kind"] == "answer":
        answer = answers.get(tx, target["subject"])
        post = comments.post(tx, answer["post"])
        tx.run("UPDATE answer SET link = ? WHERE id = ?", post["address"], answer["id"])
        reason = "The operator found it on the blog; it cannot be changed from here."
        lives.move(tx, answer["id"], AnswerState.PUBLIC, now, reason)
    targets.due(tx, target["lane"], now)
    return "it is there"


def _end(tx: Tx, target: Row, state: str) -> None:
    delivery = targets.open_delivery(tx, target["id"])
    if delivery is not None:
        targets.end(tx, delivery["id"], state, "a person decided")
    targets.tombstone(tx, target["id"])
    tx.run("UPDATE target SET state = 'idle', applied = wanted, reason = NULL WHERE id = ?", target["id"])
