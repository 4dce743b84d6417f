"""What the gateway's frames tell: raw events of people's doings and of our own messages, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from adapters.discord import events
from adapters.discord.events import Payload, Us
from adapters.discord.line import Frame
from adapters.discord.places import Places
from bridge.model import RawEvent
from bridge.ports import Clock

log = logging.getLogger(__name__)

_AS_EMOJI = "\ufe0f"
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a description that is not as Discord documents it can bring about."""
THREADS = 5_000
"""Threads whose newest event is remembered."""


@dataclass(slots=True)
class Hearing:
    """Makes raw events of frames, in order. `mark` is the reaction by which people mark their own messages."""

    us: Us
    places: Places
    mark: str
    clock: Clock
    _newest: dict[str, int] = field(default_factory=dict)

    def heeds(self, name: str, data: Payload) -> bool:
        """Take in where something happened; whether it may have to be recorded. To be asked of all, in order."""
        try:
            self.places.learn(name, data)
            return self._concerns(name, data)
        except UNREADABLE as error:
            log.warning("Discord told of %s in a way that nobody can read: %r", name, error)
            return False

    def told(self, frame: Frame, data: Payload) -> list[RawEvent]:
        """Make of a frame what is to be recorded. One that nobody can read is logged, and tells nothing."""
        try:
            raws = [raw for raw in self._read(frame, data) if raw is not None]
        except UNREADABLE as error:
            log.warning("Discord told of %s in a way that nobody can read: %r", frame.name, error)
            return []
        for raw in raws:
            self.note(raw)
        return raws

    def note(self, raw: RawEvent) -> None:
        """Remember how far a thread has come."""
        self._newest[raw.thread] = max(raw.order, self._newest.pop(raw.thread, 0))
        if len(self._newest) > THREADS:
            del self._newest[next(iter(self._newest))]

    def after(self, thread: str, message: str) -> int:
        """The order of what happens to a message now: behind all that was heard of its thread."""
        return max(int(message), self._newest.get(thread, 0)) + 1

    def is_mark(self, emoji: Payload) -> bool:
        """Whether it is the mark; Discord writes some emojis with a variation selector, and some without."""
        name, wanted = (str(words or "").replace(_AS_EMOJI, "") for words in (emoji.get("name"), self.mark))
        return emoji.get("id") is None and name == wanted

    def _concerns(self, name: str, data: Payload) -> bool:
        match name:
            case "MESSAGE_CREATE":
                return events.is_ours(self.us, data) or (self._counts(data) and events.is_persons(data))
            case "MESSAGE_UPDATE":
                return self._counts(data) and events.is_persons(data)
            case "MESSAGE_DELETE" | "MESSAGE_DELETE_BULK":
                return self._counts(data)
            case "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE":
                return self.is_mark(data["emoji"]) and self._counts(data)
        return False

    def _counts(self, data: Payload) -> bool:
        return "guild_id" in data and self.places.counts(str(data["channel_id"]), str(data["guild_id"]))

    def _read(self, frame: Frame, data: Payload) -> Iterable[RawEvent | None]:
        match frame.name:
            case "MESSAGE_CREATE":
                return [self._written(data)]
            case "MESSAGE_UPDATE":
                return [events.edited(self.us, data, names=self.places.names)]
            case "MESSAGE_DELETE" | "MESSAGE_DELETE_BULK":
                return self._deleted(data)
            case "MESSAGE_REACTION_ADD" | "MESSAGE_REACTION_REMOVE":
                return self._reacted(frame, data)
        return ()

    def _written(self, message: Payload) -> RawEvent | None:
        if not events.is_ours(self.us, message):
            return events.written(self.us, message, names=self.places.names)
        # The message on which a thread in a text channel hangs stands in the channel, and has the thread's id.
        channel = str(message["channel_id"])
        return events.ours(message, str(message["id"]) if self.places.is_room(channel) else channel)

    def _deleted(self, data: Payload) -> Iterable[RawEvent]:
        thread = str(data["channel_id"])
        for id in data["ids"] if "ids" in data else (data["id"],):
            yield events.erased(thread, str(id), self.after(thread, id), self.clock.now())

    def _reacted(self, frame: Frame, data: Payload) -> Iterable[RawEvent]:
        person, message, thread = str(data["user_id"]), str(data["message_id"]), str(data["channel_id"])
        if str(data.get("message_author_id") or person) == person != self.us.user:
            member = data.get("member") or {}
            by = events.writer_of({"id": person, **(member.get("user") or {})}, member)
            nature, on = f"{frame.session}:{frame.seq}", frame.name == "MESSAGE_REACTION_ADD"
            yield events.marked(thread, message, by, on, nature, self.after(thread, message), self.clock.now())
