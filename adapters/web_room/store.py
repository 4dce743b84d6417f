"""What happens in the room, as functions on its file: threads begin, messages are written, changed, deleted, marked.

Every function runs inside one transaction of `RoomFile.write`, and writes into the event log what it changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from adapters.web_room import access, cards, moderating, waiting
from adapters.web_room.events import inserted, log_erased, log_for_pages, log_ours, log_theirs
from adapters.web_room.rows import (
    Message,
    Person,
    RoomRefusal,
    any_message,
    demand_thread,
    inside,
    instance_of,
    message_of,
    own,
    people_of,
    places,
)
from bridge.model import Card, CommentCard, ModerationCard, Notice, Receipt
from bridge.text import markdown_in, tree
from bridge.text.names import folded, leading_name

MAX_TEXT = 10_000
"""Characters that one message of a person may have."""


def start_thread(connection: sqlite3.Connection, room: str, slot: str, card: str, key: str, at: float) -> int:
    """Open a thread, or find the one that was opened with this key."""
    known = find_thread(connection, key)
    if known is not None:
        return known
    connection.execute("INSERT INTO room (name) VALUES (?) ON CONFLICT DO NOTHING", (room,))
    thread = inserted(
        connection.execute(
            "INSERT INTO thread (room, key, slot, card, started, active, closed)"
            " SELECT id, ?, ?, ?, ?, ?, closed FROM room WHERE name = ?",
            (key, slot, card, at, at, room),
        )
    )
    log_for_pages(connection, thread, None, "thread")
    return thread


def say(connection: sqlite3.Connection, thread: int, card: Card, key: str, at: float) -> int:
    """Write a message of ours, or find the one that was written with this key, also if it was deleted since.

    Raises `NoSuchThread`.
    """
    row = connection.execute("SELECT id FROM message WHERE thread = ? AND key = ?", (thread, key)).fetchone()
    if row is not None:
        return int(row["id"])
    demand_thread(connection, thread)
    message = inserted(
        connection.execute(
            "INSERT INTO message (thread, key, body, excerpt, commenter, pending, reply_to, written)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (thread, key, *_card_columns(connection, thread, card), at),
        )
    )
    log_ours(connection, message, "written", card, at)
    replied = _reply_to(connection, message)
    waiting.look_again(connection, (message, replied))
    if isinstance(card, Notice):
        moderating.settled(connection, replied)
    if isinstance(card, ModerationCard):
        access.close(connection, thread)
    _touch(connection, thread, at)
    return message


def edit_ours(connection: sqlite3.Connection, thread: int, message: int, card: Card, at: float) -> None:
    """Replace a message of ours. Raises `RoomRefusal` where it is gone; what stands there already is left alone."""
    found = _ours(connection, thread, message)
    if found is None or found.deleted:
        raise RoomRefusal("The message was deleted.")
    columns = _card_columns(connection, thread, card)
    moderating.settled(connection, columns[-1] if isinstance(card, Notice) else message)
    if found.body == columns[0]:
        return
    connection.execute(
        "UPDATE message SET body = ?, excerpt = ?, commenter = ?, pending = ?, reply_to = ?, revision = revision + 1,"
        " edited = ? WHERE id = ?",
        (*columns, at, message),
    )
    log_ours(connection, message, "edited", card, at)
    waiting.look_again(connection, (message, found.reply_to, _reply_to(connection, message)))


def erase_ours(connection: sqlite3.Connection, thread: int, message: int, at: float) -> None:
    """Delete a message of ours; one that is gone already is left alone."""
    found = _ours(connection, thread, message)
    if found is not None and not found.deleted:
        _erase(connection, found, at)


def find(connection: sqlite3.Connection, thread: int, keys: Iterable[str]) -> dict[str, int]:
    """Tell which of these keys stand in the thread, and as which message."""
    wanted = list(keys)
    rows = connection.execute(
        f"SELECT key, id FROM message WHERE thread = ? AND deleted IS NULL AND key IN ({places(wanted)})",  # noqa: S608
        (thread, *wanted),
    )
    return {row["key"]: row["id"] for row in rows}


def find_thread(connection: sqlite3.Connection, key: str) -> int | None:
    """Tell which thread was opened with a key."""
    row = connection.execute("SELECT id FROM thread WHERE key = ?", (key,)).fetchone()
    return None if row is None else int(row["id"])


def show(connection: sqlite3.Connection, thread: int, message: int, receipt: Receipt | None) -> None:
    """Make this the receipt on a person's message; one that is gone is left alone."""
    found = any_message(connection, message)
    if found is None or found.thread != thread or found.deleted or found.receipt == receipt:
        return
    if receipt is None:
        connection.execute("DELETE FROM receipt WHERE message = ?", (message,))
    else:
        connection.execute(
            "INSERT INTO receipt (message, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            (message, cards.dumped_receipt(receipt)),
        )
    log_for_pages(connection, thread, message, "receipt")
    answered = (waiting.answered_by(connection, each) for each in (found.receipt, receipt))
    waiting.look_again(connection, answered)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person sends: `client` is the browser's own id for it, so that a repeated request is known."""

    client: str
    text: str
    reply_to: int | None = None
    addressed: int | None = None


