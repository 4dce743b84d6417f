"""Keeping a socket open: a new one before the old one goes, and ever slower where Slack will not have it.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.line import Line
from adapters.slack.preflight import SWITCHED_OFF
from adapters.slack.sockets import OFF, TOO_MANY, Socket
from bridge.errors import Refused, RetryLater
from bridge.ports import Clock

log = logging.getLogger(__name__)

LONGEST = 60.0
"""Seconds between two tries at the most."""
STEADY = 30.0
"""Seconds after which a connection counts as one that works."""
AWAY = 30.0
"""Seconds without a connection after which the core is told that it hears nothing; most are mended before."""
GREETING = 15.0
"""Seconds until a new connection must have greeted us."""
LINGER = 15.0
"""Seconds for which a connection that Slack wants replaced is still listened to: it gives ten."""
PING = 10.0
"""Seconds between two questions whether the other end is still there; half of it for its answer."""


@dataclass(slots=True)
class Backoff:
    """How long to wait between tries: not at all at first, then twice as long each time, a little at random."""

    failures: int = 0

    def failed(self) -> float:
        """Seconds to wait after one more try that failed."""
        longest = 0.0 if not self.failures else min(LONGEST, 2.0 ** (self.failures - 1))
        self.failures = min(self.failures + 1, 10)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - so that many who lost Slack at once come back apart

    def worked(self) -> None:
        """It worked for a while."""
        self.failures = 0


@dataclass(slots=True, eq=False)
class Supervisor:
    """Keeps a connection open. `address` asks Slack for that of a new one; `client` tells what lies between us."""

    address: Callable[[], Awaitable[str]]
    app: AsyncApp
    client: AsyncWebClient
    line: Line
    clock: Clock
    backoff: Backoff
    ping: float = PING
    _open: set[Socket] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _warned: int = 0

    async def run(self) -> None:
        """Stay connected. Raises `RetryLater` or `Refused` in words when that does not succeed."""
        async with aiohttp.ClientSession() as session:
            try:
                while True:
                    socket = await self._connected(session)
                    begun = self.clock.now()
                    await socket.going.wait()
                    await self._replace(socket, begun)
            finally:
                await self._close()

    async def _connected(self, session: aiohttp.ClientSession) -> Socket:
        """A connection that works; tries as long as nobody need be told."""
        while True:
            try:
                return await self._begun(session)
            except RetryLater as error:
                wait = max(self.backoff.failed(), error.after or 0.0)
                if not self.line.up and self.clock.now() + wait - self.line.since > AWAY:
                    raise RetryLater(error.reason, wait) from None
                log.info("no connection to Slack yet, and another try in %.0f s: %s", wait, error)
                await self.clock.wait(wait)

    async def _begun(self, session: aiohttp.ClientSession) -> Socket:
        """A connection that has greeted us. Raises `RetryLater` where there is none, and `Refused`."""
        socket = Socket(await self._wire(session, await self.address()), self.app, self.line)
        self._open.add(socket)
        self._spawn(self._watched(socket))
        greeted = asyncio.create_task(socket.greeted.wait())
        going = asyncio.create_task(socket.going.wait())
        try:
            await asyncio.wait([greeted, going], timeout=GREETING, return_when=asyncio.FIRST_COMPLETED)
        finally:
            greeted.cancel(), going.cancel()
            await asyncio.gather(greeted, going, return_exceptions=True)
        if not socket.greeted.is_set():
            await socket.close()
            raise _ungreeted(socket)
        self._up(socket)
        return socket

    async def _wire(self, session: aiohttp.ClientSession, address: str) -> aiohttp.ClientWebSocketResponse:
        try:
            async with asyncio.timeout(GREETING):
                return await session.ws_connect(
                    address, heartbeat=self.ping, proxy=self.client.proxy, ssl=self.client.ssl or True,
                    timeout=aiohttp.ClientWSTimeout(ws_close=2.0),
                )  # fmt: skip
        except aiohttp.WSServerHandshakeError as error:
            raise RetryLater(f"Slack refused a connection that it had given an address for ({error.status})") from None
        except TimeoutError:
            raise RetryLater("Slack did not answer at the address that it gave for a connection") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # whose words may name the address, a secret
            raise RetryLater(f"Slack cannot be reached by a socket ({type(error).__name__})") from None

    def _up(self, socket: Socket) -> None:
        line = self.line
        line.counted, line.ours = socket.counted, len(self._open)
        if line.ghosts and line.ghosts != self._warned:
            log.warning(
                "Slack believes that this app has %d connections, and Backchat holds %d: what is clicked may go to the"
                " others, where nobody hears it, until Slack notices; or does another program use the app-level token?",
                line.counted, line.ours,
            )  # fmt: skip
        self._warned = line.ghosts
        line.came_up()

    async def _replace(self, socket: Socket, begun: float) -> None:
        """A connection is going, or has gone: wait if they go too fast, else what is clicked meanwhile is lost.

        Raises `Refused` where no other may come.
        """
        if socket.reason == OFF:
            raise Refused(SWITCHED_OFF)
        if self.clock.now() - begun >= STEADY:
            self.backoff.worked()
        else:
            await self.clock.wait(self.backoff.failed())

    async def _watched(self, socket: Socket) -> None:
        """See a connection through to its end, and not much longer than Slack has use for it."""
        await socket.going.wait()
        lingering = asyncio.create_task(self.clock.wait(LINGER if socket.greeted.is_set() else 0.0))
        ended = asyncio.create_task(socket.ended())
        try:
            await asyncio.wait([lingering, ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            lingering.cancel(), ended.cancel()
            await asyncio.gather(lingering, ended, return_exceptions=True)
        self._open.discard(socket)
        if not any(other.greeted.is_set() for other in self._open):
            self.line.went_down()
        await socket.close()

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self) -> None:
        """End all connections, together."""
        self.line.went_down()
        sockets, tasks = list(self._open), list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *(socket.close() for socket in sockets), return_exceptions=True)


def _ungreeted(socket: Socket) -> RetryLater:
    if socket.reason == TOO_MANY:
        return RetryLater(
            "Slack says that this app has too many connections: does another program use its app-level token?"
        )
    if socket.reason:
        return RetryLater(f"Slack ended a connection before it began ({socket.reason})")
    return RetryLater("Slack did not greet us on a new connection")
