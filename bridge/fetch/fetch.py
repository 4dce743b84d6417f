"""What adapters read and act with.

Reading is repeated when a connection fails, and never costs more memory or time than was allowed. Effects leave once:
whatever goes wrong after a connection stood counts as unknown (law 2).
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Self

import aiohttp
from yarl import URL

from bridge.errors import MaybeDone, RetryLater
from bridge.fetch.addresses import Place, place, places
from bridge.fetch.connections import Connections
from bridge.fetch.exchange import MOST, Answer, Limits, exchange
from bridge.fetch.redirects import REDIRECTS, Ask
from bridge.fetch.response import Params, Response
from bridge.fetch.words import host, is_blip, words

if TYPE_CHECKING:
    from tenacity import AsyncRetrying

_UNWELL = frozenset({500, 502, 504})
_WRONG = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class Fetch:
    """How one adapter uses HTTP, for use as `async with` or on an `AsyncExitStack`.

    `agent` is the User-Agent. `connections` are the process's (None: its own). `trusted` are the addresses that the
    operator configured: only their hosts and ports may lie in a private network (with `any_port`, every port of those
    hosts: for what a person typed this moment, before anything is configured). `connect` bounds, in seconds, getting
    a connection, `silence` the wait for the headers after it and each wait for data, `patience` the whole body.
    `pause` waits between repetitions; tests replace it.
    """

    def __init__(
        self,
        agent: str,
        *,
        connections: Connections | None = None,
        trusted: Sequence[str] = (),
        any_port: bool = False,
        connect: float = 10.0,
        silence: float = 20.0,
        patience: float = 60.0,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._headers = {"User-Agent": agent, "Accept-Encoding": "gzip, deflate"}
        self._lent = connections
        self._trusted = places(trusted)
        self._hosts = frozenset(name for name, _ in self._trusted) if any_port else frozenset[str]()
        self._connect = connect
        self._limits = Limits(connect + silence, silence, patience)
        self._timeout = aiohttp.ClientTimeout(total=None, connect=connect)
        self._pause = pause
        self._stack = AsyncExitStack()
        self._connections: Connections | None = None

    async def __aenter__(self) -> Self:
        self._connections = self._lent or await self._stack.enter_async_context(Connections())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connections = None
        await self._stack.aclose()

    async def read(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        json: object = None,
        most: int = MOST,
        follow: bool = True,
    ) -> Response:
        """Read `url` (by POST where there is `json` to ask with, else by GET); safe to repeat, and repeated.

        At most `most` bytes are taken; redirects are followed unless `follow` is false. Raises `RetryLater`, with the
        host's name in it, for whatever kept us from a whole answer, and for 429 and 5xx; other statuses are returned.
        """
        connections, ask = self._open(), None
        try:
            ask = _ask("GET" if json is None else "POST", url, headers, params, json)
            while True:
                answer = await self._persistent(connections, ask, most)
                if not follow or answer.status not in REDIRECTS or "Location" not in answer.headers:
                    return _usable(_response(ask, answer))
                ask = ask.follow(answer.status, answer.headers["Location"])
        except _WRONG as error:
            asked, there = host(url), host(url if ask is None else str(ask.url))
            way = "" if there == asked else f"it leads to {there}, and "
            raise RetryLater(f"{asked} cannot be read: {way}{words(error)}") from None

    async def _persistent(self, connections: Connections, ask: Ask, most: int) -> Answer:
        try:
            return await self._once(connections, ask, most)
        except aiohttp.ClientError as error:
            if not is_blip(error):
                raise
            blip = error
        async for attempt in self._repeating():
            with attempt:
                if attempt.retry_state.attempt_number == 1:
                    raise blip
                return await self._once(connections, ask, most)
        raise AssertionError("unreachable")

    def _repeating(self) -> AsyncRetrying:
        """Three attempts. Only a reading that failed asks for it: for all others it would cost a tenth of their CPU."""
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

        return AsyncRetrying(
            retry=retry_if_exception(is_blip),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            sleep=self._pause,
            reraise=True,
        )

    async def _once(self, connections: Connections, ask: Ask, most: int) -> Answer:
        to = place(ask.url)
        session = connections.reading(trusted=self._trusts(to))
        call = {"headers": {**self._headers, **ask.headers}, "json": ask.json, "timeout": self._timeout}
        async with connections.turn(f"{to[0]}:{to[1]}"):
            return await exchange(session, ask.method, ask.url, call, most, self._limits)

    async def effect(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
        timeout: float = 15.0,  # noqa: ASYNC109 - it bounds parts of one exchange differently, so aiohttp has to know it
    ) -> Response:
        """Do something that lasts, once. No redirect is followed, nothing is repeated.

        `timeout` is seconds for the whole exchange. Raises `RetryLater` where it certainly did not happen: no
        connection, 429, or 503 with `Retry-After`. Raises `MaybeDone` for anything else that went wrong once a
        connection stood, and for 500, 502 and 504. Other statuses are returned.
        """
        connections = self._open()
        trip = SimpleNamespace(departed=False)
        limits = aiohttp.ClientTimeout(total=timeout, connect=min(self._connect, timeout))
        try:
            ask = _ask(method, url, headers, params, json)
            session = connections.acting(trusted=self._trusts(place(ask.url)))
            call = {"headers": {**self._headers, **ask.headers}, "json": json, "data": form}
            call |= {"timeout": limits, "trace_request_ctx": trip}
            answer = await exchange(session, method, ask.url, call, most=MOST)
        except _WRONG as error:
            if trip.departed:
                raise MaybeDone(f"no trustworthy answer came back from {host(url)}: {words(error)}") from None
            raise RetryLater(f"{host(url)} cannot be reached: {words(error)}") from None
        return _settled(_response(ask, answer, effect=True))

    def _trusts(self, to: Place) -> bool:
        return to in self._trusted or to[0] in self._hosts

    def _open(self) -> Connections:
        if self._connections is None:
            raise RuntimeError("Fetch is used before it was opened")
        return self._connections


def _ask(method: str, url: str, headers: Mapping[str, str] | None, params: Params | None, json: object) -> Ask:
    """What to ask at first; a user and password in the address become the header that they stand for (RFC 7617)."""
    target = URL(url).with_fragment(None)
    place(target)
    sent = dict(headers or {})
    if target.user is not None:
        login = b64encode(f"{target.user}:{target.password or ''}".encode()).decode()
        sent.setdefault("Authorization", f"Basic {login}")
        target = target.with_user(None)
    if params:
        target = target.extend_query(params)
    return Ask(method, target, sent, json)


def _response(ask: Ask, answer: Answer, *, effect: bool = False) -> Response:
    permanent = str(ask.url) if ask.seen and ask.permanent else None
    return Response(ask.url.host or "", answer.status, answer.headers, answer.body, effect, str(ask.url), permanent)


def _usable(answer: Response) -> Response:
    if answer.status == 429 or answer.status >= 500:
        raise RetryLater(f"{answer.host} asks for patience (status {answer.status})", answer.retry_after())
    return answer


def _settled(answer: Response) -> Response:
    wait = answer.retry_after()
    if answer.status == 429 or (answer.status == 503 and wait is not None):
        raise RetryLater(f"{answer.host} asks for patience (status {answer.status})", wait)
    if answer.status in _UNWELL:
        raise MaybeDone(f"{answer.host} failed while it worked on the request (status {answer.status})")
    return answer
