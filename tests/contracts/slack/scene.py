"""A channel of the double with the real adapter in it, and a person who uses Slack without Backchat."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.slack import payloads
from adapters.slack.api import Api
from adapters.slack.cards import LONGEST
from adapters.slack.chat import SlackChat
from adapters.slack.double import blocks as kit
from adapters.slack.double import mrkdwn
from adapters.slack.double.things import Channel, Message
from adapters.slack.ids import message_id, parted
from adapters.slack.markup import size
from adapters.slack.settings import EVENTS, HTTP, Settings
from bridge.chats import pressed
from bridge.clock import WallClock
from bridge.model import Choice, Key, MessageId, Part, PersonId, RoomId, ThreadId
from bridge.ports import Clock, Mount, Surroundings
from bridge.testing.clock import DrivenClock
from tests.contracts import chat_scene
from tests.contracts.chat_waiting import until
from tests.rules import slack_blocks as reader
from tests.servers.mounted import mounted
from tests.servers.slack_double import PACE, Double, Person, slack_double

KEY = Key("abcdefghijklmnopqrstuvwx")
"""Stands in for a key where only the look of a message matters."""

AT_ONCE = 2
"""How often Slack tells of an event before it waits for a minute."""


def settings_on(slack: Double, state: Path, **chosen: Any) -> Settings:
    """The settings of an app on a double."""
    given = {"app_token": slack.app_token, "signing_secret": slack.signing_secret, "api": slack.api, **chosen}
    return Settings(name="slack", token=given.pop("token", slack.token), state=state, **given)


def chat_on(
    slack: Double, state: Path, clock: Clock | None = None, mount: Mount | None = None, **chosen: Any
) -> SlackChat:
    """The adapter, pointed at a double, not opened yet; it waits as little as the double does."""
    surroundings = Surroundings("slack", clock or WallClock(), state, "tests", mount=mount)
    chat = SlackChat(settings_on(slack, state, **chosen), surroundings)
    chat.api.pacing.second = PACE
    return chat


@dataclass(slots=True)
class SlackScene:
    """See `bridge.testing.chat_contract.ChatScene`."""

    slack: Double
    channel: Channel
    ada: Person
    eve: Person
    state: Path
    chosen: dict[str, Any] = field(default_factory=dict)
    mount: Mount | None = None
    clock: Clock = field(default_factory=WallClock)
    chat: SlackChat = field(init=False)

    def __post_init__(self) -> None:
        self.chat = chat_on(self.slack, self.state, self.clock, self.mount, **self.chosen)

    @property
    def room(self) -> RoomId:
        return RoomId(self.channel.id)

    @property
    def person(self) -> PersonId:
        return PersonId(self.ada.id)

    @property
    def secrets(self) -> Sequence[str]:
        app = self.slack.app
        return (app.token, app.app_token, app.signing_secret, app.verification)

    def root(self, thread: ThreadId) -> Message:
        """The message on which a thread hangs."""
        return self.slack.message(*parted(thread))

    def message(self, message: MessageId) -> Message:
        return self.slack.message(*parted(message))

    def ours(self, thread: ThreadId) -> list[Message]:
        """Our messages in a thread, without the one on which it hangs."""
        channel, root = parted(thread)
        there = self.slack.world.replies(self.slack.world.channel(channel), root)
        return [one for one in there if one.bot == self.slack.app.bot_id]

    async def write(self, thread: ThreadId, words: str, reply_to: MessageId | None = None) -> MessageId:
        """Within a thread nobody can reply to one message of it."""
        channel, root = parted(thread)
        written = self.ada.write(self.slack.world.channel(channel), words, thread=root)
        await self._told()
        return message_id(channel, written.ts)

    async def edit(self, thread: ThreadId, message: MessageId, words: str) -> None:
        self.ada.edit(self.message(message), words)
        await self._told()

    async def delete(self, thread: ThreadId, message: MessageId) -> None:
        self.eve.delete(self.message(message))
        await self._told()

    async def _told(self) -> None:
        """Wait until Slack has called in vain, where nobody hears: else a call that is late finds who listens then."""
        if self.slack.deliveries.transport is self.slack.http:
            events = [one for one in self.slack.deliveries.book if one.kind == "events_api"]
            await self.slack.deliveries.until(
                lambda: all(one.state != "open" or len(one.attempts) >= AT_ONCE for one in events), "every call"
            )

    async def standing(self, thread: ThreadId) -> Sequence[tuple[MessageId, str]]:
        return [
            (message_id(one.channel, one.ts), f"{one.username or ''} {read(one.blocks)}") for one in self.ours(thread)
        ]

    async def receipt(self, thread: ThreadId, message: MessageId) -> object:
        bot = self.slack.bot.id
        return sorted(name for name, who in self.message(message).reactions.items() if bot in who) or None

    def shown(self, part: Part) -> str:
        """What people read, without sender and small print: in a text of several parts they stand between the words."""
        return read([block for block in payloads.loaded(part)["blocks"] if block["type"] != "context"])

    def fits(self, part: Part) -> bool:
        """By what the double takes, and by what we hold to be the longest."""
        sent = payloads.spoken(payloads.loaded(part), KEY)
        return bool(kit.taken(sent["blocks"])) and size(sent["blocks"]) <= LONGEST and len(sent["text"]) <= 4_000

    def pings(self, part: Part) -> bool:
        """By what the double makes of it, in blocks and in the text that stands in for them."""
        sent = payloads.spoken(payloads.loaded(part), KEY)
        text = mrkdwn.stored(sent["text"], links=sent["parse"] != "none", loose=sent["parse"] == "full")
        return bool([*kit.whom(kit.taken(sent["blocks"])), *mrkdwn.mentions(text)])

    def lose_answer(self) -> None:
        self.slack.fail("chat.[!g]*", "reset", commits=True)

    async def choose(self, thread: ThreadId, message: MessageId, choice: Choice, mark: str) -> None:
        await self.ada.click(self.message(message), pressed.name(pressed.Do(choice, mark)))

    async def send_form(self, thread: ThreadId, message: MessageId, words: str) -> None:
        asked = await self.ada.click(self.message(message), "Answer")
        await self.ada.submit(await asked.opened(), words)

    async def refused_form(self, thread: ThreadId, message: MessageId) -> str:
        asked = await self.eve.click(self.message(message), "Answer")
        await until(self.eve.whispers, "words for one person")
        assert asked.view is None and not asked.said
        return self.eve.whispers()[-1].text

    async def edit_form(self, thread: ThreadId, message: MessageId, words: str) -> None:
        asked = await self.ada.click(self.message(message), "Edit")
        await self.ada.submit(await asked.opened(), words)

    async def take_back_form(self, thread: ThreadId, message: MessageId) -> None:
        await self.ada.click(self.message(message), "Take back")

    async def restart(self, stack: AsyncExitStack) -> SlackChat:
        chat = chat_on(self.slack, self.state, self.clock, self.mount, **self.chosen)
        chat.desks(self.chat.rooms.desks)
        chat.speakers(self.chat.rooms.speakers)
        await chat.open(stack)
        return chat


def read(blocks: Sequence[dict[str, Any]]) -> str:
    """What people read in blocks, buttons aside."""
    rich = [reader.rich_shown(block) for block in blocks if block["type"] == "rich_text"]
    return " ".join([*map(reader.unescaped, reader.printed({"blocks": blocks})), *rich]).strip()


async def scene_of(
    folder: Path, stack: AsyncExitStack, *, clock: Clock | None = None, mode: str = "socket", **chosen: Any
) -> SlackScene:
    """A fresh double with one channel, Ada who writes there, and Eve who may delete everything."""
    mounts, address = await stack.enter_async_context(mounted()) if mode == HTTP else (None, "")
    slack = await stack.enter_async_context(slack_double(clock=clock))
    slack.deliveries.pace = 1.0  # what nobody took is told again after a minute, as by Slack itself, and after five
    channel = slack.channel("blog")
    ada, eve = slack.member("Ada"), slack.member("Eve", admin=True)
    mount = None if mounts is None else mounts.at("chats", "slack")
    if mount is not None:
        slack.http.url = f"{address}/in/chats/slack/{EVENTS}"
        slack.deliveries.transport = slack.http
    return SlackScene(
        slack, channel, ada, eve, folder / "state", {"mode": mode, **chosen}, mount, clock or WallClock()
    )  # fmt: skip


class OpenScene(chat_scene.OpenScene[SlackScene]):
    """What tests of the adapter have at hand, with its Slack."""

    @property
    def chat(self) -> SlackChat:
        return self.scene.chat

    @property
    def api(self) -> Api:
        return self.scene.chat.api

    @property
    def slack(self) -> Double:
        return self.scene.slack

    def sent(self, method: str) -> list[dict[str, Any]]:
        """What was sent to a method."""
        return [one.args for one in self.slack.asked(method)]


@asynccontextmanager
async def opened(folder: Path, *, patience: float = 5.0, **fields: Any) -> AsyncIterator[OpenScene]:
    """A scene whose adapter is open, and waits for no turn. `patience`: seconds after which it gives a call up."""
    async with AsyncExitStack() as stack:
        clock = DrivenClock()
        scene = await scene_of(folder, stack, clock=clock, **fields)
        scene.chat.api.patience, scene.chat.api.pacing.second = patience, 0.0
        scene.slack.limits.off()
        await scene.chat.open(stack)
        yield OpenScene(scene, clock, stack)
