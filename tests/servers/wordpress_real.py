"""The real WordPress for tests: see `tests.servers.wordpress`."""

from __future__ import annotations

import asyncio
import atexit
import calendar
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest

from adapters.wordpress.installing import Edition, ServerError, whole_wordpress
from adapters.wordpress.server import Constants, Site, copied, serving, template
from bridge.demo.loopback import free_port
from tests.process.waiting import until
from tests.servers.mariadb import MariaDB
from tests.servers.wordpress import KINDS, POSTED, POSTS, USERS, Row, RunningWordPress

CACHE = Path(os.environ.get("BACKCHAT_WORDPRESS") or Path(__file__).parents[2] / ".cache" / "wordpress").absolute()
"""Where the unpacked WordPresses are kept between runs of the tests; made by the code that makes the demo's."""
_HERE = Path(__file__).parent
_OPTIONS = {
    "timezone_string": "Europe/Berlin",
    "comment_previously_approved": 0,
    "comment_moderation": 0,
    "comments_notify": 0,
    "moderation_notify": 0,
}
_STATUS = {"1": "approved", "0": "hold", "post-trashed": "trash"}


@dataclass
class RealWordPress(RunningWordPress):
    """A WordPress on PHP; `site` has its folder, its database and its logs."""

    site: Site = field(kw_only=True)
    token: str = field(kw_only=True, repr=False)
    _switches: dict[str, bool | str] = field(default_factory=dict)

    async def _hands(self, name: str, *arguments: object) -> Any:
        """Let the tests' plugin do something inside WordPress."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                self.address + "/", json=[name, arguments], headers={"X-Backchat-Hands": self.token}
            ) as answer,
        ):
            text = await answer.text()
            assert answer.content_type == "application/json", text
            result = json.loads(text)
            assert result is not False, f"WordPress refused to {name} {arguments}"
            return result

    async def add_many(self, comments: Sequence[Mapping[str, Any]]) -> list[int]:
        return [int(number) for number in await self._hands("add_many", comments)]

    async def set_status(self, number: int, status: str) -> None:
        await self._hands("set_status", number, status)

    async def delete(self, number: int) -> None:
        await self._hands("delete", number)

    async def edit(self, number: int, words: str) -> None:
        await self._hands("edit", number, words)

    async def set_date(self, number: int, date: float) -> None:
        await self._hands("set_date", number, int(date))

    async def rows(self, post: int | None = None) -> list[Row]:
        rows = [_row(stored) for stored in await self._hands("rows")]
        return [row for row in rows if post is None or row.post == post]

    async def write_post(self, title: str, *, author: str = "jane", **more: str) -> int:
        fields = {"status": "publish", "words": "<p>Words.</p>", **more}
        return int(await self._hands("write_post", {"title": title, "author": USERS[author].number, **fields}))

    async def change_post(self, number: int, **fields: str) -> None:
        await self._hands("change_post", number, fields)

    async def delete_post(self, number: int) -> None:
        await self._hands("delete_post", number)

    async def option(self, name: str, value: str | int) -> None:
        await self._hands("option", name, value)

    async def switch(self, **switches: bool | str) -> None:
        self._switches |= switches
        unripe = self.site.folder / "switches.new"
        await asyncio.to_thread(unripe.write_text, json.dumps(self._switches))
        await asyncio.to_thread(unripe.replace, self.site.folder / "switches.json")

    async def age(self, seconds: float) -> None:
        await self._hands("age", int(seconds))

    async def change_password(self, login: str) -> None:
        await self._hands("change_password", self.users[login].number)


def _row(stored: Mapping[str, str]) -> Row:
    return Row(
        number=int(stored["comment_ID"]),
        post=int(stored["comment_post_ID"]),
        parent=int(stored["comment_parent"]),
        user=int(stored["user_id"]),
        name=stored["comment_author"],
        email=stored["comment_author_email"],
        url=stored["comment_author_url"],
        words=stored["comment_content"],
        kind=stored["comment_type"] or "comment",
        status=_STATUS.get(stored["comment_approved"], stored["comment_approved"]),
        date=float(calendar.timegm(time.strptime(stored["comment_date_gmt"], "%Y-%m-%d %H:%M:%S"))),
    )


def _setup() -> str:
    """The PHP that makes a fresh site out of an installed one."""
    users = [
        {
            "number": user.number,
            "login": user.login,
            "password": user.password,
            "email": user.email,
            "role": user.role,
            "name": user.name,
            "url": user.url,
            "application_password": user.application_password,
        }
        for user in USERS.values()
    ]
    posts = [
        {
            "number": post.number,
            "title": post.title,
            "slug": post.slug,
            "author": USERS[post.author].number,
            "status": post.status,
            "password": post.password,
            "comments": post.comments,
            "kind": post.kind,
            "date": POSTED.format(day).replace("T", " "),
        }
        for day, post in enumerate(POSTS, start=1)
    ]
    given = json.dumps({"options": _OPTIONS, "users": users, "posts": posts}, ensure_ascii=False)
    return (_HERE / "wordpress_setup.php").read_text("utf-8").replace("GIVEN", given)


# --- Databases --------------------------------------------------------------------------------------------------------


class _Template(Protocol):
    """What the sites of one server begin with."""

    def begun(self, site: Site) -> AbstractAsyncContextManager[Constants]:
        """Let a site have a database of its own; gives the constants that let WordPress use it."""

    def end(self) -> None:
        """End what was started for it."""


@dataclass
class _SqliteTemplate:
    made: Path

    @asynccontextmanager
    async def begun(self, site: Site) -> AsyncIterator[Constants]:
        site.database.parent.mkdir(parents=True)
        await asyncio.to_thread(copied, self.made, site)
        yield {}

    def end(self) -> None:
        """The file is kept for later runs."""


async def _template(kind: str, www: Path) -> _Template:
    title = "Test Blog"
    if kind == "mariadb":
        return await MariaDB.started(www, title, _setup())
    return _SqliteTemplate(await template(www, title, _setup()))


# --- Processes --------------------------------------------------------------------------------------------------------


@dataclass
class _Server:
    """A PHP that serves one test's site after another: starting one costs as much as a short test.

    Every site has its own database, so that what an earlier test left under way in PHP never reaches a later one.
    """

    template: _Template
    place: Site
    process: subprocess.Popen[bytes]

    @classmethod
    async def started(cls, kind: str) -> _Server:
        edition = Edition.DEBIAN if kind == "mariadb" else Edition(kind)
        www = await whole_wordpress(CACHE, edition, lambda words: None)
        made = await _template(kind, www)
        place = Site(www, Path(tempfile.mkdtemp(prefix="backchat-wordpress-")), free_port())
        pointer = "<?php\nrequire file_get_contents(__DIR__ . '/current') . '/site.php';\n"
        (place.folder / "site.php").write_text(pointer)
        process = _spawned(place)
        server = cls(made, place, process)
        atexit.register(server.end)
        await until(lambda: "Development Server" in (place.folder / "php.log").read_text(), "PHP to listen")
        return server

    def serve(self, site: Site) -> None:
        """From now on requests are for this site."""
        unripe = self.place.folder / "current.new"
        unripe.write_text(str(site.folder))
        unripe.replace(self.place.folder / "current")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.template.end()
        shutil.rmtree(self.place.folder, ignore_errors=True)


def _spawned(place: Site) -> subprocess.Popen[bytes]:
    # By no event loop: it outlives the test, and its loop, that needed it first.
    temporary = Path(tempfile.gettempdir())  # where pytest has the sites
    command, env = serving(place, *(() if CACHE.is_relative_to(temporary) else (temporary,)))
    with (place.folder / "php.log").open("wb") as log:
        return subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


_idle: dict[str, list[_Server]] = {kind: [] for kind in KINDS}


@asynccontextmanager
async def real_wordpress(kind: str, folder: Path) -> AsyncIterator[RealWordPress]:
    """Serve a fresh site of a real WordPress, its files in `folder`. Where it cannot be had: skips, but not on CI."""
    server = await _server(kind)
    token = secrets.token_urlsafe(16)
    site = Site(server.place.www, folder / f"wordpress-{token[:6]}", server.place.port)
    plugin = (_HERE / "wordpress_plugin.php").read_text("utf-8")
    try:
        async with server.template.begun(site) as constants:
            await asyncio.to_thread(site.write, {"BACKCHAT_HANDS": token, **constants})
            await asyncio.to_thread((site.plugins / "tests.php").write_text, plugin, "utf-8")
            server.serve(site)
            yield RealWordPress(site.address, kind, site=site, token=token)
    finally:
        _idle[kind].append(server)


async def _server(kind: str) -> _Server:
    while _idle[kind]:
        server = _idle[kind].pop()
        if server.process.poll() is None:
            return server
    try:
        return await _Server.started(kind)
    except ServerError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
