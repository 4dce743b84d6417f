"""Fixtures: a double of Slack, an app by hand on it, and exchanges held to Slack's own description."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.servers.slack_bare import Bare, bare
from tests.servers.slack_double import Double, slack_double


@pytest.fixture
async def slack() -> AsyncIterator[Double]:
    """A fresh double with limits that do not make a test wait."""
    async with slack_double() as double:
        yield double


@pytest.fixture
async def app(slack: Double) -> AsyncIterator[Bare]:
    """An app by hand on the `slack` of this test."""
    async with bare(slack) as one:
        yield one
