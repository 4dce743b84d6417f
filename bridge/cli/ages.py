"""Instants and durations as people say them."""

from __future__ import annotations

import time

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def ago(instant: float | None, now: float | None = None) -> str:
    """How long ago an instant was, such as `3 minutes ago`; `never` for None."""
    if instant is None:
        return "never"
    passed = int((time.time() if now is None else now) - instant)
    for size, name in _UNITS:
        if passed >= size:
            many = passed // size
            return f"{many} {name}{'' if many == 1 else 's'} ago"
    return "just now"
