"""Law 12: work on much text runs off the event loop; a little is done at once, which is cheaper than a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

MUCH = 64 * 2**10
"""Characters or bytes: about a millisecond of parsing, and more than nearly every comment has."""


async def off_loop(size: int, work: Callable[[], T]) -> T:
    """Return `work()`, done on a thread if it is about more than `MUCH` characters or bytes."""
    if size <= MUCH:
        return work()
    return await asyncio.to_thread(work)
