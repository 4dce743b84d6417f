"""Threads in rooms and the messages in them."""

from __future__ import annotations

import json

from bridge.model import Place, Route, Written
from bridge.ports import Row, Tx
from bridge.text.tree import Text, dump


def get(tx: Tx, id: int) -> Row:
    """A thread by our own id."""
    row = tx.one("SELECT * FROM thread WHERE id = ?", id)
    assert row is not None
    return row


def lane(thread: Row) -> str:
    """The lane in which everything of this thread happens in order."""
    return f"room:{thread['chat']}/{thread['room']}/{thread['slot']}"


def standing(tx: Tx, place: Place, post: int) -> Row | None:
    """The post's thread in that room, None if there is none (any more)."""
    return tx.one(
        "SELECT * FROM thread WHERE chat = ? AND room = ? AND slot = ? AND state = 'open'"
        " ORDER BY generation DESC LIMIT 1",
        place.chat, place.room, _slot(place, post),
    )  # fmt: skip


def create(tx: Tx, route: Route, place: Place, post: int) -> Row:
    """A thread that shall be; a later generation if a person deleted the one before."""
    row = tx.one(
        "SELECT coalesce(max(generation), -1) + 1 AS next FROM thread WHERE chat = ? AND room = ? AND slot = ?",
        place.chat, place.room, _slot(place, post),
    )  # fmt: skip
    assert row is not None
    return get(
        tx,
        tx.insert(
            "INSERT INTO thread (chat, room, slot, generation, post, route, desk) VALUES (?, ?, ?, ?, ?, ?, ?)",
            place.chat, place.room, _slot(place, post), row["next"], post, route.name, int(place.desk),
        ),
    )  # fmt: skip


def _slot(place: Place, post: int) -> str:
    """A moderation room that was a public one before, or the other way round, has other threads for the same posts."""
    return f"desk:{post}" if place.desk else str(post)


def desks(tx: Tx) -> list[tuple[str, str]]:
    """Every chat and room in which something stands that only moderators may see, whatever the configuration says."""
    rows = tx.all("SELECT DISTINCT chat, room FROM thread WHERE desk = 1 AND native IS NOT NULL AND state = 'open'")
    return [(row["chat"], row["room"]) for row in rows]


def by_native(tx: Tx, chat: str, native: str) -> Row | None:
    """The thread that the chat calls by this id."""
    return tx.one("SELECT * FROM thread WHERE chat = ? AND native = ?", chat, native)


def opened(tx: Tx, id: int, native: str) -> None:
    """The chat has made the thread."""
    tx.run("UPDATE thread SET native = ? WHERE id = ?", native, id)


def lost(tx: Tx, id: int) -> None:
    """A person deleted the thread; nothing is said in it any more."""
    tx.run("UPDATE thread SET state = 'lost' WHERE id = ?", id)


def message(tx: Tx, chat: str, native: str) -> Row | None:
    """A message by the chat's id."""
    return tx.one("SELECT * FROM message WHERE chat = ? AND native = ?", chat, native)


def message_get(tx: Tx, id: int) -> Row:
    """A message by our own id."""
    row = tx.one("SELECT * FROM message WHERE id = ?", id)
    assert row is not None
    return row


def heard(tx: Tx, thread: Row, written: Written) -> int:
    """Remember a person's message; our own id for it."""
    return tx.insert(
        "INSERT INTO message (chat, thread, native, writer, name, body, at, reply_to, addressed, to_person, form)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        thread["chat"], thread["id"], written.message, written.writer.id, written.writer.name,
        dump(written.text), written.at, written.reply_to, written.addressed, int(written.to_person),
        int(written.form),
    )  # fmt: skip


def said(tx: Tx, target: Row, native: str, part: int, now: float) -> None:
    """Remember a message of ours, which shows a part of a target."""
    tx.run(
        "INSERT INTO message (chat, thread, native, at, target, part) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (chat, native) DO UPDATE SET target = excluded.target, part = excluded.part, deleted = 0",
        target["chat"], target["thread"], native, now, target["id"], part,
    )  # fmt: skip


def copied(tx: Tx, thread: Row, native: str, now: float) -> int:
    """Remember a second copy of a message of ours; our own id for it."""
    return tx.insert(
        "INSERT INTO message (chat, thread, native, at) VALUES (?, ?, ?, ?)", thread["chat"], thread["id"], native, now
    )


