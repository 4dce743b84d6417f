"""When to read each blog again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST = 3600.0
"""Seconds between two readings of a blog that fails, or that asks for patience, at the most."""
QUIET_PER_BEAT = 20.0
"""A blog where nothing has happened for this many beats is read at a slower beat: a twentieth of the quiet time."""
NEWS_APART = 5.0
"""Seconds between the beginnings of two readings that others cause by telling of news, however often they tell."""


@dataclass(frozen=True, slots=True)
class Beat:
    """How often a blog is read while all is well, in seconds: `every` while it is lively, `slowest` once it is idle.

    A `slowest` below `every` means `every`: such a blog is always read at the same beat.
    """

    every: float
    slowest: float = 0.0

    @property
    def longest(self) -> float:
        """Seconds between two readings of an idle blog."""
        return max(self.every, self.slowest)

    def after(self, quiet: float) -> float:
        """Seconds between two readings of a blog where nothing has happened for `quiet` seconds."""
        return min(self.longest, max(self.every, quiet / QUIET_PER_BEAT))


def after_success(beat: Beat, now: float, luck: float, patience: float = 0.0, quiet: float = 0.0) -> float:
    """The instant of the next reading. `luck` in [0, 1) spreads blogs over time by up to a tenth of a beat.

    `patience`: seconds for which the server says that reading again is useless; believed up to `LONGEST`. `quiet`:
    seconds for which nothing has happened on the blog.
    """
    return now + max(beat.after(quiet), min(patience, LONGEST)) * (1 + luck / 10)


def after_failure(beat: Beat, now: float, failures: int, asked: float | None, luck: float) -> float:
    """The instant of the next try after `failures` (at least 1) failures in a row.

    Doubles with every failure and is spread by half; the server's own wish `asked` (seconds) is never undercut.
    """
    pause = min(LONGEST, max(beat.every, 1.0) * 2.0 ** min(failures, 16))
    return now + max(asked or 0.0, pause * (0.75 + luck / 2))


def after_news(beat: Beat, planned: float, began: float, failures: int) -> float:
    """The instant of the next reading of a blog that was told to have news, where it was `planned` without them.

    `began` is when it was last read. Whoever tells cannot hurry a blog that fails: its server may need the pause.
    """
    return planned if failures else min(planned, began + min(beat.every, NEWS_APART))
