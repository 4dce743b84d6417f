"""Targets, their parts, their lanes and the attempts to bring them where they should stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import LeaseLost
from bridge.ports import Row, Tx


@dataclass(frozen=True, slots=True)
class Lease:
    """A lane that we work in: settling under it is refused once another run or a later claim has it."""

    lane: str
    run: int
    epoch: int


def get(tx: Tx, id: int) -> Row:
    """A target by id."""
    row = tx.one("SELECT * FROM target WHERE id = ?", id)
    assert row is not None
    return row


def find(tx: Tx, kind: str, subject: int, thread: int) -> Row | None:
    """The target of this kind for this subject in this thread."""
    return tx.one("SELECT * FROM target WHERE kind = ? AND subject = ? AND thread = ?", kind, subject, thread)


def want(
    tx: Tx, kind: str, subject: int, thread: Row, lane: str, now: float, *,
    needs: int | None = None, held_until: float = 0.0, absent: bool = False, body: str | None = None,
) -> int:  # fmt: skip
    """What should stand has changed: a new revision is wanted (or, with `absent`, nothing any more); the target's id.

    What is under way or parked is left to end first; a refused target is tried again, because something changed.
    A tombstoned one (a person deleted our copy) is wanted no more.
    """
    due(tx, lane, max(now, held_until))
    tx.run(
        "INSERT INTO target (kind, subject, chat, thread, lane, needs, wanted, held_until, absent, body)"
        " VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?) ON CONFLICT (kind, subject, chat, thread) DO UPDATE SET"
        " wanted = target.wanted + 1, absent = excluded.absent, held_until = excluded.held_until,"
        " body = coalesce(excluded.body, target.body), attempts = 0,"
        " not_before = CASE WHEN target.state = 'unknown' THEN target.not_before ELSE 0 END,"
        " state = CASE WHEN target.state IN ('sending', 'unknown', 'parked') THEN target.state"
        " WHEN target.tombstone = 1 AND excluded.absent = 0 THEN 'idle' ELSE 'ready' END",
        kind, subject, thread["chat"], thread["id"], lane, needs, held_until, int(absent), body,
    )  # fmt: skip
    row = find(tx, kind, subject, thread["id"])
    assert row is not None
    return int(row["id"])


def need(tx: Tx, id: int, needs: int | None) -> None:
    """The target waits for another one, its lane does not; None: for nothing any more."""
    tx.run("UPDATE target SET needs = ? WHERE id = ?", needs, id)


def needing(tx: Tx, id: int, kind: str) -> Sequence[Row]:
    """The targets of this kind that wait for another one."""
    return tx.all("SELECT * FROM target WHERE needs = ? AND kind = ? ORDER BY id", id, kind)


def tombstone(tx: Tx, id: int) -> None:
    """A person deleted our copy: it is never put up again."""
    tx.run("UPDATE target SET tombstone = 1 WHERE id = ?", id)
    tx.run("UPDATE target SET state = 'idle', applied = wanted WHERE id = ? AND state IN ('ready', 'refused')", id)


def unsaid(tx: Tx, thread: int, kind: str) -> Sequence[Row]:
    """The targets of this kind in a thread of which nothing ever stood, although it is wanted."""
    return tx.all(
        "SELECT * FROM target WHERE thread = ? AND kind = ? AND absent = 0 AND tombstone = 0 AND applied = 0"
        " AND state IN ('ready', 'refused') AND NOT EXISTS (SELECT 1 FROM part WHERE part.target = target.id)"
        " ORDER BY id",
        thread, kind,
    )  # fmt: skip


# Lanes ---------------------------------------------------------------------------------------------------------------


def due(tx: Tx, lane: str, at: float) -> None:
    """Something in the lane can be done from `at` on."""
    tx.run(
        "INSERT INTO lane (name, due) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET"
        " due = CASE WHEN lane.due IS NULL OR lane.due > excluded.due THEN excluded.due ELSE lane.due END",
        lane, at,
    )  # fmt: skip
    tx.tell("lanes")


def due_lanes(tx: Tx, now: float, limit: int) -> list[str]:
    """Free lanes in which something can be done now, the longest waiting first."""
    rows = tx.all(
        "SELECT name FROM lane WHERE run = 0 AND due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?", now, limit
    )
    return [row["name"] for row in rows]


def next_due(tx: Tx) -> float | None:
    """When the next free lane is due."""
    row = tx.one("SELECT min(due) AS due FROM lane WHERE run = 0 AND due IS NOT NULL")
    return None if row is None else row["due"]


def lease(tx: Tx, lane: str, run: int) -> Lease:
    """Take a free lane for this run. Raises `LeaseLost` if somebody has it."""
    row = tx.one(
        "UPDATE lane SET run = ?, epoch = epoch + 1, due = NULL WHERE name = ? AND run = 0 RETURNING epoch", run, lane
    )
    if row is None:
        raise LeaseLost(f"lane {lane} is somebody else's")
    return Lease(lane, run, row["epoch"])


def check(tx: Tx, lease: Lease) -> None:
    """Raise `LeaseLost` unless the lane is still ours under this very lease."""
    row = tx.one("SELECT run, epoch FROM lane WHERE name = ?", lease.lane)
    if row is None or (row["run"], row["epoch"]) != (lease.run, lease.epoch):
        raise LeaseLost(f"lane {lease.lane} is no longer ours")


# What of a lane can be worked on: everything open whose need is met, in order; what is held lets the others pass.
_MET = "(t.needs IS NULL OR EXISTS (SELECT 1 FROM target AS n WHERE n.id = t.needs AND n.applied > 0))"
_FIRST = (
    f"t.state IN ('ready', 'unknown') AND {_MET} AND (t.state = 'unknown' OR t.held_until <= ?) ORDER BY t.id LIMIT 1"
)
_HEAD = f"SELECT t.* FROM target AS t WHERE t.lane = ? AND {_FIRST}"  # noqa: S608 - made of constants, as are those below
_SOONEST = f"SELECT t.not_before AS at FROM target AS t WHERE t.lane = lane.name AND {_FIRST}"  # noqa: S608
_HELD = (
    "SELECT min(t.held_until) AS at FROM target AS t WHERE t.lane = lane.name AND t.state = 'ready'"  # noqa: S608
    f" AND t.held_until > 0 AND t.held_until > ? AND {_MET}"  # `> 0` is how the index says it
)
_NEXT = f"(SELECT min(at) FROM (SELECT at FROM ({_SOONEST}) AS first UNION ALL {_HELD}) AS times)"  # noqa: S608
_RELEASE = f"UPDATE lane SET run = 0, due = {_NEXT} WHERE name = ? AND run = ?"  # noqa: S608
_REST = f"UPDATE lane SET due = {_NEXT} WHERE name = ? AND run = 0"  # noqa: S608


def release(tx: Tx, lease: Lease, now: float) -> None:
    """Give the lane free; it is due again when its next target can be worked on."""
    tx.run(_RELEASE, now, now, lease.lane, lease.run)
    tx.tell("lanes")


def rest(tx: Tx, lane: str, now: float) -> None:
    """A free lane turned out to have nothing to do now: note when it will."""
    tx.run(_REST, now, now, lane)


def head(tx: Tx, lane: str, now: float) -> Row | None:
    """The first target of the lane that is not held, if it can be worked on now (law 4).

    A held answer and a target whose need is not met let the others pass; one that only waits for its next try does not.
    """
    row = tx.one(_HEAD, lane, now)
    return row if row is not None and row["not_before"] <= now else None


# Parts ---------------------------------------------------------------------------------------------------------------


def parts(tx: Tx, target: int) -> dict[int, Row]:
    """What has landed of a target, by number."""
    return {row["n"]: row for row in tx.all("SELECT * FROM part WHERE target = ? ORDER BY n", target)}


def landed(tx: Tx, target: int, n: int, native: str, digest: str) -> None:
    """A part stands in the chat now, or stands changed."""
    tx.run(
        "INSERT INTO part VALUES (?, ?, ?, ?) ON CONFLICT (target, n) DO UPDATE SET native = excluded.native,"
        " digest = excluded.digest",
        target, n, native, digest,
    )  # fmt: skip


def removed(tx: Tx, target: int, n: int) -> None:
    """A part stands no more."""
    tx.run("DELETE FROM part WHERE target = ? AND n = ?", target, n)


def next_generation(tx: Tx, target: int) -> None:
    """All of it is gone; should it ever come back, it is another thing, with other keys."""
    tx.run("UPDATE target SET generation = generation + 1 WHERE id = ?", target)


# Attempts ------------------------------------------------------------------------------------------------------------


def begin(
    tx: Tx, target: Row, step: str, n: int, key: str, sent: str, now: float, deadline: float, look_at: float
) -> Row:
    """Freeze a step before its effect (law 1); the delivery."""
    tx.run("UPDATE target SET state = 'sending' WHERE id = ?", target["id"])
    row = tx.one(
        "INSERT INTO delivery (target, lane, step, n, rev, key, sent, state, started, deadline, look_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 'sending', ?, ?, ?) RETURNING *",
        target["id"], target["lane"], step, n, target["wanted"], key, sent, now, deadline, look_at,
    )  # fmt: skip
    assert row is not None
    return row


def resume(tx: Tx, delivery: Row, deadline: float) -> None:
    """Send exactly the same once more: the platform knows the key, or the step is safe to repeat."""
    tx.run("UPDATE target SET state = 'sending' WHERE id = ?", delivery["target"])
    tx.run(
        "UPDATE delivery SET state = 'sending', repeated = 1, look_at = look_at - deadline + ?, deadline = ?"
        " WHERE id = ?",
        deadline, deadline, delivery["id"],
    )  # fmt: skip


def open_delivery(tx: Tx, target: int) -> Row | None:
    """The target's attempt whose end is not known yet."""
    return tx.one("SELECT * FROM delivery WHERE target = ? AND state IN ('sending', 'unknown', 'parked')", target)


