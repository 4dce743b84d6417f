"""The web room passes the suite for chats: the adapter on a real file, people at the room's real pages."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

from adapters.web_room import cards, people, rows, store
from adapters.web_room.chat import Settings, WebRoom
from adapters.web_room.database import RoomFile
from adapters.web_room.server import serving
from bridge.clock import WallClock
from bridge.model import Choice, MessageId, Notice, Part, PersonId, RoomId, ThreadId
from bridge.ports import Surroundings
from bridge.testing.chat_contract import ChatContract
from bridge.text import html_in, html_out
from bridge.text.tree import plain
from tests.contracts.web_room.room_house import Guest


class ForgetsItsAnswer:
    """A connection whose next writing transaction is committed, and then said to have failed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._writing = False
        self._told = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        done = self._connection.execute(sql, *values)
        self._writing = self._writing or sql == "BEGIN IMMEDIATE"
        if sql == "COMMIT" and self._writing and not self._told:
            self._told = True
            raise sqlite3.OperationalError("disk I/O error")
        return done


def new_room(path: Path) -> WebRoom:
    return WebRoom(Settings(path), Surroundings("room", WallClock(), path.parent, "tests"))


class RoomScene:
    def __init__(self, path: Path, file: RoomFile, guest: Guest, secrets: Sequence[str]) -> None:
        self.path = path
        self.file = file
        self.guest = guest
        self.secrets = secrets
        self.chat = new_room(path)
        self.room = RoomId("kitchen")
        self.person = PersonId("ada")

    def inside(self, identity: str) -> int:
        number = rows.inside(self.file.instance, identity)
        assert number is not None
        return number

    def outside(self, number: int) -> MessageId:
        return MessageId(rows.outside(self.file.instance, number))

    async def write(self, thread: ThreadId, words: str, reply_to: MessageId | None = None) -> MessageId:
        fields: dict[str, Any] = {} if reply_to is None else {"reply_to": self.inside(reply_to)}
        sent = await self.guest.send(self.inside(thread), words, **fields)
        return self.outside(sent["id"])

    async def edit(self, thread: ThreadId, message: MessageId, words: str) -> None:
        await self.guest.ask("PUT", f"/api/messages/{self.inside(message)}", {"text": words})

    async def delete(self, thread: ThreadId, message: MessageId) -> None:
        place, number = self.inside(thread), self.inside(message)
        if number in {shown["id"] for shown in await self.ours(thread)}:  # the pages let nobody delete these
            await self.file.write(lambda c: store.erase_ours(c, place, number, time.time()))
        else:
            await self.guest.ask("DELETE", f"/api/messages/{number}")

    async def choose(self, thread: ThreadId, message: MessageId, choice: Choice, mark: str) -> None:
        fields = {"choice": choice.value, "mark": mark}
        await self.guest.ask("PUT", f"/api/messages/{self.inside(message)}/choice", fields)

    async def ours(self, thread: ThreadId) -> list[dict[str, Any]]:
        return [shown for shown in await self.guest.messages(self.inside(thread)) if not shown["mine"]]

    async def standing(self, thread: ThreadId) -> Sequence[tuple[MessageId, str]]:
        return [
            (self.outside(shown["id"]), " ".join([shown["name"], plain(html_in.parse(shown["html"])), *fate(shown)]))
            for shown in await self.ours(thread)
        ]

    async def receipt(self, thread: ThreadId, message: MessageId) -> object:
        shown = await self.guest.messages(self.inside(thread))
        return next(each["receipt"] for each in shown if each["id"] == self.inside(message))

    def shown(self, part: Part) -> str:
        card = cards.loaded(part.body)
        name = "" if isinstance(card, Notice) else card.name
        return f"{name} {plain(html_in.parse(html_out.render(card.text)))}"

    def fits(self, part: Part) -> bool:
        return True  # the room has no limits

    def pings(self, part: Part) -> bool:
        return False  # the room tells nobody of anything

    def lose_answer(self) -> None:
        connection = self.chat._file._connection
        assert connection is not None
        self.chat._file._connection = ForgetsItsAnswer(connection)  # type: ignore[assignment]

    async def restart(self, stack: AsyncExitStack) -> WebRoom:
        room = new_room(self.path)
        await room.open(stack)
        return room


def fate(shown: dict[str, Any]) -> list[str]:
    """Why a comment waits, or what became of it."""
    return [words for words in (shown.get("held"), shown.get("decided")) if words]


class TestWebRoom(ChatContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> RoomScene:
        path = folder / "room.db"
        file = await RoomFile(path).open(stack)
        address = await stack.enter_async_context(serving(file, "127.0.0.1", 0, beat=0.5))
        _, secret = await file.write(partial(people.invite, name="Ada", role="author", at=time.time()))
        guest = Guest(address)
        stack.push_async_callback(guest.http.close)
        await guest.enter(secret)
        return RoomScene(path, file, guest, (secret, guest.token))
