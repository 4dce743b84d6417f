"""Reading back no faster than Slack allows, on the clock: some workspaces let an app read once a minute, 15 things.

https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from adapters.slack.api import Api
from adapters.slack.outcomes import LIMITED
from bridge.errors import OpenAgain, RetryLater
from bridge.ports import Clock

log = logging.getLogger(__name__)

PAGE = 200
"""Things that are asked for at once, as Slack recommends."""
FEW = 15
"""Things that Slack gives at once where it is strict."""
STRICT = 60.0
"""Seconds between two calls of a method where it is strict."""
TELLING = 30.0
"""Seconds of waiting that a strict workspace asks of us at least. Others ask for as much, but after many calls only."""
REFUSED, ANSWERED = 3, 10
"""A workspace is strict where it refuses so often before it has answered so many times."""
PATIENT = 10
"""How often in a row one page is asked for that is refused as too much."""


@dataclass(slots=True)
class Budget:
    """Asks for pages of `conversations.history` and `conversations.replies`. `strict`: once a minute, 15 at a time."""

    api: Api
    clock: Clock
    strict: bool = False
    _asked: dict[str, float] = field(default_factory=dict)
    _refused: dict[str, deque[int]] = field(default_factory=dict)
    """How many calls of a method had been answered at each of the last times that a long wait was asked for."""

    @property
    def page(self) -> int:
        """How many things to ask for at once."""
        return FEW if self.strict else PAGE

    async def ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Read a page once its turn has come. Raises `ApiRefusal`, and `RetryLater` where waiting does not help."""
        for _ in range(PATIENT):
            await self._turn(method)
            try:
                return await self._twice(method, arguments)
            except RetryLater as error:
                if error.reason != LIMITED or error.after is None:
                    raise
                wait = error.after
            finally:
                self._asked[method] = self.clock.now()
            self._learn(method, wait)
            await self.clock.wait(wait)
            del self._asked[method]  # what was refused is not counted
        raise RetryLater(LIMITED, STRICT)

    async def _twice(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Ask once more where no answer came: of many pages one may get lost, and all would be read anew for it."""
        try:
            return await self.api.call(method, limit=self.page, **arguments)
        except OpenAgain:
            raise
        except RetryLater as error:
            if error.after is not None:
                raise
            return await self.api.call(method, limit=self.page, **arguments)

    async def _turn(self, method: str) -> None:
        asked = self._asked.get(method)
        wait = asked + STRICT - self.clock.now() if self.strict and asked is not None else 0.0
        if wait > 0:
            await self.clock.wait(wait)

    def _learn(self, method: str, after: float) -> None:
        """Only where an app may read once a minute is a long wait asked for again after a few answers."""
        if after < TELLING or self.strict:
            return
        answered = self.api.answered[method]
        refused = self._refused.setdefault(method, deque(maxlen=REFUSED))
        refused.append(answered)
        if len(refused) == REFUSED and answered - refused[0] < ANSWERED:
            log.warning(
                "Slack lets this app read once a minute (%s asks us to wait for %.0f s): catching up takes longer here",
                method, after,
            )  # fmt: skip
            self.strict = True
