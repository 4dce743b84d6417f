"""Who may read now: one at a time at each host, so many in all, and slow hosts among themselves.

Measured: with one shared number of slots, three hanging blogs in a hundred double the delay of all others. So a reading
that is late gives its slot back and goes on among the slow ones, and a host that failed or was late begins there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import TracebackType

_REMEMBERED = 10_000
"""Hosts that are remembered as slow, at most; redirects make them up."""


@dataclass(slots=True)
class _Host:
    gate: asyncio.Semaphore
    users: int = 0


class Slots:
    """`ordinary` and `slow` readings at a time, `each` at one host; a reading is late after `late` seconds."""

    def __init__(self, *, ordinary: int, slow: int, each: int, late: float) -> None:
        self.ordinary = asyncio.Semaphore(ordinary)
        self.slow = asyncio.Semaphore(slow)
        self.late = late
        self._each = each
        self._hosts: dict[str, _Host] = {}
        self._unwell: dict[str, None] = {}

    def turn(self, host: str) -> Turn:
        """Wait until `host` may be read (`async with`); the reading is what happens within."""
        return Turn(self, host)

    def come(self, host: str) -> asyncio.Semaphore:
        """Somebody wants to read `host`: the gate at which they wait."""
        at = self._hosts.get(host)
        if at is None:
            at = self._hosts[host] = _Host(asyncio.Semaphore(self._each))
        at.users += 1
        return at.gate

    def go(self, host: str) -> None:
        """They want it no more."""
        at = self._hosts[host]
        at.users -= 1
        if not at.users:
            del self._hosts[host]

    def pool(self, host: str) -> asyncio.Semaphore:
        """Where a reading of `host` begins."""
        return self.slow if host in self._unwell else self.ordinary

    def remember(self, host: str, *, well: bool) -> None:
        """How a reading ended: in time and without an error, or not."""
        self._unwell.pop(host, None)
        if not well:
            self._unwell[host] = None
            if len(self._unwell) > _REMEMBERED:
                del self._unwell[next(iter(self._unwell))]


class Turn:
    """One reading: through its host's gate, then on a slot. Its failing is an exception."""

    __slots__ = ("_begun", "_gate", "_host", "_moving", "_pool", "_slots", "_timer")

    def __init__(self, slots: Slots, host: str) -> None:
        self._slots = slots
        self._host = host
        self._moving: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        self._gate = self._slots.come(self._host)
        try:
            await self._gate.acquire()
            try:
                self._pool = self._slots.pool(self._host)
                await self._pool.acquire()
            except BaseException:
                self._gate.release()
                raise
        except BaseException:
            self._slots.go(self._host)
            raise
        loop = asyncio.get_running_loop()
        self._begun = loop.time()
        if self._pool is self._slots.ordinary:
            self._timer = loop.call_at(self._begun + self._slots.late, self._is_late)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._moving is not None:
            self._moving.cancel()
        took = asyncio.get_running_loop().time() - self._begun
        self._slots.remember(self._host, well=kind is None and took < self._slots.late)
        self._pool.release()
        self._gate.release()
        self._slots.go(self._host)

    def _is_late(self) -> None:
        self._moving = asyncio.create_task(self._move(), name=f"late: {self._host}")

    async def _move(self) -> None:
        """Take a slot among the slow ones as soon as there is one, and only then give the present one back."""
        await self._slots.slow.acquire()
        self._pool.release()
        self._pool = self._slots.slow
