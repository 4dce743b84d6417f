"""Whether the loops get on: each says when it will say so again, and whoever is late is named.

A loop that waits for its next beat has said until when; one that works has said how long that may take; one that waits
for somebody else rests. So idleness is told apart from being stuck without knowing what a loop does. Nothing here is
durable, and nothing depends on it but the watchdog, the health page and the metrics.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE = 60.0
"""Seconds by which a loop may be late without being called stuck: the machine may be busy with something else."""


@dataclass(frozen=True, slots=True)
class _Promise:
    since: float
    due: float


class Pulse:
    """The promises of all loops, and what they have done since the process began. Lives on the event loop.

    `patience` is in seconds; `now` must never jump, so it is not the wall's clock.
    """

    def __init__(self, patience: float = PATIENCE, now: Callable[[], float] = time.monotonic) -> None:
        self.patience = patience
        self.done: Counter[tuple[str, ...]] = Counter()
        self._now = now
        self._promises: dict[tuple[str, str], _Promise] = {}

    def beat(self, loop: str, within: float = 0.0, item: str = "") -> None:
        """`loop` gets on, and will say so again `within` seconds from now. `item` is one of several things it does."""
        now = self._now()
        self._promises[loop, item] = _Promise(now, now + within)

    def rest(self, loop: str, item: str = "") -> None:
        """`loop` waits until somebody else brings it something: it owes nobody a beat."""
        self._promises.pop((loop, item), None)

    def clear(self) -> None:
        """All loops have ended."""
        self._promises.clear()

    @contextmanager
    def working(self, loop: str, within: float, item: str = "") -> Iterator[None]:
        """What is done inside takes at most `within` seconds."""
        self.beat(loop, within, item)
        try:
            yield
        finally:
            self.rest(loop, item)

    def count(self, *what: str) -> None:
        """One more of these has happened: a word of ours first, then the values of its labels."""
        self.done[what] += 1

    def overdue(self) -> dict[str, float]:
        """Whoever is too late, with the seconds since it last got on."""
        now = self._now()
        return {
            f"{loop} ({item})" if item else loop: now - promise.since
            for (loop, item), promise in self._promises.items()
            if now > promise.due + self.patience
        }

    def ages(self) -> dict[str, float]:
        """Seconds since each loop that does not rest last got on; of one with several items, the oldest."""
        now = self._now()
        ages: dict[str, float] = {}
        for (loop, _), promise in self._promises.items():
            ages[loop] = max(ages.get(loop, 0.0), now - promise.since)
        return ages
