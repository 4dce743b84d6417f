"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import contextlib


class DrivenClock:
    """A `Clock` for tests: time passes only by `advance`."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._waiting: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        """Seconds since the Unix epoch, as the test has it."""
        return self._now

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        """Return once the test has moved time by `seconds`, or as soon as `wake` is set."""
        rung = asyncio.Event()
        entry = (float("inf") if seconds is None else self._now + seconds, rung)
        self._waiting.append(entry)
        try:
            if seconds is None or seconds > 0:
                await _first(rung, wake)
            else:
                await asyncio.sleep(0)
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(entry)

    def advance(self, seconds: float) -> None:
        """Move time on, and let go whoever waited for an instant in between."""
        self._now += seconds
        for due, rung in list(self._waiting):
            if due <= self._now:
                rung.set()


async def _first(*events: asyncio.Event | None) -> None:
    tasks = [asyncio.ensure_future(event.wait()) for event in events if event is not None]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
