"""What an app is told, by socket or by HTTP: tried, tried again, and given up (https://docs.slack.dev/apis/events-api).

What Slack does with a delivery that nobody takes is documented for HTTP: again at once, after a minute and after five;
for sockets it is taken to be the same.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, Protocol

from adapters.slack.double.faults import Faults
from adapters.slack.double.time import Time
from adapters.slack.double.world import Happening, World
from bridge.doubles.waiting import Later, Turns

AGAIN = (0.0, 0.0, 60.0, 300.0)
"""Seconds before each attempt."""
PATIENCE = 3.0
"""Seconds in which an attempt must be acknowledged."""
Kind = Literal["events_api", "interactive", "slash_commands"]


@dataclass(slots=True)
class Attempt:
    """One attempt. `reason`: why it failed, as Slack says it; `answer` is what the acknowledgement said."""

    number: int
    at: float
    acked: bool = False
    reason: str = ""
    answer: Any = None
    final: bool = False
    """Whether the app said that it wants no other."""


@dataclass(slots=True, eq=False)
class Delivery:
    """Something that the app is told. `state` ends as "acked" or "dead"; `name` is the type of what it tells."""

    kind: Kind
    name: str
    payload: dict[str, Any]
    takes_answer: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    state: Literal["open", "acked", "dead"] = "open"

    @property
    def event(self) -> dict[str, Any]:
        """The event of an events_api delivery."""
        return dict(self.payload["event"])

    @property
    def event_id(self) -> str:
        """The event's id, which stays the same in all attempts."""
        return str(self.payload.get("event_id", ""))


class Transport(Protocol):
    """A way to the app."""

    async def attempt(self, delivery: Delivery, number: int, reason: str) -> Attempt:
        """Try once; `reason` is why the attempt before failed."""
        ...


@dataclass(slots=True, eq=False)
class Deliveries:
    """Tells the app what happens. `transport` is the socket, or HTTP once the app has given its address."""

    world: World
    faults: Faults
    later: Later
    transport: Transport
    pace: float = 1.0
    book: list[Delivery] = field(default_factory=list)
    behind: list[Callable[[], None]] = field(default_factory=list)
    turns: Turns = field(default_factory=Turns)

    @property
    def dead(self) -> list[Delivery]:
        """What nobody took."""
        return [one for one in self.book if one.state == "dead"]

    def events(self, name: str) -> list[Delivery]:
        """The deliveries of events of a type, or of a subtype."""
        found = [one for one in self.book if one.kind == "events_api"]
        return [one for one in found if name in {one.name, one.payload["event"].get("subtype")}]

    async def until(self, condition: Callable[[], object], what: str = "a delivery", seconds: float = 20.0) -> None:
        """Wait until something of the book is true; raises `AssertionError` where it does not become so."""
        await self.turns.until(condition, what, seconds, self._last)

    def _last(self) -> str:
        last = [f"{one.name} {one.state} after {len(one.attempts)}" for one in self.book[-5:]]
        return f"the last deliveries are {last}"

    async def settled(self, seconds: float = 20.0) -> None:
        """Wait until all that was told so far is acknowledged or given up."""
        so_far = list(self.book)
        await self.until(lambda: all(one.state != "open" for one in so_far), "every delivery's end", seconds)

    def turn(self) -> None:
        """Something became of a delivery."""
        self.turns.turn()

    # events -------------------------------------------------------------------------------------------------------

    def hear(self, happening: Happening) -> None:
        """Something happened: the app is told, if it has subscribed and is there."""
        app, channel = self.world.app, happening.channel
        if not app.hears(happening.name) or (channel is not None and app.user.id not in channel.members):
            return
        payload = self.wrapped(happening)
        spoiled = self.faults.of_event(payload["event"])
        how = spoiled.how if spoiled is not None else ""
        if how in {"hold", "later"}:
            kept = self.behind if how == "later" else spoiled.kept if spoiled is not None else []
            kept.append(partial(self._tell, payload))
        elif how != "drop":
            self._tell(payload)
        if how in {"twice", "again"}:
            other = copy.deepcopy(payload)
            other["event_id"] = payload["event_id"] if how == "twice" else self.world.time.id("Ev")
            self._tell(other)
        if spoiled is not None:
            spoiled.reached.set()
        if how != "later":
            behind, self.behind = self.behind, []
            for send in behind:
                send()

    def _tell(self, payload: dict[str, Any]) -> None:
        self.send("events_api", payload["event"]["type"], payload)

    def wrapped(self, happening: Happening) -> dict[str, Any]:
        """An event in its wrapper."""
        world, channel = self.world, happening.channel
        authorization = {
            "enterprise_id": None, "team_id": world.team.id, "user_id": world.app.user.id, "is_bot": True,
            "is_enterprise_install": world.app.enterprise,
        }  # fmt: skip
        return {
            "token": world.app.verification, "team_id": world.team.id, "context_team_id": world.team.id,
            "context_enterprise_id": None, "api_app_id": world.app.id, "event": copy.deepcopy(happening.event),
            "type": "event_callback", "event_id": world.time.id("Ev"), "event_time": int(world.time.now()),
            "authorizations": [authorization], "is_ext_shared_channel": bool(channel is not None and channel.teams),
            "event_context": "4-" + happening.name,
        }  # fmt: skip

    def send(self, kind: Kind, name: str, payload: dict[str, Any], *, takes_answer: bool = False) -> Delivery:
        """Begin a delivery; what people click and command is tried once, events four times."""
        one = Delivery(kind, name, payload, takes_answer)
        self.book.append(one)
        self.later(self._run(one))
        return one

    async def _run(self, one: Delivery) -> None:
        reason = ""
        for number, seconds in enumerate(AGAIN if one.kind == "events_api" else AGAIN[:1]):
            if seconds:
                await self.world.time.clock.wait(seconds * self.pace)
            made = await self.transport.attempt(one, number, reason)
            one.attempts.append(made)
            reason = made.reason
            if made.acked:
                one.state = "acked"
            if made.acked or made.final:
                break
            self.turn()
        if one.state == "open":
            one.state = "dead"
        self.turn()

    async def told(self, one: Delivery) -> Attempt:
        """Wait for the end of what a person did; its last attempt."""
        while one.state == "open":
            await self.turns.next()
        return one.attempts[-1]


async def in_time(time: Time, answer: asyncio.Future[Any], seconds: float) -> bool:
    """Wait for an answer, by the double's clock; whether it came."""
    patience = asyncio.ensure_future(time.clock.wait(seconds))
    try:
        await asyncio.wait([answer, patience], return_when=asyncio.FIRST_COMPLETED)
    finally:
        patience.cancel()
        await asyncio.gather(patience, return_exceptions=True)
    return answer.done()
