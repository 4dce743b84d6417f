"""Discord as the core sees it: the `Chat` port, each part of which has a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from adapters.discord import cards, meaning
from adapters.discord.api import Api
from adapters.discord.commands import Commands
from adapters.discord.interactions import Interactions
from adapters.discord.listening import Listening
from adapters.discord.messages import Messages
from adapters.discord.receipts import Receipts
from adapters.discord.settings import Settings, settings
from adapters.discord.threads import Threads
from adapters.discord.webhooks import Webhooks
from bridge.chats.rooms import Rooms
from bridge.chats.unsettled import SETTLES
from bridge.model import (
    Card,
    ChatLimits,
    Desk,
    Edited,
    Event,
    Finding,
    FormCard,
    Guarantee,
    Key,
    MessageId,
    Part,
    PostCard,
    RawEvent,
    Receipt,
    RoomId,
    ThreadId,
    Written,
)
from bridge.ports import ChatAbility, ChatReady, Record, Surroundings, Table

ABILITIES = frozenset(ChatAbility) - {ChatAbility.WORDS}
"""All but words: a reaction has none, so the core says them."""
WITHOUT_READING = ABILITIES - {ChatAbility.READ}
"""Without the Message Content intent the words of most messages are blank when they are asked for."""
KEY_WINDOW = 120.0
"""Seconds for which a nonce is taken to be known; Discord promises "a few minutes"."""
WITHOUT_CONTENT = (
    "Discord shows us only replies to Backchat's own messages, what forms send and what mentions the bot: switch on"
    " Message Content Intent for it in the developer portal, under Bot, to let people write freely"
)


def from_config(table: Table, surroundings: Surroundings) -> DiscordChat:
    """Read the chat's settings; problems go to the table."""
    return DiscordChat(settings(table, surroundings), surroundings)


class DiscordChat:
    """The adapter."""

    def __init__(self, chosen: Settings, surroundings: Surroundings) -> None:
        self.settings = chosen
        self.surroundings = surroundings
        self.rooms = Rooms()
        self.api = Api(chosen, surroundings.clock)
        self.webhooks = Webhooks(self.api)
        self._messages = Messages(self.api, self.webhooks, self.rooms, lambda: self._listening.names)
        self._threads = Threads(self.api)
        self._receipts = Receipts(self.api)
        self._commands = Commands(chosen, self.rooms, surroundings.office)
        self._interactions = Interactions(
            self.rooms, self._commands, surroundings.clock, links=chosen.attachments == "link"
        )
        self._listening = Listening(chosen, self.api, surroundings, self.rooms, self._interactions)

    def desks(self, rooms: Mapping[RoomId, Desk]) -> None:
        """See `bridge.ports.OffersModeration`."""
        self.rooms.desks = dict(rooms)

    def speakers(self, rooms: Mapping[RoomId, frozenset[str]]) -> None:
        """See `bridge.ports.OffersForms`."""
        self.rooms.speakers = dict(rooms)

    async def open(self, stack: AsyncExitStack) -> ChatReady:
        """Log in with the bot's token, and tell Discord of our commands; what it can do depends on how it speaks."""
        await self.api.open(stack)
        untold = None if self.surroundings.looking else await self._commands.sync(self.api, self.api.application)
        by_bot = self.settings.identity == "bot"
        limits = ChatLimits(
            key_window=KEY_WINDOW if by_bot else 0.0, settle_after=SETTLES, thread_window=0.0, tells_past=False
        )
        one = by_bot and not await self._threads.any_forum(self.rooms.known)
        abilities, remarks = (ABILITIES, []) if self.api.reads_content else (WITHOUT_READING, [WITHOUT_CONTENT])
        guarantee = Guarantee.ONE if one else Guarantee.ONE_AFTER_A_SWEEP
        told = [remark for remark in (*remarks, untold, self.api.clocks.remark) if remark is not None]
        return ChatReady(abilities, limits, guarantee, tuple(told))

    async def examine(self) -> Sequence[Finding]:
        """See `bridge.ports.Examines`."""
        from adapters.discord.examining import examine  # which a daemon never needs

        return await examine(self.settings, self.api, self.rooms, self.surroundings.clock)

    # --- Threads and our own messages -----------------------------------------------------------------------

    def render(self, card: Card) -> tuple[Part, ...]:
        """Put a card into messages of at most 2,000 characters."""
        return cards.render(card, self.settings)

    def render_form(self, card: FormCard) -> tuple[Part, ...]:
        """Put what a form sent into messages."""
        return cards.render_form(card)

    async def start_thread(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        """Say the post's card in a text channel and open a thread on it, or write a forum post."""
        return await self._threads.start(room, card, key)

    async def find_thread(self, room: RoomId, card: PostCard, key: Key, since: float) -> ThreadId | None:
        """The thread whose first message carries the key, finished if it was only begun."""
        return await self._threads.find(room, card, key, since)

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        """Write one message of ours."""
        return await self._messages.say(thread, part, key)

    async def find(self, thread: ThreadId, keys: Sequence[Key], since: float) -> Mapping[Key, MessageId]:
        """Which of these keys stand in the thread."""
        return await self._messages.find(thread, keys, since)

    async def edit(self, thread: ThreadId, message: MessageId, part: Part) -> None:
        """Replace a message of ours, which keeps its key."""
        await self._messages.edit(thread, message, part)

    async def erase(self, thread: ThreadId, message: MessageId) -> None:
        """Delete a message of ours."""
        await self._messages.erase(thread, message)

    async def show(self, thread: ThreadId, message: MessageId, receipt: Receipt | None) -> None:
        """Make the receipt's reactions our own reactions on a person's message."""
        await self._receipts.show(thread, message, receipt)

    async def read(self, thread: ThreadId, message: MessageId) -> Written | None:
        """A person's message as it stands at this moment."""
        return await self._messages.read(thread, message)

    # --- What people do -------------------------------------------------------------------------------------

    async def listen(self, since: str | None, record: Record) -> None:
        """Record what happens, from the watermark `since` on."""
        await self._listening.listen(since, record)

    def interpret(self, raw: RawEvent) -> Event | None:
        """What a raw event means; when something was said is told by our clock."""
        event = meaning.interpret(raw)
        if isinstance(event, Written | Edited):
            return replace(event, at=self.api.clocks.ours(event.at))
        return event
