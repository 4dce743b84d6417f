"""What adapters serve by HTTP, on a loopback server of its own, as the daemon serves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bridge.http_log import http_log
from bridge.mounts import MOST, PATH, Mounts


@asynccontextmanager
async def mounted() -> AsyncIterator[tuple[Mounts, str]]:
    """The mounts, and the address of the server."""
    application = web.Application(client_max_size=MOST)
    runner = web.AppRunner(
        application, access_log=None, logger=http_log(__name__), shutdown_timeout=1.0, keepalive_timeout=1.0
    )  # fmt: skip
    kept: list[Mounts] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        return await kept[0].answer(request)

    application.router.add_route("*", PATH, answer)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        kept.append(Mounts(address))
        yield kept[0], address
    finally:
        await runner.cleanup()
