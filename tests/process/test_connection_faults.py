"""The line between the daemon and a real Isso breaks in the middle of everything: in the end all stands once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.model import AnswerState
from tests.process.proxy import Break
from tests.process.story import SEEDS, opened
from tests.process.waiting import until
from tests.process.world import SETTLE_AFTER, OnBlog, World


def _mine(world: World, token: str) -> list[OnBlog]:
    return [one for one in world.on_blog() if token in one.words]


async def _until_searched_in_vain(world: World) -> None:
    await until(
        lambda: world.ledger("SELECT 1 FROM target WHERE kind = 'answer' AND reason LIKE 'looking%'"),
        "the first search, which finds nothing",
    )


@pytest.mark.parametrize("kind", [Break.BEFORE, Break.AFTER, Break.MID_BODY, Break.GARBLED])
async def test_law_02_a_publish_whose_line_broke_stands_once(tmp_path: Path, kind: Break) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        asked = await world.until_shown(SEEDS[2])
        fault = proxy.break_("POST /new", kind)
        message = await world.answer("a1 Even there.", asked.id)
        await world.until_state(message, AnswerState.PUBLIC)
        assert fault.met == 1
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert len(_mine(world, "a1")) == 1


async def test_law_02_a_publish_that_breaks_again_and_again_stands_once(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        asked = await world.until_shown(SEEDS[2])
        lost = proxy.break_("POST /new", Break.BEFORE, times=2)
        unanswered = proxy.break_("POST /new", Break.AFTER)
        message = await world.answer("a1 Even there.", asked.id)
        await world.until_state(message, AnswerState.PUBLIC)
        assert (lost.met, unanswered.met) == (2, 1)
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_law_02_a_publish_that_is_answered_too_late_stands_once(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True, time_out="1s") as (world, proxy):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        asked = await world.until_shown(SEEDS[2])
        slow = proxy.break_("POST /new", Break.HELD_AFTER)
        message = await world.answer("a1 Even there.", asked.id)
        await world.until_state(message, AnswerState.PUBLIC)  # found on the blog, while the answer is still held back
        slow.go_on.set()
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert len(_mine(world, "a1")) == 1


async def test_law_03_a_publish_that_arrives_just_after_its_time_out_stands_once(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True, time_out="1s") as (world, proxy):
        await world.daemon.start(SETTLE_AFTER="4")  # longer than this request is held
        asked = await world.until_shown(SEEDS[2])
        slow = proxy.break_("POST /new", Break.HELD_BEFORE)
        message = await world.answer("a1 Even there.", asked.id)
        await _until_searched_in_vain(world)
        assert _mine(world, "a1") == []
        slow.go_on.set()
        await world.until_state(message, AnswerState.PUBLIC)
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert len(_mine(world, "a1")) == 1


@pytest.mark.parametrize("kind", [Break.BEFORE, Break.AFTER, Break.MID_BODY])
async def test_law_02_an_edit_and_a_withdrawal_whose_line_broke_happen(tmp_path: Path, kind: Break) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        asked = await world.until_shown(SEEDS[2])
        message = await world.answer("a1 Even there.", asked.id)
        await world.until_state(message, AnswerState.PUBLIC)
        number = (await world.until_public("a1")).number
        edit = proxy.break_(f"POST /id/{number}/edit", kind)
        await world.rewrite(message, "a1 Mostly there.")
        await world.until_public("a1 Mostly there.")
        await world.until_state(message, AnswerState.PUBLIC)
        delete = proxy.break_(f"POST /id/{number}/delete", kind)
        await world.unwrite(message)
        await until(lambda: not _mine(world, "a1"), "the answer off the blog")
        assert (edit.met, delete.met) == (1, 1)
        await world.at_rest()
        assert await world.stop_and_check() == []


@pytest.mark.parametrize("kind", [Break.BEFORE, Break.MID_BODY, Break.GARBLED])
async def test_law_03_readings_whose_line_broke_lose_no_comment(tmp_path: Path, kind: Break) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        await world.until_shown(SEEDS[2])
        visitor = world.isso.visitor("Otto")
        latest = proxy.break_("GET /latest", kind)
        await until(lambda: latest.met == 1, "a reading to break")
        thread = proxy.break_("GET /?uri", kind)
        await visitor.comment("c1 Are you there?")
        await world.until_shown("c1 Are you there?")
        assert thread.met == 1
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_law_02_a_line_that_breaks_while_the_blog_is_searched_leaves_the_publish_unknown_until_it_is_found(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, through_proxy=True, every=3600) as (world, proxy):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        asked = await world.until_shown(SEEDS[2])
        proxy.break_("POST /new", Break.AFTER)
        searched = proxy.break_("GET /?uri", Break.BEFORE, times=3)
        message = await world.answer("a1 Even there.", asked.id)
        await until(lambda: searched.met >= 2, "the search to break")
        await world.until_state(message, AnswerState.PUBLIC)
        await until(lambda: not any(world.ledger_at_rest()), "the ledger to be at rest")
        assert await world.stop_and_check() == []
        assert len(_mine(world, "a1")) == 1


async def test_law_02_a_publish_that_arrives_only_after_its_daemon_was_killed_stands_once(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await world.daemon.start(SETTLE_AFTER="4")  # longer than this request is held
        asked = await world.until_shown(SEEDS[2])
        wire = proxy.break_("POST /new", Break.HELD_BEFORE)
        message = await world.answer("a1 Even there.", asked.id)
        await until(lambda: wire.met == 1, "the publish to be on its way")
        await world.daemon.kill()
        await world.daemon.start(SETTLE_AFTER="4")
        await _until_searched_in_vain(world)
        wire.go_on.set()
        await world.until_state(message, AnswerState.PUBLIC)
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert len(_mine(world, "a1")) == 1


async def test_law_03_an_answer_whose_daemon_was_killed_before_it_was_approved_waits_for_the_moderator_once(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, through_proxy=True, moderation=True) as (world, proxy):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        asked = await world.until_shown(SEEDS[2])
        number = world.isso.sql("SELECT max(id) + 1 FROM comments")[0][0]
        approval = proxy.break_(f"POST /id/{number}/activate", Break.HELD_BEFORE)
        message = await world.answer("a1 Even there.", asked.id)
        await until(lambda: approval.met == 1, "the approval to be on its way")
        await world.daemon.kill()
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        await world.until_state(message, AnswerState.PENDING)
        world.isso.sql("UPDATE comments SET mode = 1")
        await world.until_state(message, AnswerState.PUBLIC)
        await world.at_rest()
        assert await world.stop_and_check() == []
        assert world.isso.sql("SELECT count(*) FROM comments WHERE text LIKE 'a1%'") == [(1,)]


async def test_law_03_a_moderated_answer_is_approved_edited_and_withdrawn_as_any_other(tmp_path: Path) -> None:
    async with opened(tmp_path, moderation=True) as (world, _):
        await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER)
        asked = await world.until_shown(SEEDS[2])
        message = await world.answer("a1 Even there.", asked.id)
        await world.until_state(message, AnswerState.PUBLIC)
        await world.rewrite(message, "a1 Mostly there.")
        await world.until_public("a1 Mostly there.")
        await world.until_state(message, AnswerState.PUBLIC)
        await world.unwrite(message)
        await until(lambda: not _mine(world, "a1"), "the answer off the blog")
        await world.at_rest()
        assert await world.stop_and_check() == []
