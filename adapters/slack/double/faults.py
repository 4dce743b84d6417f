"""Faults that a test switches on: for the next calls of a method, or the next events."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from bridge.doubles.faults import Befalls, Spoiled, SwitchedOn, first

__all__ = ["Answered", "Fault", "Faults", "How", "Spoiled"]

Answered = int | str | None
How = Literal["drop", "twice", "again", "hold", "later"]
"""What befalls an event: "drop" loses it; "twice" sends it twice, with one event id; "again" sends it twice, with two;
"hold" keeps it until it is released; "later" sends it behind the next event."""


@dataclass(eq=False)
class _Method:
    method: str


@dataclass(eq=False)
class Fault(Befalls, _Method):
    """What befalls the next calls of `method` (a pattern: `chat.*`); see `Befalls`.

    `answer` may also be 429 (with `retry_after` seconds), "html", a page with status 200 (`body` and its `type`), or
    Slack's word for an error (`internal_error`, `ratelimited`).
    """

    retry_after: int = 1
    body: str = ""
    type: str = "text/html"

    def takes(self, method: str, args: dict[str, Any]) -> bool:
        """Whether the fault befalls this call."""
        return fnmatchcase(method, self.method) and self.is_due(args)


@dataclass
class Faults(SwitchedOn[Fault]):
    """All that are switched on; the oldest that matches is taken."""

    def of_call(self, method: str, args: dict[str, Any]) -> Fault | None:
        """The fault for a call, counted."""
        return first(self.requests, lambda one: one.takes(method, args))

    def of_event(self, event: dict[str, Any]) -> Spoiled | None:
        """The fault for an event, counted; its type or its subtype names it."""
        return first(self.events, lambda one: one.takes({event["type"], event.get("subtype")}, event))
