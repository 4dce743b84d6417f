"""The three loops with the real adapter of Discord before the double, over real HTTP and WebSockets.

    async with discord_stage(tmp_path) as stage:
        await stage.begun()                     # a visitor's comment stands in the thread of its post
        stage.ada.write(stage.thread(), …)      # and people do what people do

Time is the wall's; where nothing happens any more, `until` leaps to what is due next. Nobody sleeps through a hold, or
through the minute for which Discord may still carry out what it did not answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from adapters.discord.chat import DiscordChat
from adapters.discord.double import permissions
from adapters.discord.double.messages import is_plain
from adapters.discord.double.things import Channel, Message, Role
from adapters.discord.settings import Settings
from bridge.ledger.examine import examine
from bridge.model import AccountName, ChatName, CommentId, PersonId, Place, Relay, RoomId, Route
from bridge.office import FileOffice
from bridge.ports import ChatReady, Row, Surroundings, Tx
from bridge.schedule import Beat
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.stage import Stage, route
from tests.flows.leaping_clock import LeapingClock
from tests.flows.stories import ROSES
from tests.servers.discord_double import Double, Person, discord_double

T = TypeVar("T")

CHAT = ChatName("discord")
HOLD = 10.0
LOOK_EVERY = 0.005
"""Seconds between two looks at a condition."""
LOOKS = 3
"""Looks in a row at which nothing has happened until it is taken that nothing happens by itself."""
SHORTEST_LEAP, LONGEST_LEAP = 1.0, 6.0
"""Seconds: long enough to reach the blog's next reading, and short beside what the gateway's silence may last, for its
heart beats by the wall's time."""
PATIENCE = 60.0
"""Seconds, by the wall, for one condition."""
HEARTBEAT = 1_000
"""Milliseconds: so that a minute's leaps are not taken for silence."""
NO_ANSWER = 0.4
"""Seconds after which the adapter gives a request up."""
PACE = 0.05
"""How much shorter Discord's limits are: discord.py waits for them by the wall's time."""