def belongs(tx: Tx, id: int, target: int, part: int) -> None:
    """A message of ours shows this part of a target."""
    tx.run("UPDATE message SET target = ?, part = ? WHERE id = ?", target, part, id)


def exchange(tx: Tx, one: Row, other: Row) -> None:
    """Of two copies each stands for what the other one stood for."""
    belongs(tx, one["id"], other["target"], other["part"])
    belongs(tx, other["id"], one["target"], one["part"])
    tx.run("UPDATE part SET native = ? WHERE target = ? AND n = ?", one["native"], other["target"], other["part"])


def replied_to(tx: Tx, message: Row) -> bool:
    """Whether a person has replied to a message of ours."""
    return bool(
        tx.one(
            "SELECT 1 FROM message WHERE thread = ? AND reply_to = ? AND deleted = 0 LIMIT 1",
            message["thread"], message["native"],
        )
    )  # fmt: skip


def rewrite(tx: Tx, id: int, text: Text) -> None:
    """A person's message reads otherwise now."""
    tx.run("UPDATE message SET body = ? WHERE id = ?", dump(text), id)


def erased(tx: Tx, id: int) -> None:
    """A message is gone."""
    tx.run("UPDATE message SET deleted = 1 WHERE id = ?", id)


def rendering_of(tx: Tx, thread: int, comment: int) -> Row | None:
    """Our message that shows this comment in this thread (its first part), in public or to moderators."""
    return tx.one(
        "SELECT message.* FROM message JOIN target ON target.id = message.target"
        " WHERE target.kind IN ('comment', 'card') AND target.subject = ? AND target.thread = ? AND message.deleted = 0"
        " ORDER BY message.part LIMIT 1",
        comment, thread,
    )  # fmt: skip


def comment_shown(tx: Tx, message: Row) -> Row | None:
    """The comment that a message of ours shows, None if it shows none; also one that is a second copy."""
    target = message["target"]
    copy = tx.one("SELECT body FROM target WHERE id = ? AND kind = 'sweep'", target)
    return tx.one(
        "SELECT comment.* FROM comment JOIN target ON target.subject = comment.id"
        " AND target.kind IN ('comment', 'card') WHERE target.id = ?",
        target if copy is None else json.loads(copy["body"])["target"],
    )


def form_shown(tx: Tx, message: Row) -> Row | None:
    """What a person sent by a form and a message of ours shows, None if it shows no such thing."""
    return tx.one(
        "SELECT message.* FROM target JOIN message ON message.id = target.subject"
        " WHERE target.id = ? AND target.kind = 'form'",
        message["target"],
    )


def newest_visitor(tx: Tx, thread: int, stood_since: float) -> Row | None:
    """The newest visitor's comment whose message stood in the thread at an instant."""
    return tx.one(
        "SELECT comment.* FROM comment JOIN target ON target.subject = comment.id AND target.kind = 'comment'"
        " JOIN message ON message.target = target.id AND message.part = 0"
        " WHERE target.thread = ? AND comment.origin = 'visitor' AND comment.standing = 'public'"
        " AND message.deleted = 0 AND message.at <= ?"
        " ORDER BY CASE WHEN comment.scheme = '' THEN 1 ELSE 0 END DESC, comment.position DESC LIMIT 1",
        thread, stood_since,
    )  # fmt: skip


def being_started(tx: Tx, chat: str) -> bool:
    """Whether a thread of ours is on its way to this chat, so that an unknown thread may be ours."""
    return bool(tx.one(f"{_ON_ITS_WAY} AND target.chat = ? AND delivery.step = 'start' LIMIT 1", chat))


def being_said(tx: Tx, thread: int) -> bool:
    """Whether a message of ours is on its way to this thread, so that an unknown message may be ours."""
    return bool(tx.one(f"{_ON_ITS_WAY} AND target.thread = ? AND delivery.step = 'say' LIMIT 1", thread))


def to_be_said(tx: Tx, thread: int) -> bool:
    """Whether a comment is to be said in this thread, or looked for there."""
    waits = (
        "SELECT 1 FROM target WHERE thread = ? AND kind IN ('comment', 'card')"
        " AND state IN ('ready', 'unknown') LIMIT 1"
    )
    return being_said(tx, thread) or tx.one(waits, thread) is not None


_ON_ITS_WAY = (
    "SELECT 1 FROM delivery JOIN target ON target.id = delivery.target"
    " WHERE delivery.state IN ('sending', 'unknown', 'parked') AND delivery.state <> 'parked'"  # finds a partial index
)
