"""What the gateway has told and nobody has recorded yet, in line; of bounded size, however much is told at once."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

MOST = 4 * 2**20
"""Bytes of frames that wait at most: a few thousand messages, seconds of the fastest flood."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One dispatch of the gateway: what happened, its number in its session, and Discord's description of it.

    The description stays as it came: decoded, it takes five times the memory.
    """

    name: str
    session: str
    seq: int
    words: bytes

    def data(self) -> Any:
        """Decode the description; whoever needs it twice keeps it."""
        return json.loads(self.words)["d"]


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection has been gone for a while: what people write may not have been heard."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The connection has ended for good: nothing comes any more."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The line was full: what was told from here on until this is taken does not stand in it, and has to be read."""


Signal = Lost | Ended | Skipped


@dataclass(slots=True)
class Line:
    """First in, first out. Once it is full, frames are left out until all that stands in it is taken."""

    bytes: int = 0
    """What the frames take that wait."""
    full: bool = False
    """Whether frames are left out now."""
    _standing: asyncio.Queue[Frame | Signal] = field(default_factory=asyncio.Queue)

    def put(self, frame: Frame) -> None:
        """Let a frame wait, if there is room."""
        if self.full:
            return
        if self.bytes + len(frame.words) > MOST:
            self.full = True
            self._standing.put_nowait(Skipped())
            return
        self.bytes += len(frame.words)
        self._standing.put_nowait(frame)

    def tell(self, told: Frame | Lost | Ended) -> None:
        """Let something wait for which there is always room."""
        if isinstance(told, Frame):
            self.bytes += len(told.words)
        self._standing.put_nowait(told)

    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._standing.empty()

    async def take(self) -> Frame | Signal:
        """Wait for the first, and take it."""
        return self._taken(await self._standing.get())

    def take_at_hand(self) -> Frame | Signal:
        """Take the first, which is there."""
        return self._taken(self._standing.get_nowait())

    def _taken(self, first: Frame | Signal) -> Frame | Signal:
        if isinstance(first, Frame):
            self.bytes -= len(first.words)
        elif isinstance(first, Skipped):
            self.full = False
        return first
