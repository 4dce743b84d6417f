"""Fixtures: a double of Discord, a bot by hand on it, and exchanges held to Discord's own description."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from tests.servers.discord_bare import Bare, bare
from tests.servers.discord_described import ABSENT, DESCRIPTION, held
from tests.servers.discord_double import Double, discord_double


@pytest.fixture
async def discord() -> AsyncIterator[Double]:
    """A fresh double with limits that do not make a test wait."""
    async with discord_double() as double:
        yield double


@pytest.fixture
async def bot(discord: Double) -> AsyncIterator[Bare]:
    """A bot by hand on the `discord` of this test."""
    async with bare(discord) as one:
        yield one


@pytest.fixture
def described() -> Iterator[Callable[[Double], None]]:
    """Register doubles whose every exchange must be as Discord describes it; looked at when the test is over."""
    doubles: list[Double] = []
    if not DESCRIPTION.is_file():
        pytest.skip(ABSENT)
    yield doubles.append
    wrong = [fault for double in doubles for fault in held(double.requests)]
    assert not wrong, "\n".join(sorted(set(wrong)))
