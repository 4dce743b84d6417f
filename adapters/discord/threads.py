"""Opening the thread of a post: on its card in a text channel, or as a post of its own in a forum.

https://docs.discord.com/developers/topics/threads
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from adapters.discord import cards
from adapters.discord.api import Api, ApiRefusal
from adapters.discord.doors import Shut
from adapters.discord.events import DEFAULT, is_ours
from adapters.discord.forum_posts import ForumPosts
from adapters.discord.history import History, Message
from adapters.discord.listing import active, last
from adapters.discord.markers import key_in
from adapters.discord.payloads import Body, loaded, shown, spoken, taken
from adapters.discord.refusals import THREAD_EXISTS, TOO_MANY_THREADS, judged
from bridge.chats.sharing import Sharing
from bridge.errors import MaybeDone, Refused, RetryLater
from bridge.model import Key, PersonId, PostCard, RoomId, ThreadId

log = logging.getLogger(__name__)

Channel = Mapping[str, Any]
"""A channel as Discord describes it (https://docs.discord.com/developers/resources/channel#channel-object)."""

TEXT = frozenset({0, 5})
FORUMS = frozenset({15, 16})
"""Types of channels: text and announcements; forum and media."""
REQUIRE_TAG = 1 << 4
"""A forum's flag: every post must have a tag."""
LONGEST_NAME = 100
UNTITLED = "Untitled"
ARCHIVE_AFTER = 10_080
"""Minutes without a message until Discord archives a thread: a week, the longest there is."""
MADE_ROOM = 10
"""Threads of ours that are archived at once where the server has too many active ones."""
OPEN_THREADS = "Create Public Threads"
READ = "View Channel and Read Message History"


class Threads:
    """The threads that we open."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._get = partial(api.call, "GET")
        self._channels = Sharing[RoomId, Channel](self._described)
        self._anchors = History(api, self._by_us)
        self._posts = ForumPosts(api, self._by_us)

    def _by_us(self, message: Message) -> bool:
        """Whether the bot itself said it: no webhook says a post's card, and Discord's own lines quote titles."""
        by_bot = is_ours(self._api.us, message) and message.get("webhook_id") is None
        return by_bot and message.get("type", DEFAULT) == DEFAULT

    async def start(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        """Open the thread of a post.

        Raises `MaybeDone` where its first message stands and the rest does not: `find` finishes it.
        """
        channel = await self._channel(room)
        body = loaded(cards.post_card(card))
        if channel["type"] in FORUMS:
            thread = await self._post(channel, body, card, key)
        else:
            thread = await self._anchor(channel, body, card, key)
        try:
            await self._finish(channel, thread, card, begun=channel["type"] not in FORUMS)
        except (RetryLater, Refused) as error:
            raise MaybeDone(f"the post stands there, but its thread is not open yet: {error.reason}") from None
        return ThreadId(thread)

    async def find(self, room: RoomId, card: PostCard, key: Key, since: float) -> ThreadId | None:
        """The thread that was begun with this card under this key; finished if it was only begun.

        The key decides: several posts may have one title, and a title may have been changed since.
        """
        channel = await self._channel(room)
        try:
            if channel["type"] in FORUMS:
                first = await self._posts.standing(channel, name_of(card.post.title), key, since)
            else:
                first = await self._anchors.standing(room, key, since)
        except ApiRefusal as refusal:
            raise judged(refusal, READ) from None
        if first is None:
            return None
        begun = channel["type"] not in FORUMS and not first.get("thread")
        await self._finish(channel, str(first["id"]), card, begun=begun)
        return ThreadId(first["id"])

    async def _channel(self, room: RoomId) -> Channel:
        try:
            channel = await self._channels.get(room)
        except ApiRefusal as refusal:
            raise judged(refusal, "View Channel") from None
        if channel["type"] not in TEXT | FORUMS:
            raise Refused(f"{channel.get('name') or room} is neither a text nor a forum channel: name one in the route")
        return channel

    async def _described(self, room: RoomId, _: float) -> Channel:
        channel: Channel = await self._get("/channels/{channel_id}", channel_id=room)
        return channel

    async def any_forum(self, rooms: Iterable[RoomId]) -> bool:
        """Whether one of them is a forum, whose posts have no key."""
        for room in rooms:
            try:
                if (await self._channels.get(room))["type"] in FORUMS:
                    return True
            except (ApiRefusal, Shut) as error:
                said = error.message if isinstance(error, ApiRefusal) else error.reason
                log.info("the channel %s cannot be looked at: %s; `backchat doctor` says what to do", room, said)
        return False

    # --- Text channels ----------------------------------------------------------------------------------------

    async def _anchor(self, channel: Channel, body: Body, card: PostCard, key: Key) -> str:
        """Say the post's card; the id of that message is the thread's."""
        try:
            said = await taken(
                spoken(body, key),
                lambda message: self._api.call(
                    "POST", "/channels/{channel_id}/messages", json=message, channel_id=channel["id"]
                ),
            )
        except ApiRefusal as refusal:
            raise judged(refusal, "Send Messages") from None
        if key_in(said["content"]) != key:
            raise Refused("Discord gave another message back for the same key")
        return str(said["id"])

    async def _finish(self, channel: Channel, thread: str, card: PostCard, *, begun: bool) -> None:
        """Open the thread on its message if it is only `begun`, and add those who are to be told. Safe to repeat."""
        if begun:
            try:
                await self._open(channel, thread, card.post.title)
            except ApiRefusal as refusal:
                raise judged(refusal, OPEN_THREADS) from None
        for person in card.notify:
            await self._add(thread, person)

    async def _open(self, channel: Channel, anchor: str, title: str) -> None:
        wanted = {"name": name_of(title), "auto_archive_duration": ARCHIVE_AFTER}
        try:
            await self._in_a_full_server(
                channel, "/channels/{channel_id}/messages/{message_id}/threads", wanted, message_id=anchor
            )
        except ApiRefusal as refusal:
            if refusal.code != THREAD_EXISTS:
                raise

    async def _add(self, thread: str, person: PersonId) -> None:
        """Add a person; one who cannot be added (who left, say) keeps nobody else from being told."""
        try:
            await self._api.call(
                "PUT", "/channels/{channel_id}/thread-members/{user_id}", channel_id=thread, user_id=person
            )
        except ApiRefusal as refusal:
            log.warning("%s cannot be told of the thread %s: %s", person, thread, refusal.message)

    # --- Forums -----------------------------------------------------------------------------------------------

    async def _post(self, channel: Channel, body: Body, card: PostCard, key: Key) -> str:
        """Write a forum post. Discord knows no key for it: what is unknown is looked for."""
        wanted = {
            "name": name_of(card.post.title),
            "auto_archive_duration": ARCHIVE_AFTER,
            "applied_tags": _tags(channel, card.blog),
        }
        path = "/channels/{channel_id}/threads"
        try:
            made = await taken(
                shown(body, key),
                lambda message: self._in_a_full_server(channel, path, {**wanted, "message": message}),
            )
        except ApiRefusal as refusal:
            raise judged(refusal, "Create Posts") from None
        self._posts.learn(str(made["id"]), key)
        return str(made["id"])

    # --- Servers that are full --------------------------------------------------------------------------------

    async def _in_a_full_server(self, channel: Channel, path: str, wanted: Mapping[str, Any], **ids: Any) -> Any:
        """Create a thread; where the server has too many active ones, archive some of ours that rest, and try again."""
        try:
            return await self._api.call("POST", path, json=wanted, channel_id=channel["id"], **ids)
        except ApiRefusal as refusal:
            if refusal.code != TOO_MANY_THREADS or not await self._make_room(channel):
                raise
        return await self._api.call("POST", path, json=wanted, channel_id=channel["id"], **ids)

    async def _make_room(self, channel: Channel) -> int:
        """Archive our threads that have rested the longest: the next message opens one again. How many it were."""
        resting = sorted(await self._active(channel), key=last)
        done, closed = 0, {"archived": True}
        for thread in resting[:MADE_ROOM]:
            try:
                await self._api.call("PATCH", "/channels/{channel_id}", json=closed, channel_id=thread["id"])
                done += 1
            except ApiRefusal as refusal:
                log.warning("the thread %s cannot be archived: %s", thread["id"], refusal.message)
        return done

    async def _active(self, channel: Channel) -> list[Channel]:
        """Our active threads in the server of a channel."""
        found = await active(self._get, str(channel["guild_id"]))
        return [thread for thread in found if str(thread["owner_id"]) == self._api.us.user]


def name_of(title: str) -> str:
    """A post's title as a thread's name: 1 to 100 characters."""
    words = " ".join(title.split())
    if len(words) > LONGEST_NAME:
        words = f"{words[: LONGEST_NAME - 1].rstrip()}…"
    return words or UNTITLED


def _tags(channel: Channel, blog: str) -> list[str]:
    """The forum's tag that is named like the blog; where a post must have one, else the first that we may use."""
    usable = [tag for tag in channel.get("available_tags") or () if not tag.get("moderated")]
    named = [str(tag["id"]) for tag in usable if str(tag["name"]).casefold() == blog.casefold()]
    if named or not int(channel.get("flags") or 0) & REQUIRE_TAG:
        return named[:1]
    return [str(tag["id"]) for tag in usable[:1]]
