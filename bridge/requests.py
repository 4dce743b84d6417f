"""What a person asks for on the command line: recorded in the inbox, granted by the daemon when it works it off."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bridge import answers as lives
from bridge import moderation
from bridge.house import House, read_at_once
from bridge.ledger import answers, comments, sources, targets, threads
from bridge.mirror import backfill
from bridge.model import AnswerState, BlogName
from bridge.ports import Row, Tx


@dataclass(frozen=True, slots=True)
class Backfilled:
    """How far a backfill has come: how many messages it wants, how many of them wait, and how many went no further.

    `refused` says why nothing of it was done; `reason` why the first of those that wait does.
    """

    wanted: int = 0
    waiting: int = 0
    stopped: int = 0
    reason: str | None = None
    refused: str | None = None


def backfilled(tx: Tx, number: int) -> Backfilled | None:
    """What became of the backfill that was asked for under this number; None while no daemon has taken it up."""
    row = tx.one("SELECT state, reason FROM inbox WHERE id = ?", number)
    if row is None or row["state"] == "new":
        return None
    if row["state"] == "parked" or not row["reason"].startswith("{"):
        return Backfilled(refused=row["reason"])
    told = json.loads(row["reason"])
    found = tx.all(
        "SELECT state, reason FROM target WHERE kind = 'comment' AND id BETWEEN ? AND ?", told["first"], told["last"]
    )
    waiting = [one for one in found if one["state"] in {"ready", "sending", "unknown"}]
    stopped = [one for one in found if one["state"] in {"parked", "refused"}]
    reason = next((one["reason"] for one in waiting if one["reason"] is not None), None)
    return Backfilled(told["wanted"], len(waiting), len(stopped), reason)


def grant(tx: Tx, house: House, body: str, now: float) -> str:
    """Do what was asked; a few words on what became of it, for the ledger."""
    what = json.loads(body)
    if what["do"] == "resume":
        return _resume(tx, what["blog"])
    if what["do"] == "pause":
        return _pause(tx, what["blog"], what["by"])
    if what["do"] == "backfill":
        return _backfill(tx, house, what["blog"], what["last"], now)
    target = tx.one("SELECT * FROM target WHERE id = ? AND state IN ('parked', 'refused')", what["target"])
    if target is None:
        return "it is not parked any more"
    if what["do"] == "retry":
        return _retry(tx, target, now)
    if what["do"] == "drop":
        return _drop(tx, target, now)
    return _done(tx, target, what.get("link"), now)


def _resume(tx: Tx, blog: str) -> str:
    sources.resume(tx, blog)
    read_at_once(tx, blog)
    return "resumed"


def _pause(tx: Tx, blog: str, by: str) -> str:
    """What is paused already keeps its reason: a person has to look at that."""
    if sources.paused(tx, blog) is None:
        sources.pause(tx, blog, f"{sources.BY_HAND}{by}")
        read_at_once(tx, blog)  # whoever waits for the next reading looks first whether there may be one
    return "paused"


def _backfill(tx: Tx, house: House, blog: str, last: int, now: float) -> str:
    if BlogName(blog) not in house.blogs:
        return f"the blog {blog} is not in the configuration"
    if not sources.of(tx, blog)["initialised"]:
        return f"the blog {blog} has not been read yet"
    wanted = backfill(tx, house, blog, last, now)
    first, final = (min(wanted), max(wanted)) if wanted else (0, 0)
    return json.dumps({"wanted": len(wanted), "first": first, "last": final})


def _retry(tx: Tx, target: Row, now: float) -> str:
    if target["kind"] == "moderation" and not moderation.retried(tx, target["subject"]):
        return "another decision about that comment is being carried out"
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
    if target["kind"] == "moderation":
        moderation.put_aside(tx, target["subject"], "dropped", now)
    if target["kind"] == "thread":
        _drop_thread(tx, target)
    targets.due(tx, target["lane"], now)
    return "dropped"


def _drop_thread(tx: Tx, opening: Row) -> None:
    """A thread that nobody wants any more takes with it what was to be said there."""
    threads.lost(tx, opening["subject"])
    for waiting in tx.all("SELECT * FROM target WHERE needs = ?", opening["id"]):
        _end(tx, waiting, "dropped")


def _done(tx: Tx, target: Row, link: str | None, now: float) -> str:
    """A person says that it is there. We do not know under which id, so nothing of it can be changed from here."""
    if target["kind"] == "thread":
        return "a thread whose id is not known cannot be used: drop it or try it again"
    _end(tx, target, "done")
    if target["kind"] == "answer":
        answer = answers.get(tx, target["subject"])
        stands = link or comments.post(tx, answer["post"])["address"]
        tx.run("UPDATE answer SET link = ? WHERE id = ?", stands, answer["id"])
        reason = "The operator found it on the blog; it cannot be changed from here."
        lives.move(tx, answer["id"], AnswerState.PUBLIC, now, reason)
    if target["kind"] == "moderation":
        moderation.put_aside(tx, target["subject"], "done", now)
    targets.due(tx, target["lane"], now)
    return "it is there"


def _end(tx: Tx, target: Row, state: str) -> None:
    delivery = targets.open_delivery(tx, target["id"])
    if delivery is not None:
        targets.end(tx, delivery["id"], state, "a person decided")
    targets.tombstone(tx, target["id"])
    tx.run("UPDATE target SET state = 'idle', applied = wanted, reason = NULL WHERE id = ?", target["id"])
