"""The double's time and the ids that are made of it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

EPOCH = 1_420_070_400_000
"""Milliseconds at which Discord's ids begin (https://docs.discord.com/developers/reference#snowflakes)."""


class Clock(Protocol):
    """What tells the double the time: the wall's, or a test's."""

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
class Time:
    """What Discord's servers hold to be the time: `skew` seconds off the clock's; and ids, which only grow."""

    clock: Clock
    skew: float = 0.0
    _last: int = field(default=0)

    def now(self) -> float:
        """Seconds since the Unix epoch, by Discord's servers."""
        return self.clock.now() + self.skew

    def id(self) -> str:
        """A new snowflake of this instant."""
        first = max(0, int(self.now() * 1000) - EPOCH) << 22
        self._last = max(first, self._last + 1)
        return str(self._last)


def stamp(at: float) -> str:
    """An instant as Discord writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
