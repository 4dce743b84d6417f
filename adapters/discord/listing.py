"""Which threads there are, as Discord lists them: the active ones of a server, the archived ones of a channel."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from adapters.discord.api import ApiRefusal
from adapters.discord.asking import Asking
from adapters.discord.doors import Shut
from adapters.discord.events import Payload
from adapters.discord.places import ROOM_KINDS, Places
from adapters.discord.snowflakes import first_at

log = logging.getLogger(__name__)

PAGE = 100
"""Threads that Discord lists at once, at most."""


class Get(Protocol):
    """What reads one of Discord's resources, as `adapters.discord.asking.Asking.get` does."""

    async def __call__(self, path: str, *, params: Mapping[str, Any] | None = None, **ids: str) -> Any:
        """The resource. Raises `ApiRefusal`, and what the ports raise."""
        ...


async def active(get: Get, guild: str) -> list[Payload]:
    """A server's threads that are not archived; Discord gives them all at once."""
    answer = await get("/guilds/{guild_id}/threads/active", guild_id=guild)
    return [{**thread, "guild_id": guild} for thread in answer["threads"]]


async def archived(get: Get, room: str, since: float) -> AsyncIterator[Payload]:
    """A channel's archived threads, those first that were archived last; Discord gives them by the page.

    Those archived before `since` (by Discord's clock) may be lacking.
    """
    params: dict[str, Any] = {"limit": PAGE}
    while True:
        answer = await get("/channels/{channel_id}/threads/archived/public", params=params, channel_id=room)
        for thread in answer["threads"]:
            yield thread
        stamps = [str(thread["thread_metadata"]["archive_timestamp"]) for thread in answer["threads"]]
        if not stamps or not answer.get("has_more") or datetime.fromisoformat(min(stamps)).timestamp() < since:
            return
        params["before"] = min(stamps)


@dataclass(frozen=True, slots=True)
class Listing:
    """Lists what may concern us. `guilds` are the servers that the gateway told of.

    `unread` are the servers and channels of which it could not be seen what is in them.
    """

    asking: Asking
    places: Places
    guilds: Collection[str]
    unread: set[str] = field(default_factory=set)

    async def threads(self, since: float) -> list[Payload]:
        """Our rooms' threads but those archived before `since`; one page of these may be among them."""
        found: list[Payload] = []
        for guild in await self._servers():
            try:
                found += await active(self.asking.get, guild)
                for room in await self._rooms(guild):
                    found += [thread async for thread in self._archived(str(room["id"]), since)]
            except (ApiRefusal, Shut) as refusal:
                log.warning("the threads of the server %s cannot be listed: %s", guild, refusal)
                self.unread.add(guild)
        concern = self.places.concerns
        return [thread for thread in found if concern(str(thread.get("parent_id")), str(thread.get("owner_id")))]

    async def newest(self) -> int:
        """An id that no message yet has, in any channel or thread of the servers: all that stands is older."""
        found = 0
        for guild in sorted(self.guilds):
            try:
                channels = await self._channels(guild)
                found = max([found, *map(last, channels), *map(last, await active(self.asking.get, guild))])
            except (ApiRefusal, Shut) as refusal:
                log.warning("the channels of the server %s cannot be listed: %s", guild, refusal)
                found = max(found, first_at(self.asking.clock.now()))
            else:
                for room in self._ours(channels):
                    threads = [last(thread) async for thread in self._archived(str(room["id"]), float("inf"))]
                    found = max([found, *threads])
        return found

    async def _servers(self) -> list[str]:
        """Those in which our rooms are; all of them while no room is known."""
        if not self.places.rooms.known:
            return sorted(self.guilds)
        found = set[str]()
        for room in sorted(self.places.rooms.known):
            try:
                channel = await self.asking.get("/channels/{channel_id}", channel_id=room)
            except (ApiRefusal, Shut) as refusal:
                log.warning("the channel %s cannot be read: %s", room, refusal)
                self.unread.add(str(room))
            else:
                found.add(str(channel["guild_id"]))
        return sorted(found)

    async def _rooms(self, guild: str) -> list[Payload]:
        return self._ours(await self._channels(guild))

    def _ours(self, channels: Sequence[Payload]) -> list[Payload]:
        """Those that are rooms; all that could be while no room is known."""
        known = self.places.rooms.known
        rooms = [channel for channel in channels if channel["type"] in ROOM_KINDS]
        return [room for room in rooms if not known or str(room["id"]) in known]

    async def _channels(self, guild: str) -> list[Payload]:
        return list(await self.asking.get("/guilds/{guild_id}/channels", guild_id=guild))

    async def _archived(self, room: str, since: float) -> AsyncIterator[Payload]:
        """A channel's archived threads; none where they cannot be listed, which is logged."""
        try:
            async for thread in archived(self.asking.get, room, since):
                yield thread
        except (ApiRefusal, Shut) as error:
            said = error.message if isinstance(error, ApiRefusal) else error.reason
            log.warning("the archived threads of the channel %s cannot be listed: %s", room, said)
            self.unread.add(room)


def last(channel: Payload) -> int:
    """The id of the newest message that a channel ever had; a thread's own where it has had none."""
    return int(channel.get("last_message_id") or channel["id"])
