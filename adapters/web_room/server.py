"""The room's HTTP server: routes, the headers that every answer carries, and refusals in words."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from adapters.web_room import api, door, live, operator_page, pages, return_path, sessions
from adapters.web_room.access import NoSuchThread
from adapters.web_room.database import RoomFile, RoomFileError
from adapters.web_room.looks import look
from adapters.web_room.rows import RoomRefusal
from adapters.web_room.sessions import ROOM, Handler, Room, TooFast, room_of
from adapters.web_room.store import MAX_TEXT
from bridge.http_log import http_log
from bridge.ports import Office

BEAT = 15.0
"""Seconds after which a silent live stream says that it lives."""
IDLE = 75.0
"""Seconds for which a connection is kept that asks for nothing."""
MAX_BODY = 64 * 1024
"""Bytes of a request: room for the longest message in any script, and little enough to read on the loop (law 12)."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = logging.getLogger(__name__)


def make_app(
    file: RoomFile,
    *,
    public_address: str | None = None,
    now: Callable[[], float] = time.time,
    beat: float = BEAT,
    office: Office | None = None,
) -> web.Application:
    """Make the application that serves an open room file, and an office to its operators."""
    app = web.Application(middlewares=[refusing, sessions.signed_in], client_max_size=MAX_BODY)
    app[ROOM] = Room(file, pages.environment(), now, public_address, beat, office)
    app.on_response_prepare.append(_dress)
    app.on_shutdown.append(_end_streams)
    app.add_routes(
        [
            web.get("/", pages.threads_page),
            web.get("/live", live.live, allow_head=False),
            web.get("/threads/{thread}", pages.thread_page),
            web.get("/threads/{thread}/live", live.live, allow_head=False),
            web.get("/in/{secret}", door.show_link),
            web.post("/in/{secret}", door.sign_in),
            web.post("/out", door.sign_out),
            web.get("/operator", operator_page.operator_page),
            web.post("/operator/decide", operator_page.decide),
            web.post("/operator/resume", operator_page.resume),
            web.get("/look/{name}", look),
            web.get("/api/me", api.me),
            web.get("/api/threads", api.threads),
            web.get("/api/threads/{thread}/messages", api.messages),
            web.post("/api/threads/{thread}/messages", api.send),
            web.put("/api/threads/{thread}/read", api.read_upto),
            web.post("/api/undo", api.take_back),
            web.get("/api/messages/{message}", api.message),
            web.put("/api/messages/{message}", api.edit),
            web.delete("/api/messages/{message}", api.delete),
            web.put("/api/messages/{message}/mark", api.mark),
            web.put("/api/messages/{message}/choice", api.choose),
        ]
    )
    return app


@asynccontextmanager
async def serving(
    file: RoomFile,
    host: str,
    port: int,
    public_address: str | None = None,
    *,
    now: Callable[[], float] = time.time,
    beat: float = BEAT,
    office: Office | None = None,
) -> AsyncIterator[str]:
    """Serve an open room file; gives the address to open. Raises OSError where the port cannot be had.

    There is no access log: it would have the secrets of sign-in links in it (law 10).
    """
    app = make_app(file, public_address=public_address, now=now, beat=beat, office=office)
    runner = web.AppRunner(
        app, access_log=None, logger=http_log(__name__), shutdown_timeout=2.0, keepalive_timeout=IDLE
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield public_address or _address(runner)
    finally:
        await runner.cleanup()


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


async def _dress(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")


async def _end_streams(app: web.Application) -> None:
    app[ROOM].stopping.set()
    app[ROOM].file.bell.ring()


@web.middleware
async def refusing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what cannot be into an answer in words: JSON for the script, a page for people."""
    try:
        return await handler(request)
    except TooFast as error:
        response = _refusal(request, error.reason, error.status)
        response.headers["Retry-After"] = str(error.wait)
        return response
    except RoomRefusal as error:
        return _refusal(request, error.reason, error.status)
    except NoSuchThread:
        return _refusal(request, "There is no such thread here.", 404)
    except RoomFileError as error:
        log.warning("%s", error)
        return _refusal(request, "The room cannot be used right now; please try again.", 503)
    except web.HTTPRequestEntityTooLarge:
        return _refusal(request, f"That is too long: a message can have {MAX_TEXT:,} characters.", 413)
    except web.RequestPayloadError:
        return _refusal(request, "This request cannot be read.", 400)
    except web.HTTPException as error:
        return _refusal(
            request, "There is nothing at this address." if error.status == 404 else error.reason, error.status
        )
    except ConnectionError:
        raise  # the browser is gone: nobody is there to be answered
    except Exception:
        log.exception("the room could not answer %s", _route(request))
        return _refusal(request, "Something went wrong in the room; please try again.", 500)


def _route(request: web.Request) -> str:
    """Name what was asked for without its address, which may be a link's (law 10)."""
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource else 'what is not here'}"


def _refusal(request: web.Request, words: str, status: int) -> web.Response:
    if request.path.startswith("/api/") or request.path.endswith("/live"):
        return web.json_response({"error": words}, status=status)
    title = "Please sign in" if status == 401 else "That did not work"
    html = room_of(request).pages.get_template("problem.html").render(title=title, words=words, status=status)
    response = web.Response(text=html, content_type="text/html", status=status)
    if status == 401:
        return_path.remember(request, response)
    return response
