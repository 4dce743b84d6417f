"""Bolt's app: whatever Slack tells ends in one of three places here, and is acknowledged once it is durable.

Bolt as it comes loses events in several ways; each argument of `AsyncApp` below closes one. Nothing is asked of Slack
to take an event in, and nothing that Slack can send is without a listener: it would be sent again and again.
https://docs.slack.dev/tools/bolt-python
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.api import Api
from bridge.chats.intake import Intake, NotRecorded
from bridge.errors import StepError
from bridge.model import RawEvent

log = logging.getLogger(__name__)

ANY = re.compile(".*")
UNHEARD = 503
"""What Slack, or our socket, is told of something that is not durable: that is told again."""
_theirs = logging.getLogger(f"{__name__}.bolt")
_theirs.setLevel(logging.ERROR)  # its warnings quote whole requests, and so people's words and addresses for answers


class Hears(Protocol):
    """What knows what an event means."""

    async def heard(self, event: Mapping[str, Any]) -> list[RawEvent]:
        """Everything that it means; raises where it must be told again."""
        ...


class AnswersPresses(Protocol):
    """What answers people's clicks, windows and shortcuts."""

    async def answer(self, body: Mapping[str, Any], ack: AsyncAck, intake: Intake[Any]) -> None:
        """Answer one; acknowledges it, once what must last does."""
        ...


class RunsCommands(Protocol):
    """What carries out commands."""

    async def run(self, body: Mapping[str, Any], ack: AsyncAck, intake: Intake[Any]) -> None:
        """Carry one out; acknowledges it."""
        ...


async def _all_counts() -> int:
    return 0


class Desk:
    """Where Bolt's listeners bring what they get. `failed` is called for an event that could not be taken in.

    `floor`: up to what order everything was past when listening began for the first time; Slack may tell of it yet.
    """

    def __init__(
        self, ear: Hears, presses: AnswersPresses, commands: RunsCommands, intake: Intake[Any],
        failed: Callable[[], None], floor: Callable[[], Awaitable[int]] = _all_counts,
    ) -> None:  # fmt: skip
        self._ear, self._presses, self._commands = ear, presses, commands
        self._intake, self._failed, self._floor = intake, failed, floor
        self._before = asyncio.Event()
        self._before.set()

    async def event(self, body: dict[str, Any]) -> None:
        """Take an event in: those that come at once are looked at side by side, and recorded in their order."""
        before, told = self._before, asyncio.Event()
        self._before = told
        try:
            raws, floor = await self._ear.heard(body["event"]), await self._floor()
            await before.wait()
        finally:
            told.set()  # whoever waits for it goes on at the loop's next turn, and so behind what follows here
        await self._intake.recorded(*(raw for raw in raws if raw.order > floor))

    async def press(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """Have a click, a window or a shortcut answered."""
        await self._presses.answer(body, ack, self._intake)

    async def command(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """Have a command carried out."""
        await self._commands.run(body, ack, self._intake)

    async def error(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """Something was not taken in: an event Slack tells again, and whoever pressed or typed something sees it."""
        event = "event" in body
        if event:
            self._failed()
        follows = "Slack will tell it again" if event else "Slack says so to whoever pressed or typed it"
        if isinstance(error, NotRecorded):
            log.info("something came from Slack while listening ended: %s", follows)
        elif isinstance(error, StepError):
            log.warning("what came from Slack cannot be taken in now, and %s: %s", follows, error)
        else:
            log.error("taking in what came from Slack failed through a fault of ours, and %s", follows, exc_info=error)
        return BoltResponse(status=UNHEARD, body="")


def bolt_app(desk: Desk, api: Api) -> AsyncApp:
    """An app whose every listener is the desk's.

    A listener has ended before anything is acknowledged; who we are is asked of nobody; what our own bot did is told
    like everything else, since a person who deletes a message of ours would be taken for us; and requests were proven
    to be Slack's before they come here.
    """
    us = api.us

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id=us.team, bot_id=us.bot, bot_user_id=us.user)

    app = AsyncApp(
        name=_theirs.name,  # the logger of this name is given the level of `logger`: "backchat" would silence the core
        logger=_theirs, client=AsyncWebClient(base_url=api.settings.api, logger=_theirs),
        authorize=authorize, process_before_response=True, ignoring_self_events_enabled=False,
        request_verification_enabled=False, attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )  # fmt: skip
    app.event(ANY)(desk.event)
    app.command(ANY)(desk.command)
    for listens in (app.action, app.view, app.view_closed, app.shortcut, app.options):
        listens(ANY)(desk.press)
    app.error(desk.error)
    return app
