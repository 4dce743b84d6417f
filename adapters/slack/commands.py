"""`/backchat …` for operators. Slack hands over what was typed as it is, and takes no command within a thread.

https://docs.slack.dev/interactivity/implementing-slash-commands
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.slack import responses
from adapters.slack.api import Api
from adapters.slack.ids import person_id
from adapters.slack.lines import told
from adapters.slack.responses import Ack, Body, Later
from adapters.slack.settings import Settings
from bridge.chats import office as offices
from bridge.chats import phrases
from bridge.chats.intake import Intake
from bridge.chats.lines import Line, line
from bridge.ports import Office

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds until Slack is told that we are at it: it gives up after three."""
NOT_IN_THREADS = "Slack takes commands in channels only: inside threads it refuses them."


@dataclass(slots=True)
class Commands:
    """The commands of one chat. `office` is where operators see and decide; None where there is none."""

    settings: Settings
    office: Office | None
    api: Api

    async def run(self, body: Body, ack: Ack, intake: Intake[Later]) -> None:
        """Carry out an operator's command, and answer so that nobody else sees it."""
        asking = asyncio.ensure_future(self._answered(body))
        answered = asyncio.Event()
        asking.add_done_callback(lambda _: answered.set())
        await self.api.clock.wait(PATIENCE, answered)
        if asking.done():
            await ack({**told(asking.result()), "response_type": "ephemeral"})
            return
        await ack()

        async def later() -> None:
            await responses.say(self.api, body, told(await asking))

        intake.press(later)

    async def _answered(self, body: Body) -> Sequence[Line]:
        """What is answered to a command; a fault of ours too is said."""
        try:
            return await self._asked(body)
        except Exception:
            log.exception("a command on Slack failed through a fault of ours")
            return [line(phrases.FAULT)]

    async def _asked(self, body: Body) -> Sequence[Line]:
        who = person_id(str(body["user_id"]), str(body.get("team_id") or ""), self.api.us)
        if who not in self.settings.operators:
            return [line(offices.NO_OPERATOR.format(id=who))]
        name, given = offices.typed(str(body.get("text") or ""))
        said = await offices.ask(self.office, name, given, str(body.get("user_name") or who))
        return [*said, line(NOT_IN_THREADS)] if said == offices.usage() else said
