"""The web room as the core sees it: the `Chat` port over the room's file."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from adapters.web_room import access, cards, events, meaning, rows, store
from adapters.web_room.database import RoomFile, RoomFileError, RoomFileUnsure
from adapters.web_room.setup import findings, hindrance
from bridge.errors import MaybeDone, Refused, RetryLater, ThreadLost
from bridge.model import (
    Card,
    ChatLimits,
    Desk,
    Event,
    Finding,
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

ABILITIES = frozenset(ChatAbility) - {ChatAbility.FORM}
"""All but forms: a room has a reply box instead."""
BATCH = 200
"""Events that are recorded in one transaction of the ledger."""
KEPT = 30 * 86400.0
"""Seconds for which the log keeps what the ledger has: so old may a backup of the ledger be that is put back."""
TIDY_EVERY = 86400.0
"""Seconds between two looks for what the log need not keep."""

log = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[chats.NAME]`. `listen` and `public_address` matter only where the daemon serves the pages itself."""

    file: Path
    serve: bool = False
    host: str = "127.0.0.1"
    port: int = 8088
    public_address: str | None = None

    @property
    def address(self) -> str:
        """Where people open the room, as far as the settings tell."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_address or f"http://{host}:{self.port}"


def from_config(table: Table, surroundings: Surroundings) -> WebRoom:
    """Read the room's settings; problems go to the table."""
    listen = table.text("listen", "127.0.0.1:8088", help="where to serve the pages, as host:port")
    place = _place(listen)
    if place is None:
        table.problem("listen", f"{listen!r} is no host:port; write for example 127.0.0.1:8088.")
    host, port = place or ("127.0.0.1", 8088)
    settings = Settings(
        file=surroundings.state / table.text("file", "room.db", help="the room's file, in the state folder"),
        serve=table.flag("serve", False),
        host=host,
        port=port,
        public_address=table.maybe_address("public_address"),
    )
    return WebRoom(settings, surroundings)


def _place(listen: str) -> tuple[str, int] | None:
    host, colon, port = listen.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 2**16):
        return None
    return host.strip("[]"), int(port)


