"""The room's pages as HTML: the list of threads, a thread, and the fragments that live streams send."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from functools import partial

import jinja2
from aiohttp import web

from adapters.web_room import access, events, listing, rows, store, view
from adapters.web_room.access import Access
from adapters.web_room.listing import Listing, Show, Wanted
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
    """Messages of a thread as they stand at event `seq`, with those they reply to, for somebody with this access."""

    messages: list[Message]
    parents: list[Message]
    seq: int
    taken: int
    access: Access


def known(seq: int, taken: int) -> str:
    """Write what a page knows, as live streams number their events: the log's end and how far it is taken over."""
    return f"{seq}.{taken}"


def since(connection: sqlite3.Connection) -> str:
    """Read what a page knows that is made now."""
    return known(events.newest(connection), events.taken_over(connection))


def conversation(connection: sqlite3.Connection, messages: list[Message], allowed: Access) -> Conversation:
    """Read what is needed to show these messages of one thread to somebody who sees it."""
    wanted = {number for message in messages for number in (message.reply_to, message.addressed) if number is not None}
    parents = rows.messages_by_id(connection, sorted(wanted - {message.id for message in messages}))
    return Conversation(messages, parents, events.newest(connection), events.taken_over(connection), allowed)


def shown(room: Room, person: Person, read: Conversation) -> list[view.Shown]:
    """Show a conversation to a person."""
    return view.Viewer(room.file.instance, person, read.taken, read.access).messages(read.messages, read.parents)


def fragments(room: Room, person: Person, read: Conversation) -> dict[int, str]:
    """Render messages one by one, as a live stream sends them."""
    render = room.pages.get_template("message.html").render
    return {message.id: render(message=message) for message in shown(room, person, read)}


def list_fragment(room: Room, found: Listing) -> str:
    """Render the list of threads with its filters."""
    listed = [view.thread_listed(thread) for thread in found.threads]
    many_rooms = len({thread.room for thread in listed}) > 1
    asked = found.wanted
    offered = [show for show in Show if show is not Show.PENDING]  # that one has a line of its own above them
    choices = [(show.value, Wanted(show).query or "?show=all", found.counts[show]) for show in offered]
    template = room.pages.get_template("threads.html")
    return template.render(
        threads=listed,
        choices=choices,
        pending=found.pending,
        asked=asked,
        query=asked.query,
        before=Wanted(asked.show, asked.page - 1).query or "?page=1" if asked.page > 1 else None,
        after=Wanted(asked.show, asked.page + 1).query if found.more else None,
        many_rooms=many_rooms,
    )


async def threads_page(request: web.Request) -> web.StreamResponse:
    """Show the threads that the address asks for."""
    room, session = room_of(request), session_of(request)
    asked = listing.wanted(request.query)

    def read(connection: sqlite3.Connection) -> tuple[Listing, str]:
        return listing.listing(connection, session.person.id, asked), since(connection)

    found, newest = await room.file.read(read)
    return await page(room, session, "list.html", found, since=newest)


async def thread_page(request: web.Request) -> web.StreamResponse:
    """Show one thread with its post, its conversation and the reply box."""
    room, session = room_of(request), session_of(request)
    number, before = thread_number(request), _before(request)
    asked = listing.wanted(request.query, number)

    def read(connection: sqlite3.Connection) -> tuple[Thread, Conversation, Listing, list[str]]:
        person = session.person.id
        thread = rows.thread_of(connection, number, person)
        messages = rows.messages_of(connection, number, before)
        return (
            thread,
            conversation(connection, messages, access.demand(connection, number, person)),
            listing.listing(connection, person, asked),
            rows.people_of(connection),
        )

    thread, found, listed, people = await room.file.read(read)
    messages = await room.off_loop(partial(shown, room, session.person, found))
    post = view.post_of(thread)
    return await page(
        room,
        session,
        "thread.html",
        listed,
        since=known(found.seq, found.taken),
        thread=thread,
        moderates=found.access.moderates,
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


async def page(room: Room, session: Session, template: str, found: Listing, **values: object) -> web.Response:
    """Render a whole page of the room, with the list of threads beside it."""
    values |= {
        "session": session,
        "now": room.now(),
        "beat": room.beat,
        "query": found.wanted.query,
    }

    def render() -> str:
        return room.pages.get_template(template).render(thread_list=list_fragment(room, found), **values)

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
