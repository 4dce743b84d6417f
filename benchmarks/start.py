"""What a command costs that needs nothing: `backchat --help` against Python doing nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.comparison import Comparison
from benchmarks.sides import Took, whole

RUNS = 10
MOST = 2.5


def comparisons() -> list[Comparison]:
    """The command as it is installed."""
    command = str(Path(sys.executable).with_name("backchat"))
    return [
        Comparison(
            "backchat --help",
            lambda: _again([command, "--help"]),
            lambda: _again([sys.executable, "-c", "pass"]),
            most=MOST,
            unit="ms",
            scale=1e3,
        )
    ]


def _again(command: Sequence[str]) -> Took:
    """So many runs, because the kernel counts a short process in coarse steps."""
    took = [whole(command) for _ in range(RUNS)]
    return {name: sum(one[name] for one in took) for name in ("cpu", "wall", "items")}
