"""Kill the daemon at random instants under load: `python -m tests.process.kills --kills 200 --seed 1`.

Visitors comment, edit and delete, an author answers, edits and deletes, on several posts and without a pause, while
the daemon is killed and started again; with `--breaks`, its connections to the blog break at random instants, too. Then
everybody falls silent, and all must come to rest as it must be. Prints
what was said and what became of it; the exit code is 0 only if nothing was lost or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.web_room.rows import RoomRefusal
from tests.process.proxy import Break, Fault, Proxy, proxied
from tests.process.room_side import MEMBER, Problem
from tests.process.story import seed
from tests.process.waiting import NotSo
from tests.process.world import SETTLE_AFTER, World, stable
from tests.servers.isso import Visitor

LIVES = (0.3, 3.0)
"""A daemon lives between these seconds; starting takes about half a second of it."""
PAUSES = (0.1, 0.8)
"""Seconds between two things that somebody does."""
POSTS = 6
"""On as many posts the crowd talks; one more is the one of the seeds."""
REST = 120.0
"""Seconds in which all must come to rest after the last kill."""


@dataclass
class Crowd:
    """Visitors and an author who never stop talking. What they do is drawn from one seeded source."""

    world: World
    luck: random.Random
    said: int = 0
    answered: int = 0
    edited: int = 0
    deleted: int = 0
    silent: bool = False
    _posts: list[str] = field(default_factory=list)
    _visitor: Visitor | None = None
    _standing: dict[int, str] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def gather(self) -> None:
        """Find the posts."""
        self._visitor = self.world.isso.visitor("Iris")
        self._posts = [f"/talk-{n}/" for n in range(POSTS)]
        self.world.isso.posts.update({post: f"On {post}" for post in self._posts})

    async def talk(self) -> None:
        """Do one thing after the other, the visitors and the author beside each other, until `silent`."""
        visitors = ([self._comment, self._edit, self._delete], [30, 12, 8])
        author = ([self._answer, self._rewrite, self._unwrite, self._chat], [30, 10, 6, 4])
        await asyncio.gather(self._go_on(*visitors), self._go_on(*author))

    async def _go_on(self, acts: Sequence[Callable[[], Awaitable[None]]], weights: Sequence[int]) -> None:
        while not self.silent:
            await self.luck.choices(acts, weights)[0]()
            await asyncio.sleep(self.luck.uniform(*PAUSES))  # people's own pace, no condition is waited for

    async def _comment(self) -> None:
        assert self._visitor is not None
        self.said += 1
        fleeting = self.luck.random() < 0.3
        words = f"{'f' if fleeting else 'c'}{self.said}. Is this so?"
        number = await self._visitor.comment(words, self.luck.choice(self._posts))
        if fleeting:
            self._standing[number] = words  # only these are edited and deleted, and nobody answers them
        else:
            self._open.append(words)

    async def _edit(self) -> None:
        if not self._standing:
            return
        assert self._visitor is not None
        number = self.luck.choice(sorted(self._standing))
        self._standing[number] += " Again?"
        self.edited += 1
        await self._visitor.edit(number, self._standing[number])

    async def _delete(self) -> None:
        if not self._standing:
            return
        assert self._visitor is not None
        number = self.luck.choice(sorted(self._standing))
        del self._standing[number]
        self.deleted += 1
        await self._visitor.delete(number)

    async def _answer(self) -> None:
        standing = {one.words: one for one in self.world.in_room()}
        shown = [(words, standing[words]) for words in self._open if words in standing]
        if not shown:
            return
        words, one = self.luck.choice(shown)
        self._open.remove(words)
        self.answered += 1
        await self.world.answer(f"a{self.answered}. It is.", one.id, one.thread)

    async def _rewrite(self) -> None:
        if not self.world.answers:
            return
        message = self.luck.choice(sorted(self.world.answers))
        self.edited += 1
        await self.world.rewrite(message, f"{self.world.answers[message]} Surely.")

    async def _unwrite(self) -> None:
        if not self.world.answers:
            return
        self.deleted += 1
        await self.world.unwrite(self.luck.choice(sorted(self.world.answers)))

    async def _chat(self) -> None:
        thread = self.world.thread()
        if thread:
            words = f"m{self.said}-{self.edited}-{self.answered} among us"
            with contextlib.suppress(RoomRefusal, AssertionError):  # the very same words were said just before
                await self.world.write(words, None, MEMBER, thread)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said, and what became of it."""

    kills: int
    breaks: int
    comments: int
    answers: int
    edits: int
    deletions: int
    problems: Sequence[Problem]
    seconds: float

    def count(self, *kinds: str) -> int:
        """How many problems are of these kinds."""
        return sum(problem.kind in kinds for problem in self.problems)

    def table(self) -> str:
        """Two lines."""
        lost, doubled, parked = self.count("lost"), self.count("doubled"), self.count("parked")
        numbers = {
            "kills": self.kills, "breaks": self.breaks, "comments": self.comments, "answers": self.answers,
            "edits": self.edits, "deletions": self.deletions, "lost": lost, "doubled": doubled, "parked": parked,
            "other": len(self.problems) - lost - doubled - parked, "seconds": round(self.seconds),
        }  # fmt: skip
        names = "  ".join(numbers)
        return f"{names}\n" + "  ".join(f"{many:>{len(name)}}" for name, many in numbers.items())


