"""The room's door: coming in by a personal link, and going out."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from adapters.web_room import people, return_path
from adapters.web_room.rows import RoomRefusal
from adapters.web_room.sessions import demand_same_origin, room_of, session_of


async def show_link(request: web.Request) -> web.StreamResponse:
    """Show who the link is for, with a button: a preview that only reads this page signs nobody in."""
    room = room_of(request)
    person = await room.file.read(partial(people.by_secret, secret=request.match_info["secret"]))
    if person is None:
        raise RoomRefusal("This link is no longer valid. Ask for a new one.", 404)
    html = room.pages.get_template("sign_in.html").render(person=person)
    return web.Response(text=html, content_type="text/html")


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Begin a session and lead to where the person wanted to go, else to the list of threads."""
    demand_same_origin(request)
    room = room_of(request)
    token = await room.file.write(partial(people.sign_in, secret=request.match_info["secret"], at=room.now()))
    if token is None:
        raise RoomRefusal("This link is no longer valid. Ask for a new one.", 404)
    response = web.Response(status=303, headers={"Location": return_path.wanted(request)})
    return_path.forget(request, response)
    response.set_cookie(
        room.cookie,
        token,
        max_age=int(people.IDLE),
        httponly=True,
        samesite="Lax",
        secure=_behind_https(request),
        path="/",
    )
    return response


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End the session."""
    room = room_of(request)
    await room.file.write(partial(people.sign_out, token=session_of(request).token))
    html = room.pages.get_template("problem.html").render(
        title="Signed out", words="Your personal link lets you in again.", status=200
    )
    response = web.Response(text=html, content_type="text/html")
    response.del_cookie(room.cookie, path="/")
    return response


def _behind_https(request: web.Request) -> bool:
    public = room_of(request).public_address
    return request.secure or (public is not None and public.startswith("https:"))
