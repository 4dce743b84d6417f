"""kill -9 before a Slack that stumbles. `python -m tests.process.slack_kills` does it for longer.

The figures of docs/reliability.md, two thousand comments and fifty kills, come from there.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.process.chat_kills import Outcome
from tests.process.slack_kills import KILLS


def _is_well(outcome: Outcome) -> None:
    print(outcome.table())
    assert outcome.problems == []
    assert outcome.answers > 3
    assert outcome.faults.total() > 8


@pytest.mark.timeout(500)
async def test_law_03_kills_before_a_stumbling_slack_lose_double_and_disorder_nothing(tmp_path: Path) -> None:
    _is_well(await KILLS.attempt(tmp_path, 60, 4, random.Random(6), posts=6))


@pytest.mark.real
@pytest.mark.timeout(500)
async def test_law_03_kills_in_a_private_channel_lose_double_and_disorder_nothing(tmp_path: Path) -> None:
    _is_well(await KILLS.attempt(tmp_path, 150, 6, random.Random(7), room="private"))
