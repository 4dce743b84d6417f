"""Kill the daemon under load before a chat's double, whichever the chat is.

Visitors comment on many posts, the author answers, edits and deletes, every tenth of what the chat is asked meets a
fault, the connection that events come by stumbles, and the daemon is killed again and again. Then everybody falls
silent and the chat is well, and all must come to rest as it must be. What a chat's own world and stumbles are is said
by `tests/process/NAME_kills.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from tests.process.chat_world import ChatWorld
from tests.process.room_side import Problem
from tests.process.waiting import NotSo, until

SETTLE_AFTER = 4.0
"""Seconds after which what was not answered has happened, or never will: more than `LATEST`."""
LATEST = 2.0
EVERY = 10
"""Each so many requests meet a fault."""
SHORTEST = 15
LONGEST = 20.0
"""Seconds after which it is killed though it has nothing more to ask."""
PAUSES = (0.05, 0.4)
"""Seconds between two things that somebody does."""
STUMBLES = (0.5, 3.0)
"""Seconds between two stumbles of the connection."""


class Fate(NamedTuple):
    """What befalls a request: what it is answered, and whether or after how many seconds it does its work."""

    name: str
    answer: int | str
    commits: bool | float = False
    retry_after: float = 0.0


class Luck:
    """Faults of every kind, in every tenth request, until all is `well`."""

    def __init__(self, source: random.Random) -> None:
        self.source, self.well, self._asked = source, False, 0
        self.met: Counter[str] = Counter()

    def next(self) -> Fate | None:
        """What befalls the next request."""
        self._asked += 1
        if self.well or self._asked % EVERY:
            return None
        fate = self.source.choice(_FATES)(self.source)
        self.met[fate.name] += 1
        return fate


def _status(luck: random.Random) -> Fate:
    status, commits = luck.choice([500, 502, 503, 504]), luck.random() < 0.5
    return Fate(f"status {'after' if commits else 'before'} the work", status, commits)


def _reset(luck: random.Random) -> Fate:
    commits = luck.random() < 0.5
    return Fate(f"reset {'after' if commits else 'before'} the work", "reset", commits)


def _limit(luck: random.Random) -> Fate:
    return Fate("too many requests", 429, retry_after=luck.uniform(0.01, 0.3))


def _late(luck: random.Random) -> Fate:
    answers: list[int | str] = [500, "reset"]
    return Fate("late work", luck.choice(answers), luck.uniform(0.1, LATEST))


def _silent(luck: random.Random) -> Fate:
    return Fate("no answer", "hang", luck.random() < 0.5)


_FATES: Sequence[Callable[[random.Random], Fate]] = (_status, _status, _reset, _reset, _limit, _late, _silent)

W = TypeVar("W", bound=ChatWorld[Any])


@dataclass(repr=False)
class Crowd(Generic[W]):
    """Visitors who comment, and an author who answers, edits and deletes. All is drawn from one seeded source.

    `refusal` is how the double tells people that they have to try again.
    """

    world: W
    luck: random.Random
    wanted: int
    refusal: type[Exception]
    posts: list[int] = field(default_factory=list)
    said: int = 0
    answered: int = 0
    edited: int = 0
    deleted: int = 0
    silent: bool = False

    async def visit(self, bursts: int) -> None:
        """Comment in bursts, on random posts, until all that is wanted is said."""
        share = max(1, self.wanted // bursts)
        while self.said < self.wanted:
            many = min(self.luck.randint(1, 2 * share), self.wanted - self.said)
            await self.world.comment_many([self.luck.choice(self.posts) for _ in range(many)])
            self.said += many
            await self._rest()

    async def answer(self) -> None:
        """Answer, edit and delete until it is to be silent."""
        while not self.silent:
            act = self.luck.choices(["reply", "rewrite", "unwrite"], [10, 4, 2])[0]
            try:
                if act == "reply":
                    await self._reply()
                else:
                    self._change(act)
            except self.refusal:
                pass  # people are told so, and try again
            await self._rest()

    async def _rest(self) -> None:
        await asyncio.sleep(self.luck.uniform(*PAUSES))  # people's own pace, no condition is waited for

    async def _reply(self) -> None:
        taken = {answer.parent for answer in self.world.answers.values()}
        numbers = {words.split()[0]: number for number, (_, words) in self.world.comments.items()}
        shown = [(numbers[token], each[0]) for token, each in self.world.shown().items() if len(each) == 1]
        free = [(number, message) for number, message in shown if number not in taken]
        if free:
            await self.world.answer(*self.luck.choice(free))
            self.answered += 1

    def _change(self, act: str) -> None:
        mine = sorted(token for token, answer in self.world.answers.items() if answer.message is not None)
        if not mine:
            return
        answer = self.world.answers[self.luck.choice(mine)]
        assert answer.message is not None
        if act == "rewrite":
            words = f"{answer.words} Surely."
            self.world.edit(answer.message, words)
            self.world.answers[answer.token] = type(answer)(
                answer.token, words, answer.parent, answer.post, answer.message
            )
            self.edited += 1
        else:
            self.world.delete(answer.message)
            del self.world.answers[answer.token]
            self.deleted += 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said, and what became of it."""

    kills: int
    comments: int
    answers: int
    edits: int
    deletions: int
    faults: Counter[str]
    copies: Sequence[float]
    problems: Sequence[Problem]
    seconds: float

    def count(self, *kinds: str) -> int:
        """How many problems are of these kinds."""
        return sum(problem.kind in kinds for problem in self.problems)

    def table(self) -> str:
        """A line of names and one of numbers, and a line for each kind of fault."""
        lost, doubled, order = self.count("lost"), self.count("doubled"), self.count("order")
        numbers = {
            "kills": self.kills, "faults": self.faults.total(), "comments": self.comments,
            "answers": self.answers, "edits": self.edits, "deletions": self.deletions, "lost": lost,
            "doubled": doubled, "out of order": order, "other": len(self.problems) - lost - doubled - order,
            "stood twice": len(self.copies), "longest": round(max(self.copies, default=0.0), 1),
            "seconds": round(self.seconds),
        }  # fmt: skip
        head = "  ".join(numbers)
        lines = [head, "  ".join(f"{many:>{len(name)}}" for name, many in numbers.items()), ""]
        return "\n".join([*lines, *(f"{many:6}  {name}" for name, many in sorted(self.faults.items()))])


