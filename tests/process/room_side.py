"""A room in a real file beside a daemon: what people do there, and what stands there and in the ledger."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.web_room import cards, store
from adapters.web_room.database import RoomFile
from adapters.web_room.rows import Person
from adapters.web_room.store import Typed
from bridge.model import AnswerState, Card, Notice, Receipt
from bridge.text.tree import wording
from tests.process.daemon import Daemon
from tests.process.waiting import until

AUTHOR = Person("mara", "Mara", "author")
MEMBER = Person("robin", "Robin", "member")


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that stands in the room. Ours have a card: a comment's link, or a notice's words."""

    id: int
    thread: int
    words: str
    writer: str | None
    link: str | None
    notice: bool
    receipt: Receipt | None
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it must be; `kind` is lost, doubled, stale, parked, receipt, pending or ledger."""

    kind: str
    words: str


@dataclass
class RoomSide:
    """A folder with everything of one Backchat, its room and its daemon.

    `slot` is the post whose thread is meant where none is named. `answers`: the author's messages that are wanted on
    the blog.
    """

    folder: Path
    file: RoomFile
    daemon: Daemon
    slot: str
    answers: dict[int, str] = field(default_factory=dict)

    # What people do -----------------------------------------------------------------------------------------------

    async def write(self, words: str, answering: int | None = None, person: Person = AUTHOR, thread: int = 0) -> int:
        """Somebody writes in the room; `answering` is the message that the reply box names. The message's number."""
        thread = thread or self.thread()
        client = f"{person.id}-{words}"[:60]
        typed = Typed(client=client, text=words, addressed=answering)
        number, new = await self.file.write(lambda c: store.write(c, thread, person, typed, time.time()))
        assert new
        return number

    async def answer(self, words: str, answering: int, thread: int = 0) -> int:
        """The author answers, and from now on that must stand on the blog."""
        number = await self.write(words, answering, thread=thread)
        self.answers[number] = words
        return number

    async def rewrite(self, message: int, words: str) -> None:
        """The author edits an answer."""
        await self.file.write(lambda c: store.rewrite(c, message, AUTHOR, words, time.time()))
        self.answers[message] = words

    async def unwrite(self, message: int) -> None:
        """The author deletes an answer."""
        await self.file.write(lambda c: store.erase(c, message, AUTHOR, time.time()))
        self.answers.pop(message, None)

    # What stands --------------------------------------------------------------------------------------------------

    def in_room(self) -> list[Shown]:
        """Everything that stands in the room."""
        with reading(self.folder / "room.db") as connection:
            found = connection.execute(
                "SELECT message.*, receipt.body AS receipt FROM message LEFT JOIN receipt ON receipt.message ="
                " message.id WHERE deleted IS NULL ORDER BY message.id"
            ).fetchall()
        return [_shown(row) for row in found]

    def thread(self, post: str = "") -> int:
        """The number of a post's thread, 0 if it has none yet."""
        with reading(self.folder / "room.db") as connection:
            row = connection.execute("SELECT id FROM thread WHERE slot = ?", (post or self.slot,)).fetchone()
        return 0 if row is None else int(row["id"])

    def shown(self, words: str) -> Shown | None:
        """The one message with these words."""
        found = [one for one in self.in_room() if words in one.words]
        return found[0] if len(found) == 1 else None

    def receipt(self, message: int) -> Receipt | None:
        """The receipt on a message."""
        return next((one.receipt for one in self.in_room() if one.id == message), None)

    async def until_shown(self, words: str) -> Shown:
        """Wait until a message with these words stands in the room."""
        return await until(lambda: self.shown(words), f"{words!r} in the room")

    async def until_state(self, message: int, *states: AnswerState) -> Receipt:
        """Wait until an answer's receipt says one of these states."""

        def look() -> Receipt | None:
            receipt = self.receipt(message)
            return receipt if receipt is not None and receipt.state in states else None

        return await until(look, f"message {message} to be {' or '.join(states)}; it is {self.receipt(message)}")

    def ledger(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Look into the ledger; nothing where there is none yet."""
        path = self.folder / "ledger.db"
        if not path.exists():
            return []
        try:
            with reading(path) as connection:
                return [dict(row) for row in connection.execute(sql, values).fetchall()]
        except sqlite3.OperationalError:
            return []  # it is just being made

    def last_read(self) -> float:
        """When the blog was read last, as seconds since the epoch; 0 if it never was."""
        found = self.ledger("SELECT last_read FROM source")
        return float(found[0]["last_read"] or 0.0) if found else 0.0

    def ledger_at_rest(self) -> Iterator[Problem]:
        """Everything in the ledger that has not come to its end."""
        for row in self.ledger("SELECT * FROM target WHERE state IN ('parked', 'refused')"):
            yield Problem("parked", f"{row['kind']} {row['id']} is {row['state']}: {row['reason']}")
        for row in self.ledger("SELECT * FROM inbox WHERE state = 'parked'"):
            yield Problem("parked", f"event {row['event_id']}: {row['reason']}")
        for row in self.ledger("SELECT * FROM target WHERE state <> 'idle' AND state NOT IN ('parked', 'refused')"):
            yield Problem("pending", f"{row['kind']} {row['id']} is {row['state']}: {row['reason']}")
        if self.ledger("SELECT 1 FROM inbox WHERE state = 'new'"):
            yield Problem("pending", "events that nobody has judged")


def _shown(row: sqlite3.Row) -> Shown:
    receipt = None if row["receipt"] is None else cards.loaded_receipt(row["receipt"])
    if row["key"] is None:
        return Shown(row["id"], row["thread"], row["body"], row["writer"], None, False, receipt)
    card = _read_card(row["body"])
    words, notice = wording(card.text), isinstance(card, Notice)
    return Shown(row["id"], row["thread"], words, None, card.link, notice, receipt, card)


@functools.lru_cache(maxsize=4096)
def _read_card(body: str) -> Card:
    return cards.loaded(body)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Look into a database that others write."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    finally:
        connection.close()
