"""Discord's part of `backchat demo`: the double of Discord on loopback, with an author and a member in it.

What they see is read off the messages as people read it, not out of Backchat: who is said to speak, what is said, and
which reactions the bot has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path

from adapters.discord.double import Double, Person, running
from adapters.discord.double.things import Channel, Message
from adapters.discord.markup import parse
from bridge.demo import private, signs
from bridge.demo.ports import DemoRoom, Seen
from bridge.errors import BackchatError, Refused, RetryLater
from bridge.model import MessageId, PersonId, RoomId, ThreadId
from bridge.text.tree import wording

_NAME = "discord"
_CHANNEL = "blog-comments"
_ANSWER = "bc1:answer"
_SMALL_PRINT = "-# "
_CONFIG = """\
[chats.{name}]
adapter = "discord"
token = {token}
api = "{api}"
gateway = "{gateway}"
operators = ["{operator}"]
"""


class DiscordDemo:
    """What the entry point names."""

    part = "chat"
    rank = 1
    keeps = False
    page = True

    async def prepare(self, state: Path, author: str, member: str, stack: AsyncExitStack) -> DemoRoom:
        """See `bridge.demo.ports.DemoRoomPlugin`. The double ends with `stack`, and forgets everything."""
        if find_spec("discord") is None:
            raise BackchatError("discord.py is not installed here: install backchat[discord] instead of backchat")
        double = await stack.enter_async_context(running())
        channel = double.channel(_CHANNEL)
        people = [DiscordGuest(double, channel, double.member(name)) for name in (author, member)]
        token = await asyncio.to_thread(private.kept, state / "discord-token", double.token)
        config = _CONFIG.format(
            name=_NAME, token=token, api=double.api, gateway=double.gateway, operator=people[0].person
        )
        return DemoRoom(
            _NAME, config, RoomId(channel.id), (), double.address, people[0], people[1], words=False,
            about="It is a stand-in for Discord on this machine: nothing leaves it, and it forgets everything.",
            answers="Reply to it there, or press Answer under it", takes_back="delete it to take it back",
        )  # fmt: skip


class DiscordGuest:
    """A person in Discord, with an app that shows messages as Discord's do."""

    def __init__(self, double: Double, channel: Channel, someone: Person) -> None:
        self.person = PersonId(someone.id)
        self.link = f"{double.address}/look?as={someone.id}"
        self._double, self._channel, self._someone = double, channel, someone

    async def threads(self) -> Sequence[ThreadId]:
        """See `bridge.demo.ports.Guest`. Raises `RetryLater` until the bot is there to hear what is written."""
        if not self._double.gate.connected:
            raise RetryLater("the bot is not connected yet")
        return [ThreadId(thread.id) for thread in self._double.threads(self._channel)]

    async def see(self, thread: ThreadId) -> Sequence[Seen]:
        """See `bridge.demo.ports.Guest`. What the bot says for itself, beside comments and answers, is left out."""
        shown = [self._seen(message) for message in self._double.messages(thread)]
        return [seen for seen in shown if seen is not None]

    async def write(self, thread: ThreadId, words: str, answering: MessageId | None = None) -> MessageId:
        """See `bridge.demo.ports.Guest`: Discord's own *Reply* names whom it answers."""
        to = None if answering is None else self._message(thread, answering)
        return MessageId(self._someone.write(self._double.world.channel(thread), words, reply_to=to).id)

    async def edit(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """See `bridge.demo.ports.Guest`."""
        self._someone.edit(self._message(thread, message), words)

    async def delete(self, thread: ThreadId, message: MessageId) -> None:
        """See `bridge.demo.ports.Guest`."""
        self._someone.delete(self._message(thread, message))

    async def fill(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """See `bridge.demo.ports.FillsForms`: the button *Answer* under a comment, and what it opens."""
        form = await self._someone.click(self._message(thread, message), _ANSWER)
        await self._someone.submit(form, words)

    def _message(self, thread: ThreadId, id: MessageId) -> Message:
        found = [message for message in self._double.messages(thread) if message.id == id]
        if not found:
            raise Refused(f"message {id} is not in the thread")
        return found[0]

    def _seen(self, message: Message) -> Seen | None:
        if message.author.bot:
            return _comment(message)
        marks = [emoji for emoji, who in message.reactions.items() if self._double.bot.id in who]
        receipt = signs.receipt(marks)
        return Seen(MessageId(message.id), message.author.name, _wording(message.content), receipt=receipt)


def _comment(message: Message) -> Seen | None:
    """A comment, or what a form sent, between the line that says whose it is and the small print; None for others."""
    head, _, rest = message.content.partition("\n")
    words, _, small_print = rest.rpartition("\n")
    if not small_print.startswith(_SMALL_PRINT) or not message.content.startswith("**"):
        return None
    said = signs.said(parse(head))
    if not said.names:
        return None
    name, *replied = said.names
    return Seen(MessageId(message.id), name, _wording(words), "author" in said.marks, replied[0] if replied else None)


def _wording(markdown: str) -> str:
    return wording(parse(markdown))


plugin = DiscordDemo()
