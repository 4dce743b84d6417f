"""A small Guestbook: a server that keeps comments in memory and speaks the JSON that the adapter reads.

`python guestbook_server.py PORT` serves it alone, with one comment of a visitor's.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html import escape
from typing import Any

from aiohttp import web

TOKEN = "let-me-in"  # noqa: S105 - of a server in memory
POST = {"id": "/roses/", "title": "On roses", "address": "https://garden.example/roses/"}


class Guestbook:
    """The comments, and what the next effect shall suffer: `before` or `after` it, the connection breaks."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.hidden: set[str] = set()
        self.breaks: str | None = None
        self._numbers = itertools.count(1)
        self._changes = itertools.count(1)
        self._change = 0

    def add(self, name: str, html: str, parent: str | None = None, note: str | None = None) -> dict[str, Any]:
        """Put a comment under the post."""
        number = next(self._numbers)
        id = f"c{number}"
        self.rows[id] = {
            "id": id, "number": number, "post": POST, "parent": parent, "name": name, "html": html, "note": note,
            "created": datetime.now(UTC).isoformat(), "link": f"{POST['address']}#{id}", "version": 1,
        }  # fmt: skip
        self._changed()
        return self.rows[id]

    def change(self, id: str, html: str, note: str | None) -> dict[str, Any]:
        """Replace a comment's text."""
        row = self.rows[id]
        self.rows[id] = {**row, "html": html, "note": note, "version": row["version"] + 1}
        self._changed()
        return self.rows[id]

    def remove(self, id: str) -> None:
        """Delete a comment; its number is never given again."""
        del self.rows[id]
        self._changed()

    def hide(self, id: str) -> None:
        """Take a comment off the page."""
        self.hidden.add(id)
        self._changed()

    def _changed(self) -> None:
        self._change = next(self._changes)

    def app(self) -> web.Application:
        """The HTTP interface."""
        app = web.Application(middlewares=[self._breaking])
        app.add_routes(
            [
                web.get("/api/me", self._me),
                web.get("/api/comments", self._all),
                web.post("/api/comments", self._new),
                web.get("/api/comments/{id}", self._one),
                web.put("/api/comments/{id}", self._edit),
                web.delete("/api/comments/{id}", self._delete),
            ]
        )
        return app

    @web.middleware
    async def _breaking(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.method == "GET" or self.breaks is None:
            return await handler(request)  # type: ignore[no-any-return]
        breaks, self.breaks = self.breaks, None
        answer: web.StreamResponse = web.Response() if breaks == "before" else await handler(request)
        if request.transport is not None:
            request.transport.abort()
        return answer

    async def _me(self, request: web.Request) -> web.Response:
        known = "Authorization" not in request.headers or _is_author(request)
        return web.json_response({}, status=200 if known else 401)

    async def _all(self, request: web.Request) -> web.Response:
        tag = f'"{self._change}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        rows = [row for id, row in self.rows.items() if id not in self.hidden]
        return web.json_response({"comments": rows}, headers={"ETag": tag})

    async def _one(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        if id not in self.rows:
            return web.json_response({"error": "there is no such comment"}, status=404)
        if id in self.hidden and not _is_author(request):
            return web.json_response({"error": "the comment is hidden"}, status=403)
        return web.json_response(self.rows[id])

    async def _new(self, request: web.Request) -> web.Response:
        body = await request.json()
        if not _is_author(request):  # a visitor: words, and no markup
            return web.json_response(self.add(body["name"], f"<p>{escape(body['words'])}</p>"), status=201)
        if body["parent"] is not None and body["parent"] not in self.rows:
            return web.json_response({"error": "the comment that it answers is gone"}, status=422)
        return web.json_response(self.add(body["name"], body["html"], body["parent"], body["note"]), status=201)

    async def _edit(self, request: web.Request) -> web.Response:
        body, id = await request.json(), request.match_info["id"]
        refused = self._not_now(request, id, body)
        return refused or web.json_response(self.change(id, body["html"], body["note"]))

    async def _delete(self, request: web.Request) -> web.Response:
        body, id = await request.json(), request.match_info["id"]
        refused = self._not_now(request, id, body)
        if refused is None:
            self.remove(id)
        return refused or web.json_response({})

    def _not_now(self, request: web.Request, id: str, body: dict[str, Any]) -> web.Response | None:
        if not _is_author(request):
            return web.json_response({"error": "only authors may do that"}, status=403)
        if id not in self.rows:
            return web.json_response({"error": "there is no such comment"}, status=404)
        if self.rows[id]["version"] != body["version"]:
            return web.json_response({"error": "it was changed meanwhile"}, status=412)
        return None


def _is_author(request: web.Request) -> bool:
    return request.headers.get("Authorization") == f"Bearer {TOKEN}"


@asynccontextmanager
async def serving(guestbook: Guestbook, port: int = 0) -> AsyncIterator[str]:
    """Serve it on loopback; gives its address."""
    runner = web.AppRunner(guestbook.app(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    alone = Guestbook()
    alone.add("Vera", "<p>How do you prune roses?</p>")
    web.run_app(alone.app(), host="127.0.0.1", port=int(sys.argv[1]), print=None)
