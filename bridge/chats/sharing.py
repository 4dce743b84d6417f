"""One reading for all who ask the same at once: after a restart many look into the same list."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Place = TypeVar("Place", bound=Hashable)
Found = TypeVar("Found")


@dataclass(slots=True)
class _Queue(Generic[Found]):
    """Those who wait for readings of one place, and how far back each wants to see.

    `last`: which reading it was that ended last, how far back it reached, and what it found.
    """

    sinces: list[float] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    begun: int = 0
    last: tuple[int, float, Found] | None = None


class Sharing(Generic[Place, Found]):
    """Reads places, one reading of a place at a time.

    Whoever asks gets what was found by a reading that began after the question and reached as far back; nothing is kept
    once nobody waits. What a reading raises is raised to the one whose turn it was; the next one tries again.
    """

    def __init__(self, read: Callable[[Place, float], Awaitable[Found]]) -> None:
        self._read = read
        self._queues: dict[Place, _Queue[Found]] = {}

    async def get(self, place: Place, since: float = math.inf) -> Found:
        """What stands there, from `since` on."""
        queue = self._queues.setdefault(place, _Queue())
        asked = queue.begun
        queue.sinces.append(since)
        try:
            async with queue.turn:
                if queue.last is None or queue.last[0] <= asked or queue.last[1] > since:
                    await self._renew(place, queue)
                assert queue.last is not None
                return queue.last[2]
        finally:
            queue.sinces.remove(since)
            if not queue.sinces:
                del self._queues[place]

    async def _renew(self, place: Place, queue: _Queue[Found]) -> None:
        queue.begun += 1
        number, reach = queue.begun, min(queue.sinces)
        queue.last = (number, reach, await self._read(place, reach))
