"""`bridge.fetch` against servers on loopback that misbehave."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.errors import MaybeDone, RetryLater, StepError
from bridge.fetch import Fetch


@pytest.fixture
async def fetch() -> AsyncIterator[Fetch]:
    async def at_once(_: float) -> None:
        pass

    async with Fetch(
        "backchat-test (mail@example.org)", connect=2.0, silence=0.3, patience=5.0, pause=at_once
    ) as fetch:
        yield fetch


class Script:
    """A server that answers each connection with the next of these bytes; None cuts, "hang" is silent."""

    def __init__(self, answers: list[bytes | str | None]) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head)
        answer = self.answers.pop(0)
        try:
            if answer == "hang":
                await reader.read()
            elif isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def scripted(*answers: bytes | str | None) -> AsyncIterator[Script]:
    script = Script(list(answers))
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield script


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


# --- Reading ----------------------------------------------------------------------------------------------------------


async def test_a_whole_answer_is_given_with_who_we_are_said(fetch: Fetch) -> None:
    body = "Grüße".encode("latin-1")
    async with scripted(answer(body, "Content-Type: text/plain; charset=iso-8859-1")) as server:
        got = await fetch.read(server.address, headers={"X-One": "1"}, params={"a": "b c"})
    assert (got.status, got.text(), got.host) == (200, "Grüße", "127.0.0.1")
    head = server.requests[0].decode()
    assert (
        head.startswith("GET /?a=b+c ")
        and "User-Agent: backchat-test (mail@example.org)" in head
        and "X-One: 1" in head
    )


async def test_a_blip_is_repeated(fetch: Fetch) -> None:
    async with scripted(None, None, answer(b'{"a": 1}')) as server:
        assert (await fetch.read(server.address)).json() == {"a": 1}
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("hang", "in time"),
        (answer(b"short", length=500), "broke off"),
        (answer(b"not gzip at all", "Content-Encoding: gzip"), "garbled"),
        (answer(b"x" * 3_000_000), "longer than"),
        (answer(b"", status="500 Oops"), "patience"),
        (b"nonsense\r\n\r\n", "connection broke"),
    ],
)
async def test_what_cannot_be_read_is_tried_again_later_and_names_the_host(
    fetch: Fetch, bad: bytes | str, words: str
) -> None:
    async with scripted(bad) as server:
        with pytest.raises(RetryLater, match=f"127.0.0.1 .*{words}"):
            await fetch.read(server.address)
    assert len(server.requests) == 1


async def test_a_bomb_is_measured_unpacked(fetch: Fetch) -> None:
    bomb = zlib.compress(b"0" * 50_000_000)
    async with scripted(answer(bomb, "Content-Encoding: deflate")) as server:
        with pytest.raises(RetryLater, match="longer than"):
            await fetch.read(server.address)


async def test_more_can_be_allowed(fetch: Fetch) -> None:
    async with scripted(answer(b"x" * 3_000_000)) as server:
        assert len((await fetch.read(server.address, most=4_000_000)).body) == 3_000_000


async def test_nobody_there_is_tried_again_later(fetch: Fetch) -> None:
    async with scripted() as server:
        pass
    with pytest.raises(RetryLater, match="refuses connections"):
        await fetch.read(server.address)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        (("Retry-After: 17",), 17.0),
        (("Retry-After: Sun, 22 Nov 2026 12:00:30 GMT", "Date: Sun, 22 Nov 2026 12:00:00 GMT"), 30.0),
        (("Retry-After: 99999999999999",), 86_400.0),
        (("Retry-After: soon",), None),
        ((), None),
    ],
)
async def test_a_server_that_asks_for_patience_says_how_much(
    fetch: Fetch, headers: tuple[str, ...], after: float | None
) -> None:
    for status in ("429 Too Many", "503 Busy"):
        async with scripted(answer(b"", *headers, status=status)) as server:
            with pytest.raises(RetryLater) as caught:
                await fetch.read(server.address)
        assert caught.value.after == after


async def test_other_statuses_are_the_callers_business(fetch: Fetch) -> None:
    async with scripted(answer(b"", status="404 Gone")) as server:
        assert (await fetch.read(server.address)).status == 404


async def test_redirects_are_followed_unless_they_go_round(fetch: Fetch) -> None:
    away = answer(b"", "Location: /there", status="302 Found")
    async with scripted(away, answer(b"there")) as server:
        assert (await fetch.read(server.address)).body == b"there"
    async with scripted(away) as server:
        assert (await fetch.read(server.address, follow=False)).status == 302
    async with scripted(*[away] * 10) as server:
        with pytest.raises(RetryLater, match="again and again"):
            await fetch.read(server.address)


async def test_json_that_is_none_is_tried_again_later(fetch: Fetch) -> None:
    async with scripted(answer(b"<html>"), answer(b"[" * 100_000)) as server:
        for _ in range(2):
            with pytest.raises(RetryLater, match="understood"):
                (await fetch.read(server.address)).json()


@pytest.mark.parametrize("address", ["http://", "nonsense", "http://[::1", "ftp://x.example/", "http://user:secret@/"])
async def test_an_address_that_is_none_is_no_crash_and_shows_no_secret(fetch: Fetch, address: str) -> None:
    with pytest.raises(RetryLater) as caught:
        await fetch.read(address)
    assert "secret" not in str(caught.value)


# --- Effects ----------------------------------------------------------------------------------------------------------


async def effect(fetch: Fetch, server: Script, method: str = "POST") -> int:
    return (await fetch.effect(method, server.address, json={"a": 1}, timeout=0.5)).status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "bad",
    [
        None,
        "hang",
        answer(b"short", length=500),
        answer(b"not gzip", "Content-Encoding: gzip"),
        answer(b"x" * 3_000_000),
        answer(b"", status="500 Oops"),
        answer(b"", status="502 Bad"),
        answer(b"", status="504 Late"),
        b"nonsense\r\n\r\n",
    ],
)
async def test_an_effect_leaves_once_and_is_unknown_when_no_good_answer_comes(
    fetch: Fetch, method: str, bad: bytes | str | None
) -> None:
    async with scripted(bad, answer(b"a second time")) as server:
        with pytest.raises(MaybeDone):
            await effect(fetch, server, method)
        assert len(server.requests) == 1


async def test_an_effect_that_never_left_is_certainly_not_done(fetch: Fetch) -> None:
    async with scripted() as server:
        pass
    with pytest.raises(RetryLater, match="cannot be reached"):
        await effect(fetch, server)
    with pytest.raises(RetryLater, match="name is not known"):
        await fetch.effect("POST", "http://nowhere.invalid/")
    with pytest.raises(RetryLater):
        await fetch.effect("POST", "http://")


@pytest.mark.parametrize("status", ["429 Too Many", "503 Busy"])
async def test_an_effect_that_was_put_off_is_certainly_not_done(fetch: Fetch, status: str) -> None:
    async with scripted(answer(b"", "Retry-After: 5", status=status)) as server:
        with pytest.raises(RetryLater) as caught:
            await effect(fetch, server)
    assert caught.value.after == 5


@pytest.mark.parametrize("status", ["201 Made", "302 Found", "403 No", "503 Busy"])
async def test_other_answers_to_an_effect_are_returned_and_no_redirect_is_followed(fetch: Fetch, status: str) -> None:
    async with scripted(answer(b"", "Location: /there", status=status)) as server:
        assert await effect(fetch, server) == int(status[:3])
    assert len(server.requests) == 1


async def test_nonsense_in_the_answer_to_an_effect_leaves_it_unknown(fetch: Fetch) -> None:
    async with scripted(answer(b"<html>", status="201 Made")) as server:
        with pytest.raises(MaybeDone):
            (await fetch.effect("POST", server.address)).json()


async def test_a_full_backlog_is_certainly_not_done(fetch: Fetch, unused_listener: str) -> None:
    with pytest.raises(StepError) as caught:
        await fetch.effect("POST", unused_listener, timeout=0.2)
    assert isinstance(caught.value, MaybeDone)  # the kernel took the connection: nobody can know


@pytest.fixture
async def unused_listener() -> AsyncIterator[str]:
    """A socket that listens, and whose program never accepts."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_cookies_of_one_answer_are_not_sent_with_the_next(fetch: Fetch) -> None:
    async with scripted(answer(b"", "Set-Cookie: a=b"), answer(b"")) as server:
        for _ in range(2):
            await fetch.read(server.address)
    assert b"Cookie" not in server.requests[1]
