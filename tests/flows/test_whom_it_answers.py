from __future__ import annotations

from bridge.model import AnswerState, CommentId, Standing
from bridge.testing.stage import Stage
from bridge.text.tree import Link, Paragraph, Text
from tests.flows.stories import answered, becomes, begun, first_reading, receipt, shown


def links(text: Text) -> dict[str, str]:
    first = text[0]
    assert isinstance(first, Paragraph)
    return {str(child.children[0].text): child.address for child in first.children if isinstance(child, Link)}  # type: ignore[union-attr]


async def crowd(stage: Stage, *names: str) -> list[CommentId]:
    """One comment by each of these people, all standing long enough."""
    await first_reading(stage)
    ids = [stage.blog.comment(f"{name} asks", name=name) for name in names]
    await shown(stage, f"{names[-1]} asks")
    await stage.pass_time(11)
    return ids


async def test_without_a_word_about_it_the_newest_visitor_is_answered() -> None:
    async with Stage() as stage:
        _, walter = await crowd(stage, "Vera", "Walter")
        message = await answered(stage)
        assert stage.blog.public()[-1].parent == walter and receipt(stage.chat, message).answers == "Walter"


async def test_a_comment_that_stood_less_than_ten_seconds_is_not_meant_unsaid() -> None:
    async with Stage() as stage:
        vera = await begun(stage)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        await stage.pass_time(5)
        await answered(stage)
        assert stage.blog.public()[-1].parent == vera


async def test_law_05_where_nobody_can_be_meant_the_answer_is_refused_in_words() -> None:
    async with Stage() as stage:
        await first_reading(stage)
        stage.blog.comment("How do you prune roses?")
        await shown(stage, "roses")
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.REFUSED)
        assert "reply to it, or begin with @" in (receipt(stage.chat, message).reason or "")
        await stage.pass_time(15)
        stage.chat.edit_message(message, "@Vera: in March.")
        await becomes(stage, message, AnswerState.PUBLIC)


async def test_the_comment_that_a_message_replies_to_is_answered() -> None:
    async with Stage() as stage:
        vera, _ = await crowd(stage, "Vera", "Walter")
        message = await answered(stage, reply_to=stage.chat.ours("Vera asks"))
        assert stage.blog.public()[-1].parent == vera
        assert receipt(stage.chat, message).answers_message == stage.chat.ours("Vera asks")


async def test_the_comment_that_the_reply_box_names_is_answered() -> None:
    async with Stage() as stage:
        vera, _ = await crowd(stage, "Vera", "Walter")
        await answered(stage, addressed=stage.chat.ours("Vera asks"))
        assert stage.blog.public()[-1].parent == vera


async def test_a_reply_to_our_notice_is_as_a_plain_line() -> None:
    stage = Stage()
    stage.blog.comment("old")
    async with stage:
        vera = await begun(stage)
        await answered(stage, reply_to=stage.chat.ours("earlier comment"))
        assert stage.blog.public()[-1].parent == vera


async def test_a_reply_to_a_comment_that_is_gone_is_refused_in_words() -> None:
    async with Stage() as stage:
        vera, _ = await crowd(stage, "Vera", "Walter")
        meant = stage.chat.ours("Vera asks")
        stage.blog.stand(vera, Standing.HIDDEN)
        await stage.pass_time(10)
        message = stage.chat.write(stage.chat.thread(), "In March.", reply_to=meant)
        await becomes(stage, message, AnswerState.REFUSED)
        assert "not on the blog any more" in (receipt(stage.chat, message).reason or "")


async def test_a_leading_name_picks_the_comment_and_the_longest_name_wins() -> None:
    async with Stage() as stage:
        anna, anna_b, _ = await crowd(stage, "Anna", "Anna B", "Walter")
        await answered(stage, "@anna b: in March.")
        await answered(stage, "@ANNA in April.")
        assert [comment.parent for comment in stage.blog.public()[3:]] == [anna_b, anna]


async def test_of_two_people_with_one_name_the_newest_before_the_message_is_meant() -> None:
    async with Stage() as stage:
        _, newer, _ = await crowd(stage, "Vera", "Vera", "Walter")
        message = stage.chat.write(stage.chat.thread(), "@Vera in March.")
        await stage.pass_time(1)
        stage.blog.comment("me too", name="vera")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.public()[-1].parent == newer


async def test_further_names_become_links_to_those_peoples_comments() -> None:
    async with Stage() as stage:
        await crowd(stage, "Vera", "Walter", "Anna B")
        await answered(stage, "@Vera in March, as @Walter says, and @Anna B. too; not @Nobody.")
        found = links(stage.blog.public()[-1].text)
        wanted = {f"@{c.commenter.name}": c.link for c in stage.blog.public()[:3]}
        assert found == wanted


async def test_names_in_joined_lines_and_in_edits_become_links_too() -> None:
    async with Stage() as stage:
        await crowd(stage, "Vera", "Walter")
        stage.chat.write(stage.chat.thread(), "@Vera in March.")
        second = stage.chat.write(stage.chat.thread(), "Ask somebody.")
        await becomes(stage, second, AnswerState.PUBLIC)
        stage.chat.edit_message(second, "Ask @Walter.")
        await stage.pass_time(5)
        text = stage.blog.public()[-1].text
        assert links(text[1:]) == {"@Walter": stage.blog.public()[1].link}
        assert len(stage.blog.public()) == 3


async def test_an_answer_to_a_nested_comment_stands_under_its_top_and_opens_with_the_person() -> None:
    async with Stage() as stage:
        vera = await begun(stage)
        stage.blog.comment("And hydrangeas?", name="Walter", under=vera)
        await stage.pass_time(25)
        message = await answered(stage, "Only the tips.")
        answer = stage.blog.public()[-1]
        assert answer.parent == vera and receipt(stage.chat, message).answers == "Walter"
        assert links(answer.text) == {"@Walter": stage.blog.public()[1].link}


async def test_who_is_named_first_in_a_flattened_answer_is_not_named_twice() -> None:
    async with Stage() as stage:
        vera = await begun(stage)
        stage.blog.comment("And hydrangeas?", name="Walter", under=vera)
        await stage.pass_time(25)
        await answered(stage, "@Walter only the tips.")
        assert stage.blog.said()[-1] == "@Walter only the tips."


async def test_a_reply_that_is_told_before_our_own_message_waits_for_it() -> None:
    async with Stage() as stage:
        await crowd(stage, "Vera", "Walter")
        vera = stage.blog.comment("One more thing", name="Vera")

        async def reply_at_once() -> None:
            stage.chat.line.before_answer = None
            stage.chat.write(stage.chat.thread(), "Go on.", reply_to=stage.chat.ours("One more thing"))
            await stage.settle()

        stage.chat.line.before_answer = reply_at_once
        await stage.until(lambda: len(stage.blog.public()) == 4, "the answer")
        assert stage.blog.public()[-1].parent == vera
