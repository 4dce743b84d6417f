"""Law 2: whatever is in doubt is resolved before anything new, by the means that the platform has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.model import AnswerState
from bridge.ports import BlogAbility, ChatAbility
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import EVERYTHING as ALL_OF_BLOG
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import EVERYTHING, FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage, place, route
from tests.flows.stories import answered, becomes, begun, first_reading, receipt, shown, state, stopped

LOST = [Fault.LOST_BEFORE, Fault.LOST_AFTER]
KEYED = {"key_window": math.inf, "abilities": EVERYTHING - {ChatAbility.FIND}}
SEARCHED = {"key_window": 0.0, "abilities": EVERYTHING}
BLIND = {"key_window": 0.0, "abilities": EVERYTHING - {ChatAbility.FIND}}
SHORT = {"key_window": 1.5, "abilities": EVERYTHING}


def staged(chat: Mapping[str, Any], ledger: Path | str = ":memory:") -> Stage:
    clock = DrivenClock()
    return Stage(clock=clock, blog=FakeBlog(clock), chats={"lounge": FakeChat(clock, **chat)}, ledger=ledger)


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("chat", [KEYED, SEARCHED, SHORT], ids=["keyed", "searched", "short window"])
@pytest.mark.parametrize("times", [1, 3])
async def test_law_02_a_message_in_doubt_stands_once(fault: Fault, chat: Mapping[str, Any], times: int) -> None:
    async with staged(chat) as stage:
        await begun(stage)
        stage.chat.deaf = True  # so that no echo resolves it
        stage.chat.line.faults.extend([fault] * times)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        await stage.pass_time(60)
        assert len(stage.chat.standing()) == 2
        assert await stopped(stage) == []


async def test_law_02_a_message_in_doubt_that_nobody_can_look_for_is_parked_and_its_lane_goes_on() -> None:
    async with staged(BLIND) as stage:
        await begun(stage)
        stage.chat.line.faults.append(Fault.LOST_BEFORE)
        stage.blog.comment("And hydrangeas?", name="Walter")
        stage.blog.comment("And dahlias?", name="Xenia")
        await shown(stage, "dahlias")
        await stage.pass_time(60)
        assert [row["state"] for row in await stopped(stage)] == ["parked"]
        assert len(stage.chat.standing()) == 2


async def test_law_06_an_echo_resolves_a_message_that_nobody_can_look_for() -> None:
    async with staged(BLIND) as stage:
        await begun(stage)
        stage.chat.line.faults.append(Fault.LOST_AFTER)
        comment = stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.pass_time(60)
        assert await stopped(stage) == [] and len(stage.chat.standing()) == 2
        stage.blog.edit(comment, "And tulips?")
        await shown(stage, "tulips")
        assert len(stage.chat.standing()) == 2


async def test_law_02_a_repetition_that_is_put_off_leaves_the_first_sending_in_doubt() -> None:
    """Edited meanwhile, it must not be said a second time under the new text's key."""
    async with staged(KEYED) as stage:
        await begun(stage)
        stage.chat.deaf = True
        stage.chat.line.faults.extend([Fault.LOST_AFTER, Fault.LATER, Fault.LATER])
        comment = stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.until(lambda: len(stage.chat.line.faults) < 2, "the repetition")
        stage.blog.edit(comment, "And tulips?")
        await shown(stage, "tulips")
        assert len(stage.chat.standing()) == 2


@pytest.mark.parametrize("fault", LOST)
async def test_law_02_a_thread_in_doubt_is_started_once(fault: Fault) -> None:
    async with Stage() as stage:
        await first_reading(stage)
        stage.chat.line.faults.append(fault)
        stage.blog.comment("How do you prune roses?")
        await shown(stage, "roses")
        assert len(stage.chat.threads) == 1


@pytest.mark.parametrize("fault", LOST)
async def test_law_02_an_edit_and_an_erasure_in_doubt_are_repeated(fault: Fault) -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        stage.chat.line.faults.append(fault)
        stage.blog.edit(comment, "How do you prune tulips?")
        await shown(stage, "tulips")
        stage.chat.line.faults.append(fault)
        stage.blog.remove(comment)
        await stage.pass_time(30)
        assert stage.chat.standing() == [] and await stopped(stage) == []


@pytest.mark.parametrize("fault", LOST)
async def test_law_02_a_receipt_in_doubt_is_shown_again(fault: Fault) -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.chat.line.faults.append(fault)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PUBLIC)


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("times", [1, 3])
async def test_law_02_an_answer_in_doubt_is_published_once(fault: Fault, times: int) -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.faults.extend([fault] * times)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: state(stage.chat, message) is AnswerState.PUBLIC, "publication", 600)
        await stage.pass_time(60)
        assert stage.blog.said()[1:] == ["In March."]
        assert len({key for _, key in stage.blog.publications}) == 1, "the same text is tried under the same key"


async def test_law_02_absence_counts_only_after_the_blog_has_settled() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_BEFORE)
        stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: not stage.blog.line.faults, "the fault")
        sent = stage.clock.now()
        await stage.until(lambda: len(stage.blog.publications) == 2, "the second try")
        assert stage.clock.now() - sent >= stage.house.time_out + stage.blog.limits.settle_after


