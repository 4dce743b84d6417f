"""Time as it is."""

from __future__ import annotations

import asyncio
import contextlib
import time


class WallClock:
    """The `Clock` of a running daemon."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        """Return after `seconds`, or as soon as `wake` is set."""
        if wake is None:
            wake = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await wake.wait()
