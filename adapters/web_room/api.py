"""The JSON interface that the pages' script (and the demo's story) uses: read, send, edit, delete, mark."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiohttp import web

from adapters.web_room import access, listing, moderating, pages, rows, store, view
from adapters.web_room.rows import RoomRefusal
from adapters.web_room.sessions import PATIENCE, room_of, session_of
from adapters.web_room.store import Typed
from bridge.model import Choice
from bridge.text import tree

MAX_CLIENT = 64


async def me(request: web.Request) -> web.StreamResponse:
    """Say who is signed in, and the token that requests which change something must carry."""
    session = session_of(request)
    person = session.person
    return web.json_response(
        {
            "id": person.id,
            "name": person.name,
            "role": person.role,
            "operator": person.operator,
            "instance": room_of(request).file.instance,
            "token": session.request_token,
        }
    )


async def threads(request: web.Request) -> web.StreamResponse:
    """Give the list of threads, chosen as on the page: `?show=all | unread | unanswered | pending` and `page=N`."""
    person, asked = session_of(request).person, listing.wanted(request.query)
    found = await room_of(request).file.read(lambda c: listing.listing(c, person.id, asked))
    return web.json_response(
        {
            "threads": [view.thread_as_json(view.thread_listed(thread)) for thread in found.threads],
            "counts": found.counts,
            "more": found.more,
            **({} if found.pending is None else {"pending": found.pending}),
        }
    )


async def messages(request: web.Request) -> web.StreamResponse:
    """Give the newest messages of a thread as they stand, oldest first."""
    room, person = room_of(request), session_of(request).person
    number = pages.thread_number(request)

    def read(connection: sqlite3.Connection) -> pages.Conversation:
        allowed = access.demand(connection, number, person.id)
        return pages.conversation(connection, rows.messages_of(connection, number), allowed)

    found = await room.file.read(read)

    def written() -> str:
        shown = pages.shown(room, person, found)
        return json.dumps({"seq": found.seq, "messages": [view.as_json(message) for message in shown]})

    return web.json_response(text=await room.off_loop(written))


async def message(request: web.Request) -> web.StreamResponse:
    """Give one's own message as it was typed."""
    person, number = session_of(request).person, pages.path_number(request, "message")
    found = await room_of(request).file.read(lambda c: rows.own(c, number, person))
    return web.json_response({"id": found.id, "text": found.body, "revision": found.revision})


async def send(request: web.Request) -> web.StreamResponse:
    """Write a message; the same `client` again gives the message that stands already."""
    room, person, thread = room_of(request), session_of(request).person, pages.thread_number(request)
    fields = await _fields(request)
    if fields.get("role", person.role) != person.role:  # the page said what becomes of it, and is wrong by now
        raise RoomRefusal("You have another role now: load the page again before you send this.")
    typed = Typed(
        client=_words(fields, "client", MAX_CLIENT),
        text=_words(fields, "text"),
        reply_to=_number(fields, "reply_to"),
        addressed=_number(fields, "addressed"),
    )
    number, new = await room.file.write(lambda c: store.write(c, thread, person, typed, room.now()))
    return await _answer(request, number, status=201 if new else 200)


async def edit(request: web.Request) -> web.StreamResponse:
    """Change one's own message."""
    room, person, number = room_of(request), session_of(request).person, pages.path_number(request, "message")
    text = _words(await _fields(request), "text")
    await room.file.write(lambda c: store.rewrite(c, number, person, text, room.now()))
    return await _answer(request, number)


async def delete(request: web.Request) -> web.StreamResponse:
    """Delete one's own message; gives back what was typed, so that an undo can put it into the box again."""
    room, person, number = room_of(request), session_of(request).person, pages.path_number(request, "message")
    text = await room.file.write(lambda c: store.erase(c, number, person, room.now()))
    return web.json_response({"id": number, "text": text})


async def take_back(request: web.Request) -> web.StreamResponse:
    """Delete messages of one's own that are one answer, all or none; gives back what was typed, oldest first."""
    room, person = room_of(request), session_of(request).person
    numbers = _numbers(await _fields(request), "messages")

    def erase(connection: sqlite3.Connection) -> list[dict[str, object]]:
        return [{"id": n, "text": store.erase(connection, n, person, room.now())} for n in numbers]

    return web.json_response({"messages": await room.file.write(erase)})


