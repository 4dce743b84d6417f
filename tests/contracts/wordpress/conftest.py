"""Fixture `wordpress`: every test that asks for it runs against the double, and marked `real` against the real ones."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.wordpress import RunningWordPress, served
from tests.servers.wordpress_asking import Asking, asking

REAL = ("debian", "beta", *(("mariadb",) if os.environ.get("BACKCHAT_TEST_MARIADB") == "1" else ()))


@pytest.fixture(params=["double", *(pytest.param(kind, marks=pytest.mark.real) for kind in REAL)])
async def wordpress(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningWordPress]:
    """A fresh WordPress: `tests.servers.wordpress` says what is on it."""
    async with served(request.param, tmp_path) as running:
        yield running


@pytest.fixture
async def ask(wordpress: RunningWordPress) -> AsyncIterator[Asking]:
    """A bare HTTP client for the `wordpress` of this test."""
    async with asking(wordpress) as client:
        yield client
