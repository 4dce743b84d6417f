"""Faults that a test switches on: for the next requests that match, or the next events."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from bridge.doubles.faults import Befalls, Spoiled, SwitchedOn, first

__all__ = ["Answered", "Fault", "Faults", "How", "Spoiled"]

Answered = int | Literal["reset", "hang"] | None
How = Literal["drop", "twice", "hold", "later", "malformed"]
"""What befalls an event; one that comes "later" is sent behind the next event, whatever that is."""


@dataclass(eq=False)
class _Route:
    method: str
    path: str


@dataclass(eq=False)
class Fault(Befalls, _Route):
    """What befalls the next requests to `path` (a pattern with `*`, without `/api/v10`); see `Befalls`."""

    retry_after: float = 0.05
    via: bool = True
    scope: str = "user"
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def takes(self, method: str, path: str, body: Any) -> bool:
        """Whether the fault befalls this request."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path) and self.is_due(body)


@dataclass
class Faults(SwitchedOn[Fault]):
    """All that are switched on; the oldest that matches is taken."""

    def of_request(self, method: str, path: str, body: Any) -> Fault | None:
        """The fault for a request, counted."""
        return first(self.requests, lambda one: one.takes(method, path, body))

    def of_event(self, event: str, data: dict[str, Any]) -> Spoiled | None:
        """The fault for an event, counted."""
        return first(self.events, lambda one: one.takes({event}, data))
