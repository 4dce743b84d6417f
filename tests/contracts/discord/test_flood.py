"""More is told than can be recorded at once: what waits stays small, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.discord import gateway, line
from adapters.discord.line import Ended, Frame, Line, Lost, Skipped
from bridge.model import RawEvent
from tests.contracts.chat_waiting import until
from tests.contracts.discord.listeners import Listened, Told, listened

ROOM = 10_000
"""Bytes that fit in line here: some ten messages."""
FLOOD = 15


@dataclass(slots=True)
class SlowLedger(Told):
    """Records only while it is let."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    waits: asyncio.Event = field(default_factory=asyncio.Event)

    async def record(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        """Keep what is recorded."""
        self.waits.set()
        await self.open.wait()
        await Told.record(self, events, watermark, caught_up, missed=missed, gap=gap)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Line]:
    """The lines that were made, the newest last; each has little room."""
    made: list[Line] = []

    class Watched(Line):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setattr(line, "MOST", ROOM)
    monkeypatch.setattr(gateway, "Line", Watched)
    return made


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Listened]:
    async with listened(tmp_path) as one:
        yield one


def frame(number: int, size: int = 100) -> Frame:
    return Frame("MESSAGE_CREATE", "session", number, b'{"d": {}}'.ljust(size))


def taken(waiting: Line) -> list[object]:
    found: list[object] = []
    while not waiting.empty():
        found.append(waiting.take_at_hand())
    return found


async def test_a_line_keeps_the_order_and_no_more_than_fits() -> None:
    waiting, most = Line(), line.MOST // 2**16
    for number in range(2 * most):
        waiting.put(frame(number, 2**16))
    assert taken(waiting) == [*(frame(number, 2**16) for number in range(most)), Skipped()]


async def test_a_full_line_takes_signals_and_after_it_was_worked_off_frames_again() -> None:
    waiting = Line()
    waiting.put(frame(1))
    waiting.put(frame(2, line.MOST))
    waiting.tell(Lost())
    waiting.put(frame(3))
    assert taken(waiting) == [frame(1), Skipped(), Lost()]
    waiting.put(frame(4))
    waiting.tell(Ended())
    assert taken(waiting) == [frame(4), Ended()]


async def test_law_05_a_flood_that_does_not_fit_in_line_is_heard_whole(
    on: Listened, lines: list[Line], caplog: pytest.LogCaptureFixture
) -> None:
    ear, another, ada = SlowLedger(on.scene.chat), await on.another("/second/"), on.scene.ada
    ear.open.set()
    async with ear.listening(None):
        await ear.up()
        ear.open.clear()
        ear.waits.clear()
        written = [on.write("What the ledger takes its time for")]
        await ear.waits.wait()
        for number in range(FLOOD):
            written += [on.write(f"Here, {number}"), ada.write(another, f"There, {number}")]
        await until(lambda: lines[-1].full, "a full line")
        assert lines[-1].bytes <= ROOM
        ear.open.set()
        await ear.until(lambda: all(ear.of(one) for one in written), "all that was written")
        await ear.until(lambda: ear.said == ["caught up", "missed", "caught up"], "that the flood is over")
        after = on.write("Afterwards")
        await ear.until(lambda: bool(ear.of(after)), "what was written afterwards")
    assert [len(ear.of(one)) for one in (*written, after)] == [1] * (2 * FLOOD + 2)
    assert (len(on.scene.discord.gate.identified), ear.gaps, lines[-1].bytes) == (1, 0, 0)
    assert "did not fit" in caplog.text


async def test_what_concerns_nobody_does_not_wait_in_line(on: Listened, lines: list[Line]) -> None:
    ear, elsewhere = SlowLedger(on.scene.chat), on.scene.discord.channel("elsewhere")
    ear.open.set()
    async with ear.listening(None):
        await ear.up()
        ear.open.clear()
        ear.waits.clear()
        on.write("What the ledger takes its time for")
        await ear.waits.wait()
        for number in range(FLOOD):
            on.scene.ada.write(elsewhere, f"Among us, {number}")
        last = on.write("The last")
        await until(lambda: lines[-1].bytes > 0, "the last one in line")
        assert not lines[-1].full
        ear.open.set()
        await ear.until(lambda: bool(ear.of(last)), "the last one")
    assert len(ear.events) == 2
