"""When to read each blog again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 3600.0
"""Seconds between two readings of a blog that fails, or that asks for patience, at the most."""


@dataclass(frozen=True, slots=True)
class Beat:
    """How often a blog is read: `every` seconds while all is well."""

    every: float


def after_success(beat: Beat, now: float, luck: float, patience: float = 0.0) -> float:
    """The instant of the next reading. `luck` in [0, 1) spreads blogs over time by up to a tenth of a beat.

    `patience`: seconds for which the server says that reading again is useless; believed up to `LONGEST`.
    """
    return now + max(beat.every, min(patience, LONGEST)) * (1 + luck / 10)


def after_failure(beat: Beat, now: float, failures: int, asked: float | None, luck: float) -> float:
    """The instant of the next try after `failures` (at least 1) failures in a row.

    Doubles with every failure and is spread by half; the server's own wish `asked` (seconds) is never undercut.
    """
    pause = min(LONGEST, max(beat.every, 1.0) * 2.0 ** min(failures, 16))
    return now + max(asked or 0.0, pause * (0.75 + luck / 2))
