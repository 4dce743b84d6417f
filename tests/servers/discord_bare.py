"""A bot without a library: REST and the gateway by hand, for tests of the double itself."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp

from adapters.discord.double import Double

INTENTS = 1 << 0 | 1 << 9 | 1 << 10 | 1 << 15
"""Guilds, messages, reactions, and the content."""


@dataclass(frozen=True, slots=True)
class Said:
    """What REST answered."""

    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> int:
        return int(self.body["code"])

    @property
    def remaining(self) -> int:
        return int(self.headers["X-RateLimit-Remaining"])


@dataclass
class Wire:
    """A connection to the gateway."""

    socket: aiohttp.ClientWebSocketResponse
    inflate: Any = None
    seq: int | None = None
    got: list[dict[str, Any]] = field(default_factory=list)

    async def receive(self) -> dict[str, Any]:
        """The next frame; one that closes is `{"op": "close", "d": code}`."""
        message = await self.socket.receive(timeout=10)
        if message.type is aiohttp.WSMsgType.BINARY:
            assert message.data.endswith(b"\x00\x00\xff\xff")
            self.inflate = self.inflate or zlib.decompressobj()
            frame = json.loads(self.inflate.decompress(message.data))
        elif message.type is aiohttp.WSMsgType.TEXT:
            frame = json.loads(message.data)
        else:
            return {"op": "close", "d": self.socket.close_code}
        if frame.get("s") is not None:
            self.seq = frame["s"]
        self.got.append(frame)
        return dict(frame)

    async def until(self, event: str) -> dict[str, Any]:
        """The next event of that name; what it says."""
        while True:
            frame = await self.receive()
            assert frame["op"] != "close", f"closed with {frame['d']} before {event}"
            if frame.get("t") == event:
                return dict(frame["d"])

    async def until_closed(self) -> int:
        """The code with which it is closed."""
        while (frame := await self.receive())["op"] != "close":
            pass
        return int(frame["d"])

    async def send(self, op: int, data: Any) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))


@dataclass
class Bare:
    """A bot by hand."""

    discord: Double
    session: aiohttp.ClientSession

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = "good", **query: str | int
    ) -> Said:  # fmt: skip
        """Send a request of REST; `token` "good" is the bot's, None is none."""
        headers = {} if token is None else {"Authorization": f"Bot {self.discord.token if token == 'good' else token}"}
        url = self.discord.api + quote(path, safe="/@:")
        async with self.session.request(method, url, json=body, headers=headers, params=query) as response:
            raw = await response.read()
            if response.headers.get("Content-Type") != "application/json":
                return Said(response.status, raw.decode() or None, response.headers)
            return Said(response.status, json.loads(raw), response.headers)

    @asynccontextmanager
    async def wire(self, url: str | None = None, compress: str = "zlib-stream") -> AsyncIterator[Wire]:
        """Connect to the gateway and hear HELLO."""
        query = f"?v=10&encoding=json&compress={compress}" if compress else "?v=10&encoding=json"
        async with self.session.ws_connect((url or self.discord.gateway) + query) as socket:
            wire = Wire(socket)
            assert (await wire.receive())["op"] == 10
            yield wire

    async def identified(self, wire: Wire, intents: int = INTENTS, token: str | None = None) -> dict[str, Any]:
        """Identify; READY."""
        await self.identify(wire, intents, token)
        return await wire.until("READY")

    async def identify(self, wire: Wire, intents: int = INTENTS, token: str | None = None) -> None:
        properties = {"os": "linux", "browser": "bare", "device": "bare"}
        await wire.send(2, {"token": token or self.discord.token, "intents": intents, "properties": properties})

    async def resume(self, wire: Wire, session: str, seq: int | None) -> None:
        await wire.send(6, {"token": self.discord.token, "session_id": session, "seq": seq})


@asynccontextmanager
async def bare(discord: Double) -> AsyncIterator[Bare]:
    """A bot by hand on this double."""
    async with aiohttp.ClientSession() as session:
        yield Bare(discord, session)
