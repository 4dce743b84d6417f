"""A blog that takes our keys away: an answer whose end is unknown is found by its account, its words and its time."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.model import AccountName, AnswerState
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from tests.flows.stories import answered, becomes, begun, receipt, state, stopped


def keyless(**fields: object) -> Stage:
    stage = Stage(**fields)  # type: ignore[arg-type]
    stage.blog.keeps_keys = False
    return stage


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_law_02_what_may_have_been_published_is_found_or_published_once(fault: Fault) -> None:
    async with keyless() as stage:
        await begun(stage)
        stage.blog.line.faults.append(fault)
        message = await answered(stage)
        await stage.pass_time(20)
        assert stage.blog.said()[1:] == ["In March."] and await stopped(stage) == []
        assert state(stage.chat, message) is AnswerState.PUBLIC and len(stage.chat.standing()) == 1


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_law_06_the_same_words_that_the_author_wrote_on_the_blog_before_are_another_comment(fault: Fault) -> None:
    async with keyless() as stage:
        vera = await begun(stage)
        own = stage.blog.comment("In March.", name="ada", account="ada", under=vera)
        await stage.pass_time(60)
        stage.blog.line.faults.append(fault)
        message = await answered(stage)
        await stage.pass_time(20)
        assert stage.blog.said()[1:] == ["In March.", "In March."] and await stopped(stage) == []
        stage.chat.delete(message)
        await stage.until(lambda: len(stage.blog.public()) == 2, "the withdrawal")
        assert [comment.id for comment in stage.blog.public()] == [vera, own]


@pytest.mark.parametrize("unread", [False, True])
async def test_law_06_what_was_written_long_before_the_attempt_is_not_it_even_if_nobody_read_it(unread: bool) -> None:
    async with keyless() as stage:
        vera = await begun(stage)
        if unread:  # it is read with a time of its own that is older
            stage.blog.comment("In March.", name="ada", account="ada", under=vera)
        stage.blog.line.faults.append(Fault.LOST_BEFORE)
        stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: len(stage.blog.said()) == 2 + unread, "the publication")
        await stage.pass_time(20)
        assert stage.blog.said()[1:] == ["In March."] * (1 + unread)


async def test_law_06_the_same_words_by_another_account_or_a_visitor_are_not_it() -> None:
    async with keyless() as stage:
        vera = await begun(stage)

        async def copies() -> None:
            stage.blog.line.before_effect = None
            stage.blog.comment("In March.", name="ada", under=vera)
            stage.blog.comment("In March.", name="eve", account="eve", under=vera)

        stage.blog.line.before_effect = copies
        stage.blog.line.faults.append(Fault.LOST_AFTER)
        message = await answered(stage)
        await stage.pass_time(20)
        assert stage.blog.said()[1:] == ["In March."] * 3
        found = receipt(stage.chat, message).link
        assert found == next(c.link for c in stage.blog.public() if c.account == AccountName("ada"))


async def test_law_02_several_that_could_be_it_are_left_to_a_person() -> None:
    async with keyless() as stage:
        vera = await begun(stage)

        async def write_it_there_too() -> None:
            stage.blog.line.before_answer = None
            stage.blog.comment("In March.", name="ada", account="ada", under=vera)

        stage.blog.line.before_answer = write_it_there_too
        stage.blog.line.faults.append(Fault.LOST_AFTER)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PARKED)
        assert len(stage.blog.publications) == 1 and len(await stopped(stage)) == 1


async def test_law_03_a_restored_ledger_finds_what_it_forgot_by_its_words(tmp_path: Path) -> None:
    import shutil

    async with keyless(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        await stage.stop()
        shutil.copy(tmp_path / "ledger.db", tmp_path / "backup.db")
        await stage.start()
        stage.blog.moderated = True  # so that no reading tells of it first
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PENDING)
        await stage.stop()
        shutil.copy(tmp_path / "backup.db", tmp_path / "ledger.db")
        stage.clock.advance(60)
        await stage.start()
        await stage.pass_time(40)
        assert len(stage.blog.publications) == 1
