"""What we answer to what somebody pressed or typed. Nothing depends on whether Slack still takes it.

Words are for that person alone, and stand where they pressed: in the thread, if Backchat is in the channel; elsewhere
by the address that came along, which is good for half an hour and is kept nowhere (law 10).
https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp

from adapters.slack.api import Api, ApiRefusal
from adapters.slack.forms import FIELD
from adapters.slack.lines import Told, told
from adapters.slack.people import in_time
from bridge.chats import phrases
from bridge.chats.intake import Intake
from bridge.chats.lines import line
from bridge.chats.pressing import Keep, Say
from bridge.errors import StepError

log = logging.getLogger(__name__)

OPENING = 2.0
"""Seconds that opening a window may take: Slack forgets after three what it was asked for."""
TOGETHER = 2.2
"""Seconds for that and for all that comes before it."""
Body = Mapping[str, Any]
"""What Slack tells of an interaction."""
Ack = Callable[..., Awaitable[Any]]
"""Tells Slack that we took it."""
Later = Callable[[], Awaitable[None]]
"""What is left to do once Slack was told that we took it."""


async def later(what: Later) -> None:
    """Do what is left: this is what an `Intake` of Slack's presses is served with."""
    await what()


@dataclass(frozen=True, slots=True)
class Answering:
    """What is answered to one interaction."""

    body: Body
    ack: Ack
    intake: Intake[Later]
    api: Api
    begun: float
    """When we were told of it, by our clock."""

    async def carry_out(self, reply: Say | Keep) -> None:
        """Say it; or have it recorded, and only then say so.

        Raises `NotRecorded`, so that Slack is not told that we took it.
        """
        if isinstance(reply, Say):
            await self.say(reply.words)
            return
        await self.intake.recorded(*reply.raws)
        if reply.words is None or self.body["type"] == "view_submission":
            await self.ack()  # a window that closes says it
        else:
            await self.say(reply.words)

    async def say(self, words: str | Told) -> None:
        """Say something that only this person sees; in a window, it stays open and says it."""
        if self.body["type"] == "view_submission":
            assert isinstance(words, str)
            await self.ack(response_action="errors", errors={FIELD: words})
        else:
            await self.ack()
            self.intake.press(partial(say, self.api, self.body, words))

    async def window(self, view: Mapping[str, Any]) -> None:
        """Open a window."""
        left = max(0.0, self.begun + TOGETHER - self.api.clock.now())
        if await in_time(opened(self.api, self.body, view), min(OPENING, left), self.api):
            await self.ack()
        else:
            await self.say(phrases.NO_WINDOW)


async def say(api: Api, body: Body, words: str | Told) -> None:
    """Say something that only the person sees who pressed or typed."""
    shown = told([line(words)]) if isinstance(words, str) else words
    channel, user = _channel(body), _person(body)
    if channel and user and await _whispered(api, channel, user, body, shown):
        return
    if address := body.get("response_url"):
        await _responded(api, str(address), shown)


async def opened(api: Api, body: Body, window: Mapping[str, Any]) -> bool:
    """Open a window for the person who pressed; whether Slack did: it has to within three seconds."""
    try:
        await api.call("views.open", trigger_id=body["trigger_id"], view=window)
    except (ApiRefusal, StepError) as error:
        log.info("a window that somebody asked for on Slack was not opened: %s", error)
        return False
    return True


def _channel(body: Body) -> str:
    return str((body.get("channel") or {}).get("id") or "")


def _person(body: Body) -> str:
    return str((body.get("user") or {}).get("id") or "")


async def _whispered(api: Api, channel: str, user: str, body: Body, shown: Told) -> bool:
    """Say it in the thread; whether Slack took it, as it does where Backchat and that person are members."""
    message = body.get("message") or {}
    where = {"thread_ts": message["thread_ts"]} if message.get("thread_ts") else {}
    try:
        await api.call("chat.postEphemeral", channel=channel, user=user, **where, **shown)
    except (ApiRefusal, StepError) as error:
        log.info("words for somebody who pressed something on Slack were not taken there: %s", error)
        return False
    return True


async def _responded(api: Api, address: str, shown: Told) -> None:
    """Say it by the address that came along. The address is logged nowhere: it is a secret, and so may errors be."""
    given = {**shown, "response_type": "ephemeral", "replace_original": False}
    session = api.client.session
    assert session is not None  # which `Api` gave to it
    try:
        async with session.post(address, json=given, proxy=api.client.proxy) as response:
            if response.status != 200:
                log.info("Slack did not take our answer to what somebody pressed or typed: %s", response.status)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.info("our answer to what somebody pressed or typed did not reach Slack: %s", type(error).__name__)
