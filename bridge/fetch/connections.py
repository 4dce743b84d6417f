"""The HTTP connections of the whole process: where they may lead, how many there are, and who may read now."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import SimpleNamespace, TracebackType
from typing import Self

import aiohttp

from bridge.fetch.addresses import any_socket, public_socket
from bridge.fetch.names import Names
from bridge.fetch.slots import Slots, Turn

_IDLE = 2.0
"""Seconds for which a connection is kept: enough for the next question of one reading, too short for the next beat."""
_EFFECTS_EACH = 16
"""Effects at a time at one host and port; how many there are in all, the delivering loop decides."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """What exists only while the connections are open."""

    slots: Slots
    names: Names
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    sessions: dict[tuple[bool, bool], aiohttp.ClientSession] = field(default_factory=dict)


class Connections:
    """The HTTP connections of the whole process, shared by every `Fetch`; for use as `async with`.

    Readings: `ordinary` at a time and `slow` more among hosts that are late (after `late` seconds) or failed last
    time, and `each` at one host and port. Building it does no I/O; aiohttp has made the one TLS context by then.
    """

    def __init__(self, *, ordinary: int = 32, slow: int = 64, each: int = 1, late: float = 1.0) -> None:
        self._ordinary = ordinary
        self._slow = slow
        self._each = each
        self._late = late
        self._opened: _Opened | None = None

    async def __aenter__(self) -> Self:
        slots = Slots(ordinary=self._ordinary, slow=self._slow, each=self._each, late=self._late)
        self._opened = _Opened(slots, Names(threads=self._ordinary + self._slow))
        self._opened.stack.push_async_callback(self._opened.names.close)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened, self._opened = self._now(), None
        await opened.stack.aclose()

    def turn(self, host: str) -> Turn:
        """Wait until `host` may be read; what happens within is the reading."""
        return self._now().slots.turn(host)

    def reading(self, *, trusted: bool) -> aiohttp.ClientSession:
        """What reads are made with. Only where `trusted`, the address may lie in a private network."""
        return self._session(trusted=trusted, effects=False)

    def acting(self, *, trusted: bool) -> aiohttp.ClientSession:
        """What effects are made with: a new connection each, since a kept one may be dead already."""
        return self._session(trusted=trusted, effects=True)

    def _now(self) -> _Opened:
        if self._opened is None:
            raise RuntimeError("Connections are used before they were opened, or after they were closed")
        return self._opened

    def _session(self, *, trusted: bool, effects: bool) -> aiohttp.ClientSession:
        opened = self._now()
        session = opened.sessions.get((trusted, effects))
        if session is None:
            session = aiohttp.ClientSession(
                connector=_connector(opened.names, trusted=trusted, effects=effects),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                trace_configs=[_departures()] if effects else None,
            )
            opened.stack.push_async_callback(session.close)
            opened.sessions[trusted, effects] = session
        return session


def _connector(names: Names, *, trusted: bool, effects: bool) -> aiohttp.TCPConnector:
    """The one place where connections are made; the trusted have their own, so that none is lent to anybody else."""
    factory = any_socket if trusted else public_socket
    if effects:
        return aiohttp.TCPConnector(
            resolver=names,
            socket_factory=factory,
            limit=0,
            limit_per_host=_EFFECTS_EACH,
            force_close=True,
        )
    # What is read at a time is limited by the slots.
    return aiohttp.TCPConnector(resolver=names, socket_factory=factory, limit=0, keepalive_timeout=_IDLE)


def _departures() -> aiohttp.TraceConfig:
    """Notice when a request may have left, and stop aiohttp from sending an effect a second time by itself."""

    async def connecting(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        if context.trace_request_ctx.departed:
            raise aiohttp.ServerDisconnectedError("the connection broke")

    async def connected(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx.departed = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_start.append(connecting)
    trace.on_connection_create_end.append(connected)
    trace.on_connection_reuseconn.append(connected)
    return trace
