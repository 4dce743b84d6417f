"""The double of Slack in a `ChatWorld`."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.slack.double.things import Channel, Message
from adapters.slack.receipts import NAMES
from tests.process.chat_world import ChatWorld, Said
from tests.process.daemon import Daemon, daemon_of
from tests.servers.slack_copies import Copies
from tests.servers.slack_double import PACE, Double, Person, Problem, slack_double
from tests.servers.wordpress_double import DoubleWordPress, double_wordpress

_CHOSEN = """\
token = {{ file = {token} }}
app_token = {{ file = {app_token} }}
api = "{api}"
"""
_EMOJIS = {name: emoji for emoji, name in NAMES.items()}


class SlackWorld(ChatWorld[Message]):
    """A Backchat between a blog and a channel of Slack. `room`: public or private."""

    chat = "slack"

    def __init__(
        self, folder: Path, wordpress: DoubleWordPress, daemon: Daemon, slack: Double, room: str = "public"
    ) -> None:
        super().__init__(folder, wordpress, daemon)
        self.slack = slack
        self.channel: Channel = slack.channel("blog", private=room == "private")
        self.ada: Person = slack.member("Ada", self.channel)
        self._copies = Copies(slack)
        self._luck = random.Random(7)
        self._meant: dict[str, str] = {}
        """Whom a message of Ada's is for, by its ts: she leaves the name there when she edits it."""
        for name, secret in (("token", slack.token), ("app-token", slack.app_token)):
            (folder / f"slack-{name}").write_text(secret)
        token, app_token = (json.dumps(str(folder / f"slack-{name}")) for name in ("token", "app-token"))
        self.write_config(self.channel.id, self.ada.id, _CHOSEN.format(token=token, app_token=app_token, api=slack.api))

    async def start(self, settle_after: float) -> None:
        await self.start_driver(settle_after, PACE=str(PACE))

    @property
    def connected(self) -> bool:
        return self.slack.gate.connected

    @property
    def asked(self) -> int:
        return len(self.slack.requests)

    @property
    def copies(self) -> Sequence[float]:
        return self._copies.seconds

    def threads(self) -> list[Said[Message]]:
        roots = [one for one in self.slack.messages(self.channel) if self._is_ours(one) and one.thread is None]
        return [
            Said(one.text, [each for each in self.slack.thread(one) if self._is_ours(each)]) for one in roots
        ]  # fmt: skip

    def openers(self) -> int:
        return sum(self._is_ours(one) for one in self.slack.messages(self.channel))

    def _is_ours(self, message: Message) -> bool:
        return message.bot == self.slack.app.bot_id

    def words(self, message: Message) -> str:
        """What a message says in rich text: the small print of what somebody sent by a form says who did."""
        return " ".join(text for block in message.blocks if block["type"] == "rich_text" for text in _texts(block))

    async def say(self, words: str, card: Message) -> tuple[str | None, bool]:
        """In a thread of Slack nothing says which message one replies to: Ada says whom she means, or uses the form."""
        if self._luck.random() < 0.5:
            said = self.ada.reply(card, f"@{card.username} {words}")
            self._meant[said.ts] = str(card.username)
            return said.ts, False
        opened = await self.ada.click(card, "Answer")
        if opened.view is None:
            raise Problem("no_window")
        sent = await self.ada.submit(opened, words)
        while not sent.acked:  # the window says that there was trouble, and stays open
            await asyncio.sleep(0.2)  # people's own pace
            sent = await self.ada.submit(opened, words)
        return None, True

    def edit(self, message: str, words: str) -> None:
        self.ada.edit(self._message(message), f"@{self._meant[message]} {words}")

    def delete(self, message: str) -> None:
        self.ada.delete(self._message(message))

    def calm(self) -> None:
        self.slack.faults.events.clear()
        held, self.slack.deliveries.behind = self.slack.deliveries.behind, []
        for tell in held:
            tell()

    def receipt(self, message: str) -> set[str]:
        reactions = self._message(message).reactions
        return {_EMOJIS.get(name, name) for name, who in reactions.items() if self.slack.bot.id in who}

    def _message(self, ts: str) -> Message:
        return self.slack.message(self.channel, ts)


def _texts(thing: Any) -> Iterator[str]:
    for each in thing.get("elements", ()):
        if isinstance(each.get("text"), str):
            yield each["text"]
        yield from _texts(each)


@asynccontextmanager
async def slack_world(folder: Path, room: str = "public") -> AsyncIterator[SlackWorld]:
    """A fresh Backchat in `folder`, whose daemon is not started yet."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        wordpress = await stack.enter_async_context(double_wordpress())
        slack = await stack.enter_async_context(slack_double())
        daemon = await stack.enter_async_context(daemon_of(folder / "backchat.toml", folder / "daemon.log"))
        yield await asyncio.to_thread(SlackWorld, folder, wordpress, daemon, slack, room)
