"""The three loops on a ledger, with a fake blog, fake chats and a driven clock: for tests of whole stories."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeVar

from bridge import drift
from bridge.config import Rename
from bridge.deliver import Deliver
from bridge.house import House, OpenBlog, OpenChat, tell
from bridge.ledger import runs, threads
from bridge.ledger.sqlite import SqliteLedger
from bridge.listen import Inbox, Listen
from bridge.model import AccountName, BlogName, ChatName, PersonId, Place, Relay, RoomId, Route, RouteName
from bridge.ports import Tx
from bridge.schedule import Beat
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.watch import Watch

T = TypeVar("T")


def place(chat: str = "lounge", room: str = "garden", **speakers: str) -> Place:
    """A room with its speakers, person's id to account; by default `ada` speaks for the account `ada`."""
    listed = {person: AccountName(account) for person, account in (speakers or {"ada": "ada"}).items()}
    return Place(ChatName(chat), RoomId(room), listed, tuple(PersonId(person) for person in listed))


def desk(chat: str = "lounge", room: str = "backroom", **moderators: str) -> Place:
    """A moderation room with its moderators, person's id to account; by default `mod` decides for the account `ada`."""
    listed = {person: AccountName(account) for person, account in (moderators or {"mod": "ada"}).items()}
    return Place(ChatName(chat), RoomId(room), listed, (), listed, desk=True)


def route(
    *places: Place, relay: Relay = Relay.AUTHORS, hold: float = 10.0, join: bool = True, desks: Sequence[Place] = ()
) -> Route:
    """The route of the blog `garden` to these places."""
    return Route(RouteName("garden"), BlogName("garden"), places or (place(),), relay, hold, join, desks=tuple(desks))


class Stage:
    """A house with a fake blog `garden` and fake chats, whose time the test drives.

    `routes`, `blog`, `chats`, `name`, `scheme` and `renames` may be changed between a stop and the next start, as a
    person changes a configuration; `remarks` is what that start said about it.
    """

    def __init__(
        self, *, blog: FakeBlog | None = None, chats: dict[str, FakeChat] | None = None,
        routes: Sequence[Route] | None = None, ledger: Path | str = ":memory:", first_run: int = 0,
        clock: DrivenClock | None = None, beat: Beat | None = None,
    ) -> None:  # fmt: skip
        self.clock = clock or DrivenClock()
        self.blog = blog or FakeBlog(self.clock)
        self.chats = chats or {"lounge": FakeChat(self.clock)}
        self.routes = tuple(routes or (route(),))
        self.name = BlogName("garden")
        self.scheme = "fake"
        self.renames: Sequence[Rename] = ()
        self.remarks: list[str] = []
        self._path = ledger
        self._first_run = first_run
        self._beat = beat or Beat(5.0)
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self.ledger: SqliteLedger
        self.house: House
        self.deliver: Deliver

    @property
    def chat(self) -> FakeChat:
        """The first chat."""
        return next(iter(self.chats.values()))

    async def __aenter__(self) -> Stage:
        """Raise the curtain."""
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        """Let it fall."""
        await self.stop()

    async def start(self, *, blog_is_there: bool = True, chats_are_there: bool = True) -> None:
        """Open the ledger and start every loop; the blog and the chats may be reached only later."""
        self.ledger = SqliteLedger.open(self._path, self.clock.now())
        await self.ledger.transact(self._sync)
        secret = await self.ledger.transact(runs.instance_key)
        blog = OpenBlog(self.name, self.blog, self._beat, self._first_run)
        if blog_is_there:
            blog.ready = await self.blog.open(self._stack)
        chats = {ChatName(name): OpenChat(ChatName(name), chat) for name, chat in self.chats.items()}
        closed = await self.ledger.view(threads.desks)
        for open_ in chats.values():
            tell(open_.name, open_.adapter, self.routes, closed)
            open_.ready = await open_.adapter.open(self._stack) if chats_are_there else None
        self.house = House(self.ledger, self.clock, {blog.name: blog}, chats, self.routes, secret)
        self.deliver = Deliver(self.house, grace=0.05)
        await Inbox(self.house).granted()
        loops = [Watch(self.house, blog).run(), Inbox(self.house).run(), self.deliver.run()]
        loops += [Listen(self.house, open_).run() for open_ in chats.values()]
        self._tasks = [asyncio.create_task(loop) for loop in loops]
        await self.settle()

    async def blog_comes(self) -> None:
        """The blog can be reached now."""
        for blog in self.house.blogs.values():
            blog.ready = await self.blog.open(self._stack)

    async def chats_come(self) -> None:
        """The chats can be reached now."""
        for chat in self.house.chats.values():
            chat.ready = await chat.adapter.open(self._stack)

    def _sync(self, tx: Tx) -> None:
        adapters: dict[str, str] = {self.name: self.scheme}
        self.remarks = drift.follow(tx, self.routes, adapters, self.renames, self.clock.now())

    async def stop(self) -> None:
        """End every loop as the daemon does, and close the ledger."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.ledger.close()

    async def crash(self) -> None:
        """End everything at once, as `kill -9` does: nothing in flight is settled."""
        self.deliver.grace = 0.0
        await self.stop()

    async def until(self, condition: Callable[[], bool], what: str, within: float = 120.0) -> None:
        """Drive time on until `condition` holds; fails, saying `what` it waited for, after `within` seconds of it."""
        passed = 0.0
        await self.settle()
        while not condition():
            assert passed < within, f"waited {within} s (of driven time) for: {what}"
            self.clock.advance(0.5)
            passed += 0.5
            await self.settle()

    async def pass_time(self, seconds: float) -> None:
        """Drive time on, half a second at a time."""
        for _ in range(int(seconds * 2)):
            self.clock.advance(0.5)
            await self.settle()

    async def settle(self) -> None:
        """Let everything that can happen now happen."""
        for _ in range(6):
            await self.ledger.transact(lambda _: None)
            for _ in range(4):
                await asyncio.sleep(0)
        for task in self._tasks:
            assert not task.done(), f"a loop ended: {task}"

    async def ask(self, work: Callable[[Tx], T]) -> T:
        """Ask the ledger something."""
        return await self.ledger.transact(work)
