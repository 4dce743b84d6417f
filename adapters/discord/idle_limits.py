"""Forgetting rate limits that say nothing any more.

discord.py remembers one for every channel that was written to, a kilobyte each, for five minutes. One whose time is
over and for which nothing waits is as good as none.
"""

from __future__ import annotations

import asyncio

import discord
from discord.http import Ratelimit

EVERY = 100
"""Requests between two looks."""
IDLE = 10.0
"""Seconds for which nothing was sent under a limit that is forgotten; whatever fetched it has used it by then."""


def forget_idle(client: discord.Client) -> None:
    """Have a client forget the limits that are over; where a later discord.py keeps them elsewhere, it forgets none."""
    limits = getattr(client.http, "_buckets", None)
    if isinstance(limits, dict):
        now = asyncio.get_running_loop().time()
        for key in [key for key, limit in limits.items() if _is_idle(limit, now)]:
            del limits[key]


def _is_idle(limit: Ratelimit, now: float) -> bool:
    waiting = limit.outgoing or limit._pending_requests or limit._sleeping.locked()  # noqa: SLF001 - nowhere public
    rests = limit.expires is not None and limit.expires > now
    return not waiting and not rests and now - limit._last_request > IDLE  # noqa: SLF001 - nowhere public
