"""Kill the daemon once at every point that it passes: `python -m tests.process.points`.

One run of the scenario lists the points; then there is one run for each of them, in which the daemon kills itself
there and is started again. Runs in which something was left unknown list the points of the recovery, and for each of
those there is one more run, in which the daemon kills itself twice. At the end a table is printed; the exit code is 0
only if nothing was lost, doubled, or left otherwise than it must be.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tests.process.room_side import Problem
from tests.process.story import play_with_faults, seed
from tests.process.waiting import NotSo
from tests.process.world import Stable, stable

AT_ONCE = 4
"""Scenarios that run at the same time, each with an Isso of its own."""
ENOUGH = 5
"""Failures after which no further point is tried: the rest would say the same."""
TRIES = 4
"""How often a point is tried that the daemon did not pass this time, for it depends on what overtakes what."""
UNKNOWN = (
    "publish on the blog: before",
    "publish on the blog: after",
    "revise on the blog: after",
    "withdraw on the blog: after",
    "say on the chat: before",
    "say on the chat: after",
)
"""Points after which an attempt's end is unknown, so that the next run has something to resolve."""

Stables: TypeAlias = asyncio.Queue[Stable]
"""Issos that no scenario uses at the moment."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a scenario with one or two kills."""

    faults: tuple[str, ...]
    killed: bool
    problems: tuple[Problem, ...]
    seconds: float

    def count(self, *kinds: str) -> int:
        """How many problems are of these kinds."""
        return sum(problem.kind in kinds for problem in self.problems)


@dataclass
class Report:
    """Every point that was listed, and what a kill there did."""

    listed: list[str]
    fates: list[Fate] = field(default_factory=list)
    seconds: float = 0.0

    def all(self, *kinds: str) -> list[str]:
        """Every problem of these kinds (of any kind, without one), in words."""
        return [
            f"{' and '.join(fate.faults)}: {problem.kind}: {problem.words}"
            for fate in self.fates
            for problem in fate.problems
            if not kinds or problem.kind in kinds
        ]

    def table(self) -> str:
        """One line for each point."""
        width = max(len(_said(fate)) for fate in self.fates)
        lines = [f"{'killed at':{width}}  passed  lost  doubled  other"]
        lines += [
            f"{_said(fate):{width}}  {'yes' if fate.killed else 'NO':>6}  {fate.count('lost'):4}"
            f"  {fate.count('doubled'):7}  {len(fate.problems) - fate.count('lost', 'doubled'):5}"
            for fate in self.fates
        ]
        kills = sum(len(fate.faults) for fate in self.fates if fate.killed)
        lost, doubled = len(self.all("lost")), len(self.all("doubled"))
        lines.append(
            f"{len(self.fates)} scenarios, {kills} kills: {lost} lost, {doubled} doubled,"
            f" {len(self.all()) - lost - doubled} other; {self.seconds:.0f} s"
        )
        return "\n".join(lines)


def _said(fate: Fate) -> str:
    return ", then ".join(fault.removesuffix(":1") for fault in fate.faults)


@asynccontextmanager
async def stables_in(folder: Path, at_once: int = AT_ONCE) -> AsyncIterator[Stables]:
    """Issos for so many scenarios at the same time, each with the seeds of the scenario."""
    async with AsyncExitStack() as stack:
        stables: Stables = asyncio.Queue()
        for n in range(at_once):
            one = await stack.enter_async_context(stable(folder / str(n)))
            await seed(one)
            stables.put_nowait(one)
        yield stables


async def points_of(folder: Path) -> Counter[str]:
    """Every point that an undisturbed run passes, with how often it does."""
    async with stables_in(folder, 1) as stables:
        return await _listed(stables, folder)


async def try_points(folder: Path, points: Sequence[str]) -> Report:
    """Kill at the first passing of each of these points."""
    started = time.monotonic()
    report = Report(list(points))
    async with stables_in(folder) as stables:
        await _try_each(stables, [(f"{point}:1",) for point in points], report)
    report.seconds = time.monotonic() - started
    return report


async def try_recoveries(folder: Path, known: Counter[str]) -> Report:
    """Kill twice: where something is left unknown, and at each point that is passed only while that is resolved."""
    started = time.monotonic()
    report = Report(list(known))
    async with stables_in(folder) as stables:
        await _try_each(stables, await _recoveries(stables, folder, known), report)
    report.seconds = time.monotonic() - started
    return report


