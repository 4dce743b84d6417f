"""Fixtures: real Issos, each with a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.isso import RunningIsso, real_isso


@pytest.fixture
async def isso(tmp_path: Path) -> AsyncIterator[RunningIsso]:
    """Isso with a guard that lets tests comment quickly; no moderation."""
    async with real_isso(tmp_path) as running:
        yield running


@pytest.fixture
async def moderated(tmp_path: Path) -> AsyncIterator[RunningIsso]:
    """Isso that holds every comment for its moderator."""
    async with real_isso(tmp_path, moderation=True) as running:
        yield running


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[RunningIsso]:
    """Isso with its guard as it comes."""
    async with real_isso(tmp_path, relaxed=False) as running:
        yield running
