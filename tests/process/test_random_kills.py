"""kill -9 at random instants under load. `python -m tests.process.kills --kills 200` does it for longer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.process.kills import try_kills


@pytest.mark.timeout(300)
async def test_law_03_random_kills_under_load_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    outcome = await try_kills(tmp_path, 15, random.Random(3))
    assert outcome.problems == []
    assert outcome.comments > 10
    assert outcome.answers > 3


@pytest.mark.timeout(300)
async def test_law_02_random_kills_and_broken_lines_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    outcome = await try_kills(tmp_path, 10, random.Random(4), breaking=True)
    assert outcome.problems == []
    assert outcome.breaks > 5
