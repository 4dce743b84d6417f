"""The budget of gateway sessions: Discord resets a bot's token that begins more than 1,000 in a day.

What was begun is kept in a file, so that a daemon that is restarted again and again cannot spend them all either.
https://docs.discord.com/developers/events/gateway#session-start-limit-object
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import RetryLater
from bridge.ports import Clock

log = logging.getLogger(__name__)

RESERVE = 100
"""Sessions of a day that are left alone, for whatever else uses the bot's token, and for the person who mends it."""
HOUR, HOURS = 3_600.0, 24
"""In an hour we begin an hour's share of a day's sessions, so that they last whatever happens."""
BURST = 10
"""As many, and up to half of an hour's share, are begun as they come; the others in regular pauses, so that where
sessions end again and again Backchat is deaf for minutes at a time, and not for the rest of the hour."""
SPACING = 5.0
"""Seconds in which no more sessions than `max_concurrency` may be begun."""


@dataclass(slots=True)
class Identifies:
    """The sessions that were begun, by the instants in `file`.

    `at_once`: how many may be begun within `SPACING` seconds, `hourly` within an hour, as Discord's limits have it.
    """

    file: Path
    clock: Clock
    at_once: int = 1
    hourly: int = 1_000 // HOURS

    def allow(self, limit: Mapping[str, Any]) -> None:
        """Look at what Discord says is left. Raises `RetryLater` until there are enough again."""
        self.at_once = max(1, int(limit.get("max_concurrency", 1)))
        self.hourly = max(1, int(limit["total"]) // HOURS)
        remaining, after = int(limit["remaining"]), float(limit["reset_after"]) / 1000
        if remaining <= RESERVE:
            raise RetryLater(
                f"only {remaining} of the bot's {limit['total']} connections to Discord of this day are left:"
                " Backchat waits until there are new ones, and something that ends its connections should be mended",
                after,
            )

    async def spend(self) -> None:
        """Begin a session as soon as one may be begun. Raises `RetryLater` where there were too many of late."""
        times = await asyncio.to_thread(self._begun)
        while (wait := self._until_next(times, self.at_once, SPACING)) > 0:
            await self.clock.wait(wait)
        wait = max(self._until_next(times, self.hourly, HOUR), self._spread(times))
        if wait > 0:
            many = len(self._lately(times, HOUR))
            raise RetryLater(f"the connection to Discord was begun anew {many} times within an hour", wait)
        await asyncio.to_thread(self._keep, [*times, self.clock.now()])

    def _spread(self, times: list[float]) -> float:
        """Seconds until the next may be begun where many were of late: what is left of the hour's share is spread."""
        lately = self._lately(times, HOUR)
        burst = max(BURST, self.hourly // 2)
        return 0.0 if len(lately) < burst else lately[-1] + HOUR / (self.hourly - burst + 1) - self.clock.now()

    def _lately(self, times: list[float], seconds: float) -> list[float]:
        """Those within the last `seconds`, the oldest first; instants to come are another clock's."""
        now = self.clock.now()
        return sorted(time for time in times if now - seconds < time <= now)

    def _until_next(self, times: list[float], many: int, seconds: float) -> float:
        """Seconds until fewer than `many` lie within the last `seconds`."""
        lately = self._lately(times, seconds)
        return 0.0 if len(lately) < many else lately[-many] + seconds - self.clock.now()

    def _begun(self) -> list[float]:
        try:
            return [float(time) for time in json.loads(self.file.read_text("utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, TypeError, ValueError) as error:
            log.warning("%s cannot be read, and is begun anew: %s", self.file, error)
            return []

    def _keep(self, times: list[float]) -> None:
        written = self.file.with_name(f"{self.file.name}.new")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            written.write_text(json.dumps(times[-self.hourly :]), "utf-8")
            written.replace(self.file)
        except OSError as error:
            raise RetryLater(f"{self.file} cannot be written: {error.strerror}") from error
