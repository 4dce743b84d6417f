"""Asking Discord with patience: reading that failed for a moment is tried again while the connection lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.discord.api import Api
from adapters.discord.doors import Shut
from bridge.errors import OpenAgain, RetryLater
from bridge.ports import Clock

TRIES = 6
FIRST_PAUSE = 1.0
"""Seconds until the second try, twice as long before each one after, unless Discord says how long to wait."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Reads; writes nothing."""

    api: Api
    clock: Clock

    async def get(self, path: str, params: Mapping[str, Any] | None = None, **ids: str) -> Any:
        """One of Discord's resources. Raises `ApiRefusal` and `Shut` at once, `RetryLater` after several tries."""
        for attempt in range(TRIES - 1):
            try:
                return await self.api.call("GET", path, params=params, **ids)
            except (OpenAgain, Shut):
                raise
            except RetryLater as error:
                await self.clock.wait(error.after or FIRST_PAUSE * 2**attempt)
        return await self.api.call("GET", path, params=params, **ids)
