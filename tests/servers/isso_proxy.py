"""A loopback proxy that loses what it is told to lose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.servers.passing import asked, whole_request


class Proxy:
    """Passes requests on, one per connection; can be told to lose one request, or the answer to one."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (parts.hostname, parts.port)
        self._lost_answer: tuple[bytes, ...] = ()
        self._lost_request: tuple[bytes, ...] = ()
        self._broken = b""
        self._server: asyncio.Server | None = None
        self.requests: list[str] = []
        self.address = ""

    def swallow_answer_to(self, *starts: str) -> None:
        """The next request that begins so reaches the server; its answer is thrown away and the connection cut."""
        self._lost_answer = tuple(start.encode() for start in starts)

    def swallow_request(self, *starts: str) -> None:
        """The next request that begins so is taken and thrown away."""
        self._lost_request = tuple(start.encode() for start in starts)

    def break_answers_to(self, start: str) -> None:
        """From now on, requests that begin so get an answer that is no JSON; nothing does with an empty string."""
        self._broken = start.encode()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one side hung up: that is what this proxy is for
        finally:
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await whole_request(reader)
        self.requests.append(request.partition(b"\r\n")[0].decode())
        if self._lost_request and request.startswith(self._lost_request):
            self._lost_request = ()
            return
        if self._broken and request.startswith(self._broken):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\noops")
            await writer.drain()
            return
        answer = await asked(self._target, request)
        if self._lost_answer and request.startswith(self._lost_answer):
            self._lost_answer = ()
            return
        writer.write(answer)
        await writer.drain()


@asynccontextmanager
async def proxied(target: str) -> AsyncIterator[Proxy]:
    proxy = Proxy(target)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.close()