def delivery(tx: Tx, id: int) -> Row:
    """An attempt by id."""
    row = tx.one("SELECT * FROM delivery WHERE id = ?", id)
    assert row is not None
    return row


def open_under(tx: Tx, chat: str, key: str) -> Row | None:
    """The attempt in that chat under this key whose end is not known yet."""
    return tx.one(
        "SELECT delivery.* FROM delivery JOIN target ON target.id = delivery.target WHERE delivery.key = ?"
        " AND target.chat = ? AND delivery.state IN ('sending', 'unknown', 'parked')",
        key, chat,
    )  # fmt: skip


def landed_under(tx: Tx, chat: str, key: str, step: str) -> Row | None:
    """The attempt at this step in that chat under this key that is known to have happened."""
    return tx.one(
        "SELECT delivery.* FROM delivery JOIN target ON target.id = delivery.target WHERE delivery.key = ?"
        " AND target.chat = ? AND delivery.step = ? AND delivery.state = 'done' ORDER BY delivery.id LIMIT 1",
        key, chat, step,
    )  # fmt: skip


def given_up_under(tx: Tx, chat: str, key: str, step: str) -> Row | None:
    """The newest attempt at this step in that chat under this key that was taken never to have happened."""
    return tx.one(
        "SELECT delivery.* FROM delivery JOIN target ON target.id = delivery.target WHERE delivery.key = ?"
        " AND target.chat = ? AND delivery.step = ? AND delivery.state IN ('not done', 'refused')"
        " ORDER BY delivery.id DESC LIMIT 1",
        key, chat, step,
    )  # fmt: skip