class WebRoom:
    """The adapter. Every effect is one transaction in the room's file, so a key holds for ever."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._name = surroundings.name
        self._now = surroundings.clock.now
        self._office = surroundings.office
        self._looking = surroundings.looking
        self._file = RoomFile(settings.file)
        self._open = False
        self._tidied = -math.inf
        self._desks: Mapping[RoomId, Desk] | None = None

    @property
    def settings(self) -> Settings:
        """The room's settings, for the commands that serve it and let people in."""
        return self._settings

    @property
    def listens(self) -> tuple[str, int] | None:
        """Where the daemon serves the pages, None where it does not."""
        return (self._settings.host, self._settings.port) if self._settings.serve else None

    def unserved(self, error: OSError) -> str:
        """Say why the pages cannot be served, and what to do where that is known."""
        words = f"the room cannot be served at {self._settings.host}:{self._settings.port}"
        if error.errno == errno.EADDRINUSE:
            return f"{words}, another program uses that port: stop it or set chats.{self._name}.listen"
        return f"{words}: {error.strerror or error}"

    def desks(self, rooms: Mapping[RoomId, Desk]) -> None:
        """Say who may moderate in which rooms. It is written into the room's file, for whoever serves the pages."""
        self._desks = dict(rooms)

    async def open(self, stack: AsyncExitStack) -> ChatReady:
        """Open the room's file, and serve its pages if the settings say so; who only looks makes and serves nothing."""
        if self._looking:
            await self.examine()
        elif not self._open:
            async with AsyncExitStack() as opening:  # closes at once what a failure leaves half open
                await self._begin(opening)
                stack.push_async_exit(opening.pop_all())
        return ChatReady(ABILITIES, ChatLimits(key_window=math.inf), Guarantee.ONE)

    async def examine(self) -> Sequence[Finding]:
        """See `bridge.ports.Examines`. Raises as `open` does."""
        try:
            invited = await asyncio.to_thread(findings, self._settings.file)
        except RoomFileError as error:
            raise Refused(str(error)) from error
        return (*invited, await self._served())

    async def _served(self) -> Finding:
        """Whether people can open the room, as far as this machine tells."""
        settings = self._settings
        error = await hindrance(settings.host, settings.port)
        if error is not None:
            what, _, remedy = self.unserved(error).rpartition(": ")
            return Finding(what, good=False, remedy=remedy)
        by = "the daemon" if settings.serve else "`backchat room serve`"
        return Finding(f"its pages are served at {settings.address} while {by} runs", good=True)

    async def _begin(self, stack: AsyncExitStack) -> None:
        self._file = RoomFile(self._settings.file)
        try:
            await self._file.open(stack)
            await self._close_desks()
            await self._serve(stack)
        except RoomFileError as error:
            raise Refused(str(error)) from error
        except OSError as error:
            words = self.unserved(error)
            raise RetryLater(f"{words[0].upper()}{words[1:]}.") from error
        self._open = True
        stack.callback(self._closed)

    async def _close_desks(self) -> None:
        """Before anybody is served: what the file knows of moderators may be of an older configuration."""
        if self._desks is not None:
            await self._file.write(partial(access.set_desks, desks=self._desks))

    async def _serve(self, stack: AsyncExitStack) -> None:
        if not self._settings.serve:
            return
        from adapters.web_room.server import serving

        address = await stack.enter_async_context(
            serving(
                self._file,
                self._settings.host,
                self._settings.port,
                self._settings.public_address,
                now=self._now,
                office=self._office,
            )
        )
        log.info("the room %s is served at %s", self._name, address)

    def _closed(self) -> None:
        self._open = False

    # --- Threads and our own messages -----------------------------------------------------------------------

    def render(self, card: Card) -> tuple[Part, ...]:
        """Put a card into one part, however long it is: the room has no limits of its own."""
        return (Part(cards.dumped(card)),)

    async def start_thread(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        """Open a thread; its room comes into being with it."""
        number = await self._write(
            lambda c: store.start_thread(c, room, card.post.id, cards.dumped_post(card), key, self._now())
        )
        return ThreadId(rows.outside(self._file.instance, number))

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        """Write a message of ours; the same key gives the first message's id, for ever."""
        number = await self._write(lambda c: store.say(c, self._thread(thread), _card(part), key, self._now()))
        return MessageId(rows.outside(self._file.instance, number))

    async def find_thread(self, room: RoomId, card: PostCard, key: Key, since: float) -> ThreadId | None:
        """The thread that was opened with this key."""
        number = await self._read(lambda c: store.find_thread(c, key))
        return None if number is None else ThreadId(rows.outside(self._file.instance, number))

    async def find(self, thread: ThreadId, keys: Sequence[Key], since: float) -> Mapping[Key, MessageId]:
        """Which of these keys stand in the thread."""
        found = await self._read(lambda c: store.find(c, self._thread(thread), keys))
        return {Key(key): MessageId(rows.outside(self._file.instance, number)) for key, number in found.items()}

    async def edit(self, thread: ThreadId, message: MessageId, part: Part) -> None:
        """Replace a message of ours."""
        number = self._inside(message)
        if number is None:
            raise Refused("The message is not in this room.")
        await self._write(lambda c: store.edit_ours(c, self._thread(thread), number, _card(part), self._now()))

    async def erase(self, thread: ThreadId, message: MessageId) -> None:
        """Delete a message of ours."""
        place, number = self._inside(thread), self._inside(message)
        if place is not None and number is not None:
            await self._write(lambda c: store.erase_ours(c, place, number, self._now()))

    async def show(self, thread: ThreadId, message: MessageId, receipt: Receipt | None) -> None:
        """Make this the receipt on a person's message."""
        place, number = self._inside(thread), self._inside(message)
        if place is not None and number is not None:
            await self._write(lambda c: store.show(c, place, number, receipt))

    async def read(self, thread: ThreadId, message: MessageId) -> Written | None:
        """A person's message as it stands at this moment."""
        place, number = self._inside(thread), self._inside(message)
        if place is None or number is None:
            return None
        found = await self._read(lambda c: rows.message_of(c, number))
        if found is None or found.thread != place or found.writer is None:
            return None
        return meaning.written(thread, message, {**events.as_written(self._file.instance, found), "at": found.written})

    # --- What people do -------------------------------------------------------------------------------------

    async def listen(self, since: str | None, record: Record) -> None:
        """Record the room's event log from the cursor `since` on, as it grows, until cancelled."""
        with self._file.bell.heard() as rung:
            seq = await self._start(since)
            told = False
            while True:
                rung.clear()
                seq, told = await self._drain(seq, told, record)
                await rung.wait()

    async def _start(self, since: str | None) -> int:
        """Turn a watermark into a cursor of this file."""
        seq = None if since is None else rows.inside(self._file.instance, since)
        newest, dropped = await self._read(lambda c: (events.newest(c), events.dropped(c)))
        if seq is None:
            if since is not None:
                log.warning("the file of room %s was replaced: what is written from now on is read", self._name)
            return newest
        if seq > newest:
            log.warning("the file of room %s is older than its ledger: its numbers go on from the ledger's", self._name)
            await self._write(partial(events.skip_ahead, seq=seq))
        if seq < dropped:
            log.warning(
                "the ledger is older than what the log of room %s still has: what people wrote in between is not read",
                self._name,
            )
        return seq

    async def _drain(self, seq: int, told: bool, record: Record) -> tuple[int, bool]:
        """Record everything after `seq`; `told` is whether the core knows already that it has caught up."""
        while True:
            found = await self._read(partial(events.logged_after, seq=seq, limit=BATCH))
            caught_up = len(found) < BATCH
            if not found and told:
                return seq, told
            seq = found[-1].seq if found else seq
            await record([self._raw(event) for event in found], self._watermark(seq), caught_up)
            await self._write(partial(events.take_over, chat=self._name, seq=seq))
            if caught_up:
                await self._tidy()
                return seq, True

    async def _tidy(self) -> None:
        """Now and then, shorten the log: it has the words of deleted messages too."""
        if self._now() - self._tidied >= TIDY_EVERY:
            self._tidied = self._now()
            await self._write(partial(events.drop, before=self._now() - KEPT))

    def _watermark(self, seq: int) -> str:
        return rows.outside(self._file.instance, seq)

    def _raw(self, event: events.Logged) -> RawEvent:
        instance = self._file.instance
        return RawEvent(
            event_id=rows.outside(instance, event.seq),
            natural_key=f"{event.kind}:{rows.outside(instance, event.message)}:{event.n}",
            thread=ThreadId(rows.outside(instance, event.thread)),
            order=event.seq,
            body=event.body,
        )

    def interpret(self, raw: RawEvent) -> Event | None:
        """What a raw event of the room means."""
        return meaning.meaning(raw)

    # --- The file -------------------------------------------------------------------------------------------

    def _inside(self, identity: str) -> int | None:
        return rows.inside(self._file.instance, identity)

    def _thread(self, thread: ThreadId) -> int:
        number = self._inside(thread)
        if number is None:
            raise access.NoSuchThread(thread)
        return number

    async def _read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        return await _told(self._file.read(work))

    async def _write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        return await _told(self._file.write(work))


async def _told(work: Awaitable[Result]) -> Result:
    """Await work on the file; its errors become the port's."""
    try:
        return await work
    except rows.RoomRefusal as error:
        raise Refused(error.reason) from error
    except access.NoSuchThread as error:
        raise ThreadLost("The thread is no longer in the room.") from error
    except RoomFileUnsure as error:
        raise MaybeDone(str(error)) from error
    except RoomFileError as error:
        raise RetryLater(str(error)) from error


def _card(part: Part) -> Card:
    try:
        return cards.loaded(part.body)
    except ValueError as error:
        raise Refused(f"The message cannot be written: {error}.") from error
