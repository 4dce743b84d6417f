"""A loopback proxy in front of a real server, that breaks connections where a test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from tests.servers.passing import asked, whole_request


class Break(StrEnum):
    """Where a connection breaks, seen from the request that is meant."""

    BEFORE = "before the request went through"
    AFTER = "after the request went through"
    MID_BODY = "in the middle of the answer"
    GARBLED = "with an answer that is none"
    HELD_BEFORE = "held before the request goes through"
    HELD_AFTER = "held after the request went through"


@dataclass
class Fault:
    """What happens to the next `times` requests that begin with `start`. Held ones go on when `go_on` is set."""

    start: bytes
    kind: Break
    times: int = 1
    met: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


class Proxy:
    """Passes requests on, one per connection."""

    def __init__(self, target: str, port: int = 0) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._port = port
        self._faults: list[Fault] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where to connect to."""
        return f"http://127.0.0.1:{self._port}"

    def break_(self, start: str, kind: Break, times: int = 1) -> Fault:
        """Break the next so many requests that begin with `start`; the fault counts those that it met."""
        fault = Fault(start.encode(), kind, times)
        self._faults.append(fault)
        return fault

    async def open(self) -> None:
        """Take connections; before this, and after `close`, they are refused."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Take no more connections, and cut those that stand."""
        if self._server is not None:
            self._server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one side hung up, or `close` cuts it: that is what this proxy is for
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await whole_request(reader)
        fault = self._fault(request)
        kind = None if fault is None else fault.kind
        if kind is Break.BEFORE:
            return
        if kind is Break.HELD_BEFORE:
            assert fault is not None
            await fault.go_on.wait()
        answer = await asked(self._target, request)
        if kind is Break.HELD_AFTER:
            assert fault is not None
            await fault.go_on.wait()
        if kind is Break.AFTER:
            return
        if kind is Break.MID_BODY:
            head, _, body = answer.partition(b"\r\n\r\n")
            answer = head + b"\r\n\r\n" + body[: len(body) // 2]
        if kind is Break.GARBLED:
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops"
        writer.write(answer)
        await writer.drain()

    def _fault(self, request: bytes) -> Fault | None:
        for fault in self._faults:
            if fault.met < fault.times and request.startswith(fault.start):
                fault.met += 1
                return fault
        return None


@asynccontextmanager
async def proxied(target: str) -> AsyncIterator[Proxy]:
    """A proxy that takes connections until this ends."""
    proxy = Proxy(target)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
