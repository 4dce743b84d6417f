"""Live streams: server-sent events that tell a page what has changed since the event that it knows."""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web

from adapters.web_room import access, events, listing, pages, people, rows
from adapters.web_room.access import Access
from adapters.web_room.database import RoomFileError
from adapters.web_room.listing import Listing, Wanted
from adapters.web_room.pages import Conversation
from adapters.web_room.rows import Person
from adapters.web_room.sessions import Room, Session, room_of, session_of

CROWDED = "The room is open in too many tabs; this one is no longer live. Load it again to go on here."
CLOSED = "This thread is not open to you any more."
CALM = 0.05
"""Seconds between two looks of one stream, so that a burst of changes is told together."""
MANY = rows.PAGE
"""Messages of which a stream tells; where more have changed, the page reads itself again."""
STREAMS = 8
"""Live streams that one session may have open; one more ends the oldest."""
STUCK = 30.0
"""Seconds after which a page that takes nothing any more is given up."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """What one look found, for the person as they are now. `much`: too many messages have changed to tell of each."""

    person: Person
    listing: Listing
    changed: Conversation | None
    gone: list[int]
    seq: int
    taken: int
    much: bool = False


@dataclass(slots=True)
class Stream:
    """One page's stream: what it was told so far. `asked` is its list, and in `current` its thread if it shows one.

    `access` is what its person may do in that thread, as the page was told.
    """

    room: Room
    session: Session
    asked: Wanted
    seq: int
    taken: int
    access: Access
    list_told: str = field(default="")

    def look(self, connection: sqlite3.Connection) -> News | str | None:
        """Read what has changed; None once the session has ended, words once the thread is closed to its person.

        Runs on the file's thread.
        """
        person = people.by_session(connection, self.session.token, self.room.now())
        if person is None:
            return None
        allowed = self._access(connection, person)
        if allowed is None:
            return CLOSED
        listed = listing.listing(connection, person.id, self.asked)
        newest, taken = events.newest(connection), events.taken_over(connection)
        touched = [] if self.asked.current is None else self._touched(connection, self.asked.current, taken)
        if len(touched) > MANY or self.seq < events.dropped(connection) or allowed != self.access:
            return News(person, listed, None, [], newest, taken, much=True)
        standing = rows.messages_by_id(connection, touched)
        gone = sorted(set(touched) - {message.id for message in standing})
        changed = pages.conversation(connection, standing, allowed) if standing else None
        return News(person, listed, changed, gone, newest, taken)

    def _access(self, connection: sqlite3.Connection, person: Person) -> Access | None:
        current = self.asked.current
        return self.access if current is None else access.access(connection, current, person.id)

    def _touched(self, connection: sqlite3.Connection, thread: int, taken: int) -> list[int]:
        touched = set(events.touched_after(connection, thread, self.seq))
        if self.taken < taken:  # what waited for the daemon does so no longer
            touched |= set(events.last_touched_within(connection, thread, self.taken, taken))
        return sorted(touched)

    def told(self, news: News) -> bytes:
        """Write news as server-sent events, empty if there is nothing to tell. Runs on any thread."""
        lines = []
        if news.changed is not None:
            rendered = pages.fragments(self.room, news.person, news.changed)
            lines += [_event("message", {"id": number, "html": html}) for number, html in rendered.items()]
        lines += [_event("gone", {"id": number}) for number in news.gone]
        listed = pages.list_fragment(self.room, news.listing)
        if listed != self.list_told:
            self.list_told = listed
            lines.append(_event("threads", {"html": listed}))
        if (news.seq, news.taken) != (self.seq, self.taken):
            self.seq, self.taken = news.seq, news.taken
            known = pages.known(news.seq, news.taken)
            lines.append(f"id: {known}\n" + _event("upto", {"known": known}))
        return "".join(lines).encode()


async def live(request: web.Request) -> web.StreamResponse:
    """Tell a page what happens, from the event that it knows on, until it goes or its session ends."""
    room, session = room_of(request), session_of(request)
    thread = pages.thread_number(request) if "thread" in request.match_info else None
    allowed = Access()
    if thread is not None:
        allowed = await room.file.read(lambda c: access.demand(c, thread, session.person.id))
    stream = Stream(room, session, listing.wanted(request.query, thread), *await _since(request, room), allowed)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    with _one_of_few(room, session) as crowded_out:
        try:
            await _tell(response, stream, crowded_out)
        except (ConnectionError, TimeoutError):
            pass  # the page is gone; it comes back with what it knows
        except RoomFileError as error:
            log.warning("%s", error)
        except Exception:  # what has begun as a stream cannot end as another answer: the page comes back
            log.exception("a live stream of the room failed")
    return response


@contextmanager
def _one_of_few(room: Room, session: Session) -> Iterator[asyncio.Event]:
    """Count a stream among its session's; the event that it gives tells that newer ones took its place."""
    mine = room.streams.setdefault(session.token, [])
    crowded_out = asyncio.Event()
    mine.append(crowded_out)
    if len(mine) > STREAMS:
        mine.pop(0).set()
        room.file.bell.ring()
    try:
        yield crowded_out
    finally:
        if crowded_out in mine:
            mine.remove(crowded_out)
        if not mine and room.streams.get(session.token) is mine:
            del room.streams[session.token]


async def _since(request: web.Request, room: Room) -> tuple[int, int]:
    """Find what the page knows: what its last stream told it, or what it was made from; else all."""
    given = request.headers.get("Last-Event-ID") or request.query.get("since", "")
    newest, taken = await room.file.read(lambda c: (events.newest(c), events.taken_over(c)))
    seq, _, known_taken = given.partition(".")
    if not (_is_number(seq) and _is_number(known_taken)):
        return newest, taken
    return min(int(seq), newest), min(int(known_taken), taken)


def _is_number(words: str) -> bool:
    return words.isascii() and words.isdigit() and len(words) < 16


async def _tell(response: web.StreamResponse, stream: Stream, crowded_out: asyncio.Event) -> None:
    room = stream.room
    await _write(response, _event("hello", {"now": room.now(), "beat": room.beat}).encode())
    with room.file.bell.heard() as rung:
        while not room.stopping.is_set():
            rung.clear()
            if crowded_out.is_set():
                await _write(response, _event("crowded", {"words": CROWDED}).encode())
                return
            news = await room.file.read(stream.look)
            if not isinstance(news, News) or news.much:
                await _write(response, _last(news).encode())
                return
            words = await room.off_loop(partial(stream.told, news))
            if words:
                await _write(response, words)
            await asyncio.sleep(CALM)
            await _rung_or_beat(response, rung, room)


def _last(news: News | str | None) -> str:
    """Say why a stream ends here."""
    if news is None:
        return _event("ended", {})
    return _event("closed", {"words": news}) if isinstance(news, str) else _event("reread", {})


async def _rung_or_beat(response: web.StreamResponse, rung: asyncio.Event, room: Room) -> None:
    """Wait for a change; while there is none, say now and then that the stream lives."""
    while True:
        try:
            async with asyncio.timeout(room.beat):
                await rung.wait()
                return
        except TimeoutError:
            await _write(response, _event("beat", {"now": room.now()}).encode())


async def _write(response: web.StreamResponse, words: bytes) -> None:
    async with asyncio.timeout(STUCK):
        await response.write(words)


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
