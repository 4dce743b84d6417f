"""Which of Discord's channels are which: rooms, and the threads below them, as the gateway tells of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

from adapters.discord.events import Names, Payload
from bridge.chats.rooms import Rooms

ROOM_KINDS = frozenset({0, 5, 15, 16})
"""Kinds of channels that can have threads which people see: text, announcements, forum, media."""
THREAD_KINDS = frozenset({10, 11, 12})
"""https://docs.discord.com/developers/resources/channel#channel-object-channel-types"""


@dataclass(frozen=True, slots=True)
class _Thread:
    guild: str
    parent: str
    owner: str


@dataclass(slots=True)
class Places:
    """What is known of channels and active threads. `me` is the bot's user id.

    Archived threads are forgotten: the gateway tells of them again before anything happens in them.
    """

    rooms: Rooms
    me: str
    _guilds: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _roles: dict[str, str] = field(default_factory=dict)
    _threads: dict[str, _Thread] = field(default_factory=dict)

    @property
    def names(self) -> Names:
        """The names of channels and roles."""
        return Names(self._names, self._roles)

    def learn(self, name: str, data: Payload) -> None:
        """Take in what a dispatch says about channels and threads; those about anything else change nothing."""
        if name == "GUILD_CREATE" and not data.get("unavailable"):
            self._forget(str(data["id"]))
            self._channels(str(data["id"]), data.get("channels", ()))
            self._active(str(data["id"]), data.get("threads", ()))
            self._roles |= {str(role["id"]): str(role["name"]) for role in data.get("roles", ())}
        elif name in {"GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE"}:
            self._roles[str(data["role"]["id"])] = str(data["role"]["name"])
        elif name == "GUILD_ROLE_DELETE":
            self._roles.pop(str(data["role_id"]), None)
        elif name in {"CHANNEL_CREATE", "CHANNEL_UPDATE"} and "guild_id" in data:
            self._channels(str(data["guild_id"]), [data])
        elif name == "CHANNEL_DELETE":
            self._drop(str(data["id"]))
        elif name in {"THREAD_CREATE", "THREAD_UPDATE"}:
            self._active(str(data["guild_id"]), [data])
        elif name == "THREAD_DELETE":
            self._threads.pop(str(data["id"]), None)
        elif name == "THREAD_LIST_SYNC":
            self._active(str(data["guild_id"]), data.get("threads", ()))

    def is_room(self, channel: str) -> bool:
        """Whether it is known to be a channel, and no thread."""
        return channel in self._guilds

    def counts(self, channel: str, guild: str) -> bool:
        """Whether what happens there may concern us: in a thread that may be ours, or one of which nothing is known."""
        thread = self._threads.get(channel)
        if thread is not None:
            return self.concerns(thread.parent, thread.owner)
        if self.is_room(channel):
            return False
        guilds = {self._guilds[room] for room in self.rooms.known if room in self._guilds}
        return not guilds or guild in guilds

    def concerns(self, parent: str, owner: str) -> bool:
        """Whether a thread below this channel, which this person made, may be one of ours."""
        return parent in self.rooms.known or owner == self.me

    def _channels(self, guild: str, channels: Iterable[Payload]) -> None:
        for channel in channels:
            self._guilds[str(channel["id"])] = guild
            self._names[str(channel["id"])] = str(channel.get("name") or "")

    def _active(self, guild: str, threads: Iterable[Payload]) -> None:
        for thread in threads:
            id = str(thread["id"])
            if (thread.get("thread_metadata") or {}).get("archived"):
                self._threads.pop(id, None)
            else:
                where = (guild, str(thread.get("parent_id")), str(thread.get("owner_id")))
                self._threads[id] = _Thread(*map(sys.intern, where))  # a thousand threads are of few channels

    def _drop(self, channel: str) -> None:
        self._guilds.pop(channel, None)
        self._names.pop(channel, None)
        for id in [id for id, thread in self._threads.items() if thread.parent == channel]:
            del self._threads[id]

    def _forget(self, guild: str) -> None:
        for channel in [channel for channel, there in self._guilds.items() if there == guild]:
            self._drop(channel)
        for id in [id for id, thread in self._threads.items() if thread.guild == guild]:
            del self._threads[id]
