"""A feed that names its WebSub hub, and that hub, which does as a test tells it: both on one loopback server."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

FEED = "/comments/feed/atom/"
HUB = "/hub"
BODY = b"<feed>something new</feed>"
_ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Comments for Garden</title>{links}
<entry><title>Comment</title><link rel="hub" href="http://127.0.0.1:1/not-this-one"/></entry></feed>"""


@dataclass(slots=True)
class WebSubHub:
    """The hub. `asked` are the forms that it got, `verified` what became of its questions back (mode, status, echoed).

    `statuses` are its answers to the next forms (202 when there are no more), `places` where those of 307 and 308
    lead; `repeats`: it refuses with the very words that it was asked with. `verifies` tells whether it asks back by
    itself, `lease` what it grants. `links` stand in the feed, `header` in the header `Link` of its answer; with a
    `source`, the feed is what stands at that address.
    """

    session: aiohttp.ClientSession
    address: str = ""
    links: str = '<link rel="hub" href="/hub"/><link rel="self" href="{address}/comments/feed/atom/"/>'
    header: str = ""
    source: str = ""
    verifies: bool = True
    repeats: bool = False
    lease: str | None = "864000"
    statuses: list[int] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    verified: list[tuple[str, int, bool]] = field(default_factory=list)
    feed_read: int = 0
    _tasks: set[asyncio.Task[object]] = field(default_factory=set)

    @property
    def feed(self) -> str:
        """The feed's address."""
        return self.address + FEED

    def forms(self, mode: str) -> list[dict[str, str]]:
        """What it was asked for with this mode."""
        return [form for form in self.asked if form["hub.mode"] == mode]

    def count(self, mode: str, status: int = 200) -> int:
        """How many of its questions back were answered so; those with 200 echoed the challenge."""
        return sum((one, found, echoed) == (mode, status, status == 200) for one, found, echoed in self.verified)

    async def ask_back(self, form: dict[str, str], **changes: str | None) -> int:
        """Ask the callback whether it wanted this; `changes` to the parameters (topic, mode …). The status."""
        told = {"mode": form["hub.mode"], "topic": form["hub.topic"], "challenge": "c-1+2/3=&", **changes}
        if told["mode"] == "subscribe":
            told.setdefault("lease_seconds", self.lease)
        query = {f"hub.{key}": value for key, value in told.items() if value is not None}
        async with self.session.get(form["hub.callback"], params=query) as answer:
            plain = answer.content_type == "text/plain"
            echoed = plain and await answer.text() == told["challenge"] and answer.status == 200
            self.verified.append((str(told["mode"]), answer.status, echoed))
            return answer.status

    async def deny(self, form: dict[str, str], reason: str = "") -> int:
        """Tell the callback that there is no subscription (any more)."""
        query = {"hub.mode": "denied", "hub.topic": form["hub.topic"], "hub.reason": reason}
        async with self.session.get(form["hub.callback"], params=query) as answer:
            return answer.status

    async def deliver(
        self, form: dict[str, str], method: str | None = "sha256", secret: str | None = None, body: bytes = BODY
    ) -> int:
        """Deliver something, signed by `method` (None: not at all) with the form's secret or another. The status."""
        headers = {"Content-Type": "application/atom+xml"}
        if method is not None:
            key = (secret or form["hub.secret"]).encode()
            headers["X-Hub-Signature"] = f"{method}={hmac.new(key, body, method).hexdigest()}"
        async with self.session.post(form["hub.callback"], data=body, headers=headers) as answer:
            return answer.status

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a reader of the feed, or somebody who wants to subscribe."""
        if request.method == "GET":
            self.feed_read += 1
            headers = {"Link": self.header.format(address=self.address)} if self.header else {}
            text = await self._sourced() if self.source else _ATOM.format(links=self.links.format(address=self.address))
            return web.Response(text=text, content_type="application/atom+xml", headers=headers)
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.asked.append(form)
        status = self.statuses.pop(0) if self.statuses else 202
        if status in {307, 308}:
            return web.Response(status=status, headers={"Location": self.places.pop(0)})
        if status == 202 and self.verifies:
            task: asyncio.Task[object] = asyncio.create_task(self.ask_back(form))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        words = " ".join(form.values()) if self.repeats else "no\nsuch\x1btopic"
        return web.Response(status=status, text=words if status >= 400 else "")

    async def _sourced(self) -> str:
        async with self.session.get(self.source) as answer:
            return await answer.text()

    async def rest(self) -> None:
        """Wait for what it has begun."""
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def websub_hub() -> AsyncIterator[WebSubHub]:
    """A feed and its hub on loopback."""
    async with aiohttp.ClientSession() as session:
        hub = WebSubHub(session)
        runner = web.ServerRunner(web.Server(hub.answer))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            hub.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield hub
            await hub.rest()
        finally:
            await runner.cleanup()
