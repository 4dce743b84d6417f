"""When what is to be said may be sent: Slack takes about one message a second in a channel, and some more at once.

What came too early is told once: until then the method rests, without another request
(https://docs.slack.dev/apis/web-api/rate-limits).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.slack.outcomes import LIMITED
from bridge.errors import RetryLater
from bridge.ports import Clock

BURST = 3
"""Messages that a channel takes at once, by our own choice: Slack names no number."""
LONGEST_QUEUE = 5.0
"""Seconds for which a message waits for its turn; whoever would wait longer comes again."""
KEPT = 2_000

Where = tuple[str, str]
"""A method, and the channel where the limit is one of the channel; else ""."""


@dataclass(slots=True)
class Pacing:
    """Whose turn it is. `second`: the seconds between two messages in a channel."""

    clock: Clock
    second: float = 1.0
    _full: dict[str, float] = field(default_factory=dict)
    _rests: dict[Where, float] = field(default_factory=dict)

    def pass_(self, where: Where) -> None:
        """Raises `RetryLater` while this call would be refused."""
        wait = self._rests.get(where, 0.0) - self.clock.now()
        if wait > 0:
            raise RetryLater(LIMITED, wait)

    def rest(self, where: Where, seconds: float) -> None:
        """Slack takes none of these for so long."""
        _keep(self._rests, where, self.clock.now() + seconds)

    async def turn(self, where: Where) -> None:
        """Wait for the turn of a message in a channel. Raises `RetryLater` where too many wait already."""
        _, channel = where
        now = self.clock.now()
        full = max(now, self._full.get(channel, now)) + self.second
        wait = full - now - BURST * self.second
        if wait > LONGEST_QUEUE:
            raise RetryLater("many messages wait for that channel, which takes one a second", wait - LONGEST_QUEUE)
        _keep(self._full, channel, full)
        if wait > 0:
            await self.clock.wait(wait)
            self.pass_(where)  # somebody before us may have been told that it was too much


def _keep(of: dict[Where, float] | dict[str, float], name: Where | str, at: float) -> None:
    """Note an instant; the one that was noted the longest ago is forgotten, and costs one request."""
    noted: dict[Where | str, float] = of  # type: ignore[assignment]
    noted.pop(name, None)
    noted[name] = at
    if len(noted) > KEPT:
        del noted[next(iter(noted))]
