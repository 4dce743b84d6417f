"""The three loops with the real adapter of Slack before the double: see `chat_stage`.

async with slack_stage(tmp_path) as stage:
    await stage.begun()  # a visitor's comment stands in the thread of its post
    stage.ada.reply(stage.thread(), …)  # and people do what people do
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from adapters.slack.chat import SlackChat
from adapters.slack.double.interactions import Interaction
from adapters.slack.double.things import Channel, Message
from adapters.slack.receipts import NAMES
from adapters.slack.settings import Settings
from adapters.slack.shortcuts import SHORTCUTS
from bridge.model import AccountName, ChatName, PersonId, Place, Relay, RoomId
from bridge.ports import ChatReady, Mount, Surroundings
from bridge.testing.stage import route
from tests.flows.chat_side import NO_ANSWER, Side
from tests.flows.chat_stage import HOLD, ChatStage, Solo, plain
from tests.flows.leaping_clock import LeapingClock
from tests.servers.slack_double import Double, Person, slack_double

CHAT = ChatName("slack")
COMMAND = "/backchat"
PACE = 0.01
"""How much shorter Slack's limits are, and our pauses before them: nothing is leapt over while something is sent."""
_EMOJIS = {name: plain(emoji) for emoji, name in NAMES.items()}


class SlackSide(Side[Message]):
    """A workspace in which Ada speaks for the blog, Mo moderates and Gus just talks. `chosen`: settings of the chat."""

    chat_name = CHAT

    def __init__(self, slack: Double, *, private: bool = False, **chosen: Any) -> None:
        self.slack, self.chosen = slack, chosen
        self.channel: Channel = slack.channel("blog", private=private)
        self.backroom: Channel = slack.channel("backroom", private=True)
        self.ada: Person = slack.member("Ada", self.channel, self.backroom)
        self.gus: Person = slack.member("Gus", self.channel)
        self.mod: Person = slack.member("Mo", self.channel, self.backroom)
        slack.app.commands[COMMAND] = False
        slack.app.shortcuts |= {one.name: one.id for one in SHORTCUTS}
        self.adapter: SlackChat
        self.mount: Mount | None = None
        """Where Slack calls the adapter, for one that does not connect by itself."""
        speakers = {self.ada.id: AccountName("ada")}
        self.public = Place(CHAT, RoomId(self.channel.id), speakers, (PersonId(self.ada.id),))
        moderators = {self.mod.id: AccountName("ada")}
        self.desk = Place(CHAT, RoomId(self.backroom.id), moderators, (), moderators, desk=True)

    def build(self, surroundings: Surroundings) -> SlackChat:
        slack = self.slack
        settings = Settings(
            name=CHAT, token=slack.token, state=surroundings.state, app_token=slack.app_token, api=slack.api,
            signing_secret=slack.signing_secret, **self.chosen,
        )  # fmt: skip
        self.adapter = SlackChat(settings, replace(surroundings, mount=self.mount))
        self._hurry_requests()
        return self.adapter

    def _hurry_requests(self) -> None:
        """Have requests given up early; not the login, which on a busy machine takes its time."""
        opened = self.adapter.open

        async def open_(stack: AsyncExitStack) -> ChatReady:
            ready = await opened(stack)
            self.give_up_after(NO_ANSWER)
            self.adapter.api.pacing.second = PACE
            return ready

        self.adapter.open = open_  # type: ignore[method-assign]

    def give_up_after(self, seconds: float) -> None:
        """From now on requests are given up after so long."""
        session = self.adapter.api.client.session
        assert session is not None
        session._timeout = aiohttp.ClientTimeout(total=seconds)

    @property
    def connected(self) -> bool:
        return self.mount is not None or self.slack.gate.connected

    def seen(self) -> object:
        slack = self.slack
        tried = sum(len(one.attempts) for one in slack.deliveries.book)
        asked = len(slack.requests), sum(one.status != 0 for one in slack.requests)
        return asked, len(slack.deliveries.book), tried, len(slack.gate.wires), slack.gate.opened

    @property
    def busy(self) -> bool:
        """Whether the adapter has been told something that it has not acknowledged: it has three seconds for that."""
        return self.connected and any(one.state == "open" for one in self.slack.deliveries.book[-50:])

    # Looking ----------------------------------------------------------------------------------------------------------

    def roots(self, channel: Channel | None = None) -> list[Message]:
        """What opens a thread in the public room (or in that channel), and stands."""
        return [one for one in self.slack.messages(channel or self.channel) if self._is_ours(one) and not one.thread]

    def thread(self, title: str = "First post") -> Message:
        """What opens the only thread of that post in the public room."""
        (found,) = [one for one in self.roots() if self.title(one) == title]
        return found

    def title(self, root: Message) -> str:
        """The title of the post whose thread a message opens."""
        header = next((block for block in root.blocks if block["type"] == "header"), None)
        return "" if header is None else str(header["text"]["text"]).removeprefix("💬 ")

    def named(self, title: str) -> int:
        return sum(self.title(one) == title for one in self.roots())

    def standing(self) -> list[Message]:
        slack = self.slack
        there = [one for one in (self.channel, self.backroom) if one.id in slack.world.channels]
        roots = [one for channel in there for one in slack.messages(channel) if one.thread is None]
        return [one for root in roots for one in self.ours_in(root)]

    def ours_in(self, root: Message) -> list[Message]:
        """What we have said in a thread that stands."""
        return [one for one in self.slack.thread(root) if self._is_ours(one)]

    def _is_ours(self, message: Message) -> bool:
        return message.bot == self.slack.app.bot_id

    def words(self, message: Message) -> str:
        return "\n".join("".join(_texts(block)) for block in message.blocks if block["type"] != "actions")

    def addresses(self, message: Message) -> str:
        """Where the links in a message's words lead."""
        return " ".join(_texts(message.blocks, {"url"}))

    def receipt(self, message: Message) -> set[str]:
        there = self.slack.world.messages.get(message.channel, {}).get(message.ts, message)
        mine = [name for name, who in there.reactions.items() if self.slack.bot.id in who]
        return {_EMOJIS.get(name, name) for name in mine}

    def labels(self, message: Message) -> list[str]:
        """What a message's buttons say."""
        rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
        return [str(one["text"]["text"]) for row in rows for one in row]

    # What Ada does ----------------------------------------------------------------------------------------------------

    def answer(self, words: str, card: Message) -> Message:
        return self.ada.reply(card, words)

    async def answer_by_form(self, words: str, card: Message) -> None:
        await self.ada.submit(await self.ada.click(card, "Answer"), words)


