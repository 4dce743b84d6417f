"""A bare HTTP client for tests that look at what a WordPress answers, without the adapter."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import aiohttp

from tests.servers.wordpress import RunningWordPress

COMMENTS = "/wp-json/wp/v2/comments"
NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "thr": "http://purl.org/syndication/thread/1.0",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
"""The prefixes of the names in WordPress's feeds."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def data(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> tuple[int, str]:
        """Status and WordPress's code, checked to agree."""
        assert self.data["data"]["status"] == self.status
        return self.status, self.data["code"]

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.text)


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks a WordPress, as an account (by login) or as a stranger."""

    wordpress: RunningWordPress
    session: aiohttp.ClientSession

    async def ask(
        self, method: str, path: str, by: str | None = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Answered:
        signed = {**(self.wordpress.users[by].auth if by else {}), **(headers or {})}
        to = path if path.startswith("http") else self.wordpress.address + path
        async with self.session.request(method, to, headers=signed, allow_redirects=False, **more) as answer:
            return Answered(answer.status, answer.headers.copy(), await answer.text())

    async def get(self, path: str, by: str | None = None, headers: Mapping[str, str] | None = None) -> Answered:
        return await self.ask("GET", path, by, headers)

    async def post(self, path: str, body: Any, by: str | None = None) -> Answered:
        return await self.ask("POST", path, by, json=body)

    async def delete(self, path: str, by: str | None = None) -> Answered:
        return await self.ask("DELETE", path, by)

    async def answer(self, by: str, words: str, post: int = 11, **more: Any) -> Answered:
        """Publish a comment by the API."""
        return await self.post(COMMENTS, {"post": post, "content": words, **more}, by)

    async def numbers(self, query: str = "", by: str | None = None) -> list[int]:
        """The numbers of the comments that a list has, in its order."""
        return [row["id"] for row in (await self.get(f"{COMMENTS}?{query}", by)).data]


@asynccontextmanager
async def asking(wordpress: RunningWordPress) -> AsyncIterator[Asking]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Asking(wordpress, session)
