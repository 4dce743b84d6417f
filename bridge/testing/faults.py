"""What can happen to a request on its way, for the fakes to play."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TypeVar

from bridge.errors import MaybeDone, Refused, RetryLater, StepError

T = TypeVar("T")


class Fault(Enum):
    """One thing that goes wrong with one effect."""

    LATER = "refused for now, nothing happened"
    NEVER = "refused for good, nothing happened"
    LOST_BEFORE = "the connection broke before the platform acted"
    LOST_AFTER = "the connection broke after the platform acted"


class Line:
    """The line to a fake platform: effects go through `carry`, and meet the faults that the test has laid out.

    `before_effect` and `before_answer`, if set, are awaited before the effect, and after it but before the caller
    hears of it.
    """

    def __init__(self) -> None:
        self.faults: deque[Fault] = deque()
        self.later_after: float | None = None
        self.before_effect: Callable[[], Awaitable[None]] | None = None
        self.before_answer: Callable[[], Awaitable[None]] | None = None
        self.hold: asyncio.Event | None = None

    async def carry(self, effect: Callable[[], T]) -> T:
        """Let `effect` happen, or not, and let the caller know, or not."""
        fault = self.faults.popleft() if self.faults else None
        if fault in _BEFORE:
            raise self._error(fault)
        if self.before_effect is not None:
            await self.before_effect()
        result = effect()
        if self.before_answer is not None:
            await self.before_answer()
        if self.hold is not None:
            await self.hold.wait()
        if fault is Fault.LOST_AFTER:
            raise MaybeDone("the connection was lost")
        return result

    def _error(self, fault: Fault | None) -> StepError:
        if fault is Fault.LATER:
            return RetryLater("the platform is busy", self.later_after)
        if fault is Fault.NEVER:
            return Refused("the platform does not want it")
        return MaybeDone("the connection was lost")


_BEFORE = {Fault.LATER, Fault.NEVER, Fault.LOST_BEFORE}
