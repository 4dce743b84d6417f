"""Waiting for what a chat's adapter does on its double."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bridge.clock import WallClock
from bridge.testing.chat_contract import PATIENCE


class HastyClock(WallClock):
    """A clock on which waiting is a hundred times as fast: for pauses between two tries."""

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        await super().wait(None if seconds is None else seconds / 100, wake)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until something holds of which nobody tells."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                if condition():
                    return
                await asyncio.sleep(0)
    except TimeoutError:
        raise AssertionError(f"waited in vain for {what}") from None
