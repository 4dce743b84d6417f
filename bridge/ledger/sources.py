"""What has been read of each blog, and when it is read next."""

from __future__ import annotations

from bridge.ports import Row, Tx


def of(tx: Tx, blog: str) -> Row:
    """The blog's row, made when it is asked for the first time."""
    row = tx.one("SELECT * FROM source WHERE blog = ? AND part = ''", blog)
    return row or _sure(tx.one("INSERT INTO source (blog) VALUES (?) RETURNING *", blog))


def save_cursor(tx: Tx, blog: str, cursor: str | None) -> None:
    """Keep the reader's cursor, in the transaction that records what it vouches for (law 7)."""
    tx.run("UPDATE source SET cursor = ? WHERE blog = ? AND part = ''", cursor, blog)


def missed(tx: Tx, blog: str, gap: int) -> None:
    """So many more comments of the blog could not be reached."""
    tx.run("UPDATE source SET gaps = gaps + ? WHERE blog = ? AND part = ''", gap, blog)


def read(tx: Tx, blog: str, now: float, next_read: float) -> Row:
    """The blog was read to the end; its row as it is now."""
    row = tx.one(
        "UPDATE source SET initialised = 1, trusted = 0, last_read = ?, next_read = ?, failures = 0, last_error = NULL"
        " WHERE blog = ? AND part = '' RETURNING *",
        now, next_read, blog,
    )  # fmt: skip
    return _sure(row)


def failed(tx: Tx, blog: str, reason: str, next_read: float) -> None:
    """The blog could not be read; `reason` is one sentence."""
    tx.run(
        "UPDATE source SET failures = failures + 1, last_error = ?, next_read = ? WHERE blog = ? AND part = ''",
        reason, next_read, blog,
    )  # fmt: skip


def pause(tx: Tx, blog: str, reason: str) -> None:
    """Stop reading and writing the blog until a person has looked."""
    tx.run("UPDATE source SET paused = ? WHERE blog = ? AND part = ''", reason, blog)


BY_HAND = "paused by "
"""How the reason begins where a person paused the blog, so that nothing about it has to be believed anew."""


def resume(tx: Tx, blog: str) -> None:
    """A person has looked: read and write the blog again, and believe its numbers as they are now."""
    tx.run(
        "UPDATE source SET trusted = CASE WHEN substr(paused, 1, ?) = ? THEN trusted ELSE 1 END, paused = NULL,"
        " next_read = 0 WHERE blog = ?",
        len(BY_HAND), BY_HAND, blog,
    )  # fmt: skip


def paused(tx: Tx, blog: str) -> str | None:
    """Why the blog is paused, None if it is not."""
    row = tx.one("SELECT paused FROM source WHERE blog = ? AND part = ''", blog)
    return None if row is None else row["paused"]


def _sure(row: Row | None) -> Row:
    assert row is not None
    return row
