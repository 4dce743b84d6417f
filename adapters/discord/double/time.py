"""The double's time and the ids that are made of it."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.doubles.time import Clock, ServersTime, WallClock

__all__ = ["EPOCH", "Clock", "Time", "WallClock", "stamp"]

EPOCH = 1_420_070_400_000
"""Milliseconds at which Discord's ids begin (https://docs.discord.com/developers/reference#snowflakes)."""


class Time(ServersTime):
    """What Discord's servers hold to be the time, and ids, which only grow."""

    def id(self) -> str:
        """A new snowflake of this instant."""
        return str(self.next(max(0, int(self.now() * 1000) - EPOCH) << 22))


def stamp(at: float) -> str:
    """An instant as Discord writes it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
