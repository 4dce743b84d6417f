"""Servers that would cost memory or time without end: each ends in words, within bounds."""

from __future__ import annotations

import asyncio
import socket
import struct
import tracemalloc
import zlib
from collections.abc import AsyncIterator

import pytest

from bridge.errors import RetryLater
from bridge.fetch import Connections, Fetch
from tests.servers.scripted import Answer, Place, answer

AGENT = "backchat-test (mail@example.org)"


async def at_once(_: float) -> None:
    """A pause that is none."""


@pytest.fixture
async def hasty(here: Place) -> AsyncIterator[Fetch]:
    """A `Fetch` that gives a whole head half a second, a whole body as much, and each wait for data less."""
    async with Fetch(AGENT, trusted=[here.address], connect=0.1, silence=0.4, patience=0.5, pause=at_once) as fetch:
        yield fetch


def bomb(encoding: str, size: int) -> bytes:
    """So many bytes of nothing, packed about a thousand to one."""
    packer = zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    block = b"\0" * 2**20
    return b"".join([*(packer.compress(block) for _ in range(size // 2**20)), packer.flush()])


async def endless_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
    while True:
        writer.write(b"<item/>" * 10_000)
        await writer.drain()


async def endless_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1\r\nx\r\n" * 10_000)
        await writer.drain()


async def endless_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 1_000)
        await writer.drain()


async def endless_status_line(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 O")
    while True:
        writer.write(b"K" * 10_000)
        await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then: often enough for whoever waits for data only."""
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)  # the server's pace, not a wait of the test


async def dripping_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    await drip(writer)


async def dripping_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    await drip(writer)


async def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off, as a crashing server does."""
    await writer.drain()
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def reset_within_the_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort")
    await reset(writer)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        pytest.param(endless_body, "longer than 2097152 bytes", id="endless body"),
        pytest.param(endless_chunks, "longer than 2097152 bytes|in time", id="endless chunks"),
        pytest.param(answer(b"", length=3_000_000), "longer than 2097152 bytes", id="a length that is too much"),
        pytest.param(endless_headers, "headers are too long", id="endless headers"),
        pytest.param(endless_status_line, "headers are too long", id="endless status line"),
        pytest.param(answer(b"", "X-Long: " + "x" * 100_000), "headers are too long", id="one huge header"),
        pytest.param(dripping_head, "did not answer in time", id="slow loris in the headers"),
        pytest.param(dripping_body, "did not answer in time", id="slow loris in the body"),
        pytest.param("hang", "did not answer in time", id="silence"),
        pytest.param(answer(b"short", length=500), "broke off", id="fewer bytes than said"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n", "broke off", id="cut between chunks"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nshort", "broke off", id="cut within a chunk"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nshort", "garbled|sound HTTP", id="no chunks"
        ),
        pytest.param(reset_within_the_body, "broke off", id="reset within the body"),
        pytest.param(answer(b"x", "Content-Encoding: br"), "not sound", id="a packing that was not offered"),
        pytest.param(answer(b"no gzip", "Content-Encoding: gzip"), "garbled", id="not what the packing says"),
        pytest.param(
            answer(bomb("gzip", 20 * 2**20)[:9000], "Content-Encoding: gzip"), "longer than", id="half a bomb"
        ),
    ],
)
async def test_what_never_ends_or_breaks_off_is_left_in_words(
    hasty: Fetch, here: Place, bad: Answer, words: str
) -> None:
    async with here.scripted(bad, answer(b"well again")) as server:
        with pytest.raises(RetryLater, match=f"127.0.0.1 cannot be read: .*({words})"):
            await hasty.read(server.address)
        assert len(server.requests) == 1
        assert (await hasty.read(server.address)).text() == "well again"


async def test_a_reset_before_the_headers_is_tried_again_then_told(hasty: Fetch, here: Place) -> None:
    async with here.scripted(reset, answer(b"well again")) as server:
        assert (await hasty.read(server.address)).text() == "well again"
    async with here.scripted(*[reset] * 10) as server:
        with pytest.raises(RetryLater, match="the connection broke"):
            await hasty.read(server.address)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_law_12_a_bomb_is_never_unpacked_beyond_the_limit(fetch: Fetch, here: Place, encoding: str) -> None:
    packed = answer(bomb(encoding, 200 * 2**20), f"Content-Encoding: {encoding}")
    async with here.scripted(packed) as server:
        tracemalloc.start()
        try:
            with pytest.raises(RetryLater, match="longer than"):
                await fetch.read(server.address, most=1_000_000)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 5_000_000


async def test_law_12_others_go_on_while_a_body_is_unpacked(fetch: Fetch, here: Place) -> None:
    """Two megabytes come in one packet of two kilobytes, and are unpacked in pieces with others' turns between."""
    turns = 0

    async def another() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(another())
    packed = answer(bomb("gzip", 2 * 2**20), "Content-Encoding: gzip")
    async with here.scripted(packed) as server:
        got = await fetch.read(server.address)
    other.cancel()
    assert len(got.body) == 2 * 2**20
    assert turns > 2 * 2**20 // 65_536


async def test_what_comes_after_an_answer_is_not_taken_for_the_next(fetch: Fetch, here: Place) -> None:
    smuggled = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + smuggled
    async with here.scripted(first, answer(b"second")) as server:
        assert (await fetch.read(server.address)).text() == "ok"
        assert (await fetch.read(server.address)).text() == "second"
        assert len(server.requests) == 2


async def test_only_packings_that_are_unpacked_in_pieces_are_offered(fetch: Fetch, here: Place) -> None:
    async with here.scripted(answer(b"")) as server:
        await fetch.read(server.address)
    assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in server.requests[0]


async def test_connections_that_are_not_open_say_so(here: Place) -> None:
    async with Fetch(AGENT, connections=Connections(), trusted=[here.address]) as fetch:
        with pytest.raises(RuntimeError, match="before they were opened"):
            await fetch.read(here.address)
    with pytest.raises(RuntimeError, match="before it was opened"):
        await fetch.read(here.address)
