"""Kill the daemon at every point while it publishes many answers on a WordPress.

    python -m tests.process.wordpress_kills [--site debian] [--answers 200] [--only WORDS]

One short run lists the points that are passed while answers are published. Then all answers are written at once, and
the daemon kills itself at one of these points after the other, until none is left. In the end every answer must stand
on the blog exactly once, under the comment that it answers, as it was written.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bridge.model import AnswerState
from bridge.text import html_in
from bridge.text.tree import wording
from tests.process.room_side import Problem
from tests.process.waiting import NotSo, until
from tests.process.wordpress_world import WordPressWorld, wordpress_world
from tests.servers.wordpress import TEA, RunningWordPress, comment, served

POSTS = 4
"""Posts that are commented on: as many lanes, in which answers are published side by side."""
SETTLE_AFTER = "1.5"
"""Seconds: this WordPress answers on loopback within a fraction of that, so that absence counts soon."""
LISTED = 3 * POSTS
"""Answers that the listing run publishes: more than can be under way in all lanes when its first run is killed."""
FIRST = ("publish on the blog", "find on the blog")
"""Words of points that are tried first: each needs an answer that is not public yet; later points may use them up."""
NOT_WHILE_PUBLISHING = ("thread", "first reading", "record the routes", "begin a new run")
"""Words of points that belong to what was before the first answer."""


@dataclass
class Report:
    """What became of the answers, and at which points the daemon was killed how often."""

    answers: int
    kills: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    standing: int = 0
    problems: list[Problem] = field(default_factory=list)
    seconds: float = 0.0

    def table(self) -> str:
        """One line for each point, and the sum."""
        width = max(map(len, [*self.kills, "killed at"]))
        lines = [f"{'killed at':{width}}  kills", *(f"{point:{width}}  {n:5}" for point, n in self.kills.items())]
        counts = Counter(problem.kind for problem in self.problems)
        lines.append(
            f"{self.answers} answers, {self.kills.total()} kills at {len(self.kills)} points: {self.standing} comments"
            f" stand, {counts['lost']} lost, {counts['doubled']} doubled,"
            f" {len(self.problems) - counts['lost'] - counts['doubled']} other; {self.seconds:.0f} s"
        )
        return "\n".join(lines)


def words_of(number: int) -> str:
    """An answer with everything that WordPress's own check for duplicates stumbles over."""
    return (
        f"answer-{number} It's in C:\\new\\{number}\\table, “not” in 'D:\\temp' & 1 < 2: see https://garden.example/?a={number}&b=c"
        f" or [the \\ page](https://garden.example/{number}?x=1&y=2) and `\\d+ \\\\{number}`."
    )


def read_as(number: int) -> str:
    """What must be read on the blog of that answer, letter by letter."""
    return (
        f"answer-{number} It's in C:\\new\\{number}\\table, “not” in 'D:\\temp' & 1 < 2: see https://garden.example/?a={number}&b=c"
        f" or the \\ page and \\d+ \\\\{number}."
    )


async def kill_everywhere(
    site: str, folder: Path, answers: int = 200, *, only: Sequence[str] = (), login: str = "editor"
) -> Report:
    """Publish that many answers and be killed at every point (at those with one of `only` in their names)."""
    started = time.monotonic()
    points = await _listed(site, folder / "listing", login)
    report = Report(answers)
    async with _prepared(site, folder / "killed", login, answers) as world:
        asked = await _asked(world, answers)
        await world.daemon.stop()
        for number, message in asked.items():
            await world.answer(words_of(number), message.id, message.thread)
        for point in points:
            if not only or any(word in point for word in only):
                await _killed_at(world, point, report)
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        try:
            await until(lambda: _all_public(world), "every answer to be public", 300)
        except NotSo as error:
            report.problems.append(Problem("stuck", str(error)))
        await world.daemon.stop()
        report.problems += await _problems(world, asked, report)
    report.seconds = time.monotonic() - started
    return report


class _prepared:  # noqa: N801 - used as a function
    """A site with comments to be answered, and a Backchat that shows all of them."""

    def __init__(self, site: str, folder: Path, login: str, answers: int) -> None:
        self._site, self._folder, self._login, self._answers = site, folder, login, answers
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> WordPressWorld:
        wordpress = await self._stack.enter_async_context(served(self._site, self._folder / "site"))
        await _fill(wordpress, self._answers)
        more = f'first_run = "latest {self._answers}"'
        return await self._stack.enter_async_context(
            wordpress_world(wordpress, self._folder / "backchat", login=self._login, time_out="3s", more=more)
        )

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()


