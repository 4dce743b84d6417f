"""Runs: opening the ledger ends every earlier lease, and what was being sent is unknown from then on."""

from __future__ import annotations

from bridge.ports import Tx


def begin(tx: Tx, now: float, new_instance_key: str) -> int:
    """Start a run at `now` and return its number; `new_instance_key` is kept only if there is none yet.

    The process that held the earlier leases is dead, so its attempts ended now at the latest: their deadlines move
    here, and absence counts from here on. What waits for its next try goes on waiting: the platform may have asked for
    that, and a daemon that is started again and again must not ask the more often.
    """
    tx.run("INSERT INTO meta VALUES ('instance key', ?) ON CONFLICT DO NOTHING", new_instance_key)
    tx.run("INSERT INTO meta VALUES ('run', '0') ON CONFLICT DO NOTHING")
    tx.run("UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'run'")
    tx.run(
        "INSERT INTO meta SELECT 'left off', value FROM meta WHERE name = 'alive'"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    )
    tx.run("INSERT INTO meta VALUES ('began', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", str(now))
    tx.run("UPDATE lane SET due = ? WHERE run <> 0", now)
    tx.run("UPDATE lane SET run = 0, epoch = epoch + 1 WHERE run <> 0")
    tx.run(
        "UPDATE delivery SET state = 'unknown', look_at = look_at - deadline + ?, deadline = ?,"
        " reason = 'Backchat was stopped while this was being sent' WHERE state = 'sending' AND deadline > ?",
        now, now, now,
    )  # fmt: skip
    tx.run(
        "UPDATE delivery SET state = 'unknown', reason = 'Backchat was stopped while this was being sent'"
        " WHERE state = 'sending'"
    )
    tx.run("UPDATE target SET state = 'unknown', not_before = 0 WHERE state = 'sending'")
    row = tx.one("SELECT value FROM meta WHERE name = 'run'")
    assert row is not None
    return int(row["value"])


def began(tx: Tx) -> float:
    """When this run began: what was written before may have been worked off by a ledger that this one replaced."""
    row = tx.one("SELECT value FROM meta WHERE name = 'began'")
    return 0.0 if row is None else float(row["value"])


def left_off(tx: Tx) -> float:
    """Until when this ledger was certainly in use before this run: what it forgot, restored from a backup, is younger.

    0 where that is not known.
    """
    row = tx.one("SELECT value FROM meta WHERE name = 'left off'")
    return 0.0 if row is None else float(row["value"])


def alive(tx: Tx, now: float) -> None:
    """The daemon can commit at `now`."""
    tx.run("INSERT INTO meta VALUES ('alive', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", str(now))


def instance_key(tx: Tx) -> bytes:
    """The secret from which our idempotency keys are derived; it travels with the ledger's backups."""
    row = tx.one("SELECT value FROM meta WHERE name = 'instance key'")
    assert row is not None
    return bytes.fromhex(row["value"])