class SlackStage(SlackSide, Solo[Message]):
    """A house with a fake blog `garden` and one Slack."""

    async def told(self, who: Person, pressing: Awaitable[Interaction]) -> str:
        """What somebody is told who presses something, and nobody else; no window opens."""
        before = len(self.slack.world.whispers)
        pressed = await pressing
        await self.until(lambda: len(self.slack.world.whispers) > before, f"words for {who.name}")
        (said,) = self.slack.world.whispers[before:]
        assert (said.user, pressed.view) == (who.id, None)
        return said.text

    def __init__(
        self, slack: Double, folder: Path, clock: LeapingClock, *, relay: Relay = Relay.AUTHORS,
        moderated: bool = False, first_run: int = 0, **chosen: Any,
    ) -> None:  # fmt: skip
        SlackSide.__init__(self, slack, **chosen)
        desks = [self.desk] if moderated else []
        routes = [route(self.public, relay=relay, hold=HOLD, desks=desks)]
        ChatStage.__init__(self, [self], folder, clock, routes, first_run=first_run)


def _texts(thing: Any, names: Collection[str] = ("text", "url")) -> Iterator[str]:
    """Every text in blocks, in its order."""
    if isinstance(thing, dict):
        shown = {"url": ""} if thing.get("text") else {}  # a link that has words shows them
        for name, each in {**thing, **(shown if "text" in names else {})}.items():
            if name in names and isinstance(each, str):
                yield each
            elif name in {"text", "elements"}:
                yield from _texts(each, names)
    elif isinstance(thing, list):
        for each in thing:
            yield from _texts(each, names)


@asynccontextmanager
async def leaping_slack(clock: LeapingClock) -> AsyncIterator[Double]:
    """A double for a stage, of one clock with it. What is not acknowledged is told again at once, and then no more."""
    async with slack_double(clock=clock, pace=PACE) as slack:
        slack.limits.now, slack.deliveries.pace = clock.now, 0.0
        yield slack


@asynccontextmanager
async def slack_stage(folder: Path, *, started: bool = True, **fields: Any) -> AsyncIterator[SlackStage]:
    """A stage on a double of its own."""
    clock = LeapingClock()
    async with leaping_slack(clock) as slack:
        stage = SlackStage(slack, folder, clock, **fields)
        if started:
            await stage.start()
        try:
            yield stage
        finally:
            await stage.end()
