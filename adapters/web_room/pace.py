"""How much one person may ask of the room at once, so that it stays quick for everybody else."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Budget:
    left: float
    at: float


class Pace:
    """Lets each person do `burst` things at once, and `rate` per second on and on. Lives on the event loop."""

    def __init__(self, burst: int, rate: float, now: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._rate = rate
        self._now = now
        self._budgets: dict[str, _Budget] = {}

    def wait(self, person: str) -> int:
        """Take one thing from the person's budget; where nothing is left, give the seconds until something is."""
        now = self._now()
        budget = self._budgets.setdefault(person, _Budget(self._burst, now))
        budget.left = min(self._burst, budget.left + (now - budget.at) * self._rate)
        budget.at = now
        if budget.left < 1:
            return math.ceil((1 - budget.left) / self._rate)
        budget.left -= 1
        return 0
