"""The real adapter listening to the double, and waiting for what it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapters.discord.double.things import Channel, Message
from bridge.model import Desk, Event, Key, MessageId, RawEvent, ThreadId
from bridge.ports import Clock
from bridge.testing.chat_contract import Ear, post_card
from bridge.testing.clock import DrivenClock
from tests.contracts.chat_waiting import HastyClock
from tests.contracts.discord.scene import DiscordScene, chat_on, scene_of


class WatchedClock(DrivenClock):
    """A clock that a test drives, and that tells who has waited for what."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        self.waits.append(seconds)
        await super().wait(seconds, wake)


@dataclass(slots=True)
class Told(Ear):
    """Keeps besides whether the core was told that it misses something, in order with being caught up.

    `gaps` are the messages that could not be read.
    """

    said: list[str] = field(default_factory=list)
    gaps: int = 0

    async def record(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        """Keep what is recorded."""
        self.gaps += gap
        self.said += (["missed"] if missed else []) + (["caught up"] if caught_up else [])
        await Ear.record(self, events, watermark, caught_up, missed=missed, gap=gap)

    def of(self, message: Message) -> list[Event]:
        """What was recorded of a message."""
        return self.about(MessageId(message.id))


@dataclass(slots=True)
class Listened:
    """A scene whose adapter is open and knows its room, a thread of ours in it, and an ear."""

    scene: DiscordScene
    thread: ThreadId
    stack: AsyncExitStack
    keys: int = 0

    @property
    def there(self) -> Channel:
        """The thread, as people see it."""
        return self.scene.thread(self.thread)

    def ear(self) -> Told:
        """An ear that has heard nothing."""
        return Told(self.scene.chat)

    def write(self, words: str, *, reply_to: Message | None = None) -> Message:
        """Ada writes in the thread."""
        return self.scene.ada.write(self.there, words, reply_to=reply_to)

    async def another(self, post: str) -> Channel:
        """Another thread of ours."""
        self.keys += 1
        key = Key(f"{'xyz'[self.keys % 3]}{'b' * 23}")
        return self.scene.thread(await self.scene.chat.start_thread(self.scene.room, post_card(post), key))


@asynccontextmanager
async def listened(folder: Path, *, clock: Clock | None = None, known: bool = True) -> AsyncIterator[Listened]:
    """A fresh double with the adapter open on it; `known`: the adapter was told of its room, where a role moderates."""
    async with AsyncExitStack() as stack:
        scene = await scene_of(folder, stack)
        scene.clock = clock or HastyClock()
        scene.chat = chat_on(scene.discord, scene.state, scene.clock)
        if known:
            scene.chat.desks({scene.room: Desk(frozenset({"@1"}), closed=False)})
        await scene.chat.open(stack)
        thread = await scene.chat.start_thread(scene.room, post_card(), Key("thread" * 4))
        yield Listened(scene, thread, stack)
