from __future__ import annotations

import asyncio

import pytest

from bridge.model import AnswerState, Standing
from bridge.ports import BlogAbility, ChatAbility
from bridge.testing.fake_blog import EVERYTHING, FakeBlog
from bridge.testing.fake_chat import EVERYTHING as ALL_OF_CHAT
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from tests.flows.stories import answered, becomes, begun, receipt, shown, state, states, stopped


async def test_an_edit_of_a_public_answer_follows_on_the_blog() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In May.")
        link = receipt(stage.chat, message).link
        stage.chat.edit_message(message, "In March.")
        await stage.pass_time(5)
        assert stage.blog.said()[1:] == ["In March."]
        assert receipt(stage.chat, message).link == link and state(stage.chat, message) is AnswerState.PUBLIC


async def test_an_edit_that_is_taken_back_before_it_was_sent_ends_public() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In March.")
        stage.chat.edit_message(message, "In May.")
        stage.chat.edit_message(message, "In March.")
        await stage.pass_time(10)
        assert stage.blog.said()[1:] == ["In March."]
        assert state(stage.chat, message) is AnswerState.PUBLIC


async def test_deleting_a_public_answer_withdraws_it() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage)
        stage.chat.delete(message)
        await stage.pass_time(10)
        assert len(stage.blog.public()) == 1 and await stopped(stage) == []


async def in_flight(stage: Stage) -> asyncio.Event:
    """An answer whose publication the blog has not confirmed yet."""
    stage.blog.line.hold = asyncio.Event()
    stage.chat.write(stage.chat.thread(), "In May.")
    await stage.until(lambda: len(stage.blog.stored) == 2, "the publication under way")
    return stage.blog.line.hold


async def test_an_answer_edited_in_flight_is_revised_once_it_is_there() -> None:
    async with Stage() as stage:
        await begun(stage)
        let_go = await in_flight(stage)
        message = list(stage.chat.messages)[-1]
        stage.chat.edit_message(message, "In March.")
        await stage.pass_time(2)
        let_go.set()
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.said()[1:] == ["In March."]


async def test_an_answer_deleted_in_flight_is_withdrawn_once_it_is_there() -> None:
    async with Stage() as stage:
        await begun(stage)
        let_go = await in_flight(stage)
        stage.chat.delete(list(stage.chat.messages)[-1])
        await stage.pass_time(2)
        let_go.set()
        await stage.pass_time(5)
        assert len(stage.blog.public()) == 1


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
@pytest.mark.parametrize("change", ["edit", "delete"])
async def test_law_02_an_answer_changed_while_in_doubt_is_resolved_first(fault: Fault, change: str) -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.faults.append(fault)
        message = stage.chat.write(stage.chat.thread(), "In May.")
        await stage.until(lambda: not stage.blog.line.faults, "the fault")
        if change == "edit":
            stage.chat.edit_message(message, "In March.")
        else:
            stage.chat.delete(message)
        await stage.pass_time(60)
        assert stage.blog.said()[1:] == (["In March."] if change == "edit" else [])
        assert await stopped(stage) == []


async def test_an_answer_that_waits_for_the_moderator_can_be_edited_and_withdrawn() -> None:
    stage = Stage()
    stage.blog.moderated = True
    async with stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In May.")
        await becomes(stage, message, AnswerState.PENDING)
        stage.chat.edit_message(message, "In March.")
        await stage.pass_time(5)
        assert state(stage.chat, message) is AnswerState.PENDING
        pending = stage.blog.stored[2]
        assert pending.standing is Standing.PENDING
        pending.standing = Standing.PUBLIC
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.said()[1:] == ["In March."]
        stage.chat.delete(message)
        await stage.pass_time(5)
        assert len(stage.blog.public()) == 1


async def test_law_05_a_pending_answer_whose_edit_is_refused_stays_pending_with_the_reason() -> None:
    stage = Stage()
    stage.blog.moderated = True
    async with stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In May.")
        await becomes(stage, message, AnswerState.PENDING)
        stage.blog.line.faults.append(Fault.NEVER)
        stage.chat.edit_message(message, "In March.")
        await stage.pass_time(5)
        assert state(stage.chat, message) is AnswerState.PENDING
        assert receipt(stage.chat, message).reason == "the platform does not want it"


async def test_a_refused_answer_is_judged_anew_when_it_is_edited() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.NEVER)
        message = stage.chat.write(stage.chat.thread(), "In May.")
        await becomes(stage, message, AnswerState.REFUSED)
        stage.chat.edit_message(message, "In March.")
        await becomes(stage, message, AnswerState.HELD)
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.said()[1:] == ["In March."]


async def test_a_refused_answer_that_is_deleted_leaves_nothing_that_wants_a_person() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.NEVER)
        message = stage.chat.write(stage.chat.thread(), "In May.")
        await becomes(stage, message, AnswerState.REFUSED)
        stage.chat.delete(message)
        await stage.pass_time(15)
        assert await stopped(stage) == [] and len(stage.blog.public()) == 1