def write(connection: sqlite3.Connection, thread: int, person: Person, typed: Typed, at: float) -> tuple[int, bool]:
    """Write a person's message; gives its number, and whether it is new. Raises `RoomRefusal`, `NoSuchThread`."""
    access.demand(connection, thread, person.id)
    row = connection.execute(
        "SELECT id, thread FROM message WHERE writer = ? AND client = ?", (person.id, typed.client)
    ).fetchone()
    if row is not None:
        if row["thread"] != thread:
            raise RoomRefusal("This message was already sent in another thread.")
        return int(row["id"]), False
    _demand_standing(connection, thread, (typed.reply_to, typed.addressed))
    text, words = _checked(typed.text)
    message = inserted(
        connection.execute(
            "INSERT INTO message (thread, writer, client, body, excerpt, reply_to, addressed, to_person, written)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                thread,
                person.id,
                typed.client,
                text,
                cards.excerpt(words),
                typed.reply_to,
                typed.addressed,
                _to_person(connection, thread, words),
                at,
            ),
        )
    )
    log_theirs(connection, message, "written", at)
    _touch(connection, thread, at)
    _read_upto(connection, person.id, thread, message)
    return message, True


def rewrite(connection: sqlite3.Connection, message: int, person: Person, text: str, at: float) -> None:
    """Change a person's own message. Raises `RoomRefusal`."""
    found = own(connection, message, person)
    text, words = _checked(text)
    if found.body == text:
        return
    connection.execute(
        "UPDATE message SET body = ?, excerpt = ?, to_person = ?, revision = revision + 1, edited = ? WHERE id = ?",
        (text, cards.excerpt(words), _to_person(connection, found.thread, words), at, message),
    )
    log_theirs(connection, message, "edited", at)


def erase(connection: sqlite3.Connection, message: int, person: Person, at: float) -> str:
    """Delete a person's own message and give back what was typed. Raises `RoomRefusal`."""
    found = own(connection, message, person)
    _erase(connection, found, at)
    return found.body


def mark(connection: sqlite3.Connection, message: int, person: Person, on: bool, at: float) -> None:
    """Mark one's own message to be published, or take the mark off. Raises `RoomRefusal`."""
    found = own(connection, message, person)
    if person.role != "author":
        raise RoomRefusal("Only authors publish on the blog.", 403)
    if found.marked != on:
        connection.execute("UPDATE message SET marks = marks + 1 WHERE id = ?", (message,))
        log_theirs(connection, message, "marked", at)


