from __future__ import annotations

from bridge.model import AnswerState
from bridge.testing.stage import Stage
from tests.flows.stories import answered, becomes, begun, receipt, state, states


async def test_a_comment_becomes_a_message_and_an_answer_a_comment() -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]
        message = stage.chat.write(stage.chat.thread(), "In March, with sharp shears.")
        await becomes(stage, message, AnswerState.HELD)
        assert receipt(stage.chat, message).answers == "Vera"
        await becomes(stage, message, AnswerState.PUBLIC)
        answer = stage.blog.public()[1]
        assert answer.parent == comment and receipt(stage.chat, message).link == answer.link
        await stage.pass_time(20)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]
        assert len(stage.blog.public()) == 2
        seen = states(stage.chat, message)
        assert seen[0] is AnswerState.HELD and seen[-1] is AnswerState.PUBLIC
        assert set(seen) <= {AnswerState.HELD, AnswerState.PUBLISHING, AnswerState.PUBLIC}


async def test_law_06_an_echo_that_comes_before_the_response_is_known_by_its_key() -> None:
    async with Stage() as stage:
        stage.chat.line.before_answer = stage.settle
        await begun(stage)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]
        await stage.pass_time(30)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]
        assert len(stage.blog.public()) == 1, "our own message is no answer"


async def test_law_06_an_answer_that_is_read_before_it_is_settled_is_not_shown_where_it_was_written() -> None:
    async with Stage() as stage:
        await begun(stage)

        async def read_now() -> None:
            stage.blog.line.before_answer = None
            reads = stage.blog.reads
            next(iter(stage.house.blogs.values())).wake.set()
            await stage.until(lambda: stage.blog.reads > reads, "a reading in between")

        stage.blog.line.before_answer = read_now
        await answered(stage)
        await stage.pass_time(20)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]
        assert len(stage.blog.public()) == 2


async def test_law_06_a_key_that_a_visitor_copies_makes_no_answer_of_ours() -> None:
    async with Stage() as stage:
        await begun(stage)
        await answered(stage, "In March.")
        key = stage.blog.public()[1].key
        stage.blog.comment("In March.", name="Mallory", key=key)
        await stage.pass_time(15)
        assert stage.chat.standing()[1:] == ["Mallory: In March."]


async def test_law_06_the_same_words_by_a_visitor_are_no_answer_of_ours() -> None:
    async with Stage() as stage:
        await begun(stage)

        async def copy_and_read() -> None:
            stage.blog.line.before_effect = None
            stage.blog.comment("In March.", name="ada")
            await stage.pass_time(6)

        stage.blog.line.before_effect = copy_and_read
        await answered(stage, "In March.")
        await stage.pass_time(10)
        assert stage.chat.standing()[1:] == ["ada: In March."] and len(stage.blog.public()) == 3


async def test_everything_that_is_told_again_changes_nothing() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = await answered(stage)
        before = stage.chat.standing(), stage.blog.said()
        stage.chat.tell_again()
        await stage.pass_time(30)
        assert (stage.chat.standing(), stage.blog.said()) == before
        assert state(stage.chat, message) is AnswerState.PUBLIC


async def test_a_conversation_goes_to_and_fro() -> None:
    async with Stage() as stage:
        first = await begun(stage)
        await answered(stage, "In March.")
        second = stage.blog.comment("And hydrangeas?", name="Walter", under=first)
        await stage.pass_time(25)
        await answered(stage, "Only the tips.")
        assert [comment.commenter.name for comment in stage.blog.public()] == ["Vera", "ada", "Walter", "ada"]
        assert stage.blog.said()[3] == "@Walter Only the tips." and stage.blog.public()[3].parent == first
        assert second in {comment.id for comment in stage.blog.public()}
        assert stage.chat.standing()[1:] == ["Walter to Vera: And hydrangeas?"]
