"""What hears a double of Slack, without a line to it: a test hands over what Slack would tell, when it wants."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.slack.api import Api
from adapters.slack.catching_up import CatchingUp
from adapters.slack.double.things import Channel, Message
from adapters.slack.double.world import Happening
from adapters.slack.ear import Ear
from adapters.slack.keyed import keyed
from adapters.slack.meaning import interpret
from adapters.slack.people import People
from adapters.slack.settings import Settings
from adapters.slack.watermark import Watermark
from bridge.chats.rooms import Rooms
from bridge.clock import WallClock
from bridge.model import Event, Key, RawEvent, RoomId
from bridge.ports import Clock
from tests.contracts.slack.scene import settings_on
from tests.servers.slack_double import Double

KEY = Key("abcdefghijklmnopqrstuvwx")
OTHER = Key("bcdefghijklmnopqrstuvwxy")
SECTION = {"type": "section", "text": {"type": "plain_text", "text": "A comment"}}


@dataclass(slots=True)
class Hearing:
    """A login, and what makes raw events of what Slack tells or shows. `told`: events that nobody has heard yet."""

    slack: Double
    channel: Channel
    settings: Settings
    api: Api
    clock: Clock
    rooms: Rooms = field(default_factory=Rooms)
    told: list[dict[str, Any]] = field(default_factory=list)
    recorded: list[RawEvent] = field(default_factory=list)
    people: People = field(init=False)
    ear: Ear = field(init=False)
    catching_up: CatchingUp = field(init=False)

    def __post_init__(self) -> None:
        self.rooms.speakers = {RoomId(self.channel.id): frozenset()}
        self.anew()

    def anew(self) -> None:
        """Begin as a new process does, which remembers nothing."""
        self.people = People(self.api)
        self.ear = Ear(self.api, self.people, self.rooms, self.settings)
        self.catching_up = CatchingUp(self.api, self.people, self.ear, self.rooms, self.settings, self.clock)

    def hear(self, happening: Happening) -> None:
        """The double tells of something."""
        self.told.append(copy.deepcopy(happening.event))

    async def live(self) -> list[RawEvent]:
        """Hear all that Slack has told since the last time."""
        told, self.told[:] = list(self.told), []
        return [raw for event in told for raw in await self.ear.heard(event)]

    async def record(self, raws: Sequence[RawEvent]) -> None:
        """Keep what catching up tells; twice the same is kept once, as the ledger does."""
        known = {raw.natural_key for raw in self.recorded}
        self.recorded += [raw for raw in raws if raw.natural_key not in known]

    async def caught_up(self, mark: Watermark) -> list[RawEvent]:
        """Catch up, reading on until nothing waits; what was new by that."""
        self.told.clear()
        before = len(self.recorded)
        await self.catching_up.catch_up(mark, self.record)
        while mark.waiting:
            await self.catching_up.read_on(mark, self.record)
        return self.recorded[before:]

    async def post(self, root: Message | None = None, key: Key = KEY, **more: Any) -> Message:
        """Say something as the adapter says it: with a key in its blocks."""
        more = {"text": "A comment", "blocks": keyed([SECTION], key), **more}
        thread = None if root is None else root.ts
        said = await self.api.call("chat.postMessage", channel=self.channel.id, thread_ts=thread, **more)
        return self.slack.message(self.channel, str(said["ts"]))


@asynccontextmanager
async def hearing(slack: Double, state: Path, clock: Clock | None = None, **chosen: Any) -> AsyncIterator[Hearing]:
    """A hearing on a fresh channel of a double, whose limits are off."""
    slack.limits.off()
    now = clock or WallClock()
    settings = settings_on(slack, state, **chosen)
    async with AsyncExitStack() as stack:
        api = Api(settings, now)
        api.pacing.second = 0.0
        await api.open(stack)
        one = Hearing(slack, slack.channel("blog"), settings, api, now)
        slack.world.listeners.append(one.hear)
        yield one
        await one.people.close()


def meant(raws: Sequence[RawEvent]) -> list[Event]:
    """What raw events mean to the core; all of them mean something."""
    events = [interpret(raw) for raw in raws]
    assert None not in events
    return [event for event in events if event is not None]


def kinds(raws: Sequence[RawEvent]) -> list[str]:
    """Of what kind raw events are."""
    return [str(json.loads(raw.body)["kind"]) for raw in raws]
