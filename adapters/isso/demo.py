"""A blog with a real Isso on loopback, for `backchat demo`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web
from jinja2 import Environment

from adapters.isso.conversation import AUTHOR, CONVERSATION
from adapters.isso.server import ServerError, end_leftover, environment, running, write_private
from bridge.demo.loopback import free_port
from bridge.demo.ports import DemoBlog, Stands
from bridge.model import AccountName

_NAME = "saltmarsh"
_PATH = "/lighthouse-bees/"
_SEEDING = "seeding"
_ACCOUNT = AccountName("mara")
_RELAXED = (
    "[guard] ratelimit = 1000: anybody may comment as often as they like, not twice a minute",
    "[guard] direct-reply = 1000: anybody may comment on the post itself, not three times at most",
    "[guard] reply-to-self = true: an author may answer a comment from the same computer at once",
)
_CONFIG = """\
[blogs.{name}]
adapter = "isso"
address = "{isso}"
site = "{site}"
admin_password = {{ file = {password} }}

[blogs.{name}.accounts.{account}]
name = "{author}"
"""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a demo keeps its things, and where its servers answer."""

    state: Path
    isso_port: int
    page_port: int
    password: str

    @property
    def isso(self) -> str:
        return f"http://127.0.0.1:{self.isso_port}"

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.page_port}"

    @property
    def page(self) -> str:
        return self.site + _PATH

    def sections(self, database: Path) -> Mapping[str, Mapping[str, str]]:
        """Isso's settings: its defaults, but for what the demo needs."""
        return {
            "general": {"dbpath": str(database), "host": self.site + "/", "latest-enabled": "true"},
            "admin": {"enabled": "true", "password": self.password},
            "server": {"listen": self.isso + "/"},
            "guard": {"ratelimit": "1000", "direct-reply": "1000", "reply-to-self": "true"},
        }


class IssoDemo:
    """What the entry point names: installs, starts and seeds the blog."""

    part = "blog"
    rank = 0

    async def prepare(self, tools: Path, say: Callable[[str], None]) -> None:
        """See `bridge.demo.ports.DemoBlogPlugin`. `BACKCHAT_ISSO_ENV` names a folder whose Isso demos share."""
        await environment(_environment_folder(tools), say)

    async def start(self, tools: Path, state: Path, stack: AsyncExitStack) -> DemoBlog:
        """See `bridge.demo.ports.DemoBlogPlugin`. Raises `ServerError` where Isso does not start."""
        python = await environment(_environment_folder(tools), _silently)
        place = await asyncio.to_thread(_place, state)
        await stack.enter_async_context(_served(place))
        database = place.state / "comments.db"
        if not await asyncio.to_thread(database.exists):
            await _seed(python, place, database)
        await stack.enter_async_context(running(python, place.state, place.sections(database)))
        session = await stack.enter_async_context(_browser())
        return DemoBlog(_NAME, place.page, _config(place), _ACCOUNT, AUTHOR, _RELAXED, IssoVisitor(session, place.isso))


def _silently(_: str) -> None:
    """Say nothing: `prepare` has told it."""


def _environment_folder(tools: Path) -> Path:
    return Path(os.environ.get("BACKCHAT_ISSO_ENV") or tools / "isso").absolute()


def _browser() -> ClientSession:
    return ClientSession(cookie_jar=DummyCookieJar(), trust_env=False)


# --- Place ------------------------------------------------------------------------------------------------------------


def _place(state: Path) -> _Place:
    """Find the ports and the password of an earlier start again, or choose them."""
    state = state.absolute()
    state.mkdir(parents=True, exist_ok=True)
    for folder in (state, state / _SEEDING):
        end_leftover(folder / "isso.pid", folder / "isso.cfg")
    kept = state / "ports.json"
    try:
        before = json.loads(kept.read_text())
    except (OSError, ValueError):
        before = {}
    isso, page = free_port(before.get("isso")), free_port(before.get("page"))
    kept.write_text(json.dumps({"isso": isso, "page": page}))
    return _Place(state, isso, page, _password(state / "admin_password"))


def _password(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_urlsafe(24))
    return path.read_text()


def _config(place: _Place) -> str:
    return _CONFIG.format(
        name=_NAME,
        isso=place.isso,
        site=place.site,
        password=json.dumps(str(place.state / "admin_password")),
        account=_ACCOUNT,
        author=AUTHOR,
    )


