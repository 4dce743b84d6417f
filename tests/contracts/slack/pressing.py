"""A thread of ours on the double, with people who may answer, moderate, or do nothing, and all that hears presses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from adapters.slack import cards, meaning, shortcuts
from adapters.slack.api import Api
from adapters.slack.bolt_app import Desk as BoltDesk
from adapters.slack.bolt_app import bolt_app
from adapters.slack.commands import Commands
from adapters.slack.double.interactions import View
from adapters.slack.double.things import Message
from adapters.slack.ids import message_id, thread_id
from adapters.slack.interactions import Interactions
from adapters.slack.keyed import keyed
from adapters.slack.line import Line
from adapters.slack.people import People
from adapters.slack.preflight import socket_address
from adapters.slack.responses import Later, later
from adapters.slack.settings import Settings
from adapters.slack.supervising import Backoff, Supervisor
from bridge.chats.intake import Intake
from bridge.chats.rooms import Rooms
from bridge.clock import WallClock
from bridge.model import (
    AnswerState,
    Choice,
    CommentCard,
    Desk,
    Event,
    FormCard,
    Key,
    MessageId,
    ModerationCard,
    Part,
    PersonId,
    RawEvent,
    Receipt,
    RoomId,
)
from bridge.ports import Clock, Office
from bridge.text.tree import Text, paragraph
from tests.contracts.chat_waiting import until
from tests.contracts.slack.wired import PING
from tests.servers.slack_double import Double, Person

MARK = "0123456789abcdef"
COMMENT = CommentCard(
    "Vera", paragraph("How do you prune roses?"), "https://blog.example/roses/#c1", 1.7e9,
    choices=(Choice.SPAM, Choice.TRASH), mark=MARK, answerable=True,
)  # fmt: skip
WAITING = ModerationCard(
    "Vera", paragraph("How do you prune roses?"), "https://blog.example/roses/#c1", 1.7e9,
    choices=(Choice.APPROVE, Choice.SPAM), mark=MARK, answerable=True,
)  # fmt: skip


@dataclass
class Recorder:
    """Keeps what it is told, as the core does; while `gate` is shut, nothing is durable yet."""

    raws: list[RawEvent] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    broken: bool = False

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        self.reached.set()
        await self.gate.wait()
        if self.broken:
            raise OSError("the disk is full")
        self.raws += events


@dataclass
class Receipts:
    """An office that knows receipts; `broken`: it fails through a fault of ours."""

    known: dict[tuple[str, str], Receipt] = field(default_factory=dict)
    broken: Exception | None = None

    async def receipt(self, chat: str, message: MessageId) -> Receipt | None:
        if self.broken is not None:
            raise self.broken
        return self.known.get((chat, message))


class Ear:
    """Hears no events: these tests are about presses."""

    async def heard(self, event: Mapping[str, Any]) -> list[RawEvent]:
        return []


@dataclass
class Scene:
    """Ada may answer, Mo may moderate, Mallory nothing."""

    slack: Double
    api: Api
    rooms: Rooms
    interactions: Interactions
    office: Receipts
    record: Recorder
    intake: Intake[Later]
    serving: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.slack.app.commands["/backchat"] = False
        self.slack.app.shortcuts = {one.name: one.id for one in shortcuts.SHORTCUTS}
        self.channel = self.slack.channel("blog")
        self.ada, self.mo, self.mallory = (self.slack.member(name) for name in ("Ada", "Mo", "Mallory"))
        room = RoomId(self.channel.id)
        self.rooms.desks = {room: Desk(frozenset({self.mo.id}), closed=False)}
        self.rooms.speakers = {room: frozenset({self.ada.id, self.mo.id})}
        self._keys = 0

    async def begin(self) -> None:
        """Have a thread."""
        answer = await self.api.call("chat.postMessage", channel=self.channel.id, text="Roses")
        self.root = self.slack.message(self.channel, answer["ts"])
        self.thread = thread_id(self.channel.id, self.root.ts)

    async def say(self, *parts: Part) -> Message:
        """Some card of ours stands there; its last message."""
        answer: dict[str, Any] = {}
        for part in parts:
            body = json.loads(part.body)
            self._keys += 1
            key = Key("abcdefghijklmnopqrstuvw" + "abcdefghijklmnopqrstuvwxyz234567"[self._keys])
            answer = await self.api.call(
                "chat.postMessage", channel=self.channel.id, thread_ts=self.root.ts, text=body["text"],
                blocks=keyed(body["blocks"], key),
                **({"username": body["username"]} if "username" in body else {}),
            )  # fmt: skip
        return self.slack.message(self.channel, answer["ts"])

    async def comment(self, card: CommentCard | ModerationCard = COMMENT) -> Message:
        return await self.say(*cards.render(card))

    async def copy(self, text: Text | str = "In March.", form: str = "V77") -> Message:
        """What a form of Ada's sent, as we say it."""
        said = paragraph(text) if isinstance(text, str) else text
        card = FormCard(
            MessageId(f"form:{form}"), PersonId(self.ada.id), "Ada", said, "https://blog.example/roses/#c1",
            receipt=Receipt(AnswerState.PUBLIC),
        )  # fmt: skip
        return await self.say(*cards.render_form(card))

    def id(self, message: Message) -> MessageId:
        return message_id(message.channel, message.ts)

    def told(self) -> list[Event]:
        """What was recorded."""
        events = [meaning.interpret(raw) for raw in self.record.raws]
        return [one for one in events if one is not None]

    async def whispered(self, who: Person) -> str:
        """Wait for words that only this person sees, in the thread; them."""
        seen = len(who.whispers())
        await until(lambda: len(who.whispers()) > 0, "words for one person")
        assert seen <= 1
        [whisper] = who.whispers()
        assert (whisper.channel, whisper.thread) == (self.channel.id, self.root.ts)
        who.reload()
        return whisper.text


def field_of(view: View) -> dict[str, Any]:
    """The only field of a window."""
    [block] = view.given["blocks"]
    found: dict[str, Any] = block["element"]
    return found


@asynccontextmanager
async def scene(
    slack: Double, folder: Path, clock: Clock | None = None, office: Office | None = None, **chosen: Any
) -> AsyncIterator[Scene]:
    """The whole way of a press, from the double's socket to what is recorded. `office`: in place of `Receipts`."""
    clock = clock or WallClock()
    settings = replace(
        Settings(name="slack", token=slack.token, state=folder, app_token=slack.app_token, api=slack.api), **chosen
    )
    rooms, receipts, record, line = Rooms(), Receipts(), Recorder(), Line(clock)
    used = office or cast(Office, receipts)
    intake: Intake[Later] = Intake()
    async with AsyncExitStack() as stack:
        api = Api(settings, clock)
        await api.open(stack)
        people = People(api)
        stack.push_async_callback(people.close)
        interactions = Interactions(settings, api, rooms, people, used)
        commands = Commands(settings, used, api)
        here = Scene(slack, api, rooms, interactions, receipts, record, intake)
        app = bolt_app(BoltDesk(Ear(), interactions, commands, intake, line.doubt), api)
        address = partial(socket_address, api.client, "slack", slack.app_token)
        supervisor = Supervisor(address, app, api.client, line, clock, Backoff(), PING)
        for job in (intake.serve(later, record), supervisor.run()):
            stack.push_async_callback(_ended, asyncio.create_task(job))
        await slack.connected()
        await here.begin()
        yield here


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
