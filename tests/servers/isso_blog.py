"""The Isso adapter as the daemon would build it, for tests against `tests.servers.isso`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.isso.blog import IssoBlog
from adapters.isso.settings import Account, Settings
from bridge.model import AccountName, Comment, Key, Page, PostId
from bridge.ports import BlogReady, Surroundings
from tests.servers.isso import PASSWORD, RunningIsso

MARA = AccountName("mara")
TEA, RAIN = PostId("/tea/"), PostId("/rain/")
KEY = Key("abcdefghijklmnopqrstuvwx")
OTHER_KEY = Key("234567abcdefghijklmnopqr")


class RealClock:
    """Time as it is."""

    def now(self) -> float:
        return time.time()

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        raise AssertionError("the adapter never waits by the clock")


def settings(isso: RunningIsso, **changes: Any) -> Settings:
    """The settings of a blog on this Isso, with the admin password unless it is taken away."""
    accounts: Mapping[AccountName, Account] = {MARA: Account("Mara", "mara@mara.example", "https://mara.example/")}
    values: dict[str, Any] = {
        "path": "blogs.garden",
        "address": isso.address,
        "site": isso.site,
        "admin_password": PASSWORD,
        "posts": "latest",
        "posts_from": None,
        "moderated": True,
        "accounts": accounts,
    }
    return Settings(**{**values, **changes})


@asynccontextmanager
async def opened(isso: RunningIsso, **changes: Any) -> AsyncIterator[tuple[IssoBlog, BlogReady]]:
    """An open adapter, and what it said when it opened."""
    blog = IssoBlog(settings(isso, **changes), Surroundings("garden", RealClock(), Path("unused"), "backchat-test"))
    async with AsyncExitStack() as stack:
        yield blog, await blog.open(stack)


async def read(blog: IssoBlog, cursor: str | None = None) -> list[Page]:
    return [page async for page in blog.pages(cursor)]


async def comments(blog: IssoBlog) -> dict[int, Comment]:
    """All that one reading from scratch shows, by number."""
    return {comment.position: comment for page in await read(blog) for comment in page.comments}
