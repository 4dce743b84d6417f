"""Who may read now. Everything here waits for conditions: a server says when it was asked, and how it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bridge.errors import RetryLater
from bridge.fetch import Connections, Fetch
from tests.servers.scripted import Answer, Place, Script, answer

AGENT = "backchat-test (mail@example.org)"
NEVER = 3600.0
"""Seconds after which a reading is late, where it must not become late."""


@pytest.fixture
def places() -> Iterator[Callable[[], Place]]:
    made: list[Place] = []

    def place() -> Place:
        made.append(Place(f"127.0.1.{len(made) + 1}"))
        return made[-1]

    yield place
    for one in made:
        one.close()


class Town:
    """Servers at places of their own, and one `Fetch` that reads them all."""

    def __init__(self, places: Callable[[], Place], stack: AsyncExitStack, connections: Connections) -> None:
        self._places = places
        self._stack = stack
        self.connections = connections
        self.tasks: list[asyncio.Task[str]] = []

    async def server(self, *answers: Answer) -> Script:
        return await self._stack.enter_async_context(self._places().scripted(*answers))

    async def read(self, server: Script) -> str:
        async with Fetch(AGENT, connections=self.connections, trusted=[server.address]) as fetch:
            return (await fetch.read(server.address)).text()

    def reading(self, server: Script) -> asyncio.Task[str]:
        """Begin to read; ended at the end of the test, if it has not by then."""
        self.tasks.append(asyncio.create_task(self.read(server)))
        return self.tasks[-1]

    async def fails(self, server: Script) -> None:
        with pytest.raises(RetryLater):
            await self.read(server)


@asynccontextmanager
async def opened(
    places: Callable[[], Place], *, ordinary: int, slow: int, late: float, each: int = 1
) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        connections = Connections(ordinary=ordinary, slow=slow, late=late, each=each)
        town = Town(places, stack, await stack.enter_async_context(connections))
        yield town
        for task in town.tasks:
            task.cancel()
        await asyncio.gather(*town.tasks, return_exceptions=True)


OK = answer(b"ok")
BROKEN = answer(b"short", length=500)


async def test_a_host_that_hangs_holds_nobody_up(places: Callable[[], Place]) -> None:
    """One slot, one in thirty hangs: the others are read while it still does."""
    async with opened(places, ordinary=1, slow=1, late=0.01) as town:
        hanging = await town.server("hang")
        well = [await town.server(OK) for _ in range(29)]
        stuck = town.reading(hanging)
        await hanging.has_requests(1)
        assert await asyncio.gather(*(town.read(server) for server in well)) == ["ok"] * 29
        assert not stuck.done()


async def test_a_host_that_hung_or_failed_begins_among_the_slow(places: Callable[[], Place]) -> None:
    async with opened(places, ordinary=1, slow=1, late=NEVER) as town:
        failing, well = await town.server(BROKEN, "hang"), await town.server(OK)
        await town.fails(failing)
        stuck = town.reading(failing)
        await failing.has_requests(2)
        assert await town.read(well) == "ok"
        assert not stuck.done()


async def test_a_host_that_is_well_again_leaves_the_slow(places: Callable[[], Place]) -> None:
    async with opened(places, ordinary=1, slow=1, late=NEVER) as town:
        mended, failing = await town.server(BROKEN, OK, OK), await town.server(BROKEN, "hang")
        await town.fails(mended)
        assert await town.read(mended) == "ok"
        await town.fails(failing)
        _ = town.reading(failing)
        await failing.has_requests(2)  # it holds the only slow slot
        assert await town.read(mended) == "ok"


async def test_the_slow_are_bounded_too(places: Callable[[], Place]) -> None:
    async with opened(places, ordinary=2, slow=1, late=NEVER) as town:
        first, second = await town.server(BROKEN, "hang"), await town.server(BROKEN, OK)
        well = await town.server(OK)
        await town.fails(first)
        await town.fails(second)
        stuck = town.reading(first)
        await first.has_requests(2)
        waiting = town.reading(second)
        assert await town.read(well) == "ok"
        assert len(second.requests) == 1
        stuck.cancel()
        assert await waiting == "ok"


async def test_a_late_reading_keeps_its_slot_while_the_slow_have_none(places: Callable[[], Place]) -> None:
    async with opened(places, ordinary=1, slow=1, late=0.01) as town:
        first, second, well = await town.server("hang"), await town.server("hang"), await town.server(OK)
        stuck = [town.reading(first)]
        await first.has_requests(1)
        stuck.append(town.reading(second))  # it gets its slot only because the first gives its own back
        await second.has_requests(1)
        waiting = town.reading(well)
        stuck[0].cancel()
        assert await waiting == "ok"  # and this one, because the second could then move


@pytest.mark.parametrize("each", [1, 2])
async def test_no_more_readings_of_one_host_than_it_is_asked_for_overlap(
    places: Callable[[], Place], each: int
) -> None:
    async with opened(places, ordinary=9, slow=1, late=NEVER, each=each) as town:
        release = asyncio.Event()

        async def when_told(writer: asyncio.StreamWriter) -> None:
            await release.wait()
            writer.write(OK)

        server = await town.server(*[when_told] * 6)
        reading = [town.reading(server) for _ in range(6)]
        await server.has_requests(each)
        release.set()
        assert await asyncio.gather(*reading) == ["ok"] * 6
        assert server.most_busy == each


async def test_a_reading_that_is_given_up_leaves_its_slot(places: Callable[[], Place]) -> None:
    async with opened(places, ordinary=1, slow=1, late=NEVER) as town:
        hanging, well = await town.server("hang", OK), await town.server(OK)
        holding, waiting = town.reading(hanging), town.reading(well)
        await hanging.has_requests(1)
        queued = town.reading(hanging)
        for task in (waiting, queued, holding):
            task.cancel()
        await asyncio.gather(waiting, queued, holding, return_exceptions=True)
        assert await town.read(well) == "ok"
        assert await town.read(hanging) == "ok"


async def test_an_effect_waits_for_no_reading(places: Callable[[], Place]) -> None:
    async with opened(places, ordinary=1, slow=1, late=NEVER) as town:
        server = await town.server("hang", answer(b"", status="201 Made"))
        _ = town.reading(server)
        await server.has_requests(1)
        async with Fetch(AGENT, connections=town.connections, trusted=[server.address]) as fetch:
            assert (await fetch.effect("POST", server.address)).status == 201


async def test_each_step_of_a_redirect_waits_for_its_own_host(places: Callable[[], Place]) -> None:
    """Two hosts that lead to each other cannot lock each other out."""
    async with opened(places, ordinary=2, slow=1, late=NEVER) as town:
        one, two = await town.server(), await town.server()
        for server, other in ((one, two), (two, one)):
            server.answers[:] = [answer(b"", f"Location: {other.address}/there", status="302 Found"), OK]
        async with Fetch(AGENT, connections=town.connections, trusted=[one.address, two.address]) as fetch:
            got = await asyncio.gather(fetch.read(one.address), fetch.read(two.address))
        assert [reading.text() for reading in got] == ["ok", "ok"]
