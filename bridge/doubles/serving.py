"""A double's server on loopback, and how a request fares that a fault befalls."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from bridge.doubles.faults import Befalls
from bridge.doubles.time import Clock
from bridge.doubles.waiting import Later

LOOPBACK = "127.0.0.1"
LARGEST = 25 << 20
"""Bytes of a request."""
CUT = -1
"""The status of a request whose connection was cut, or that got no answer until the client went."""


class Problem(Exception):
    """The platform refuses something."""

    @property
    def words(self) -> str:
        """What people are told."""
        return str(self)


class Noted(Protocol):
    """A request as it stands in a double's book."""

    status: int
    committed: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What a request does: `truly` all of it, with its answer; `late` the same, when nobody waits for the answer.

    `untruly` answers as the fault says. `late` raises `Problem` where it comes too late.
    """

    truly: Callable[[], web.StreamResponse]
    late: Callable[[], object]
    untruly: Callable[[], web.StreamResponse]


@dataclass(slots=True)
class Fates:
    """Lets requests fare as their faults say; `turn` is called whenever something became of one."""

    clock: Clock
    later: Later
    turn: Callable[[], None] = field(default=lambda: None)

    async def answer(
        self, request: web.Request, noted: Noted, work: Work, fault: Befalls | None
    ) -> web.StreamResponse:  # fmt: skip
        """The answer to a request."""
        if fault is None:
            return work.truly()
        true: web.StreamResponse | None = None
        if fault.commits is True:
            true = work.truly()
            fault.committed.set()
        elif fault.commits:
            self.later(self._late(noted, work, fault))
        if fault.hold or fault.commits or fault.answer is not None:
            fault.reached.set()
            self.turn()
        if fault.hold:
            await fault.released.wait()
        if fault.answer is not None:
            return await self._untrue(request, noted, work, fault)
        assert true is not None or not fault.commits, "what commits late has no true answer: say what is answered"
        return true or work.truly()

    async def _late(self, noted: Noted, work: Work, fault: Befalls) -> None:
        await self.clock.wait(float(fault.commits))
        try:
            work.late()
        except Problem:
            noted.committed = False  # what came too late to be done is refused, and nobody is there to hear it
        fault.committed.set()
        self.turn()

    async def _untrue(self, request: web.Request, noted: Noted, work: Work, fault: Befalls) -> web.StreamResponse:
        if fault.answer == "reset":
            noted.status = CUT
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.answer == "hang":
            noted.status = CUT
            await fault.released.wait()
            return web.Response(status=504)
        return work.untruly()


@asynccontextmanager
async def served(app: web.Application, port: int) -> AsyncIterator[str]:
    """Serve an application on loopback (port 0: a free one); gives `host:port`."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, port).start()
        yield f"{LOOPBACK}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
