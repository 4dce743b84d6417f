"""What was said on Slack while nothing could come, read from its threads in the order in which it was said.

Of a channel Slack tells when each thread was last written in; what was edited, marked or deleted it shows only in the
thread. So threads with new replies are read, and young ones beside them, a few at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from adapters.slack import events
from adapters.slack.api import Api, ApiRefusal
from adapters.slack.budget import Budget
from adapters.slack.ear import UNREADABLE, Ear
from adapters.slack.events import Payload
from adapters.slack.ids import micro, parted, written_ts
from adapters.slack.listing import Listing, Thread, thread
from adapters.slack.people import People
from adapters.slack.refusals import judged
from adapters.slack.settings import Settings
from adapters.slack.watermark import Watermark
from bridge.chats.rooms import Rooms
from bridge.model import RawEvent
from bridge.ports import Clock

log = logging.getLogger(__name__)

PAGES = 25
"""Pages of a thread that are read at once."""
_MICRO = 1_000_000
LATELY = 3 * 86_400 * _MICRO
"""Threads in which nothing is new are read for edits, marks and deletions, where somebody wrote in this time."""
QUIET, QUIET_STRICT = 50, 3
"""How many of these are read at once; the others wait for the next time."""
SETTLED = 60 * _MICRO
"""Of what is younger nobody concludes that it was deleted: Slack may not show it yet."""
SHOWN = 80 * 86_400 * _MICRO
"""Nor of what is older: the free plan hides what is older than 90 days."""
_GONE = frozenset({"thread_not_found", "message_not_found"})

Record = Callable[[Sequence[RawEvent]], Awaitable[None]]


@dataclass(slots=True)
class _Read:
    """What stands in a thread after the instant `start`, and until `end`; `rootless`: its first message is gone.

    `before` are the messages of people that were known to be there.
    """

    thread: Thread
    start: int
    end: int
    before: Sequence[str]
    messages: list[Payload] = field(default_factory=list)
    rootless: bool = False

    @property
    def behind(self) -> str:
        """An instant behind everything that stands there."""
        edits = (at for one in self.messages if (at := events.edited_ts(one)) is not None)
        there = (micro(self.thread.root), *map(micro, edits), *map(_at, self.messages), *map(micro, self.before))
        return written_ts(max(there) + 1)

    def gone(self) -> list[str]:
        """What was there and is not any more."""
        standing = {str(one["ts"]) for one in self.messages}
        return [ts for ts in self.before if ts not in standing and self.start < micro(ts) <= self.end]


class CatchingUp:
    """Reads what was said since a watermark."""

    def __init__(self, api: Api, people: People, ear: Ear, rooms: Rooms, settings: Settings, clock: Clock) -> None:
        self._api, self._people, self._ear, self._rooms, self._clock = api, people, ear, rooms, clock
        self._budget = Budget(api, clock, settings.limited)
        self._unread: dict[str, int] = {}
        """What could not be read, and up to which instant."""
        self._begun: dict[str, tuple[int, int]] = {}
        """Threads that were read by a reading that has not come to its end: since when, and up to which message."""

    async def begin(self) -> Watermark:
        """The watermark of this moment, at which all that stands is past: it is never told."""
        newest = await Listing(self._budget, self._rooms, self._api.us).newest()
        return Watermark(newest, newest, self._ear.remembered)

    async def catch_up(self, mark: Watermark, record: Record) -> int:
        """Record thread by thread what is new since the watermark, and then move it on.

        How many places, at least, could not be read: each is told once, also if it cannot be read again. Threads that
        are left for later wait in the watermark.
        """
        self._recall(mark)
        mark.try_again()
        self._unread, newest = {}, mark.at
        began = self._now()
        for channel in await Listing(self._budget, self._rooms, self._api.us).channels():
            newest = max(newest, await self._channel(channel, mark, record))
        await self._read_waiting(mark, record)
        self._begun.clear()
        mark.at = max(mark.at, min(newest, began))  # one channel was looked at before the newest came in another one
        return len(mark.miss(self._unread))

    def _now(self) -> int:
        """This instant by Slack's clock, in microseconds."""
        return round(self._api.clocks.theirs(self._clock.now()) * _MICRO)

    async def read_on(self, mark: Watermark, record: Record) -> int:
        """Record what was changed in some of the threads that wait; how many places could not be read."""
        self._recall(mark)
        self._unread = dict(mark.missed)
        await self._read_waiting(mark, record)
        return len(mark.miss(self._unread))

    def _recall(self, mark: Watermark) -> None:
        """From now on the watermark remembers what is heard."""
        if mark.remembered is not self._ear.remembered:
            self._ear.remembered.take_in(mark.remembered)
            mark.remembered = self._ear.remembered

    # --- Channels -------------------------------------------------------------------------------------------

    async def _channel(self, channel: str, mark: Watermark, record: Record) -> int:
        """Read what is new in a channel, and have its young threads wait to be looked at; its newest instant."""
        known = frozenset(mark.remembered.roots(channel, 0))
        listing = Listing(self._budget, self._rooms, self._api.us, known)
        upto = min(mark.upto, mark.behind.get(channel, mark.upto))
        try:
            roots = await listing.roots(channel, mark.floor)
        except ApiRefusal as refusal:
            log.warning("the channel %s cannot be read: %s", channel, _why(refusal))
            self._unread[channel] = 0
            mark.leave(channel, upto)
            return 0
        self._unread |= listing.unread
        await self._say_ours(channel, roots, upto, record)
        threads = sorted((thread(self._api.us, channel, root) for root in roots), key=lambda one: one.last)
        for one in threads:
            if one.has_replies and one.last > upto:
                await self._tell_once(one, upto, mark, record)
        self._let_wait(channel, threads, upto, mark)
        mark.behind.pop(channel, None)
        return max((one.last for one in threads), default=0)

    async def _say_ours(self, channel: str, roots: Sequence[Payload], upto: int, record: Record) -> None:
        new = [one for one in reversed(roots) if _at(one) > upto and not events.is_gone(one)]
        raws = [raw for one in new if (raw := events.ours(self._api.us, channel, one)) is not None]
        if raws:
            await record(raws)

    def _let_wait(self, channel: str, threads: Sequence[Thread], upto: int, mark: Watermark) -> None:
        """Threads with nothing new in them may hold edits, marks and deletions; where all is new it is read already."""
        young = mark.at - LATELY
        new = {one.root for one in threads if one.has_replies and one.last > upto}
        quiet = {one.root for one in threads if one.has_people and one.last > young}
        for root in quiet | mark.remembered.roots(channel, young):
            if root not in new or self._budget.strict:
                mark.wait(f"{channel}:{root}", upto)

    async def _read_waiting(self, mark: Watermark, record: Record) -> None:
        """Look at some of the threads that wait, the youngest first."""
        waiting = sorted(mark.waiting, key=lambda name: micro(parted(name)[1]), reverse=True)
        for name in waiting[: QUIET_STRICT if self._budget.strict else QUIET]:
            await self._tell(Thread(*parted(name), 0), mark.waiting[name], mark, record, wholly=True)
            del mark.waiting[name]
        if mark.waiting:
            log.info("%d threads on Slack wait to be looked at for edits and deletions", len(mark.waiting))

    # --- Threads --------------------------------------------------------------------------------------------

    async def _tell_once(self, thread: Thread, upto: int, mark: Watermark, record: Record) -> None:
        """Record what is new in a thread, unless that was done before something kept the others from being read.

        What was changed there since then is looked for later.
        """
        since, last = self._begun.get(thread.name, (upto + 1, 0))
        if since <= upto and last == thread.last:
            mark.wait(thread.name, upto)
            return
        await self._tell(thread, upto, mark, record)
        if thread.name not in self._unread:
            self._begun[thread.name] = (upto, thread.last)

    async def _tell(
        self, thread: Thread, upto: int, mark: Watermark, record: Record, *, wholly: bool = False
    ) -> None:  # fmt: skip
        """Record what is new in a thread, or was changed there since `upto`; `wholly`: among what is older too."""
        start = max(0, upto - (0 if self._budget.strict and not wholly else LATELY))
        try:
            read = await self._read(thread, start)
        except ApiRefusal as refusal:
            log.warning("the thread %s cannot be read: %s", thread.name, _why(refusal))
            self._unread[thread.name] = upto
            mark.leave(thread.name, upto)
            return
        raws = [raw for one in read.messages for raw in await self._told(read, one, upto, mark)]
        root, channel = thread.root, thread.channel
        raws += [self._ear.gone(channel, ts, root, read.behind) for ts in read.gone()]
        if read.rootless:
            log.info("the message that the thread %s hung on was deleted", thread.name)
            raws.append(self._ear.gone(channel, root, root, read.behind))
        if raws:
            await record(sorted(raws, key=lambda raw: raw.order))

    async def _read(self, thread: Thread, start: int) -> _Read:
        """Read a thread, page by page; one that is gone is empty."""
        settled = self._now() - SETTLED
        before = [ts for ts in self._ear.remembered.below(thread.channel, thread.root) if micro(ts) > settled - SHOWN]
        read = _Read(thread, start, settled, before)
        cursor: str | None = None
        for _ in range(PAGES):
            try:
                page = await self._budget.ask(
                    "conversations.replies", channel=thread.channel, ts=thread.root, cursor=cursor,
                    oldest=written_ts(start),
                )  # fmt: skip
            except ApiRefusal as refusal:
                if refusal.error not in _GONE:
                    raise
                read.rootless, read.messages = True, []
                return read
            self._take(read, page["messages"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return read
        read.end = min(read.end, _at(read.messages[-1]))
        log.warning("the thread %s holds more than can be read at once: its newest messages are not", thread.name)
        self._unread[thread.name] = read.end
        return read

    def _take(self, read: _Read, page: Sequence[Payload]) -> None:
        for one in page:
            if str(one["ts"]) == read.thread.root:
                read.rootless = events.is_gone(one)
            elif _at(one) > read.start:
                read.messages.append(one)

    async def _told(self, read: _Read, message: Payload, upto: int, mark: Watermark) -> list[RawEvent]:
        """What a message tells; one that nobody can read tells nothing, and hinders no other."""
        try:
            if events.is_ours(self._api.us, message):
                raw = events.ours(self._api.us, read.thread.channel, message) if _at(message) > upto else None
                return [] if raw is None else [raw]
            if events.is_persons(message) and events.is_reply(message):
                return await self._persons(read, message, upto, mark)
        except UNREADABLE as error:
            log.warning("the message %s is told in a way that nobody can read: %r", message.get("ts"), error)
            self._unread[f"{read.thread.channel}:{message.get('ts')}"] = 0
        return []

    async def _persons(self, read: _Read, message: Payload, upto: int, mark: Watermark) -> list[RawEvent]:
        """What became of a person's message: it is new, or was changed, or marked, or marked no more."""
        channel, ts, at = read.thread.channel, str(message["ts"]), _at(message)
        edit, new, raws = events.edited_ts(message), at > upto, list[RawEvent]()
        if at <= mark.floor and self._ear.remembered.root(channel, ts) is None:
            return raws
        changed = edit is not None and micro(edit) > upto  # of what is new too: it may have been heard as it was before
        if new or changed:
            raws += await self._ear.person_wrote(channel, message, new=new, changed=changed)
        else:
            self._ear.remembered.note(channel, ts, read.thread.root)
        on, was = await self._is_marked(channel, message), self._ear.remembered.is_marked(channel, ts)
        if on != was:
            user, team = str(message["user"]), events.team_of(message)
            found = written_ts(max(micro(read.behind), self._now()))  # another one than when it was found before
            raws.append(await self._ear.person_marked(channel, ts, read.thread.root, user, found, on=on, team=team))
        return raws

    async def _is_marked(self, channel: str, message: Payload) -> bool:
        """Whether its writer has marked it: of a reaction that many share Slack names some people only."""
        marks = [one for one in message.get("reactions") or () if self._ear.is_mark(str(one["name"]))]
        user = str(message["user"])
        if any(user in (one.get("users") or ()) for one in marks):
            return True
        if all(int(one.get("count") or 0) <= len(one.get("users") or ()) for one in marks):
            return False
        try:
            whole = await self._api.call("reactions.get", channel=channel, timestamp=message["ts"], full=True)
        except ApiRefusal as refusal:
            log.warning("who marked the message %s cannot be read: %s", message["ts"], _why(refusal))
            self._unread[f"{channel}:{message['ts']}"] = 0
            return self._ear.remembered.is_marked(channel, str(message["ts"]))
        there = whole["message"].get("reactions") or ()
        return any(user in one["users"] for one in there if self._ear.is_mark(str(one["name"])))


def _why(refusal: ApiRefusal) -> str:
    return judged(refusal, "read there").reason


def _at(message: Payload) -> int:
    return micro(str(message["ts"]))
