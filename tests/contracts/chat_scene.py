"""An adapter of a chat that is open on its double, and what tests of it say to it."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from bridge.model import Key, MessageId, Part, Post, PostCard, PostId, ThreadId
from bridge.ports import FindsMessages
from bridge.testing.chat_contract import ChatScene, comment
from bridge.testing.clock import DrivenClock

S = TypeVar("S", bound=ChatScene)


@dataclass(slots=True)
class OpenScene(Generic[S]):
    """A scene whose adapter is open, of one driven clock with its double."""

    scene: S
    clock: DrivenClock
    stack: AsyncExitStack
    keys: int = 0

    def key(self) -> Key:
        """A key that was never used."""
        self.keys += 1
        return Key(f"{self.keys:024d}".translate(str.maketrans("0123456789", "abcdefghij")))

    async def thread(self, title: str = "First post", key: Key | None = None, **fields: Any) -> ThreadId:
        """Open a thread."""
        return await self.scene.chat.start_thread(self.scene.room, post_card(title, **fields), key or self.key())

    async def found(self, key: Key, title: str = "First post", since: float = 0.0, **fields: Any) -> ThreadId | None:
        """The thread that was begun under a key, as far as the adapter can tell."""
        chat = cast(FindsMessages, self.scene.chat)
        return await chat.find_thread(self.scene.room, post_card(title, **fields), key, since)

    def part(self, words: str = "How do you prune roses?", **fields: Any) -> Part:
        """A comment that fits into one message."""
        (part,) = self.scene.chat.render(replace(comment(words), **fields))
        return part

    async def say(self, thread: ThreadId, words: str = "How do you prune roses?", key: Key | None = None) -> MessageId:
        """Write a message of ours."""
        return await self.scene.chat.say(thread, self.part(words), key or self.key())


def post_card(title: str = "First post", **fields: Any) -> PostCard:
    """A post's card."""
    return PostCard(Post(PostId("/first/"), "https://blog.example/first/", title, "Ada", 1_700_000_000.0), **fields)