# --- Page -------------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _served(place: _Place) -> AsyncIterator[None]:
    """Serve the sample page on loopback."""
    sample = files("adapters.isso") / "sample"
    template = Environment(autoescape=True).from_string((sample / "page.html").read_text("utf-8"))
    page = template.render(isso=place.isso, path=_PATH)
    style = (sample / "style.css").read_text("utf-8")

    async def serve_page(_: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html")

    async def serve_style(_: web.Request) -> web.Response:
        return web.Response(text=style, content_type="text/css")

    async def to_page(_: web.Request) -> web.Response:
        raise web.HTTPFound(_PATH)

    app = web.Application()
    app.add_routes([web.get("/", to_page), web.get(_PATH, serve_page), web.get("/style.css", serve_style)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", place.page_port).start()
        yield
    finally:
        await runner.cleanup()


# --- Seeding ----------------------------------------------------------------------------------------------------------


async def _seed(python: Path, place: _Place, database: Path) -> None:
    """Let the people of the conversation say it all once, to an Isso on a database that becomes ours when it is whole.

    They comment and edit as visitors do; only the instants are written into the database afterwards.
    """
    folder = place.state / _SEEDING
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    await asyncio.to_thread(folder.mkdir)
    unripe = folder / database.name
    async with running(python, folder, place.sections(unripe)), _browser() as session:
        numbers = await _said(IssoVisitor(session, place.isso))
    await asyncio.to_thread(_dated, unripe, numbers, time.time())
    await asyncio.to_thread(unripe.replace, database)
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _said(visitor: IssoVisitor) -> dict[str, str]:
    numbers: dict[str, str] = {}
    for said in CONVERSATION:
        under = numbers[said.under] if said.under else None
        numbers[said.name] = await visitor.comment(said.who, said.words, under, website=said.website)
        for words in said.edits:
            await visitor.edit(numbers[said.name], words)
    return numbers


def _dated(database: Path, numbers: Mapping[str, str], now: float) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        for said in CONVERSATION:
            created = now - said.hours * 3600
            modified = created + 120 * len(said.edits) if said.edits else None
            values = (created, modified, int(numbers[said.name]))
            connection.execute("UPDATE comments SET created = ?, modified = ? WHERE id = ?", values)


# --- Visitor ----------------------------------------------------------------------------------------------------------


class IssoVisitor:
    """Acts on the demo's post as browsers do: whoever comments gets a cookie that lets them edit and delete."""

    def __init__(self, session: ClientSession, isso: str) -> None:
        self._session = session
        self._isso = isso
        self._cookies: dict[str, str] = {}

    async def comment(self, name: str, words: str, under: str | None = None, *, website: str | None = None) -> str:
        """See `bridge.demo.ports.Visitor`. Raises `ServerError` where Isso does not take it."""
        parent = int(under) if under is not None else None
        body = {"author": name, "email": None, "website": website, "text": words, "parent": parent}
        made = await self._sent("POST", f"/new?uri={_PATH}", body)
        return str(made["id"])

    async def edit(self, number: str, words: str) -> None:
        """See `bridge.demo.ports.Visitor`. Raises `ServerError` where Isso does not take it."""
        await self._sent("PUT", f"/id/{number}", {"text": words}, number)

    async def delete(self, number: str) -> None:
        """See `bridge.demo.ports.Visitor`. Raises `ServerError` where Isso does not take it."""
        await self._sent("DELETE", f"/id/{number}", None, number)

    async def standing(self) -> Sequence[Stands]:
        """See `bridge.demo.ports.Visitor`."""
        thread = await self._sent("GET", f"/?uri={_PATH}", None)
        return [_stands(row) for top in thread["replies"] for row in (top, *top["replies"]) if row["mode"] == 1]

    async def _sent(self, method: str, path: str, body: object, number: str = "") -> Any:
        headers = {"Content-Type": "application/json"}
        if number:
            headers["Cookie"] = f"{number}={self._cookies.get(number, '')}"
        async with self._session.request(method, self._isso + path, json=body, headers=headers) as answer:
            self._cookies |= {name: morsel.value for name, morsel in answer.cookies.items() if name.isdigit()}
            if answer.status not in {200, 201}:
                raise ServerError(f"Isso answered {answer.status} to {method} {path}: {(await answer.text())[:200]}")
            return await answer.json()


def _stands(row: Mapping[str, Any]) -> Stands:
    under = row["parent"]
    return Stands(str(row["id"]), None if under is None else str(under), row["author"] or "", row["text"])


plugin = IssoDemo()
