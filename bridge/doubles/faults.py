"""Faults that a test switches on: for the next requests that match, or the next events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar


@dataclass(eq=False)
class Befalls:
    """What befalls the next `times` requests that a fault is for.

    `answer`: what is answered instead of the truth (None): a status; "reset", the connection is cut; "hang", nothing
    until the client goes; and what else the platform's double knows. `commits`: whether the request does its work all
    the same, or after how many seconds of the double's clock it does. `hold`: nothing is answered until `release` is
    called; `reached` is set as soon as a request stands there, its work done or not as `commits` says. `when` looks at
    what the request asks.
    """

    answer: int | str | None = None
    commits: bool | float = False
    times: int = 1
    hold: bool = False
    when: Callable[[Any], bool] | None = None
    hits: int = field(default=0, kw_only=True)
    reached: asyncio.Event = field(default_factory=asyncio.Event, kw_only=True)
    released: asyncio.Event = field(default_factory=asyncio.Event, kw_only=True)
    committed: asyncio.Event = field(default_factory=asyncio.Event, kw_only=True)

    def release(self) -> None:
        """Let go those that are held, and all that come."""
        self.released.set()

    def is_due(self, asked: Any) -> bool:
        """Whether it has not befallen enough yet, and befalls what asks this."""
        return self.hits < self.times and (self.when is None or self.when(asked))


@dataclass(eq=False)
class Spoiled:
    """What befalls the next `times` events of that name, or of any ("*"): `how` is the double's word for it.

    Events that are held are `kept` until `release`.
    """

    event: str
    how: str
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

    def takes(self, names: Collection[str | None], event: dict[str, Any]) -> bool:
        """Whether it befalls this event, which goes by these names."""
        if self.hits >= self.times or (self.event != "*" and self.event not in names):
            return False
        return self.when is None or self.when(event)


F = TypeVar("F", bound=Befalls)


class Counted(Protocol):
    """A fault of any kind."""

    hits: int


C = TypeVar("C", bound=Counted)


def first(those: Iterable[C], befalls: Callable[[C], bool]) -> C | None:
    """The oldest that befalls, counted."""
    for one in those:
        if befalls(one):
            one.hits += 1
            return one
    return None


@dataclass
class SwitchedOn(Generic[F]):
    """All faults that are switched on; the oldest that matches is taken."""

    requests: list[F] = field(default_factory=list)
    events: list[Spoiled] = field(default_factory=list)

    def clear(self) -> None:
        """Switch all off, and let go what is held."""
        for fault in self.requests:
            fault.release()
        for spoiled in self.events:
            spoiled.release()
        self.requests.clear()
        self.events.clear()
