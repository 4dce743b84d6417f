from __future__ import annotations

import pytest

from bridge.model import AnswerState
from bridge.testing.stage import Stage, route
from bridge.text.tree import plain
from tests.flows.stories import answered, becomes, begun, receipt, shown, state


async def test_an_answer_is_held_for_the_undo_delay_and_says_until_when() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.HELD)
        until = receipt(stage.chat, message).until
        assert until is not None and until == stage.clock.now() + 10
        await stage.pass_time(9)
        assert len(stage.blog.public()) == 1
        await stage.pass_time(2)
        assert len(stage.blog.public()) == 2


async def test_a_held_answer_whose_message_is_deleted_is_never_published() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.HELD)
        stage.chat.delete(message)
        await stage.pass_time(30)
        assert stage.blog.publications == []


async def test_an_edit_restarts_the_undo_delay_and_the_newest_text_is_published() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In May.")
        await stage.pass_time(6)
        stage.chat.edit_message(message, "In March.")
        await stage.pass_time(8)
        assert len(stage.blog.public()) == 1
        await becomes(stage, message, AnswerState.PUBLIC)
        assert [words for words, _ in stage.blog.publications] == ["In March."]


async def test_without_an_undo_delay_an_answer_is_published_at_once() -> None:
    async with Stage(routes=[route(hold=0.0)]) as stage:
        await begun(stage)
        stage.chat.write(stage.chat.thread(), "In March.")
        await stage.pass_time(1)
        assert len(stage.blog.public()) == 2


async def test_three_quick_lines_are_one_answer() -> None:
    async with Stage() as stage:
        await begun(stage)
        lines = []
        for words in ("In March.", "With sharp shears.", "And good luck!"):
            lines.append(stage.chat.write(stage.chat.thread(), words))
            await stage.pass_time(3)
        for line in lines:
            await becomes(stage, line, AnswerState.PUBLIC)
        assert len(stage.blog.public()) == 2
        assert plain(stage.blog.public()[1].text) == "In March.\n\nWith sharp shears.\n\nAnd good luck!"
        assert len({receipt(stage.chat, line).link for line in lines}) == 1


async def test_a_line_that_names_another_comment_starts_a_new_answer() -> None:
    async with Stage() as stage:
        vera = await begun(stage)
        walter = stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        await stage.pass_time(11)
        stage.chat.write(stage.chat.thread(), "In March.", reply_to=stage.chat.ours("roses"))
        stage.chat.write(stage.chat.thread(), "Only the tips.", reply_to=stage.chat.ours("hydrangeas"))
        await stage.pass_time(15)
        assert {(c.parent, plain(c.text)) for c in stage.blog.public()[2:]} == {
            (vera, "In March."), (walter, "Only the tips."),
        }  # fmt: skip


async def test_a_reply_to_another_comment_of_the_same_person_starts_a_new_answer() -> None:
    async with Stage() as stage:
        first = await begun(stage)
        second = stage.blog.comment("And hydrangeas?", name="Vera")
        await shown(stage, "hydrangeas")
        await stage.pass_time(11)
        stage.chat.write(stage.chat.thread(), "In March.", reply_to=stage.chat.ours("roses"))
        stage.chat.write(stage.chat.thread(), "Only the tips.", reply_to=stage.chat.ours("hydrangeas"))
        await stage.pass_time(15)
        assert {c.parent for c in stage.blog.public()[2:]} == {first, second}


async def test_with_join_off_every_line_is_an_answer_of_its_own() -> None:
    async with Stage(routes=[route(join=False)]) as stage:
        await begun(stage)
        stage.chat.write(stage.chat.thread(), "In March.")
        stage.chat.write(stage.chat.thread(), "With sharp shears.")
        await stage.pass_time(15)
        assert stage.blog.said()[1:] == ["In March.", "With sharp shears."]


async def test_a_line_written_after_the_answer_was_published_is_a_new_answer() -> None:
    async with Stage() as stage:
        await begun(stage)
        await answered(stage, "In March.")
        await answered(stage, "Or April.")
        assert stage.blog.said()[1:] == ["In March.", "Or April."]


@pytest.mark.parametrize("public", [False, True])
async def test_deleting_one_of_the_joined_lines_leaves_the_others(public: bool) -> None:
    async with Stage() as stage:
        await begun(stage)
        first = stage.chat.write(stage.chat.thread(), "In March.")
        second = stage.chat.write(stage.chat.thread(), "With sharp shears.")
        await becomes(stage, second, AnswerState.PUBLIC if public else AnswerState.HELD)
        stage.chat.delete(first)
        await stage.pass_time(25)
        assert stage.blog.said()[1:] == ["With sharp shears."]
        assert state(stage.chat, second) is AnswerState.PUBLIC


async def test_law_04_an_answer_that_is_held_lets_a_later_one_of_its_post_pass() -> None:
    async with Stage() as stage:
        vera = await begun(stage)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        await stage.pass_time(11)
        early = stage.chat.write(stage.chat.thread(), "In May.", reply_to=stage.chat.ours("roses"))
        await stage.pass_time(5)
        late = stage.chat.write(stage.chat.thread(), "The tips.", reply_to=stage.chat.ours("hydrangeas"))
        await stage.pass_time(4)
        stage.chat.edit_message(early, "In March.")
        await becomes(stage, late, AnswerState.PUBLIC)
        assert state(stage.chat, early) is AnswerState.HELD
        await becomes(stage, early, AnswerState.PUBLIC)
        assert stage.blog.public()[-1].parent == vera
