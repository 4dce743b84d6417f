"""Which of our messages stand in a channel or a thread, by their keys: read page by page.

Slack may give as little as 15 messages a minute. So what was read of a list is kept until the whole of it was, and each
question goes on from there: https://docs.slack.dev/apis/web-api/rate-limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from adapters.slack import events
from adapters.slack.api import Api, ApiRefusal
from adapters.slack.ids import Us, micro, ts_at, written_ts
from adapters.slack.keyed import key_in
from adapters.slack.payloads import EVENT_TYPE
from bridge.chats.sharing import Sharing
from bridge.model import Key

PAGE = 200
"""Messages that we ask for at once; Slack recommends no more, and takes up to 999."""
UNSETTLED = 120 * 1_000_000
"""Microseconds for which a message may still appear before one that was read already."""
KEPT = 200
"""Lists whose reading has begun and is not done."""

Message = Mapping[str, Any]
"""A message as Slack describes it (https://docs.slack.dev/reference/events/message)."""
Place = tuple[str, str | None]
"""A channel, and the ts of the message that a thread hangs on; None is what stands in the channel itself."""


def key_of(us: Us, message: Message) -> Key | None:
    """The key that a message of ours bears, in its metadata or on its blocks; None for anybody else's (law 6)."""
    if not events.is_ours(us, message):
        return None
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") == EVENT_TYPE and isinstance(payload.get("key"), str):
        return Key(payload["key"])
    return key_in(message.get("blocks"))


async def message(api: Api, channel: str, root: str, ts: str) -> Message | None:
    """One message of a thread, the one that it hangs on too; None where it is no more.

    Raises `ApiRefusal` for anything else, an unknown channel too.
    """
    only = {"oldest": ts, "latest": ts, "inclusive": True} if ts != root else {}
    try:
        said = await api.call(
            "conversations.replies", channel=channel, ts=root, limit=2, include_all_metadata=True, **only
        )
    except ApiRefusal as refusal:
        if refusal.error == "thread_not_found":
            return None
        raise
    found = next((one for one in said["messages"] if one["ts"] == ts), None)
    return None if found is None or events.is_gone(found) else found


@dataclass(frozen=True, slots=True)
class Found:
    """What a list holds: the ts of our messages by their keys. `rootless`: what the thread hung on was deleted."""

    keys: Mapping[Key, list[str]]
    rootless: bool = False

    def first(self, key: Key) -> str | None:
        """The oldest message that bears the key."""
        return min(self.keys.get(key, ()), key=micro, default=None)


@dataclass(slots=True)
class _Reading:
    """A list that is being read: from `oldest` on, `since` when a question reached back; `top` is the newest seen."""

    since: float
    oldest: int
    begun: bool = False
    """Whether any of it was read: what was written since may be lacking then."""
    cursor: str | None = None
    top: int = 0
    rootless: bool = False
    keys: dict[Key, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class History:
    """Finds our messages."""

    api: Api
    _begun: dict[Place, _Reading] = field(default_factory=dict)
    _readings: Sharing[Place, Found] = field(init=False)

    def __post_init__(self) -> None:
        self._readings = Sharing(self._up_to_now)

    async def standing(self, place: Place, since: float) -> Found:
        """Our messages there, from about `since` on. Raises `ApiRefusal`, and what the ports raise."""
        return await self._readings.get(place, since)

    async def _up_to_now(self, place: Place, since: float) -> Found:
        """Read to the end what was begun earlier, then what came after that began."""
        reading = self._begun.pop(place, None)
        if reading is None or reading.since > since:
            reading = _Reading(since, micro(ts_at(self.api.clocks.theirs(since))))
        elif reading.begun:
            await self._to_the_end(place, reading)
            oldest = max(reading.oldest, reading.top - UNSETTLED)
            reading = replace(reading, oldest=oldest, cursor=None, begun=False)
        await self._to_the_end(place, reading)
        return Found(reading.keys, reading.rootless)

    async def _to_the_end(self, place: Place, reading: _Reading) -> None:
        self._begun[place] = reading
        if len(self._begun) > KEPT:
            del self._begun[next(iter(self._begun))]
        try:
            while await self._page(place, reading):
                pass
        except ApiRefusal:  # it would be refused again: a cursor that is good no more, a thread that is gone
            self._begun.pop(place, None)
            raise
        self._begun.pop(place, None)

    async def _page(self, place: Place, reading: _Reading) -> bool:
        """Read one page; whether there is another."""
        channel, root = place
        method = "conversations.history" if root is None else "conversations.replies"
        said = await self.api.call(
            method, channel=channel, ts=root, oldest=written_ts(reading.oldest), inclusive=True, limit=PAGE,
            include_all_metadata=True, cursor=reading.cursor,
        )  # fmt: skip
        for found in said["messages"]:
            self._note(reading, found, root)
        reading.begun = True
        reading.cursor = (said.get("response_metadata") or {}).get("next_cursor") or None
        return reading.cursor is not None

    def _note(self, reading: _Reading, found: Message, root: str | None) -> None:
        ts = str(found["ts"])
        if ts == root:  # it stands on every page
            reading.rootless = events.is_gone(found)
            return
        if root is None and found.get("thread_ts", ts) != ts:
            return  # a reply that was sent to the channel too
        reading.top = max(reading.top, micro(ts))
        key = key_of(self.api.us, found)
        if key is not None and ts not in reading.keys.setdefault(key, []):
            reading.keys[key].append(ts)
