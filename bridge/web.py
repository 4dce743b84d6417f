"""The daemon's own HTTP server: `/healthz`, `/readyz` and `/metrics`, for machines that watch over it, and `/in/`.

Nobody signs in here, so it tells nothing about visitors and belongs on an address that only those machines reach; but
what is below `/in/` is the adapters' (`bridge.mounts`), and platforms may call it from anywhere.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from bridge import metrics
from bridge.errors import LedgerError
from bridge.house import House, OpenBlog, OpenChat
from bridge.http_log import http_log
from bridge.ledger import overview
from bridge.mounts import MOST, PATH, Mounts
from bridge.outcome import pause
from bridge.overview import BlogOverview, ChatOverview, Overview
from bridge.ports import Clock

log = logging.getLogger("backchat.web")

BEATS = 4
"""How many beats a blog may be later than its slowest one before its silence is noticed,"""
LEEWAY = 60.0
"""and for how many seconds more: a reading takes its time, and a beat may be very short."""
_BUSY, _NOT_OURS, _FORBIDDEN = errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES
_REMEDIES = {
    _BUSY: "another program uses that port: stop it, or write another one",
    _NOT_OURS: "this machine has no such address: write one that it has, such as 127.0.0.1",
    _FORBIDDEN: "that port is not for everybody: write one of 1024 or more",
}


async def serve(house: House, place: tuple[str, int], mounts: Mounts | None = None) -> None:
    """Serve until cancelled; an address that cannot be had is asked for again and again, and nothing else waits."""
    attempts = 0
    while True:
        runner = web.AppRunner(
            _application(house, mounts or Mounts()), access_log=None, logger=http_log(__name__), handle_signals=False,
            shutdown_timeout=1.0,
        )  # fmt: skip
        try:
            await runner.setup()
            await web.TCPSite(runner, *place).start()
            log.info("health and metrics are served at %s", _address(place))
            await asyncio.Event().wait()
        except OSError as error:
            log.warning("web.listen: nothing can be served at %s: %s", _address(place), _remedy(error))
        finally:
            await runner.cleanup()
        await house.clock.wait(pause(attempts))
        attempts += 1


def _address(place: tuple[str, int]) -> str:
    host, port = place
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _remedy(error: OSError) -> str:
    return _REMEDIES.get(error.errno or 0) or (os.strerror(error.errno) if error.errno else str(error))


def _application(house: House, mounts: Mounts) -> web.Application:
    pages = _Pages(house, house.clock.now())
    application = web.Application(client_max_size=MOST)
    application.router.add_route("*", PATH, mounts.answer)
    application.add_routes(
        [web.get("/healthz", pages.health), web.get("/readyz", pages.readiness), web.get("/metrics", pages.metrics)]
    )
    return application


@dataclass(frozen=True, slots=True)
class _Pages:
    house: House
    since: float

    async def health(self, request: web.Request) -> web.Response:
        """Whether the process works at all: a manager may restart it if not."""
        overdue = self.house.pulse.overdue()
        reasons = [f"{loop} has made no progress for {age:.0f} s" for loop, age in sorted(overdue.items())]
        return _said(request, reasons, "healthy")

    async def readiness(self, request: web.Request) -> web.Response:
        """Whether everything that it was asked to watch is being watched: a person should look if not."""
        try:
            standing = await self._overview()
        except LedgerError as error:
            return _said(request, [str(error)], "ready")
        reasons = [f"{loop} makes no progress" for loop in sorted(self.house.pulse.overdue())]
        return _said(request, [*reasons, *unready(self.house, standing, self.since)], "ready")

    async def metrics(self, request: web.Request) -> web.Response:
        """Everything that can be counted, for Prometheus."""
        try:
            standing = await self._overview()
        except LedgerError as error:
            raise web.HTTPServiceUnavailable(text=f"{error}\n") from None
        told = metrics.Told.of(self.house, standing)
        body, kind = await asyncio.to_thread(metrics.exposition, told, request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": kind})

    async def _overview(self) -> Overview:
        now = self.house.clock.now()
        return await self.house.ledger.view(lambda tx: overview.overview(tx, now))


def _said(request: web.Request, reasons: list[str], word: str) -> web.Response:
    status = 503 if reasons else 200
    if "application/json" in request.headers.get("Accept", ""):
        return web.json_response({word: not reasons, "reasons": reasons}, status=status)
    return web.Response(text="".join(f"{reason}\n" for reason in reasons or ["ok"]), status=status)


def unready(house: House, standing: Overview, since: float) -> Iterator[str]:
    """Why not everything is being watched, in sentences; `since` is the instant from which on it could have been."""
    blogs = {blog.name: blog for blog in standing.blogs}
    chats = {chat.name: chat for chat in standing.chats}
    for blog in house.blogs.values():
        reason = _unread(blog, blogs.get(blog.name), since, house.clock)
        if reason is not None:
            yield f"the blog {blog.name} {reason}"
    for chat in house.chats.values():
        reason = _unheard(chat, chats.get(chat.name))
        if reason is not None:
            yield f"the chat {chat.name} {reason}"


def _unread(blog: OpenBlog, known: BlogOverview | None, since: float, clock: Clock) -> str | None:
    if known is not None and known.paused:
        return f"is paused: {known.paused}"
    if blog.ready is None:
        return f"is not open: {blog.trouble or 'it has not answered yet'}"
    last = max(since, known.last_read or 0.0) if known is not None else since
    silent = clock.now() - last
    patient = known is not None and not known.failures and known.next_read > clock.now()  # the server asked for it
    if patient or silent <= blog.beat.longest + BEATS * blog.beat.every + LEEWAY:
        return None
    why = f": {known.last_error}" if known is not None and known.last_error else ""
    return f"has not been read for {silent:.0f} s{why}"


def _unheard(chat: OpenChat, known: ChatOverview | None) -> str | None:
    if chat.ready is None:
        return f"is not open: {chat.trouble or 'it has not answered yet'}"
    if chat.trouble is not None:
        return f"cannot be opened again: {chat.trouble}"
    if known is not None and known.caught_up:
        return None
    return f"is not heard: {(known and known.last_error) or 'what was written meanwhile is still being read'}"
