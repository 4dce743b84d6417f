"""Instants and durations as people say them."""

from __future__ import annotations

import time

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def ago(instant: float | None, now: float | None = None) -> str:
    """How long ago an instant was, such as `3 minutes ago`; `never` for None."""
    if instant is None:
        return "never"
    passed = span((time.time() if now is None else now) - instant)
    return "just now" if passed is None else f"{passed} ago"


def ahead(instant: float | None, now: float) -> str:
    """How far ahead an instant is, such as `in 3 minutes`; `now` if it is reached, `never by itself` for None."""
    if instant is None:
        return "never by itself"
    left = span(instant - now)
    return "now" if left is None else f"in {left}"


def span(seconds: float) -> str | None:
    """A duration in its largest unit, such as `3 minutes`; None for less than a second."""
    for size, name in _UNITS:
        if seconds >= size:
            many = int(seconds // size)
            return f"{many} {name}{'' if many == 1 else 's'}"
    return None
