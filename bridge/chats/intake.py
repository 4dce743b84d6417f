"""What must not be acknowledged before it is recorded: taken in order, recorded, and only then acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bridge.model import RawEvent
from bridge.ports import Record

log = logging.getLogger(__name__)

BATCH = 250
"""Events that are recorded together, at most."""

Press = TypeVar("Press")
"""What a platform hands over when somebody pressed something."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What is to be recorded; `acknowledge` is called once it is durable."""

    raw: RawEvent
    acknowledge: Callable[[], Awaitable[None]] | None = None


class NotRecorded(Exception):
    """Listening has ended before this was recorded: whoever told of it must not take it for known."""


class Intake(Generic[Press]):
    """Records at once what cannot wait for what was said before, and has presses answered; good for one connection.

    Each press is answered by a task of its own, so that none delays the next, or what has to be recorded.
    """

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Happened | Press] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unrecorded: set[asyncio.Future[None]] = set()
        self._ended = False

    def tell(self, happened: Happened) -> None:
        """Have something recorded, and then acknowledged."""
        self._waiting.put_nowait(happened)

    def press(self, press: Press) -> None:
        """Have something answered that somebody pressed."""
        self._waiting.put_nowait(press)

    async def recorded(self, *raws: RawEvent) -> None:
        """Return once these are durable. Raises `NotRecorded` where they never will be."""
        if self._ended:
            raise NotRecorded
        if not raws:
            return
        durable = asyncio.get_running_loop().create_future()
        self._unrecorded.add(durable)

        async def acknowledge() -> None:
            if not durable.done():
                durable.set_result(None)

        for raw in raws[:-1]:
            self.tell(Happened(raw))
        self.tell(Happened(raws[-1], acknowledge))
        try:
            await durable
        finally:
            self._unrecorded.discard(durable)

    async def serve(self, handle: Callable[[Press], Awaitable[None]], record: Record) -> None:
        """Work off what happens, for ever; `handle` answers a press. Raises what `record` raises."""
        try:
            while True:
                happened, press = self._at_hand(await self._waiting.get())
                if happened:
                    await record([one.raw for one in happened], None, False)
                for one in happened:
                    if one.acknowledge is not None:
                        self._begin(one.acknowledge())
                if press is not None:
                    self._begin(handle(press))
        finally:
            await self._end()

    def _at_hand(self, first: Happened | Press) -> tuple[list[Happened], Press | None]:
        """What is there already and can be recorded together, and what was pressed after it."""
        happened: list[Happened] = []
        while isinstance(first, Happened):
            happened.append(first)
            if self._waiting.empty() or len(happened) >= BATCH:
                return happened, None
            first = self._waiting.get_nowait()
        return happened, first

    async def _end(self) -> None:
        self._ended = True
        for one in self._unrecorded:
            if not one.done():
                one.set_exception(NotRecorded())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, answering: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_answered(answering))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _answered(answering: Awaitable[None]) -> None:
    try:
        await answering
    except Exception:  # what was pressed is recorded; that its answer failed must not end the connection
        log.exception("answering what somebody pressed in the chat failed through a fault of ours")
