"""Where platforms can call adapters: the paths below `/in/` of the daemon's own HTTP server.

`/in/GROUP/NAME/…` belongs to one adapter, GROUP being `blogs` or `chats`. Everything that comes in there may come from
anybody: it is bounded in size, time and number, and what is not there says no more than that. Bodies reach the handlers
as they came, so that signatures over them can be checked.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bridge.ports import Handler

log = logging.getLogger("backchat.mounts")

PATH = "/in/{group}/{name}/{path:.+}"
"""What of the server's paths is the adapters'."""
MOST = 2 * 2**20
"""Bytes of a request's body at the most; a longer one is answered with 413."""
READING = 10.0
"""Seconds for a request's body to arrive; a later one is answered with 408."""
ANSWERING = 10.0
"""Seconds for an adapter to answer."""
AT_A_TIME = 16
"""Requests of one adapter that are worked on at a time; one more is answered with 503, and no other adapter waits."""

_Place = tuple[str, str, str]


class Mounts:
    """What the adapters of one configuration answer. `public` is how the internet reaches the server, if it does."""

    def __init__(self, public: str | None = None) -> None:
        self._public = public
        self._handlers: dict[_Place, Handler] = {}
        self._under_way: Counter[tuple[str, str]] = Counter()

    def at(self, group: str, name: str) -> Mounted:
        """The place of one adapter."""
        address = None if self._public is None else f"{self._public}/in/{group}/{name}"
        return Mounted(self, group, name, address)

    def put(self, place: _Place, handler: Handler) -> Callable[[], None]:
        """Let `handler` answer at a place until the returned function is called."""
        path = place[2]
        if not path or path.strip("/") != path:
            raise ValueError("a mounted path begins and ends without a slash, and is not empty")
        if place in self._handlers:
            raise ValueError(f"something is mounted at that path of {place[0]}.{place[1]} already")
        self._handlers[place] = handler

        def take_away() -> None:
            if self._handlers.get(place) is handler:
                del self._handlers[place]

        return take_away

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer what came in below `/in/`."""
        group, name, path = (request.match_info[part] for part in ("group", "name", "path"))
        handler = self._handlers.get((group, name, path))
        if handler is None:
            raise web.HTTPNotFound
        if self._under_way[group, name] >= AT_A_TIME:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "10"})
        self._under_way[group, name] += 1
        try:
            await _arrived(request)
            return await _answered(handler, request, f"{group}.{name}")
        finally:
            self._under_way[group, name] -= 1


@dataclass(frozen=True, slots=True)
class Mounted:
    """The `Mount` of one adapter."""

    _mounts: Mounts
    _group: str
    _name: str
    address: str | None

    def serve(self, path: str, handler: Handler) -> Callable[[], None]:
        """Answer requests at `path`; raises `ValueError` for a path that cannot be, or is taken."""
        return self._mounts.put((self._group, self._name, path), handler)


async def _arrived(request: web.Request) -> None:
    """Wait for the body, which the request keeps: no adapter waits for what may never come."""
    try:
        async with asyncio.timeout(READING):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, ConnectionError):  # garbled, or broken off: the caller's doing, not ours
        refused = web.HTTPBadRequest()
        refused.force_close()
        raise refused from None


async def _answered(handler: Handler, request: web.Request, whose: str) -> web.StreamResponse:
    try:
        async with asyncio.timeout(ANSWERING):
            return await handler(request)
    except web.HTTPException:
        raise
    except Exception:  # a fault in one adapter's answer is that request's alone; its path may be a secret
        log.exception("%s could not answer a call through a fault of ours", whose)
        raise web.HTTPInternalServerError from None
