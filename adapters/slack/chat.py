"""Slack as the core sees it: the `Chat` port, each part of which has a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from adapters.slack import cards, meaning
from adapters.slack.api import Api
from adapters.slack.commands import Commands
from adapters.slack.ear import Ear
from adapters.slack.interactions import Interactions
from adapters.slack.joining import join
from adapters.slack.listening import Listening
from adapters.slack.messages import Messages
from adapters.slack.people import People
from adapters.slack.receipts import Receipts
from adapters.slack.scopes import lacking
from adapters.slack.settings import Settings, settings
from adapters.slack.threads import Threads
from bridge.chats.rooms import Rooms
from bridge.chats.unsettled import SETTLES
from bridge.model import (
    Card,
    ChatLimits,
    Desk,
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

ABILITIES = frozenset(ChatAbility)
REACTING = frozenset({"reactions:read", "reactions:write"})
"""The scopes that receipts take: what stands is looked at before it is changed."""
WITHOUT_REACTIONS = ABILITIES - {ChatAbility.RECEIPT, ChatAbility.WORDS}
"""Without the scope for reactions, so that the core says what became of an answer."""
LIMITS = ChatLimits(key_window=0.0, settle_after=SETTLES, thread_window=0.0, tells_past=False)
"""Slack knows no keys of ours: what may have happened is looked for once it cannot happen any more."""


def from_config(table: Table, surroundings: Surroundings) -> SlackChat:
    """Read the chat's settings; problems go to the table."""
    return SlackChat(settings(table, surroundings), surroundings)


class SlackChat:
    """The adapter."""

    def __init__(self, chosen: Settings, surroundings: Surroundings) -> None:
        self.settings = chosen
        self.surroundings = surroundings
        self.rooms = Rooms()
        self.api = Api(chosen, surroundings.clock)
        self.people = People(self.api)
        self._threads = Threads(self.api)
        links = chosen.attachments == "link"
        self._messages = Messages(self.api, self.people, self._threads.history, links=links)
        self._receipts = Receipts(self.api)
        self._listening = Listening(
            chosen, self.api, surroundings, self.rooms, self.people,
            Ear(self.api, self.people, self.rooms, chosen),
            Interactions(chosen, self.api, self.rooms, self.people, surroundings.office),
            Commands(chosen, surroundings.office, self.api),
        )  # fmt: skip

    def desks(self, rooms: Mapping[RoomId, Desk]) -> None:
        """See `bridge.ports.OffersModeration`."""
        self.rooms.desks = {RoomId(self.api.moved.known(room)): desk for room, desk in rooms.items()}

    def speakers(self, rooms: Mapping[RoomId, frozenset[str]]) -> None:
        """See `bridge.ports.OffersForms`."""
        self.rooms.speakers = {RoomId(self.api.moved.known(room)): who for room, who in rooms.items()}

    async def open(self, stack: AsyncExitStack) -> ChatReady:
        """Log in with the bot's token; what it can do depends on the scopes that it was given."""
        await self.api.open(stack)
        stack.push_async_callback(self.people.close)
        absent_from: list[str] = []
        if not self.surroundings.looking:
            await self.people.fill()
            absent_from = await join(self.api, self.rooms.known)
        granted = self.api.scopes
        absent = lacking(granted) if granted else ()  # something between us and Slack may have dropped the header
        said = () if self.surroundings.looking else absent  # `examine` says it there, with what to do
        remarks = [f"the app lacks the scope {scope.name}: {scope.without}" for scope in said]
        told = [remark for remark in (*remarks, *absent_from, self.api.clocks.remark) if remark is not None]
        reacts = REACTING.isdisjoint(scope.name for scope in absent)
        abilities = ABILITIES if reacts else WITHOUT_REACTIONS
        return ChatReady(abilities, LIMITS, Guarantee.ONE_AFTER_A_SWEEP, tuple(told))

    async def examine(self) -> Sequence[Finding]:
        """See `bridge.ports.Examines`."""
        from adapters.slack.examining import examine  # which a daemon never needs

        return await examine(self.settings, self.api, self.rooms, self.surroundings.clock)

    def gauges(self) -> Mapping[str, float]:
        """See `bridge.ports.Gauges`."""
        return self._listening.gauges()

    # --- Threads and our own messages -----------------------------------------------------------------------

    def render(self, card: Card) -> tuple[Part, ...]:
        """Put a card into messages; no visitor bears the name of a person of this workspace."""
        return cards.render(card, self.people.taken())

    def render_form(self, card: FormCard) -> tuple[Part, ...]:
        """Put what a form sent into messages."""
        return cards.render_form(card)

    async def start_thread(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        """Say the post's card, on which its thread hangs."""
        return await self._threads.start(room, card, key)

    async def find_thread(self, room: RoomId, card: PostCard, key: Key, since: float) -> ThreadId | None:
        """The thread whose first message carries the key."""
        return await self._threads.find(room, key, since)

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
        """Make the receipt's reactions our own reactions on a person's message, and say its reason to them."""
        await self._receipts.show(thread, message, receipt)

    async def read(self, thread: ThreadId, message: MessageId) -> Written | None:
        """A person's message as it stands at this moment."""
        return await self._messages.read(thread, message)

    # --- What people do -------------------------------------------------------------------------------------

    async def listen(self, since: str | None, record: Record) -> None:
        """Record what happens, from the watermark `since` on."""
        await self._listening.listen(since, record)

    def interpret(self, raw: RawEvent) -> Event | None:
        """What a raw event means; when it happened is told by our clock."""
        event = meaning.interpret(raw)
        return None if event is None else replace(event, at=self.api.clocks.ours(event.at))
