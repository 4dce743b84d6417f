"""Who asks: sign-in by secret link, the session's cookie, and the checks on every request that changes something."""

from __future__ import annotations

import asyncio
import hmac
import sqlite3
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import jinja2
from aiohttp import web

from adapters.web_room import people
from adapters.web_room.database import RoomFile
from adapters.web_room.pace import Pace
from adapters.web_room.rows import Person, RoomRefusal
from bridge.ports import Office

SAFE = frozenset({"GET", "HEAD"})
READING = (200, 20.0)
"""What one person may ask to read: at once, and per second on and on."""
CHANGING = (60, 5.0)
"""What one person may ask to change: at once, and per second on and on."""
TOKEN_HEADER = "X-Room-Token"  # noqa: S105  (a header's name)
PATIENCE = 20.0
"""Seconds within which a request's body must have come."""
MAX_TOKEN = 100
"""Characters of a cookie that can be a session's."""
Result = TypeVar("Result")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Room:
    """What the handlers share. `beat` is how many seconds a silent live stream waits before it says that it lives.

    `office` is what the operators' page shows; None where nobody lent one.
    """

    file: RoomFile
    pages: jinja2.Environment
    now: Callable[[], float]
    public_address: str | None
    beat: float
    office: Office | None = None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    streams: dict[str, list[asyncio.Event]] = field(default_factory=dict)
    """The open live streams of each session, oldest first: set, an event tells its stream to end."""
    reading: Pace = field(default_factory=lambda: Pace(*READING))
    changing: Pace = field(default_factory=lambda: Pace(*CHANGING))
    _rendering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def off_loop(self, work: Callable[[], Result]) -> Result:
        """Run `work`, which renders, on a thread, one at a time: however many ask, the loop keeps its share."""
        async with self._rendering:
            return await asyncio.to_thread(work)

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies do not tell ports apart, so it names the room's file."""
        return f"room_{self.file.instance}"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in person and the token in their cookie."""

    person: Person
    token: str

    @property
    def request_token(self) -> str:
        """What requests that change something must carry."""
        return people.request_token(self.token)


ROOM = web.AppKey("room", Room)
_SESSION: ContextVar[Session] = ContextVar("session")


def room_of(request: web.Request) -> Room:
    """Give what the handlers share."""
    return request.config_dict[ROOM]


def session_of(_request: web.Request) -> Session:
    """Give the session of a request that `signed_in` has let through."""
    return _SESSION.get()


@web.middleware
async def signed_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only signed-in people through, and their changes only when they come from the room's own pages."""
    if request.path.startswith(("/in/", "/look/")):
        return await handler(request)
    session = await _session(request)
    if session is None:
        raise RoomRefusal("You are not signed in. Open your personal link again.", 401)
    _SESSION.set(session)
    demand_pace(request, session.person)
    if request.method not in SAFE:
        demand_same_origin(request)
        await _demand_token(request, session)
    return await handler(request)


async def _session(request: web.Request) -> Session | None:
    room = room_of(request)
    token = request.cookies.get(room.cookie)
    if not token or len(token) > MAX_TOKEN:
        return None

    def read(connection: sqlite3.Connection) -> tuple[Person | None, bool]:
        at = room.now()
        return people.by_session(connection, token, at), people.needs_note(connection, token, at)

    person, old_note = await room.file.read(read)
    if person is None:
        return None
    if old_note:
        await room.file.write(partial(people.note_use, token=token, at=room.now()))
    return Session(person, token)


def demand_pace(request: web.Request, person: Person) -> None:
    """Refuse what one person asks too fast. Raises `RoomRefusal`."""
    room = room_of(request)
    wait = (room.reading if request.method in SAFE else room.changing).wait(person.id)
    if wait:
        raise TooFast(wait)


class TooFast(RoomRefusal):
    """Somebody asks for more than their share; `wait` is after how many seconds to try again."""

    def __init__(self, wait: int) -> None:
        super().__init__("That was too much at once: wait a moment, then try again.", 429)
        self.wait = wait


def demand_same_origin(request: web.Request) -> None:
    """Refuse what another site sent. Every browser says where a request that changes something comes from.

    Raises `RoomRefusal`.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in {None, "same-origin"} or (site is None and origin is None):
        raise RoomRefusal("This request did not come from the room's own page.", 403)
    if origin is not None and not _own(request, origin):
        raise RoomRefusal("This request came from another site.", 403)


def _own(request: web.Request, origin: str) -> bool:
    public = room_of(request).public_address
    try:
        scheme, place = urlsplit(origin)[:2]
    except ValueError:  # no address, such as half an IPv6 one
        return False
    if public is not None and (scheme, place) == urlsplit(public)[:2]:
        return True
    return place == request.host and scheme in {"http", "https"}


async def _demand_token(request: web.Request, session: Session) -> None:
    given = request.headers.get(TOKEN_HEADER)
    if given is None and request.content_type == "application/x-www-form-urlencoded":
        given = await _form_token(request)
    # Bytes that are no UTF-8 arrive as lone surrogates.
    if not hmac.compare_digest((given or "").encode("utf-8", "surrogatepass"), session.request_token.encode()):
        raise RoomRefusal("The page is out of date; load it again.", 403)


async def _form_token(request: web.Request) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            return str((await request.post()).get("token", ""))
    except TimeoutError:
        raise RoomRefusal("The rest of this request did not come.", 408) from None
    except (ValueError, LookupError) as error:  # not in the charset that it names, or in one that nobody knows
        raise RoomRefusal("This form cannot be read.", 400) from error
