"""Everything that a person may want to take along, as values for JSON: no secrets, no keys, no workings.

What comes out is for people and other programs, and promised to stay readable: `FORMAT` changes when a key goes or
changes its meaning; new keys and new types may come at any time. Instants are seconds since the Unix epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.ports import Row, Tx
from bridge.text import html_out
from bridge.text.tree import load, plain

FORMAT = 1
BATCH = 500
"""Rows that are in memory at a time."""

_COMMENTS = (
    "SELECT comment.*, post.native AS post_native FROM comment JOIN post ON post.id = comment.post"
    " WHERE comment.id > ? ORDER BY comment.id LIMIT ?"
)
_THREADS = (
    "SELECT thread.*, post.blog, post.native AS post_native FROM thread JOIN post ON post.id = thread.post"
    " WHERE thread.id > ? ORDER BY thread.id LIMIT ?"
)
_ANSWERS = (
    "SELECT answer.*, post.native AS post_native, thread.native AS thread_native, thread.room FROM answer"
    " JOIN post ON post.id = answer.post JOIN thread ON thread.id = answer.thread"
    " WHERE answer.id > ? ORDER BY answer.id LIMIT ?"
)


def export(tx: Tx, now: float) -> Iterator[dict[str, Any]]:
    """One value after the other, in an order in which every one refers only to earlier ones."""
    yield {"type": "export", "format": FORMAT, "at": now}
    yield from (_blog(row) for row in tx.all("SELECT * FROM source WHERE part = '' ORDER BY blog"))
    yield from (_post(row) for row in _each(tx, "SELECT * FROM post WHERE id > ? ORDER BY id LIMIT ?"))
    yield from (_comment(row) for row in _each(tx, _COMMENTS))
    yield from (_thread(row) for row in _each(tx, _THREADS))
    yield from (_answer(tx, row) for row in _each(tx, _ANSWERS))


def _each(tx: Tx, sql: str) -> Iterator[Row]:
    last = 0
    while rows := tx.all(sql, last, BATCH):
        last = rows[-1]["id"]
        yield from rows


def _blog(row: Row) -> dict[str, Any]:
    return {"type": "blog", "blog": row["blog"], "last_read": row["last_read"], "gaps": row["gaps"]}


def _post(row: Row) -> dict[str, Any]:
    kept = {name: row[name] for name in ("blog", "address", "title", "author", "published", "excerpt", "picture")}
    return {"type": "post", "post": row["native"], **kept}


def _comment(row: Row) -> dict[str, Any]:
    """A comment; of one that is gone from the blog only that it was there."""
    names = ("blog", "parent", "kind", "origin", "standing", "name", "avatar", "created", "seen", "link", "answer")
    gone = row["standing"] == "gone"
    kept = {name: row[name] for name in names} | ({"name": None, "avatar": None} if gone else {})
    return {"type": "comment", "comment": row["native"], "post": row["post_native"], **kept, **_text(row, gone)}


def _thread(row: Row) -> dict[str, Any]:
    kept = {name: row[name] for name in ("chat", "room", "blog", "route", "state")}
    return {"type": "thread", "thread": row["native"], "post": row["post_native"], **kept}


def _answer(tx: Tx, row: Row) -> dict[str, Any]:
    names = ("blog", "chat", "room", "author", "account", "parent", "state", "comment", "link", "reason", "publish_at")
    messages = tx.all(
        "SELECT message.native, message.at FROM answer_source JOIN message ON message.id = answer_source.message"
        " WHERE answer_source.answer = ? ORDER BY answer_source.n",
        row["id"],
    )
    return {
        "type": "answer", "answer": row["id"], "post": row["post_native"], "thread": row["thread_native"],
        **{name: row[name] for name in names}, "answers": row["addressed"], **_text(row, gone=False),
        "messages": [{"message": one["native"], "at": one["at"]} for one in messages],
    }  # fmt: skip


def _text(row: Row, gone: bool) -> dict[str, Any]:
    if gone:
        return {"text": None, "html": None}
    text = load(row["body"])
    return {"text": plain(text), "html": html_out.render(text)}
