"""What is wanted is delivered and settled, in order within each lane: the real loop against batches of raw SQL."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import raw
from benchmarks.comparison import Comparison
from benchmarks.house import house, record
from benchmarks.sides import Measured, Took, run
from bridge.clock import WallClock
from bridge.deliver import Deliver
from bridge.house import House
from bridge.model import Key, MessageId, Part, ThreadId
from bridge.testing.fake_chat import FakeChat

LANES = (1, 5, 50, 1000)
DELIVERIES = 2000
MOST = 8.0
"""How many times the CPU of raw batches a delivery may take, with 1,000 lanes."""


def comparisons() -> list[Comparison]:
    """So many deliveries over so many lanes, all of them due."""
    return [_comparison(lanes) for lanes in LANES]


def _comparison(lanes: int) -> Comparison:
    return Comparison(
        f"outbox drained, {lanes:,} lane{'s' * (lanes > 1)}",
        partial(run, "benchmarks.drain", "ours", lanes),
        partial(run, "benchmarks.drain", "theirs", lanes),
        most=MOST if lanes == max(LANES) else None,
        sound=_sound,
    )


def _sound(took: Took) -> str:
    if took["missing"]:
        return f"{took['missing']:.0f} were not said"
    if took["disordered"] or took["overlaps"]:
        return f"{took['disordered']:.0f} out of order, {took['overlaps']:.0f} overlaps"
    return ""


class Watchful(FakeChat):
    """A chat that notices what comes out of order, or while another message to the same thread is on its way."""

    def __init__(self) -> None:
        super().__init__(WallClock())
        self.last: dict[ThreadId, int] = defaultdict(lambda: -1)
        self.busy: set[ThreadId] = set()
        self.all_said = asyncio.Event()
        self.missing = self.disordered = self.overlaps = 0

    def expect(self, messages: int) -> None:
        """Tell by `all_said` when so many more have come."""
        self.missing = messages
        self.all_said.clear()

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        """Take a message; others run before it is answered."""
        self.overlaps += thread in self.busy
        self.busy.add(thread)
        await asyncio.sleep(0)
        number = int(part.body.split()[1])
        self.disordered += number <= self.last[thread]
        self.last[thread] = number
        self.busy.remove(thread)
        self.missing -= 1
        if self.missing == 0:
            self.all_said.set()
        return await super().say(thread, part, key)


async def ours(folder: Path, lanes: int) -> Measured:
    """The loop that the daemon runs, on a ledger file, until nothing is due."""
    chat = Watchful()
    async with house(folder / "ours.db", chat) as home:
        await _fill(home, chat, lanes)
        chat.expect(DELIVERIES)
        with Measured(DELIVERIES) as it:
            await _drained(home, chat)
    it.more = {"missing": chat.missing, "disordered": chat.disordered, "overlaps": chat.overlaps}
    return it


async def _fill(home: House, chat: Watchful, lanes: int) -> None:
    """A thread for every lane, opened and with a comment in it; then comments for all of them in turns."""
    chat.expect(lanes)
    for post in range(lanes):
        await record(home, post, post)
    await _drained(home, chat)
    for first in range(lanes, lanes + DELIVERIES, 100):
        await asyncio.gather(*(record(home, number, number % lanes) for number in range(first, first + 100)))


async def _drained(home: House, chat: Watchful) -> None:
    """Run the loop until everything is said and settled."""
    deliver = asyncio.create_task(Deliver(home).run())
    await chat.all_said.wait()
    while await home.ledger.view(lambda tx: tx.one("SELECT 1 FROM target WHERE state <> 'idle' LIMIT 1")):  # noqa: ASYNC110
        await asyncio.sleep(0.002)  # the last messages are being settled, and that wakes nobody but the loop
    deliver.cancel()
    await asyncio.gather(deliver, return_exceptions=True)


async def theirs(folder: Path, lanes: int) -> Measured:
    """The rows that ours changes and leaves behind, from the same state."""
    chat = Watchful()
    before, after = folder / "theirs.db", folder / "after.db"
    async with house(before, chat) as home:
        await _fill(home, chat, lanes)
    raw.copy(before, after)
    async with house(after, chat) as home:
        chat.expect(DELIVERIES)
        await _drained(home, chat)
    work = list(_work(after))
    with Measured(DELIVERIES) as it:
        raw.write(before, work)
    assert all(raw.rows(before, sql) == raw.rows(after, sql) for sql in (_TARGETS, _NEW["delivery"]))
    return it


_NEW = {
    table: f"SELECT * FROM (SELECT * FROM {table} ORDER BY rowid DESC LIMIT {DELIVERIES}) ORDER BY 1"  # noqa: S608
    for table in ("delivery", "message", "part")
}
_TARGETS = "SELECT state, wanted, lane, id FROM target ORDER BY id"


def _work(after: Path) -> Iterator[tuple[str, raw.Rows]]:
    for table, sql in _NEW.items():
        yield raw.inserting(table, raw.rows(after, sql))
    targets = raw.rows(after, _TARGETS)[-DELIVERIES:]
    yield "UPDATE target SET state = ?, applied = ? WHERE id = ?", [(row[0], row[1], row[3]) for row in targets]
    yield "UPDATE lane SET due = NULL, epoch = epoch + 1 WHERE name = ?", [(row[2],) for row in targets]


if __name__ == "__main__":
    with TemporaryDirectory(prefix="backchat-bench-") as name:
        side = {"ours": ours, "theirs": theirs}[sys.argv[1]]
        asyncio.run(side(Path(name), int(sys.argv[2]))).tell()
