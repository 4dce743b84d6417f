"""Listening to Slack, by sockets that we open or by calls that Slack makes; both end in the same place.

Whatever cannot be mended here ends in words, and the core listens again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any

from adapters.slack.api import Api
from adapters.slack.bolt_app import Desk, bolt_app
from adapters.slack.catching_up import CatchingUp
from adapters.slack.commands import Commands
from adapters.slack.ear import Ear
from adapters.slack.http_mode import HttpMode
from adapters.slack.interactions import Interactions
from adapters.slack.keeping_up import KeepingUp
from adapters.slack.line import Line
from adapters.slack.people import People
from adapters.slack.preflight import socket_address
from adapters.slack.responses import Later, later
from adapters.slack.settings import HTTP, Settings
from adapters.slack.supervising import PING, Backoff, Supervisor
from bridge.chats.intake import Intake
from bridge.chats.rooms import Rooms
from bridge.ports import Record, Surroundings


class Listening:
    """Listens for one chat. `ping`: seconds between two questions whether the other end of a socket is still there."""

    def __init__(
        self, settings: Settings, api: Api, surroundings: Surroundings, rooms: Rooms, people: People, ear: Ear,
        interactions: Interactions, commands: Commands,
    ) -> None:  # fmt: skip
        self.ping = PING
        self._settings, self._api, self._rooms, self._people, self._ear = settings, api, rooms, people, ear
        self._interactions, self._commands = interactions, commands
        self._clock, self._mount = surroundings.clock, surroundings.mount
        self._backoff = Backoff()
        self._reading = CatchingUp(api, people, ear, rooms, settings, self._clock)  # goes on where it was broken off
        self._line: Line | None = None

    async def listen(self, since: str | None, record: Record) -> None:
        """Record what happens, from the watermark `since` on (None: from now on), until cancelled or disconnected.

        Raises `RetryLater`, `OpenAgain` or `Refused` in words when nothing can come any more, and what `record` raises.
        """
        before = self._line
        line = self._line = Line(self._clock)
        if before is not None:
            line.heard_at, line.mute = before.heard_at, before.mute
        intake: Intake[Later] = Intake()
        keeping = KeepingUp(self._reading, line, self._api, self._ear.lacking, record, since)
        desk = Desk(self._ear, self._interactions, self._commands, intake, line.doubt, keeping.floor)
        await _first_to_end(
            self._way(line, desk).run(),
            keeping.run(),
            intake.serve(later, record),
        )

    def _way(self, line: Line, desk: Desk) -> Supervisor | HttpMode:
        """The way by which Slack tells us, as the settings have it."""
        app = bolt_app(desk, self._api)
        settings, client = self._settings, self._api.client
        if settings.mode == HTTP:
            return HttpMode(app, settings.name, settings.signing_secret, self._mount, line, self._clock)
        address = partial(socket_address, client, settings.name, settings.app_token)
        return Supervisor(address, app, client, line, self._clock, self._backoff, self.ping)

    def gauges(self) -> Mapping[str, float]:
        """See `bridge.ports.Gauges`."""
        line = self._line
        if line is None:
            return {"connected": 0.0}
        gauges = {
            "connected": float(line.up), "connections_begun": float(line.times), "told_again": float(line.again),
            "mute": float(line.mute),
        }  # fmt: skip
        if self._settings.mode != HTTP and line.up:
            gauges |= {"connections": float(line.counted), "ghost_connections": float(line.ghosts)}
        if line.heard_at is not None:
            gauges["envelope_age_seconds"] = max(0.0, self._clock.now() - line.heard_at)
        return gauges


async def _first_to_end(*jobs: Coroutine[Any, Any, None]) -> None:
    """Run them all until one ends, and end as that one. They are ended in their order: the first feeds the others."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    for task in ended:
        task.result()
