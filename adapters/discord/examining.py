"""What `backchat doctor` looks at in a Discord chat, beyond that it opens: all by asking, nothing is changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from adapters.discord.api import Api, ApiRefusal
from adapters.discord.doors import Shut
from adapters.discord.examining_rooms import (
    ARCHIVED,
    COPY,
    Server,
    bad,
    good,
    not_a_room,
    of_people,
    of_room,
    of_threads,
)
from adapters.discord.identifies import RESERVE
from adapters.discord.invitation import PORTAL, invitation
from adapters.discord.permissions import READ_MESSAGE_HISTORY
from adapters.discord.settings import Settings
from bridge.chats.rooms import Rooms
from bridge.errors import StepError
from bridge.model import Finding, RoomId
from bridge.ports import Clock


async def examine(settings: Settings, api: Api, rooms: Rooms, clock: Clock) -> Sequence[Finding]:
    """See `bridge.ports.Examines`."""
    return await Examination(settings, api, rooms, clock.now()).findings()


@dataclass(slots=True)
class Examination:
    """One look at a chat; what was asked of Discord once is not asked again."""

    settings: Settings
    api: Api
    rooms: Rooms
    now: float
    _servers: dict[str, Server] = field(default_factory=dict)

    async def findings(self) -> Sequence[Finding]:
        """Everything that was found: the bot itself first, then channel by channel, then the threads."""
        found = list(await self._tried("the bot cannot be asked about", self._bot))
        if not self.rooms.known:
            found.append(bad("no route names a channel of this chat", "write a channel's id as `room` in a route"))
        for room in sorted(self.rooms.known):
            found += await self._tried(f"the channel {room} cannot be looked at", partial(self._room, room))
        for server in self._servers.values():
            what = f"the threads on “{server.name}” cannot be looked at"
            found += await self._tried(what, partial(self._threads, server))
        return list(dict.fromkeys(found))  # that the bot is on no server is found at every channel

    async def _tried(self, otherwise: str, look: Callable[[], Awaitable[Sequence[Finding]]]) -> Sequence[Finding]:
        try:
            return await look()
        except ApiRefusal as refusal:
            return (
                bad(f"{otherwise}: {refusal.message}", "see whether the bot may do that in Discord, and try again"),
            )
        except StepError as error:
            return (bad(f"{otherwise}: {error.reason}", "try again in a minute"),)

    # --- The bot ------------------------------------------------------------------------------------------------

    async def _bot(self) -> Sequence[Finding]:
        user = await self.api.call("GET", "/users/@me")
        application = await self.api.call("GET", "/applications/@me")
        limit = (await self.api.call("GET", "/gateway/bot"))["session_start_limit"]
        return (
            good(f"the token is that of {user['username']}, the bot of the application “{application['name']}”"),
            self._intent(),
            *_application(application),
            _sign_ins(limit),
        )

    def _intent(self) -> Finding:
        if self.api.reads_content:
            return good("Message Content Intent is on: what people write can be read")
        remedy = f"switch it on at {PORTAL}, in your application under Bot"
        if self.settings.identity == "webhook":
            what = "Message Content Intent is off: replies to what webhooks say arrive without their words"
            return bad(what, f'{remedy}; or set identity = "bot"')
        return good(
            "Message Content Intent is off: replies to the bot's messages, Answer and Publish as answer work, while"
            f" other messages cannot be read (to have them read, {remedy})"
        )

    # --- Channels -----------------------------------------------------------------------------------------------

    async def _room(self, room: RoomId) -> Sequence[Finding]:
        if not room.isdecimal():
            return (bad(f"{room!r} is no channel's id", f"write its number, a long one: {COPY}"),)
        try:
            channel = await self.api.call("GET", "/channels/{channel_id}", channel_id=room)
        except ApiRefusal as refusal:
            return (await self._unseen(room, gone=refusal.status == 404),)
        except Shut:  # `open` was refused it a moment ago
            return (await self._unseen(room, gone=False),)
        wrong = not_a_room(channel)
        if wrong is not None:
            return (wrong,)
        server = await self._server(channel["guild_id"])
        server.channels.append(channel)
        desk = self.rooms.desks.get(room)
        listed = self.rooms.speakers.get(room, frozenset()) | (desk.moderators if desk else frozenset())
        about = of_room(server, channel, self.settings.identity, closed=desk is not None and desk.closed)
        return (*about, *await of_people(server, channel, listed))

    async def _unseen(self, room: RoomId, *, gone: bool) -> Finding:
        """Why the bot does not see a channel: it is on no server, on another one, or shut out of the channel."""
        servers = await self.api.call("GET", "/users/@me/guilds")
        link = invitation(self.api.us.application, self.settings.identity)
        if not servers:
            return bad("the bot is on no server", f"open {link} in a browser, and choose your server")
        if gone:
            return bad(f"there is no channel {room}", f"write the id of one that is there: {COPY}")
        names = ", ".join(f"“{server['name']}”" for server in servers)
        what = f"the bot may not see the channel {room}; it is on {names}"
        remedy = f"let it see the channel: Edit Channel, Permissions, View Channel; or invite it to that server: {link}"
        return bad(what, remedy)

    async def _server(self, id: str) -> Server:
        if id not in self._servers:
            guild = await self.api.call("GET", "/guilds/{guild_id}", guild_id=id)
            me = await self.api.call(
                "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=id, user_id=self.api.us.user
            )
            self._servers[id] = Server(self.api, guild, me, self.now)
        return self._servers[id]

    # --- Threads ------------------------------------------------------------------------------------------------

    async def _threads(self, server: Server) -> Sequence[Finding]:
        active = await self.api.call("GET", "/guilds/{guild_id}/threads/active", guild_id=server.guild["id"])
        archived = [
            await self.api.call(
                "GET",
                "/channels/{channel_id}/threads/archived/public",
                channel_id=channel["id"],
                params={"limit": ARCHIVED},
            )
            for channel in server.channels
            if server.allowed(channel) & READ_MESSAGE_HISTORY
        ]
        return of_threads(server, active["threads"], [thread for page in archived for thread in page["threads"]])


def _application(application: Mapping[str, Any]) -> Sequence[Finding]:
    """What can be set at an application so that a bot on it does not work."""
    found = []
    if application.get("interactions_endpoint_url"):
        what = "Interactions Endpoint URL is set, so Discord sends what people press there, and not to Backchat"
        found.append(bad(what, f"empty it at {PORTAL}, in your application under General Information"))
    if application.get("bot_require_code_grant"):
        what = "Requires OAuth2 Code Grant is on, so the bot cannot be invited by a link"
        found.append(bad(what, f"switch it off at {PORTAL}, in your application under Bot"))
    return found


def _sign_ins(limit: Mapping[str, Any]) -> Finding:
    """How often the bot may still begin a session: https://docs.discord.com/developers/events/gateway#session-start-limit-object."""
    remaining, total = int(limit["remaining"]), int(limit["total"])
    if remaining > RESERVE:
        return good(f"{remaining} of the {total} sign-ins that Discord allows it in a day are left")
    hours = int(limit["reset_after"]) / 3_600_000
    what = f"only {remaining} of {total} sign-ins are left for {hours:.1f} hours: Backchat keeps them back, and waits"
    return bad(what, "find out which program with this token signs in again and again, and stop it")
