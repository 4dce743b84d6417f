"""A blog with a real WordPress on loopback, for `backchat demo --blog wordpress`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, encode_basic_auth

from adapters.wordpress.conversation import AUTHOR, CONVERSATION, Said
from adapters.wordpress.installing import Edition, ServerError, sample, whole_wordpress
from adapters.wordpress.server import (
    Site,
    copied,
    end_leftover,
    literal,
    run_php,
    running,
    template,
    write_private,
)
from bridge.demo.loopback import free_port
from bridge.demo.ports import DemoBlog, Stands
from bridge.model import AccountName

_NAME = "gullrock"
_LOGIN = "mara"
_SLUG = "bees-on-a-lighthouse"
_COMMENTS = "/wp-json/wp/v2/comments"
_WHOLE_EVERY = 10
"""Seconds between two readings of all texts; only these betray an edit on the blog."""
_RELAXED = (
    "a first comment is public at once: usually WordPress holds everybody's first one for its moderator",
    "visitors may comment as fast as they type, not once in 15 seconds",
    "application passwords work without https (WP_ENVIRONMENT_TYPE is local)",
)
_CONFIG = """\
[blogs.{name}]
adapter = "wordpress"
address = "{address}"
whole_every = {whole_every}

[blogs.{name}.accounts.{login}]
login = "{login}"
password = {{ file = {password} }}
"""


@dataclass(frozen=True, slots=True)
class _Passwords:
    """The author's: for the sign-in page, and for the API."""

    page: Path
    api: Path


class WordPressDemo:
    """What the entry point names: unpacks, starts and seeds the blog."""

    part = "blog"
    rank = 1

    async def prepare(self, tools: Path, say: Callable[[str], None]) -> None:
        """See `bridge.demo.ports.DemoBlogPlugin`. `BACKCHAT_WORDPRESS` names a folder whose WordPress demos share."""
        await _template(await whole_wordpress(_folder(tools), Edition.DEBIAN, say))

    async def start(self, tools: Path, state: Path, stack: AsyncExitStack) -> DemoBlog:
        """See `bridge.demo.ports.DemoBlogPlugin`. Raises `ServerError` where WordPress does not start."""
        www = await whole_wordpress(_folder(tools), Edition.DEBIAN, _silently)
        site = await asyncio.to_thread(_site, www, state)
        passwords = _Passwords(site.folder / "password", site.folder / "application_password")
        if not await asyncio.to_thread(site.database.exists):
            await _seed(site, passwords)
        await stack.enter_async_context(running(site))
        session = await stack.enter_async_context(_browser())
        api_password = await asyncio.to_thread(passwords.api.read_text)
        visitor = WordPressVisitor(session, site.address, api_password)
        return DemoBlog(
            name=_NAME,
            page=await visitor.page(),
            config=_config(site, passwords),
            account=AccountName(_LOGIN),
            author=AUTHOR,
            relaxed=_RELAXED,
            visitor=visitor,
            proves_author=True,
            nests=True,
            edits_within=_WHOLE_EVERY,
            follows=_follows(site, passwords),
        )


def _silently(_: str) -> None:
    """Say nothing: `prepare` has told it."""


def _folder(tools: Path) -> Path:
    return Path(os.environ.get("BACKCHAT_WORDPRESS") or tools / "wordpress").absolute()


def _browser() -> ClientSession:
    return ClientSession(cookie_jar=DummyCookieJar(), trust_env=False)


async def _template(www: Path) -> Path:
    setup = sample("demo_setup.php").replace("POST_HTML", literal(sample("post.html")))
    return await template(www, "Gull Rock Notes", setup)


def _site(www: Path, state: Path) -> Site:
    """Find the port of an earlier start again, or choose one."""
    state = state.absolute()
    state.mkdir(parents=True, exist_ok=True)
    for folder in (state, _seeding(state)):
        end_leftover(folder / "php.pid", folder)
    kept = state / "port"
    try:
        before = int(kept.read_text())
    except (OSError, ValueError):
        before = None
    port = free_port(before)
    kept.write_text(str(port))
    site = Site(www, state, port)
    _furnish(site)
    return site


def _seeding(state: Path) -> Path:
    return state / "seeding"


def _furnish(site: Site) -> None:
    site.folder.mkdir(parents=True, exist_ok=True)
    site.write()
    (site.plugins / "lenient.php").write_text(sample("lenient.php"), "utf-8")


def _config(site: Site, passwords: _Passwords) -> str:
    return _CONFIG.format(
        name=_NAME,
        address=site.address,
        whole_every=_WHOLE_EVERY,
        login=_LOGIN,
        password=json.dumps(str(passwords.api)),
    )


def _follows(site: Site, passwords: _Passwords) -> str:
    return (
        "Edit or delete your answer in the room: the blog follows. Edit, trash or hold a comment on the blog:\n"
        f"     the room follows within some ten seconds. Sign in at {site.address}/wp-admin/edit-comments.php\n"
        f"     as {_LOGIN}, with the password in {passwords.page}"
    )


# --- Seeding ----------------------------------------------------------------------------------------------------------


