"""Answers and the messages that they are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.model import AnswerState, MessageId
from bridge.ports import Row, Tx
from bridge.text.tree import Text, dump, load


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks where: the person's id, the listed name by which they may (the id or a role), and their account."""

    blog: str
    author: str
    speaker: str
    account: str


def get(tx: Tx, id: int) -> Row:
    """An answer by id."""
    row = tx.one("SELECT * FROM answer WHERE id = ?", id)
    assert row is not None
    return row


def insert(
    tx: Tx, thread: Row, voice: Voice, addressed: str | None, parent: str | None,
    names: Mapping[str, str], state: AnswerState, body: Text, publish_at: float, reason: str | None,
    approves: str | None = None,
) -> int:  # fmt: skip
    """A new answer; its id. `approves`: the digest of the pending comment that it answers."""
    return tx.insert(
        "INSERT INTO answer (blog, route, chat, thread, post, author, speaker, account, addressed, parent, names,"
        " state, body, publish_at, reason, approves) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        voice.blog, thread["route"], thread["chat"], thread["id"], thread["post"], voice.author, voice.speaker,
        voice.account, addressed, parent, json.dumps(dict(names)), state, dump(body), publish_at, reason, approves,
    )  # fmt: skip


def add_source(tx: Tx, answer: int, message: int) -> None:
    """One more message belongs to the answer, as its last."""
    row = tx.one("SELECT coalesce(max(n), -1) + 1 AS n FROM answer_source WHERE answer = ?", answer)
    assert row is not None
    tx.run("INSERT INTO answer_source VALUES (?, ?, ?)", answer, message, row["n"])


def sources(tx: Tx, answer: int) -> Sequence[Row]:
    """The messages of an answer that still stand and are no asides, in order."""
    return tx.all(
        "SELECT message.* FROM answer_source JOIN message ON message.id = answer_source.message"
        " WHERE answer_source.answer = ? AND message.deleted = 0 ORDER BY answer_source.n",
        answer,
    )


def all_sources(tx: Tx, answer: int) -> Sequence[Row]:
    """Every message that ever belonged to the answer, in order."""
    return tx.all(
        "SELECT message.* FROM answer_source JOIN message ON message.id = answer_source.message"
        " WHERE answer_source.answer = ? ORDER BY answer_source.n",
        answer,
    )


def of_message(tx: Tx, message: int) -> Row | None:
    """The answer that a message belongs to."""
    return tx.one(
        "SELECT answer.* FROM answer JOIN answer_source ON answer_source.answer = answer.id"
        " WHERE answer_source.message = ?",
        message,
    )


def held_by(tx: Tx, thread: int, author: str) -> Row | None:
    """The newest answer of this person that is still held in this thread; `by_form`: a form sent it."""
    return tx.one(
        "SELECT answer.*, EXISTS (SELECT 1 FROM answer_source JOIN message ON message.id = answer_source.message"
        " WHERE answer_source.answer = answer.id AND message.form) AS by_form"
        " FROM answer WHERE thread = ? AND author = ? AND state = 'held' ORDER BY id DESC LIMIT 1",
        thread, author,
    )  # fmt: skip


def set_state(tx: Tx, id: int, state: AnswerState, reason: str | None = None) -> None:
    """The answer is in this state from now on; `reason` is for its writer."""
    tx.run("UPDATE answer SET state = ?, reason = ? WHERE id = ?", state, reason, id)


def set_text(tx: Tx, id: int, body: Text, names: Mapping[str, str], publish_at: float) -> None:
    """The answer reads otherwise now."""
    tx.run(
        "UPDATE answer SET body = ?, names = ?, publish_at = ?, rev = rev + 1 WHERE id = ?",
        dump(body), json.dumps(dict(names)), publish_at, id,
    )  # fmt: skip


def stands(tx: Tx, id: int, comment: str | None, link: str | None, text: Text, now: float) -> None:
    """What stands on the blog for this answer, known at `now`."""
    tx.run(
        "UPDATE answer SET comment = ?, link = ?, standing_text = ?, settled_at = ? WHERE id = ?",
        comment, link, dump(text), now, id,
    )  # fmt: skip


def names(answer: Row) -> dict[str, str]:
    """The people whom the answer may name, with the addresses of their comments."""
    found: dict[str, str] = json.loads(answer["names"])
    return found


def text(answer: Row) -> Text:
    """What the answer shall say."""
    return load(answer["body"])


def first_message(tx: Tx, answer: int) -> MessageId:
    """The natural name of an answer: the chat's id of the message that began it."""
    return MessageId(all_sources(tx, answer)[0]["native"])
