"""Our messages in threads: said, found, edited, erased; and people's, read as they stand."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.slack import events, meaning
from adapters.slack.api import Api, ApiRefusal
from adapters.slack.history import Found, History, Message, key_of, message
from adapters.slack.ids import is_message, message_id, parted
from adapters.slack.markup import mentioned
from adapters.slack.payloads import Body, loaded, shown, spoken, taken, unnamed
from adapters.slack.people import People
from adapters.slack.refusals import CUSTOMIZE, DELETED, GONE, MINUTE, judged, lost
from bridge.chats.unsettled import Unsettled
from bridge.errors import MaybeDone, Refused, RetryLater, StepError, ThreadLost
from bridge.model import Key, MessageId, Part, ThreadId, Written

log = logging.getLogger(__name__)

READ = "read what stands in that thread"
SLACKBOT = "USLACKBOT"
"""Who has written what stands for a deleted message."""
KEPT = 5_000
"""Messages of ours whose keys are remembered; those of others are asked for before they are edited."""


class Messages:
    """What we say in threads."""

    def __init__(self, api: Api, people: People, history: History, *, links: bool) -> None:
        self._api = api
        self._people = people
        self._links = links
        self._history = history
        self._unsettled = Unsettled(api.clock)
        self._said: dict[str, tuple[Key, bool]] = {}
        """Of a message its key, and whether it was said under a name of its own."""

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        """Write one message; it is taken back where the message that the thread hung on was deleted.

        Slack takes it even so, and puts it beside the thread, or below the stone that is left.
        """
        channel, root = parted(thread)
        body = loaded(part)
        may_name = CUSTOMIZE in self._api.scopes or not self._api.scopes
        try:
            sent, said = await taken(
                body if may_name else unnamed(body),
                lambda body: self._api.call(
                    "chat.postMessage", channel=channel, thread_ts=root, **spoken(body, key)
                ),
            )  # fmt: skip
        except ApiRefusal as refusal:
            raise judged(refusal, "write there", lost) from None
        ts = str(said["ts"])
        if not _hangs_on(said.get("message") or {}, root):
            await self._take_back(channel, ts)
            raise ThreadLost("a person deleted the message that the thread hung on")
        self._remember(message_id(channel, ts), key, named="username" in sent)
        return message_id(channel, ts)

    async def _take_back(self, channel: str, ts: str) -> None:
        """Delete what landed where nobody looks for it. Where that is refused, say so: nothing else would ever tell.

        Raises `MaybeDone` where Slack did not answer or has no time for it: who looks for the message takes it back.
        """
        try:
            await self._delete(channel, ts)
        except StepError as error:
            raise MaybeDone(
                f"it landed beside its thread, which is gone, and is still to be taken back: {error}"
            ) from None
        except ApiRefusal as error:
            log.warning(
                "a comment landed in the channel %s, for its thread is gone: delete it by hand (%s)", channel, error
            )

    async def find(self, thread: ThreadId, keys: Sequence[Key], since: float) -> Mapping[Key, MessageId]:
        """Which of these keys stand in the thread. What landed beside it, because that is gone, is taken back."""
        channel, root = parted(thread)
        try:
            found = await self._in_thread(channel, root, since)
            if found.rootless and any(key not in found.keys for key in keys):
                await self._clear(channel, keys, since)
        except ApiRefusal as refusal:
            raise judged(refusal, READ) from None
        firsts = {key: found.first(key) for key in keys}
        return {key: message_id(channel, ts) for key, ts in firsts.items() if ts is not None}

    async def _in_thread(self, channel: str, root: str, since: float) -> Found:
        try:
            return await self._history.standing((channel, root), since)
        except ApiRefusal as refusal:
            if refusal.error not in GONE:
                raise
        return Found({}, rootless=True)

    async def _clear(self, channel: str, keys: Sequence[Key], since: float) -> None:
        """Take back what Slack put into the channel itself."""
        strays = await self._history.standing((channel, None), since)
        for ts in [ts for key in keys for ts in strays.keys.get(key, ())]:
            await self._delete(channel, ts)

    async def edit(self, thread: ThreadId, message: MessageId, part: Part) -> None:
        """Replace a message of ours, which keeps its key and its sender."""
        try:
            async with self._unsettled.changing(message, part.body):
                await self._edit(thread, message, loaded(part))
        except ApiRefusal as refusal:
            raise judged(refusal, "edit its messages") from None

    async def _edit(self, thread: ThreadId, id: MessageId, body: Body) -> None:
        channel, ts = parted(id)
        key, named = self._said.get(id) or await self._look_up(thread, id)
        wanted = body if named else unnamed(body)

        async def send(body: Body) -> dict[str, Any]:
            return await self._api.call("chat.update", channel=channel, ts=ts, **shown(body, key))

        await taken(wanted, send)

    async def _look_up(self, thread: ThreadId, id: MessageId) -> tuple[Key, bool]:
        """The key of a message of ours that somebody before us said, and whether it has a name of its own."""
        standing = await self._standing(thread, id)
        key = None if standing is None else key_of(self._api.us, standing)
        if standing is None or key is None:
            raise Refused(DELETED if standing is None else "the message is not Backchat's own")
        named = bool(standing.get("username"))
        self._remember(id, key, named=named)
        return key, named

    def _remember(self, id: MessageId, key: Key, *, named: bool) -> None:
        self._said[id] = (key, named)
        if len(self._said) > KEPT:
            del self._said[next(iter(self._said))]

    async def _standing(self, thread: ThreadId, id: MessageId) -> Message | None:
        channel, ts = parted(id)
        return await message(self._api, channel, parted(thread)[1], ts)

    async def erase(self, thread: ThreadId, message: MessageId) -> None:
        """Delete a message of ours; the one that a thread hangs on only where nobody has written below it."""
        channel, ts = parted(message)
        try:
            if str(message) == str(thread):
                await self._nobody_wrote(channel, ts)
            await self._delete(channel, ts)
        except ApiRefusal as refusal:
            raise judged(refusal, "delete its messages") from None

    async def _delete(self, channel: str, ts: str) -> None:
        try:
            await self._api.call("chat.delete", channel=channel, ts=ts)
        except ApiRefusal as refusal:
            if refusal.error not in GONE:
                raise

    async def _nobody_wrote(self, channel: str, root: str) -> None:
        """Raise `Refused` where people have written below a second copy of a post's card."""
        cursor: str | None = None
        while True:
            try:
                said = await self._api.call(
                    "conversations.replies", channel=channel, ts=root, limit=200, cursor=cursor
                )  # fmt: skip
            except ApiRefusal as refusal:
                if refusal.error in GONE:
                    return
                raise
            if any(one["ts"] != root and events.is_persons(one) for one in said["messages"]):
                raise Refused("people have written in both threads of the post: delete one of them by hand")
            cursor = (said.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return

    async def read(self, thread: ThreadId, id: MessageId) -> Written | None:
        """A person's message as it stands at this moment, read as it is heard; None if it was deleted, or is empty."""
        if not is_message(id):
            return None
        try:
            found = await self._standing(thread, id)
        except ApiRefusal as refusal:
            raise judged(refusal, READ) from None
        if found is None:
            return None
        by = await self._people.writer(str(found.get("user") or ""), events.team_of(found))
        names = await self._people.names(mentioned(found))
        raw = events.written(self._api.us, parted(id)[0], found, by, names, links=self._links)
        if raw is None and events.is_persons(found):
            return None
        event = None if raw is None else meaning.interpret(raw)
        if not isinstance(event, Written):
            raise RetryLater("Slack does not show us what that message says", MINUTE)
        return event


def _hangs_on(message: Message, root: str) -> bool:
    """Whether a reply of ours stands below the message that it was meant for (slack-go/slack#1571)."""
    return message.get("thread_ts") == root and message.get("parent_user_id") != SLACKBOT
