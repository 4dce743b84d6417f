"""An app without a library: the Web API and the socket by hand, for tests of the double itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from adapters.slack.double import Double


@dataclass(frozen=True, slots=True)
class Said:
    """What the Web API answered."""

    status: int
    body: Any
    headers: Any

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    @property
    def error(self) -> str:
        return str(self.body.get("error", ""))


@dataclass
class Wire:
    """A connection of Socket Mode. Events are acknowledged as they are received, unless `acks` is off."""

    socket: aiohttp.ClientWebSocketResponse
    acks: bool = True
    got: list[dict[str, Any]] = field(default_factory=list)

    async def receive(self) -> dict[str, Any]:
        """The next frame; one that closes is `{"type": "close", "code": …}`."""
        message = await self.socket.receive(timeout=10)
        if message.type is not aiohttp.WSMsgType.TEXT:
            return {"type": "close", "code": self.socket.close_code}
        frame = dict(json.loads(message.data))
        self.got.append(frame)
        if self.acks and "envelope_id" in frame:
            await self.ack(frame)
        return frame

    async def ack(self, frame: dict[str, Any], payload: Any = None) -> None:
        more = {} if payload is None else {"payload": payload}
        await self.socket.send_str(json.dumps({"envelope_id": frame["envelope_id"], **more}))

    async def envelope(self, kind: str = "events_api") -> dict[str, Any]:
        """The next envelope of a kind."""
        while True:
            frame = await self.receive()
            assert frame["type"] != "close", f"closed before {kind}"
            if frame["type"] == kind:
                return frame

    async def until_closed(self) -> None:
        """Receive, and acknowledge, until it is closed."""
        while (await self.receive())["type"] != "close":
            pass

    async def event(self) -> dict[str, Any]:
        """What the next event says."""
        return dict((await self.envelope())["payload"]["event"])


@dataclass
class Bare:
    """An app by hand."""

    slack: Double
    session: aiohttp.ClientSession

    async def call(
        self, method: str, *, token: str | None = "good", how: str = "json", verb: str = "POST", **args: Any
    ) -> Said:
        """Call a method. `how` the arguments go: "json", "form", "query" or "multipart"."""
        headers = {} if token is None else {"Authorization": f"Bearer {self.slack.token if token == 'good' else token}"}
        body: dict[str, Any] = {}
        flat = {name: each if isinstance(each, str) else json.dumps(each) for name, each in args.items()}
        if how == "json":
            body = {"data": json.dumps(args)}
            headers["Content-Type"] = "application/json; charset=utf-8"
        elif how == "form":
            body = {"data": flat}
        elif how == "query":
            body = {"params": flat}
        else:
            writer = aiohttp.FormData(flat, default_to_multipart=True)
            body = {"data": writer}
        async with self.session.request(verb, self.slack.api + method, headers=headers, **body) as response:
            raw = await response.text()
            parsed = json.loads(raw) if response.content_type == "application/json" else raw
            return Said(response.status, parsed, response.headers)

    async def post(self, channel: Any, text: str = "Hello", **more: Any) -> Said:
        """Say something."""
        return await self.call("chat.postMessage", channel=channel.id, text=text, **more)

    @asynccontextmanager
    async def wire(self, acks: bool = True, hello: bool = True) -> AsyncIterator[Wire]:
        """Ask for an address and connect."""
        opened = await self.call("apps.connections.open", token=self.slack.app_token)
        async with self.session.ws_connect(opened["url"]) as socket:
            wire = Wire(socket, acks)
            if hello:
                assert (await wire.receive())["type"] == "hello"
            yield wire


@asynccontextmanager
async def bare(slack: Double) -> AsyncIterator[Bare]:
    """An app by hand on this double."""
    async with aiohttp.ClientSession() as session:
        yield Bare(slack, session)
