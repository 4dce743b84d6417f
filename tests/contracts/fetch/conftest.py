"""Fixtures: places on loopback, and a `Fetch` that trusts the first of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bridge.fetch import Fetch
from tests.servers.scripted import Place

AGENT = "backchat-test (mail@example.org)"


async def at_once(_: float) -> None:
    """A pause that is none."""


@pytest.fixture
def here() -> Iterator[Place]:
    """The place that the operator configured."""
    place = Place()
    yield place
    place.close()


@pytest.fixture
def elsewhere() -> Iterator[Place]:
    """Another private place, which nobody configured."""
    place = Place("127.0.0.2")
    yield place
    place.close()


@pytest.fixture
async def fetch(here: Place) -> AsyncIterator[Fetch]:
    async with Fetch(AGENT, trusted=[here.address], connect=2.0, silence=0.3, patience=5.0, pause=at_once) as fetch:
        yield fetch
