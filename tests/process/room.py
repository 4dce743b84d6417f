"""A web room as a test without its pages sees it: what stands in its file, and writing into it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import AsyncExitStack, closing
from pathlib import Path

from adapters.web_room import store
from adapters.web_room.database import RoomFile
from adapters.web_room.rows import Person
from adapters.web_room.store import Typed


def in_room(state: Path, words: str) -> int:
    """The number of the message with these words in the room of this state folder; 0 if there is none yet."""
    file = state / "room.db"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
        try:
            row = connection.execute("SELECT id FROM message WHERE body LIKE ?", (f"%{words}%",)).fetchone()
        except sqlite3.OperationalError:
            return 0  # it is just being made
    return 0 if row is None else int(row[0])


async def answer(state: Path, asked: int, words: str, writer: Person) -> None:
    """Answer a message, as the room's page does."""
    async with AsyncExitStack() as stack:
        file = await RoomFile(state / "room.db").open(stack)
        thread = await file.read(
            lambda c: int(c.execute("SELECT thread FROM message WHERE id = ?", (asked,)).fetchone()[0])
        )
        typed = Typed(client="test-1", text=words, addressed=asked)
        await file.write(lambda c: store.write(c, thread, writer, typed, time.time()))
