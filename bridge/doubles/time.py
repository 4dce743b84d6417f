"""What tells a double the time, and what its platform's servers hold it to be."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """What tells a double the time: the wall's, or a test's."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        ...

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        """Return when `seconds` have passed."""
        ...


class WallClock:
    """The time that it is."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        """Return when `seconds` have passed, or as soon as `wake` is set."""
        try:
            async with asyncio.timeout(seconds):
                await (wake or asyncio.Event()).wait()
        except TimeoutError:
            pass  # that long we were to wait


@dataclass(slots=True)
class ServersTime:
    """What the platform's servers hold to be the time: `skew` seconds off the clock's."""

    clock: Clock
    skew: float = 0.0
    last: int = 0
    """The number of the last thing that got one of this time: numbers only grow, however many fall into an instant."""

    def now(self) -> float:
        """Seconds since the Unix epoch, by the platform's servers."""
        return self.clock.now() + self.skew

    def next(self, number: int) -> int:
        """This number, or the next one that is free."""
        self.last = max(number, self.last + 1)
        return self.last
