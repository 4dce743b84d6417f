"""Discord's ids, which say when a thing was made (https://docs.discord.com/developers/reference#snowflakes)."""

from __future__ import annotations

_EPOCH = 1_420_070_400_000
"""Milliseconds of the first second of 2015, from which Discord counts."""
_SHIFT = 22


def instant(id: str | int) -> float:
    """When the thing with this id was made, by Discord's clock: seconds since the Unix epoch."""
    return ((int(id) >> _SHIFT) + _EPOCH) / 1000


def first_at(at: float) -> int:
    """The smallest id that something made at this instant can have."""
    return max(0, int(at * 1000) - _EPOCH) << _SHIFT
