"""One connection of Socket Mode, from its greeting to its end; it never begins anew by itself.

The protocol's frames and their answers are slack_sdk's and Bolt's. Their client for sockets is not used: it goes on for
ever with an address that is used up, asks for new ones without a pause, leaves connections behind that Slack still
believes in, and keeps no count of what it has under way (`docs/decisions/0018-slack-sockets.md`).
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from functools import partial
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.line import Line
from bridge.off_loop import off_loop

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Envelopes that are worked on at a time; the next ones wait in the connection."""
DRAIN = 3.0
"""Seconds for what is under way when a connection is closed: Slack waits no longer for an answer either."""
WARNING, REFRESH, OFF, TOO_MANY = "warning", "refresh_requested", "link_disabled", "too_many_websockets"


class Socket(AsyncBaseSocketModeClient):
    """A connection. `greeted` is set by Slack's first word, `going` once it is to be replaced, or has ended."""

    def __init__(self, wire: aiohttp.ClientWebSocketResponse, app: AsyncApp, line: Line) -> None:
        self.logger, self.closed = log, False
        self.greeted, self.going = asyncio.Event(), asyncio.Event()
        self.reason = ""
        self.counted = 0
        self._wire, self._app, self._line = wire, app, line
        self._room = asyncio.Semaphore(AT_ONCE)
        self._answering: set[asyncio.Task[None]] = set()
        self._reading = asyncio.create_task(self._read())

    async def is_connected(self) -> bool:
        """Whether it has not ended."""
        return not self._reading.done()

    async def send_message(self, message: str) -> None:
        """Send a frame; raises `ConnectionError` where the connection has ended."""
        await self._wire.send_str(message)

    async def ended(self) -> None:
        """Wait for its end."""
        await asyncio.wait([self._reading])

    async def close(self) -> None:
        """End it: what is under way is still answered, if that does not take too long."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=DRAIN)
        self.closed = True
        for task in (self._reading, *self._answering):
            task.cancel()
        await asyncio.gather(self._reading, *self._answering, return_exceptions=True)
        await self._wire.close()

    async def _read(self) -> None:
        try:
            async for frame in self._wire:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    await self._take(frame.data)
        finally:
            self.going.set()

    async def _take(self, words: str) -> None:
        frame = await _frame(words)
        if frame.get("type") == "hello":
            counted = frame.get("num_connections")
            self.counted = counted if isinstance(counted, int) else 0
            self.greeted.set()
        elif frame.get("type") == "disconnect":
            self.reason = str(frame.get("reason", ""))
            self.going.set()
        request = _request(frame)
        if request is not None:
            self._line.heard(again=bool(request.retry_attempt))
            await self._room.acquire()
            task = asyncio.create_task(self._answer(request))
            self._answering.add(task)
            task.add_done_callback(self._answered)

    async def _answer(self, request: SocketModeRequest) -> None:
        """Have it taken in, and acknowledge it; what is not acknowledged Slack tells again."""
        begun = time.time()
        response = await run_async_bolt_app(self._app, request)
        if response.status == 404:
            log.warning("Slack told something of a kind that Backchat does not know: %s", request.type)
        try:
            await send_async_response(self, request, response, begun)
        except (ConnectionError, aiohttp.ClientError) as error:
            log.debug("a connection to Slack ended before it could be told that something is recorded: %r", error)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._room.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("answering Slack failed through a fault of ours", exc_info=error)


async def _frame(words: str) -> dict[str, Any]:
    """A frame's object; empty for what is none."""
    try:
        found = await off_loop(len(words), partial(json.loads, words))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _request(frame: dict[str, Any]) -> SocketModeRequest | None:
    """The envelope that a frame is, if it is one."""
    return SocketModeRequest.from_dict(frame) if isinstance(frame.get("payload"), dict) else None
