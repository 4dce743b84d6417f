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


async def exchange(  # the limits differ by phase, which one time-out cannot say
    session: aiohttp.ClientSession,
    method: str,
    url: URL,
    call: dict[str, Any],
    *,
    most: int,
    head_within: float | None = None,
    body_within: float | None = None,
) -> Answer:
    """Send a request and take at most `most` bytes of the answer, after decompression.

    `head_within` bounds, in seconds, everything up to the end of the headers, `body_within` everything after it. The
    body is unpacked in small pieces (aiohttp stops at 64 KB and waits until they are taken), so a bomb never grows.
    Raises `ValueError` for what is too long, aiohttp's errors and `TimeoutError`.
    """
    async with asyncio.timeout(head_within) as limit:
        async with session.request(method, url, allow_redirects=False, **call) as answer:
            limit.reschedule(None if body_within is None else asyncio.get_running_loop().time() + body_within)
            return Answer(answer.status, answer.headers, await _body(answer, most))


async def _body(answer: aiohttp.ClientResponse, most: int) -> bytes:
    if answer.content_length is not None and answer.content_length > most and "Content-Encoding" not in answer.headers:
        raise ValueError(f"the answer is longer than {most} bytes")
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > most:
            raise ValueError(f"the answer is longer than {most} bytes")
        if len(body) > _CHUNK:
            await asyncio.sleep(0)  # what is there already is unpacked without a pause: others get their turn (law 12)
    return bytes(body)
