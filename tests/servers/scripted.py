"""A server on loopback whose every byte is written down: it misbehaves as it is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Play = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""What a server does with a connection once a request has come."""

Answer = bytes | str | Play | None


class Script:
    """Answers each connection with the next of these: bytes; None resets it; "hang" is silent; or a `Play`."""

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.busy = 0
        self.most_busy = 0
        self.asked = asyncio.Condition()
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            async with self.asked:
                self.asked.notify_all()
            await self._answer(self.answers.pop(0), reader, writer)
        except ConnectionError:
            pass  # they had enough, which is what most of these tests are about
        finally:
            self.busy -= 1
            writer.close()

    async def _answer(self, answer: Answer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer == "hang":
            await reader.read()
        elif isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        elif callable(answer):
            await answer(writer)

    async def has_requests(self, number: int) -> None:
        """Wait until so many requests have come."""
        async with self.asked:
            await self.asked.wait_for(lambda: len(self.requests) >= number)


class Place:
    """A host and port on loopback that nobody else gets; nobody is there but while `scripted` runs."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self._held = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._held.bind((host, 0))
        self.port: int = self._held.getsockname()[1]
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def close(self) -> None:
        self._held.close()

    @asynccontextmanager
    async def scripted(self, *answers: Answer) -> AsyncIterator[Script]:
        script = Script(answers)
        script.address = self.address
        async with await asyncio.start_server(script.serve, self.host, self.port, reuse_port=True):
            yield script


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """One whole answer, with the length that it has, or says that it has."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def away(address: str, status: str = "302 Found") -> bytes:
    """A redirect to somewhere."""
    return answer(b"", f"Location: {address}", status=status)
