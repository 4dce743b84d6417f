"""HTTP for adapters: polite, bounded, and honest about what may have happened.

Reading is repeated when a connection fails, and never costs more memory or time than was allowed. Effects leave once:
whatever goes wrong after a connection stood counts as unknown (law 2). All connections are made in `_session`.
"""

from __future__ import annotations

import asyncio
import json as json_format
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import aiohttp
from multidict import CIMultiDictProxy
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential
from yarl import URL

from bridge.errors import MaybeDone, RetryLater

MOST = 2 * 2**20
"""Bytes of a body that are read, after decompression, unless the caller allows more."""
_CHUNK = 64 * 2**10
_REDIRECTS = 5
_LONGEST_WAIT = 86_400.0
_UNWELL = frozenset({500, 502, 504})
_BLIPS = (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)

Params = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. `effect` tells that it answers an effect, so that nonsense in it leaves the effect unknown."""

    host: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    effect: bool = False

    def text(self) -> str:
        """The body as text, by the charset of its Content-Type or else as UTF-8; what is no text becomes U+FFFD."""
        charset = _charset(self.headers.get("Content-Type", ""))
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises `RetryLater` where it is none (`MaybeDone` for the answer to an effect)."""
        try:
            return json_format.loads(self.body)
        except (ValueError, RecursionError):
            raise self.unclear() from None

    def unclear(self) -> RetryLater | MaybeDone:
        """Make the error that says: this answer is not what was asked for."""
        if self.effect:
            return MaybeDone(f"{self.host} gave an answer that cannot be understood (status {self.status})")
        return RetryLater(f"{self.host} gave an answer that cannot be understood (status {self.status})")


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "charset":
            return value.strip("\"' ") or "utf-8"
    return "utf-8"


class Fetch:
    """The HTTP connections of one adapter, for use as `async with` or on an `AsyncExitStack`.

    `agent` is the User-Agent; `connect` and `silence` bound, in seconds, getting a connection and each wait for data,
    `patience` a whole reading with its repetitions left out. `pause` waits between repetitions; tests replace it.
    """

    def __init__(
        self,
        agent: str,
        *,
        connect: float = 10.0,
        silence: float = 20.0,
        patience: float = 60.0,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._agent = agent
        self._timeout = aiohttp.ClientTimeout(total=patience, connect=connect, sock_connect=connect, sock_read=silence)
        self._connect = connect
        self._pause = pause
        self._stack = AsyncExitStack()
        self._reading: aiohttp.ClientSession | None = None
        self._acting: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        tls = await asyncio.to_thread(ssl.create_default_context)
        self._reading = await self._stack.enter_async_context(self._session(tls, keep=True))
        self._acting = await self._stack.enter_async_context(self._session(tls, keep=False))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _session(self, tls: ssl.SSLContext, *, keep: bool) -> aiohttp.ClientSession:
        """The one place where connections are made. Effects use a new one each: a kept one may be dead already."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls, limit=20, limit_per_host=2, force_close=not keep),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._agent},
            timeout=self._timeout,
            trust_env=False,
            trace_configs=[_departures()],
        )

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
        method = "GET" if json is None else "POST"
        call = {"headers": headers, "params": params, "json": json, "allow_redirects": follow}
        try:
            async for attempt in self._repeated():
                with attempt:
                    answer = await self._exchange(self._open(self._reading), method, url, call, most)
                    return _usable(answer)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise RetryLater(f"{_host(url)} cannot be read: {_words(error)}") from None
        raise AssertionError("unreachable")

    def _repeated(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception_type(_BLIPS),
            stop=stop_after_attempt(3),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            sleep=self._pause,
            reraise=True,
        )

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
        trip = SimpleNamespace(departed=False)
        limits = aiohttp.ClientTimeout(total=timeout, connect=min(self._connect, timeout))
        call = {"headers": headers, "params": params, "json": json, "data": form, "allow_redirects": False}
        call |= {"timeout": limits, "trace_request_ctx": trip}
        try:
            answer = await self._exchange(self._open(self._acting), method, url, call, MOST)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            if trip.departed:
                raise MaybeDone(f"no trustworthy answer came back from {_host(url)}: {_words(error)}") from None
            raise RetryLater(f"{_host(url)} cannot be reached: {_words(error)}") from None
        return _settled(answer)

    @staticmethod
    def _open(session: aiohttp.ClientSession | None) -> aiohttp.ClientSession:
        if session is None:
            raise RuntimeError("Fetch is used before it was opened")
        return session

    @staticmethod
    async def _exchange(
        session: aiohttp.ClientSession, method: str, url: str, call: dict[str, Any], most: int
    ) -> Response:
        async with session.request(method, url, max_redirects=_REDIRECTS, **call) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > most:
                    raise ValueError(f"the answer is longer than {most} bytes")
            effect = "trace_request_ctx" in call
            return Response(answer.url.host or "", answer.status, answer.headers, bytes(body), effect)


def _departures() -> aiohttp.TraceConfig:
    """Notice when a request may have left, and stop aiohttp from sending an effect a second time by itself."""

    async def connecting(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        trip = context.trace_request_ctx
        if trip is not None and trip.departed:
            raise aiohttp.ServerDisconnectedError("the connection broke")

    async def connected(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        if context.trace_request_ctx is not None:
            context.trace_request_ctx.departed = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_start.append(connecting)
    trace.on_connection_create_end.append(connected)
    trace.on_connection_reuseconn.append(connected)
    return trace


def _usable(answer: Response) -> Response:
    if answer.status == 429 or answer.status >= 500:
        raise RetryLater(f"{answer.host} asks for patience (status {answer.status})", _retry_after(answer))
    return answer


def _settled(answer: Response) -> Response:
    wait = _retry_after(answer)
    if answer.status == 429 or (answer.status == 503 and wait is not None):
        raise RetryLater(f"{answer.host} asks for patience (status {answer.status})", wait)
    if answer.status in _UNWELL:
        raise MaybeDone(f"{answer.host} failed while it worked on the request (status {answer.status})")
    return answer


def _retry_after(answer: Response) -> float | None:
    """Seconds that `Retry-After` asks for (RFC 9110, 10.2.3): a number, or a date judged by the answer's own `Date`."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(answer.headers.get("Date", ""))
    except (ValueError, TypeError, IndexError):
        return None
    return min(max(wait.total_seconds(), 0.0), _LONGEST_WAIT)


def _host(url: str) -> str:
    try:
        return URL(url).host or "the server"
    except ValueError:
        return "the server"


def _words(error: BaseException) -> str:
    """Say in a few words what went wrong; never an address with its query, which may hold secrets."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return "it did not accept a connection in time"
        case TimeoutError():
            return "it did not answer in time"
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "its certificate or encryption is not acceptable"
        case aiohttp.ClientConnectorError():
            return "it refuses connections"
        case aiohttp.TooManyRedirects():
            return "it redirects again and again"
        case aiohttp.ClientPayloadError():
            return "its answer broke off or is garbled"
        case aiohttp.InvalidURL():
            return "its address is not valid"
        case aiohttp.ClientError() | OSError():
            return "the connection broke"
    return str(error)
