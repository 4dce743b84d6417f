from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.model import AnswerState, Commenter, PostId, Standing
from bridge.testing.stage import Stage, place, route
from bridge.text.tree import paragraph
from tests.flows.stories import becomes, begun, first_reading, shown, state


async def test_the_first_reading_mirrors_nothing() -> None:
    stage = Stage()
    stage.blog.comment("How do you prune roses?")
    async with stage:
        await stage.pass_time(30)
        assert stage.chat.standing() == [] and stage.chat.threads == {}


async def test_the_first_reading_mirrors_as_many_of_the_newest_as_asked() -> None:
    stage = Stage(first_run=2)
    for words in ("one", "two", "three"):
        stage.blog.comment(words)
        stage.clock.advance(60)
    async with stage:
        await shown(stage, "three")
        await stage.pass_time(10)
        assert stage.chat.standing() == [
            "1 earlier comment is on the blog and not shown here.", "Vera: two", "Vera: three",
        ]  # fmt: skip


async def test_on_an_empty_blog_the_first_comment_arrives() -> None:
    async with Stage() as stage:
        await begun(stage)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]


async def test_a_late_thread_says_how_many_comments_came_before() -> None:
    stage = Stage()
    for words in ("one", "two"):
        stage.blog.comment(words)
    async with stage:
        await begun(stage)
        assert stage.chat.standing() == [
            "2 earlier comments are on the blog and not shown here.", "Vera: How do you prune roses?",
        ]  # fmt: skip


async def test_a_comment_that_is_approved_late_arrives_whatever_its_date() -> None:
    async with Stage() as stage:
        await first_reading(stage)
        late = stage.blog.comment("waiting", standing=Standing.PENDING)
        stage.blog.comment("How do you prune roses?")
        await shown(stage, "roses")
        assert len(stage.chat.standing()) == 1
        stage.blog.stand(late, Standing.PUBLIC)
        await shown(stage, "waiting")


async def test_a_comment_that_was_pending_at_the_first_reading_arrives_when_it_is_approved() -> None:
    stage = Stage()
    late = stage.blog.comment("waiting", standing=Standing.PENDING)
    async with stage:
        await stage.pass_time(10)
        stage.blog.stand(late, Standing.PUBLIC)
        await shown(stage, "waiting")


@pytest.mark.parametrize("standing", [Standing.HIDDEN, Standing.PENDING])
async def test_a_comment_that_is_public_no_more_is_erased_and_said_again_when_it_is(standing: Standing) -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        for _ in range(2):
            stage.blog.stand(comment, standing)
            await stage.until(lambda: stage.chat.standing() == [], "its end in the room")
            stage.blog.stand(comment, Standing.PUBLIC)
            await shown(stage, "roses")
        await stage.pass_time(20)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]


async def test_a_comment_that_waits_again_is_not_shown_by_an_edit() -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        stage.blog.stand(comment, Standing.PENDING)
        await stage.until(lambda: stage.chat.standing() == [], "its end in the room")
        stage.blog.edit(comment, "Buy my roses!")
        await stage.pass_time(20)
        assert stage.chat.standing() == []


async def test_a_comment_that_is_deleted_is_erased() -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        stage.blog.remove(comment)
        await stage.until(lambda: stage.chat.standing() == [], "its end in the room")


async def test_an_edited_comment_is_edited_in_place() -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        before = stage.chat.ours("roses")
        stage.blog.edit(comment, "How do you prune tulips?")
        await shown(stage, "tulips")
        assert stage.chat.ours("tulips") == before and len(stage.chat.standing()) == 1


async def test_a_comment_that_moved_to_another_post_has_not_arrived() -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        stage.blog.post("/second/", "Second post")
        stored = stage.blog.stored[1]
        stored.comment = replace(stored.comment, post=PostId("/second/"))
        await stage.pass_time(20)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"] and len(stage.chat.threads) == 1
        stage.blog.remove(comment)
        await stage.until(lambda: stage.chat.standing() == [], "its end")


async def test_every_post_has_a_thread_of_its_own_and_its_authors_are_told() -> None:
    async with Stage() as stage:
        await first_reading(stage)
        stage.blog.comment("on the first")
        stage.blog.comment("on the second", post="/second/")
        await shown(stage, "second")
        await shown(stage, "first")
        cards = {card.post.id: card.notify for card in stage.chat.threads.values()}
        assert cards == {"/first/": ("ada",), "/second/": ("ada",)}
        assert all(len(stage.chat.standing(thread)) == 1 for thread in stage.chat.threads)


async def test_a_reply_names_whom_it_replies_to() -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        stage.blog.comment("Me, too!", name="Walter", under=comment)
        await shown(stage, "Me, too!")
        assert stage.chat.standing()[1] == "Walter to Vera: Me, too!"


async def test_law_08_a_new_route_shows_nothing_that_is_older(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db", routes=[route()]) as stage:
        await begun(stage)
        await stage.stop()
        stage.routes = (route(place(), place(room="shed")),)
        await stage.start()
        await stage.pass_time(20)
        assert len(stage.chat.threads) == 1
        stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.until(lambda: len(stage.chat.threads) == 2, "the new room's thread")
        await stage.pass_time(5)
        assert stage.chat.standing(stage.chat.thread(1))[-1] == "Walter: And hydrangeas?"


async def test_law_07_what_was_seen_is_known_after_a_restart(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        for _ in range(3):
            await stage.stop()
            stage.clock.advance(3600)
            await stage.start()
            await stage.pass_time(10)
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]


async def test_law_07_a_comment_that_is_gone_stays_known() -> None:
    async with Stage() as stage:
        comment = await begun(stage)
        stage.blog.stand(comment, Standing.HIDDEN)
        await stage.pass_time(10)
        rows = await stage.ask(lambda tx: tx.all("SELECT native, standing FROM comment"))
        assert [(row["native"], row["standing"]) for row in rows] == [(comment, "hidden")]


async def test_law_05_a_pending_answer_that_the_moderator_deletes_is_told_as_gone() -> None:
    async with Stage() as stage:
        stage.blog.moderated = True
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March, with sharp shears.")
        await becomes(stage, message, AnswerState.PENDING)
        answer = next(stored.comment.id for stored in stage.blog.stored.values() if stored.comment.key)
        await stage.pass_time(20)
        assert state(stage.chat, message) is AnswerState.PENDING
        stage.blog.remove(answer)
        await becomes(stage, message, AnswerState.GONE)


async def test_words_are_never_shown_under_the_name_of_who_had_that_number_before() -> None:
    """A blog that was restored from a backup gives its numbers out again."""
    async with Stage() as stage:
        await begun(stage)
        stored = stage.blog.stored[1]
        stored.comment = replace(stored.comment, commenter=Commenter("Walter"), text=paragraph("And hydrangeas?"))
        await shown(stage, "hydrangeas")
        assert stage.chat.standing() == ["Walter: And hydrangeas?"]
