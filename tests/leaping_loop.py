"""An event loop that leaps over the seconds in which everybody only waits for time to pass.

For what counts time by the loop, as discord.py does with rate limits: tests need neither wait for it nor make it short.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec

P = ParamSpec("P")

LOOK = 0.002
"""Seconds for which a connection of this machine may keep something to itself that was sent over it."""


class _Leaping(selectors.DefaultSelector):
    """Waits for connections only; how long it was to wait besides is added to `leapt`."""

    leapt = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= LOOK:
            return super().select(timeout)
        ready = super().select(LOOK)
        if not ready:
            self.leapt += timeout - LOOK
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """The loop. Nothing that runs in a thread keeps it from leaping."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        """Seconds that have passed, those included that were leapt over."""
        return super().time() + self._leaping.leapt


def in_leaps(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an asynchronous test in such a loop."""

    @wraps(test)
    def run(*args: P.args, **fields: P.kwargs) -> None:
        with asyncio.Runner(loop_factory=LeapingLoop) as runner:
            runner.run(test(*args, **fields))

    return run
