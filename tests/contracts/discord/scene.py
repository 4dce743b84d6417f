"""A channel of the double with the real adapter in it, and a person who uses Discord without Backchat."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.discord import payloads, webhooks
from adapters.discord.chat import DiscordChat
from adapters.discord.double import permissions
from adapters.discord.double.messages import Allowed
from adapters.discord.double.things import Channel, Message
from adapters.discord.markup import parse
from adapters.discord.settings import Settings
from bridge.chats import pressed
from bridge.clock import WallClock
from bridge.model import Choice, Key, MessageId, Part, PersonId, RoomId, ThreadId
from bridge.ports import Clock, Surroundings
from bridge.testing.clock import DrivenClock
from bridge.text.tree import plain
from tests.contracts import chat_scene
from tests.servers.discord_double import Double, Person, discord_double

KEY = Key("abcdefghijklmnopqrstuvwx")
"""Stands in for a key where only the look of a message matters."""


def chat_on(discord: Double, state: Path, clock: Clock | None = None, **chosen: Any) -> DiscordChat:
    """The adapter, pointed at a double, not opened yet."""
    table = Settings("discord", discord.token, state, api=discord.api, gateway=discord.gateway, **chosen)
    return DiscordChat(table, Surroundings("discord", clock or WallClock(), state, "tests"))


@dataclass(slots=True)
class DiscordScene:
    """See `bridge.testing.chat_contract.ChatScene`. `calls`: the person writes to the bot, which reads nothing else."""

    discord: Double
    channel: Channel
    ada: Person
    eve: Person
    state: Path
    chosen: dict[str, Any] = field(default_factory=dict)
    calls: bool = False
    chat: DiscordChat = field(init=False)
    clock: Clock = field(default_factory=WallClock)

    def __post_init__(self) -> None:
        self.chat = chat_on(self.discord, self.state, self.clock, **self.chosen)

    @property
    def room(self) -> RoomId:
        return RoomId(self.channel.id)

    @property
    def person(self) -> PersonId:
        return PersonId(self.ada.id)

    @property
    def secrets(self) -> Sequence[str]:
        return (self.discord.token, *(webhook.token for webhook in self.discord.world.webhooks.values()))

    def thread(self, thread: ThreadId) -> Channel:
        return self.discord.world.channels[thread]

    def message(self, thread: ThreadId, message: MessageId) -> Message:
        return self.discord.world.messages[thread][message]

    def ours(self, thread: ThreadId) -> list[Message]:
        """Our messages in a thread, without the one that opens it in a forum."""
        return [
            one for one in self.discord.messages(thread)
            if self.discord.bot.id in {one.author.id, one.application} and one.id != thread
        ]  # fmt: skip

    async def write(self, thread: ThreadId, words: str, reply_to: MessageId | None = None) -> MessageId:
        to = None if reply_to is None else self.message(thread, reply_to)
        words = f"<@{self.discord.bot.id}> {words}" if self.calls else words
        return MessageId(self.ada.write(self.thread(thread), words, reply_to=to).id)

    async def edit(self, thread: ThreadId, message: MessageId, words: str) -> None:
        self.ada.edit(self.message(thread, message), f"<@{self.discord.bot.id}> {words}" if self.calls else words)

    async def delete(self, thread: ThreadId, message: MessageId) -> None:
        self.eve.delete(self.message(thread, message))

    async def standing(self, thread: ThreadId) -> Sequence[tuple[MessageId, str]]:
        return [(MessageId(one.id), self._read(one.content, self._name(one))) for one in self.ours(thread)]

    def _name(self, message: Message) -> str:
        return message.author.name if message.webhook else ""

    def _read(self, content: str, name: str = "") -> str:
        return f"{name} {plain(parse(content))}"

    async def receipt(self, thread: ThreadId, message: MessageId) -> object:
        bot = self.discord.bot.id
        return sorted(name for name, who in self.message(thread, message).reactions.items() if bot in who) or None

    def shown(self, part: Part) -> str:
        """What people read, without the small print: in a text of several parts it stands between the words."""
        body = payloads.loaded(part)
        lines = payloads.shown(body, KEY)["content"].splitlines()
        return self._read("\n".join(line for line in lines if not line.startswith("-# ")))

    def fits(self, part: Part) -> bool:
        return len(payloads.shown(payloads.loaded(part), KEY)["content"]) <= 2_000

    def pings(self, part: Part) -> bool:
        """By what the double makes of what we allow: with nothing allowed it tells nobody, whatever the text says."""
        return Allowed.of(payloads.shown(payloads.loaded(part), KEY)["allowed_mentions"]) != Allowed(
            frozenset(), frozenset(), frozenset(), replied_user=False
        )

    def lose_answer(self) -> None:
        """aiohttp sends what is safe to repeat once more by itself where an old connection breaks: that breaks too.

        That a webhook is made is no effect that anybody waits for.
        """

        def hits(body: Any) -> bool:
            return body != {"name": webhooks.NAME} and (lost.hits == 0 or again())

        def again() -> bool:
            before, now = self.discord.requests[-2:]
            return now.method in {"PUT", "DELETE"} and (now.method, now.path) == (before.method, before.path)

        lost = self.discord.fail("[!G]*", "*", "reset", commits=True, times=2, when=hits)

    async def choose(self, thread: ThreadId, message: MessageId, choice: Choice, mark: str) -> None:
        button = pressed.name(pressed.Do(choice, mark))
        await self.ada.click(self.message(thread, message), button)

    async def send_form(self, thread: ThreadId, message: MessageId, words: str) -> None:
        form = await self.ada.click(self.message(thread, message), pressed.name(pressed.Answer()))
        await (await self.ada.submit(form, words)).spoke()

    async def refused_form(self, thread: ThreadId, message: MessageId) -> str:
        asked = await self.eve.click(self.message(thread, message), pressed.name(pressed.Answer()))
        assert asked.ephemeral
        return asked.words

    async def edit_form(self, thread: ThreadId, message: MessageId, words: str) -> None:
        form = await self.ada.click(self.message(thread, message), f"{pressed.LIKE_THIS}:change")
        await (await self.ada.submit(form, words)).spoke()

    async def take_back_form(self, thread: ThreadId, message: MessageId) -> None:
        await self.ada.click(self.message(thread, message), f"{pressed.LIKE_THIS}:back")

    async def restart(self, stack: AsyncExitStack) -> DiscordChat:
        chat = chat_on(self.discord, self.state, self.clock, **self.chosen)
        chat.desks(self.chat.rooms.desks)
        chat.speakers(self.chat.rooms.speakers)
        await chat.open(stack)
        return chat


async def scene_of(
    folder: Path, stack: AsyncExitStack, *, forum: bool = False, content: bool = True, clock: Clock | None = None,
    **chosen: Any,
) -> DiscordScene:  # fmt: skip
    """A fresh double with one channel, Ada who writes there, and Eve who may delete everything."""
    discord = await stack.enter_async_context(discord_double(clock=clock))
    channel = discord.forum("blog") if forum else discord.channel("blog")
    moderates = discord.role("Moderators", 1 << 13 | 1 << 34)
    ada, eve = discord.member("Ada"), discord.member("Eve", moderates)
    if not content:
        discord.take_content()
    if chosen.get("identity") == "webhook":
        discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS
    return DiscordScene(
        discord, channel, ada, eve, folder / "state", chosen, calls=not content, clock=clock or WallClock()
    )


class OpenScene(chat_scene.OpenScene[DiscordScene]):
    """What tests of the adapter have at hand, with its Discord."""

    @property
    def chat(self) -> DiscordChat:
        return self.scene.chat

    @property
    def discord(self) -> Double:
        return self.scene.discord

    def sent(self, method: str, path: str) -> list[int]:
        """How the requests to a route were answered."""
        return [one.status for one in self.discord.asked(method, path)]


@asynccontextmanager
async def opened(folder: Path, *, patience: float = 5.0, **fields: Any) -> AsyncIterator[OpenScene]:
    """A scene whose adapter is open. `patience`: seconds after which it gives a request up."""
    async with AsyncExitStack() as stack:
        clock = DrivenClock()
        scene = await scene_of(folder, stack, clock=clock, **fields)
        scene.chat.api.patience = patience
        await scene.chat.open(stack)
        yield OpenScene(scene, clock, stack)
