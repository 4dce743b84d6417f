"""What was said on Discord while nobody listened, read from its threads in the order in which it was said.

What still stands is told; deletions, choices, and marks taken off leave no trace there.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from adapters.discord import events
from adapters.discord.api import ApiRefusal
from adapters.discord.asking import Asking
from adapters.discord.doors import Shut
from adapters.discord.events import Payload
from adapters.discord.hearing import UNREADABLE, Hearing
from adapters.discord.listing import Listing, last
from adapters.discord.snowflakes import instant
from adapters.discord.watermark import OVERLAP, Watermark
from bridge.model import RawEvent

log = logging.getLogger(__name__)

PAGE = 100
"""Messages that Discord gives at once, at most."""
MESSAGES = 1_000
"""Messages that are read in one thread: the newest."""
THREADS = 1_500
"""Threads that are read: those with the newest messages."""
LATELY = 3 * 86_400.0
QUIET = 50
"""Threads without a new message that are read for edits and marks: those in which somebody wrote `LATELY`."""
MEMBERS = 500
"""People whose roles are asked for; all others are taken to have none."""
MARKS = 200
"""Marked messages of which is asked who marked them."""

Record = Callable[[Sequence[RawEvent]], Awaitable[None]]


@dataclass(slots=True)
class CatchingUp:
    """Reads once what was said since a watermark."""

    asking: Asking
    listing: Listing
    hearing: Hearing
    _roles: dict[str, frozenset[str]] = field(default_factory=dict)
    _marks: int = 0
    _unread: dict[str, tuple[int, int]] = field(default_factory=dict)
    """What could not be read: up to which id, and how many messages that are at least."""

    async def begin(self) -> Watermark:
        """The watermark of this moment, at which all that stands is past: it is never told."""
        newest = await self.listing.newest()
        return Watermark(instant(newest), newest)

    async def catch_up(self, mark: Watermark, record: Record) -> int:
        """Record thread by thread what is new since the watermark, and then move it on.

        How many messages, at least, could not be read: they are told once, also if it cannot be read again.
        """
        heard: list[Payload] = []
        for thread in await self._threads(mark):
            try:
                found = await self._read(str(thread["id"]), mark)
            except (ApiRefusal, Shut) as refusal:
                log.warning("the thread %s cannot be read: %s", thread["id"], refusal)
                if last(thread) > mark.upto:
                    self._miss(str(thread["id"]), last(thread))
                continue
            raws = await self._told(found, str(thread["guild_id"]), mark)
            if raws:
                await record(raws)
            heard += [{"id": one["id"], "edited_timestamp": one.get("edited_timestamp")} for one in found]
        for message in heard:
            mark.heard(message)
        for place in self.listing.unread:
            self._miss(place)
        told = mark.miss({place: upto for place, (upto, _) in self._unread.items()})
        return sum(self._unread[place][1] for place in told)

    def _miss(self, place: str, upto: int = 0, many: int = 1) -> None:
        """Something up to this id is not read: of a thread, a channel, a server, a message or a person."""
        self._unread[place] = (upto, many)

    async def _threads(self, mark: Watermark) -> list[Payload]:
        found = sorted(await self.listing.threads(mark.at - OVERLAP), key=last, reverse=True)
        new = [thread for thread in found if last(thread) > mark.upto]
        if len(new) > THREADS:
            log.warning("something is new in %d threads: %d are read, the others are not", len(new), THREADS)
            self._miss("threads", last(new[THREADS]), len(new) - THREADS)
        quiet = [thread for thread in found if mark.upto >= last(thread) and instant(last(thread)) > mark.at - LATELY]
        return [*new[:THREADS], *quiet[:QUIET]]

    async def _read(self, thread: str, mark: Watermark) -> list[Payload]:
        """The thread's newest messages, the oldest first: one page, and more where all of it is new."""
        path, found = "/channels/{channel_id}/messages", list[Payload]()
        while True:
            before = {"before": found[0]["id"]} if found else {}
            page = await self.asking.get(path, {"limit": PAGE, **before}, channel_id=thread)
            found = sorted([*page, *found], key=_id)
            if len(page) < PAGE or _id(found[0]) <= mark.upto:
                return found
            if len(found) >= MESSAGES:
                log.warning("more than %d messages are new in the thread %s: the oldest are not read", MESSAGES, thread)
                self._miss(thread, _id(found[0]))
                return found

    async def _told(self, found: Sequence[Payload], guild: str, mark: Watermark) -> list[RawEvent]:
        raws: list[RawEvent] = []
        for message in found:
            if _id(message) <= mark.floor:
                continue
            try:
                raws += await self._of(message, guild, mark)
            except UNREADABLE as error:  # else it would keep everything from being heard, each time anew
                log.warning("the message %s is told in a way that nobody can read: %r", message["id"], error)
                self._miss(str(message["id"]))
        return sorted(raws, key=lambda raw: raw.order)

    async def _of(self, message: Payload, guild: str, mark: Watermark) -> list[RawEvent]:
        if events.is_ours(self.hearing.us, message):
            return [] if mark.has(str(message["id"])) else self._ours(message)
        return await self._persons({**message, "guild_id": guild}, mark) if events.is_persons(message) else []

    def _ours(self, message: Payload) -> list[RawEvent]:
        return self._noted(events.ours(message, str(message["channel_id"])))

    async def _persons(self, message: Payload, mark: Watermark) -> list[RawEvent]:
        """What became of a person's message: it is new, or was changed, or marked."""
        id, new, raws = str(message["id"]), not mark.has(str(message["id"])), list[RawEvent]()
        changed, marked = _changed(message, mark), self._is_marked(message)
        if not (new or changed or marked):
            return raws
        roles = await self._roles_of(str(message["guild_id"]), str(message["author"]["id"]))
        us, names = self.hearing.us, self.hearing.places.names
        if new:
            raws += self._noted(events.written(us, message, roles=roles, names=names))
        if changed and (not new or instant(id) <= mark.at):  # it may have been heard before it was changed
            raws += self._noted(events.edited(us, message, roles=roles, names=names))
        if marked and await self._writer_marked(message):
            thread, by = str(message["channel_id"]), events.writer_of(message["author"], None, roles)
            order, now = self.hearing.after(thread, id), self.hearing.clock.now()
            raws += self._noted(events.marked(thread, id, by, True, f"found since {mark.at}", order, now))
        return raws

    def _noted(self, raw: RawEvent | None) -> list[RawEvent]:
        if raw is None:
            return []
        self.hearing.note(raw)
        return [raw]

    async def _roles_of(self, guild: str, person: str) -> frozenset[str]:
        """The roles that somebody has now; none where Discord does not say, and where no role says who may speak."""
        if person in self._roles or not self.hearing.places.rooms.by_role:
            return self._roles.get(person, frozenset())
        if len(self._roles) >= MEMBERS:
            log.warning("more than %d people have written: %s is taken to have no roles", MEMBERS, person)
            self._miss(person)
            return frozenset()
        try:
            member = await self.asking.get("/guilds/{guild_id}/members/{user_id}", guild_id=guild, user_id=person)
        except (ApiRefusal, Shut):  # who has left has none
            member = {}
        self._roles[person] = frozenset(str(role) for role in member.get("roles") or ())
        return self._roles[person]

    def _is_marked(self, message: Payload) -> bool:
        return any(self.hearing.is_mark(reaction["emoji"]) for reaction in message.get("reactions") or ())

    async def _writer_marked(self, message: Payload) -> bool:
        """Whether the mark is its writer's own: the first one from that person on, as Discord lists them by id."""
        self._marks += 1
        if self._marks > MARKS:
            log.warning("more than %d messages are marked: the mark of %s is not looked at", MARKS, message["id"])
            self._miss(str(message["id"]))
            return False
        person = str(message["author"]["id"])
        try:
            marking = await self.asking.get(
                "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}",
                {"limit": 1, "after": int(person) - 1},
                channel_id=str(message["channel_id"]), message_id=str(message["id"]), emoji=self.hearing.mark,
            )  # fmt: skip
        except (ApiRefusal, Shut) as refusal:
            log.warning("who marked the message %s cannot be read: %s", message["id"], refusal)
            self._miss(str(message["id"]))
            return False
        return any(str(who["id"]) == person for who in marking)


def _changed(message: Payload, mark: Watermark) -> bool:
    """Whether it was edited since, and that was not heard."""
    at = events.edited_at(message)
    return at is not None and at > mark.at - OVERLAP and round(at * 1000) != mark.seen.get(str(message["id"]))


def _id(message: Payload) -> int:
    return int(message["id"])
