"""Effects on a server that answers well, badly or not at all."""

from __future__ import annotations

import socket

import pytest

from bridge.errors import MaybeDone, RetryLater
from bridge.fetch import Fetch
from tests.servers.scripted import Place, Script, answer


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
    fetch: Fetch, here: Place, method: str, bad: bytes | str | None
) -> None:
    async with here.scripted(bad, answer(b"a second time")) as server:
        with pytest.raises(MaybeDone):
            await effect(fetch, server, method)
        assert len(server.requests) == 1


async def test_an_effect_that_never_left_is_certainly_not_done(fetch: Fetch, here: Place) -> None:
    async with here.scripted() as server:
        pass
    with pytest.raises(RetryLater, match="cannot be reached"):
        await effect(fetch, server)
    with pytest.raises(RetryLater, match="name is not known"):
        await fetch.effect("POST", "http://nowhere.invalid/")
    with pytest.raises(RetryLater):
        await fetch.effect("POST", "http://")


@pytest.mark.parametrize("status", ["429 Too Many", "503 Busy"])
async def test_an_effect_that_was_put_off_is_certainly_not_done(fetch: Fetch, here: Place, status: str) -> None:
    async with here.scripted(answer(b"", "Retry-After: 5", status=status)) as server:
        with pytest.raises(RetryLater) as caught:
            await effect(fetch, server)
    assert caught.value.after == 5


@pytest.mark.parametrize("status", ["201 Made", "302 Found", "403 No", "503 Busy"])
async def test_other_answers_to_an_effect_are_returned_and_no_redirect_is_followed(
    fetch: Fetch, here: Place, status: str
) -> None:
    async with here.scripted(answer(b"", "Location: /there", status=status)) as server:
        assert await effect(fetch, server) == int(status[:3])
    assert len(server.requests) == 1


async def test_nonsense_in_the_answer_to_an_effect_leaves_it_unknown(fetch: Fetch, here: Place) -> None:
    async with here.scripted(answer(b"<html>", status="201 Made")) as server:
        with pytest.raises(MaybeDone):
            (await fetch.effect("POST", server.address)).json()


async def test_a_server_that_never_accepts_leaves_an_effect_unknown() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with Fetch("backchat-test", trusted=[address]) as patient:
            with pytest.raises(MaybeDone):  # the kernel took the connection: nobody can know
                await patient.effect("POST", address, timeout=0.2)