class DiscordStage(Stage):
    """A house with a fake blog `garden` and one Discord, in which Ada speaks for the blog and Gus just talks.

    Every start builds the adapter anew, as a process does. `chosen` are settings of the chat.
    """

    def __init__(
        self, discord: Double, folder: Path, clock: LeapingClock, *, forum: bool = False, relay: Relay = Relay.AUTHORS,
        moderated: bool = False, first_run: int = 0, tags: Sequence[str] = (), by_role: bool = False, **chosen: Any,
    ) -> None:  # fmt: skip
        self.discord, self.time, self._folder, self.chosen = discord, clock, folder, chosen
        self.channel = discord.forum("blog", *tags) if forum else discord.channel("blog")
        if chosen.get("identity") == "webhook":
            discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS
        self.backroom = discord.channel("backroom", private=True)
        self.authors: Role = discord.role("Authors")
        self.ada: Person = discord.member("Ada", *([self.authors] if by_role else []))
        self.gus: Person = discord.member("Gus")
        self.mod: Person = discord.member("Mo")
        speakers = {f"@{self.authors.id}" if by_role else self.ada.id: AccountName("ada")}
        public = Place(CHAT, RoomId(self.channel.id), speakers, () if by_role else (PersonId(self.ada.id),))
        moderators = {self.mod.id: AccountName("ada")}
        desk = Place(CHAT, RoomId(self.backroom.id), moderators, (), moderators, desk=True)
        routes: list[Route] = [route(public, relay=relay, hold=HOLD, desks=[desk] if moderated else [])]
        super().__init__(
            blog=FakeBlog(clock), chats={}, routes=routes, ledger=folder / "ledger.db", clock=clock, beat=Beat(5.0),
            first_run=first_run,
        )  # fmt: skip
        self.adapter: DiscordChat
        self.slow = False
        """Whether answers are held back: what is on its way then does not keep time from passing."""
        self._writing = self._written = 0
        """Transactions that the ledger has not ended yet, and those that it has."""

    # Beginning and ending ---------------------------------------------------------------------------------------------

    async def start(
        self, *, blog_is_there: bool = True, chats_are_there: bool = True, connected: bool = True
    ) -> None:  # fmt: skip
        """Build the adapter, open the ledger, start every loop, and wait until Discord's gateway is heard."""
        office = FileOffice(self._folder / "ledger.db")
        surroundings = Surroundings(CHAT, self.clock, self._folder, "tests", office=office)
        settings = Settings(
            CHAT, self.discord.token, self._folder, api=self.discord.api, gateway=self.discord.gateway, **self.chosen
        )
        self.adapter = DiscordChat(settings, surroundings)
        self._hurry_requests()
        self.chats = cast(Any, {CHAT: self.adapter})
        await super().start(blog_is_there=blog_is_there, chats_are_there=chats_are_there)
        self._count_transactions()
        if connected:
            await self.listening()

    def _hurry_requests(self) -> None:
        """Have requests given up early; not the login, which on a busy machine takes its time."""
        opened = self.adapter.open

        async def open_(stack: AsyncExitStack) -> ChatReady:
            ready = await opened(stack)
            self.adapter.api._sender.patience = NO_ANSWER
            return ready

        self.adapter.open = open_  # type: ignore[method-assign]

    def _count_transactions(self) -> None:
        """Know when the ledger is at work: on a busy machine it takes longer than a few looks."""
        transact = self.ledger.transact

        async def counted(work: Callable[[Tx], T]) -> T:
            self._writing += 1
            try:
                return await transact(work)
            finally:
                self._writing -= 1
                self._written += 1

        self.ledger.transact = counted  # type: ignore[method-assign]

    async def listening(self) -> None:
        """Everything that was said until now has been heard."""
        await self.until(lambda: self.discord.gate.connected, "a bot that listens")
        await self.until_so(self._caught_up, "the end of catching up")

    def _caught_up(self, tx: Tx) -> bool:
        return tx.one("SELECT 1 FROM connection WHERE chat = ? AND caught_up = ?", CHAT, self.ledger.run) is not None

    async def stop(self) -> None:
        """End every loop and the adapter, and close the ledger; what must hold between its rows holds."""
        found = await self.ledger.view(examine)
        await super().stop()
        await self._stack.aclose()
        self._stack = AsyncExitStack()
        assert found == []

    def read_blog(self) -> None:
        """Have the blog read at once, as if it were time."""
        for blog in self.house.blogs.values():
            blog.hurry_up()

    async def again(self) -> None:
        """Stop, and start anew."""
        await self.stop()
        await self.start()

    # Waiting ----------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """See that every loop is alive."""
        await asyncio.sleep(0)
        for task in self._tasks:
            assert not task.done(), f"a loop ended: {task}"

    async def until(self, condition: Callable[[], bool], what: str, within: float = 400.0) -> None:
        """Wait until `condition` holds; leap where nothing happens by itself.

        Fails, saying `what` it waited for, after `within` seconds of the clock.
        """
        began, given_up, quiet = self.clock.now(), time.monotonic() + PATIENCE, 0
        seen = self._seen()
        while not condition():
            await self.settle()
            assert time.monotonic() < given_up, f"waited {PATIENCE} s for: {what}"
            assert self.clock.now() < began + within, f"waited {within} s (leaps counted) for: {what}"
            await asyncio.sleep(LOOK_EVERY)
            before, seen = seen, self._seen()
            busy = self._writing > 0 or (bool(self.deliver._tasks) and not self.slow)
            quiet = quiet + 1 if seen == before and not busy else 0
            if quiet >= LOOKS:
                quiet = 0
                self.clock.advance(min(LONGEST_LEAP, max(SHORTEST_LEAP, self.time.next())))

    async def until_so(self, look: Callable[[Tx], bool], what: str) -> None:
        """Wait until the ledger says so."""
        so = False
        while not so:
            so = await self.ledger.view(look)
            if not so:
                here = self.clock.now()
                await self.until(lambda here=here: self.clock.now() > here + 0.05, what)  # type: ignore[misc]

    async def pass_time(self, seconds: float) -> None:
        """Let so much time pass, and everything that happens meanwhile happen."""
        until = self.clock.now() + seconds
        await self.until(lambda: self.clock.now() >= until, f"{seconds} s to pass", seconds + 400)

    async def at_rest(self) -> None:
        """Nothing is wanted any more, nothing is on its way, and nothing that Discord was asked can still come."""
        await self.until_so(_nothing_open, "everything to be delivered")
        await self.pass_time(90)
        await self.until_so(_nothing_open, "everything to be delivered")

    def _seen(self) -> object:
        gate, book = self.discord.gate, self.discord.requests
        told = [session.seq for session in gate.sessions.values()]
        answered = sum(one.status != 0 for one in book)
        return len(book), answered, told, len(gate.wires), self.blog.reads, self._written

    # Looking ----------------------------------------------------------------------------------------------------------

    def thread(self, title: str = "First post") -> Channel:
        """The only thread of that post in the public room."""
        (found,) = [one for one in self.discord.threads(self.channel) if one.name == title]
        return found

    def threads(self) -> list[Channel]:
        """Every thread of the public room."""
        return self.discord.threads(self.channel)

    def standing(self) -> list[Message]:
        """What we have said that stands, in every thread, without what opens them."""
        return [one for thread in self._all_threads() for one in self.ours_in(thread)]

    def _all_threads(self) -> list[Channel]:
        return [*self.discord.threads(self.channel), *self.discord.threads(self.backroom)]

    def ours_in(self, thread: Channel) -> list[Message]:
        """What we have said in a thread that stands, without what opens it, and what only one person was told."""
        found = sorted(self.discord.world.messages[thread.id].values(), key=lambda one: int(one.id))
        bot = self.discord.bot.id
        return [
            one for one in found
            if is_plain(one) and one.id != thread.id and bot in {one.author.id, one.application} and not one.seen_by
        ]  # fmt: skip

    def found(self, words: str) -> list[Message]:
        """Our messages with these words."""
        return [one for one in self.standing() if words in one.content]

    def ours(self, words: str) -> Message:
        """The one message of ours with these words."""
        (found,) = self.found(words)
        return found

    def receipt(self, message: Message) -> set[str]:
        """Our reactions on a message."""
        there = self.discord.world.messages[message.channel].get(message.id, message)
        return {emoji.replace("\ufe0f", "") for emoji, who in there.reactions.items() if self.discord.bot.id in who}

    def custom_id(self, message: Message, label: str) -> str:
        """The id of the button that is labelled so."""
        buttons = [one for row in message.components for one in row["components"]]
        return next(str(one["custom_id"]) for one in buttons if one["label"] == label)

    def labels(self, message: Message) -> list[str]:
        """What a message's buttons say."""
        return [str(one["label"]) for row in message.components for one in row["components"]]

    # Stories ----------------------------------------------------------------------------------------------------------

    async def first_reading(self) -> None:
        """The blog has been read once."""
        if not self.blog.posts:
            self.blog.post()
        await self.until(lambda: self.blog.reads > 0, "the first reading")

    async def shown(self, words: str) -> Message:
        """These words stand in a thread, said by us."""
        await self.until(lambda: bool(self.found(words)), f"{words!r} in a thread")
        return self.ours(words)

    async def begun(self, words: str = ROSES, **fields: Any) -> CommentId:
        """A visitor's comment stands in its thread for long enough to be answered unsaid."""
        await self.first_reading()
        comment = self.blog.comment(words, **fields)
        await self.shown(words)
        await self.pass_time(11)
        return comment

    async def receives(self, message: Message, *emojis: str) -> None:
        """The receipt on a message comes to be this."""
        wanted = {emoji.replace("\ufe0f", "") for emoji in emojis}
        await self.until(lambda: self.receipt(message) == wanted, f"{wanted} on {message.content!r}")

    async def on_blog(self, words: str) -> None:
        """These words are public on the blog, once."""
        await self.until(lambda: self.blog.said().count(words) == 1, f"{words!r} on the blog")


def _nothing_open(tx: Tx) -> bool:
    rows: list[Row] = list(tx.all("SELECT id FROM target WHERE state IN ('ready', 'sending', 'unknown')"))
    return not rows and not tx.all("SELECT id FROM inbox WHERE state = 'new'")


@asynccontextmanager
async def discord_stage(folder: Path, *, started: bool = True, **fields: Any) -> AsyncIterator[DiscordStage]:
    """A stage on a double of its own, of one clock with it."""
    clock = LeapingClock()
    async with discord_double(clock=clock, pace=PACE) as discord:
        discord.gate.heartbeat = HEARTBEAT
        stage = DiscordStage(discord, folder, clock, **fields)
        if started:
            await stage.start()
        try:
            yield stage
        finally:
            if hasattr(stage, "ledger") and not stage.ledger.closed:
                await stage.stop()
