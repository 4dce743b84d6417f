"""Reading from a server that answers well, badly or not at all."""

from __future__ import annotations

import zlib

import pytest

from bridge.errors import RetryLater
from bridge.fetch import Fetch
from tests.servers.scripted import Place, answer


async def test_a_whole_answer_is_given_with_who_we_are_said(fetch: Fetch, here: Place) -> None:
    body = "Grüße".encode("latin-1")
    async with here.scripted(answer(body, "Content-Type: text/plain; charset=iso-8859-1")) as server:
        got = await fetch.read(server.address, headers={"X-One": "1"}, params={"a": "b c"})
    assert (got.status, got.text(), got.host) == (200, "Grüße", "127.0.0.1")
    head = server.requests[0].decode()
    assert (
        head.startswith("GET /?a=b+c ")
        and "User-Agent: backchat-test (mail@example.org)" in head
        and "X-One: 1" in head
    )


async def test_a_blip_is_repeated(fetch: Fetch, here: Place) -> None:
    async with here.scripted(None, None, answer(b'{"a": 1}')) as server:
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
        (b"nonsense\r\n\r\n", "not sound HTTP"),
    ],
)
async def test_what_cannot_be_read_is_tried_again_later_and_names_the_host(
    fetch: Fetch, here: Place, bad: bytes | str, words: str
) -> None:
    async with here.scripted(bad) as server:
        with pytest.raises(RetryLater, match=f"127.0.0.1 .*{words}"):
            await fetch.read(server.address)
    assert len(server.requests) == 1


async def test_a_bomb_is_measured_unpacked(fetch: Fetch, here: Place) -> None:
    bomb = zlib.compress(b"0" * 50_000_000)
    async with here.scripted(answer(bomb, "Content-Encoding: deflate")) as server:
        with pytest.raises(RetryLater, match="longer than"):
            await fetch.read(server.address)


async def test_more_can_be_allowed(fetch: Fetch, here: Place) -> None:
    async with here.scripted(answer(b"x" * 3_000_000)) as server:
        assert len((await fetch.read(server.address, most=4_000_000)).body) == 3_000_000


async def test_nobody_there_is_tried_again_later(fetch: Fetch, here: Place) -> None:
    async with here.scripted() as server:
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
    fetch: Fetch, here: Place, headers: tuple[str, ...], after: float | None
) -> None:
    for status in ("429 Too Many", "503 Busy"):
        async with here.scripted(answer(b"", *headers, status=status)) as server:
            with pytest.raises(RetryLater) as caught:
                await fetch.read(server.address)
        assert caught.value.after == after


async def test_other_statuses_are_the_callers_business(fetch: Fetch, here: Place) -> None:
    async with here.scripted(answer(b"", status="404 Gone")) as server:
        assert (await fetch.read(server.address)).status == 404


async def test_redirects_are_followed_unless_they_go_round(fetch: Fetch, here: Place) -> None:
    away = answer(b"", "Location: /there", status="302 Found")
    async with here.scripted(away, answer(b"there")) as server:
        assert (await fetch.read(server.address)).body == b"there"
    async with here.scripted(away) as server:
        assert (await fetch.read(server.address, follow=False)).status == 302
    async with here.scripted(*[away] * 10) as server:
        with pytest.raises(RetryLater, match="again and again"):
            await fetch.read(server.address)


async def test_json_that_is_none_is_tried_again_later(fetch: Fetch, here: Place) -> None:
    async with here.scripted(answer(b"<html>"), answer(b"[" * 100_000)) as server:
        for _ in range(2):
            with pytest.raises(RetryLater, match="understood"):
                (await fetch.read(server.address)).json()


@pytest.mark.parametrize("address", ["http://", "nonsense", "http://[::1", "ftp://x.example/", "http://user:secret@/"])
async def test_an_address_that_is_none_is_no_crash_and_shows_no_secret(fetch: Fetch, here: Place, address: str) -> None:
    with pytest.raises(RetryLater) as caught:
        await fetch.read(address)
    assert "secret" not in str(caught.value)


async def test_cookies_of_one_answer_are_not_sent_with_the_next(fetch: Fetch, here: Place) -> None:
    async with here.scripted(answer(b"", "Set-Cookie: a=b"), answer(b"")) as server:
        for _ in range(2):
            await fetch.read(server.address)
    assert b"Cookie" not in server.requests[1]
