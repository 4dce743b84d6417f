"""Blogs that are read in earnest, and blogs and chats to which everything else is only said to be done.

`backchat run --dry` puts them between the loops and the real adapters: readings of blogs pass through, effects are
told to the script and end well. Nothing with an id of our own making is ever passed on: an adapter knows its own only.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any, cast

from bridge.ledger import comments, threads
from bridge.model import (
    AccountName,
    Card,
    Choice,
    CommentId,
    Event,
    FormCard,
    Found,
    Key,
    MessageId,
    ModerationCard,
    Notice,
    Page,
    Part,
    PostCard,
    PostId,
    Published,
    RawEvent,
    Receipt,
    RoomId,
    Standing,
    ThreadId,
)
from bridge.ports import Blog, BlogReady, Chat, ChatAbility, ChatReady, Finds, Ledger, OffersForms, Record, Tx
from bridge.text.tree import Text, load, plain

OURS = "rehearsed "
"""How the ids begin that we give to what was not done."""


@dataclass(slots=True)
class Script:
    """What would be done, told as it comes; `tell` gets a line and the words that go with it."""

    ledger: Ledger
    tell: Callable[[str, str], None]
    effects: int = 0
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def note(self, line: str, words: str = "") -> str:
        """Tell one effect; an id for what it would have made."""
        self.effects += 1
        self.tell(line, words)
        return f"{OURS}{next(self._numbers)}"


class RehearsingBlog:
    """A blog that is read, and on which nothing is changed."""

    def __init__(self, name: str, blog: Blog, script: Script) -> None:
        self._name = name
        self._blog = blog
        self._script = script

    async def open(self, stack: AsyncExitStack) -> BlogReady:
        """As the blog itself; only that its pace need not be kept."""
        ready = await self._blog.open(stack)
        return replace(ready, limits=replace(ready.limits, pace=0.0))

    def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        """As the blog itself."""
        return self._blog.pages(cursor)

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        """As the blog itself; what would have been published stands."""
        real = [id for id in ids if not id.startswith(OURS)]
        found = await self._blog.look(real) if real else {}
        return {**dict.fromkeys(ids, Standing.PUBLIC), **found}

    async def find(self, account: AccountName, post: PostId, keys: Sequence[Key]) -> Sequence[Found]:
        """As the blog itself."""
        return await cast(Finds, self._blog).find(account, post, keys)

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        """Only tell it."""
        where = await self._script.ledger.view(lambda tx: under(tx, self._name, post, parent))
        return Published(
            CommentId(self._script.note(f"{self._name}: would publish as {account}, {where}", plain(text))), ""
        )

    async def revise(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, text: Text, key: Key
    ) -> Published:
        """Only tell it."""
        self._script.note(f"{self._name}: would change the answer of {account} to", plain(text))
        return Published(comment, "")

    async def withdraw(self, account: AccountName, post: PostId, comment: CommentId, expected: Text) -> None:
        """Only tell it."""
        self._script.note(f"{self._name}: would remove the answer of {account}", plain(expected))

    async def moderate(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, choice: Choice
    ) -> Standing:
        """Only tell it."""
        self._script.note(f"{self._name}: would {choice} as {account} the comment", plain(expected))
        return _OUTCOMES[choice]


_OUTCOMES = {
    Choice.APPROVE: Standing.PUBLIC,
    Choice.RESTORE: Standing.PUBLIC,
    Choice.SPAM: Standing.HIDDEN,
    Choice.TRASH: Standing.HIDDEN,
}


def under(tx: Tx, blog: str, post: str, parent: str | None) -> str:
    """Where an answer would stand, in words."""
    row = None if parent is None else comments.by_native(tx, blog, parent)
    title = tx.one("SELECT title FROM post WHERE blog = ? AND native = ?", blog, post)
    on = f"“{post if title is None else title['title']}”"
    return f"on {on}" if row is None else f"under the comment of {row['name']} on {on}"


class RehearsingChat:
    """A chat in which nothing is said, and to which nobody listens."""

    def __init__(self, name: str, chat: Chat, script: Script) -> None:
        self._name = name
        self._chat = chat
        self._script = script
        self._words: dict[str, str] = {}

    async def open(self, stack: AsyncExitStack) -> ChatReady:
        """As the chat itself; but nothing is asked there, and its pace need not be kept.

        What is being said at this very moment would be repeated under its key, and is told once more.
        """
        ready = await self._chat.open(stack)
        asked_for = ready.abilities - {ChatAbility.FIND, ChatAbility.READ}
        limits = replace(ready.limits, pace=0.0, key_window=math.inf, thread_window=math.inf, tells_past=True)
        return replace(ready, abilities=asked_for, limits=limits)

    def render(self, card: Card) -> tuple[Part, ...]:
        """As the chat itself; and remember what a person would read in it."""
        parts = self._chat.render(card)
        for n, part in enumerate(parts):
            self._words[part.body] = _told(card) if n == 0 else f"(message {n + 1} of {len(parts)})"
        return parts

    def render_form(self, card: FormCard) -> tuple[Part, ...]:
        """As the chat itself; and remember what a person would read in it."""
        assert isinstance(self._chat, OffersForms)
        parts = self._chat.render_form(card)
        self._words |= {part.body: f"{card.name}: {plain(card.text)}" for part in parts}
        return parts

    def speakers(self, rooms: Mapping[RoomId, frozenset[str]]) -> None:
        """Nobody fills a form in."""

    async def start_thread(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        """Only tell it."""
        people = f", notifying {', '.join(card.notify)}" if card.notify else ""
        return ThreadId(
            self._script.note(f"{self._name}: would open a thread in {room} for “{card.post.title}”{people}")
        )

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        """Only tell it."""
        return MessageId(await self._note("say in", thread, self._words.get(part.body, part.body)))

    async def edit(self, thread: ThreadId, message: MessageId, part: Part) -> None:
        """Only tell it."""
        await self._note("change a message in", thread, self._words.get(part.body, part.body))

    async def erase(self, thread: ThreadId, message: MessageId) -> None:
        """Only tell it."""
        words = await self._script.ledger.view(lambda tx: _shown_by(tx, self._name, message))
        await self._note("erase a message in", thread, words)

    async def show(self, thread: ThreadId, message: MessageId, receipt: Receipt | None) -> None:
        """Receipts follow from what is told anyway."""

    async def listen(self, since: str | None, record: Record) -> None:
        """Nobody listens: what would be recorded could not be acknowledged."""
        await record([], None, True)

    def interpret(self, raw: RawEvent) -> Event | None:
        """As the chat itself."""
        return self._chat.interpret(raw)

    async def _note(self, what: str, thread: ThreadId, words: str) -> str:
        where = await self._script.ledger.view(lambda tx: _where(tx, self._name, thread))
        return self._script.note(f"{self._name}: would {what} {where}", words)


def _told(card: Card) -> str:
    if isinstance(card, Notice):
        return plain(card.text)
    to = "" if card.in_reply_to is None else f", in reply to {card.in_reply_to.name}"
    waits = f" ({card.decided or 'waits for approval'})" if isinstance(card, ModerationCard) else ""
    return f"{card.name}{to}{waits}: {plain(card.text)}"


def _where(tx: Tx, chat: str, thread: str) -> str:
    row = threads.by_native(tx, chat, thread)
    return f"“{thread}”" if row is None else f"{row['room']}, “{comments.post(tx, row['post'])['title']}”"


def _shown_by(tx: Tx, chat: str, message: str) -> str:
    row: Any = threads.message(tx, chat, message)
    comment = None if row is None or row["target"] is None else threads.comment_shown(tx, row)
    return "" if comment is None else f"{comment['name']}: {plain(load(comment['body']))}"
