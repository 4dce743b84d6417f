"""Running one side of a comparison in a process of its own, and what it took."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

Took = dict[str, float]
"""What a side measured, by name: `cpu` and `wall` in seconds for `items` things done, or what else it has to tell."""


class SideFailed(Exception):
    """A side ended with an error; what it wrote stands in the message."""


def run(module: str, *args: str | int) -> Took:
    """Run `python -m module args…` and give what it told on its last line. Raises `SideFailed`."""
    command = [sys.executable, "-m", module, *map(str, args)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SideFailed(f"{' '.join(command[1:])} ended with {done.returncode}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def whole(command: Sequence[str]) -> Took:
    """Run a program to its end, its output thrown away; the CPU of the whole process. Raises `SideFailed`."""
    begun = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SideFailed(f"{' '.join(command)} ended with {child.returncode}")
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": time.monotonic() - begun, "items": 1}


@dataclass(slots=True)
class Measured:
    """`with Measured(items) as it:` within a side: the CPU (of all its threads) and the time that `items` took."""

    items: int
    cpu: float = 0.0
    wall: float = 0.0
    more: Took = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.cpu, self.wall = -_cpu(), -time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cpu += _cpu()
        self.wall += time.monotonic()

    def tell(self) -> None:
        """Hand the figures to the process that compares."""
        print(json.dumps({"items": self.items, "cpu": self.cpu, "wall": self.wall, **self.more}))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
