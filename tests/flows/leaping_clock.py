"""A clock for real connections: time passes as it does, and a test leaps over the hours in which nothing happens."""

from __future__ import annotations

import asyncio
import contextlib
import time

from bridge.testing.clock import DrivenClock


class LeapingClock(DrivenClock):
    """The wall's time and the leaps that a test has made."""

    def __init__(self) -> None:
        super().__init__()
        self._leapt = 0.0
        self._due: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        """Seconds since the Unix epoch, as the test has it."""
        return time.time() + self._leapt

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        """Return when so much time has passed, by itself or by leaps, or as soon as `wake` is set."""
        rung = asyncio.Event()
        entry = (float("inf") if seconds is None else self.now() + seconds, rung)
        self._due.append(entry)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if seconds is None else max(0.0, seconds)):
                    await _first(rung, wake)
        finally:
            self._due.remove(entry)

    def advance(self, seconds: float) -> None:
        """Leap, and let go whoever waited for an instant in between."""
        self._leapt += seconds
        for due, rung in list(self._due):
            if due <= self.now():
                rung.set()

    def next(self) -> float:
        """Seconds until somebody's waiting ends."""
        return max(0.0, min((due for due, _ in self._due), default=float("inf")) - self.now())


async def _first(rung: asyncio.Event, wake: asyncio.Event | None) -> None:
    if wake is None:
        await rung.wait()
        return
    tasks = [asyncio.ensure_future(event.wait()) for event in (rung, wake)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
