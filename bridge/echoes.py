"""What we said comes back as an event: it settles a doubt, is a second copy, or is what we know already."""

from __future__ import annotations

from bridge import settle
from bridge.house import House
from bridge.ledger import comments, inbox, runs, sources, targets, threads
from bridge.model import Event, Written
from bridge.ports import Row, Tx
from bridge.steps import sweep

RECHECK = 0.2
"""Seconds after which an event that waits for a send of ours is looked at again."""
PATIENT = 6
"""How often the pause is doubled between two looks at an event in a thread that nobody knows."""
UNREAD = 2.0
"""Seconds after which an event that waits for a reading of its blog is looked at again."""
CAME_LATE = "it was given up, and came late"


def strange(tx: Tx, row: Row, event: Event, now: float) -> None:
    """A thread that is not ours, unless one of ours is just being made, or stands twice."""
    key = event.key if isinstance(event, Written) else None
    if key is not None and (first := targets.landed_under(tx, row["chat"], key, "start")) is not None:
        thread = threads.get(tx, targets.get(tx, first["target"])["thread"])
        sweep.want(tx, first, thread, row["thread"], event.message, now)
        inbox.done(tx, row["id"], "a thread of ours a second time")
    elif threads.being_started(tx, row["chat"]):
        # It is looked at again once that has ended, or else ever more seldom: anybody may fill threads of their own.
        inbox.wait(tx, row["id"], now + RECHECK * 2 ** min(row["attempts"], PATIENT))
    elif key is not None and _began_late(tx, row["chat"], key, now):
        inbox.wait(tx, row["id"], now + RECHECK)
    else:
        inbox.done(tx, row["id"], "not in a thread of ours")


def _began_late(tx: Tx, chat: str, key: str, now: float) -> bool:
    """Whether it is a thread that we had given up, and were about to start once more: it is looked for instead."""
    late = targets.given_up_under(tx, chat, key, "start")
    if late is None or targets.get(tx, late["target"])["state"] not in {"ready", "refused"}:
        return False
    targets.end(tx, late["id"], "unknown", CAME_LATE)
    targets.again(tx, late["target"], "unknown", now, CAME_LATE)
    targets.due(tx, late["lane"], now)
    return True


def echo(tx: Tx, house: House, row: Row, thread: Row, event: Written, now: float) -> None:
    """A message of ours: it stands, and whoever is in doubt about it learns so."""
    delivery = targets.open_under(tx, row["chat"], str(event.key))
    if delivery is None or delivery["step"] != "say":
        inbox.done(tx, row["id"], _told_before(tx, house, thread, event, now))
    elif delivery["state"] == "sending":
        inbox.wait(tx, row["id"], now + RECHECK)
    else:
        settle.learnt(tx, house, delivery, {"native": event.message}, now)
        inbox.done(tx, row["id"], "our own message, of which we were in doubt")


def _told_before(tx: Tx, house: House, thread: Row, event: Written, now: float) -> str:
    """A message of ours of which nobody is in doubt: one that we know, had given up, or a second copy."""
    if threads.message(tx, thread["chat"], event.message) is not None:
        return "our own message"
    first = targets.landed_under(tx, thread["chat"], str(event.key), "say")
    if first is None:
        first = targets.given_up_under(tx, thread["chat"], str(event.key), "say")
        if first is None:
            return "our own message"
        if not _replaced(tx, first):
            settle.learnt(tx, house, first, {"native": event.message}, now)
            return "our own message, which we had given up"
    sweep.want(tx, first, thread, thread["native"], event.message, now)
    return "our own message a second time"


def _replaced(tx: Tx, late: Row) -> bool:
    """Whether something else stands, or is about to, where an attempt that we had given up has landed."""
    return late["n"] in targets.parts(tx, late["target"]) or targets.open_delivery(tx, late["target"]) is not None


def may_be_ours(tx: Tx, house: House, thread: Row) -> float | None:
    """Seconds until a message that we do not know may turn out to be ours; None if it never will.

    It may be on its way, or was said by a ledger that this one replaced: then the next reading of the blog tells of its
    comment, and that is looked for in the thread.
    """
    if threads.to_be_said(tx, thread["id"]):
        return RECHECK
    source = sources.of(tx, comments.post(tx, thread["post"])["blog"])
    unread = source["paused"] is None and (source["last_read"] or 0.0) < runs.began(tx)
    return UNREAD if unread and source["blog"] in house.blogs else None
