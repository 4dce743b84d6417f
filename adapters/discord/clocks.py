"""How far Discord's clock is from this machine's: ids and what is written tell instants of Discord's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from bridge.ports import Clock

NEAR = 15.0
"""Seconds by which the clocks may differ and still count as one: an answer takes a while, and tells whole seconds."""
FAR = 120.0
"""Seconds from which on a person is told."""


@dataclass(slots=True)
class Clocks:
    """Discord's clock and ours. `ahead`: seconds by which Discord's was ahead of ours when it last answered."""

    clock: Clock
    ahead: float = 0.0

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take in when Discord says that it answered (https://www.rfc-editor.org/rfc/rfc9110#name-date)."""
        try:
            ahead = parsedate_to_datetime(headers.get("Date", "")).timestamp() - self.clock.now()
        except (TypeError, ValueError):  # an answer without a date tells nothing
            return
        self.ahead = 0.0 if abs(ahead) < NEAR else ahead

    def ours(self, at: float) -> float:
        """An instant of Discord's clock, by ours."""
        return at - self.ahead

    def discords(self, at: float) -> float:
        """An instant of our clock, by Discord's."""
        return at + self.ahead

    @property
    def remark(self) -> str | None:
        """What a person is told where one of the clocks is wrong, which is hardly Discord's."""
        if abs(self.ahead) < FAR:
            return None
        way = "slow" if self.ahead > 0 else "fast"
        return f"this machine's clock is {abs(self.ahead) / 60:.0f} minutes {way}, going by Discord's: have it set"
