"""The double: the part of WordPress that an adapter meets, in Python, for tests that need no PHP.

See `tests.servers.wordpress` for how to use it, `tests/contracts/wordpress/test_double_*.py` for what holds it to the
truth. Time is what `now` says, so a test's clock drives the flood limit. With `wordpress_com` it answers on the paths
of public-api.wordpress.com (`/wp/v2/sites/SITE/…`) to a Bearer token instead of an application password.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.servers.wordpress import USERS, Row, RunningWordPress
from tests.servers.wordpress_double_http import Served, token
from tests.servers.wordpress_double_state import DoubleComment, DoublePost, State

__all__ = ["DoubleWordPress", "double_wordpress", "token"]


@dataclass
class DoubleWordPress(RunningWordPress):
    """The double's people and hands. `asked`: every request, as `GET /path?query`."""

    state: State = field(kw_only=True)
    asked: list[str] = field(default_factory=list)

    async def add_many(self, comments: Sequence[Mapping[str, Any]]) -> list[int]:
        return [self.state.insert(_inserted(given)).number for given in comments]

    async def set_status(self, number: int, status: str) -> None:
        self.state.set_status(self.state.comments[number], status)

    async def delete(self, number: int) -> None:
        self.state.delete(number)

    async def edit(self, number: int, words: str) -> None:
        self.state.comments[number].words = words

    async def set_date(self, number: int, date: float) -> None:
        self.state.comments[number].date = float(int(date))

    async def rows(self, post: int | None = None) -> list[Row]:
        return [_row(one) for _, one in sorted(self.state.comments.items()) if post is None or one.post == post]

    async def write_post(
        self,
        title: str,
        *,
        author: str = "jane",
        status: str = "publish",
        password: str = "",
        comments: str = "open",
        kind: str = "post",
        words: str = "<p>Words.</p>",
    ) -> int:
        self.state.last_post += 1
        slug = "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())
        made = DoublePost(
            self.state.last_post, title, slug, USERS[author].number, status, password, comments, kind, words,
            float(int(self.state.now())), "",
        )  # fmt: skip
        made.modified = made.date
        self.state.posts[made.number] = made
        made.guid = self.state.permalink(made)
        return made.number

    async def change_post(self, number: int, **fields: str) -> None:
        post = self.state.posts[number]
        for name, value in fields.items():
            setattr(post, name, value)
        post.modified = float(int(self.state.now()))

    async def delete_post(self, number: int) -> None:
        del self.state.posts[number]
        for one in list(self.state.on(number)):
            del self.state.comments[one.number]

    async def option(self, name: str, value: str | int) -> None:
        self.state.options[name] = value

    async def switch(self, **switches: bool | str) -> None:
        self.state.switches |= switches

    async def age(self, seconds: float) -> None:
        for one in self.state.comments.values():
            one.date -= int(seconds)

    async def change_password(self, login: str) -> None:
        self.state.passwords.pop(login, None)


def _inserted(given: Mapping[str, Any]) -> DoubleComment:
    status = {"approve": "approved"}.get(given["status"], given["status"])
    return DoubleComment(
        0, given["post"], given["under"], given["user"], given["name"], given["email"], given["url"], given["words"],
        given["kind"], status, float(given["date"]),
    )  # fmt: skip


def _row(one: DoubleComment) -> Row:
    return Row(
        one.number, one.post, one.parent, one.user, one.name, one.email, one.url, one.words, one.kind, one.status,
        one.date,
    )  # fmt: skip


@asynccontextmanager
async def double_wordpress(
    now: Callable[[], float] = time.time, *, wordpress_com: str = ""
) -> AsyncIterator[DoubleWordPress]:
    """Serve the double on loopback. `wordpress_com`: as this site on WordPress.com, where `token(login)` signs."""
    state, asked = State(now), list[str]()
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{path:.*}", Served(state, asked, wordpress_com).serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        (host, port) = runner.addresses[0][:2]
        address = f"http://{host}:{port}"
        assert urlsplit(address).port == port
        state.begin(address)
        yield DoubleWordPress(address, "double", state=state, asked=asked)
    finally:
        await runner.cleanup()