async def try_all(folder: Path, *, passings: int = 1, at_once: int = AT_ONCE, only: str = "") -> Report:
    """List the points, and kill at the first `passings` passings of each (of those with `only` in their names)."""
    started = time.monotonic()
    async with stables_in(folder, at_once) as stables:
        listed = await _listed(stables, folder)
        report = Report(list(listed))
        faults = [(f"{point}:{n}",) for point, many in listed.items() for n in range(1, min(many, passings) + 1)]
        await _try_each(stables, [one for one in faults if only in one[0]], report)
        again = [] if report.all() else await _recoveries(stables, folder, listed)
        await _try_each(stables, [one for one in again if only in one[1]], report)
    report.seconds = time.monotonic() - started
    return report


async def _listed(stables: Stables, folder: Path, *faults: str) -> Counter[str]:
    """Every point that a run passes (the run after the kills), with how often it does."""
    file = folder / f"points {' '.join(faults)}".replace(":", "")
    async with _lent(stables) as one, one.world("listing") as world:
        await play_with_faults(world, *faults, listing=file)
        await world.daemon.stop()
    return Counter(file.read_text().splitlines())


async def _recoveries(stables: Stables, folder: Path, known: Counter[str]) -> list[tuple[str, ...]]:
    """Pairs of kills: one that leaves something unknown, and one at a point that only its recovery passes."""
    firsts = [first for first in UNKNOWN if first in known]
    listings = await asyncio.gather(*(_listed(stables, folder, f"{first}:1") for first in firsts))
    found: dict[str, str] = {}
    for first, points in zip(firsts, listings, strict=True):
        for point in points:
            if point not in known:
                found.setdefault(point, first)
    return [(f"{first}:1", f"{point}:1") for point, first in found.items()]


async def _try_each(stables: Stables, faults: Sequence[tuple[str, ...]], report: Report) -> None:
    async def tried(one: tuple[str, ...]) -> Fate:
        if sum(bool(fate.problems) for fate in report.fates) >= ENOUGH:
            return Fate(one, killed=False, problems=(), seconds=0.0)
        fate = await _tried(stables, one)
        if fate.problems:
            report.fates.append(fate)
        return fate

    before = len(report.fates)
    fates = await asyncio.gather(*(tried(one) for one in faults))
    report.fates[before:] = fates


async def _tried(stables: Stables, faults: tuple[str, ...]) -> Fate:
    fate = None
    for _ in range(TRIES):
        fate = await _fate(stables, faults)
        if fate.killed or fate.problems:
            break
    assert fate is not None
    return fate


async def _fate(stables: Stables, faults: tuple[str, ...]) -> Fate:
    async with _lent(stables) as one, one.world("scenario") as world:
        started = time.monotonic()
        try:
            await play_with_faults(world, *faults)
            problems = await world.stop_and_check()
        except (NotSo, AssertionError) as error:
            problems = [*world.problems(), Problem("stuck", str(error))]
        return Fate(faults, world.kills == len(faults), tuple(problems), time.monotonic() - started)


class _lent:  # noqa: N801 - used as a function
    """An Isso that nobody else uses meanwhile."""

    def __init__(self, stables: Stables) -> None:
        self._stables = stables
        self._one: Stable | None = None

    async def __aenter__(self) -> Stable:
        self._one = await self._stables.get()
        return self._one

    async def __aexit__(self, *error: object) -> None:
        assert self._one is not None
        self._stables.put_nowait(self._one)


def main() -> int:
    """Print the table; 0 if all is as it must be."""
    parser = argparse.ArgumentParser(description="Kill the daemon once at every point that it passes.")
    parser.add_argument("--passings", type=int, default=1, help="at how many passings of each point")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="how many scenarios run at the same time")
    parser.add_argument("--only", default="", metavar="WORDS", help="only at points with these words in their names")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(try_all(Path(folder), passings=chosen.passings, at_once=chosen.at_once, only=chosen.only))
    print(report.table())
    for problem in report.all():
        print(problem)
    return 1 if report.all() else 0


if __name__ == "__main__":
    sys.exit(main())