async def try_kills(folder: Path, kills: int, luck: random.Random, *, breaking: bool = False) -> Outcome:
    """Kill the daemon so many times while a crowd talks, and look what is left."""
    started = time.monotonic()
    async with stable(folder) as one, proxied(one.isso.address) as proxy:
        await seed(one)
        async with one.world("kills", every=0.5, address=proxy.address if breaking else None) as world:
            world.earlier = frozenset({world.on_blog()[0].number})
            crowd = Crowd(world, random.Random(luck.random()))
            crowd.gather()
            breaks = _Breaks(proxy, random.Random(luck.random()))
            async with breaks.going_on() if breaking else contextlib.nullcontext():
                await _killed(world, crowd, kills, luck)
            problems = await _rested(world)
            return Outcome(
                kills,
                breaks.met,
                crowd.said,
                crowd.answered,
                crowd.edited,
                crowd.deleted,
                problems,
                time.monotonic() - started,
            )


@dataclass
class _Breaks:
    """Connections that break at random instants."""

    proxy: Proxy
    luck: random.Random
    _faults: list[Fault] = field(default_factory=list)

    @property
    def met(self) -> int:
        """How many connections broke."""
        return sum(fault.met for fault in self._faults)

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Break connections while this lasts."""
        breaking = asyncio.create_task(self._go_on())
        try:
            yield
        finally:
            breaking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await breaking
            for fault in self._faults:
                fault.times = 0

    async def _go_on(self) -> None:
        while True:
            start = self.luck.choice(["POST /new", "POST /new", "POST /id/", "GET /?uri", "GET /latest", "GET /admin"])
            kind = self.luck.choice([Break.BEFORE, Break.AFTER, Break.MID_BODY, Break.GARBLED])
            self._faults.append(self.proxy.break_(start, kind))
            await asyncio.sleep(self.luck.uniform(*PAUSES))  # bad luck keeps no appointments


async def _killed(world: World, crowd: Crowd, kills: int, luck: random.Random) -> None:
    await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
    await world.until_shown("s3")
    talking = asyncio.create_task(crowd.talk())
    try:
        for _ in range(kills):
            done, _ = await asyncio.wait({talking}, timeout=luck.uniform(*LIVES))
            if done:
                break
            assert world.daemon.running, f"the daemon ended by itself:\n{world.daemon.words()[-2000:]}"
            await world.daemon.kill()
            await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
    finally:
        crowd.silent = True
        await talking


async def _rested(world: World) -> list[Problem]:
    try:
        await world.at_rest(REST)
    except NotSo:
        return [*world.problems(), *(Problem("ledger", one.words) for one in await world.stop_and_check())]
    return await world.stop_and_check()


def main() -> int:
    """Print the table; 0 if nothing was lost or doubled."""
    parser = argparse.ArgumentParser(description="Kill the daemon at random instants under load.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None, help="repeats the crowd and the instants of an earlier run")
    parser.add_argument("--breaks", action="store_true", help="break connections to the blog, too")
    chosen = parser.parse_args()
    number = random.randrange(10**6) if chosen.seed is None else chosen.seed
    print(f"seed {number}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(try_kills(Path(folder), chosen.kills, random.Random(number), breaking=chosen.breaks))
    print(outcome.table())
    for problem in outcome.problems:
        print(f"{problem.kind}: {problem.words}")
    return 1 if outcome.count("lost", "doubled") else 0


if __name__ == "__main__":
    sys.exit(main())