@dataclass(frozen=True)
class Kills(Generic[W]):
    """What killing before a chat takes.

    `stumbles`: what befalls the connection, each by its name. `requests`: what the chat is asked for a comment, about,
    with all that there is besides: a daemon lives for so many. `switch_on` puts the faults into the double.
    """

    name: str
    world: Callable[[Path, str], AbstractAsyncContextManager[W]]
    rooms: Sequence[str]
    switch_on: Callable[[W, Luck], None]
    stumbles: Mapping[str, Callable[[W], object]]
    refusal: type[Exception]
    requests: float = 1.7

    async def attempt(
        self, folder: Path, comments: int, kills: int, luck: random.Random, *, room: str = "", posts: int = 20,
        rest: float = 400.0,
    ) -> Outcome:  # fmt: skip
        """Kill the daemon so many times while a crowd talks and the chat stumbles, and look what is left."""
        started = time.monotonic()
        async with self.world(folder, room or self.rooms[0]) as world:
            faults = Luck(random.Random(luck.random()))
            crowd = Crowd(world, random.Random(luck.random()), comments, self.refusal)
            crowd.posts = [await world.wordpress.write_post(f"Post {n}") for n in range(posts)]
            await world.start(SETTLE_AFTER)
            await until(lambda: world.connected, "the daemon to listen")
            await until(lambda: _was_read(world), "the first reading of the blog")
            self.switch_on(world, faults)
            stumbling = asyncio.create_task(self._stumble(world, random.Random(luck.random()), faults))
            await self._killed(world, crowd, kills, luck)
            faults.well = True
            await stumbling
            world.calm()
            problems = await world.at_rest(rest)
            code = await world.daemon.stop()
            if code != 0:
                problems = [*problems, Problem("ledger", f"the daemon ended with {code}")]
            return Outcome(
                kills, crowd.said, crowd.answered, crowd.edited, crowd.deleted, faults.met, world.copies, problems,
                time.monotonic() - started,
            )  # fmt: skip

    async def _killed(self, world: W, crowd: Crowd[W], kills: int, luck: random.Random) -> None:
        visiting = asyncio.create_task(crowd.visit(max(2, 4 * kills)))
        answering = asyncio.create_task(crowd.answer())
        try:
            share = int(2 * self.requests * crowd.wanted / max(1, kills))
            for _ in range(kills):
                await _asked(world, luck.randint(SHORTEST, max(SHORTEST + 1, share)))
                assert not answering.done(), answering.exception()
                assert world.daemon.running, f"the daemon ended by itself:\n{world.daemon.words()[-2000:]}"
                await world.daemon.kill()
                await world.start(SETTLE_AFTER)
            await visiting
        finally:
            crowd.silent = True
            visiting.cancel()
            await asyncio.gather(visiting, answering)

    async def _stumble(self, world: W, luck: random.Random, faults: Luck) -> None:
        while not faults.well:
            how = luck.choice(list(self.stumbles))
            self.stumbles[how](world)
            faults.met[f"connection: {how}"] += 1
            await asyncio.sleep(luck.uniform(*STUMBLES))  # bad luck keeps no appointments

    def main(self) -> int:
        """Print the table; 0 if nothing was lost, doubled, or out of order."""
        parser = argparse.ArgumentParser(description=f"Kill the daemon under load before {self.name}.")
        parser.add_argument("--comments", type=int, default=2000)
        parser.add_argument("--kills", type=int, default=50)
        parser.add_argument("--room", choices=self.rooms, default=self.rooms[0])
        parser.add_argument(
            "--rest", type=float, default=600.0, help="seconds in which all must come to rest at the end"
        )
        parser.add_argument("--seed", type=int, default=None, help="repeats the crowd and the faults of an earlier run")
        parser.add_argument("--folder", type=Path, default=None, help="where to leave the ledger and the log")
        chosen = parser.parse_args()
        number = random.randrange(10**6) if chosen.seed is None else chosen.seed
        print(f"seed {number}, {chosen.room}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            there = chosen.folder or Path(folder)
            luck = random.Random(number)
            outcome = asyncio.run(
                self.attempt(there, chosen.comments, chosen.kills, luck, room=chosen.room, rest=chosen.rest)
            )
        print(outcome.table())
        for problem in sorted(outcome.problems, key=lambda one: one.kind)[:60]:
            print(f"{problem.kind}: {problem.words}")
        return 1 if outcome.problems else 0


def _was_read(world: ChatWorld[Any]) -> bool:
    return bool(world.ledger("SELECT 1 FROM source WHERE initialised = 1"))


async def _asked(world: ChatWorld[Any], many: int) -> None:
    """Wait until the chat was asked for so much more, or nothing more is asked."""
    wanted = world.asked + many
    with contextlib.suppress(NotSo):
        await until(lambda: world.asked >= wanted, "requests", LONGEST)
