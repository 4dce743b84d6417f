"""What Slack's events tell: raw events of people's doings and of our own messages, and nothing else.

https://docs.slack.dev/reference/events
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from adapters.slack import events
from adapters.slack.api import Api, ApiRefusal
from adapters.slack.events import Payload
from adapters.slack.markup import mentioned
from adapters.slack.people import People, in_time
from adapters.slack.settings import Settings
from adapters.slack.watermark import Remembered
from bridge.chats.rooms import Rooms
from bridge.errors import RetryLater
from bridge.model import RawEvent

log = logging.getLogger(__name__)

UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a description that is not as Slack documents it can bring about."""
NAMING = 1.5
"""Seconds for which an event waits for names: Slack waits for three."""
SEEKING = 2.0
"""Seconds in which the thread of a message is found, or the event is told anew."""
_ABSENT = {
    "channel_archive": "was archived", "group_archive": "was archived", "channel_deleted": "was deleted",
    "group_deleted": "was deleted", "channel_left": "is not ours to read any more: /invite the app there again",
    "group_left": "is not ours to read any more: /invite the app there again",
}  # fmt: skip


class Ear:
    """Makes raw events of Slack's, whichever way they come."""

    def __init__(self, api: Api, people: People, rooms: Rooms, settings: Settings) -> None:
        self.remembered = Remembered()
        """People's messages, as far as they were heard."""
        self.lacking = asyncio.Event()
        """Set when something was said in a room that nobody told us of: we were not in it, and are again."""
        self._api, self._people, self._rooms = api, people, rooms
        self._links, self._mark = settings.attachments == "link", _plain(settings.mark)

    async def heard(self, event: Payload) -> list[RawEvent]:
        """Everything that one event means. One that nobody can read is logged, and means nothing.

        Raises `RetryLater` where it cannot be told now what it means: it must be told again.
        """
        try:
            raws = await self._read(event)
        except UNREADABLE as error:
            log.warning("Slack told of %s in a way that nobody can read: %r", event.get("type"), error)
            return []
        return [raw for raw in raws if raw is not None]

    def counts(self, channel: str, message: Payload) -> bool:
        """Whether what is said there may concern us: in one of our rooms, or below a message of ours elsewhere."""
        known = self._rooms.known
        return not known or channel in known or message.get("parent_user_id") == self._api.us.user

    def is_mark(self, reaction: str) -> bool:
        """Whether it is the reaction that marks, in whatever colour."""
        return _plain(reaction) == self._mark

    async def person_wrote(
        self, channel: str, message: Payload, *, new: bool, changed: bool, within: float | None = None
    ) -> list[RawEvent]:
        """A person's message in a thread as raw events: that it was written, that it was changed, or both.

        `within`: seconds after which names that Slack has not told stay unknown.
        """
        us, ts = self._api.us, str(message["ts"])
        user, about = str(message["user"]), mentioned(message)
        names = await self._people.names(replace(about, people=about.people | {user}), within=within)
        by = await self._people.writer(user, events.team_of(message), within=within and 0.0)
        self.remembered.note(channel, ts, events.root_of(message))
        made = []
        if new:
            made.append(events.written(us, channel, message, by, names, links=self._links))
        if changed:
            edited = events.edited(us, channel, message, by, names, links=self._links)
            made.append(self._changed_to(channel, message, edited))
        return [raw for raw in made if raw is not None]

    async def person_marked(
        self, channel: str, ts: str, root: str, user: str, event_ts: str, *, on: bool, team: str | None = None
    ) -> RawEvent:
        """A person marked a message, or took the mark off, at `event_ts`."""
        by = await self._people.writer(user, team, within=NAMING)
        self.remembered.mark(channel, ts, on)
        return events.marked(self._api.us, channel, ts, root, by, event_ts, on=on)

    def _changed_to(self, channel: str, message: Payload, edited: RawEvent | None) -> RawEvent | None:
        """A person changed a message; where nothing is said in it any more, its words are as good as deleted."""
        at = events.edited_ts(message)
        if edited is not None or at is None:
            return edited
        return self.gone(channel, str(message["ts"]), events.root_of(message), at)

    def gone(self, channel: str, ts: str, root: str, event_ts: str) -> RawEvent:
        """A message is gone."""
        self.remembered.forget(channel, ts)
        return events.erased(self._api.us, channel, ts, root, event_ts)

    # --- What an event is about -----------------------------------------------------------------------------

    async def _read(self, event: Payload) -> list[RawEvent | None]:
        kind = str(event["type"])
        match kind:
            case "message":
                return await self._message(event)
            case "reaction_added" | "reaction_removed":
                return await self._reacted(event)
            case "channel_id_changed":
                self._api.moved.learn(str(event["old_channel_id"]), str(event["new_channel_id"]))
            case "channel_rename" | "group_rename":
                self._people.called(self._known(event["channel"]["id"]), str(event["channel"]["name"]))
            case "user_change":
                self._people.learn(event["user"])
            case "member_joined_channel":
                self._joined(event)
            case "member_left_channel" if event.get("user") == self._api.us.user:
                self._say_absent(event["channel"], _ABSENT["channel_left"])
            case _ if kind in _ABSENT:
                self._say_absent(event["channel"], _ABSENT[kind])
        return []  # the others, such as app_mention, tell what a message tells as well

    async def _message(self, event: Payload) -> list[RawEvent | None]:
        channel = self._known(event["channel"])
        match event.get("subtype"):
            case "message_changed":
                return await self._changed(channel, event)
            case "message_deleted":
                return self._deleted(channel, event)
        if events.is_ours(self._api.us, event):
            return [events.ours(self._api.us, channel, event)]
        if not self._concerns(channel, event):
            return []
        return [*await self.person_wrote(channel, event, new=True, changed=False, within=NAMING)]

    async def _changed(self, channel: str, event: Payload) -> list[RawEvent | None]:
        """A message was changed, or Slack has something to add to it, as it does to every reply of a deleted one."""
        now, before = event["message"], event.get("previous_message") or {}
        if events.is_gone(now):
            ours = not before or events.is_ours(self._api.us, before)
            return [self.gone(channel, str(now["ts"]), events.root_of(now), _told_at(event))] if ours else []
        if events.is_ours(self._api.us, now) or events.is_ours(self._api.us, before):
            return []
        if not self._concerns(channel, now) or not events.has_new_words(now, before):
            return []
        return [*await self.person_wrote(channel, now, new=False, changed=True, within=NAMING)]

    def _deleted(self, channel: str, event: Payload) -> list[RawEvent | None]:
        """A message was deleted, by whomever: ours may be deleted by a person too."""
        ts, before = str(event["deleted_ts"]), event.get("previous_message") or {}
        root = before.get("thread_ts") or self.remembered.root(channel, ts)
        concerns = bool(before) and (events.is_ours(self._api.us, before) or self._concerns(channel, before))
        if not concerns and self.remembered.root(channel, ts) is None:
            return []
        return [self.gone(channel, ts, str(root or ts), _told_at(event))]

    async def _reacted(self, event: Payload) -> list[RawEvent | None]:
        item, user = event["item"], str(event["user"])
        on_own = str(event.get("item_user") or user) == user != self._api.us.user
        if item.get("type") != "message" or not on_own or not self.is_mark(str(event["reaction"])):
            return []
        channel, ts = self._known(item["channel"]), str(item["ts"])
        if not self.counts(channel, {}):
            return []
        root = self.remembered.root(channel, ts) or await self._sought(channel, ts)
        if root is None or root == ts:
            return []
        on = event["type"] == "reaction_added"
        return [await self.person_marked(channel, ts, root, user, _told_at(event), on=on)]

    async def _sought(self, channel: str, ts: str) -> str | None:
        """The first message of the thread that a message is in; None where it is gone. Raises `RetryLater`."""
        try:
            asked = self._api.call("conversations.replies", channel=channel, ts=ts, limit=1)
            found = await in_time(asked, SEEKING, self._api)
        except ApiRefusal as refusal:
            log.info("the message %s that somebody marked cannot be read: %s", ts, refusal)
            return None
        if found is None:
            raise RetryLater("Slack does not tell in time in which thread somebody marked something")
        messages = found["messages"]
        return events.root_of(messages[0]) if messages else None

    def _concerns(self, channel: str, message: Payload) -> bool:
        """Whether it is what a person wrote in a thread that may be ours."""
        return events.is_persons(message) and events.is_reply(message) and self.counts(channel, message)

    def _joined(self, event: Payload) -> None:
        if event.get("user") == self._api.us.user and self.counts(self._known(event["channel"]), {}):
            self.lacking.set()

    def _say_absent(self, channel: object, words: str) -> None:
        if self._known(channel) in self._rooms.known:
            log.warning("the channel %s %s", channel, words)

    def _known(self, channel: object) -> str:
        return self._api.moved.known(str(channel))


def _told_at(event: Mapping[str, Any]) -> str:
    return str(event.get("event_ts") or event["ts"])


def _plain(reaction: str) -> str:
    """A reaction's name without the colour of its skin."""
    return reaction.partition("::")[0]
