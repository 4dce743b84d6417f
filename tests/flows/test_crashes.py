"""Law 3: one visible effect, whenever everything ends at once (`Stage.crash`) and is started again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from bridge.model import AnswerState
from bridge.testing.faults import Line
from bridge.testing.stage import Stage
from tests.flows.stories import answered, becomes, begun, first_reading, shown, stopped


async def ticks(turns: int) -> None:
    """Let the loop turn a few times, and no more."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def again(stage: Stage) -> None:
    await stage.crash()
    stage.clock.advance(1)
    await stage.start()


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_law_03_after_a_crash_at_any_moment_a_comment_stands_once(turns: int, tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await first_reading(stage)
        stage.blog.comment("How do you prune roses?")
        stage.clock.advance(6)
        await ticks(turns)
        await again(stage)
        await shown(stage, "roses")
        await stage.pass_time(60)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"] and len(stage.chat.threads) == 1
        assert await stopped(stage) == []


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_law_03_after_a_crash_at_any_moment_an_answer_stands_once(turns: int, tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.HELD)
        stage.clock.advance(10)
        await ticks(turns)
        await again(stage)
        await becomes(stage, message, AnswerState.PUBLIC)
        await stage.pass_time(30)
        assert stage.blog.said()[1:] == ["In March."] and await stopped(stage) == []


async def crash_in(
    stage: Stage, line: Line, *, happened: bool, passing: int = 0, meanwhile: Callable[[], None] | None = None
) -> None:
    """End everything while an effect on this line is under way, before it happened or after; `passing` others first.

    `meanwhile` happens before everything begins again.
    """
    under_way, passed = asyncio.Event(), count()

    async def stay() -> None:
        if next(passed) < passing:
            return
        under_way.set()
        await asyncio.Event().wait()

    setattr(line, "before_answer" if happened else "before_effect", stay)
    while not under_way.is_set():
        stage.clock.advance(0.5)
        await stage.settle()
    await stage.crash()
    line.before_answer = line.before_effect = None
    if meanwhile is not None:
        meanwhile()
    stage.clock.advance(1)
    await stage.start()


@pytest.mark.parametrize("happened", [False, True])
@pytest.mark.parametrize("step", ["start", "say", "edit", "erase"])
async def test_law_03_a_crash_inside_a_step_in_a_chat_leaves_no_trace(
    step: str, happened: bool, tmp_path: Path
) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await first_reading(stage)
        if step == "start":
            stage.blog.comment("How do you prune tulips?")
        else:
            comment = await begun(stage)
            if step == "say":
                stage.blog.comment("How do you prune tulips?")
            elif step == "edit":
                stage.blog.edit(comment, "How do you prune tulips?")
            else:
                stage.blog.remove(comment)
        await crash_in(stage, stage.chat.line, happened=happened)
        await stage.pass_time(60)
        wanted = {"start": ["tulips"], "say": ["roses", "tulips"], "edit": ["tulips"], "erase": []}[step]
        assert stage.chat.standing() == [f"Vera: How do you prune {what}?" for what in wanted]
        assert len(stage.chat.threads) == 1 and await stopped(stage) == []


@pytest.mark.parametrize("happened", [False, True])
@pytest.mark.parametrize("meanwhile", ["nothing", "edit", "delete"])
async def test_law_03_a_crash_inside_a_publication_leaves_one_comment(
    happened: bool, meanwhile: str, tmp_path: Path
) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In May.")
        await becomes(stage, message, AnswerState.HELD)
        await crash_in(stage, stage.blog.line, happened=happened)
        if meanwhile == "edit":
            stage.chat.edit_message(message, "In March.")
        elif meanwhile == "delete":
            stage.chat.delete(message)
        await stage.pass_time(90)
        wanted = {"nothing": ["In May."], "edit": ["In March."], "delete": []}[meanwhile]
        assert stage.blog.said()[1:] == wanted and await stopped(stage) == []


@pytest.mark.parametrize("happened", [False, True])
@pytest.mark.parametrize("step", ["revise", "withdraw"])
async def test_law_03_a_crash_inside_a_revision_or_a_withdrawal_is_made_good(
    step: str, happened: bool, tmp_path: Path
) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        message = await answered(stage, "In May.")
        if step == "revise":
            stage.chat.edit_message(message, "In March.")
        else:
            stage.chat.delete(message)
        await crash_in(stage, stage.blog.line, happened=happened)
        await stage.pass_time(60)
        assert stage.blog.said()[1:] == (["In March."] if step == "revise" else [])
        assert await stopped(stage) == []


async def test_law_03_absence_after_a_crash_counts_only_once_the_blog_has_settled(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        stage.chat.write(stage.chat.thread(), "In March.")
        await stage.pass_time(5)
        await crash_in(stage, stage.blog.line, happened=False)
        started = stage.clock.now()
        tries = len(stage.blog.publications)
        await stage.until(lambda: len(stage.blog.publications) > tries, "the second try")
        assert stage.clock.now() - started >= stage.blog.limits.settle_after
        await stage.pass_time(20)
        assert stage.blog.said()[1:] == ["In March."]


async def test_an_orderly_stop_lets_what_is_in_flight_end(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.HELD)
        stage.clock.advance(10)
        await ticks(8)
        await stage.stop()
        await stage.start()
        await becomes(stage, message, AnswerState.PUBLIC)
        assert len(stage.blog.publications) == 1
