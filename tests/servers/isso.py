"""A real Isso for tests, with its database at hand, a blog with posts, and visitors as browsers make them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from adapters.isso.server import environment, running
from bridge.demo.loopback import free_port

CACHE = Path(os.environ.get("BACKCHAT_ISSO_ENV") or Path(__file__).parents[2] / ".cache" / "isso")
"""Where Isso's environment is kept between runs of the tests; made by the code that makes the demo's."""
PASSWORD = "correct horse battery staple"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} — a blog</title>
<meta property="og:title" content="{title}"><meta name="description" content="All about {title}.">
<meta property="og:image" content="/picture.png"></head>
<body><h1>{title}</h1><section id="isso-thread" data-title="{title}"></section></body></html>"""


@dataclass
class Visitor:
    """Somebody at a browser: comments, edits and deletes with the cookies that Isso gives."""

    isso: RunningIsso
    name: str
    source: str = "127.0.0.1"
    cookies: dict[int, str] = field(default_factory=dict)

    async def comment(self, words: str, post: str = "/tea/", under: int | None = None, **more: object) -> int:
        status, answer = await self.attempt(words, post, under, **more)
        assert status in {201, 202}, answer
        assert isinstance(answer, dict)
        return int(answer["id"])

    async def attempt(
        self, words: str, post: str = "/tea/", under: int | None = None, **more: object
    ) -> tuple[int, Any]:
        body = {"author": self.name, "email": None, "website": None, "text": words, "parent": under, **more}
        return await self._send("POST", "/new", body, uri=post)

    async def edit(self, number: int, words: str) -> None:
        status, answer = await self._send("PUT", f"/id/{number}", {"text": words})
        assert status == 200, answer

    async def delete(self, number: int) -> None:
        status, answer = await self._send("DELETE", f"/id/{number}", None)
        assert status == 200, answer

    async def _send(self, method: str, path: str, body: object, **params: str) -> tuple[int, Any]:
        number = path.rpartition("/")[2]
        headers = {"Content-Type": "application/json"}
        if number.isdigit():
            headers["Cookie"] = f"{number}={self.cookies[int(number)]}"
        connector = aiohttp.TCPConnector(local_addr=(self.source, 0))
        async with (
            aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(method, self.isso.address + path, json=body, headers=headers, params=params) as answer,
        ):
            for name, morsel in answer.cookies.items():
                if name.isdigit():
                    self.cookies[int(name)] = morsel.value
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text()


@dataclass
class RunningIsso:
    """An Isso that answers, and the blog that it serves."""

    address: str
    site: str
    database: Path
    python: Path
    posts: dict[str, str]

    def visitor(self, name: str, source: str = "127.0.0.1") -> Visitor:
        return Visitor(self, name, source)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into Isso's own database, or change it."""
        connection = sqlite3.connect(self.database, timeout=10)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def age(self, seconds: float, where: str = "1") -> None:
        """Let comments have been written earlier, instead of waiting."""
        self.sql(f"UPDATE comments SET created = created - ? WHERE {where}", seconds)

    def texts(self, post: str = "/tea/") -> dict[int, str]:
        rows = self.sql(
            "SELECT c.id, c.text FROM comments c JOIN threads t ON t.id = c.tid WHERE t.uri = ? ORDER BY c.id", post
        )
        return {int(number): str(text) for number, text in rows}


@asynccontextmanager
async def blog_site(posts: Mapping[str, str], files: Mapping[str, tuple[str, str]] | None = None) -> AsyncIterator[str]:
    """Serve a blog on loopback: a page for each post, 404 for all else; gives its address. `posts` may change later."""

    async def page(request: web.Request) -> web.Response:
        if files and request.path in files:
            kind, text = files[request.path]
            return web.Response(text=text.replace("SITE", f"http://{request.host}"), content_type=kind)
        title = posts.get(request.path, "home" if request.path == "/" else None)
        if title is None:
            raise web.HTTPNotFound
        return web.Response(text=PAGE.format(title=title), content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def real_isso(
    folder: Path,
    *,
    moderation: bool = False,
    relaxed: bool = True,
    latest: bool = True,
    admin: bool = True,
    max_age: str = "15m",
    files: Mapping[str, tuple[str, str]] | None = None,
    general: Mapping[str, str] | None = None,
    guard: Mapping[str, str] | None = None,
) -> AsyncIterator[RunningIsso]:
    """Run Isso from PyPI. `relaxed`: its guard lets one visitor comment as often as a test likes."""
    python = await environment(CACHE, lambda words: None)
    posts = {"/tea/": "On tea", "/rain/": "On rain"}
    loose = {"ratelimit": "1000", "direct-reply": "1000", "reply-to-self": "true"} if relaxed else {}
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(blog_site(posts, files))
        port = free_port()
        sections = {
            "general": {
                "dbpath": str(folder / "comments.db"),
                "host": site + "/",
                "max-age": max_age,
                "latest-enabled": str(latest).lower(),
                **(general or {}),
            },
            "admin": {"enabled": str(admin).lower(), "password": PASSWORD},
            "moderation": {"enabled": str(moderation).lower()},
            "server": {"listen": f"http://127.0.0.1:{port}/"},
            "guard": {"enabled": "true", **loose, **(guard or {})},
        }
        await stack.enter_async_context(running(python, folder, sections))
        yield RunningIsso(f"http://127.0.0.1:{port}", site, folder / "comments.db", python, posts)
