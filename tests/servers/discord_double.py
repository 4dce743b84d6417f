"""The double of Discord for tests: what `adapters.discord.double` has, with limits that do not make a test wait.

    async with discord_double() as discord:
        channel, ada = discord.channel("blog"), discord.member("Ada")
        settings = …  # token = discord.token, api = discord.api, gateway = discord.gateway

Its own tests, which hold it to what Discord says of itself, are `tests/contracts/discord/test_double_*.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.discord.double import Double, Person, Problem, running
from adapters.discord.double.time import Clock

__all__ = ["Double", "Person", "Problem", "discord_double"]

PACE = 0.01
"""Five messages in five seconds are five in a twentieth of a second."""


@asynccontextmanager
async def discord_double(
    *, clock: Clock | None = None, pace: float = PACE, name: str = "Backchat"
) -> AsyncIterator[Double]:
    """A fresh double, with one guild (`discord.home`) in which the bot is."""
    async with running(clock=clock, pace=pace, name=name) as discord:
        yield discord