def tried(tx: Tx, target: int, step: str) -> Sequence[Row]:
    """Every attempt at this step of a target: keys and texts, oldest first."""
    return tx.all("SELECT * FROM delivery WHERE target = ? AND step = ? ORDER BY id", target, step)


def end(tx: Tx, delivery: int, state: str, reason: str | None = None) -> None:
    """Note how an attempt ended, or that it is unknown or parked."""
    tx.run("UPDATE delivery SET state = ?, reason = ? WHERE id = ?", state, reason, delivery)


def applied(tx: Tx, id: int, rev: int) -> None:
    """The target stands as revision `rev` wanted it; if more is wanted by now, it is ready again.

    What waited for it in other lanes can be worked on; its own lane's turn is found when that is given free.
    """
    tx.run(
        "UPDATE target SET applied = ?, attempts = 0, reason = NULL, not_before = 0,"
        " state = CASE WHEN wanted > ? AND (tombstone = 0 OR absent = 1) THEN 'ready' ELSE 'idle' END WHERE id = ?",
        rev, rev, id,
    )  # fmt: skip
    for waiting in tx.all(
        "SELECT DISTINCT lane FROM target WHERE needs = ? AND lane <> (SELECT lane FROM target WHERE id = ?)", id, id
    ):
        due(tx, waiting["lane"], 0.0)


def again(tx: Tx, id: int, state: str, at: float, reason: str | None, *, tried: bool = True) -> None:
    """The target waits until `at` for its next step: `ready` for a new one, `unknown` to be resolved.

    `tried`: it was an attempt, after which the next pause is longer.
    """
    tx.run(
        "UPDATE target SET state = ?, not_before = ?, attempts = attempts + ?, reason = ? WHERE id = ?",
        state, at, int(tried), reason, id,
    )  # fmt: skip


def later(tx: Tx, id: int, at: float, reason: str | None) -> None:
    """The target's next step must wait until `at`, and its lane with it."""
    tx.run("UPDATE target SET not_before = ?, reason = ? WHERE id = ?", at, reason, id)


def aside(tx: Tx, id: int, until: float, reason: str | None) -> None:
    """The target's next step must wait until an instant, or as long as it is held; its lane goes on meanwhile."""
    tx.run(
        "UPDATE target SET held_until = CASE WHEN held_until > ? THEN held_until ELSE ? END, reason = ? WHERE id = ?",
        until, until, reason, id,
    )  # fmt: skip


def stop(tx: Tx, id: int, state: str, reason: str) -> None:
    """The target goes no further by itself: `parked` or `refused`."""
    tx.run("UPDATE target SET state = ?, reason = ? WHERE id = ?", state, reason, id)


def give_up(tx: Tx, id: int) -> None:
    """Nothing more is to be done for the target, and nobody has to know."""
    tx.run("UPDATE target SET state = 'idle', absent = 1, applied = wanted, reason = NULL WHERE id = ?", id)


def ready(tx: Tx, id: int) -> None:
    """The target can be planned anew at once."""
    tx.run("UPDATE target SET state = 'ready', not_before = 0 WHERE id = ?", id)


# Paces ---------------------------------------------------------------------------------------------------------------


def pace(tx: Tx, name: str) -> float:
    """The instant before which nothing may be sent under this pace."""
    row = tx.one("SELECT not_before FROM pace WHERE name = ?", name)
    return 0.0 if row is None else float(row["not_before"])


def set_pace(tx: Tx, name: str, not_before: float) -> None:
    """Send nothing under this pace before an instant."""
    tx.run(
        "INSERT INTO pace VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET not_before ="
        " CASE WHEN pace.not_before > excluded.not_before THEN pace.not_before ELSE excluded.not_before END",
        name, not_before,
    )  # fmt: skip
