"""A room of one's own: the adapter on a new file, its pages on loopback, and people who are signed in."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from adapters.web_room import people, rows
from adapters.web_room.chat import Settings, WebRoom
from adapters.web_room.database import RoomFile
from adapters.web_room.server import serving
from bridge.model import (
    Card,
    Choice,
    CommentCard,
    Desk,
    Event,
    Key,
    MessageId,
    ModerationCard,
    Post,
    PostCard,
    PostId,
    RawEvent,
    RoomId,
    ThreadId,
)
from bridge.ports import Office, Surroundings
from bridge.text.tree import Text, paragraph

POST = PostCard(Post(PostId("/soup"), "https://blog.example/soup", "On soup", "Ana", 1_700_000_000.0, "It is <hot>."))
_keys = itertools.count()


def new_key() -> Key:
    return Key(f"key{next(_keys):021d}")


def comment(name: str = "Mara", text: Text | str = "Is it hot?", **fields: Any) -> CommentCard:
    text = paragraph(text) if isinstance(text, str) else text
    return CommentCard(name, text, "https://blog.example/soup#c1", 1_700_000_100.0, **fields)


WAITING = (Choice.APPROVE, Choice.SPAM, Choice.TRASH)


def waiting(name: str = "Kim", text: str = "May I?", mark: str = "first", **fields: Any) -> ModerationCard:
    """A comment that waits for a moderator, who can do everything about it."""
    fields = {"choices": WAITING, **fields}
    return ModerationCard(name, paragraph(text), "https://blog.example/soup#c2", 1_700_000_200.0, mark=mark, **fields)


class WallClock:
    def now(self) -> float:
        return time.time()

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        raise AssertionError("the room waits for changes, not for time")


async def until(condition: Callable[[], Awaitable[Any]], what: str, seconds: float = 20.0) -> Any:
    """Wait until a condition holds; gives what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := await condition():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"never came: {what}")


