"""A comment is recorded durably together with the delivery that it causes: 100 producers against batches of raw SQL."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import raw
from benchmarks.comparison import Comparison
from benchmarks.house import house, record
from benchmarks.sides import Measured, run
from bridge.house import House

PRODUCERS = 100
COMMENTS = 4000
POSTS = 50


def comparisons() -> list[Comparison]:
    """Comments recorded, each by a transaction of its own, against the same rows by the hundred."""
    name = f"comment recorded with its delivery, {PRODUCERS} producers"
    return [Comparison(name, partial(run, "benchmarks.record", "ours"), partial(run, "benchmarks.record", "theirs"))]


async def ours(folder: Path) -> Measured:
    """Every producer goes on once its comment is durable."""
    async with house(folder / "ours.db") as home:
        await threads(home)
        with Measured(COMMENTS) as it:
            await asyncio.gather(*(_produce(home, first) for first in range(PRODUCERS)))
    return it


async def _produce(home: House, first: int) -> None:
    for number in range(first, COMMENTS, PRODUCERS):
        await record(home, number, number % POSTS)


async def threads(home: House) -> None:
    """Every post has a comment and its thread."""
    for post in range(POSTS):
        await record(home, COMMENTS + post, post)


async def theirs(folder: Path) -> Measured:
    """The rows that ours leaves behind."""
    await ours(folder)
    async with house(folder / "theirs.db") as home:
        await threads(home)
    comments = raw.rows(folder / "ours.db", "SELECT * FROM comment ORDER BY id")[POSTS:]
    targets = raw.rows(folder / "ours.db", "SELECT * FROM target WHERE kind = 'comment' ORDER BY id")[POSTS:]
    lanes: raw.Rows = [(target[5],) for target in targets]  # the column `lane`
    work = [
        raw.inserting("comment", comments),
        raw.inserting("target", targets),
        ("UPDATE lane SET due = 0 WHERE name = ?", lanes),
    ]
    with Measured(COMMENTS) as it:
        raw.write(folder / "theirs.db", work)
    return it


if __name__ == "__main__":
    with TemporaryDirectory(prefix="backchat-bench-") as name:
        asyncio.run({"ours": ours, "theirs": theirs}[sys.argv[1]](Path(name))).tell()
