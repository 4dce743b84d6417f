"""An answer that was sent by a form is said by us in its thread: there it is seen, changed and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model import CommentId, MessageId, Relay, Standing
from bridge.ports import BlogAbility
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage, desk, place, route
from bridge.text.tree import wording
from tests.flows.stories import ROSES, begun, first_reading, shown


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(ledger=tmp_path / "ledger.db", routes=[route(relay=Relay.MARKED)]) as stage:
        yield stage


def copy(stage: Stage) -> str:
    """What our copy of the only form says."""
    (said,) = [said for said in stage.chat.standing() if " by form " in said]
    return said


def copies(stage: Stage) -> list[str]:
    return [said for said in stage.chat.standing() if " by form " in said]


async def says(stage: Stage, words: str) -> None:
    """Our copy of the only form comes to say these words."""
    await stage.until(lambda: bool(copies(stage)) and words in copy(stage), f"{words!r} in the copy")


async def sent(stage: Stage, words: str = "In March.") -> tuple[CommentId, MessageId]:
    comment = await begun(stage)
    return comment, stage.chat.send_form(stage.chat.ours(ROSES), words)


async def test_a_form_is_said_in_the_thread_and_published_under_the_comment_that_offered_it(stage: Stage) -> None:
    walter = await begun(stage, "And hydrangeas?", name="Walter")
    await begun(stage)
    stage.chat.send_form(stage.chat.ours("hydrangeas"), "In April.")
    await says(stage, "[held]")
    assert copy(stage).startswith("Ada by form")
    await says(stage, "[public]")
    (ours,) = [comment for comment in stage.blog.public() if wording(comment.text) == "In April."]
    assert ours.parent == walter


async def test_a_form_is_changed_and_taken_back_by_forms(stage: Stage) -> None:
    _, form = await sent(stage)
    await says(stage, "[public]: In March.")
    stage.chat.edit_form(form, "In April.")
    await says(stage, "[public]: In April.")
    assert [wording(comment.text) for comment in stage.blog.public()] == [ROSES, "In April."]
    stage.chat.take_back_form(form)
    await stage.until(lambda: len(stage.blog.public()) == 1, "the withdrawal")
    assert copies(stage) == []


@pytest.mark.parametrize("who", ["mallory", "bea"])
async def test_law_08_nobody_else_changes_a_form_or_takes_it_back(stage: Stage, who: str) -> None:
    stage.routes = (route(place(ada="ada", bea="ada"), relay=Relay.MARKED),)
    await stage.stop()
    await stage.start()
    _, form = await sent(stage)
    await says(stage, "[public]")
    stage.chat.edit_form(form, "Never.", who=who)
    stage.chat.take_back_form(form, who=who)
    await stage.pass_time(30)
    assert [wording(comment.text) for comment in stage.blog.public()] == [ROSES, "In March."]
    assert "In March." in copy(stage)


async def test_who_deletes_our_copy_takes_the_answer_back(stage: Stage) -> None:
    await sent(stage)
    await says(stage, "[public]")
    stage.chat.delete(stage.chat.ours("by form"))
    await stage.until(lambda: len(stage.blog.public()) == 1, "the withdrawal")
    await stage.pass_time(30)
    assert copies(stage) == []


async def test_law_05_a_form_that_cannot_be_published_keeps_its_words_in_the_thread(stage: Stage) -> None:
    comment = await begun(stage)
    card = stage.chat.ours(ROSES)
    stage.blog.abilities = stage.blog.abilities - {BlogAbility.MODERATE}
    stage.blog.limits = type(stage.blog.limits)(min_text=20)
    await stage.stop()
    await stage.start()
    form = stage.chat.send_form(card, "In March.")
    await says(stage, "[refused The blog takes no comment with fewer than 20 characters")
    assert "In March." in copy(stage)
    stage.chat.edit_form(form, "In March, when the forsythia flowers.")
    await says(stage, "[public]")
    assert [one.parent for one in stage.blog.public()] == [None, comment]


async def test_law_05_a_form_of_somebody_who_is_no_author_is_not_published_and_says_so(stage: Stage) -> None:
    await begun(stage)
    stage.chat.send_form(stage.chat.ours(ROSES), "In March.", who="mallory")
    await says(stage, "not an author of this route")
    await stage.pass_time(30)
    assert len(stage.blog.public()) == 1


async def test_a_reply_to_our_copy_of_a_form_is_an_aside(stage: Stage) -> None:
    stage.routes = (route(),)
    await stage.stop()
    await stage.start()
    await sent(stage)
    await says(stage, "[public]")
    stage.chat.write(stage.chat.thread(), "Well said!", reply_to=stage.chat.ours("by form"))
    await stage.pass_time(30)
    assert len(stage.blog.public()) == 2


async def test_law_01_a_form_survives_a_crash_at_once_after_it_was_recorded(stage: Stage) -> None:
    await sent(stage)
    await stage.crash()
    await stage.start()
    await says(stage, "[public]")
    assert len(copies(stage)) == 1
    assert len(stage.blog.public()) == 2


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_law_03_the_copy_of_a_form_stands_once(stage: Stage, fault: Fault) -> None:
    await begun(stage)
    stage.chat.line.faults.append(fault)
    stage.chat.send_form(stage.chat.ours(ROSES), "In March.")
    await says(stage, "[public]")
    assert len(copies(stage)) == 1


async def test_a_form_at_a_desk_approves_and_then_answers() -> None:
    clock = DrivenClock()
    routes = [route(place(), desks=[desk()])]
    async with Stage(clock=clock, blog=FakeBlog(clock), chats={"lounge": FakeChat(clock)}, routes=routes) as stage:
        await first_reading(stage)
        comment = stage.blog.comment("May I ask?", name="Walter", standing=Standing.PENDING)
        await shown(stage, "May I ask?")
        stage.chat.send_form(stage.chat.ours("May I ask?"), "You may.", who="mod")
        await stage.until(lambda: len(stage.blog.public()) == 2, "the comment and its answer")
        (ours,) = [one for one in stage.blog.public() if wording(one.text) == "You may."]
        assert ours.parent == comment


async def test_law_08_a_form_that_is_sent_from_another_thread_answers_nothing(stage: Stage) -> None:
    await begun(stage)
    stage.blog.comment("What about tulips?", post=stage.blog.post("/second/"))
    await shown(stage, "tulips")
    await stage.pass_time(11)
    stage.chat.send_form(stage.chat.ours("tulips"), "In May.", thread=stage.chat.thread())
    await says(stage, "It is not clear which comment this answers")
    await stage.pass_time(30)
    assert "In May." in copy(stage) and stage.blog.publications == []


@pytest.mark.parametrize("form_first", [True, False])
async def test_what_a_form_sent_and_a_plain_line_are_two_answers(form_first: bool, tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db", routes=[route(relay=Relay.AUTHORS)]) as stage:
        await begun(stage)
        await stage.pass_time(20)
        thread, about = stage.chat.thread(), stage.chat.ours(ROSES)
        if form_first:
            stage.chat.send_form(about, "In March.")
            stage.chat.write(thread, "Or in April.")
        else:
            stage.chat.write(thread, "Or in April.")
            stage.chat.send_form(about, "In March.")
        await stage.until(lambda: len(stage.blog.public()) == 3, "two answers")
        assert {wording(comment.text) for comment in stage.blog.public()} == {ROSES, "In March.", "Or in April."}
        assert copy(stage).endswith("In March.")


async def test_a_plain_line_after_a_form_goes_on_about_the_comment_that_the_form_answered(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db", routes=[route(relay=Relay.AUTHORS)]) as stage:
        ann = await begun(stage)
        await begun(stage, "And hydrangeas?", name="Walter")
        await stage.pass_time(20)
        stage.chat.send_form(stage.chat.ours(ROSES), "In March.")
        stage.chat.write(stage.chat.thread(), "See you there.")
        await stage.until(lambda: len(stage.blog.public()) == 4, "two answers")
        assert [one.parent for one in stage.blog.public() if wording(one.text) == "See you there."] == [ann]
