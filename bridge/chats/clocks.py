"""How far a chat's clock is from this machine's: what is said there, and often its ids, tell instants of the chat's."""

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
    """A chat's clock and ours. `ahead`: seconds by which the chat's was ahead of ours when it last answered."""

    clock: Clock
    chat: str
    ahead: float = 0.0

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take in when the chat says that it answered (https://www.rfc-editor.org/rfc/rfc9110#name-date)."""
        try:
            ahead = parsedate_to_datetime(headers.get("Date", "")).timestamp() - self.clock.now()
        except (TypeError, ValueError):  # an answer without a date tells nothing
            return
        self.ahead = 0.0 if abs(ahead) < NEAR else ahead

    def ours(self, at: float) -> float:
        """An instant of the chat's clock, by ours."""
        return at - self.ahead

    def theirs(self, at: float) -> float:
        """An instant of our clock, by the chat's."""
        return at + self.ahead

    @property
    def remark(self) -> str | None:
        """What a person is told where one of the clocks is wrong, which is hardly the chat's."""
        if abs(self.ahead) < FAR:
            return None
        way = "slow" if self.ahead > 0 else "fast"
        return f"this machine's clock is {abs(self.ahead) / 60:.0f} minutes {way}, going by {self.chat}'s: have it set"
