from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bridge.model import AnswerState, Kind, Mentions, Standing
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.stage import Stage, route
from tests.flows.stories import answered, becomes, begun, first_reading, shown, stopped

LONG = "0123456789abcdefghij"
LONGER = "0123456789abcdefghijklmnopqrstuvwxyz"


def small_messages() -> Stage:
    clock = DrivenClock()
    return Stage(clock=clock, blog=FakeBlog(clock), chats={"lounge": FakeChat(clock, part_size=10)})


async def test_a_long_comment_is_split_and_its_parts_grow_and_shrink_with_edits() -> None:
    async with small_messages() as stage:
        comment = await begun(stage, "tiny")
        assert "".join(stage.chat.standing()) == "Vera: tiny"
        for words in (LONG, LONGER, "tiny", LONGER, LONG, "tiny"):
            stage.blog.edit(comment, words)
            await stage.pass_time(8)
            assert "".join(stage.chat.standing()) == f"Vera: {words}"
        assert await stopped(stage) == []


async def test_a_split_comment_is_erased_whole_and_said_again_whole() -> None:
    async with small_messages() as stage:
        comment = await begun(stage, "0123")
        stage.blog.edit(comment, LONGER)
        await stage.pass_time(8)
        stage.blog.stand(comment, Standing.HIDDEN)
        await stage.pass_time(10)
        assert stage.chat.standing() == []
        stage.blog.stand(comment, Standing.PUBLIC)
        await stage.pass_time(10)
        assert "".join(stage.chat.standing()) == f"Vera: {LONGER}"


async def test_a_part_that_lands_after_a_person_deleted_the_other_is_taken_back() -> None:
    async with small_messages() as stage:
        await begun(stage, "tiny")
        landed = asyncio.Event()

        async def while_the_last_is_under_way() -> None:
            if len(stage.chat.standing()) == 3:
                await landed.wait()

        stage.chat.line.before_answer = while_the_last_is_under_way
        stage.blog.comment(LONG[:10])
        await stage.until(lambda: "".join(stage.chat.standing()[1:]) == f"Vera: {LONG[:10]}", "both of its parts")
        stage.chat.delete(stage.chat.ours(stage.chat.standing()[1]))
        await stage.pass_time(2)
        landed.set()
        await stage.pass_time(4)
        assert stage.chat.standing() == ["Vera: tiny"]
        assert await stopped(stage) == []


async def test_a_reply_to_any_part_of_a_split_comment_answers_it() -> None:
    async with small_messages() as stage:
        comment = await begun(stage, "0123")
        stage.blog.edit(comment, LONGER)
        await stage.pass_time(8)
        await answered(stage, "In March.", reply_to=stage.chat.ours("opqr"))
        assert stage.blog.public()[-1].parent == comment


@pytest.mark.parametrize("change", ["edit", "hide and show"])
async def test_law_03_a_copy_that_a_person_deleted_is_never_put_up_again(change: str) -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        stage.chat.delete(stage.chat.ours("roses"))
        await stage.pass_time(2)
        if change == "edit":
            stage.blog.edit(comment, "How do you prune tulips?")
        else:
            stage.blog.stand(comment, Standing.HIDDEN)
            await stage.pass_time(10)
            stage.blog.stand(comment, Standing.PUBLIC)
        await stage.pass_time(20)
        assert stage.chat.standing() == []
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")


async def test_when_a_person_deletes_one_part_what_is_left_goes_too() -> None:
    async with small_messages() as stage:
        comment = await begun(stage, "0123")
        stage.blog.edit(comment, LONGER)
        await stage.pass_time(8)
        stage.chat.delete(stage.chat.ours("Vera"))
        await stage.pass_time(5)
        assert stage.chat.standing() == [] and await stopped(stage) == []
        stage.blog.edit(comment, LONG)
        await stage.pass_time(10)
        assert stage.chat.standing() == []


async def test_a_copy_deleted_by_a_person_before_the_response_stays_deleted() -> None:
    async with Stage() as stage:
        await begun(stage)

        async def delete_at_once() -> None:
            stage.chat.line.before_answer = None
            stage.chat.delete(stage.chat.ours("hydrangeas"))
            await stage.settle()

        stage.chat.line.before_answer = delete_at_once
        comment = stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.pass_time(15)
        stage.blog.edit(comment, "And tulips?")
        await stage.pass_time(15)
        assert len(stage.chat.standing()) == 1


async def test_our_own_erasure_is_no_persons_deletion_although_its_event_comes_first() -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        stage.chat.line.before_answer = stage.settle
        for _ in range(2):
            stage.blog.stand(comment, Standing.HIDDEN)
            await stage.pass_time(8)
            assert stage.chat.standing() == []
            stage.blog.stand(comment, Standing.PUBLIC)
            await shown(stage, "roses")


async def test_a_thread_that_a_person_deleted_is_followed_by_a_new_one_for_what_comes() -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        stage.chat.delete_thread(stage.chat.thread())
        stage.blog.comment("And hydrangeas?", name="Walter")
        stage.blog.comment("And dahlias?", name="Xenia")
        await shown(stage, "dahlias")
        assert stage.chat.standing() == ["Walter: And hydrangeas?", "Xenia: And dahlias?"]
        assert len({stage.chat.messages[stage.chat.ours(words)].thread for words in ("hydr", "dahl")}) == 1
        stage.blog.edit(comment, "How do you prune tulips?")
        await stage.pass_time(15)
        assert len(stage.chat.standing()) == 2, "what stood in the old thread stays deleted"
        message = stage.chat.write(stage.chat.thread(), "Only the tips.", reply_to=stage.chat.ours("hydrangeas"))
        await becomes(stage, message, AnswerState.PUBLIC)


@pytest.mark.parametrize(
    ("mentions", "shown_as"),
    [(Mentions.LINE, ["Vera: mentions this post."]), (Mentions.FULL, ["Vera: […] roses […]"]), (Mentions.SKIP, [])],
)
async def test_a_mention_by_another_site_is_shown_as_the_route_says(mentions: Mentions, shown_as: list[str]) -> None:
    async with Stage(routes=[replace(route(), mentions=mentions)]) as stage:
        await first_reading(stage)
        stage.blog.comment("[…] roses […]", kind=Kind.PINGBACK)
        await stage.pass_time(12)
        assert stage.chat.standing() == shown_as
