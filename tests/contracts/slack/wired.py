"""Bolt and our supervision of it on the double, with an ear that takes every event for one of its words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from adapters.slack.api import Api
from adapters.slack.bolt_app import Desk, bolt_app
from adapters.slack.http_mode import HttpMode
from adapters.slack.line import Line
from adapters.slack.preflight import socket_address
from adapters.slack.responses import Later, later
from adapters.slack.settings import Settings
from adapters.slack.supervising import Backoff, Supervisor
from bridge.chats.intake import Intake
from bridge.model import RawEvent, ThreadId
from bridge.ports import Clock, Mount
from bridge.testing.chat_contract import PATIENCE
from tests.contracts.chat_waiting import HastyClock, until
from tests.servers.slack_double import Double

PING = 0.1


@dataclass
class Desks:
    """Hears, answers and runs whatever comes, and notes it. `held`: words whose events wait;
    `refuse`: with what the next events are refused, and `broken` whatever is pressed or typed."""

    got: list[str] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    refuse: list[Exception] = field(default_factory=list)
    broken: Exception | None = None

    async def heard(self, event: Mapping[str, Any]) -> list[RawEvent]:
        words = word(event)
        self.got.append(words)
        if self.refuse:
            raise self.refuse.pop(0)
        if words in self.held:
            await self.held[words].wait()
        return [RawEvent(f"e:{words}", f"m:{words}", ThreadId("C1:1"), len(self.got), json.dumps(words))]

    async def answer(self, body: Mapping[str, Any], ack: Any, intake: Intake[Later]) -> None:
        self.got.append(str(body["type"]))
        self._work()
        await ack()

    async def run(self, body: Mapping[str, Any], ack: Any, intake: Intake[Later]) -> None:
        self.got.append(str(body["command"]))
        self._work()
        await ack(f"{body['text']}: well")

    def _work(self) -> None:
        if self.broken is not None:
            raise self.broken


def word(event: Mapping[str, Any]) -> str:
    return str(event.get("text") or event.get("subtype") or event["type"])


@dataclass
class Wired:
    """What runs: the line, what was recorded, and who hears."""

    slack: Double
    api: Api
    clock: Clock
    line: Line
    desks: Desks
    backoff: Backoff
    intake: Intake[Later]
    recorded: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """The words of all that was to be recorded; what is asked for while `held` is set waits for it."""
    held: asyncio.Event | None = None
    full: bool = False
    turned: asyncio.Event = field(default_factory=asyncio.Event)

    async def record(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        if self.full:
            raise OSError("the disk is full")
        words = [json.loads(one.body) for one in events]
        self.asked += words
        if self.held is not None:
            await self.held.wait()
        self.recorded += words
        self.turned.set()
        self.turned = asyncio.Event()

    @property
    def states(self) -> list[str]:
        """What became of everything that Slack told."""
        return [one.state for one in self.slack.deliveries.book]

    async def until(self, *words: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not set(words) <= set(self.recorded):
                await self.turned.wait()

    def desk(self) -> Desk:
        return Desk(self.desks, self.desks, self.desks, self.intake, self.line.doubt)

    def supervisor(self, token: str | None = None) -> Supervisor:
        app = bolt_app(self.desk(), self.api)
        address = partial(socket_address, self.api.client, "slack", token or self.slack.app_token)
        return Supervisor(address, app, self.api.client, self.line, self.clock, self.backoff, PING)

    def http(self, mount: Mount | None) -> HttpMode:
        app = bolt_app(self.desk(), self.api)
        return HttpMode(app, "slack", self.slack.signing_secret, mount, self.line, self.clock)

    @asynccontextmanager
    async def running(self, job: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
        """Run it inside the block, with what is told recorded."""
        serving = asyncio.create_task(self.intake.serve(later, self.record))
        task = asyncio.create_task(job)
        try:
            yield task
        finally:
            for each in (task, serving):
                each.cancel()
                await asyncio.wait([each])

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncio.Task[None]]:
        """Stay connected inside the block."""
        async with self.running(self.supervisor().run()) as task:
            await self.up()
            yield task

    async def up(self, times: int = 1) -> None:
        """Wait until the line came up so often."""
        await until(lambda: self.line.times >= times and self.line.up, f"the line to come up {times} times")


@asynccontextmanager
async def wired(slack: Double, folder: Path, clock: Clock | None = None) -> AsyncIterator[Wired]:
    """A login on the double, and nothing connected yet."""
    clock = clock or HastyClock()
    chosen = Settings(
        name="slack", token=slack.token, state=folder, app_token=slack.app_token, api=slack.api,
        signing_secret=slack.signing_secret,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        api = Api(chosen, clock)
        await api.open(stack)
        yield Wired(slack, api, clock, Line(clock), Desks(), Backoff(), Intake())