def read_upto(connection: sqlite3.Connection, person: str, thread: int, message: int) -> None:
    """Remember that this person has read the thread up to this message; never goes back. Raises `NoSuchThread`."""
    access.demand(connection, thread, person)
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM message WHERE thread = ?", (thread,)).fetchone()
    _read_upto(connection, person, thread, min(message, last))


def _reply_to(connection: sqlite3.Connection, message: int) -> int | None:
    found = any_message(connection, message)
    return None if found is None else found.reply_to


def _ours(connection: sqlite3.Connection, thread: int, message: int) -> Message | None:
    found = any_message(connection, message)
    return found if found is not None and found.thread == thread and found.key is not None else None


def _card_columns(
    connection: sqlite3.Connection, thread: int, card: Card
) -> tuple[str, str, str | None, bool, int | None]:
    """Give body, excerpt, commenter, whether a moderator is awaited, and the message replied to."""
    commenter = card.name if isinstance(card, CommentCard) and not card.by_author else None
    reply = _replied(card)
    number = None if reply is None else inside(instance_of(connection), reply)
    if number is not None and not _stands_in(connection, thread, number):
        number = None
    pending = isinstance(card, ModerationCard) and card.decided is None
    return cards.dumped(card), cards.excerpt(card.text), commenter, pending, number


def _replied(card: Card) -> str | None:
    if isinstance(card, CommentCard | ModerationCard):
        return None if card.in_reply_to is None else card.in_reply_to.message
    return card.to


def _checked(text: str) -> tuple[str, tree.Text]:
    """Refuse what is no message; give what is kept of it and what it says."""
    if len(text) > MAX_TEXT:
        raise RoomRefusal(f"A message can have {MAX_TEXT:,} characters; this one has {len(text):,}.", 413)
    text = tree.cleaned(text).strip("\n")
    try:
        words = markdown_in.parse(text)
    except ValueError as error:
        raise RoomRefusal(f"This message cannot be read: {error}.", 422) from error
    if not tree.wording(words):
        raise RoomRefusal("There is nothing in this message.", 422)
    return text, words


def _to_person(connection: sqlite3.Connection, thread: int, words: tree.Text) -> bool:
    """Tell whether a text opens with a mention of a person of the room; a commenter's name wins over a person's."""
    rows = connection.execute(
        "SELECT DISTINCT commenter FROM message WHERE thread = ? AND commenter IS NOT NULL", (thread,)
    )
    commenters = [row["commenter"] for row in rows]
    name = leading_name(words, [*commenters, *people_of(connection)])
    return name is not None and folded(name) not in map(folded, commenters)


def _stands_in(connection: sqlite3.Connection, thread: int, message: int) -> bool:
    found = message_of(connection, message)
    return found is not None and found.thread == thread


def _demand_standing(connection: sqlite3.Connection, thread: int, messages: Iterable[int | None]) -> None:
    for message in messages:
        if message is not None and not _stands_in(connection, thread, message):
            raise RoomRefusal("The message that you answer is no longer there; choose another one.")


def _erase(connection: sqlite3.Connection, found: Message, at: float) -> None:
    connection.execute(
        "UPDATE message SET body = '', excerpt = '', pending = 0, revision = revision + 1, deleted = ? WHERE id = ?",
        (at, found.id),
    )
    moderating.settled(connection, found.id)
    connection.execute("DELETE FROM receipt WHERE message = ?", (found.id,))
    log_erased(connection, found.id, found.revision + 1, at)
    waiting.look_again(connection, (found.id, found.reply_to, waiting.answered_by(connection, found.receipt)))


def _read_upto(connection: sqlite3.Connection, person: str, thread: int, message: int) -> None:
    connection.execute(
        "INSERT INTO read_mark (person, thread, upto) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET upto = max(upto, excluded.upto)",
        (person, thread, message),
    )


def _touch(connection: sqlite3.Connection, thread: int, at: float) -> None:
    connection.execute("UPDATE thread SET active = max(active, ?) WHERE id = ?", (at, thread))
