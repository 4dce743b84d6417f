"""A web server of one test: whatever is put under its paths, on any loopback address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bridge.demo.loopback import free_port

EMPTY = "<!doctype html><html><head><title>A quiet page</title></head><body><h1>Nothing here</h1></body></html>"


@dataclass
class Pages:
    """`files`: what stands under which path (type and text; SITE in it is this server); all else is 404."""

    address: str
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, path: str, text: str, kind: str = "text/html") -> str:
        """Put something up; its address."""
        self.files[path] = (kind, text)
        return self.address + path


@asynccontextmanager
async def serving(host: str = "127.0.0.1") -> AsyncIterator[Pages]:
    """Serve pages that the test puts up."""
    port = free_port()
    pages = Pages(f"http://{host}:{port}")

    async def page(request: web.Request) -> web.Response:
        pages.asked.append(request.path)
        if request.path not in pages.files:
            raise web.HTTPNotFound
        kind, text = pages.files[request.path]
        return web.Response(text=text.replace("SITE", pages.address), content_type=kind)

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield pages
    finally:
        await runner.cleanup()
