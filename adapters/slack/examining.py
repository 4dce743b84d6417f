"""What `backchat doctor` looks at in a Slack chat, beyond that it opens: all by asking, nothing is changed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp

from adapters.slack.api import Api, ApiRefusal
from adapters.slack.examining_rooms import Workspace, bad, good, not_a_room, of_people, of_room, words
from adapters.slack.knows_ids import WHERE_ROOM, no_room
from adapters.slack.manifest import APPS, link
from adapters.slack.scopes import SCOPES, lacking
from adapters.slack.settings import HTTP, Settings
from bridge.chats.rooms import Rooms
from bridge.errors import Refused, StepError
from bridge.model import Finding, RoomId
from bridge.ports import Clock

PATIENCE = 10.0
"""Seconds for our own address to answer."""
UNSEEN = frozenset({"channel_not_found", "not_in_channel", "no_permission"})
"""Refusals of a channel that is not there, or is private and has not let the bot in: Slack does not say which."""


async def examine(settings: Settings, api: Api, rooms: Rooms, clock: Clock) -> Sequence[Finding]:
    """See `bridge.ports.Examines`."""
    return await Examination(settings, api, rooms, clock).findings()


@dataclass(slots=True)
class Examination:
    """One look at a chat."""

    settings: Settings
    api: Api
    rooms: Rooms
    clock: Clock
    _workspace: Workspace | None = None

    async def findings(self) -> Sequence[Finding]:
        """Everything that was found: the app itself first, then channel by channel."""
        found = list(await self._tried("the bot cannot be asked about", self._bot))
        found += await self._tried("what Slack tells cannot be tried", self._way)
        if not self.rooms.known:
            found.append(bad("no route names a channel of this chat", "write a channel's id as `room` in a route"))
        for room in sorted(self.rooms.known):
            found += await self._tried(f"the channel {room} cannot be looked at", partial(self._room, room))
        return list(dict.fromkeys(found))

    async def _tried(self, otherwise: str, look: Callable[[], Awaitable[Sequence[Finding]]]) -> Sequence[Finding]:
        try:
            return await look()
        except ApiRefusal as refusal:
            return (
                bad(f"{otherwise}: {words(refusal)}", f"see whether the app may do that, at {APPS}, and try again"),
            )
        except StepError as error:
            return (bad(f"{otherwise}: {error.reason}", "try again in a minute"),)

    # --- The app ------------------------------------------------------------------------------------------------

    async def _bot(self) -> Sequence[Finding]:
        there = await self._there()
        lacks = lacking(self.api.scopes)
        remedy = f"at {APPS}, in your app: OAuth & Permissions, Scopes, Add an OAuth Scope; then Reinstall to Workspace"
        return (
            good(f"the token is that of {there.handle}, a bot on “{there.name}”"),
            *(bad(f"the bot lacks the scope {scope.name}: {scope.without}", remedy) for scope in lacks),
            *(() if lacks else (good(f"the bot has the {len(SCOPES)} scopes that Backchat uses"),)),
        )

    async def _there(self) -> Workspace:
        if self._workspace is None:
            said = await self.api.call("auth.test")
            self._workspace = Workspace(self.api, str(said["team"]), str(said["user"]))
        return self._workspace

    async def _way(self) -> Sequence[Finding]:
        """By which Slack tells what happens."""
        return await (self._called() if self.settings.mode == HTTP else self._socket())

    async def _socket(self) -> Sequence[Finding]:
        from adapters.slack.preflight import socket_address

        app = app_of(self.settings.app_token)
        if app and self.api.us.app and app != self.api.us.app:
            what = f"app_token belongs to the app {app}, and token to the app {self.api.us.app}: nothing would be heard"
            return (bad(what, "copy both from the pages of one app"),)
        try:
            await socket_address(self.api.client, self.settings.name, self.settings.app_token)
        except Refused as error:
            return (bad(error.reason, f"that is at {APPS}, in your app, under Basic Information and Socket Mode"),)
        return (good("Slack takes the app-level token, and Socket Mode is on: what happens there can be heard"),)

    async def _called(self) -> Sequence[Finding]:
        """Call ourselves as Slack does when the address is entered: https://docs.slack.dev/reference/events/url_verification."""
        address = self.settings.address
        assert address is not None  # without one the settings are a problem
        challenge = secrets.token_urlsafe(16)
        try:
            status, said = await self._answer(address, json.dumps({"type": "url_verification", "challenge": challenge}))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            status, said = 503, str(error)
        if status == 200 and challenge in said:
            return (good(f"{address} is answered by Backchat, which knows its signing secret"),)
        if status in {401, 403}:
            what = f"whoever answers at {address} does not know this signing_secret"
            return (bad(what, "copy the Signing Secret of this app anew, and restart Backchat if it runs"),)
        if status >= 500:
            remedy = "start Backchat, and try again; if it runs, look at the reverse proxy (docs/slack.md)"
            made = f"an app that is told of that address is made by {link(address)}"
            return (bad(f"nobody answers at {address} now, so that Slack can tell nothing", remedy), good(made))
        remedy = "have the reverse proxy pass on what comes in below /in/ (docs/slack.md)"
        return (bad(f"what answers at {address} is not Backchat ({status})", remedy),)

    async def _answer(self, address: str, body: str) -> tuple[int, str]:
        from slack_sdk.signature import SignatureVerifier

        stamp = str(int(self.clock.now()))
        signature = SignatureVerifier(self.settings.signing_secret).generate_signature(timestamp=stamp, body=body)
        headers = {
            "Content-Type": "application/json", "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": str(signature),
        }  # fmt: skip
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as session,
            session.post(address, data=body, headers=headers, allow_redirects=False) as response,
        ):
            return response.status, (await response.content.read(10_000)).decode("utf-8", "replace")

    # --- Channels -----------------------------------------------------------------------------------------------

    async def _room(self, room: RoomId) -> Sequence[Finding]:
        if (wrong := no_room(room)) is not None:
            what, _, remedy = wrong.partition(": ")
            return (bad(what, remedy),)
        there = await self._there()
        try:
            channel: Mapping[str, Any] = (await self.api.call("conversations.info", channel=room))["channel"]
        except ApiRefusal as refusal:
            if refusal.error not in UNSEEN:
                raise
            remedy = f"write /invite @{there.handle} in it, if it is a private one; else write its id: {WHERE_ROOM}"
            return (bad(f"the bot sees no channel {room} on “{there.name}”", remedy),)
        if (direct := not_a_room(channel)) is not None:
            return (direct,)
        desk = self.rooms.desks.get(room)
        listed = self.rooms.speakers.get(room, frozenset()) | (desk.moderators if desk else frozenset())
        about = of_room(there, channel, closed=desk is not None and desk.closed)
        return (*about, *await of_people(there, channel, listed))


def app_of(token: str) -> str | None:
    """The app whose app-level token this is, which stands in it: `xapp-1-A…-…`; None where it does not."""
    parts = token.split("-")
    return parts[2] if len(parts) > 3 and parts[2].startswith("A") else None
