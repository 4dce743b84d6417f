"""Whose ids a blog's posts and comments are known by: an adapter is asked only about ids that it issued itself.

When another adapter takes a blog over, the ids of the one before are put away: its name stands before them, so that
they cannot be mistaken for the new one's, and they are brought back if it returns. Nothing that was seen is forgotten
(law 7); what the new adapter finds at its first whole reading is known already.
"""

from __future__ import annotations

from bridge.ledger import sources
from bridge.ports import Row, Tx

_MARK = "\x1f"
"""Between the scheme's name and the id: ASCII's unit separator, which stands in no id."""
_ANSWERS = ("comment", "addressed", "parent")
"""The columns of an answer that hold comments' ids."""


def follow(tx: Tx, blog: str, scheme: str) -> str | None:
    """From now on `blog` is read under `scheme`; the scheme before it if that was another one, else None."""
    before = str(sources.of(tx, blog)["scheme"])
    if before == scheme:
        return None
    tx.run("UPDATE source SET scheme = ? WHERE blog = ?", scheme, blog)
    if not before:  # a new blog, or a ledger from before there were schemes: only this adapter can have written it
        return None
    _put_away(tx, blog, before)
    _bring_back(tx, blog, scheme)
    # Read anew as at first, whatever numbers the comments have: what stands there becomes known and is not announced.
    tx.run(
        "UPDATE source SET initialised = 0, trusted = 1, cursor = NULL, paused = NULL, next_read = 0, failures = 0,"
        " last_error = NULL WHERE blog = ?",
        blog,
    )
    return before


def other(comment: Row) -> str | None:
    """The scheme under which a comment is known, if it is not the one that its blog is read under now."""
    return comment["scheme"] or None


def of_answer(tx: Tx, answer: Row) -> str | None:
    """The scheme of the comment that an answer is, or else of the one that it answers, if it is another one."""
    native = answer["comment"] or answer["addressed"]
    row = tx.one("SELECT scheme FROM comment WHERE blog = ? AND native = ?", answer["blog"], native)
    return None if row is None else other(row)


def taken_over(tx: Tx, blog: str) -> bool:
    """Whether comments of this blog are known from another adapter than the one that reads it now."""
    return tx.one("SELECT 1 FROM comment WHERE blog = ? AND scheme <> '' LIMIT 1", blog) is not None


def _put_away(tx: Tx, blog: str, scheme: str) -> None:
    before = scheme + _MARK
    tx.run("UPDATE post SET native = ? || native, scheme = ? WHERE blog = ? AND scheme = ''", before, scheme, blog)
    tx.run(
        "UPDATE comment SET native = ? || native, parent = ? || parent, scheme = ? WHERE blog = ? AND scheme = ''",
        before, before, scheme, blog,
    )  # fmt: skip
    for column in _ANSWERS:
        tx.run(
            f"UPDATE answer SET {column} = ? || {column} WHERE blog = ? AND {column} NOT LIKE ?",  # noqa: S608 - ours
            before, blog, f"%{_MARK}%",
        )  # fmt: skip


def _bring_back(tx: Tx, blog: str, scheme: str) -> None:
    before = scheme + _MARK
    own = len(before) + 1
    tx.run("UPDATE post SET native = substr(native, ?), scheme = '' WHERE blog = ? AND scheme = ?", own, blog, scheme)
    tx.run(
        "UPDATE comment SET native = substr(native, ?), parent = substr(parent, ?), scheme = ''"
        " WHERE blog = ? AND scheme = ?",
        own, own, blog, scheme,
    )  # fmt: skip
    for column in _ANSWERS:
        tx.run(
            f"UPDATE answer SET {column} = substr({column}, ?)"  # noqa: S608 - ours
            f" WHERE blog = ? AND substr({column}, 1, ?) = ?",
            own, blog, len(before), before,
        )  # fmt: skip
