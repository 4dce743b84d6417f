"""Kill the daemon under load before Discord: `python -m tests.process.discord_kills --comments 2000 --kills 50`.

Visitors comment on many posts, the author answers, edits and deletes, every tenth of what Discord is asked meets a
fault, its gateway stumbles, and the daemon is killed again and again. Then everybody falls silent and Discord is well,
and all must come to rest as it must be. Prints what was said and what became of it; the exit code is 0 only if nothing
was lost, doubled, or out of order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.discord.double.faults import Fault, Faults
from tests.process.discord_world import DiscordWorld, discord_world
from tests.process.room_side import Problem
from tests.process.waiting import NotSo, until
from tests.servers.discord_double import Problem as Refusal

SETTLE_AFTER = 4.0
"""Seconds after which what was not answered has happened, or never will: more than `LATEST`."""
LATEST = 2.0
EVERY = 10
"""Each so many requests meet a fault."""
REQUESTS = 1.7
"""What Discord is asked for a comment, about, with all that there is besides: a daemon lives for so many requests."""
SHORTEST = 15
LONGEST = 20.0
"""Seconds after which it is killed though it has nothing more to ask."""
PAUSES = (0.05, 0.4)
"""Seconds between two things that somebody does."""
ROOMS = ("text", "forum", "webhook")


class Unlucky(Faults):
    """Faults of every kind, in every tenth request."""

    luck: random.Random
    met: Counter[str]
    well: bool

    def __init__(self, luck: random.Random) -> None:
        super().__init__()
        self.luck, self.met, self.well, self._asked = luck, Counter(), False, 0

    def of_request(self, method: str, path: str, body: Any) -> Fault | None:
        """A fault in every tenth request, and at every second of them the request does its work all the same."""
        self._asked += 1
        if self.well or self._asked % EVERY or path.startswith("/interactions"):
            return None
        name, fault = self.luck.choice(_KINDS)(method, path, self.luck)
        self.met[name] += 1
        fault.hits = 1
        return fault


def _status(method: str, path: str, luck: random.Random) -> tuple[str, Fault]:
    status, commits = luck.choice([500, 502, 503, 504]), luck.random() < 0.5
    return f"status {'after' if commits else 'before'} the work", Fault(method, path, status, commits)


def _reset(method: str, path: str, luck: random.Random) -> tuple[str, Fault]:
    commits = luck.random() < 0.5
    return f"reset {'after' if commits else 'before'} the work", Fault(method, path, "reset", commits)


def _limit(method: str, path: str, luck: random.Random) -> tuple[str, Fault]:
    return "too many requests", Fault(method, path, 429, retry_after=luck.uniform(0.01, 0.3))


def _late(method: str, path: str, luck: random.Random) -> tuple[str, Fault]:
    return "late work", Fault(method, path, luck.choice([500, "reset"]), luck.uniform(0.1, LATEST))


def _silent(method: str, path: str, luck: random.Random) -> tuple[str, Fault]:
    return "no answer", Fault(method, path, "hang", luck.random() < 0.5)


_KINDS = (_status, _status, _reset, _reset, _limit, _late, _silent)


@dataclass(repr=False)
class Crowd:
    """Visitors who comment, and an author who answers, edits and deletes. All is drawn from one seeded source."""

    world: DiscordWorld
    luck: random.Random
    wanted: int
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
            act = self.luck.choices([self._reply, self._rewrite, self._unwrite], [10, 4, 2])[0]
            try:
                act()
            except Refusal:
                pass  # people are told so, and try again
            await self._rest()

    async def _rest(self) -> None:
        await asyncio.sleep(self.luck.uniform(*PAUSES))  # people's own pace, no condition is waited for

    def _reply(self) -> None:
        taken = {answer.parent for answer in self.world.answers.values()}
        numbers = {words.split()[0]: number for number, (_, words) in self.world.comments.items()}
        shown = [(numbers[token], each[0]) for token, each in self.world.shown().items() if len(each) == 1]
        free = [(number, message) for number, message in shown if number not in taken]
        if free:
            self.answered += 1
            self.world.answer(*self.luck.choice(free))

    def _mine(self) -> str | None:
        return self.luck.choice(sorted(self.world.answers)) if self.world.answers else None

    def _rewrite(self) -> None:
        if (id := self._mine()) is not None:
            answer = self.world.answers[id]
            words = f"{answer.words} Surely."
            self.world.ada.edit(self._message(id), words)
            self.world.answers[id] = type(answer)(answer.token, words, answer.parent)
            self.edited += 1

    def _unwrite(self) -> None:
        if (id := self._mine()) is not None:
            self.world.ada.delete(self._message(id))
            del self.world.answers[id]
            self.deleted += 1

    def _message(self, id: str) -> Any:
        return next(found[id] for found in self.world.discord.world.messages.values() if id in found)


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


async def try_kills(
    folder: Path, comments: int, kills: int, luck: random.Random, *, room: str = "text", posts: int = 20,
    rest: float = 400.0,
) -> Outcome:  # fmt: skip
    """Kill the daemon so many times while a crowd talks and Discord stumbles, and look what is left."""
    started = time.monotonic()
    async with discord_world(folder, room=room) as world:
        faults = Unlucky(random.Random(luck.random()))
        crowd = Crowd(world, random.Random(luck.random()), comments)
        crowd.posts = [await world.wordpress.write_post(f"Post {n}") for n in range(posts)]
        await world.start(SETTLE_AFTER)
        await until(lambda: world.discord.gate.connected, "the daemon to listen")
        await until(lambda: _was_read(world), "the first reading of the blog")
        world.discord.faults = world.discord.rest.faults = world.discord.gate.faults = faults
        stumbling = asyncio.create_task(_stumble(world, random.Random(luck.random()), faults))
        await _killed(world, crowd, kills, luck)
        faults.well = True
        await stumbling
        problems = await world.at_rest(rest)
        code = await world.daemon.stop()
        if code != 0:
            problems = [*problems, Problem("ledger", f"the daemon ended with {code}")]
        return Outcome(
            kills, crowd.said, crowd.answered, crowd.edited, crowd.deleted, faults.met, world.copies.seconds, problems,
            time.monotonic() - started,
        )  # fmt: skip


def _was_read(world: DiscordWorld) -> bool:
    return bool(world.ledger("SELECT 1 FROM source WHERE initialised = 1"))


async def _killed(world: DiscordWorld, crowd: Crowd, kills: int, luck: random.Random) -> None:
    visiting = asyncio.create_task(crowd.visit(max(2, 4 * kills)))
    answering = asyncio.create_task(crowd.answer())
    try:
        share = int(2 * REQUESTS * crowd.wanted / max(1, kills))
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


async def _asked(world: DiscordWorld, many: int) -> None:
    """Wait until Discord was asked for so much more, or nothing more is asked."""
    wanted = len(world.discord.requests) + many
    with contextlib.suppress(NotSo):
        await until(lambda: len(world.discord.requests) >= wanted, "requests", LONGEST)


async def _stumble(world: DiscordWorld, luck: random.Random, faults: Unlucky) -> None:
    """The gateway tells things twice, late, or so that nobody can read them, and ends connections and sessions."""
    gate = world.discord.gate
    while not faults.well:
        how = luck.choice(["twice", "later", "malformed", "reconnect", "invalid", "cut"])
        if how in {"twice", "later", "malformed"}:
            event = "MESSAGE_CREATE" if how != "malformed" else "CHANNEL_UPDATE"
            world.discord.spoil(event, how)  # type: ignore[arg-type]
        else:
            {"reconnect": gate.reconnect, "invalid": gate.invalidate, "cut": gate.cut}[how]()
        faults.met[f"gateway: {how}"] += 1
        await asyncio.sleep(luck.uniform(0.5, 3.0))  # bad luck keeps no appointments


def main() -> int:
    """Print the table; 0 if nothing was lost, doubled, or out of order."""
    parser = argparse.ArgumentParser(description="Kill the daemon under load before Discord.")
    parser.add_argument("--comments", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--room", choices=ROOMS, default="text")
    parser.add_argument("--rest", type=float, default=600.0, help="seconds in which all must come to rest at the end")
    parser.add_argument("--seed", type=int, default=None, help="repeats the crowd and the faults of an earlier run")
    chosen = parser.parse_args()
    number = random.randrange(10**6) if chosen.seed is None else chosen.seed
    print(f"seed {number}, {chosen.room}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        outcome = asyncio.run(
            try_kills(
                Path(folder), chosen.comments, chosen.kills, random.Random(number), room=chosen.room, rest=chosen.rest
            )
        )
    print(outcome.table())
    for problem in sorted(outcome.problems, key=lambda one: one.kind)[:60]:
        print(f"{problem.kind}: {problem.words}")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
