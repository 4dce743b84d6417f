"""One request and its whole answer, within limits of size and time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

MOST = 2 * 2**20
"""Bytes of a body that are read, after decompression, unless the caller allows more."""
_CHUNK = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for everything up to the end of the headers, for each wait for data after it, and for the whole body."""

    head: float
    silence: float
    body: float


async def exchange(
    session: aiohttp.ClientSession, method: str, url: URL, call: dict[str, Any], most: int, limits: Limits | None = None
) -> Answer:
    """Send a request and take at most `most` bytes of the answer, after decompression.

    The body is unpacked in small pieces (aiohttp stops at 64 KB and waits until they are taken), so a bomb never
    grows. Raises `ValueError` for what is too long, aiohttp's errors and `TimeoutError`.
    """
    async with (
        asyncio.timeout(None if limits is None else limits.head) as limit,
        session.request(method, url, allow_redirects=False, **call) as answer,
    ):
        if answer.content.at_eof():
            return Answer(answer.status, answer.headers, b"")
        patience = None if limits is None else _Patience(limit, limits)
        return Answer(answer.status, answer.headers, await _body(answer, most, patience))


class _Patience:
    """The time that is left for a body."""

    def __init__(self, limit: asyncio.Timeout, limits: Limits) -> None:
        self._limit = limit
        self._silence = limits.silence
        self._now = asyncio.get_running_loop().time
        self._end = self._now() + limits.body

    def wait(self) -> None:
        """The next data must come soon, and not after the end."""
        self._limit.reschedule(min(self._now() + self._silence, self._end))


async def _body(answer: aiohttp.ClientResponse, most: int, patience: _Patience | None) -> bytes:
    if answer.content_length is not None and answer.content_length > most and "Content-Encoding" not in answer.headers:
        raise ValueError(f"the answer is longer than {most} bytes")
    body = bytearray()
    while True:
        if patience is not None:
            patience.wait()
        chunk = await answer.content.read(_CHUNK)
        if not chunk:
            return bytes(body)
        body += chunk
        if len(body) > most:
            raise ValueError(f"the answer is longer than {most} bytes")
        if len(body) > _CHUNK:
            await asyncio.sleep(0)  # what is there already is unpacked without a pause: others get their turn (law 12)
