"""Which threads of ours there are, as channels tell: their messages say when somebody replied to them last."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from adapters.slack import events
from adapters.slack.api import ApiRefusal
from adapters.slack.budget import Budget
from adapters.slack.events import Payload
from adapters.slack.ids import Us, micro
from bridge.chats.rooms import Rooms

log = logging.getLogger(__name__)

PAGES = 20
"""Pages of a channel that are read: the newest."""
EARLIER = 3
"""Pages that are read of the time before we listened for the first time: a thread may be older than that."""
CHANNELS = 999


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread of ours. `last`: when something was last said in it, in microseconds of Slack's clock.

    `has_people`: whether anybody but us may have said something there.
    """

    channel: str
    root: str
    last: int
    has_people: bool = True

    @property
    def has_replies(self) -> bool:
        """Whether anything stands below its first message."""
        return self.last > micro(self.root)

    @property
    def name(self) -> str:
        """How it is called in a watermark."""
        return f"{self.channel}:{self.root}"


@dataclass(slots=True)
class Listing:
    """Lists what stands in our rooms. `unread` is what could not be listed, and up to which instant.

    `known`: first messages of threads that are ours though only a stone is left of them.
    """

    budget: Budget
    rooms: Rooms
    us: Us
    known: frozenset[str] = frozenset()
    unread: dict[str, int] = field(default_factory=dict)

    async def channels(self) -> list[str]:
        """Our rooms; every channel that the bot is in while no room is known."""
        if self.rooms.known:
            return sorted(self.rooms.known)
        found = await self.budget.api.call(
            "conversations.list", types="public_channel,private_channel", exclude_archived=True, limit=CHANNELS
        )
        return sorted(str(one["id"]) for one in found["channels"] if one.get("is_member"))

    async def newest(self) -> int:
        """An instant after which nothing stands yet in our rooms: all that does is older, or as old."""
        found = 0
        for channel in await self.channels():
            try:
                page = await self.budget.ask("conversations.history", channel=channel)
            except ApiRefusal as refusal:
                log.warning("the channel %s cannot be read: %s", channel, refusal)
                continue
            found = max([found, *(_last(message) for message in page["messages"])])
        return found

    async def roots(self, channel: str, floor: int) -> list[Payload]:
        """What we said in a channel itself, newest first, or what is left of it; before `floor` only a few pages."""
        found: list[Payload] = []
        cursor: str | None = None
        earlier, reached = EARLIER, False
        for _ in range(PAGES):
            page = await self.budget.ask("conversations.history", channel=channel, cursor=cursor)
            found += [one for one in page["messages"] if self._is_root(one)]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            reached = reached or any(micro(str(one["ts"])) <= floor for one in page["messages"])
            earlier -= reached
            if not cursor or earlier < 0:
                return found
        if not reached:
            log.warning("the channel %s holds more than can be read: its older threads are not looked at", channel)
            self.unread[channel] = 0
        return found

    def _is_root(self, message: Payload) -> bool:
        if events.is_reply(message):
            return False
        return events.is_ours(self.us, message) or (events.is_gone(message) and str(message["ts"]) in self.known)


def thread(us: Us, channel: str, root: Payload) -> Thread:
    """The thread below a message."""
    users = [str(user) for user in root.get("reply_users") or ()]  # the first few
    only_us = set(users) <= {us.user, us.bot} and int(root.get("reply_users_count") or 0) <= len(users)
    return Thread(channel, str(root["ts"]), _last(root), has_people=not only_us)


def _last(message: Payload) -> int:
    return max(micro(str(message["ts"])), micro(str(message.get("latest_reply") or "0")))
