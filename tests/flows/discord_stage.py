"""The three loops with the real adapter of Discord before the double: see `chat_stage`.

async with discord_stage(tmp_path) as stage:
    await stage.begun()  # a visitor's comment stands in the thread of its post
    stage.ada.write(stage.thread(), …)  # and people do what people do
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.discord.chat import DiscordChat
from adapters.discord.double import permissions
from adapters.discord.double.messages import is_plain
from adapters.discord.double.things import Channel, Message, Role
from adapters.discord.settings import Settings
from bridge.model import AccountName, ChatName, PersonId, Place, Relay, RoomId
from bridge.ports import ChatReady, Surroundings
from bridge.testing.stage import route
from tests.flows.chat_side import NO_ANSWER, Side
from tests.flows.chat_stage import HOLD, ChatStage, Solo, plain
from tests.flows.leaping_clock import LeapingClock
from tests.servers.discord_double import Double, Person, discord_double

CHAT = ChatName("discord")
HEARTBEAT = 1_000
"""Milliseconds: so that a minute's leaps are not taken for silence."""
PACE = 0.05
"""How much shorter Discord's limits are: discord.py waits for them by the wall's time."""


class DiscordSide(Side[Message]):
    """A server in which Ada speaks for the blog, Mo moderates and Gus just talks. `chosen`: settings of the chat."""

    chat_name = CHAT

    def __init__(
        self, discord: Double, *, forum: bool = False, tags: Sequence[str] = (), by_role: bool = False, **chosen: Any
    ) -> None:
        self.discord, self.chosen = discord, chosen
        self.channel = discord.forum("blog", *tags) if forum else discord.channel("blog")
        if chosen.get("identity") == "webhook":
            discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS
        self.backroom = discord.channel("backroom", private=True)
        self.authors: Role = discord.role("Authors")
        self.ada: Person = discord.member("Ada", *([self.authors] if by_role else []))
        self.gus: Person = discord.member("Gus")
        self.mod: Person = discord.member("Mo")
        self.adapter: DiscordChat
        speakers = {f"@{self.authors.id}" if by_role else self.ada.id: AccountName("ada")}
        self.public = Place(CHAT, RoomId(self.channel.id), speakers, () if by_role else (PersonId(self.ada.id),))
        moderators = {self.mod.id: AccountName("ada")}
        self.desk = Place(CHAT, RoomId(self.backroom.id), moderators, (), moderators, desk=True)

    def build(self, surroundings: Surroundings) -> DiscordChat:
        settings = Settings(
            CHAT, self.discord.token, surroundings.state, api=self.discord.api, gateway=self.discord.gateway,
            **self.chosen,
        )  # fmt: skip
        self.adapter = DiscordChat(settings, surroundings)
        self._hurry_requests()
        return self.adapter

    def _hurry_requests(self) -> None:
        """Have requests given up early; not the login, which on a busy machine takes its time."""
        opened = self.adapter.open

        async def open_(stack: AsyncExitStack) -> ChatReady:
            ready = await opened(stack)
            self.adapter.api._sender.patience = NO_ANSWER
            return ready

        self.adapter.open = open_  # type: ignore[method-assign]

    @property
    def connected(self) -> bool:
        return self.discord.gate.connected

    def seen(self) -> object:
        gate, book = self.discord.gate, self.discord.requests
        told = [session.seq for session in gate.sessions.values()]
        return len(book), sum(one.status != 0 for one in book), told, len(gate.wires)

    # Looking ----------------------------------------------------------------------------------------------------------

    def thread(self, title: str = "First post") -> Channel:
        """The only thread of that post in the public room."""
        (found,) = [one for one in self.discord.threads(self.channel) if one.name == title]
        return found

    def threads(self) -> list[Channel]:
        """Every thread of the public room."""
        return self.discord.threads(self.channel)

    def named(self, title: str) -> int:
        return sum(one.name == title for one in self.threads())

    def standing(self) -> list[Message]:
        return [one for thread in self._all_threads() for one in self.ours_in(thread)]

    def words(self, message: Message) -> str:
        return message.content

    def _all_threads(self) -> list[Channel]:
        return [*self.discord.threads(self.channel), *self.discord.threads(self.backroom)]

    def ours_in(self, thread: Channel) -> list[Message]:
        """What we have said in a thread that stands, without what opens it, and what only one person was told."""
        found = sorted(self.discord.world.messages[thread.id].values(), key=lambda one: int(one.id))
        bot = self.discord.bot.id
        return [
            one for one in found
            if is_plain(one) and one.id != thread.id and bot in {one.author.id, one.application} and not one.seen_by
        ]  # fmt: skip

    def receipt(self, message: Message) -> set[str]:
        there = self.discord.world.messages[message.channel].get(message.id, message)
        return {plain(emoji) for emoji, who in there.reactions.items() if self.discord.bot.id in who}

    def custom_id(self, message: Message, label: str) -> str:
        """The id of the button that is labelled so."""
        buttons = [one for row in message.components for one in row["components"]]
        return next(str(one["custom_id"]) for one in buttons if one["label"] == label)

    def labels(self, message: Message) -> list[str]:
        """What a message's buttons say."""
        return [str(one["label"]) for row in message.components for one in row["components"]]

    # What Ada does ----------------------------------------------------------------------------------------------------

    def answer(self, words: str, card: Message) -> Message:
        return self.ada.write(self.discord.world.channels[card.channel], words, reply_to=card)

    async def answer_by_form(self, words: str, card: Message) -> None:
        await self.ada.submit(await self.ada.click(card, self.custom_id(card, "Answer")), words)


class DiscordStage(DiscordSide, Solo[Message]):
    """A house with a fake blog `garden` and one Discord."""

    def __init__(
        self, discord: Double, folder: Path, clock: LeapingClock, *, relay: Relay = Relay.AUTHORS,
        moderated: bool = False, first_run: int = 0, **chosen: Any,
    ) -> None:  # fmt: skip
        DiscordSide.__init__(self, discord, **chosen)
        desks = [self.desk] if moderated else []
        routes = [route(self.public, relay=relay, hold=HOLD, desks=desks)]
        ChatStage.__init__(self, [self], folder, clock, routes, first_run=first_run)


@asynccontextmanager
async def leaping_discord(clock: LeapingClock) -> AsyncIterator[Double]:
    """A double for a stage, of one clock with it."""
    async with discord_double(clock=clock, pace=PACE) as discord:
        discord.gate.heartbeat = HEARTBEAT
        yield discord


@asynccontextmanager
async def discord_stage(folder: Path, *, started: bool = True, **fields: Any) -> AsyncIterator[DiscordStage]:
    """A stage on a double of its own."""
    clock = LeapingClock()
    async with leaping_discord(clock) as discord:
        stage = DiscordStage(discord, folder, clock, **fields)
        if started:
            await stage.start()
        try:
            yield stage
        finally:
            await stage.end()