@pytest.mark.parametrize("fault", LOST)
async def test_law_02_a_revision_in_doubt_is_repeated(fault: Fault) -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In May.")
        stage.blog.line.faults.append(fault)
        stage.chat.edit_message(message, "In March.")
        await stage.pass_time(30)
        assert stage.blog.said()[1:] == ["In March."] and state(stage.chat, message) is AnswerState.PUBLIC


async def test_law_02_a_revision_in_doubt_put_off_and_edited_again_ends_as_the_newest() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In May.")
        stage.blog.line.faults.extend([Fault.LOST_AFTER, Fault.LATER])
        stage.chat.edit_message(message, "In April.")
        await stage.until(lambda: not stage.blog.line.faults, "both faults")
        stage.chat.edit_message(message, "In March.")
        await stage.pass_time(60)
        assert stage.blog.said()[1:] == ["In March."] and state(stage.chat, message) is AnswerState.PUBLIC


@pytest.mark.parametrize("fault", LOST)
async def test_law_02_a_withdrawal_in_doubt_is_repeated(fault: Fault) -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage)
        stage.blog.line.faults.append(fault)
        stage.chat.delete(message)
        await stage.pass_time(30)
        assert len(stage.blog.public()) == 1 and await stopped(stage) == []


def unsearchable() -> Stage:
    stage = Stage()
    stage.blog.abilities = ALL_OF_BLOG - {BlogAbility.FIND}
    return stage


async def test_law_05_an_answer_in_doubt_that_nobody_can_look_for_is_parked_and_its_writer_told() -> None:
    async with unsearchable() as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_BEFORE)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PARKED)
        assert "cannot tell" in (receipt(stage.chat, message).reason or "")
        assert [row["kind"] for row in await stopped(stage)] == ["answer"]


async def test_law_06_a_reading_resolves_an_answer_that_nobody_can_look_for() -> None:
    async with unsearchable() as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_AFTER)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert len(stage.blog.public()) == 2 and await stopped(stage) == []


async def test_law_06_a_reading_before_the_doubt_began_resolves_it_too() -> None:
    async with unsearchable() as stage:
        await begun(stage)

        async def read_now() -> None:
            stage.blog.line.before_answer = None
            reads = stage.blog.reads
            next(iter(stage.house.blogs.values())).wake.set()
            await stage.until(lambda: stage.blog.reads > reads, "a reading in between")

        stage.blog.line.before_answer = read_now
        stage.blog.line.faults.append(Fault.LOST_AFTER)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert await stopped(stage) == [] and len(stage.chat.standing()) == 1


async def test_a_short_key_window_that_is_over_after_a_stop_is_followed_by_a_search(tmp_path: Path) -> None:
    async with staged({"key_window": 60.0}, tmp_path / "ledger.db") as stage:
        await begun(stage)
        stage.chat.deaf = True
        stage.chat.line.faults.append(Fault.LOST_AFTER)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.until(lambda: not stage.chat.line.faults, "the fault")
        await stage.crash()
        stage.clock.advance(3600)
        stage.chat._keys.clear()
        await stage.start()
        await stage.pass_time(60)
        assert len(stage.chat.standing()) == 2 and await stopped(stage) == []


async def test_what_is_refused_for_now_is_tried_again_under_the_same_key() -> None:
    async with Stage(routes=[route(place(), hold=0.0)]) as stage:
        await begun(stage)
        stage.blog.line.faults.extend([Fault.LATER] * 3)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.pass_time(2)
        assert receipt(stage.chat, message).reason == "the platform is busy"
        await becomes(stage, message, AnswerState.PUBLIC)
        assert len(stage.blog.publications) == 4 and len({key for _, key in stage.blog.publications}) == 1
        assert receipt(stage.chat, message).reason is None


async def test_what_the_platform_asks_to_wait_is_waited() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.later_after = 100.0
        stage.blog.line.faults.append(Fault.LATER)
        stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: len(stage.blog.publications) == 1, "the first try")
        first = stage.clock.now()
        await stage.until(lambda: len(stage.blog.publications) == 2, "the second try", 200)
        assert stage.clock.now() - first >= 100


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("window", [math.inf, 1.5, 0.0])
@pytest.mark.parametrize("times", [1, 3])
async def test_law_02_a_thread_in_doubt_is_started_once_however_long_its_key_is_known(
    fault: Fault, window: float, times: int
) -> None:
    async with staged({"thread_window": window}) as stage:
        await first_reading(stage)
        stage.chat.line.faults.extend([fault] * times)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        assert len(stage.chat.threads) == 1
        assert await stopped(stage) == []


async def test_law_02_a_thread_in_doubt_that_nobody_can_look_for_is_parked() -> None:
    async with staged({"thread_window": 0.0, "abilities": EVERYTHING - {ChatAbility.FIND}}) as stage:
        await first_reading(stage)
        stage.chat.line.faults.append(Fault.LOST_AFTER)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.pass_time(60)
        assert [row["kind"] for row in await stopped(stage)] == ["thread"]
        assert len(stage.chat.threads) == 1
