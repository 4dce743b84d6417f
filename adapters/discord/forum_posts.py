"""Looking for a forum post of ours: Discord knows no key for what begins a thread, so the key stands in its words.

The forum's list tells titles and owners, but no words. Posts named as wanted are looked into first, then the others of
ours that are not known yet: people rename posts, and Discord drops some characters from their names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from adapters.discord.api import Api
from adapters.discord.history import Message, message
from adapters.discord.listing import active, archived
from adapters.discord.markers import key_in
from adapters.discord.snowflakes import first_at
from bridge.chats.sharing import Sharing
from bridge.model import Key

KEPT = 5_000
"""Posts of ours whose key is remembered."""


class ForumPosts:
    """Finds our posts; `by_us` tells our own first messages from everybody else's, whose keys count for nothing."""

    def __init__(self, api: Api, by_us: Callable[[Message], bool]) -> None:
        self._api, self._by_us = api, by_us
        self._get = partial(api.call, "GET")
        self._lists = Sharing[tuple[str, str], dict[str, str]](self._listed)
        self._keys: dict[str, Key | None] = {}
        self._strangers = asyncio.Lock()

    def learn(self, post: str, key: Key | None) -> None:
        """Remember the key that a post carries, which stays the same for ever."""
        self._keys.pop(post, None)
        self._keys[post] = key
        if len(self._keys) > KEPT:
            del self._keys[next(iter(self._keys))]

    async def standing(self, forum: Mapping[str, Any], name: str, key: Key, since: float) -> Message | None:
        """The first message of the post that carries the key, as it stands; of several of one name the oldest.

        Posts made before `since` are not looked into. Raises `ApiRefusal`, and what the ports raise.
        """
        since = self._api.clocks.theirs(since)
        listed = await self._lists.get((str(forum["guild_id"]), str(forum["id"])), since)
        oldest = first_at(since)
        posts = {id: called for id, called in listed.items() if int(id) >= oldest}
        found = await self._carrying(key, (id for id, called in posts.items() if called == name))
        if found is None:
            async with self._strangers:  # what one look-up learns of them, the next need not read
                found = await self._carrying(key, (id for id, called in posts.items() if called != name))
        return found

    async def _carrying(self, key: Key, posts: Iterable[str]) -> Message | None:
        for id in sorted(posts, key=int):
            if self._keys.get(id, key) != key:
                continue
            found = await message(self._api, id, id)
            if found is None:  # a person deleted it, or it is not there yet
                continue
            carried = key_in(found["content"]) if self._by_us(found) else None
            self.learn(id, carried)
            if carried == key:
                return found
        return None

    async def _listed(self, place: tuple[str, str], since: float) -> dict[str, str]:
        """Our posts by their ids, with their names: the active ones, and those that were archived since."""
        guild, forum = place
        threads = [thread for thread in await active(self._get, guild) if str(thread.get("parent_id")) == forum]
        threads += [thread async for thread in archived(self._get, forum, since)]
        ours = [thread for thread in threads if str(thread["owner_id"]) == self._api.us.user]
        return {str(thread["id"]): str(thread["name"]) for thread in ours}
