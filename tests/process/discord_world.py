"""The double of Discord in a `ChatWorld`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from adapters.discord.double import permissions
from adapters.discord.double.messages import is_plain
from adapters.discord.double.things import Channel, Message
from tests.process.chat_world import ChatWorld, Said
from tests.process.daemon import Daemon, daemon_of
from tests.servers.discord_copies import Copies
from tests.servers.discord_double import Double, Person, discord_double
from tests.servers.wordpress_double import DoubleWordPress, double_wordpress

_CHOSEN = """\
token = {{ file = {token} }}
api = "{api}"
gateway = "{gateway}"
identity = "{identity}"
"""


class DiscordWorld(ChatWorld[Message]):
    """A Backchat between a blog and a channel of Discord. `room`: text, forum, or webhook."""

    chat = "discord"

    def __init__(
        self, folder: Path, wordpress: DoubleWordPress, daemon: Daemon, discord: Double, room: str = "text"
    ) -> None:
        super().__init__(folder, wordpress, daemon)
        self.discord = discord
        _bear_many_sessions(discord)
        self.channel: Channel = discord.forum("blog", "garden") if room == "forum" else discord.channel("blog")
        if room == "webhook":
            discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS
        self.ada: Person = discord.member("Ada")
        self._copies = Copies(discord)
        token = folder / "discord-token"
        token.write_text(discord.token)
        chosen = _CHOSEN.format(
            token=json.dumps(str(token)), api=discord.api, gateway=discord.gateway,
            identity="webhook" if room == "webhook" else "bot",
        )  # fmt: skip
        self.write_config(self.channel.id, self.ada.id, chosen)

    @property
    def connected(self) -> bool:
        return self.discord.gate.connected

    @property
    def asked(self) -> int:
        return len(self.discord.requests)

    @property
    def copies(self) -> Sequence[float]:
        return self._copies.seconds

    def threads(self) -> list[Said[Message]]:
        return [Said(one.name, self._ours(one)) for one in self.discord.threads(self.channel)]

    def openers(self) -> int:
        text = self.channel.type == 0
        return len(self.discord.messages(self.channel) if text else self.discord.threads(self.channel))

    def words(self, message: Message) -> str:
        return message.content

    async def say(self, words: str, card: Message) -> tuple[str | None, bool]:
        thread = self.discord.world.channels[card.channel]
        return self.ada.write(thread, words, reply_to=card).id, True

    def edit(self, message: str, words: str) -> None:
        self.ada.edit(self._message(message), words)

    def delete(self, message: str) -> None:
        self.ada.delete(self._message(message))

    def calm(self) -> None:
        self.discord.faults.events.clear()
        for session in self.discord.gate.sessions.values():
            held, session.waiting = session.waiting, []
            for late in held:
                late.release()

    def receipt(self, message: str) -> set[str]:
        reactions = self._message(message).reactions
        return {emoji for emoji, who in reactions.items() if self.discord.bot.id in who}

    def _message(self, id: str) -> Message:
        return next(found[id] for found in self.discord.world.messages.values() if id in found)

    def _ours(self, thread: Channel) -> list[Message]:
        bot = self.discord.bot.id
        found = [
            one for one in self.discord.world.messages[thread.id].values()
            if bot in {one.author.id, one.application} and is_plain(one) and one.id != thread.id
        ]  # fmt: skip
        return sorted(found, key=lambda one: int(one.id))


@asynccontextmanager
async def discord_world(folder: Path, room: str = "text") -> AsyncIterator[DiscordWorld]:
    """A fresh Backchat in `folder`, whose daemon is not started yet."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        wordpress = await stack.enter_async_context(double_wordpress())
        discord = await stack.enter_async_context(discord_double())
        daemon = await stack.enter_async_context(daemon_of(folder / "backchat.toml", folder / "daemon.log"))
        yield await asyncio.to_thread(DiscordWorld, folder, wordpress, daemon, discord, room)


def _bear_many_sessions(discord: Double) -> None:
    """Let a daemon be started as often as a test wants; Discord itself takes a thousand sessions a day."""
    gate = discord.gate
    gate.identifies_total = gate.identifies_left = 1_000_000
    discord.world.session_limit = lambda: {
        "total": gate.identifies_total, "remaining": gate.identifies_left, "reset_after": 0, "max_concurrency": 100
    }  # fmt: skip