async def _seed(site: Site, passwords: _Passwords) -> None:
    """Let the people of the conversation say it all once, on a site whose database becomes ours when it is whole.

    They comment as visitors and authors do; only the instants and the pingbacks are written into the database.
    """
    folder = _seeding(site.folder)
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    unripe = Site(site.www, folder, site.port)
    await asyncio.to_thread(_furnish, unripe)
    await asyncio.to_thread(copied, await _template(site.www), unripe)
    api_password = await _new_passwords(unripe, passwords)
    async with running(unripe), _browser() as session:
        numbers = await _said(WordPressVisitor(session, unripe.address, api_password))
    await asyncio.to_thread(_dated, unripe.database, numbers, time.time())
    await asyncio.to_thread(unripe.database.replace, site.database)
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _new_passwords(site: Site, passwords: _Passwords) -> str:
    program = site.folder / "passwords.php"
    await asyncio.to_thread(program.write_text, sample("demo_passwords.php"), "utf-8")
    password = secrets.token_urlsafe(12)
    made = (await run_php(site, program, str(site.www), _LOGIN, password)).strip().splitlines()[-1]
    await asyncio.to_thread(write_private, passwords.page, password)
    await asyncio.to_thread(write_private, passwords.api, made)
    return made


async def _said(visitor: WordPressVisitor) -> dict[str, str]:
    numbers: dict[str, str] = {}
    for said in CONVERSATION:
        under = numbers[said.under] if said.under else None
        if said.who == AUTHOR:
            numbers[said.name] = await visitor.answer(said.words, under)
        else:
            numbers[said.name] = await visitor.comment(said.who, said.words, under, website=said.website)
    return numbers


def _dated(database: Path, numbers: Mapping[str, str], now: float) -> None:
    """Write when everything was said; a pingback is what another blog's WordPress would have left."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE wp_posts SET post_date = ?, post_date_gmt = ?", (_when(now, 52), _when(now, 52)))
        for said in CONVERSATION:
            values = (_when(now, said.hours), _when(now, said.hours), said.kind, _agent(said), int(numbers[said.name]))
            connection.execute(
                "UPDATE wp_comments SET comment_date = ?, comment_date_gmt = ?, comment_type = ?, comment_agent = ?"
                " WHERE comment_ID = ?",
                values,
            )


def _when(now: float, hours: float) -> str:
    return datetime.fromtimestamp(now - hours * 3600, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _agent(said: Said) -> str:
    return "WordPress/6.1" if said.kind == "pingback" else "A browser"


# --- Visitor ----------------------------------------------------------------------------------------------------------


class WordPressVisitor:
    """Acts on the demo's post: visitors by the form, and where visitors may not, its editor by the API."""

    def __init__(self, session: ClientSession, address: str, api_password: str) -> None:
        self._session = session
        self._address = address
        self._signed = {"Authorization": encode_basic_auth(_LOGIN, api_password)}
        self._post: Mapping[str, Any] | None = None

    async def page(self) -> str:
        """The address of the demo's post."""
        return str((await self._the_post())["link"])

    async def comment(self, name: str, words: str, under: str | None = None, *, website: str = "") -> str:
        """See `bridge.demo.ports.Visitor`. Raises `ServerError` where WordPress does not take it."""
        post = await self._the_post()
        mail = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum()) or "somebody"
        form = {
            "author": name,
            "email": f"{mail}@visitors.example",
            "url": website,
            "comment": words,
            "comment_post_ID": str(post["id"]),
            "comment_parent": under or "0",
        }
        to = f"{self._address}/wp-comments-post.php"
        async with self._session.post(to, data=form, allow_redirects=False) as answer:
            location = answer.headers.get("Location", "")
            if answer.status != 302 or "#comment-" not in location:
                raise ServerError(f"WordPress answered {answer.status} to a comment: {(await answer.text())[-400:]}")
            return location.rpartition("#comment-")[2]

    async def answer(self, words: str, under: str | None) -> str:
        """The author's own comment, as from WordPress's pages; its number."""
        body = {"post": (await self._the_post())["id"], "parent": int(under or 0), "content": words}
        return str((await self._asked("POST", _COMMENTS, body))["id"])

    async def edit(self, number: str, words: str) -> None:
        """See `bridge.demo.ports.Visitor`. Raises `ServerError` where WordPress does not take it."""
        await self._asked("POST", f"{_COMMENTS}/{number}", {"content": words})

    async def delete(self, number: str) -> None:
        """See `bridge.demo.ports.Visitor`. Raises `ServerError` where WordPress does not take it."""
        await self._asked("DELETE", f"{_COMMENTS}/{number}")

    async def standing(self) -> Sequence[Stands]:
        """See `bridge.demo.ports.Visitor`."""
        post = await self._the_post()
        rows = await self._asked(
            "GET", f"{_COMMENTS}?post={post['id']}&per_page=100&orderby=id&order=asc", strangers=True
        )
        return [_stands(row) for row in rows]

    async def _the_post(self) -> Mapping[str, Any]:
        if self._post is None:
            (self._post,) = await self._asked("GET", f"/wp-json/wp/v2/posts?slug={_SLUG}", strangers=True)
        return self._post

    async def _asked(self, method: str, path: str, body: object = None, *, strangers: bool = False) -> Any:
        headers = {} if strangers else self._signed
        async with self._session.request(method, self._address + path, json=body, headers=headers) as answer:
            if answer.status not in {200, 201}:
                raise ServerError(f"WordPress answered {answer.status} to {method} {path}: {await answer.text()}")
            return await answer.json()


def _stands(row: Mapping[str, Any]) -> Stands:
    under = str(row["parent"]) if row["parent"] else None
    return Stands(str(row["id"]), under, row["author_name"], row["content"]["rendered"])


plugin = WordPressDemo()
