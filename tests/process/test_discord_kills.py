"""kill -9 before a Discord that stumbles. `python -m tests.process.discord_kills` does it for longer.

The figures of docs/reliability.md, two thousand comments and fifty kills, come from there: they take five minutes each.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.process.chat_kills import Outcome
from tests.process.discord_kills import KILLS, ROOMS


def _is_well(outcome: Outcome) -> None:
    print(outcome.table())
    assert outcome.problems == []
    assert outcome.answers > 3
    assert outcome.faults.total() > 8


@pytest.mark.timeout(500)
async def test_law_03_kills_before_a_stumbling_discord_lose_double_and_disorder_nothing(tmp_path: Path) -> None:
    _is_well(await KILLS.attempt(tmp_path, 120, 6, random.Random(6), posts=10))


@pytest.mark.real
@pytest.mark.timeout(500)
@pytest.mark.parametrize("room", sorted({*ROOMS} - {"text"}))
async def test_law_03_kills_in_other_rooms_lose_double_and_disorder_nothing(tmp_path: Path, room: str) -> None:
    _is_well(await KILLS.attempt(tmp_path, 150, 6, random.Random(7), room=room))
