"""A person without scripts before the page of a chat's double."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import aiohttp
from selectolax.lexbor import LexborHTMLParser


class Named(Protocol):
    """What has an id in a chat."""

    @property
    def id(self) -> str: ...


P = TypeVar("P", bound=Named)


class Browser(Generic[P]):
    """Opens the page as a person, and sends its forms off."""

    def __init__(self, address: str, session: aiohttp.ClientSession, me: P) -> None:
        self.address, self.session, self.me = address, session, me

    async def look(self, channel: Named, **query: str) -> LexborHTMLParser:
        url = f"{self.address}/look/{channel.id}"
        async with self.session.get(url, params={"as": self.me.id, **query}) as response:
            assert response.status == 200
            return LexborHTMLParser(await response.text())

    async def send(self, channel: Named, path: str, beside: str = "", **form: str) -> LexborHTMLParser:
        url, query = f"{self.address}/look/{channel.id}/{path}", {"as": self.me.id, "thread": beside}
        async with self.session.post(url, params=query, data=form, headers={"Origin": self.address}) as response:
            assert response.status == 200, await response.text()
            return LexborHTMLParser(await response.text())

    async def mark(self, channel: Named) -> str:
        """What changes when something does."""
        url = f"{self.address}/look/{channel.id}/mark"
        async with self.session.get(url, params={"as": self.me.id}) as response:
            return await response.text()

    async def is_for_no_other_page(self, channel: Named) -> None:
        """What another page has it send is refused, and scripts of others do not run."""
        url = f"{self.address}/look/{channel.id}"
        for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
            async with self.session.post(f"{url}/say", data={"words": "x"}, headers=headers) as response:
                assert response.status == 403
        async with self.session.get(url) as response:
            assert "script-src 'nonce-" in response.headers["Content-Security-Policy"]
            assert response.url.path == f"/look/{channel.id}"


def texts(page: LexborHTMLParser, selector: str) -> list[str]:
    """The words of every element of this kind."""
    return [" ".join(one.text().split()) for one in page.css(selector)]
