"""No change is made where an earlier one, of which nobody heard, may still happen."""

from __future__ import annotations

import pytest

from bridge.chats.unsettled import KEPT, SETTLES, Unsettled
from bridge.errors import MaybeDone, RetryLater
from bridge.testing.clock import DrivenClock


async def lost(unsettled: Unsettled, message: str, wanted: str) -> None:
    """A change whose answer does not come."""
    with pytest.raises(MaybeDone):
        async with unsettled.changing(message, wanted):
            raise MaybeDone("no answer")


async def made(unsettled: Unsettled, message: str, wanted: str) -> float | None:
    """A change that succeeds; for how long it was put off, None where it was not."""
    try:
        async with unsettled.changing(message, wanted):
            return None
    except RetryLater as later:
        return later.after


async def test_law_04_another_change_waits_until_the_earlier_one_cannot_come_any_more() -> None:
    clock = DrivenClock()
    unsettled = Unsettled(clock)
    await lost(unsettled, "m", "old")
    assert await made(unsettled, "m", "new") == SETTLES
    assert await made(unsettled, "other", "new") is None
    clock.advance(SETTLES - 1)
    assert await made(unsettled, "m", "new") == 1.0
    clock.advance(1)
    assert await made(unsettled, "m", "new") is None


async def test_the_same_change_may_be_repeated_at_once() -> None:
    unsettled = Unsettled(DrivenClock())
    await lost(unsettled, "m", "old")
    assert await made(unsettled, "m", "old") is None


async def test_only_so_many_are_remembered() -> None:
    unsettled = Unsettled(DrivenClock())
    for number in range(KEPT + 1):
        await lost(unsettled, str(number), "old")
    assert await made(unsettled, "0", "new") is None
    assert await made(unsettled, str(KEPT), "new") == SETTLES
