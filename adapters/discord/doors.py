"""What is asked no more for a while, because Discord would only refuse it again.

Ten thousand answers of 401, 403 or 429 within ten minutes, and Discord lets nothing of this address through any more:
https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.errors import RetryLater
from bridge.ports import Clock

FIRST = 60.0
"""Seconds for which what was forbidden is not asked again; twice as long each time after, up to `LONGEST`."""
LONGEST = 600.0
KEPT = 2_000
"""Doors that are remembered; the oldest is forgotten, and costs one request."""

LIMITED = "Discord lets us send only so much at once"


class Shut(RetryLater):
    """Discord forbade it a moment ago, and would only forbid it again."""


What = tuple[str, str, str]
"""A method, a path and the id of the channel (or guild) that it is about."""


@dataclass(slots=True)
class _Door:
    until: float
    pause: float
    reason: str


@dataclass(slots=True)
class Doors:
    """Which requests are not worth sending at this moment."""

    clock: Clock
    _all_until: float = 0.0
    _all_reason: str = ""
    _rests: dict[What, float] = field(default_factory=dict)
    _doors: dict[What, _Door] = field(default_factory=dict)

    def pass_(self, what: What) -> None:
        """Raises `RetryLater` while this request would be refused."""
        now = self.clock.now()
        if self._all_until > now:
            raise RetryLater(self._all_reason, self._all_until - now)
        if self._rests.get(what, 0.0) > now:
            raise RetryLater(LIMITED, self._rests[what] - now)
        door = self._doors.get(what)
        if door is not None and door.until > now:
            raise Shut(door.reason, door.until - now)

    def rest(self, what: What, seconds: float) -> None:
        """Discord takes none of these for so long."""
        self._rests[what] = self.clock.now() + seconds
        if len(self._rests) > KEPT:
            del self._rests[next(iter(self._rests))]

    def close(self, what: What, reason: str) -> float:
        """It was forbidden; the seconds until it may be asked again."""
        before = self._doors.pop(what, None)
        pause = FIRST if before is None else min(LONGEST, 2 * before.pause)
        self._doors[what] = _Door(self.clock.now() + pause, pause, reason)
        if len(self._doors) > KEPT:
            del self._doors[next(iter(self._doors))]
        return pause

    def open(self, what: What) -> None:
        """It was allowed."""
        self._doors.pop(what, None)

    def close_all(self, seconds: float, reason: str) -> None:
        """Nothing at all gets through for so long."""
        self._all_until, self._all_reason = self.clock.now() + seconds, reason