@dataclass
class Ear:
    """The core's side of `listen`."""

    room: WebRoom
    events: list[RawEvent] = field(default_factory=list)
    calls: list[tuple[int, str | None, bool]] = field(default_factory=list)
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def record(
        self, events: Any, watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        self.events += events
        self.calls.append((len(events), watermark, caught_up))
        self.heard.set()

    def start(self, since: str | None = None) -> None:
        self.task = asyncio.create_task(self.room.listen(since, self.record))

    async def stop(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.heard.clear()
                assert self.task is not None and not self.task.done(), self.task
                await self.heard.wait()

    async def caught_up(self) -> None:
        await self.until(lambda: bool(self.calls) and self.calls[-1][2], "caught up")

    @property
    def watermark(self) -> str | None:
        return next((mark for _, mark, _ in reversed(self.calls) if mark is not None), None)

    def meant(self) -> list[Event | None]:
        return [self.room.interpret(raw) for raw in self.events]


class Guest:
    """A person's browser, as far as HTTP goes."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.token = ""

    async def enter(self, secret: str) -> None:
        async with self.http.post(f"{self.address}/in/{secret}", headers={"Origin": self.address}) as answer:
            assert answer.status == 200, await answer.text()
        self.token = (await self.get("/api/me"))["token"]

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": self.address, "X-Room-Token": self.token}

    async def get(self, path: str, status: int = 200) -> Any:
        async with self.http.get(self.address + path) as answer:
            assert answer.status == status, await answer.text()
            return await (answer.json() if answer.content_type == "application/json" else answer.text())

    async def ask(self, method: str, path: str, fields: Any = None, status: int = 200, **kw: Any) -> Any:
        kw.setdefault("headers", self.headers)
        if fields is not None:
            kw["json"] = fields
        async with self.http.request(method, self.address + path, **kw) as answer:
            assert answer.status == status, (answer.status, await answer.text())
            return await answer.json()

    async def send(self, thread: int, text: str, client: str = "", status: int = 201, **fields: Any) -> Any:
        fields |= {"client": client or new_key(), "text": text}
        return await self.ask("POST", f"/api/threads/{thread}/messages", fields, status)

    async def messages(self, thread: int) -> list[dict[str, Any]]:
        found = await self.get(f"/api/threads/{thread}/messages")
        return list(found["messages"])


class Stream:
    """A live stream, read event by event."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer
        self.known = ""

    async def next(self, *names: str) -> tuple[str, Any]:
        """Give the next event with one of these names (any, if none are given)."""
        async with asyncio.timeout(20):
            while True:
                name, data = await self._event()
                if not names or name in names:
                    return name, data

    async def _event(self) -> tuple[str, Any]:
        fields: dict[str, str] = {}
        while True:
            line = (await self.answer.content.readline()).decode()
            if not line:
                return "closed", None
            if line == "\n":
                if "event" in fields:
                    self.known = fields.get("id", self.known)
                    return fields["event"], json.loads(fields["data"])
                fields = {}
            else:
                name, _, value = line.rstrip("\n").partition(": ")
                fields[name] = value


@dataclass
class House:
    """The adapter, its file, its pages, and one thread in it."""

    path: Path
    room: WebRoom
    file: RoomFile
    address: str
    thread: ThreadId
    stack: AsyncExitStack

    @property
    def number(self) -> int:
        return self.inside(self.thread)

    def inside(self, identity: str) -> int:
        number = rows.inside(self.file.instance, identity)
        assert number is not None
        return number

    def outside(self, number: int) -> MessageId:
        return MessageId(rows.outside(self.file.instance, number))

    async def say(self, card: CommentCard | None = None, key: Key | None = None) -> MessageId:
        part = self.room.render(card or comment())[0]
        return await self.room.say(self.thread, part, key or new_key())

    async def begin(self, room: str, title: str = "On salt") -> ThreadId:
        """Begin a thread about another post."""
        card = PostCard(Post(PostId(f"/{title}"), "https://blog.example/salt", title))
        return await self.room.start_thread(RoomId(room), card, new_key())

    async def say_in(self, thread: ThreadId, card: Card) -> MessageId:
        return await self.room.say(thread, self.room.render(card)[0], new_key())

    async def desks(self, **rooms: Desk) -> None:
        """Do what the daemon does when it starts with these moderators."""
        room = new_room(self.path)
        room.desks({RoomId(name): desk for name, desk in rooms.items()})
        async with AsyncExitStack() as stack:
            await room.open(stack)

    async def secret(self, name: str, role: str = "author", operator: bool | None = None) -> str:
        invite = partial(people.invite, name=name, role=role, at=time.time(), operator=operator)
        _, secret = await self.file.write(invite)
        return secret

    async def guest(self, name: str, role: str = "author", operator: bool | None = None) -> Guest:
        guest = Guest(self.address)
        self.stack.push_async_callback(guest.http.close)
        await guest.enter(await self.secret(name, role, operator))
        return guest

    async def stranger(self) -> Guest:
        guest = Guest(self.address)
        self.stack.push_async_callback(guest.http.close)
        return guest

    async def live(
        self, guest: Guest, since: str | None = None, header: str | None = None, thread: int | None = None
    ) -> Stream:
        query = "" if since is None else f"?since={since}"
        headers = {} if header is None else {"Last-Event-ID": header}
        path = f"{self.address}/threads/{self.number if thread is None else thread}/live{query}"
        answer = await self.stack.enter_async_context(guest.http.get(path, headers=headers))
        assert answer.status == 200 and answer.content_type == "text/event-stream"
        stream = Stream(answer)
        await stream.next("hello")
        return stream

    async def page_since(self, guest: Guest) -> str:
        page = await guest.get(f"/threads/{self.number}")
        found = re.search(r'name="room-since" content="([\d.]+)"', page)
        assert found
        return found[1]

    def ear(self) -> Ear:
        ear = Ear(self.room)
        self.stack.push_async_callback(self._quiet, ear)
        return ear

    async def _quiet(self, ear: Ear) -> None:
        if ear.task is not None:
            await ear.stop()


def new_room(path: Path, name: str = "room") -> WebRoom:
    return WebRoom(Settings(path), Surroundings(name, WallClock(), path.parent, "tests"))


@asynccontextmanager
async def open_house(path: Path, office: Office | None = None) -> AsyncIterator[House]:
    """Open a room on a file, with one thread, and serve it on loopback."""
    async with AsyncExitStack() as stack:
        room = new_room(path)
        await room.open(stack)
        file = await RoomFile(path).open(stack)
        address = await stack.enter_async_context(serving(file, "127.0.0.1", 0, beat=0.5, office=office))
        thread = await room.start_thread(RoomId("kitchen"), POST, new_key())
        inner = await stack.enter_async_context(AsyncExitStack())
        yield House(path, room, file, address, thread, inner)