async def mark(request: web.Request) -> web.StreamResponse:
    """Mark one's own message to be published, or take the mark off."""
    room, person, number = room_of(request), session_of(request).person, pages.path_number(request, "message")
    on = (await _fields(request)).get("on") is not False
    await room.file.write(lambda c: store.mark(c, number, person, on, room.now()))
    return await _answer(request, number)


async def choose(request: web.Request) -> web.StreamResponse:
    """Choose what becomes of the comment on a card; where that card has changed, it comes along with the refusal."""
    room, person, number = room_of(request), session_of(request).person, pages.path_number(request, "message")
    fields = await _fields(request)
    choice, mark = _choice(fields), _words(fields, "mark")
    try:
        await room.file.write(lambda c: moderating.choose(c, number, person, choice, mark, room.now()))
    except moderating.Stale as error:
        return await _answer(request, number, status=error.status, error=error.reason)
    return await _answer(request, number)


async def read_upto(request: web.Request) -> web.StreamResponse:
    """Remember how far one has read a thread."""
    person, thread = session_of(request).person, pages.thread_number(request)
    upto = _number(await _fields(request), "upto") or 0
    await room_of(request).file.write(lambda c: store.read_upto(c, person.id, thread, upto))
    return web.json_response({})


async def _answer(request: web.Request, number: int, status: int = 200, **more: object) -> web.Response:
    """Answer with the message as it stands now, also as the fragment that a page shows."""
    room, person = room_of(request), session_of(request).person
    found = await room.file.read(partial(_standing, number=number, person=person.id))
    shown = [] if found is None else await room.off_loop(partial(pages.shown, room, person, found))
    html = {} if found is None else await room.off_loop(partial(pages.fragments, room, person, found))
    standing = view.as_json(shown[0]) if shown else None
    return web.json_response({"id": number, "message": standing, "fragment": html.get(number), **more}, status=status)


def _standing(connection: sqlite3.Connection, number: int, person: str) -> pages.Conversation | None:
    """Read one message, as far as this person sees it at this moment."""
    found = rows.message_of(connection, number)
    allowed = None if found is None else access.access(connection, found.thread, person)
    return None if found is None or allowed is None else pages.conversation(connection, [found], allowed)


async def _fields(request: web.Request) -> Mapping[str, Any]:
    if request.content_type != "application/json":
        raise RoomRefusal("Send JSON.", 415)
    try:
        async with asyncio.timeout(PATIENCE):
            fields = json.loads(await request.text())
    except TimeoutError:
        raise RoomRefusal("The rest of this request did not come.", 408) from None
    except (ValueError, LookupError, RecursionError) as error:
        raise RoomRefusal("This is no JSON.", 400) from error
    if not isinstance(fields, dict):
        raise RoomRefusal("Send a JSON object.", 400)
    return fields


def _words(fields: Mapping[str, Any], name: str, limit: int | None = None) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or (limit is not None and not 0 < len(value) <= limit):
        raise RoomRefusal(f"`{name}` is missing or wrong.", 400)
    if limit is not None and tree.cleaned(value) != value:  # a text is cleaned where it is kept, an id must be one
        raise RoomRefusal(f"`{name}` is missing or wrong.", 400)
    return value


def _choice(fields: Mapping[str, Any]) -> Choice:
    try:
        return Choice(_words(fields, "choice"))
    except ValueError:
        raise RoomRefusal("There is no such choice.", 400) from None


def _number(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise RoomRefusal(f"`{name}` is no message's number.", 400)
    return value


def _numbers(fields: Mapping[str, Any], name: str) -> list[int]:
    values = fields.get(name)
    if not isinstance(values, list) or not 0 < len(values) <= rows.PAGE:
        raise RoomRefusal(f"`{name}` is no list of messages' numbers.", 400)
    numbers = [_number({name: value}, name) for value in values]
    return sorted({number for number in numbers if number is not None})
