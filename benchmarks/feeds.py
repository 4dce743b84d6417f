"""What one reading of a feed costs, kept durably, against a bare GET loop that throws everything away."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.feed.blog import FeedBlog
from adapters.feed.settings import WHOLE_EVERY, Settings
from benchmarks.comparison import Comparison
from benchmarks.feed_server import serving
from benchmarks.sides import Measured, Took, run
from bridge.fetch import Connections
from bridge.house import House, OpenBlog, OpenChat
from bridge.ledger import routes, runs
from bridge.ledger.sqlite import SqliteLedger
from bridge.model import BlogName, ChatName, Place, Relay, RoomId, Route, RouteName
from bridge.ports import Surroundings, Tx
from bridge.schedule import Beat
from bridge.testing.fake_chat import FakeChat
from bridge.watch import Watch

CHAT = ChatName("lounge")

FEEDS = 200
ROUNDS = 6
AT_ONCE = 32
MOST = {"304": 1.25, "200": 3.0, "new": 5.0}
_NAMES = {"304": "unchanged (304)", "200": "changed, no new comment", "new": "changed, one new comment"}


def comparisons() -> list[Comparison]:
    """A feed unchanged, changed, and with a new comment; each against a GET that is answered with 304."""
    return [
        Comparison(
            f"feed read: {name}",
            partial(run, "benchmarks.feeds", "ours", kind),
            partial(run, "benchmarks.feeds", "theirs", kind),
            most=MOST[kind],
            sound=partial(_sound, 1 if kind == "new" else 0),
        )
        for kind, name in _NAMES.items()
    ]


def _sound(new: int, took: Took) -> str:
    if took["failures"]:
        return f"{took['failures']:.0f} blogs could not be read"
    if took["comments"] != took["items"] * new:
        return f"{took['comments']:.0f} comments were recorded in {took['items']:.0f} readings"
    return ""


class Rounds:
    """A clock for readers that all wait for their next beat: it goes on once everybody has come to rest."""

    def __init__(self, readers: int) -> None:
        self._readers = readers
        self._now = 1_800_000_000.0
        self._resting = 0
        self._all_rest = asyncio.Event()
        self._go = asyncio.Event()

    def now(self) -> float:
        """Seconds since the Unix epoch, as it has it."""
        return self._now

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        """Rest until the next round."""
        self._resting += 1
        if self._resting == self._readers:
            self._all_rest.set()
        await self._go.wait()

    async def go(self) -> None:
        """Let everybody have a turn, and wait until all rest again."""
        go, self._go = self._go, asyncio.Event()
        self._resting = 0
        self._all_rest.clear()
        self._now += 70.0
        go.set()
        await self._all_rest.wait()

    async def rest(self) -> None:
        """Wait until all rest for the first time."""
        await self._all_rest.wait()


async def ours(folder: Path, kind: str, places: Sequence[str]) -> Measured:
    """Blogs as the daemon has them, each with its loop, its adapter and its rows."""
    clock = Rounds(len(places))
    async with _watching(folder, clock, [f"{place}/{kind}/feed.xml" for place in places]) as ledger:
        await clock.rest()
        for _ in range(2):  # the first reading, and the first conditional one
            await clock.go()
        before = await ledger.view(_comments)
        with Measured(FEEDS * ROUNDS) as it:
            for _ in range(ROUNDS):
                await clock.go()
        failures = await ledger.view(lambda tx: len(tx.all("SELECT blog FROM source WHERE failures > 0")))
        it.more = {"comments": await ledger.view(_comments) - before, "failures": failures}
    return it


async def theirs(places: Sequence[str]) -> Measured:
    """The same server asked in the same way, and the answer thrown away."""
    import aiohttp

    slots = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector, headers={"If-None-Match": '"one"'}) as session:

        async def get(place: str) -> None:
            async with slots, session.get(f"{place}/304/feed.xml") as answer:
                await answer.read()

        await asyncio.gather(*map(get, places))
        with Measured(FEEDS * ROUNDS) as it:
            for _ in range(ROUNDS):
                await asyncio.gather(*map(get, places))
    return it


def _comments(tx: Tx) -> int:
    row = tx.one("SELECT count(*) AS n FROM target WHERE kind = 'comment'")
    assert row is not None
    return int(row["n"])


@asynccontextmanager
async def _watching(folder: Path, clock: Rounds, addresses: Sequence[str]) -> AsyncIterator[SqliteLedger]:
    """Every feed is a blog with a route, and is watched."""
    names = [BlogName(f"blog-{number}") for number in range(len(addresses))]
    shown = tuple(Route(RouteName(name), name, (Place(CHAT, RoomId(name), {}, ()),), Relay.OFF, 0.0) for name in names)
    ledger = SqliteLedger.open(folder / "ours.db", clock.now())
    async with AsyncExitStack() as stack:
        stack.push_async_callback(ledger.close)
        connections = await stack.enter_async_context(Connections(ordinary=AT_ONCE))
        lent = Surroundings("", clock, folder, "backchat-bench", connections)
        await ledger.transact(lambda tx: list(routes.sync(tx, shown, clock.now())))
        chat = OpenChat(CHAT, FakeChat(clock))
        blogs = [_blog(name, address, lent) for name, address in zip(names, addresses, strict=True)]
        house = House(
            ledger,
            clock,
            {blog.name: blog for blog in blogs},
            {CHAT: chat},
            shown,
            await ledger.transact(runs.instance_key),
        )
        for blog in blogs:
            blog.ready = await blog.adapter.open(stack)
        tasks = [asyncio.create_task(Watch(house, blog).run()) for blog in blogs]
        yield ledger
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _blog(name: BlogName, address: str, lent: Surroundings) -> OpenBlog:
    settings = Settings(f"blogs.{name}", address, (), WHOLE_EVERY)
    return OpenBlog(name, FeedBlog(settings, lent), Beat(60.0))


def _main(side: str, kind: str) -> Measured:
    with TemporaryDirectory(prefix="backchat-bench-") as folder, serving(FEEDS) as places:
        return asyncio.run(ours(Path(folder), kind, places) if side == "ours" else theirs(places))


if __name__ == "__main__":
    _main(*sys.argv[1:]).tell()
