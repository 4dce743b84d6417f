"""Faults that a test switches on: for the next requests that match, or the next events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

Answered = int | Literal["reset", "hang"] | None


@dataclass(slots=True, eq=False)
class Fault:
    """What befalls the next `times` requests to `path` (a pattern with `*`, without `/api/v10`).

    `answer`: a status instead of the true answer, "reset" (the connection is cut), "hang" (no answer until the client
    goes), or None for the true answer. `commits`: whether the request does its work all the same, or after how many
    seconds of the double's clock it does. `hold`: nothing is answered until `release` is called; `reached` is set as
    soon as a request stands there, its work done or not as `commits` says.
    """

    method: str
    path: str
    answer: Answered = None
    commits: bool | float = False
    times: int = 1
    hold: bool = False
    retry_after: float = 0.05
    via: bool = True
    scope: str = "user"
    when: Callable[[Any], bool] | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hits: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    committed: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let go those that are held, and all that come."""
        self.released.set()

    def takes(self, method: str, path: str, body: Any) -> bool:
        """Whether the fault befalls this request."""
        if self.times <= self.hits or not fnmatchcase(method, self.method) or not fnmatchcase(path, self.path):
            return False
        return self.when is None or self.when(body)


@dataclass(slots=True, eq=False)
class Spoiled:
    """What befalls the next `times` events of that name: `how` is "drop", "twice", "hold", "later" or "malformed".

    A held one is sent by `release`; one that comes "later" is sent behind the next event, whatever that is.
    """

    event: str
    how: Literal["drop", "twice", "hold", "later", "malformed"]
    times: int = 1
    when: Callable[[dict[str, Any]], bool] | None = None
    hits: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    kept: list[Callable[[], None]] = field(default_factory=list)

    def release(self) -> None:
        """Send what is held."""
        kept, self.kept = self.kept, []
        for send in kept:
            send()

    def takes(self, event: str, data: dict[str, Any]) -> bool:
        """Whether the fault befalls this event."""
        if self.times <= self.hits or self.event not in {event, "*"}:
            return False
        return self.when is None or self.when(data)


@dataclass(slots=True)
class Faults:
    """All that are switched on; the oldest that matches is taken."""

    requests: list[Fault] = field(default_factory=list)
    events: list[Spoiled] = field(default_factory=list)

    def of_request(self, method: str, path: str, body: Any) -> Fault | None:
        """The fault for a request, counted."""
        for fault in self.requests:
            if fault.takes(method, path, body):
                fault.hits += 1
                return fault
        return None

    def of_event(self, event: str, data: dict[str, Any]) -> Spoiled | None:
        """The fault for an event, counted."""
        for fault in self.events:
            if fault.takes(event, data):
                fault.hits += 1
                return fault
        return None

    def clear(self) -> None:
        """Switch all off, and let go what is held."""
        for fault in self.requests:
            fault.release()
        for spoiled in self.events:
            spoiled.release()
        self.requests.clear()
        self.events.clear()
