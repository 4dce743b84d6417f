"""What an operator sees and decides, over the ledger's file alone: for the command line, a page, a chat's command.

It needs no daemon: what is read is what was recorded, what is decided is put into the inbox. `FileOffice` does it all
on threads (law 12); the functions are for those that have no event loop.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path

from bridge.ledger import inbox, overview, receipts, sources
from bridge.ledger.sqlite import look_only, request
from bridge.model import MessageId, Receipt
from bridge.overview import Decision, Overview, Unanswered
from bridge.ports import Tx


class FileOffice:
    """The office over the ledger in a file, whether a daemon has it open or not. Implements `bridge.ports.Office`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def overview(self) -> Overview:
        """How everything stands. Raises `LedgerError`."""
        return await asyncio.to_thread(seen, self._path)

    async def unanswered(self) -> list[Unanswered]:
        """Visitors' public comments that wait for an author, the oldest first. Raises `LedgerError`."""
        return await asyncio.to_thread(look_only, self._path, overview.unanswered)

    async def receipt(self, chat: str, message: MessageId) -> Receipt | None:
        """How the answer stands to which a message belongs; None where it belongs to none. Raises `LedgerError`."""
        return await asyncio.to_thread(look_only, self._path, lambda tx: receipts.of_message(tx, chat, message))

    async def decide(self, number: int, decision: Decision) -> bool:
        """Decide about something parked or refused; False where nothing with that number is. Raises `LedgerError`."""
        return await asyncio.to_thread(decide, self._path, number, decision)

    async def resume(self, blog: str) -> bool:
        """Read and write a paused blog again; False where it is not paused. Raises `LedgerError`."""
        return await asyncio.to_thread(resume, self._path, blog)

    async def pause(self, blog: str, by: str) -> bool:
        """Neither read nor write a blog until it is resumed; False where nothing of it is known.

        Raises `LedgerError`.
        """
        return await asyncio.to_thread(pause, self._path, blog, by)

    async def backfill(self, blog: str, last: int) -> bool:
        """Mirror a blog's newest comments that were never shown; False where nothing is known of it.

        Raises `LedgerError`.
        """
        return await asyncio.to_thread(_known, self._path, blog) and bool(
            await asyncio.to_thread(backfill, self._path, blog, last)
        )


def seen(path: Path) -> Overview:
    """How everything stands. Raises `LedgerError`."""
    return look_only(path, lambda tx: overview.overview(tx, time.time()))


def decide(path: Path, number: int, decision: Decision, link: str | None = None) -> bool:
    """Decide about something parked or refused; False where nothing with that number is. Raises `LedgerError`.

    `link`: where a person found an answer on the blog (`Decision.DONE`), for its writer.
    """

    def known(tx: Tx) -> bool:
        return tx.one("SELECT 1 FROM target WHERE id = ? AND state IN ('parked', 'refused')", number) is not None

    what: dict[str, str | int] = {"do": str(decision), "target": number}
    return look_only(path, known) and bool(_asked(path, what if link is None else {**what, "link": link}))


def resume(path: Path, blog: str) -> bool:
    """Read and write a paused blog again; False where it is not paused, nor about to be. Raises `LedgerError`."""

    def paused(tx: Tx) -> bool:
        asked = [one["do"] for one in inbox.requested(tx) if one.get("blog") == blog and one["do"] != "backfill"]
        return asked[-1] == "pause" if asked else sources.paused(tx, blog) is not None

    return look_only(path, paused) and bool(_asked(path, {"do": "resume", "blog": blog}))


def pause(path: Path, blog: str, by: str) -> bool:
    """Neither read nor write a blog until it is resumed, as `by` wants; False where nothing of it is known.

    Raises `LedgerError`.
    """
    return _known(path, blog) and bool(_asked(path, {"do": "pause", "blog": blog, "by": by}))


def _known(path: Path, blog: str) -> bool:
    return look_only(path, lambda tx: tx.one("SELECT 1 FROM source WHERE blog = ?", blog) is not None)


def backfill(path: Path, blog: str, last: int) -> int:
    """Ask for a blog's newest comments that were never shown; the request's number. Raises `LedgerError`."""
    return _asked(path, {"do": "backfill", "blog": blog, "last": last})


def _asked(path: Path, what: dict[str, str | int]) -> int:
    return request(path, partial(inbox.ask, now=time.time(), what=what))
