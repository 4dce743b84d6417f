"""Law 3 before Discord: whatever fault befalls whatever is done there, in the end it stands exactly once.

`make test` lets every target meet every fault of REST, and every fault of the gateway befall every target of a text
channel and at least one of forums and webhooks; those marked `real` are the rest of the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.flows.chat_faults import Table
from tests.flows.discord_faults import GATEWAY, MATRIX, SPOILED, STAGES, TARGETS, TOGETHER
from tests.flows.discord_stage import discord_stage


@pytest.mark.parametrize("target", TARGETS)
async def test_law_03_whatever_befalls_a_request_its_target_stands_once(tmp_path: Path, target: str) -> None:
    table = Table()
    await MATRIX.requests(tmp_path, target, table)
    print(table.lines())
    assert table.wrong == {}
    if target not in STAGES:
        assert table.twice[target] == []


SLOW = "dead address to resume"
"""discord.py waits in earnest before each try: once is enough."""


def _covering(faults: Iterable[str]) -> list[Any]:
    """Every fault with every target: each with all of a text channel, and with forums and webhooks by turns."""
    turns, rest = TOGETHER[1:], pytest.mark.real
    return [
        pytest.param(
            targets, fault, id=f"{targets[0]}, {fault}",
            marks=() if targets == turns[n % len(turns)] or (targets == TOGETHER[0] and fault != SLOW) else rest,
        )
        for n, fault in enumerate(faults) for targets in TOGETHER
    ]  # fmt: skip


@pytest.mark.parametrize(("targets", "fault"), _covering(GATEWAY))
async def test_law_03_however_the_gateway_stumbles_everything_stands_once(
    tmp_path: Path, fault: str, targets: Sequence[str]
) -> None:
    table = Table()
    await MATRIX.stumble(tmp_path, fault, targets, table)
    assert table.wrong == {}


@pytest.mark.parametrize(("targets", "how"), _covering(SPOILED))
async def test_law_06_however_an_event_is_told_everything_stands_once(
    tmp_path: Path, how: str, targets: Sequence[str]
) -> None:
    table = Table()
    await MATRIX.spoil(tmp_path, how, targets, table)
    assert table.wrong == {}


async def test_law_04_an_edit_that_comes_late_does_not_undo_a_later_one(tmp_path: Path) -> None:
    async with discord_stage(tmp_path) as stage:
        comment = await stage.begun("One.")
        late = stage.discord.fail("PATCH", "/channels/*/messages/*", "hang", commits=60.0)
        stage.blog.edit(comment, "Two.")
        await stage.until(lambda: bool(late.hits), "the edit")
        stage.blog.edit(comment, "Three.")
        await stage.until(late.committed.is_set, "the edit's end")
        await stage.at_rest()
        assert [("Three." in message.content) for message in stage.standing()] == [True]
