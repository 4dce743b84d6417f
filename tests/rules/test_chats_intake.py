"""What happens is recorded in order, and only then acknowledged; what never will be is not taken for known."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from bridge.chats.intake import BATCH, Happened, Intake, NotRecorded
from bridge.model import RawEvent, ThreadId


def raw(number: int) -> RawEvent:
    return RawEvent(f"e{number}", f"n{number}", ThreadId("t"), number, "{}")


@dataclass
class Recorder:
    """Records on a disk that takes its time; `broken`: it is full. `order` is what was done."""

    broken: bool = False
    order: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def record(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        assert (watermark, caught_up, missed, gap) == (None, False, False, 0)
        for _ in range(3):  # long enough for whoever does not wait
            await asyncio.sleep(0)
        if self.broken:
            raise OSError("the disk is full")
        self.order += [event.natural_key for event in events]
        self.sizes.append(len(events))

    def noting(self, words: str, *, last: bool = False) -> Happened:
        """Something that happened, whose acknowledging is noted down."""

        async def acknowledge() -> None:
            self.order.append(words)
            if last:
                self.done.set()

        return Happened(raw(len(words)), acknowledge)

    async def handle(self, press: str) -> None:
        self.order.append(press)
        self.done.set()


@contextlib.asynccontextmanager
async def serving(intake: Intake[str], recorder: Recorder) -> AsyncIterator[asyncio.Task[None]]:
    """An intake that is worked off until the block ends."""
    task = asyncio.create_task(intake.serve(recorder.handle, recorder.record))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_law_01_what_happened_is_acknowledged_only_once_it_is_recorded() -> None:
    intake, recorder = Intake[str](), Recorder()
    intake.tell(recorder.noting("ok", last=True))
    async with serving(intake, recorder):
        await recorder.done.wait()
    assert recorder.order == ["n2", "ok"]


async def test_law_01_what_cannot_be_recorded_is_not_acknowledged() -> None:
    intake, recorder = Intake[str](), Recorder(broken=True)
    intake.tell(recorder.noting("ok"))
    waiting = asyncio.create_task(intake.recorded(raw(7)))
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="disk"):
        await intake.serve(recorder.handle, recorder.record)
    assert recorder.order == []
    with pytest.raises(NotRecorded):
        await waiting
    with pytest.raises(NotRecorded):
        await intake.recorded(raw(8))


async def test_law_01_whoever_waits_goes_on_once_all_of_it_is_recorded() -> None:
    intake, recorder = Intake[str](), Recorder()
    async with serving(intake, recorder):
        await intake.recorded(raw(1), raw(2))
        recorder.order.append("told")
        await intake.recorded()
    assert recorder.order == ["n1", "n2", "told"]


async def test_what_is_there_already_is_recorded_together_and_in_order() -> None:
    intake, recorder = Intake[str](), Recorder()
    for number in range(BATCH + 2):
        intake.tell(Happened(raw(number)))
    intake.press("pressed")
    async with serving(intake, recorder):
        await recorder.done.wait()
    assert recorder.sizes == [BATCH, 2]
    assert recorder.order == [*(f"n{number}" for number in range(BATCH + 2)), "pressed"]


async def test_whoever_gives_up_waiting_takes_nobody_along() -> None:
    intake, recorder = Intake[str](), Recorder()
    waiting = [asyncio.create_task(intake.recorded(raw(number))) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    async with serving(intake, recorder):
        await asyncio.wait(waiting)
    assert [task.cancelled() for task in waiting] == [False, True, False]
    assert recorder.order == ["n0", "n1", "n2"]


async def test_an_acknowledgement_that_fails_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    intake, recorder = Intake[str](), Recorder()

    async def fail() -> None:
        raise ValueError("a fault of ours")

    intake.tell(Happened(raw(1), fail))
    async with serving(intake, recorder):
        await intake.recorded(raw(2))
        await intake.recorded(raw(3))
    assert recorder.order == ["n1", "n2", "n3"]
    assert "a fault of ours" in caplog.text


async def test_answers_under_way_end_with_it() -> None:
    intake, recorder, begun, ended = Intake[str](), Recorder(), asyncio.Event(), asyncio.Event()

    async def handle(press: str) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    intake.press("pressed")
    task = asyncio.create_task(intake.serve(handle, recorder.record))
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled() and ended.is_set()