async def _fill(wordpress: RunningWordPress, many: int) -> None:
    posts = [TEA, *[await wordpress.write_post(f"Post {n}") for n in range(1, POSTS)]]
    before = time.time() - 86_400
    await wordpress.add_many(
        [
            comment(f"question-{n} of many.", posts[n % POSTS], name=f"Vera {n}", date=before + n)
            for n in range(1, many + 1)
        ]
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    id: int
    thread: int
    comment: int


async def _asked(world: WordPressWorld, many: int) -> dict[int, _Asked]:
    """Wait until every question is in the room; each with its message, and its comment on the blog."""
    await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)

    def look() -> dict[int, _Asked]:
        found = {}
        for shown in world.in_room():
            if shown.words.startswith("question-") and shown.link is not None:
                number = int(shown.words.partition(" ")[0].partition("-")[2])
                found[number] = _Asked(shown.id, shown.thread, int(shown.link.rpartition("-")[2]))
        return found if len(found) == many else {}

    return await until(look, f"{many} questions in the room", 300)


async def _listed(site: str, folder: Path, login: str) -> list[str]:
    """Every point that is passed from the start of a daemon that has answers to publish."""
    file = folder / "points"
    async with _prepared(site, folder, login, LISTED) as world:
        asked = await _asked(world, LISTED)
        await world.daemon.stop()
        for number, message in asked.items():
            await world.answer(words_of(number), message.id, message.thread)
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER, FAULT="publish on the blog: after:1")
        await world.daemon.ended()  # so that a look-up is among what the next one does
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER, FAULT="list", POINTS=str(file))
        await until(lambda: _all_public(world), "every answer to be public")
        await world.daemon.stop()
    passed = dict.fromkeys((await asyncio.to_thread(file.read_text)).splitlines())
    points = [point for point in passed if not any(word in point for word in NOT_WHILE_PUBLISHING)]
    return sorted(points, key=lambda point: next((n for n, word in enumerate(FIRST) if word in point), len(FIRST)))


async def _killed_at(world: WordPressWorld, point: str, report: Report) -> None:
    """Let the daemon work until it dies there; a point that is passed no more is noted."""
    await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER, FAULT=f"{point}:1")
    ending = asyncio.create_task(world.daemon.ended())
    try:
        await until(lambda: ending.done() or _all_public(world), f"the end at {point}", 120)
    finally:
        if not ending.done():
            await world.daemon.stop()
    if await ending == -9:
        report.kills[point] += 1
    else:
        report.missed.append(point)


def _all_public(world: WordPressWorld) -> bool:
    states = {one.id: one.receipt for one in world.in_room() if one.writer is not None}
    return all((receipt := states.get(id)) and receipt.state is AnswerState.PUBLIC for id in world.answers)


async def _problems(world: WordPressWorld, asked: dict[int, _Asked], report: Report) -> list[Problem]:
    found = list(world.ledger_at_rest())
    ours = [row for row in await world.on_blog() if "answer-" in row.words]
    report.standing = len(ours)
    for number, message in asked.items():
        mine = [row for row in ours if row.words.startswith((f"answer-{number} ", f"<p>answer-{number} "))]
        mine = mine or [row for row in ours if _reads(row.words).startswith(f"answer-{number} ")]
        if len(mine) != 1:
            found.append(Problem("doubled" if mine else "lost", f"answer {number} stands {len(mine)} times"))
        elif mine[0].parent != message.comment:
            found.append(Problem("stale", f"answer {number} stands under {mine[0].parent}, not {message.comment}"))
        elif _reads(mine[0].words) != read_as(number):
            found.append(Problem("stale", f"answer {number} reads {_reads(mine[0].words)!r}"))
    return found


def _reads(html: str) -> str:
    return wording(html_in.parse(html, "https://garden.example/"))


def main() -> int:
    """Print the table; 0 if all is as it must be."""
    parser = argparse.ArgumentParser(description="Kill the daemon at every point while it publishes on a WordPress.")
    parser.add_argument("--site", default="debian", help="which WordPress: double, debian or beta")
    parser.add_argument("--answers", type=int, default=200)
    parser.add_argument("--login", default="editor", help="as whom the answers are published")
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="only at points with these words")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(
            kill_everywhere(chosen.site, Path(folder), chosen.answers, only=chosen.only, login=chosen.login)
        )
    print(report.table())
    for point in report.missed:
        print(f"not passed again: {point}")
    for problem in report.problems:
        print(f"{problem.kind}: {problem.words}")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
