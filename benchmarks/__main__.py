"""`python -m benchmarks [PART …] [--rounds N]`: run the comparisons and print their table. Always ends with 0."""

from __future__ import annotations

import argparse
import compileall
import importlib
import os
import platform
import sqlite3
import sys
from pathlib import Path

from benchmarks.comparison import Comparison, table
from benchmarks.sides import SideFailed

PARTS = ("start", "memory", "record", "drain", "feeds", "discord_memory")
"""In the order in which they run: `start` is over in seconds, `discord_memory` takes longest."""


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description="What Backchat costs; see docs/performance.md.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"which: {', '.join(PARTS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side runs (default 5)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the threads and messages, to try something")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there is: {', '.join(PARTS)}")
    if asked.quick:
        os.environ["BENCH_QUICK"] = "yes"
    _compile()
    comparisons = [one for part in asked.parts or PARTS for one in _of(part)]
    rows = [row for one in comparisons if (row := _run(one, asked.rounds)) is not None]
    print(f"\n{_machine()}; medians of {asked.rounds} rounds, both sides in turns\n")
    print("\n".join(table(rows)))


def _compile() -> None:
    """Leave byte code where pip leaves it: from a checkout, each start might compile what an installed one has."""
    for package in ("bridge", "adapters", "benchmarks"):
        compileall.compile_dir(Path(__file__).parents[1] / package, quiet=1)


def _of(part: str) -> list[Comparison]:
    found: list[Comparison] = importlib.import_module(f"benchmarks.{part}").comparisons()
    return found


def _run(one: Comparison, rounds: int) -> tuple[str, ...] | None:
    print(f"{one.name} ", end="", file=sys.stderr, flush=True)
    try:
        for _ in range(rounds):
            one.round()
            print(".", end="", file=sys.stderr, flush=True)
    except SideFailed as error:
        print(f" {error}", file=sys.stderr)
        return (one.name, "", "", "", "", "", "could not be measured")
    row = one.row()
    print(f" {row[3]} {row[6]}", file=sys.stderr)
    return row


def _machine() -> str:
    return f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
