"""The Web API over HTTP: who calls, limits, faults, the handler, the answer; and a book of it all."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from adapters.slack.double import (
    arguments,
    web_apps,
    web_chat,
    web_conversations,
    web_people,
    web_reactions,
    web_views,
)  # fmt: skip
from adapters.slack.double.asked import METHODS, Call, Method, missing_scope
from adapters.slack.double.faults import Fault, Faults
from adapters.slack.double.limits import SLOW, SLOW_OBJECTS, Limits
from adapters.slack.double.problems import Problem
from adapters.slack.double.world import World
from bridge.doubles.serving import Fates, Work
from bridge.doubles.waiting import Later, Turns

API = "/api/"
PARTS = (web_apps, web_chat, web_conversations, web_people, web_reactions, web_views)
"""The files whose handlers stand in `METHODS`."""
PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body>Server Error</body></html>"


@dataclass(slots=True, eq=False)
class Asked:
    """A call in the book. `status` is 0 until it is answered, and -1 where the connection was cut.

    `committed`: whether it did its work; `token`: what kind of token it bore, never the token.
    """

    method: str
    verb: str
    args: dict[str, Any]
    at: float
    token: str = ""
    status: int = 0
    answer: Any = None
    committed: bool = False
    fault: Fault | None = None

    @property
    def error(self) -> str:
        """Slack's word for why it was refused."""
        return str(self.answer.get("error", "")) if isinstance(self.answer, dict) else ""


@dataclass(slots=True, eq=False)
class Rest:
    """Speaks the Web API for the world."""

    world: World
    limits: Limits
    faults: Faults
    later: Later
    book: list[Asked] = field(default_factory=list)
    turns: Turns = field(default_factory=Turns)

    def mount(self, app: web.Application) -> None:
        """Put the API on the server; every method takes GET and POST."""
        app.router.add_route("GET", API + "{method}", self._serve)
        app.router.add_route("POST", API + "{method}", self._serve)

    async def until(self, condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
        """Wait until something of the book is true; raises `AssertionError` where it does not become so."""
        await self.turns.until(condition, what, seconds, self._last)

    def _last(self) -> str:
        return f"the last calls were {[f'{one.method} {one.error}' for one in self.book[-5:]]}"

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.match_info["method"], request.method, {}, self.world.time.now())
        self.book.append(asked)
        try:
            asked.args, warnings = await arguments.read(request)
        except Problem as refused:
            return self._said(asked, refused.body)
        posted = asked.args.pop("token", None)
        token = _token(request, posted)
        asked.token = token[:4] if token else ""
        asked.fault = fault = self.faults.of_call(asked.method, asked.args)
        work = Work(
            lambda: self._true(asked, token, warnings), lambda: self._commit(asked, token), lambda: self._untrue(asked),
        )  # fmt: skip
        return await Fates(self.world.time.clock, self.later, self.turns.turn).answer(request, asked, work, fault)

    def _true(self, asked: Asked, token: str | None, warnings: list[str]) -> web.StreamResponse:
        method = METHODS.get(asked.method)
        late = None if method is None else self.limits.count(
            asked.method, method.tier, str(asked.args.get("channel", ""))
        )  # fmt: skip
        if late is not None:
            return self._limited(asked, math.ceil(late))
        try:
            body = {"ok": True, **self._commit(asked, token)}
        except Problem as refused:
            body = refused.body
        if warnings:
            meta = {**body.get("response_metadata", {}), "warnings": warnings}
            body |= {"warning": ",".join(warnings), "response_metadata": meta}
        return self._said(asked, body, method)

    def _commit(self, asked: Asked, token: str | None) -> dict[str, Any]:
        method = METHODS.get(asked.method)
        if method is None:
            raise Problem("unknown_method", req_method=asked.method)
        self._known(method, token)
        if method.scopes and not set(method.scopes) & set(self.world.app.scopes):
            raise missing_scope(self.world, method.scopes[0])
        self.world.pages = SLOW_OBJECTS if self.limits.slow and asked.method in SLOW else 1000
        answer = method.handler(Call(self.world, self.world.app.user, asked.args))
        asked.committed = True
        return answer

    def _known(self, method: Method, token: str | None) -> None:
        """Raise for a token that is missing, unknown, revoked, or of the wrong kind."""
        app = self.world.app
        if not token:
            raise Problem("not_authed")
        if token not in {app.token, app.app_token}:
            raise Problem("invalid_auth")
        if (token == app.app_token) is not method.app:
            raise Problem("not_allowed_token_type")
        if app.revoked:
            raise Problem(app.revoked)

    def _said(self, asked: Asked, body: dict[str, Any], method: Method | None = None) -> web.Response:
        asked.status, asked.answer = 200, body
        self.turns.turn()
        headers = {"x-slack-req-id": f"{len(self.book):032x}"}
        if asked.error not in {"not_authed", "invalid_auth", "unknown_method"}:
            headers["x-oauth-scopes"] = ",".join(self.world.app.scopes)
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes) if method else ""
        return web.json_response(body, headers=headers)

    def _limited(self, asked: Asked, after: int) -> web.Response:
        asked.status, asked.answer = 429, {"ok": False, "error": "ratelimited"}
        self.turns.turn()
        return web.json_response(asked.answer, status=429, headers={"Retry-After": str(after)})

    def _untrue(self, asked: Asked) -> web.StreamResponse:
        fault = asked.fault
        assert fault is not None
        if fault.answer in {429, "ratelimited"}:
            return self._limited(asked, fault.retry_after)
        if fault.answer == "html" or isinstance(fault.answer, int):
            asked.status = 200 if fault.answer == "html" else int(str(fault.answer))
            asked.answer = fault.body or PAGE
            return web.Response(status=asked.status, text=asked.answer, content_type=fault.type)
        return self._said(asked, {"ok": False, "error": fault.answer})


def _token(request: web.Request, given: Any) -> str | None:
    """The token: of the header, or of a form; what stands in a query is not taken for one."""
    if "token" in request.query:
        return "in the query"
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ")
    return str(given) if given else None


def encoded(body: Any) -> str:
    """JSON as Slack sends it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
