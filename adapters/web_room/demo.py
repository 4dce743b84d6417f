"""The web room's part of `backchat demo`: a room with an author and a member in it, who act as its pages do."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, CookieJar

from adapters.web_room import commands
from bridge.demo.loopback import LOOPBACK, free_port
from bridge.demo.ports import DemoRoom, Seen
from bridge.errors import Refused, RetryLater
from bridge.model import AnswerState, MessageId, PersonId, Receipt, RoomId, ThreadId

_NAME = "room"
_ROOM = RoomId("comments")


class WebRoomDemo:
    """What the entry point names."""

    part = "chat"
    rank = 0
    keeps = True
    page = True

    async def prepare(self, state: Path, author: str, member: str, stack: AsyncExitStack) -> DemoRoom:
        """See `bridge.demo.ports.DemoRoomPlugin`. Everybody gets a fresh link at every start; sessions go on."""
        port = await asyncio.to_thread(_port, state / "room_port")
        address, file = f"http://{LOOPBACK}:{port}", state / "room.db"
        people = []
        for name, role in ((author, "author"), (member, "member")):
            invitation = await commands.invite(file, name, role, address, operator=role == "author")
            session = await stack.enter_async_context(ClientSession(address, cookie_jar=CookieJar(unsafe=True)))
            people.append(RoomGuest(invitation.person, invitation.link, session, address))
        config = (
            f'[chats.{_NAME}]\nadapter = "web_room"\nfile = {json.dumps(str(file))}\nlisten = "{LOOPBACK}:{port}"\n'
        )
        return DemoRoom(_NAME, config, _ROOM, ("room", "serve"), address, people[0], people[1])


def _port(kept: Path) -> int:
    """The port of the last start if it is free, so that links and open pages stay right."""
    try:
        wanted = int(kept.read_text())
    except (OSError, ValueError):
        wanted = None
    found = free_port(wanted)
    kept.write_text(str(found))
    return found


class RoomGuest:
    """A person in the room, over the same interface that the pages' script uses."""

    def __init__(self, person: PersonId, link: str, session: ClientSession, address: str) -> None:
        self.person = person
        self.link = link
        self._session = session
        self._origin = address
        self._token = ""

    async def threads(self) -> Sequence[ThreadId]:
        """See `bridge.demo.ports.Guest`."""
        return [ThreadId(str(thread["id"])) for thread in (await self._ask("GET", "/api/threads"))["threads"]]

    async def see(self, thread: ThreadId) -> Sequence[Seen]:
        """See `bridge.demo.ports.Guest`."""
        found = await self._ask("GET", f"/api/threads/{thread}/messages")
        return [_seen(message) for message in found["messages"] if message["kind"] != "notice"]

    async def write(self, thread: ThreadId, words: str, answering: MessageId | None = None) -> MessageId:
        """See `bridge.demo.ports.Guest`."""
        typed = {"client": secrets.token_hex(16), "text": words}
        fields: dict[str, Any] = typed if answering is None else {**typed, "addressed": int(answering)}
        return MessageId(str((await self._ask("POST", f"/api/threads/{thread}/messages", fields))["id"]))

    async def edit(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """See `bridge.demo.ports.Guest`."""
        await self._ask("PUT", f"/api/messages/{message}", {"text": words})

    async def delete(self, thread: ThreadId, message: MessageId) -> None:
        """See `bridge.demo.ports.Guest`."""
        await self._ask("DELETE", f"/api/messages/{message}")

    async def _ask(self, method: str, path: str, fields: object = None) -> Any:
        try:
            if not self._token:
                await self._sign_in()
            headers = {"Origin": self._origin, "X-Room-Token": self._token}
            async with self._session.request(method, path, json=fields, headers=headers) as answer:
                if answer.status >= 400:
                    raise Refused(f"the room answered {answer.status} to {method} {path}: {await answer.text()}")
                return await answer.json()
        except (ClientError, TimeoutError) as error:
            raise RetryLater(f"the room does not answer: {error!r}") from None

    async def _sign_in(self) -> None:
        path = self.link.removeprefix(self._origin)
        async with self._session.post(path, headers={"Origin": self._origin}, allow_redirects=False) as answer:
            if answer.status != 303:
                raise Refused(f"the room does not let {self.person} in: {answer.status}")
        async with self._session.get("/api/me") as answer:
            self._token = (await answer.json())["token"]


def _seen(message: dict[str, Any]) -> Seen:
    proven = message["kind"] == "comment" and message["badge"] == "author"
    quoted, receipt = message["in_reply_to"], _receipt(message["receipt"])
    return Seen(MessageId(str(message["id"])), message["name"], message["text"], proven, quoted, receipt)


def _receipt(receipt: dict[str, Any] | None) -> Receipt | None:
    if receipt is None:
        return None
    shown = receipt["answers_message"]
    return Receipt(
        AnswerState(receipt["state"]), receipt["until"], receipt["answers"],
        None if shown is None else MessageId(str(shown)), receipt["link"], receipt["reason"],
    )  # fmt: skip


plugin = WebRoomDemo()
