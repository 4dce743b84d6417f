"""How the proxies of the tests pass one request on and get its whole answer."""

from __future__ import annotations

import asyncio


async def whole_request(reader: asyncio.StreamReader) -> bytes:
    """Read one request, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return head + await reader.readexactly(int(value))
    return head


async def asked(target: tuple[str | None, int | None], request: bytes) -> bytes:
    """Send a request to the real server at (host, port), and give its answer to the end."""
    reader, writer = await asyncio.open_connection(*target)
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    writer.write(b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body)
    try:
        return await reader.read()
    finally:
        writer.close()
