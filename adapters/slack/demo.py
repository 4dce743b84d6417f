"""Slack's part of `backchat demo`: the double of Slack on loopback, with an author and a member in it.

What they see is read off the messages as people read it, not out of Backchat: who is said to speak, what is said, and
which reactions the app has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from adapters.slack.double import Double, Person, running
from adapters.slack.double.things import Channel, Message
from adapters.slack.emoji_names import drawn
from adapters.slack.manifest import COMMAND
from adapters.slack.markup import Names, parse
from adapters.slack.shortcuts import SHORTCUTS
from bridge.demo import private, signs
from bridge.demo.ports import DemoRoom, Seen
from bridge.errors import BackchatError, Refused, RetryLater
from bridge.model import MessageId, PersonId, RoomId, ThreadId
from bridge.text.tree import wording

_NAME = "slack"
_CHANNEL = "blog-comments"
_ANSWER = "bc1:answer"
_CONFIG = """\
[chats.{name}]
adapter = "slack"
token = {token}
app_token = {app_token}
api = "{api}"
operators = ["{operator}"]
"""


class SlackDemo:
    """What the entry point names."""

    part = "chat"
    rank = 2
    keeps = False
    page = True

    async def prepare(self, state: Path, author: str, member: str, stack: AsyncExitStack) -> DemoRoom:
        """See `bridge.demo.ports.DemoRoomPlugin`. The double ends with `stack`, and forgets everything."""
        if any(find_spec(name) is None for name in ("slack_bolt", "emoji")):
            raise BackchatError("slack-bolt and emoji are not installed here: install backchat[slack]")
        double = await stack.enter_async_context(running())
        double.app.commands[COMMAND] = True
        double.app.shortcuts.update({each.name: each.id for each in SHORTCUTS})
        channel = double.channel(_CHANNEL)
        people = [SlackGuest(double, channel, double.member(name)) for name in (author, member)]
        token = await asyncio.to_thread(private.kept, state / "slack-token", double.token)
        app_token = await asyncio.to_thread(private.kept, state / "slack-app-token", double.app_token)
        config = _CONFIG.format(
            name=_NAME, token=token, app_token=app_token, api=double.api, operator=people[0].person
        )  # fmt: skip
        return DemoRoom(
            _NAME, config, RoomId(channel.id), (), double.address, people[0], people[1], words=False,
            about="It is a stand-in for Slack on this machine: nothing leaves it, and it forgets everything.",
            answers="Answer in its thread (@ and a name in front says whom), or press Answer under it",
            takes_back="delete it to take it back",
        )  # fmt: skip


class SlackGuest:
    """A person in Slack, with an app that shows messages as Slack's do."""

    def __init__(self, double: Double, channel: Channel, someone: Person) -> None:
        self.person = PersonId(someone.id)
        self.link = f"{double.address}/look?as={someone.id}"
        self._double, self._channel, self._someone = double, channel, someone
        self._begun: dict[MessageId, str] = {}

    async def threads(self) -> Sequence[ThreadId]:
        """See `bridge.demo.ports.Guest`. Raises `RetryLater` until the app is there to hear what is written."""
        if not self._double.gate.connected:
            raise RetryLater("the app is not connected yet")
        opened = [one for one in self._double.messages(self._channel) if one.bot == self._double.app.bot_id]
        return [ThreadId(f"{one.channel}:{one.ts}") for one in opened]

    async def see(self, thread: ThreadId) -> Sequence[Seen]:
        """See `bridge.demo.ports.Guest`. What the app says for itself, beside comments and answers, is left out."""
        shown = [self._seen(message) for message in self._double.thread(self._parent(thread))]
        return [seen for seen in shown if seen is not None]

    async def write(self, thread: ThreadId, words: str, answering: MessageId | None = None) -> MessageId:
        """See `bridge.demo.ports.Guest`: within a thread of Slack one says whom one answers by name."""
        to = None if answering is None else _comment(self._message(answering))
        name = "" if to is None else f"@{to.name} "
        written = self._someone.reply(self._parent(thread), name + words)
        id = MessageId(f"{written.channel}:{written.ts}")
        self._begun[id] = name
        return id

    async def edit(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """See `bridge.demo.ports.Guest`; the name in front stays."""
        self._someone.edit(self._message(message), self._begun.get(message, "") + words)

    async def delete(self, thread: ThreadId, message: MessageId) -> None:
        """See `bridge.demo.ports.Guest`."""
        self._someone.delete(self._message(message))

    async def fill(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """See `bridge.demo.ports.FillsForms`: the button *Answer* under a comment, and the window that it opens."""
        pressed = await self._someone.click(self._message(message), _ANSWER)
        await pressed.opened()
        await self._someone.submit(pressed, words)

    def _parent(self, thread: ThreadId) -> Message:
        return self._message(MessageId(thread))

    def _message(self, id: MessageId) -> Message:
        channel, _, ts = id.partition(":")
        found = self._double.world.find(self._double.world.channel(channel), ts)
        if found is None:
            raise Refused(f"message {id} is not in the channel")
        return found

    def _seen(self, message: Message) -> Seen | None:
        if message.bot is not None:
            return _comment(message)
        people = {user.id: user.shown for user in self._double.world.users.values()}
        words = wording(parse(self._double.seen(message), Names(people=people)))
        given = [name for name, who in message.reactions.items() if self._double.bot.id in who]
        name = people.get(message.user or "", "")
        return Seen(_id(message), name, words, receipt=signs.receipt(map(drawn, given)))


def _comment(message: Message) -> Seen | None:
    """A comment, or what a form sent: its words in rich text, below the line that says whose it is; None for others."""
    words = [block for block in message.blocks if block["type"] == "rich_text"]
    if not words:
        return None
    said = signs.said(parse({"text": _above(message, words[0])}))
    names = said.names if message.username is None else (message.username, *said.names)
    if not names:
        return None
    name, *replied = names
    by_author = message.username is not None and "author" in said.marks
    return Seen(_id(message), name, wording(parse({"blocks": words})), by_author, replied[0] if replied else None)


def _above(message: Message, words: Mapping[str, Any]) -> str:
    """The small print above the words."""
    above = message.blocks[: message.blocks.index(dict(words))]
    return "\n".join(each["text"] for block in above for each in block.get("elements", ()))


def _id(message: Message) -> MessageId:
    return MessageId(f"{message.channel}:{message.ts}")


plugin = SlackDemo()
