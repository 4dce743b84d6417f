"""A moderator who answers a comment that waits has decided: it is approved first, and then answered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.model import AnswerState, Choice, MessageId, Relay, Standing
from bridge.ports import BlogAbility
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage, desk, place, route
from tests.flows.desk_stories import at_desk, card, decided, desk_thread, in_public, moderated_stage, says, waiting
from tests.flows.stories import ROSES, becomes, receipt, shown, state, stopped
from tests.flows.test_crashes import crash_in

CARD = f"Vera: {ROSES}"


def answer(stage: Stage, words: str = "In March.", *, who: str = "mod") -> MessageId:
    return stage.chat.write(desk_thread(stage), words, who=who, reply_to=card(stage))


@pytest.mark.parametrize("relay", [Relay.AUTHORS, Relay.MARKED])
async def test_an_answer_approves_first_and_is_then_published_and_both_are_announced(relay: Relay) -> None:
    async with moderated_stage(routes=[route(desks=[desk()], relay=relay)]) as stage:
        comment = await waiting(stage)
        message = answer(stage)
        await becomes(stage, message, AnswerState.HELD)
        assert stage.blog.moderations == [] and stage.blog.public() == [], "it can be undone still"
        await becomes(stage, message, AnswerState.PUBLIC)
        await stage.pass_time(15)
        assert stage.blog.said() == [ROSES, "In March."] and stage.blog.public()[1].parent == comment
        assert stage.blog.moderations == [("ada", Choice.APPROVE)]
        assert at_desk(stage) == [f"Approved by Mod: {CARD}"]
        assert in_public(stage) == [CARD, "ada (author) to Vera: In March."]
        assert receipt(stage.chat, message).answers_message == card(stage)


async def test_the_room_s_reply_box_answers_as_well_and_lines_are_joined() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        for words in ("In March.", "Or April."):
            stage.chat.write(desk_thread(stage), words, who="mod", addressed=card(stage))
        await stage.until(lambda: len(stage.blog.public()) == 2, "the answer")
        assert stage.blog.said()[1] == "In March. Or April."


async def test_an_answer_that_is_taken_back_in_time_approves_nothing() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        message = answer(stage)
        await stage.pass_time(5)
        stage.chat.delete(message)
        await stage.pass_time(30)
        assert stage.blog.moderations == [] and stage.blog.publications == [] and in_public(stage) == []


async def test_what_replies_to_nothing_stays_among_moderators() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        first = stage.chat.write(desk_thread(stage), "What do you think of Vera?", who="mod")
        await stage.pass_time(15)
        stage.chat.write(desk_thread(stage), "Let her in.", who="bob", reply_to=first)
        stage.chat.write(desk_thread(stage), "@Vera is nice.", who="mod")
        stage.chat.write(desk_thread(stage), "// I would not.", who="mod", reply_to=card(stage))
        stage.chat.mark(first, who="mod")
        await stage.pass_time(30)
        assert stage.blog.publications == [] and stage.blog.moderations == []
        joined = answer(stage)
        stage.chat.write(desk_thread(stage), "Shall we thank her?", who="mod")
        await becomes(stage, joined, AnswerState.PUBLIC)
        assert stage.blog.said() == [ROSES, "In March."]


async def test_where_nothing_is_relayed_nobody_answers_from_a_desk_either_but_they_decide() -> None:
    async with moderated_stage(routes=[route(desks=[desk()], relay=Relay.OFF)]) as stage:
        await waiting(stage)
        answer(stage)
        await stage.pass_time(20)
        assert stage.blog.publications == [] and stage.blog.moderations == []
        await decided(stage, Choice.APPROVE, "Approved by Mod")


async def test_an_answer_whose_comment_is_not_approved_is_refused_with_the_reason_and_can_be_tried_again() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        stage.blog.line.faults.append(Fault.NEVER)
        message = answer(stage)
        await becomes(stage, message, AnswerState.REFUSED)
        assert "could not be approved: the platform does not want it" in (receipt(stage.chat, message).reason or "")
        assert stage.blog.publications == [] and in_public(stage) == []
        stage.chat.edit_message(message, "In April.")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.said() == [ROSES, "In April."]


async def test_an_answer_is_refused_when_another_moderator_puts_the_comment_away() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        message = answer(stage)
        await becomes(stage, message, AnswerState.HELD)
        await decided(stage, Choice.SPAM, "In the spam, by Bob", who="bob")
        await becomes(stage, message, AnswerState.REFUSED)
        assert "taken off the blog" in (receipt(stage.chat, message).reason or "")
        assert [choice for _, choice in stage.blog.moderations] == [Choice.SPAM] and stage.blog.public() == []


async def test_an_answer_approves_only_what_its_writer_saw() -> None:
    async with moderated_stage() as stage:
        comment = await waiting(stage)
        message = answer(stage)
        await becomes(stage, message, AnswerState.HELD)
        stage.blog.edit(comment, "Buy my roses!")
        await says(stage, "Waits: Vera: Buy my roses!")
        await becomes(stage, message, AnswerState.REFUSED)
        assert "has changed meanwhile" in (receipt(stage.chat, message).reason or "")
        assert stage.blog.public() == []


async def test_an_answer_to_what_somebody_approved_meanwhile_is_just_published() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        message = answer(stage)
        await becomes(stage, message, AnswerState.HELD)
        await decided(stage, Choice.APPROVE, "Approved by Bob", who="bob")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert len(stage.blog.moderations) == 1


async def test_an_answer_waits_for_the_approval_that_is_under_way() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        stage.blog.line.faults.extend([Fault.LATER] * 5)
        stage.chat.choose(card(stage), Choice.APPROVE, who="bob")
        await says(stage, "Bob chose Approve, which is not done yet")
        message = answer(stage)
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.moderations == [("ada", Choice.APPROVE)]
        await says(stage, "Approved by Bob")


async def test_a_public_comment_can_be_answered_from_its_card_and_a_removed_one_cannot() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await becomes(stage, answer(stage), AnswerState.PUBLIC)
        await decided(stage, Choice.TRASH, "In the trash, by Mod")
        message = answer(stage, "Or April.")
        await becomes(stage, message, AnswerState.REFUSED)
        assert len(stage.blog.publications) == 1


@pytest.mark.parametrize("lacks", ["the ability", "the right"])
async def test_whoever_cannot_approve_is_told_before_anything_happens(lacks: str) -> None:
    clock = DrivenClock()
    able = frozenset(BlogAbility) - ({BlogAbility.MODERATE} if lacks == "the ability" else set())
    blog = FakeBlog(clock, abilities=able, accounts=["ada", "eve"], moderators=["ada"])
    routes = [route(place(eve="eve"), desks=[desk(mod="eve" if lacks == "the right" else "ada")])]
    async with Stage(clock=clock, blog=blog, routes=routes) as stage:
        await waiting(stage)
        message = answer(stage)
        await becomes(stage, message, AnswerState.REFUSED)
        assert "has to be approved on the blog first" in (receipt(stage.chat, message).reason or "")
        assert stage.blog.publications == []


async def test_on_a_blog_that_holds_answers_back_the_answer_waits_for_a_moderator_too() -> None:
    async with moderated_stage() as stage:
        stage.blog.moderated = True
        await waiting(stage)
        message = answer(stage)
        await becomes(stage, message, AnswerState.PENDING)
        await says(stage, "Waits: ada (author) to Vera: In March.")
        stage.chat.choose(card(stage, "March"), Choice.APPROVE)
        await becomes(stage, message, AnswerState.PUBLIC)
        await stage.until(lambda: len(in_public(stage)) == 2, "both in the public room")


@pytest.mark.parametrize("happened", [False, True])
@pytest.mark.parametrize("step", ["the approval", "the publication"])
async def test_law_03_a_crash_between_approval_and_answer_leaves_one_of_each(
    step: str, happened: bool, tmp_path: Path
) -> None:
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        comment = await waiting(stage)
        message = answer(stage)
        await becomes(stage, message, AnswerState.HELD)
        await crash_in(stage, stage.blog.line, happened=happened, passing=0 if step == "the approval" else 1)
        await becomes(stage, message, AnswerState.PUBLIC)
        await stage.pass_time(30)
        assert stage.blog.said() == [ROSES, "In March."] and stage.blog.public()[1].parent == comment
        assert in_public(stage) == [CARD, "ada (author) to Vera: In March."] and await stopped(stage) == []


async def test_the_answer_is_in_no_public_room_before_its_comment_is_public() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        seen: list[list[str]] = []

        async def look() -> None:
            seen.append([*in_public(stage), *stage.blog.said()])

        stage.blog.line.before_effect = look
        await becomes(stage, answer(stage), AnswerState.PUBLIC)
        await shown(stage, "to Vera: In March.")
        assert seen[0] == [] and ROSES in seen[1]
        assert state(stage.chat, card(stage)) is None and stage.blog.stored[1].standing is Standing.PUBLIC


async def test_an_answer_to_what_was_moved_to_another_post_meanwhile_waits_for_no_wrong_lane() -> None:
    """Its approval is made in the lane of the post where the comment stands now, which is another than the answer's."""
    async with moderated_stage() as stage:
        comment = await waiting(stage)
        stored = stage.blog.stored[1]
        stored.comment = replace(stored.comment, post=stage.blog.post("/second/", "Second post"))
        await stage.pass_time(12)
        message = answer(stage)
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.moderations == [("ada", Choice.APPROVE)] and stage.blog.public()[1].parent == comment
