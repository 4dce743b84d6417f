"""REST over HTTP: who asks, limits, faults, the handler, the answer with Discord's headers; and a book of it all."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from adapters.discord.double import (
    rest_gateway,
    rest_guilds,
    rest_interactions,
    rest_messages,
    rest_threads,
    rest_webhooks,
    threads,
)  # fmt: skip
from adapters.discord.double.asked import Answer, Call, Handler, nowhere, routes
from adapters.discord.double.faults import Fault, Faults
from adapters.discord.double.limits import Counted, Limits
from adapters.discord.double.problems import Problem, problem, unauthorized
from adapters.discord.double.rest_threads import SlowDown
from adapters.discord.double.world import World
from bridge.doubles.serving import Fates, Work
from bridge.doubles.waiting import Later

API = "/api/v10"
NOWHERE = "/{rest}"
"""The route of what leads nowhere."""
_MAJOR = ("channel_id", "guild_id", "webhook_id", "webhook_token")
PARTS = (rest_gateway, rest_guilds, rest_interactions, rest_messages, rest_threads, rest_webhooks)
"""The files whose handlers stand in `routes`."""
_CLOUDFLARE = "<html><head><title>Access denied | discord.com used Cloudflare to restrict access</title></head></html>"


@dataclass(slots=True, eq=False)
class Asked:
    """A request in the book. `route` names the ids in braces; `before` is what remained of its bucket before it.

    `status` is 0 until it is answered, and -1 where the connection was cut. `committed`: whether it did its work.
    """

    method: str
    path: str
    route: str
    body: Any
    at: float
    query: dict[str, str] = field(default_factory=dict)
    before: int = 1
    limit: int = 0
    status: int = 0
    answer: Any = None
    committed: bool = False
    fault: Fault | None = None
    user_agent: str = ""


@dataclass(slots=True, eq=False)
class Rest:
    """Speaks REST for the world."""

    world: World
    limits: Limits
    faults: Faults
    later: Later
    book: list[Asked] = field(default_factory=list)

    def mount(self, app: web.Application) -> None:
        """Put every route on the server."""
        for (method, path), handler in sorted(routes.handlers.items(), key=lambda item: "@" not in item[0][1]):
            app.router.add_route(method, API + path, self._serve(path, handler))
        app.router.add_route("*", API + "/{rest:.*}", self._serve(NOWHERE, nowhere))

    def _serve(self, route: str, handler: Handler) -> Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            body, files = await _read(request)
            asked = Asked(
                request.method, request.path.removeprefix(API), route, body, self.world.time.now(),
                dict(request.query), user_agent=request.headers.get("User-Agent", ""),
            )  # fmt: skip
            self.book.append(asked)
            call = Call(self.world, self.world.bot, dict(request.match_info), asked.query, body, files)
            return await self._answer(request, asked, call, handler)

        return serve

    async def _answer(self, request: web.Request, asked: Asked, call: Call, handler: Handler) -> web.StreamResponse:
        if self.limits.banned:
            return self._cloudflare(asked, 600.0)
        asked.fault = fault = self.faults.of_request(asked.method, asked.path, asked.body)
        authorization = request.headers.get("Authorization")
        work = Work(
            lambda: self._true(asked, call, handler, authorization),
            lambda: self._commit(asked, call, handler, authorization), lambda: self._untrue(asked),
        )  # fmt: skip
        return await Fates(self.world.time.clock, self.later).answer(request, asked, work, fault)

    def _true(self, asked: Asked, call: Call, handler: Handler, authorization: str | None) -> web.StreamResponse:
        major = "/".join(call.ids.get(name, "") for name in _MAJOR)
        counted = self.limits.count(asked.method, asked.route, major)
        asked.before = counted.before
        asked.limit = int(counted.headers.get("X-RateLimit-Limit", "0"))
        if counted.retry_after is not None:
            return self._limited(asked, counted.retry_after, counted.scope, counted.headers, counted.everywhere)
        try:
            answer = self._commit(asked, call, handler, authorization)
        except SlowDown as slow:
            return self._limited(asked, slow.after, "shared", counted.headers, False)
        except Problem as refused:
            answer = Answer(refused.status, refused.body)
            if refused.status == 429:
                answer = Answer(429, {**refused.body, "retry_after": 1.0, "global": False})
        self.limits.note(answer.status, "user")
        return self._said(asked, answer, counted)

    def _commit(self, asked: Asked, call: Call, handler: Handler, authorization: str | None) -> Answer:
        if asked.body is _NO_JSON:
            raise problem(50109)
        call.anonymous = authorization is None
        if authorization != f"Bot {self.world.token}" and (
            handler not in routes.open_to_all or authorization is not None
        ):
            raise unauthorized()
        threads.archive_what_is_due(self.world)
        answer = handler(call)
        asked.committed = True
        return answer

    def _said(self, asked: Asked, answer: Answer, counted: Counted) -> web.Response:
        asked.status, asked.answer = answer.status, answer.body
        headers = {**counted.headers, "Via": "1.1 google"}
        if answer.body is None:
            return web.Response(status=answer.status, headers=headers)
        # exactly this type: with a charset behind it discord.py takes the body for text
        headers["Content-Type"] = "application/json"
        return web.Response(status=answer.status, body=json.dumps(answer.body).encode(), headers=headers)

    def _untrue(self, asked: Asked) -> web.StreamResponse:
        fault = asked.fault
        assert fault is not None
        assert isinstance(fault.answer, int)
        if fault.answer == 429:
            if not fault.via:
                return self._cloudflare(asked, fault.retry_after)
            return self._limited(asked, fault.retry_after, fault.scope, fault.headers, fault.scope == "global")
        return self._said(asked, Answer(fault.answer, fault.body or _words(fault.answer)), Counted(1, fault.headers))

    def _limited(
        self, asked: Asked, after: float, scope: str, headers: dict[str, str], everywhere: bool
    ) -> web.Response:
        self.limits.note(429, scope)
        asked.status = 429
        body = {"message": "You are being rate limited.", "retry_after": round(after, 3), "global": everywhere}
        asked.answer = body
        return web.Response(
            status=429, body=json.dumps(body).encode(),
            headers={
                "X-RateLimit-Scope": scope, **headers, "Retry-After": str(math.ceil(after)), "Via": "1.1 google",
                "Content-Type": "application/json",
            },
        )  # fmt: skip

    def _cloudflare(self, asked: Asked, after: float) -> web.Response:
        """What Cloudflare answers before Discord is reached: no `Via`, and a page."""
        asked.status = 429
        headers = {"Retry-After": str(math.ceil(after)), "Content-Type": "text/html; charset=UTF-8"}
        return web.Response(status=429, body=_CLOUDFLARE.encode(), headers=headers)


def _words(status: int) -> dict[str, Any]:
    return {"message": f"{status}: the double was told to answer so", "code": 0}


_NO_JSON = object()


async def _read(request: web.Request) -> tuple[Any, dict[str, tuple[str, int, str]]]:
    """The body, and the files that came with it as a form."""
    if request.content_type == "multipart/form-data":
        return await _parts(request)
    raw = await request.read()
    return _decoded(raw), {}


def _decoded(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return _NO_JSON


async def _parts(request: web.Request) -> tuple[Any, dict[str, tuple[str, int, str]]]:
    body: Any = None
    files: dict[str, tuple[str, int, str]] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        raw = bytes(await part.read(decode=False))
        if part.name == "payload_json":
            body = _decoded(raw)
        else:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            files[part.name or ""] = (part.filename or "file", len(raw), kind)
    return body, files
