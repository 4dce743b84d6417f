"""Which visitors' comments still wait for an author, as far as the room knows: the view `unanswered` of its file.

Whatever may change that calls `look_again` in its own transaction. An answer counts from the moment that it is held;
the comment waits again if it is taken back, refused, or removed from the blog.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from adapters.web_room.events import log_for_pages
from adapters.web_room.rows import inside, instance_of, places
from bridge.model import Receipt


def look_again(connection: sqlite3.Connection, messages: Iterable[int | None]) -> None:
    """Look whether these messages wait for an author, and tell the pages which have changed."""
    wanted = sorted({message for message in messages if message is not None})
    changed = connection.execute(
        "UPDATE message SET waits = 1 - waits"  # noqa: S608
        " WHERE waits <> EXISTS (SELECT 1 FROM unanswered WHERE unanswered.id = message.id)"
        f" AND id IN ({places(wanted)}) RETURNING id, thread",
        wanted,
    ).fetchall()
    for row in changed:
        log_for_pages(connection, row["thread"], row["id"], "waits")


def answered_by(connection: sqlite3.Connection, receipt: Receipt | None) -> int | None:
    """Give the message that an answer with this receipt is for; None if it is not in this file."""
    if receipt is None or receipt.answers_message is None:
        return None
    return inside(instance_of(connection), receipt.answers_message)
