"""Waiting for what becomes of something in a double, and work of a double that nobody awaits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Turns:
    """Tells who waits that something became of what they wait for."""

    _turned: asyncio.Event = field(default_factory=asyncio.Event)

    def turn(self) -> None:
        """Something became of it: whoever waits looks again."""
        self._turned.set()
        self._turned = asyncio.Event()

    async def next(self) -> None:
        """Wait until something becomes of it."""
        await self._turned.wait()

    async def until(
        self, condition: Callable[[], object], what: str, seconds: float, there: Callable[[], str] = str
    ) -> None:
        """Wait until a condition holds. Raises `AssertionError` where it does not, with what there is instead."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    await self._turned.wait()
        except TimeoutError:
            raise AssertionError(f"waited for {what}" + "".join(f"; {words}" for words in [there()] if words)) from None


Later = Callable[[Coroutine[Any, Any, None]], None]
"""Starts work that nobody awaits."""


@dataclass(slots=True, eq=False)
class Errands:
    """Work that nobody awaits, until the double ends."""

    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin it."""
        task = asyncio.ensure_future(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def end(self) -> None:
        """Break off all that is under way."""
        for task in list(self.under_way):
            task.cancel()
        await asyncio.gather(*self.under_way, return_exceptions=True)
