"""Waiting for a condition, never for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LOOK_EVERY = 0.05
"""Seconds between two looks at a condition."""
PATIENCE = 90.0
"""Seconds that a condition gets, on a machine that may be busy with other things."""


class NotSo(AssertionError):
    """A condition did not come true in time; the message says which."""


async def until(look: Callable[[], T | None], what: str, within: float = PATIENCE) -> T:
    """Give the first true thing that `look` gives. Raises `NotSo` after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise NotSo(f"waited {within:.0f} s for {what}")
        await asyncio.sleep(LOOK_EVERY)
