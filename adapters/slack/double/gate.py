"""Socket Mode (https://docs.slack.dev/apis/events-api/using-socket-mode): tickets, connections, envelopes and acks."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import WSMsgType, web

from adapters.slack.double.deliveries import PATIENCE, Attempt, Delivery, in_time
from adapters.slack.double.serving import encoded
from adapters.slack.double.world import World
from bridge.doubles.waiting import Turns

TICKET = 30.0
"""Seconds for which a ticket is good, once (an inference: Slack says that the address is temporary)."""
CAP = 10
"""How many connections an app may have."""
Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


@dataclass(eq=False)
class Wire:
    """A connection. A `deaf` one is half open: nothing that is sent to it arrives, and nothing of it is heard."""

    socket: web.WebSocketResponse
    request: web.Request
    number: int
    deaf: bool = False
    sent: list[dict[str, Any]] = field(default_factory=list)
    pings: list[str] = field(default_factory=list)
    _frames: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    _waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)

    def post(self, frame: dict[str, Any]) -> None:
        """Send a frame, behind those that wait."""
        self.sent.append(frame)
        if not self.deaf:
            self._frames.put_nowait(encoded(frame))

    def close(self) -> None:
        """Close it with a close frame, behind what waits."""
        self._frames.put_nowait(None)

    def kill(self) -> None:
        """Cut it, without a word."""
        if self.request.transport is not None:
            self.request.transport.abort()

    async def write(self) -> None:
        """Write what was posted, until it is closed."""
        while (frame := await self._frames.get()) is not None:
            await self.socket.send_str(frame)
        await self.socket.close()

    def expect(self, envelope: str) -> asyncio.Future[Any]:
        """What the ack of an envelope will say."""
        self._waiting[envelope] = asyncio.get_running_loop().create_future()
        return self._waiting[envelope]

    def heard(self, text: str) -> None:
        """A frame came: the ack of an envelope."""
        frame = json.loads(text)
        waiting = self._waiting.pop(frame.get("envelope_id", ""), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))

    def lost(self) -> None:
        """It is gone: nothing that waits on it will be acknowledged."""
        for waiting in self._waiting.values():
            waiting.cancel()
        self._waiting.clear()


@dataclass(slots=True, eq=False)
class Gate:
    """All connections. `ghosts` are those that Slack believes in and nobody holds: they take their share."""

    world: World
    patience: float = PATIENCE
    cap: int = CAP
    ghosts: int = 0
    wires: list[Wire] = field(default_factory=list)
    opened: int = 0
    """How many connections there were."""
    refused: list[int] = field(default_factory=list)
    """With what handshakes were refused so far."""
    refusals: list[int | Literal["hang"]] = field(default_factory=list)
    """What the next handshakes meet: a status, or no answer at all."""
    hellos: bool = True
    """Whether a new connection is greeted."""
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _tickets: dict[str, float] = field(default_factory=dict)
    _turn: int = 0
    _turns: Turns = field(default_factory=Turns)

    @property
    def connected(self) -> bool:
        """Whether somebody listens."""
        return any(not wire.deaf for wire in self.wires)

    def address(self) -> str:
        """An address with a fresh ticket."""
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = self.world.time.now() + TICKET
        return f"{self.world.socket_address}/link/?ticket={ticket}&app_id={self.world.app.id}"

    async def until(self, condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
        """Wait until something of the connections is true; raises `AssertionError` where it does not become so."""
        await self._turns.until(condition, what, seconds, self._there)

    def _there(self) -> str:
        return f"there are {len(self.wires)} connections, {self.opened} so far, refused {self.refused}"

    def turn(self) -> None:
        """Something became of a connection."""
        self._turns.turn()

    # what tests do to it ------------------------------------------------------------------------------------------

    def refuse(self, *answers: int | Literal["hang"]) -> None:
        """Refuse the next handshakes: each with a status, or by never answering."""
        self.refusals += answers

    def disconnect(self, reason: Reason) -> None:
        """Tell every connection to go, as Slack does before it refreshes them."""
        for wire in list(self.wires):
            wire.post({"type": "disconnect", "reason": reason, "debug_info": {"host": "double"}})
            if reason != "warning":
                wire.close()

    def kill(self) -> None:
        """Cut every connection, without a word."""
        for wire in list(self.wires):
            wire.kill()

    def close(self) -> None:
        """Close every connection with a close frame."""
        for wire in list(self.wires):
            wire.close()

    def deafen(self) -> None:
        """Every connection is half open from now on: no pong, no envelope, no ack."""
        for wire in self.wires:
            wire.deaf = True
        self.turn()

    # serving ------------------------------------------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A handshake, and all that follows it."""
        status = await self._refusal(request)
        if status:
            self.refused.append(status)
            self.turn()
            return web.Response(status=status)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.opened += 1
        wire = Wire(socket, request, self.opened)
        writing = asyncio.ensure_future(wire.write())
        try:
            await self._hold(wire)
        finally:
            if wire in self.wires:
                self.wires.remove(wire)
            wire.lost()
            self.turn()
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        return socket

    async def _refusal(self, request: web.Request) -> int:
        expires = self._tickets.pop(request.query.get("ticket", ""), None)
        met = self.refusals.pop(0) if self.refusals else 0
        if met == "hang":
            await self.released.wait()
            return 504
        if met:
            return met
        return 408 if expires is None or expires < self.world.time.now() else 0

    async def _hold(self, wire: Wire) -> None:
        if len(self.wires) + self.ghosts >= self.cap:
            wire.post({"type": "disconnect", "reason": "too_many_websockets", "debug_info": {"host": "double"}})
            wire.close()
        else:
            self.wires.append(wire)
            if self.hellos:
                wire.post(self._hello())
        self.turn()
        async for message in wire.socket:
            if wire.deaf:
                continue
            if message.type is WSMsgType.PING:
                wire.pings.append(bytes(message.data).decode("utf-8", "replace"))
                await wire.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                wire.heard(message.data)
            self.turn()

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello", "num_connections": len(self.wires) + self.ghosts,
            "connection_info": {"app_id": self.world.app.id},
            "debug_info": {
                "host": "double", "started": "2026-01-01 00:00:00.000", "build_number": 54,
                "approximate_connection_time": 3600,
            },
        }  # fmt: skip

    async def attempt(self, delivery: Delivery, number: int, reason: str) -> Attempt:
        """Send an envelope to any one of the connections, and wait for its ack."""
        made = Attempt(number, self.world.time.now())
        there: list[Wire | None] = [*self.wires, *[None] * self.ghosts]
        if not there:
            made.reason = "no_connection"
            return made
        self._turn += 1
        wire = there[self._turn % len(there)]
        made.reason = "timeout"
        if wire is None:
            await self.world.time.clock.wait(self.patience)
            return made
        frame = _envelope(delivery, number, reason)
        answer = wire.expect(frame["envelope_id"])
        wire.post(frame)
        if await in_time(self.world.time, answer, self.patience) and not answer.cancelled():
            made.acked, made.reason, made.answer = True, "", answer.result()
        return made


def _envelope(delivery: Delivery, number: int, reason: str) -> dict[str, Any]:
    frame: dict[str, Any] = {
        "envelope_id": secrets.token_hex(16), "type": delivery.kind, "payload": delivery.payload,
        "accepts_response_payload": delivery.takes_answer,
    }  # fmt: skip
    if delivery.kind == "events_api":
        frame |= {"retry_attempt": number, "retry_reason": "timeout" if reason else ""}
    return frame
