"""The three loops with real adapters before doubles of their chats, over real HTTP and WebSockets.

Time is the wall's; where nothing happens any more, `until` leaps to what is due next. Nobody sleeps through a hold, or
through the minute for which a chat may still carry out what it did not answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar, cast

from bridge.ledger.examine import examine
from bridge.model import CommentId, Route
from bridge.office import FileOffice
from bridge.ports import Row, Surroundings, Tx
from bridge.schedule import Beat
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.stage import Stage
from tests.flows.chat_side import M, Side
from tests.flows.leaping_clock import LeapingClock
from tests.flows.stories import ROSES

T = TypeVar("T")

HOLD = 10.0
LOOK_EVERY = 0.005
"""Seconds between two looks at a condition."""
LOOKS = 3
"""Looks in a row at which nothing has happened until it is taken that nothing happens by itself."""
LOOKS_IF_BUSY = 60
"""The same, while a double waits for its adapter."""
SHORTEST_LEAP, LONGEST_LEAP = 1.0, 6.0
"""Seconds: long enough to reach the blog's next reading, and short beside what a connection's silence may last, for
hearts beat by the wall's time."""
PATIENCE = 60.0
"""Seconds, by the wall, for one condition."""


class ChatStage(Stage):
    """A house with a fake blog `garden` and these chats. Every start builds the adapters anew, as a process does."""

    def __init__(
        self, sides: Sequence[Side[Any]], folder: Path, clock: LeapingClock, routes: Sequence[Route], *,
        first_run: int = 0,
    ) -> None:  # fmt: skip
        super().__init__(
            blog=FakeBlog(clock), chats={}, routes=routes, ledger=folder / "ledger.db", clock=clock, beat=Beat(5.0),
            first_run=first_run,
        )  # fmt: skip
        self.sides, self.time, self._folder = sides, clock, folder
        self.slow = False
        """Whether answers are held back: what is on its way then does not keep time from passing."""
        self._writing = self._written = 0
        """Transactions that the ledger has not ended yet, and those that it has."""

    # Beginning and ending ---------------------------------------------------------------------------------------------

    async def start(
        self, *, blog_is_there: bool = True, chats_are_there: bool = True, connected: bool = True
    ) -> None:  # fmt: skip
        """Build the adapters, open the ledger, start every loop, and wait until every chat is heard."""
        self.chats = cast(Any, {side.chat_name: side.build(self._lent(side)) for side in self.sides})
        await super().start(blog_is_there=blog_is_there, chats_are_there=chats_are_there)
        self._count_transactions()
        if connected:
            await self.listening()

    def _lent(self, side: Side[Any]) -> Surroundings:
        office = FileOffice(self._folder / "ledger.db")
        return Surroundings(side.chat_name, self.clock, self._folder, "tests", office=office)

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
        await self.until(lambda: all(side.connected for side in self.sides), "adapters that listen")
        await self.until_so(self._caught_up, "the end of catching up")

    def _caught_up(self, tx: Tx) -> bool:
        found = {row["chat"] for row in tx.all("SELECT chat FROM connection WHERE caught_up = ?", self.ledger.run)}
        return found >= {side.chat_name for side in self.sides}

    async def stop(self) -> None:
        """End every loop and the adapters, and close the ledger; what must hold between its rows holds."""
        found = await self.ledger.view(examine)
        await super().stop()
        await self._stack.aclose()
        self._stack = AsyncExitStack()
        assert found == []

    async def end(self) -> None:
        """Stop, if it runs."""
        if hasattr(self, "ledger") and not self.ledger.closed:
            await self.stop()

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
            at_work = self._writing > 0 or (bool(self.deliver._tasks) and not self.slow)
            quiet = quiet + 1 if seen == before and not at_work else 0
            if quiet >= (LOOKS_IF_BUSY if any(side.busy for side in self.sides) else LOOKS):
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
        """Nothing is wanted any more, nothing is on its way, and nothing that a chat was asked can still come."""
        await self.until_so(_nothing_open, "everything to be delivered")
        await self.pass_time(90)
        await self.until_so(_nothing_open, "everything to be delivered")

    async def waits(self, words: str) -> None:
        """Something is not delivered yet, for a reason with these words."""

        def look(tx: Tx) -> bool:
            rows = tx.all("SELECT reason FROM target WHERE state IN ('ready', 'unknown')")
            return any(words in (row["reason"] or "") for row in rows)

        await self.until_so(look, f"{words!r} as a reason to wait")

    def _seen(self) -> object:
        return [side.seen() for side in self.sides], self.blog.reads, self._written

    # Stories ----------------------------------------------------------------------------------------------------------

    async def first_reading(self) -> None:
        """The blog has been read once."""
        if not self.blog.posts:
            self.blog.post()
        await self.until(lambda: self.blog.reads > 0, "the first reading")

    async def on_blog(self, words: str) -> None:
        """These words are public on the blog, once."""
        await self.until(lambda: self.blog.said().count(words) == 1, f"{words!r} on the blog")

    async def shown_by(self, side: Side[M], words: str) -> M:
        """These words stand in a thread of that chat, said by us."""
        await self.until(lambda: bool(side.found(words)), f"{words!r} in a thread on {side.chat_name}")
        return side.ours(words)

    async def receives_by(self, side: Side[M], message: M, *emojis: str) -> None:
        """The receipt on a message of that chat comes to be this."""
        wanted = {plain(emoji) for emoji in emojis}
        await self.until(lambda: side.receipt(message) == wanted, f"{wanted} on {side.words(message)!r}")


class Solo(Side[M], ChatStage):
    """A stage with one chat, which it is itself."""

    async def shown(self, words: str) -> M:
        """These words stand in a thread, said by us."""
        return await self.shown_by(self, words)

    async def begun(self, words: str = ROSES, **fields: Any) -> CommentId:
        """A visitor's comment stands in its thread for long enough to be answered unsaid."""
        await self.first_reading()
        comment = self.blog.comment(words, **fields)
        await self.shown(words)
        await self.pass_time(11)
        return comment

    async def receives(self, message: M, *emojis: str) -> None:
        """The receipt on a message comes to be this."""
        await self.receives_by(self, message, *emojis)


def plain(emoji: str) -> str:
    """An emoji without the mark that says it is to be shown in colours."""
    return emoji.replace("\ufe0f", "")


def _nothing_open(tx: Tx) -> bool:
    rows: list[Row] = list(tx.all("SELECT id FROM target WHERE state IN ('ready', 'sending', 'unknown')"))
    return not rows and not tx.all("SELECT id FROM inbox WHERE state = 'new'")
