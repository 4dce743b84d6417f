"""The gateway (https://docs.discord.com/developers/events/gateway): sessions, what they are told, and how they end."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from adapters.discord.double import permissions, shapes
from adapters.discord.double.faults import Faults, Spoiled
from adapters.discord.double.things import PRIVATE_THREAD
from adapters.discord.double.world import CONTENT, PRIVILEGED, Eyes, Happening, World
from bridge.doubles.waiting import Turns

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 3, 6, 7, 9, 10, 11
UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, BAD_TOKEN, TWICE = 4001, 4002, 4003, 4004, 4005
TOO_FAST, TIMED_OUT, BAD_INTENTS, DISALLOWED_INTENTS = 4008, 4009, 4013, 4014
_ALL_INTENTS = (1 << 26) - 1
_LARGEST = 4096


@dataclass(slots=True, eq=False)
class Session:
    """A bot's session: what it wants to hear, what it was told, and the socket on which it hears it, if any.

    `lost`: since when nobody hears it, by the double's clock.
    """

    id: str
    intents: int
    seq: int = 0
    told: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=5000))
    wire: Wire | None = None
    lost: float = 0.0
    waiting: list[Spoiled] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Wire:
    """One connection: frames go out in the order in which they were put, compressed as the client asked."""

    socket: web.WebSocketResponse
    transport: asyncio.BaseTransport | None
    compress: str
    path: str
    out: asyncio.Queue[str | int | None] = field(default_factory=asyncio.Queue)
    session: Session | None = None
    beats: int = 0
    closing: bool = False
    received: list[float] = field(default_factory=list)
    _deflate: Any = None

    def put(self, frame: dict[str, Any] | str) -> None:
        """Send a frame, or, where it is text, exactly that."""
        self.out.put_nowait(frame if isinstance(frame, str) else json.dumps(frame))

    def close(self, code: int) -> None:
        """Close behind all that is to be sent."""
        self.out.put_nowait(code)

    async def run(self) -> None:
        """Send until it is closed."""
        while (frame := await self.out.get()) is not None:
            if self.socket.closed:
                return
            try:
                if isinstance(frame, int):
                    self.closing = True  # whatever the client replies, the session may be resumed
                    await self.socket.close(code=frame)
                    return
                await self._send(frame)
            except (ConnectionError, RuntimeError):
                return  # the client went while we spoke

    async def _send(self, text: str) -> None:
        if self.compress == "zlib-stream":
            self._deflate = self._deflate or zlib.compressobj()
            raw = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
            await self.socket.send_bytes(raw)
        elif self.compress == "zstd-stream" and (zstd := _zstd()) is not None:
            self._deflate = self._deflate or zstd.ZstdCompressor().compressobj()
            raw = self._deflate.compress(text.encode()) + self._deflate.flush(zstd.COMPRESSOBJ_FLUSH_BLOCK)
            await self.socket.send_bytes(raw)
        else:
            await self.socket.send_str(text)


def _zstd() -> Any:
    try:
        import zstandard  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return None  # uncompressed frames are understood as well
    return zstandard


@dataclass(slots=True, eq=False)
class Gateway:
    """Speaks the gateway for the world.

    `identifies_left` of `identifies_total` may be begun until the day ends; then the token is reset, as Discord does.
    `spacing`: seconds between two IDENTIFYs. `heartbeat`: milliseconds. `deaf`: heartbeats are not answered.
    Sessions that nobody hears are forgotten after `session_life` seconds, and all but the last `sessions_kept` at once.
    """

    world: World
    faults: Faults
    resume_url: str = ""
    heartbeat: int = 41250
    spacing: float = 0.0
    identifies_total: int = 1000
    identifies_left: int = 1000
    reset_after: float = 86400.0
    sends_per_minute: int = 120
    session_life: float = 300.0
    sessions_kept: int = 5
    deaf: bool = False
    resume_dead: bool = False
    refuse: bool = False
    sessions: dict[str, Session] = field(default_factory=dict)
    wires: set[Wire] = field(default_factory=set)
    identified: list[dict[str, Any]] = field(default_factory=list)
    """What every IDENTIFY said, without its token."""
    resumed: list[str] = field(default_factory=list)
    """The ids of the sessions that were resumed, in that order."""
    connections: list[str] = field(default_factory=list)
    """The path of every connection that was tried."""
    _last_identify: float = float("-inf")
    _turns: Turns = field(default_factory=Turns)

    # the wire -----------------------------------------------------------------------------------------------------

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection."""
        self.connections.append(request.path)
        if self.refuse or (self.resume_dead and request.path != "/"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)
        socket = web.WebSocketResponse(max_msg_size=1 << 20, compress=False, autoping=True)
        await socket.prepare(request)
        wire = Wire(socket, request.transport, request.query.get("compress", ""), request.path)
        self.wires.add(wire)
        sending = asyncio.ensure_future(wire.run())
        watching = asyncio.ensure_future(self._watch(wire))
        wire.put({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat, "_trace": []}, "s": None, "t": None})
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._heard(wire, message.data)
        finally:
            self._gone(wire)
            for task in (sending, watching):
                task.cancel()
            await asyncio.gather(sending, watching, return_exceptions=True)
        return socket

    async def _watch(self, wire: Wire) -> None:
        """A client whose heart beats no more is let go."""
        while True:
            before = wire.beats
            await asyncio.sleep(self.heartbeat / 1000 * 1.5)
            if wire.beats == before:
                wire.close(TIMED_OUT)
                return

    def _gone(self, wire: Wire) -> None:
        self.wires.discard(wire)
        if wire.session is not None and wire.session.wire is wire:
            wire.session.wire, wire.session.lost = None, self.world.time.now()
            # A client that says goodbye like this has no session any more.
            if not wire.closing and wire.socket.close_code in {1000, 1001}:
                self.sessions.pop(wire.session.id, None)
        self._turns.turn()

    def _heard(self, wire: Wire, text: str) -> None:
        now = time.monotonic()
        wire.received = [at for at in wire.received if at + 60 > now] + [now]
        if len(text.encode()) > _LARGEST:
            return wire.close(DECODE_ERROR)
        if len(wire.received) > self.sends_per_minute:
            return wire.close(TOO_FAST)
        try:
            frame = json.loads(text)
            op, data = int(frame["op"]), frame.get("d")
        except (ValueError, TypeError, KeyError):
            return wire.close(DECODE_ERROR)
        if op == HEARTBEAT:
            wire.beats += 1
            return None if self.deaf else wire.put({"op": ACK, "d": None, "s": None, "t": None})
        if op == IDENTIFY:
            return self._identify(wire, data)
        if op == RESUME:
            return self._resume(wire, data)
        if wire.session is None:
            return wire.close(NOT_AUTHENTICATED)
        return None if op in {PRESENCE, 4, 8} else wire.close(UNKNOWN_OPCODE)

    # sessions -----------------------------------------------------------------------------------------------------

    def _identify(self, wire: Wire, data: dict[str, Any]) -> None:
        self.identified.append({key: value for key, value in data.items() if key != "token"})
        self.identifies_left -= 1
        if self.identifies_left < 0:
            self.revoke()
        if wire.session is not None:
            return wire.close(TWICE)
        if data.get("token") != self.world.token:
            return wire.close(BAD_TOKEN)
        intents = data.get("intents")
        if not isinstance(intents, int) or intents & ~_ALL_INTENTS:
            return wire.close(BAD_INTENTS)
        if intents & PRIVILEGED & ~self._granted():
            return wire.close(DISALLOWED_INTENTS)
        now = time.monotonic()
        if now - self._last_identify < self.spacing:
            return wire.put({"op": INVALID, "d": False, "s": None, "t": None})
        self._last_identify = now
        session = Session(secrets.token_hex(16), intents, wire=wire)
        wire.session = self.sessions[session.id] = session
        self._welcome(session)
        self._turns.turn()
        return None

    def _granted(self) -> int:
        return CONTENT if self.world.application.content else 0

    def _welcome(self, session: Session) -> None:
        world = self.world
        mine = [one for one in world.guilds.values() if world.bot.id in one.members]
        self._dispatch(session, "READY", {
            "v": 10, "user": shapes.me(world.bot), "guilds": [{"id": one.id, "unavailable": True} for one in mine],
            "session_id": session.id, "session_type": "normal", "resume_gateway_url": self.resume_url,
            "application": {"id": world.application.id, "flags": world.application.flags}, "private_channels": [],
            "relationships": [], "presences": [], "geo_ordered_rtc_regions": [], "auth": {}, "_trace": [],
        })  # fmt: skip
        if session.intents & 1:
            for guild in mine:
                self._dispatch(session, "GUILD_CREATE", shapes.event_guild(world, guild, self._eyes(session)))

    def _resume(self, wire: Wire, data: dict[str, Any]) -> None:
        if data.get("token") != self.world.token:
            return wire.close(BAD_TOKEN)
        self._forget_the_silent()
        session = self.sessions.get(str(data.get("session_id")))
        seq = data.get("seq")
        missing = session is not None and session.told and session.told[0][0] > (seq or 0) + 1
        if session is None or not isinstance(seq, int) or seq > session.seq or missing:
            return wire.put({"op": INVALID, "d": False, "s": None, "t": None})
        if session.wire is not None:
            session.wire.close(WSCloseCode.GOING_AWAY)
        session.wire, wire.session = wire, session
        for number, frame in session.told:
            if number > seq:
                wire.put(frame)
        self.resumed.append(session.id)
        self._dispatch(session, "RESUMED", {"_trace": []})
        self._turns.turn()
        return None

    def _eyes(self, session: Session) -> Eyes:
        return Eyes(self.world.bot, bool(session.intents & CONTENT))

    # events -------------------------------------------------------------------------------------------------------

    def hear(self, happening: Happening) -> None:
        """Tell every session that may hear of it."""
        if happening.only is None and not self._sees(happening):
            return
        self._forget_the_silent()
        for session in list(self.sessions.values()):
            if not happening.intent or session.intents & happening.intent:
                self._tell(session, happening.name, happening.shape(self._eyes(session)))

    def _forget_the_silent(self) -> None:
        silent = sorted((one for one in self.sessions.values() if one.wire is None), key=lambda one: -one.lost)
        for n, session in enumerate(silent):
            if n >= self.sessions_kept or session.lost + self.session_life <= self.world.time.now():
                del self.sessions[session.id]

    def _sees(self, happening: Happening) -> bool:
        channel = happening.channel
        if channel is None:
            return True
        guild = self.world.guilds.get(channel.guild)
        if guild is None or self.world.bot.id not in guild.members:
            return False
        if channel.type == PRIVATE_THREAD and happening.name == "THREAD_DELETE":
            return True
        return bool(self.world.permissions(self.world.bot, channel) & permissions.VIEW_CHANNEL)

    def _tell(self, session: Session, name: str, data: dict[str, Any]) -> None:
        fault = self.faults.of_event(name, data)
        if fault is None:
            self._dispatch(session, name, data)
            waiting, session.waiting = session.waiting, []
            for late in waiting:
                late.release()
            return
        if fault.how == "twice":
            self._dispatch(session, name, data)
            self._dispatch(session, name, data)
        elif fault.how == "malformed":
            self._dispatch(session, name, {"unexpected": True})
        elif fault.how in {"hold", "later"}:
            fault.kept.append(lambda: self._dispatch(session, name, data))
            if fault.how == "later":
                session.waiting.append(fault)
        fault.reached.set()

    def _dispatch(self, session: Session, name: str, data: dict[str, Any]) -> None:
        session.seq += 1
        frame = json.dumps({"t": name, "s": session.seq, "op": DISPATCH, "d": data})
        session.told.append((session.seq, frame))
        if session.wire is not None:
            session.wire.put(frame)

    # what a test does to it ---------------------------------------------------------------------------------------

    def reconnect(self) -> None:
        """Op 7: ask every client to come again and resume."""
        for wire in list(self.wires):
            wire.put({"op": RECONNECT, "d": None, "s": None, "t": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9: the session is not valid; where it is not resumable it is forgotten."""
        for wire in list(self.wires):
            if wire.session is not None and not resumable:
                self.sessions.pop(wire.session.id, None)
                wire.session = None
            wire.put({"op": INVALID, "d": resumable, "s": None, "t": None})

    def close(self, code: int = 4000) -> None:
        """Close every connection with a code; sessions stay, to be resumed."""
        for wire in list(self.wires):
            wire.close(code)

    def cut(self) -> None:
        """Cut every connection, without a word."""
        for wire in list(self.wires):
            if isinstance(wire.transport, asyncio.WriteTransport):
                wire.transport.abort()

    def forget(self) -> None:
        """Forget every session: who resumes is told that it is not valid."""
        self.sessions.clear()

    def revoke(self) -> None:
        """The token is good no more: every session ends."""
        self.world.token = secrets.token_urlsafe(24)
        self.sessions.clear()
        self.close(BAD_TOKEN)

    @property
    def connected(self) -> bool:
        """Whether somebody listens who has identified or resumed."""
        return any(wire.session is not None and not wire.socket.closed for wire in self.wires)

    async def until(self, condition: Any, what: str, seconds: float = 20.0) -> None:
        """Wait until a condition holds; it is looked at whenever a session begins or a connection ends."""
        await self._turns.until(condition, what, seconds)
