"""The double's time, and the timestamps and ids that are made in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.doubles.time import Clock, ServersTime, WallClock

__all__ = ["Clock", "Time", "WallClock", "micro", "stamp"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class Time(ServersTime):
    """What Slack's servers hold to be the time, and what is made of it."""

    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(36**9 + 1))

    def ts(self) -> str:
        """A new timestamp: no two are equal, and later ones are greater (here in all channels together)."""
        return stamp(self.next(int(self.now() * 1_000_000)))

    def id(self, letter: str) -> str:
        """An id of a kind: `U` user, `B` bot, `C` channel, `T` workspace, `A` app, `F` file, `V` view, `Ev` event."""
        number, digits = next(self._numbers), ""
        while number:
            number, digit = divmod(number, 36)
            digits = _DIGITS[digit] + digits
        return letter + digits


def stamp(microseconds: int) -> str:
    """An instant as Slack writes it, which names a message in its channel."""
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def micro(ts: str) -> int:
    """Microseconds of a timestamp; raises `ValueError` where it is none."""
    seconds, _, rest = ts.partition(".")
    if not seconds.isdigit() or (rest and not rest.isdigit()):
        raise ValueError(ts)
    return int(seconds) * 1_000_000 + int((rest + "000000")[:6])
