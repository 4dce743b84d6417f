"""Our messages in threads: said, found, edited, erased; and people's, read as they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.discord import events, meaning
from adapters.discord.api import FORBIDDEN, Api, ApiRefusal
from adapters.discord.events import Names
from adapters.discord.history import History, Message, message, messages
from adapters.discord.markers import key_in
from adapters.discord.payloads import loaded, shown, spoken, stands, taken
from adapters.discord.refusals import GONE, MINUTE, UNKNOWN_CHANNEL, judged, lost
from adapters.discord.unarchived import unarchived
from adapters.discord.webhooks import Webhooks
from bridge.chats.rooms import Rooms
from bridge.chats.unsettled import Unsettled
from bridge.errors import Refused, RetryLater
from bridge.model import Key, MessageId, Part, ThreadId, Written

SEND = "Send Messages in Threads"
DELETED = "the message was deleted in Discord"


class Messages:
    """What we say in threads."""

    def __init__(self, api: Api, webhooks: Webhooks, rooms: Rooms, names: Callable[[], Names]) -> None:
        self._api = api
        self._webhooks = webhooks
        self._rooms = rooms
        self._names = names
        self._unsettled = Unsettled(api.clock)
        self.history = History(api, self.ours)

    def ours(self, message: Message) -> bool:
        """Whether we wrote it, the bot itself or one of our webhooks."""
        return events.is_ours(self._api.us, message)

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        """Write one message; under the same key Discord gives back the first one, for a few minutes."""
        body = loaded(part)
        try:
            if self._webhooks.speak_for(body):
                said = await self._webhooks.say(thread, body, key)
            else:
                said = await taken(spoken(body, key), lambda message: self._post(thread, message))
        except ApiRefusal as refusal:
            raise judged(refusal, SEND, lost) from None
        if key_in(said["content"]) != key:
            raise Refused("Discord gave another message back for the same key")
        return MessageId(said["id"])

    async def _post(self, thread: ThreadId, message: Message) -> Any:
        return await self._api.call("POST", "/channels/{channel_id}/messages", json=message, channel_id=thread)

    async def find(self, thread: ThreadId, keys: Sequence[Key], since: float) -> Mapping[Key, MessageId]:
        """Which of these keys stand in the thread."""
        found: dict[Key, MessageId] = {}
        try:
            for key in keys:
                standing = await self.history.standing(thread, key, since)
                if standing is not None:
                    found[key] = MessageId(standing["id"])
        except ApiRefusal as refusal:
            if refusal.code == UNKNOWN_CHANNEL:  # with the thread everything in it is gone
                return {}
            raise judged(refusal, "Read Message History") from None
        return found

    async def edit(self, thread: ThreadId, message: MessageId, part: Part) -> None:
        """Replace a message of ours, which keeps its key; in an archived thread too."""
        try:
            async with self._unsettled.changing(message, part.body):
                await unarchived(self._api, thread, lambda: self._edit(thread, message, part))
        except ApiRefusal as refusal:
            raise judged(refusal, "Manage Threads", lost) from None

    async def _edit(self, thread: ThreadId, id: MessageId, part: Part) -> None:
        standing = await message(self._api, thread, id)
        key = None if standing is None else key_in(standing["content"])
        if standing is None or key is None:
            raise Refused(DELETED if standing is None else "the message is not Backchat's own")
        wanted = shown(loaded(part), key)
        if stands(standing, wanted):
            return
        if standing.get("webhook_id"):
            await self._webhooks.edit(thread, id, wanted)
        else:
            await taken(wanted, lambda message: self._patch(thread, id, message))

    async def _patch(self, thread: ThreadId, id: MessageId, message: Message) -> None:
        await self._api.call(
            "PATCH", "/channels/{channel_id}/messages/{message_id}", json=message, channel_id=thread, message_id=id
        )

    async def erase(self, thread: ThreadId, message: MessageId) -> None:
        """Delete a message of ours; a forum post of which it is the first message goes with it."""
        try:
            await self._erase(thread, message)
        except ApiRefusal as refusal:
            if refusal.code not in GONE:
                raise judged(refusal, "Manage Messages") from None

    async def _erase(self, thread: ThreadId, id: MessageId) -> None:
        try:
            standing = await message(self._api, thread, id)
        except ApiRefusal as refusal:
            if refusal.code != UNKNOWN_CHANNEL or str(id) != str(thread):
                raise
            await self._erase_card(id)
            return
        if standing is None:
            return
        if str(id) == str(thread):  # as only a forum's has it: elsewhere the first message stands in the channel
            await self._erase_post(thread)
        elif standing.get("webhook_id"):
            await self._webhooks.erase(thread, id)
        else:
            await self._api.call(
                "DELETE", "/channels/{channel_id}/messages/{message_id}", channel_id=thread, message_id=id
            )

    async def _erase_card(self, id: MessageId) -> None:
        """Delete a second copy of a post's card in a text channel: no thread was opened on it that would name that."""
        shut: ApiRefusal | None = None
        for room in sorted(self._rooms.known):
            try:
                standing = await message(self._api, room, id)
            except ApiRefusal as refusal:
                shut = refusal if refusal.code in FORBIDDEN else shut
                continue
            if standing is not None and self.ours(standing):
                await self._api.call(
                    "DELETE", "/channels/{channel_id}/messages/{message_id}", channel_id=room, message_id=id
                )
                return
        if shut is not None:  # it may stand where we do not see it
            raise shut

    async def _erase_post(self, thread: ThreadId) -> None:
        """Delete a second copy of a forum post, in which nobody has written anything."""
        async for found in messages(self._api, thread, 0):
            if events.is_persons(found):
                raise Refused("people have written in both threads of the post: delete one of them by hand")
        await self._api.call("DELETE", "/channels/{channel_id}", channel_id=thread)

    async def read(self, thread: ThreadId, id: MessageId) -> Written | None:
        """A person's message as it stands at this moment, read as it is heard; None if it was deleted."""
        if not id.isdigit():
            return None
        try:
            found = await message(self._api, thread, id)
            changed = found is not None and found.get("edited_timestamp") and self._rooms.by_role
            roles: Sequence[str] = ()
            if found is not None and (changed or found.get("attachments")):  # whose link has the server in it
                channel = await self._api.call("GET", "/channels/{channel_id}", channel_id=thread)
                found = {**found, "guild_id": channel["guild_id"]}
                roles = await self._roles(found) if changed else ()
        except ApiRefusal as refusal:
            if refusal.code == UNKNOWN_CHANNEL:
                return None
            raise judged(refusal, "Read Message History") from None
        return None if found is None else self._written(found, roles)

    async def _roles(self, found: Message) -> Sequence[str]:
        """The roles that a message's writer has now, which decide whether a change of it counts (law 8)."""
        try:
            member = await self._api.call(
                "GET", "/guilds/{guild_id}/members/{user_id}",
                guild_id=str(found["guild_id"]), user_id=str(found["author"]["id"]),
            )  # fmt: skip
        except ApiRefusal:  # who has left has none
            return ()
        return [str(role) for role in member.get("roles") or ()]

    def _written(self, found: Message, roles: Sequence[str]) -> Written:
        raw = events.written(self._api.us, found, roles=roles, names=self._names())
        event = None if raw is None else meaning.interpret(raw)
        if not isinstance(event, Written):
            raise RetryLater("Discord does not show us what that message says", MINUTE)
        return event
