"""A chat in memory that behaves as real ones do, for tests of the core and of third parties."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.errors import Refused, ThreadLost
from bridge.model import (
    Card,
    ChatLimits,
    Choice,
    Desk,
    Edited,
    Erased,
    Event,
    FormCard,
    Guarantee,
    Key,
    Marked,
    MessageId,
    Moderated,
    ModerationCard,
    Notice,
    Part,
    PersonId,
    PostCard,
    RawEvent,
    Receipt,
    RoomId,
    ThreadId,
    Writer,
    Written,
)
from bridge.ports import ChatAbility, ChatReady, Clock, Record
from bridge.testing.faults import Line
from bridge.text.tree import dump, load, paragraph, plain

EVERYTHING = frozenset(ChatAbility)
_FORM = "\x1e\x1f"
"""Before the id of the form that a message of ours shows, which nobody reads."""
_OFFER = "\x1e"
"""Between the words of a message and what its moderators can do about it, which nobody else reads."""


@dataclass(slots=True)
class Message:
    """A message as the fake chat keeps it."""

    thread: ThreadId
    writer: str
    body: str
    key: str | None = None
    deleted: bool = False
    receipt: Receipt | None = None
    receipts: list[Receipt | None] = field(default_factory=list)


class FakeChat:
    """Rooms, threads and messages. Our own messages come back as events, before their sender hears of them.

    `key_window`: whether (and how long, in seconds) a repeated key returns the first message, or (`thread_window`) the
    first thread. `tells_past`: whether who listens again is told of edits, deletions and choices of the time between.
    `part_size`: how many characters a message takes; longer cards are split.
    """

    def __init__(
        self, clock: Clock, *, abilities: frozenset[ChatAbility] = EVERYTHING, key_window: float = math.inf,
        thread_window: float = math.inf, tells_past: bool = True, part_size: int = 10_000,
    ) -> None:  # fmt: skip
        self.clock = clock
        self.abilities = abilities
        self.limits = ChatLimits(key_window, 5.0, thread_window=thread_window, tells_past=tells_past)
        self.part_size = part_size
        self.threads: dict[ThreadId, PostCard] = {}
        self.rooms: dict[ThreadId, RoomId] = {}
        self.messages: dict[MessageId, Message] = {}
        self.line = Line()
        self.log: list[RawEvent] = []
        self.deaf = False
        self.moderated: dict[RoomId, Desk] = {}
        self.listed: dict[RoomId, frozenset[str]] = {}
        self._keys: dict[Key, Any] = {}
        self._made: dict[Key, float] = {}
        self.roles: dict[str, Sequence[str]] = {}
        self._forms: dict[MessageId, ThreadId] = {}
        self._moved = asyncio.Event()

    # What people do in the chat --------------------------------------------------------------------------------------

    def write(
        self, thread: ThreadId, words: str, *, who: str = "ada", reply_to: MessageId | None = None,
        addressed: MessageId | None = None, roles: Sequence[str] = (), to_person: bool = False, system: bool = False,
    ) -> MessageId:  # fmt: skip
        """A person writes; the message's id."""
        id = self._message(thread, who, words, None)
        self.roles[who] = tuple(roles)
        self._event("written", id, {
            "words": words, "who": who, "reply_to": reply_to, "addressed": addressed, "roles": list(roles),
            "to_person": to_person, "system": system,
        })  # fmt: skip
        return id

    def edit_message(self, id: MessageId, words: str) -> None:
        """A person edits their message, with the `roles` that they have by now."""
        self.messages[id].body = words
        who = self.messages[id].writer
        self._event("edited", id, {"words": words, "who": who, "roles": list(self.roles.get(who, ()))})

    def delete(self, id: MessageId) -> None:
        """A person deletes a message, theirs or ours."""
        self.messages[id].deleted = True
        self._event("erased", id, {})

    def send_form(
        self, about: MessageId, words: str, *, who: str = "ada", roles: Sequence[str] = (),
        thread: ThreadId | None = None,
    ) -> MessageId:  # fmt: skip
        """A person fills in the form of a message of ours; what they sent stands nowhere but in our own copy.

        `thread`: where they sent it from, if not where the message stands.
        """
        id = MessageId(f"form:{len(self.log)}")
        place = self.messages[about].thread if thread is None else thread
        self.roles[who] = tuple(roles)
        fields = {"words": words, "who": who, "reply_to": about, "roles": list(roles), "form": True}
        self._event("written", id, fields, place)
        self._forms[id] = place
        return id

    def ask_for_form(self, about: MessageId, *, who: str) -> str | None:
        """A person asks for the form of a message of ours; why they do not get it, None if they do."""
        listed = self.listed.get(self.rooms[self.messages[about].thread], frozenset())
        return None if who in listed else "Only authors can answer here."

    def form_of(self, copy: MessageId) -> MessageId:
        """The form that our copy of what it sent offers to change."""
        return MessageId(self.messages[copy].body.partition(_FORM)[2])

    def edit_form(self, id: MessageId, words: str, *, who: str = "ada") -> None:
        """A person sends other words for what they sent by a form."""
        fields = {"words": words, "who": who, "roles": list(self.roles.get(who, ()))}
        self._event("edited", id, fields, self._forms[id])

    def take_back_form(self, id: MessageId, *, who: str = "ada") -> None:
        """A person takes back what they sent by a form."""
        self._event("erased", id, {"by": who}, self._forms[id])

    def delete_thread(self, id: ThreadId) -> None:
        """A person deletes a thread with everything in it; platforms tell nothing of the messages."""
        del self.threads[id]
        for message in self.messages.values():
            message.deleted = message.deleted or message.thread == id

    def mark(self, id: MessageId, *, who: str = "ada", on: bool = True) -> None:
        """A person marks a message to be published."""
        self._event("marked", id, {"who": who, "on": on})

    def choose(
        self, id: MessageId, choice: Choice, *, who: str = "mod", roles: Sequence[str] = (), mark: str | None = None
    ) -> None:
        """A person chooses what is to become of the comment that a message shows; with the mark that it bears now."""
        borne = self.offer(id)[1] if mark is None else mark
        self._event("moderated", id, {"who": who, "roles": list(roles), "choice": choice, "mark": borne})

    def offer(self, id: MessageId) -> tuple[tuple[Choice, ...], str]:
        """What moderators can do about a message, and the mark that it bears."""
        told = self.messages[id].body.partition(_OFFER)[2]
        choices, mark = json.loads(told) if told else ((), "")
        return tuple(Choice(choice) for choice in choices), str(mark)

    def tell_again(self) -> None:
        """The platform tells everything once more, under new event ids and old natures."""
        for event in list(self.log):
            self.log.append(
                RawEvent(f"again-{len(self.log)}", event.natural_key, event.thread, event.order, event.body)
            )
        self._moved.set()

    def standing(self, thread: ThreadId | None = None) -> list[str]:
        """The words of our messages that stand, in order."""
        return [
            words_of(m.body)
            for m in self.messages.values()
            if m.writer == "backchat" and not m.deleted and thread in (None, m.thread)
        ]

    def standing_in(self, room: str) -> list[str]:
        """The words of our messages that stand in a room, in order."""
        return [words for thread, there in self.rooms.items() if there == room for words in self.standing(thread)]

    def ours(self, words: str) -> MessageId:
        """Our standing message with these words in it."""
        return next(
            id for id, m in self.messages.items() if m.writer == "backchat" and not m.deleted and words in m.body
        )

    def thread(self, number: int = 0) -> ThreadId:
        """The id of the thread that was made as this one in order."""
        return list(self.threads)[number]

    def _message(self, thread: ThreadId, who: str, body: str, key: str | None) -> MessageId:
        id = MessageId(f"m{len(self.messages) + 1}")
        self.messages[id] = Message(thread, who, body, key)
        return id

    def _event(self, kind: str, id: MessageId, fields: dict[str, Any], thread: ThreadId | None = None) -> None:
        number = len(self.log)
        thread = self.messages[id].thread if thread is None else thread
        body = json.dumps({"kind": kind, "message": id, "at": self.clock.now(), **fields})
        self.log.append(RawEvent(f"e{number}", f"{kind}/{id}/{number}", thread, number, body))
        self._moved.set()

    # The port --------------------------------------------------------------------------------------------------------

    async def open(self, stack: AsyncExitStack) -> ChatReady:
        """Always possible."""
        return ChatReady(self.abilities, self.limits, Guarantee.ONE)

    def render(self, card: Card) -> tuple[Part, ...]:
        """Words, with the name in front of a comment's."""
        words = plain(card.text)
        if not isinstance(card, Notice):
            mark = " (author)" if card.by_author else ""
            to = f" to {card.in_reply_to.name}" if card.in_reply_to else ""
            words = f"{card.name}{mark}{to}: {words}"
        if isinstance(card, ModerationCard):
            why = f" [{card.held}]" if card.held else ""
            words = f"{card.decided or 'Waits'}{why}: {words}"
        return self._parts(words, _offer(card))

    def render_form(self, card: FormCard) -> tuple[Part, ...]:
        """Words, with the name and what became of it in front."""
        told = card.reason if card.receipt is None else f"{card.receipt.state} {card.receipt.reason or ''}".strip()
        return self._parts(f"{card.name} by form [{told}]: {plain(card.text)}", f"{_FORM}{card.form}")

    def _parts(self, words: str, last: str) -> tuple[Part, ...]:
        """Split what is too long for one message; `last` is behind the last one, and nobody reads it."""
        size = self.part_size
        cuts = range(0, max(len(words), 1), size)
        return tuple(Part(words[at : at + size] + (last if at == cuts[-1] else "")) for at in cuts)

    def desks(self, rooms: Mapping[RoomId, Desk]) -> None:
        """Remember who may moderate where; the fake asks nobody who they are."""
        self.moderated = dict(rooms)

    def speakers(self, rooms: Mapping[RoomId, frozenset[str]]) -> None:
        """Remember who may answer where; the fake asks nobody who they are."""
        self.listed = dict(rooms)

    async def start_thread(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        """Resumable by key."""

        def effect() -> ThreadId:
            if not self._known(key, self.limits.thread_window):
                id = ThreadId(f"t{len(self.rooms) + 1}")
                self._remember(key, id)
                self.threads[id] = card
                self.rooms[id] = room
            return ThreadId(self._keys[key])

        return await self.line.carry(effect)

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        """The echo is in the log before this returns."""
        if thread not in self.threads:
            raise ThreadLost("the thread was deleted")

        def effect() -> MessageId:
            if self._known(key, self.limits.key_window):
                return MessageId(self._keys[key])
            id = self._message(thread, "backchat", part.body, key)
            self._remember(key, id)
            self._event("written", id, {"words": part.body, "who": "backchat", "key": key})
            return id

        return await self.line.carry(effect)

    def _known(self, key: Key, window: float) -> bool:
        return key in self._keys and self.clock.now() < self._made[key] + window

    def _remember(self, key: Key, id: MessageId | ThreadId) -> None:
        self._keys[key], self._made[key] = id, self.clock.now()

    async def listen(self, since: str | None, record: Record) -> None:
        """Everything after the watermark, then what comes."""
        at = len(self.log) if since is None else int(since)
        await record([], str(at), False)
        past = len(self.log)
        while True:
            self._moved.clear()
            events = [] if self.deaf else self.log[at:]
            at += len(events)
            events = events if self.limits.tells_past else self._remembered(events, past)
            await record(events, str(at), not self.deaf)
            await self._moved.wait()

    def _remembered(self, events: Sequence[RawEvent], past: int) -> list[RawEvent]:
        """Of the log before `past` only what was written and stands, as it reads now."""
        told = []
        for event in events:
            body = json.loads(event.body)
            message = self.messages.get(body["message"])
            if event.order >= past:
                told.append(event)
            elif body["kind"] == "written" and message is not None and not message.deleted:
                told.append(replace(event, body=json.dumps({**body, "words": message.body})))
        return told

    def interpret(self, raw: RawEvent) -> Event | None:
        """From the fake's own JSON."""
        e = json.loads(raw.body)
        id, at = MessageId(e["message"]), float(e["at"])
        if e["kind"] == "erased":
            by = e.get("by")
            return Erased(raw.thread, id, at, None if by is None else Writer(PersonId(by), by.title()))
        writer = Writer(PersonId(e["who"]), e["who"].title(), frozenset(e.get("roles", ())))
        if e["kind"] == "moderated":
            return Moderated(raw.thread, id, writer, Choice(e["choice"]), e["mark"], at)
        if e["kind"] == "marked":
            return Marked(raw.thread, id, writer, at, e["on"])
        text = load(dump(paragraph(e["words"])))
        if e["kind"] == "edited":
            return Edited(raw.thread, id, writer, text, at)
        key = e.get("key")
        return Written(
            raw.thread, id, writer, text, at, e.get("reply_to"), e.get("addressed"), e.get("to_person", False),
            e.get("system", False), None if key is None else Key(key), e.get("form", False),
        )  # fmt: skip

    async def find_thread(self, room: RoomId, card: PostCard, key: Key, since: float) -> ThreadId | None:
        """By the keys under which threads were started."""
        made = self._made.get(key, -math.inf) >= since
        return ThreadId(self._keys[key]) if made and self._keys[key] in self.threads else None

    async def find(self, thread: ThreadId, keys: Sequence[Key], since: float) -> Mapping[Key, MessageId]:
        """By the keys that messages carry."""
        return {
            Key(m.key): id
            for id, m in self.messages.items()
            if m.key in keys and m.key is not None and m.thread == thread and not m.deleted
        }

    async def edit(self, thread: ThreadId, message: MessageId, part: Part) -> None:
        """Only what stands can be edited."""
        stored = self.messages[message]
        if stored.deleted:
            raise Refused("the message was deleted")

        def effect() -> None:
            stored.body = part.body

        await self.line.carry(effect)

    async def erase(self, thread: ThreadId, message: MessageId) -> None:
        """Gone is gone."""

        def effect() -> None:
            if not self.messages[message].deleted:
                self.delete(message)

        await self.line.carry(effect)

    async def show(self, thread: ThreadId, message: MessageId, receipt: Receipt | None) -> None:
        """Keeps every receipt that was shown, newest last."""

        def effect() -> None:
            self.messages[message].receipt = receipt
            self.messages[message].receipts.append(receipt)

        await self.line.carry(effect)

    async def read(self, thread: ThreadId, message: MessageId) -> Written | None:
        """As it stands now."""
        m = self.messages[message]
        if m.deleted:
            return None
        writer = Writer(PersonId(m.writer), m.writer.title(), frozenset(self.roles.get(m.writer, ())))
        return Written(thread, message, writer, paragraph(m.body), self.clock.now())


def _offer(card: Card) -> str:
    if isinstance(card, Notice) or not card.choices:
        return ""
    return _OFFER + json.dumps([card.choices, card.mark])


def words_of(body: str) -> str:
    """What people read of a message of ours."""
    return body.partition(_OFFER)[0]
