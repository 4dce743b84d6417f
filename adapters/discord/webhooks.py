"""Comments under their writers' names and pictures, by one webhook of ours in each channel (`identity = "webhook"`).

Discord knows no key for what webhooks say: what is unknown is looked for. https://docs.discord.com/developers/resources/webhook
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.discord.api import Api, ApiRefusal
from adapters.discord.payloads import Body, shown
from adapters.discord.refusals import INVALID_FORM, UNKNOWN_WEBHOOK, judged
from bridge.chats.unsettled import SETTLES
from bridge.errors import MaybeDone, RetryLater
from bridge.model import Key, ThreadId

KEPT = 2_000
"""Threads whose channel is remembered."""
NAME = "Backchat"
LONGEST_NAME = 80
_FORBIDDEN = re.compile("discord|clyde", re.IGNORECASE)
"""Words that no webhook's name may contain; a dot in them keeps them readable."""
_WHOLE = frozenset({"everyone", "here"})
SEEN = "Manage Webhooks"


@dataclass(frozen=True, slots=True)
class _Webhook:
    """A webhook of ours. Its token is as good as a password, and stays in memory."""

    id: str
    token: str

    def __repr__(self) -> str:
        return f"_Webhook({self.id})"


class Webhooks:
    """The webhooks of our application: one in each channel, looked up before any is made."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._by_channel: dict[str, _Webhook] = {}
        self._channels: dict[str, str] = {}
        self._perhaps: dict[str, float] = {}
        self._looking = asyncio.Lock()

    def speak_for(self, body: Body) -> bool:
        """Whether this is said under somebody else's name."""
        return self._api.settings.identity == "webhook" and bool(body.get("as"))

    async def say(self, thread: ThreadId, body: Body, key: Key) -> Mapping[str, Any]:
        """Write one message; what Discord made of it. Raises `ApiRefusal`, and what the ports raise."""
        channel = await self._channel_of(thread)
        webhook = await self._webhook(channel)
        message = shown(body, key) | _as(body)
        try:
            return await self._post(webhook, thread, message)
        except ApiRefusal as refusal:
            if refusal.code == INVALID_FORM and message.pop("avatar_url", None):  # an address that is none to Discord
                return await self._post(webhook, thread, message)
            self._forget(channel, refusal)
            raise

    async def _post(self, webhook: _Webhook, thread: ThreadId, message: Mapping[str, Any]) -> Mapping[str, Any]:
        said: Mapping[str, Any] = await self._api.call(
            "POST", "/webhooks/{webhook_id}/{webhook_token}", json=message,
            params={"wait": "true", "thread_id": thread}, webhook_id=webhook.id, webhook_token=webhook.token,
        )  # fmt: skip
        return said

    async def edit(self, thread: ThreadId, message: str, wanted: Mapping[str, Any]) -> None:
        """Replace a message that one of our webhooks wrote; under which name it stands cannot be changed."""
        await self._change("PATCH", thread, message, wanted)

    async def erase(self, thread: ThreadId, message: str) -> None:
        """Delete a message that one of our webhooks wrote."""
        await self._change("DELETE", thread, message)

    async def _change(self, method: str, thread: ThreadId, message: str, json: object = None) -> None:
        channel = await self._channel_of(thread)
        webhook = await self._webhook(channel)
        try:
            await self._api.call(
                method, "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", json=json,
                params={"thread_id": thread}, webhook_id=webhook.id, webhook_token=webhook.token, message_id=message,
            )  # fmt: skip
        except ApiRefusal as refusal:
            self._forget(channel, refusal)
            raise

    async def _channel_of(self, thread: str) -> str:
        """The channel of a thread: webhooks belong there."""
        if thread not in self._channels:
            found = await self._api.call("GET", "/channels/{channel_id}", channel_id=thread)
            self._channels[thread] = str(found.get("parent_id") or found["id"])
            if len(self._channels) > KEPT:
                del self._channels[next(iter(self._channels))]
        return self._channels[thread]

    async def _webhook(self, channel: str) -> _Webhook:
        """Our webhook in a channel. Whoever asks first looks, and makes it if there is none."""
        async with self._looking:
            if channel not in self._by_channel:
                try:
                    self._by_channel[channel] = await self._found(channel) or await self._made(channel)
                except ApiRefusal as refusal:
                    raise judged(refusal, SEEN) from None
                except MaybeDone as error:  # nothing was said, and if it was made whoever looks next finds it
                    self._perhaps[channel] = self._api.clock.now() + SETTLES
                    raise RetryLater(error.reason) from None
            return self._by_channel[channel]

    async def _found(self, channel: str) -> _Webhook | None:
        there = await self._api.call("GET", "/channels/{channel_id}/webhooks", channel_id=channel)
        ours = [
            _Webhook(str(one["id"]), str(one["token"])) for one in there
            if str(one.get("application_id")) == self._api.us.application and one.get("token")
        ]  # fmt: skip
        return min(ours, key=lambda webhook: int(webhook.id), default=None)

    async def _made(self, channel: str) -> _Webhook:
        wait = self._perhaps.get(channel, 0.0) - self._api.clock.now()
        if wait > 0:
            raise RetryLater("Discord did not say whether it made Backchat's webhook, and may still make it", wait)
        made = await self._api.call("POST", "/channels/{channel_id}/webhooks", json={"name": NAME}, channel_id=channel)
        return _Webhook(str(made["id"]), str(made["token"]))

    def _forget(self, channel: str, refusal: ApiRefusal) -> None:
        if refusal.code == UNKNOWN_WEBHOOK or refusal.status == 401:
            self._by_channel.pop(channel, None)


def _as(body: Body) -> dict[str, str]:
    who = body["as"]
    spoken = {"username": name_for(str(who.get("name") or ""))}
    if who.get("avatar"):
        spoken["avatar_url"] = str(who["avatar"])
    return spoken


def name_for(name: str) -> str:
    """A name as Discord takes it of a webhook: 1 to 80 characters, and nothing that sounds like Discord itself."""
    kept = _FORBIDDEN.sub(lambda found: f"{found[0][:1]}.{found[0][1:]}", " ".join(name.split()))[:LONGEST_NAME].strip()
    if kept.casefold() in _WHOLE:
        kept = f"{kept[:1]}.{kept[1:]}"
    return kept or "Somebody"
