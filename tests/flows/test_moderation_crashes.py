"""Law 3 in moderation rooms: one visible effect of a decision, whenever everything ends, and with an older ledger."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest

from bridge.model import Choice, Standing
from bridge.testing.stage import Stage
from tests.flows.desk_stories import at_desk, card, decided, in_public, moderated_stage, says, waiting
from tests.flows.stories import ROSES, first_reading, shown, stopped
from tests.flows.test_crashes import again, crash_in, ticks

CARD = f"Vera: {ROSES}"


@pytest.mark.parametrize("turns", range(0, 40, 3))
async def test_law_03_after_a_crash_at_any_moment_what_waits_stands_once(turns: int, tmp_path: Path) -> None:
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        await first_reading(stage)
        stage.blog.comment(ROSES, standing=Standing.PENDING)
        stage.clock.advance(6)
        await ticks(turns)
        await again(stage)
        await says(stage, "Waits")
        await stage.pass_time(60)
        assert at_desk(stage) == [f"Waits: {CARD}"] and in_public(stage) == [] and len(stage.chat.threads) == 1
        assert await stopped(stage) == []


@pytest.mark.parametrize("turns", range(0, 60, 3))
async def test_law_03_after_a_crash_at_any_moment_a_decision_is_carried_out_and_shown_once(
    turns: int, tmp_path: Path
) -> None:
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        await waiting(stage)
        stage.chat.choose(card(stage), Choice.APPROVE)
        await ticks(turns)
        await again(stage)
        await says(stage, "Approved by Mod")
        await stage.pass_time(60)
        assert in_public(stage) == [CARD] and at_desk(stage) == [f"Approved by Mod: {CARD}"]
        assert len(stage.chat.threads) == 2 and await stopped(stage) == []


@pytest.mark.parametrize("happened", [False, True])
@pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.SPAM, Choice.TRASH])
async def test_law_03_a_crash_inside_a_decision_is_made_good(choice: Choice, happened: bool, tmp_path: Path) -> None:
    become = {Choice.APPROVE: "Approved", Choice.SPAM: "In the spam,", Choice.TRASH: "In the trash,"}
    words = f"{become[choice]} by Mod"
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        await waiting(stage)
        stage.chat.choose(card(stage), choice)
        await crash_in(stage, stage.blog.line, happened=happened)
        await says(stage, words)
        await stage.pass_time(60)
        assert at_desk(stage) == [f"{words}: {CARD}"]
        assert in_public(stage) == ([CARD] if choice is Choice.APPROVE else []) and await stopped(stage) == []


@pytest.mark.parametrize(
    ("choice", "happened", "there"),
    [
        (Choice.APPROVE, True, Standing.HIDDEN),
        (Choice.APPROVE, False, Standing.HIDDEN),
        (Choice.TRASH, False, Standing.PUBLIC),
    ],
)
async def test_law_02_what_was_decided_on_the_blog_after_a_crash_inside_a_decision_stays(
    choice: Choice, happened: bool, there: Standing, tmp_path: Path
) -> None:
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        comment = await waiting(stage)
        stage.chat.choose(card(stage), choice)
        await crash_in(stage, stage.blog.line, happened=happened, meanwhile=partial(stage.blog.stand, comment, there))
        await says(stage, "Mod, your choice")
        await stage.pass_time(60)
        assert stage.blog.stored[1].standing is there and in_public(stage) == ([CARD] if stage.blog.public() else [])
        assert len(stage.blog.moderations) == int(happened)


@pytest.mark.parametrize("happened", [False, True])
@pytest.mark.parametrize("passing", range(3))
async def test_law_03_a_crash_inside_any_step_in_the_chat_leaves_no_trace(
    passing: int, happened: bool, tmp_path: Path
) -> None:
    """The card's edit, the public thread, its comment."""
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        await waiting(stage)
        stage.chat.choose(card(stage), Choice.APPROVE)
        await crash_in(stage, stage.chat.line, happened=happened, passing=passing)
        await says(stage, "Approved by Mod")
        await stage.until(lambda: in_public(stage) == [CARD], "the announcement")
        await stage.pass_time(60)
        assert in_public(stage) == [CARD] and at_desk(stage) == [f"Approved by Mod: {CARD}"]
        assert len(stage.chat.threads) == 2 and await stopped(stage) == []


async def restored(stage: Stage, tmp_path: Path) -> None:
    await stage.stop()
    shutil.copy(tmp_path / "backup.db", tmp_path / "ledger.db")
    stage.clock.advance(3600)
    await stage.start()


async def backed_up(stage: Stage, tmp_path: Path) -> None:
    await stage.stop()
    shutil.copy(tmp_path / "ledger.db", tmp_path / "backup.db")
    await stage.start()


async def test_law_03_a_restored_ledger_shows_what_waits_once(tmp_path: Path) -> None:
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        await first_reading(stage)
        await backed_up(stage, tmp_path)
        await waiting(stage)
        await restored(stage, tmp_path)
        await stage.pass_time(30)
        assert at_desk(stage) == [f"Waits: {CARD}"] and len(stage.chat.threads) == 1
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await stage.until(lambda: in_public(stage) == [CARD], "the announcement")


async def test_law_03_a_restored_ledger_does_not_repeat_what_was_decided_otherwise_since(tmp_path: Path) -> None:
    """It was still open in the backup; then it was carried out, and another moderator put the comment away."""
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        await waiting(stage)
        stage.house.blogs[stage.name].ready = None
        stage.chat.choose(card(stage), Choice.APPROVE)
        await stage.pass_time(3)
        await backed_up(stage, tmp_path)
        await says(stage, "Approved by Mod")
        await decided(stage, Choice.TRASH, "In the trash, by Bob", who="bob")
        before = list(stage.blog.moderations)
        await restored(stage, tmp_path)
        await stage.pass_time(30)
        assert stage.blog.moderations == before and stage.blog.public() == [] and in_public(stage) == []


async def test_a_restored_ledger_learns_what_was_decided_from_the_blog(tmp_path: Path) -> None:
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        await waiting(stage)
        await backed_up(stage, tmp_path)
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await stage.until(lambda: in_public(stage) == [CARD], "the announcement")
        await restored(stage, tmp_path)
        await shown(stage, "Approved on the blog")
        await stage.pass_time(30)
        assert in_public(stage) == [CARD] and len(stage.blog.moderations) == 1
