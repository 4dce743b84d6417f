"""The room's pages as HTML: the list of threads, a thread, and the fragments that live streams send."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial

import jinja2
from aiohttp import web

from adapters.web_room import events, rows, store, view
from adapters.web_room.rows import Message, Person, RoomRefusal, Thread
from adapters.web_room.sessions import Room, Session, room_of, session_of


def environment() -> jinja2.Environment:
    """Make the templates' environment: everything is escaped, and a forgotten value is an error."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("adapters.web_room", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages of a thread as they stand at event `seq`, with those they reply to."""

    messages: list[Message]
    parents: list[Message]
    seq: int
    taken: int


def known(seq: int, taken: int) -> str:
    """Write what a page knows, as live streams number their events: the log's end and how far it is taken over."""
    return f"{seq}.{taken}"


def conversation(connection: sqlite3.Connection, messages: list[Message]) -> Conversation:
    """Read what is needed to show these messages."""
    wanted = {number for message in messages for number in (message.reply_to, message.addressed) if number is not None}
    parents = rows.messages_by_id(connection, sorted(wanted - {message.id for message in messages}))
    return Conversation(messages, parents, events.newest(connection), events.taken_over(connection))


def shown(room: Room, person: Person, read: Conversation) -> list[view.Shown]:
    """Show a conversation to a person."""
    return view.Viewer(room.file.instance, person, read.taken).messages(read.messages, read.parents)


def fragments(room: Room, person: Person, read: Conversation) -> dict[int, str]:
    """Render messages one by one, as a live stream sends them."""
    render = room.pages.get_template("message.html").render
    return {message.id: render(message=message) for message in shown(room, person, read)}


def list_fragment(room: Room, threads: list[Thread], current: int | None) -> str:
    """Render the list of threads."""
    listed = [view.thread_listed(thread) for thread in threads]
    rooms = {thread.room for thread in listed}
    return room.pages.get_template("threads.html").render(threads=listed, current=current, many_rooms=len(rooms) > 1)


async def threads_page(request: web.Request) -> web.StreamResponse:
    """Show all threads."""
    room, session = room_of(request), session_of(request)

    def read(connection: sqlite3.Connection) -> tuple[list[Thread], str]:
        since = known(events.newest(connection), events.taken_over(connection))
        return rows.threads_for(connection, session.person.id), since

    threads, since = await room.file.read(read)
    return await _page(room, session, "list.html", threads, None, since=since)


async def thread_page(request: web.Request) -> web.StreamResponse:
    """Show one thread with its post, its conversation and the reply box."""
    room, session = room_of(request), session_of(request)
    number, before = thread_number(request), _before(request)

    def read(connection: sqlite3.Connection) -> tuple[Thread, Conversation, list[Thread], list[str]]:
        person = session.person.id
        messages = rows.messages_of(connection, number, before)
        return (
            rows.thread_of(connection, number, person),
            conversation(connection, messages),
            rows.threads_for(connection, person),
            rows.people_of(connection),
        )

    thread, found, threads, people = await room.file.read(read)
    messages = await room.off_loop(partial(shown, room, session.person, found))
    post = view.post_of(thread)
    return await _page(
        room,
        session,
        "thread.html",
        threads,
        number,
        since=known(found.seq, found.taken),
        thread=thread,
        post=post,
        post_title=view.title_of(post),
        post_link=view.post_link(post),
        published=None if post.published is None else view.moment(post.published),
        messages=messages,
        earlier=messages[0].id if len(messages) == rows.PAGE else None,
        before=before,
        people=people,
        max_text=store.MAX_TEXT,
    )


async def _page(
    room: Room, session: Session, template: str, threads: list[Thread], current: int | None, **values: object
) -> web.Response:
    values |= {
        "session": session,
        "now": room.now(),
        "beat": room.beat,
        "title": "Threads",
        "current": current,
    }

    def render() -> str:
        listed = list_fragment(room, threads, current)
        return room.pages.get_template(template).render(thread_list=listed, **values)

    return web.Response(text=await room.off_loop(render), content_type="text/html")


def thread_number(request: web.Request) -> int:
    """Read the thread's number from the request's path. Raises `RoomRefusal`."""
    return path_number(request, "thread")


def path_number(request: web.Request, name: str) -> int:
    """Read a number from the request's path. Raises `RoomRefusal`."""
    given = request.match_info[name]
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise RoomRefusal("There is nothing at this address.", 404)
    return int(given)


def _before(request: web.Request) -> int | None:
    given = request.query.get("before", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None
