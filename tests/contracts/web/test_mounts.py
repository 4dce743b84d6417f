"""What adapters serve below `/in/`: found by group and name, bounded, and silent about what is not there."""

from __future__ import annotations

import asyncio
import gzip
import io
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from bridge import mounts as module
from bridge.mounts import AT_A_TIME, MOST, Mounts
from tests.servers.mounted import mounted


@pytest.fixture
async def served() -> AsyncIterator[tuple[Mounts, str]]:
    async with mounted() as found:
        yield found


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as one:
        yield one


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read(), headers={"X-Method": request.method})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
async def test_a_handler_gets_every_method_and_the_body_as_it_came(
    served: tuple[Mounts, str], session: aiohttp.ClientSession, method: str
) -> None:
    mounts, address = served
    mount = mounts.at("chats", "work")
    assert mount.address == f"{address}/in/chats/work"
    mount.serve("events/one", echo)
    body = b'{ "a":1,\r\n "b" : "\xff" }'
    async with session.request(method, f"{mount.address}/events/one?x=1", data=body) as answer:
        assert (answer.status, await answer.read(), answer.headers["X-Method"]) == (200, body, method)


async def test_what_is_not_there_says_no_more_than_that(
    served: tuple[Mounts, str], session: aiohttp.ClientSession
) -> None:
    mounts, address = served
    end = mounts.at("blogs", "garden").serve("hook", echo)
    said = set()
    for path in (
        "blogs/garden", "blogs/garden/", "blogs/garden/hook/", "blogs/garden/hook/x", "blogs/garden//hook",
        "blogs/meadow/hook", "chats/garden/hook", "blogs/garden/Hook", "", "blogs", "blogs/garden/%68ook/..",
    ):  # fmt: skip
        async with session.get(f"{address}/in/{path}") as answer:
            said.add((answer.status, await answer.text(), answer.headers["Content-Type"]))
    assert said == {(404, "404: Not Found", "text/plain; charset=utf-8")}
    end()
    end()
    async with session.post(f"{address}/in/blogs/garden/hook") as answer:
        assert (answer.status, await answer.text(), answer.headers["Content-Type"]) in said


async def test_law_10_a_fault_in_a_handler_is_that_request_s_alone_and_its_path_is_not_logged(
    served: tuple[Mounts, str], session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    mounts, address = served

    async def fails(request: web.Request) -> web.Response:
        raise KeyError("what is it")

    async def refuses(request: web.Request) -> web.Response:
        raise web.HTTPGone(text="gone")

    mount = mounts.at("blogs", "garden")
    mount.serve("secret-path", fails)
    mount.serve("gone", refuses)
    async with session.post(f"{address}/in/blogs/garden/secret-path", data=b"x") as answer:
        assert answer.status == 500 and "what is it" not in await answer.text()
    async with session.post(f"{address}/in/blogs/garden/gone", data=b"x") as answer:
        assert (answer.status, await answer.text()) == (410, "gone")
    (record,) = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert record.getMessage() == "blogs.garden could not answer a call through a fault of ours"
    assert record.exc_info is not None and "secret-path" not in record.getMessage()


async def test_a_body_that_is_too_long_is_refused_before_the_handler_sees_any(
    served: tuple[Mounts, str], session: aiohttp.ClientSession
) -> None:
    mounts, address = served
    seen: list[int] = []

    async def counts(request: web.Request) -> web.Response:
        seen.append(len(await request.read()))
        return web.Response()

    mounts.at("blogs", "garden").serve("hook", counts)

    async def status(body: object, **headers: str) -> int:
        async with session.post(f"{address}/in/blogs/garden/hook", data=body, headers=headers) as answer:
            return answer.status

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield bytes(MOST // 2)

    assert await status(io.BytesIO(bytes(MOST + 1))) == 413
    assert await status(drip()) == 413
    assert await status(gzip.compress(bytes(20 * MOST)), **{"Content-Encoding": "gzip"}) == 413
    assert await status(io.BytesIO(bytes(MOST))) == 200
    assert seen == [MOST]


async def test_a_body_that_is_garbled_or_breaks_off_is_the_callers_doing_and_no_line_in_the_log(
    served: tuple[Mounts, str],
    session: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(module, "AT_A_TIME", 1)
    mounts, address = served
    mounts.at("blogs", "garden").serve("hook", echo)

    async def status(body: bytes, **headers: str) -> int:
        async with session.post(f"{address}/in/blogs/garden/hook", data=body, headers=headers) as answer:
            return answer.status

    for encoding in ("gzip", "deflate"):
        assert await status(b"garbage", **{"Content-Encoding": encoding}) == 400
    caplog.clear()
    _, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(b"POST /in/blogs/garden/hook HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
    async with asyncio.timeout(5):
        while await status(b"another") == 200:
            """The first call has not arrived yet."""
        writer.close()
        while await status(b"another") == 503:
            """The first call is waited for."""
    assert caplog.messages == []


async def test_a_body_that_does_not_come_and_a_handler_that_does_not_end_are_given_up(
    served: tuple[Mounts, str], session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READING", 0.05)
    monkeypatch.setattr(module, "ANSWERING", 0.05)
    mounts, address = served
    ended = asyncio.Event()

    async def hangs(request: web.Request) -> web.Response:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    mounts.at("blogs", "garden").serve("hook", hangs)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(b"POST /in/blogs/garden/hook HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
    assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()
    await writer.wait_closed()
    assert not ended.is_set()
    async with session.post(f"{address}/in/blogs/garden/hook", data=b"x") as answer:
        assert answer.status == 500
    assert ended.is_set()


async def test_only_so_many_of_one_adapter_are_worked_on_at_a_time(
    served: tuple[Mounts, str], session: aiohttp.ClientSession
) -> None:
    mounts, address = served
    busy, go_on = asyncio.Semaphore(0), asyncio.Event()

    async def waits(request: web.Request) -> web.Response:
        busy.release()
        await go_on.wait()
        return web.Response()

    mounts.at("blogs", "garden").serve("hook", waits)
    mounts.at("blogs", "meadow").serve("hook", echo)

    async def call(name: str = "garden") -> int:
        async with session.post(f"{address}/in/blogs/{name}/hook") as answer:
            return answer.status

    calls = [asyncio.create_task(call()) for _ in range(AT_A_TIME)]
    for _ in calls:
        await busy.acquire()
    assert await call() == 503
    assert await call("meadow") == 200
    go_on.set()
    assert await asyncio.gather(*calls) == [200] * AT_A_TIME
    assert await call() == 200


@pytest.mark.parametrize("path", ["", "/hook", "hook/", "/"])
def test_a_path_that_nobody_could_call_is_a_fault(path: str) -> None:
    with pytest.raises(ValueError, match="slash"):
        Mounts().at("blogs", "garden").serve(path, echo)


def test_a_path_is_one_handler_s_and_ending_an_old_one_ends_no_new_one() -> None:
    mount = Mounts("https://hooks.example").at("blogs", "garden")
    assert mount.address == "https://hooks.example/in/blogs/garden"
    end = mount.serve("hook", echo)
    with pytest.raises(ValueError, match=r"blogs\.garden already"):
        mount.serve("hook", echo)
    Mounts().at("blogs", "meadow").serve("hook", echo)
    end()

    async def other(request: web.Request) -> web.Response:
        return web.Response()

    mount.serve("hook", other)
    end()
    with pytest.raises(ValueError, match="already"):
        mount.serve("hook", echo)
