"""What moderators have chosen, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.model import Choice
from bridge.ports import Row, Tx


@dataclass(frozen=True, slots=True)
class Moderator:
    """Who decides: the person's id and name, the listed name by which they may (the id or a role), their account."""

    person: str
    name: str
    listed: str
    account: str


def get(tx: Tx, id: int) -> Row:
    """A decision by id."""
    row = tx.one("SELECT * FROM decision WHERE id = ?", id)
    assert row is not None
    return row


def insert(
    tx: Tx, comment: Row, thread: int, message: int | None, by: Moderator, choice: Choice, at: float, *,
    state: str = "open", reason: str | None = None,
) -> int:  # fmt: skip
    """A choice about a comment as it stands and reads now; its id. One at a time is open for a comment."""
    return tx.insert(
        "INSERT INTO decision (comment, thread, message, person, name, listed, account, choice, standing, digest, body,"
        " at, state, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        comment["id"], thread, message, by.person, by.name, by.listed, by.account, choice, comment["standing"],
        comment["digest"], comment["body"], at, state, reason,
    )  # fmt: skip


def open_for(tx: Tx, comment: int) -> Row | None:
    """The decision about a comment that is being carried out."""
    return tx.one("SELECT * FROM decision WHERE comment = ? AND state = 'open'", comment)


def newest(tx: Tx, comment: int) -> Row | None:
    """The last choice about a comment, whatever became of it."""
    return tx.one("SELECT * FROM decision WHERE comment = ? ORDER BY id DESC LIMIT 1", comment)


def tried(tx: Tx, comment: int) -> int:
    """The number of the last decision that was carried out or failed; 0 where there was none yet."""
    row = tx.one(
        "SELECT coalesce(max(id), 0) AS id FROM decision WHERE comment = ?"
        " AND state IN ('done', 'refused', 'parked', 'dropped')",
        comment,
    )
    return 0 if row is None else int(row["id"])


def end(tx: Tx, id: int, state: str, reason: str | None = None) -> None:
    """How the decision ended."""
    tx.run("UPDATE decision SET state = ?, reason = ? WHERE id = ?", state, reason, id)


def wait(tx: Tx, id: int, reason: str) -> bool:
    """The decision is not carried out yet, and why; whether that was not known before."""
    return tx.run("UPDATE decision SET reason = ? WHERE id = ? AND reason IS NOT ?", reason, id, reason) > 0