async def test_an_answer_too_short_is_refused_in_words_and_published_once_it_is_longer() -> None:
    async with Stage() as stage:
        vera = await begun(stage)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        message = stage.chat.write(stage.chat.thread(), "No", reply_to=stage.chat.ours("roses"))
        await becomes(stage, message, AnswerState.REFUSED)
        assert "fewer than 3 characters" in (receipt(stage.chat, message).reason or "")
        stage.chat.edit_message(message, "Not before March.")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.public()[-1].parent == vera, "it still answers whom it replied to"


async def test_an_edit_that_makes_a_public_answer_too_short_is_refused_and_the_old_text_stays() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In March.")
        stage.chat.edit_message(message, "No")
        await stage.pass_time(5)
        assert stage.blog.said()[1:] == ["In March."]
        assert receipt(stage.chat, message).state is AnswerState.PUBLIC
        assert "fewer than 3" in (receipt(stage.chat, message).reason or "")
        stage.chat.edit_message(message, "Not before March.")
        await stage.pass_time(5)
        assert stage.blog.said()[1:] == ["Not before March."] and receipt(stage.chat, message).reason is None


async def test_an_answer_edited_on_the_blog_is_noted_and_not_overwritten() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In March.")
        stage.blog.edit(stage.blog.public()[1].id, "In early March.")
        await shown(stage, "edited on the blog")
        stage.chat.edit_message(message, "In April.")
        await stage.pass_time(10)
        assert stage.blog.said()[1:] == ["In early March."]
        assert "changed on the blog" in (receipt(stage.chat, message).reason or "")
        stage.chat.delete(message)
        await stage.pass_time(10)
        assert stage.blog.said()[1:] == ["In early March."], "what stands there is not what was meant"
        await shown(stage, "no longer that comment")


async def test_an_edit_that_meets_a_blog_side_edit_before_it_was_read_is_refused() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In March.")
        await stage.pass_time(6)
        stage.blog.edit(stage.blog.public()[1].id, "In early March.")
        stage.chat.edit_message(message, "In April.")
        await stage.pass_time(10)
        assert stage.blog.said()[1:] == ["In early March."]
        assert state(stage.chat, message) is AnswerState.PUBLIC
        assert "changed on the blog" in (receipt(stage.chat, message).reason or "")


async def test_an_answer_deleted_on_the_blog_is_gone_and_an_edit_does_not_bring_it_back() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In March.")
        await stage.pass_time(6)
        stage.blog.remove(stage.blog.public()[1].id)
        await becomes(stage, message, AnswerState.GONE)
        assert "removed on the blog" in (receipt(stage.chat, message).reason or "")
        stage.chat.edit_message(message, "In April.")
        await stage.pass_time(15)
        assert len(stage.blog.public()) == 1 and state(stage.chat, message) is AnswerState.GONE
        stage.chat.delete(message)
        await stage.pass_time(5)
        assert await stopped(stage) == []


@pytest.mark.parametrize("ability", [BlogAbility.REVISE, BlogAbility.WITHDRAW])
async def test_law_05_what_the_blog_cannot_do_is_said_in_words(ability: BlogAbility) -> None:
    stage = Stage()
    stage.blog.abilities = EVERYTHING - {ability}
    async with stage:
        await begun(stage)
        message = await answered(stage, "In March.")
        if ability is BlogAbility.REVISE:
            stage.chat.edit_message(message, "In April.")
            await stage.pass_time(5)
            assert "cannot be edited" in (receipt(stage.chat, message).reason or "")
        else:
            stage.chat.delete(message)
            await shown(stage, "cannot be removed from the blog")
        assert stage.blog.said()[1:] == ["In March."]


async def test_what_stands_in_the_chat_at_that_moment_is_published_although_its_edit_was_not_heard() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In May.")
        await becomes(stage, message, AnswerState.HELD)
        stage.chat.deaf = True
        stage.chat.messages[message].body = "In March."
        await becomes(stage, message, AnswerState.PUBLIC)
        assert [words for words, _ in stage.blog.publications] == ["In March."]


async def test_what_was_deleted_in_the_chat_is_not_published_although_that_was_not_heard() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In May.")
        await becomes(stage, message, AnswerState.HELD)
        stage.chat.deaf = True
        stage.chat.messages[message].deleted = True
        await stage.pass_time(30)
        assert stage.blog.publications == []


async def test_where_the_chat_cannot_read_a_message_the_told_text_is_published() -> None:
    clock_stage = Stage()
    chat = FakeChat(clock_stage.clock, abilities=ALL_OF_CHAT - {ChatAbility.READ})
    async with Stage(clock=clock_stage.clock, blog=FakeBlog(clock_stage.clock), chats={"lounge": chat}) as stage:
        await begun(stage)
        await answered(stage, "In March.")
        assert stage.blog.said()[1:] == ["In March."]


async def test_the_receipts_tell_the_whole_way() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage, "In May.")
        stage.blog.line.hold = asyncio.Event()
        stage.chat.edit_message(message, "In March.")
        await becomes(stage, message, AnswerState.REVISING)
        stage.blog.line.hold.set()
        await becomes(stage, message, AnswerState.PUBLIC)
        assert states(stage.chat, message)[-3:] == [AnswerState.PUBLIC, AnswerState.REVISING, AnswerState.PUBLIC]
