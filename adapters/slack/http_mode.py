"""HTTP mode: Slack calls us, at our place on the daemon's own server, which a reverse proxy brings to the internet.

A call is Slack's if it bears the signature that only Slack and the owner of the app can make, and was made within five
minutes; before that is known nothing of it is read. Bolt answers all the rest, `url_verification` too.
https://docs.slack.dev/authentication/verifying-requests-from-slack, https://docs.slack.dev/apis/events-api/using-http-request-urls
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import Clock as TheirClock
from slack_sdk.signature import SignatureVerifier

from adapters.slack.line import Line
from adapters.slack.settings import EVENTS
from bridge.errors import Refused
from bridge.off_loop import off_loop
from bridge.ports import Clock, Mount

log = logging.getLogger(__name__)

COMPLAIN_EVERY = 3600.0
"""Seconds between two lines in the log about calls that are not Slack's: anybody can cause them."""
DRAIN = 3.0
"""Seconds for what is under way when listening ends: Slack waits no longer for an answer either."""
_STAMP, _SIGNATURE, _AGAIN = "X-Slack-Request-Timestamp", "X-Slack-Signature", "X-Slack-Retry-Num"


class _Clock(TheirClock):
    """Our clock, as slack_sdk asks for the time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()


@dataclass(slots=True, eq=False)
class HttpMode:
    """Serves the address that the app's settings name. `name` is the chat's."""

    app: AsyncApp
    name: str
    secret: str = field(repr=False)
    mount: Mount | None
    line: Line
    clock: Clock
    _verifier: SignatureVerifier = field(init=False, repr=False)
    _complained: float | None = None
    _under_way: set[asyncio.Task[web.StreamResponse]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._verifier = SignatureVerifier(self.secret, _Clock(self.clock))

    async def run(self) -> None:
        """Serve until cancelled. Raises `Refused` where the daemon serves nothing."""
        if self.mount is None:
            raise Refused(
                f'chats.{self.name}.mode is "http", so Slack has to reach Backchat, and nothing is served: write'
                " web.listen and web.public"
            )
        take_away = self.mount.serve(EVENTS, self.called)
        try:
            log.info("Slack is to call %s/%s", self.mount.address or "…", EVENTS)
            self.line.blind = True
            self.line.came_up()
            await asyncio.Event().wait()
        finally:
            take_away()
            self.line.went_down()
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=DRAIN)

    async def called(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        if request.method == "GET":  # so Slack looks whether an address has a good certificate
            return web.Response(text="Slack calls here\n")
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ["GET", "POST"])
        if not await self._is_slacks(request):
            self._complain()
            raise web.HTTPUnauthorized(text="this call does not prove that it is Slack's\n")
        task = asyncio.create_task(self._taken(request))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await task

    async def _is_slacks(self, request: web.Request) -> bool:
        body = await request.read()
        stamp, signature = request.headers.get(_STAMP, ""), request.headers.get(_SIGNATURE, "")
        try:
            return await off_loop(len(body), lambda: bool(self._verifier.is_valid(body, stamp, signature)))
        except (OverflowError, TypeError, ValueError):  # what is no number, no instant, no signature at all
            return False

    async def _taken(self, request: web.Request) -> web.StreamResponse:
        again = request.headers.get(_AGAIN, "0") not in {"", "0"}
        self.line.heard(again=again)
        if again:  # what was told before it may have been tried in vain too often
            self.line.doubt()
        asked = await _request(request)
        if asked.body.get("type") == "app_rate_limited":  # https://docs.slack.dev/apis/events-api/#rate-limiting
            log.warning("more happened on Slack than it tells an app within an hour: the rest is read from there")
            self.line.doubt()
            return web.Response()
        return await to_aiohttp_response(await self.app.async_dispatch(asked))

    def _complain(self) -> None:
        now = self.clock.now()
        if self._complained is None or now - self._complained >= COMPLAIN_EVERY:
            self._complained = now
            log.warning(
                "somebody who is not Slack called the address of chats.%s; if it was Slack, signing_secret is not its"
                " app's, or this machine's clock is wrong by more than five minutes",
                self.name,
            )  # fmt: skip


async def _request(request: web.Request) -> AsyncBoltRequest:
    """A call as Bolt takes it. Raises `HTTPBadRequest` for what Slack never sends, which Bolt cannot bear."""
    body = await request.read()

    def made() -> AsyncBoltRequest:
        return AsyncBoltRequest(body=body.decode(), query=request.query_string, headers=dict(request.headers))

    try:
        return await off_loop(len(body), made)
    except (AttributeError, TypeError, ValueError):
        raise web.HTTPBadRequest(text="that is not what Slack sends\n") from None
