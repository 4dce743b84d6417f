from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bridge.model import AccountName, AnswerState
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage, place, route
from tests.flows.stories import answered, becomes, begun, first_reading, shown, state


async def test_law_04_comments_of_a_post_are_said_in_their_order_whatever_goes_wrong() -> None:
    async with Stage() as stage:
        await first_reading(stage)
        stage.chat.line.faults.extend([Fault.LATER, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.LATER, Fault.LOST_AFTER])
        for number in range(5):
            stage.blog.comment(f"number {number}")
        await shown(stage, "number 4")
        assert stage.chat.standing() == [f"Vera: number {number}" for number in range(5)]


async def test_law_04_one_delivery_of_a_lane_is_in_flight_at_a_time() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.chat.line.hold = asyncio.Event()
        for number in range(3):
            stage.blog.comment(f"number {number}")
        await stage.pass_time(8)
        assert len(stage.chat.standing()) == 2, "the first one only is under way"
        stage.chat.line.hold.set()
        await shown(stage, "number 2")


async def test_law_04_a_post_that_is_stuck_holds_up_no_other() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.comment("On the second", post="/second/")
        await shown(stage, "second")
        await stage.pass_time(11)
        stage.blog.line.later_after = 1000.0
        stage.blog.line.faults.append(Fault.LATER)
        first, second = stage.chat.thread(0), stage.chat.thread(1)
        stuck = stage.chat.write(first, "In March.")
        await stage.until(lambda: not stage.blog.line.faults, "the fault")
        free = stage.chat.write(second, "Of course.")
        await becomes(stage, free, AnswerState.PUBLIC)
        assert state(stage.chat, stuck) is AnswerState.PUBLISHING


async def test_law_04_a_slow_publication_holds_up_no_room() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.hold = asyncio.Event()
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PUBLISHING)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        stage.blog.line.hold.set()
        await becomes(stage, message, AnswerState.PUBLIC)


async def test_law_04_an_answer_that_is_refused_lets_the_next_one_pass() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.NEVER)
        refused = stage.chat.write(stage.chat.thread(), "In May.")
        await becomes(stage, refused, AnswerState.REFUSED)
        await answered(stage, "In March.")
        assert stage.blog.said()[1:] == ["In March."]


@pytest.mark.parametrize("of", ["the blog", "the account"])
async def test_an_account_publishes_no_faster_than_its_blog_allows(of: str) -> None:
    stage = Stage()
    if of == "the blog":
        stage.blog.limits = replace(stage.blog.limits, pace=30.0)
    else:
        stage.blog.paces = {AccountName("ada"): 30.0}
    async with stage:
        await begun(stage)
        stage.blog.comment("On the second", post="/second/")
        await shown(stage, "second")
        await stage.pass_time(11)
        stage.chat.write(stage.chat.thread(0), "In March.")
        stage.chat.write(stage.chat.thread(1), "Of course.")
        await stage.until(lambda: len(stage.blog.publications) == 1, "the first")
        first = stage.clock.now()
        await stage.until(lambda: len(stage.blog.publications) == 2, "the second")
        assert stage.clock.now() - first >= 29.5


async def test_law_04_an_account_that_has_to_wait_holds_up_no_other_on_the_same_post() -> None:
    stage = Stage(routes=[route(place(ada="ada", bo="bo"), join=False)])
    stage.blog = FakeBlog(stage.clock, accounts=("ada", "bo"))
    stage.blog.paces = {AccountName("ada"): 300.0}
    async with stage:
        await begun(stage)
        thread = stage.chat.thread()
        mine = [stage.chat.write(thread, words) for words in ("One.", "Two.")]
        await becomes(stage, mine[0], AnswerState.PUBLIC)
        other = stage.chat.write(thread, "Three.", who="bo")
        await becomes(stage, other, AnswerState.PUBLIC)
        assert state(stage.chat, mine[1]) is not AnswerState.PUBLIC
        await stage.until(lambda: state(stage.chat, mine[1]) is AnswerState.PUBLIC, "the second", within=400)
        assert stage.blog.said()[1:] == ["One.", "Three.", "Two."]
