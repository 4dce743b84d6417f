"""Changes of which we never heard whether they happened: until they cannot come any more, no other one is made there.

Else the earlier one, accepted by the chat and carried out late, would undo the later one. A new process knows nothing
of them. Its ledger does know what was being changed, and has that repeated first: what can go wrong is an old wording,
not a second copy, and only if the chat carries the change of a killed process out later than two of its successor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bridge.errors import MaybeDone, RetryLater
from bridge.ports import Clock

SETTLES = 75.0
"""Seconds after which what was not answered, a change or a message, has happened, or never will."""
KEPT = 1_000


@dataclass(slots=True)
class Unsettled:
    """What was tried in vain lately, by the id of the message that it was about."""

    clock: Clock
    _tried: dict[str, tuple[float, object]] = field(default_factory=dict)

    @asynccontextmanager
    async def changing(self, message: str, wanted: object) -> AsyncIterator[None]:
        """Make a change in the block. Raises `RetryLater` while another one may still happen to that message."""
        until, earlier = self._tried.get(message, (0.0, wanted))
        wait = until - self.clock.now()
        if wait > 0 and earlier != wanted:
            raise RetryLater("an earlier change of that message was not answered, and may still happen", wait)
        try:
            yield
        except MaybeDone:
            self._note(message, wanted)
            raise

    def _note(self, message: str, wanted: object) -> None:
        self._tried.pop(message, None)
        self._tried[message] = (self.clock.now() + SETTLES, wanted)
        if len(self._tried) > KEPT:
            del self._tried[next(iter(self._tried))]
