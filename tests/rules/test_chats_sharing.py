"""One reading for all who ask at once, and none that began before anybody's question."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from bridge.chats.sharing import Sharing
from bridge.errors import RetryLater


@dataclass(slots=True)
class Readings:
    """A place whose readings last until they are let go; each finds its own number."""

    reaches: list[float] = field(default_factory=list)
    held: list[asyncio.Future[int]] = field(default_factory=list)
    sharing: Sharing[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.sharing = Sharing(self._read)

    async def _read(self, place: str, since: float) -> int:
        self.reaches.append(since)
        self.held.append(asyncio.get_running_loop().create_future())
        return await self.held[-1]

    async def asked(self, *sinces: float) -> list[asyncio.Task[int]]:
        """Questions, each of which has got as far as it gets by itself."""
        tasks = [asyncio.create_task(self.sharing.get("room", since)) for since in sinces]
        await self.rest()
        return tasks

    async def rest(self) -> None:
        """Let everybody get as far as they get."""
        for _ in range(200):
            await asyncio.sleep(0)

    async def end(self) -> None:
        """End the reading that is under way."""
        self.held[-1].set_result(len(self.held))
        await self.rest()


@pytest.fixture
async def readings() -> Readings:
    return Readings()


async def test_law_02_who_asks_while_it_is_read_gets_the_next_reading_with_all_others(readings: Readings) -> None:
    (first,) = await readings.asked(5.0)
    others = await readings.asked(*[5.0] * 50)
    await readings.end()
    assert first.result() == 1 and not any(task.done() for task in others)
    await readings.end()
    assert [task.result() for task in others] == [2] * 50


async def test_nothing_is_kept_once_nobody_waits(readings: Readings) -> None:
    for number in (1, 2):
        (task,) = await readings.asked(5.0)
        await readings.end()
        assert task.result() == number


async def test_a_reading_reaches_as_far_back_as_anybody_who_waits_wants(readings: Readings) -> None:
    await readings.asked(5.0)
    others = await readings.asked(9.0, 3.0, 7.0)
    await readings.end()
    (late,) = await readings.asked(1.0)
    await readings.end()
    assert readings.reaches[:2] == [5.0, 3.0]
    assert [task.result() for task in others] == [2, 2, 2] and not late.done()
    await readings.end()
    assert readings.reaches[2:] == [1.0] and late.result() == 3


async def test_who_gives_up_takes_nobody_along(readings: Readings) -> None:
    (first,) = await readings.asked(5.0)
    others = await readings.asked(5.0, 5.0, 5.0)
    first.cancel()
    others[1].cancel()
    await readings.rest()
    await readings.end()
    assert [task.result() for task in (others[0], others[2])] == [2, 2]


async def test_a_reading_that_fails_is_tried_again_by_the_next(readings: Readings) -> None:
    first, second = await readings.asked(5.0, 5.0)
    readings.held[-1].set_exception(RetryLater("not now"))
    await readings.rest()
    with pytest.raises(RetryLater):
        first.result()
    await readings.end()
    assert second.result() == 2


async def test_places_do_not_wait_for_each_other(readings: Readings) -> None:
    (here,) = await readings.asked(5.0)
    there = asyncio.create_task(readings.sharing.get("another room", 5.0))
    await readings.rest()
    await readings.end()
    assert there.result() == 2 and not here.done()
    here.cancel()
    await asyncio.gather(here, return_exceptions=True)
