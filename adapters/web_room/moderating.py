"""What moderators choose on the cards of comments. A choice is good for the card that they saw, and for nothing else.

It is under way from the click until Backchat draws the card again, or says something about it. Until then the same
choice once more is the same choice, and another one is refused: the first wins.
"""

from __future__ import annotations

import sqlite3

from adapters.web_room import access, cards, events
from adapters.web_room.rows import Chosen, Message, Person, RoomRefusal, message_of
from bridge.chats.fates import LABELS
from bridge.model import Choice, CommentCard, ModerationCard

AGAIN = 60.0
"""Seconds after which one may choose again, where Backchat has taken a choice over and said nothing about it."""


class Stale(RoomRefusal):
    """The card is not what the moderator saw; they get to see it as it stands."""


def choose(connection: sqlite3.Connection, message: int, person: Person, choice: Choice, mark: str, at: float) -> None:
    """Log what a moderator chose; once, however often it is sent. Raises `RoomRefusal`."""
    found = message_of(connection, message)
    allowed = None if found is None else access.access(connection, found.thread, person.id)
    if found is None or allowed is None:
        raise RoomRefusal("This message is no longer here.", 404)
    if not allowed.moderates:
        raise RoomRefusal("Only this room's moderators decide about comments.", 403)
    _demand_offered(found, choice, mark)
    if found.chosen is None or may_choose_again(found.chosen, events.taken_over(connection), at):
        _log(connection, message, person, choice, mark, at)
    else:
        _demand_same(found.chosen, person, choice)


def may_choose_again(chosen: Chosen, taken: int, at: float) -> bool:
    """Tell whether a choice is under way for so long that nothing may come of it. `taken`: see `events.taken_over`."""
    return chosen.event <= taken and at >= chosen.at + AGAIN


def settled(connection: sqlite3.Connection, message: int | None) -> None:
    """Take what was chosen on a card for done: it was drawn again, or something was said about it."""
    ended = connection.execute(
        "UPDATE choice SET under_way = 0 WHERE message = ? AND under_way = 1 RETURNING message", (message,)
    ).fetchall()
    for row in ended:
        thread = connection.execute("SELECT thread FROM message WHERE id = ?", (row["message"],)).fetchone()["thread"]
        events.log_for_pages(connection, thread, row["message"], "choice")


def _demand_offered(found: Message, choice: Choice, mark: str) -> None:
    card = cards.loaded(found.body) if found.writer is None else None
    if not isinstance(card, CommentCard | ModerationCard) or choice not in card.choices:
        raise Stale(f"{LABELS[choice]} is not possible here any more: look at the card as it stands now.")
    if mark != card.mark:
        raise Stale("This comment has changed since you saw it: look at it as it stands now, then choose again.")


def _demand_same(chosen: Chosen, person: Person, choice: Choice) -> None:
    if chosen.choice != choice:
        who = "You have" if chosen.person == person.id else f"{chosen.name} has"
        raise Stale(f"{who} just chosen {LABELS[Choice(chosen.choice)]}: wait until the card says what became of it.")


def _log(connection: sqlite3.Connection, message: int, person: Person, choice: Choice, mark: str, at: float) -> None:
    row = connection.execute("SELECT n FROM choice WHERE message = ?", (message,)).fetchone()
    n = 1 if row is None else row["n"] + 1
    event = events.log_choice(connection, message, n, person, choice.value, mark, at)
    connection.execute(
        "INSERT INTO choice (message, n, choice, name, person, at, event) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET n = excluded.n, choice = excluded.choice, name = excluded.name,"
        " person = excluded.person, at = excluded.at, event = excluded.event, under_way = 1",
        (message, n, choice.value, person.name, person.id, at, event),
    )
