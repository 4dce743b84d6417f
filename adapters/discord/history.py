"""Which of our messages stand in a channel, by their keys: read page by page, and only what is new the next time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.discord.api import Api, ApiRefusal
from adapters.discord.markers import key_in
from adapters.discord.refusals import UNKNOWN_MESSAGE
from adapters.discord.snowflakes import first_at, instant
from bridge.chats.sharing import Sharing
from bridge.model import Key

PAGE = 100
"""Messages that Discord gives at once, at most."""
UNSETTLED = 120.0
"""Seconds for which a message may still appear before one that was read already."""
KEPT, KEYS = 200, 20_000
"""Channels whose reading is remembered, and keys that are in all of them."""

Message = Mapping[str, Any]
"""A message as Discord describes it (https://docs.discord.com/developers/resources/message#message-object)."""


async def messages(api: Api, channel: str, after: int) -> AsyncIterator[Message]:
    """A channel's messages with greater ids, the oldest first."""
    while True:
        page = await api.call(
            "GET", "/channels/{channel_id}/messages", params={"after": after, "limit": PAGE}, channel_id=channel
        )
        for message in sorted(page, key=lambda message: int(message["id"])):
            after = max(after, int(message["id"]))
            yield message
        if len(page) < PAGE:
            return


async def message(api: Api, channel: str, id: str) -> Message | None:
    """One message, None where it is no more. Raises `ApiRefusal` for anything else, an unknown channel too."""
    try:
        found: Message = await api.call(
            "GET", "/channels/{channel_id}/messages/{message_id}", channel_id=channel, message_id=id
        )
    except ApiRefusal as refusal:
        if refusal.code == UNKNOWN_MESSAGE:
            return None
        raise
    return found


@dataclass(slots=True)
class _Read:
    """What was read of a channel: from where, up to which message, and the keys found."""

    start: int
    upto: int
    keys: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class History:
    """Finds our messages; `ours` tells them from everybody else's, whose keys count for nothing (law 6)."""

    api: Api
    ours: Callable[[Message], bool]
    _read: dict[str, _Read] = field(default_factory=dict)
    _readings: Sharing[str, _Read] = field(init=False)

    def __post_init__(self) -> None:
        self._readings = Sharing(self._up_to_now)

    async def standing(self, channel: str, key: Key, since: float) -> Message | None:
        """The message that carries the key, as it stands; of several the oldest.

        What is older than `since` may be lacking. Raises `ApiRefusal`, and what the ports raise.
        """
        read = await self._readings.get(channel, since)
        for id in sorted(read.keys.get(key, ()), key=int):
            found = await message(self.api, channel, id)
            if found is not None and self.ours(found) and key_in(found["content"]) == key:
                return found
        return None

    async def _up_to_now(self, channel: str, since: float) -> _Read:
        start = first_at(self.api.clocks.theirs(since))
        read = self._read.pop(channel, None)
        if read is None or read.start > start:
            read = _Read(start, start)
        self._read[channel] = read
        async for found in messages(self.api, channel, read.upto - 1):
            self._note(read, found)
        self._forget()
        return read

    def _forget(self) -> None:
        """Forget the channels that were looked into the longest ago; they are read anew when they are asked about."""
        keys = sum(len(read.keys) for read in self._read.values())
        while len(self._read) > KEPT or keys > KEYS:
            keys -= len(self._read.pop(next(iter(self._read))).keys)

    def _note(self, read: _Read, found: Message) -> None:
        id = str(found["id"])
        key = key_in(found["content"]) if self.ours(found) else None
        if key is not None and id not in read.keys.setdefault(key, []):
            read.keys[key].append(id)
        read.upto = max(read.upto, first_at(instant(id) - UNSETTLED))
