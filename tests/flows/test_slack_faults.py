"""Law 3 before Slack: whatever fault befalls whatever is done there, in the end it stands exactly once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.chat_faults import Table
from tests.flows.slack_faults import MATRIX, SPOILED, STUMBLES, TARGETS, TOGETHER


@pytest.mark.parametrize("target", TARGETS)
async def test_law_03_whatever_befalls_a_call_its_target_stands_once(tmp_path: Path, target: str) -> None:
    table = Table()
    await MATRIX.requests(tmp_path, target, table)
    print(table.lines())
    assert table.wrong == {}


@pytest.mark.parametrize("fault", STUMBLES)
async def test_law_03_however_the_connection_stumbles_everything_stands_once(tmp_path: Path, fault: str) -> None:
    table = Table()
    await MATRIX.stumble(tmp_path, fault, TOGETHER[0], table)
    assert table.wrong == {}


@pytest.mark.parametrize("how", SPOILED)
async def test_law_06_however_an_event_is_told_everything_stands_once(tmp_path: Path, how: str) -> None:
    table = Table()
    await MATRIX.spoil(tmp_path, how, TOGETHER[0], table)
    assert table.wrong == {}
