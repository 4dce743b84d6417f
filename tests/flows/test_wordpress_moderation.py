"""What waits on a WordPress, decided and answered from a moderation room; and what is decided on the blog itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from bridge.model import AnswerState, Choice
from bridge.schedule import Beat
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.stage import Stage, desk, place, route
from tests.contracts.wordpress.reading_rest import blog_of, settings
from tests.flows.desk_stories import at_desk, card, desk_thread, in_public
from tests.flows.stories import state
from tests.servers.wordpress import RAIN, RunningWordPress, comment, served

LONG = 3600.0
ROSES = "How do you prune roses?"


@asynccontextmanager
async def played(stage: Stage) -> AsyncIterator[None]:
    """Start it, and end it with all that its blogs have opened."""
    try:
        await stage.start()
        yield
    finally:
        await stage.stop()
        await stage._stack.aclose()


@asynccontextmanager
async def moderated(folder: Path, deciding: str = "editor") -> AsyncIterator[tuple[Stage, RunningWordPress, int]]:
    """A WordPress that has been read, and a comment that waits there and stands in the moderation room."""
    async with served("double", folder) as wordpress:
        routes = [route(place(ada="editor"), desks=[desk(mod=deciding)])]
        stage = Stage(routes=routes, beat=Beat(60.0, 60.0))
        stage.blog = cast(FakeBlog, blog_of(settings(wordpress, *{"editor", deciding}), stage.clock))
        async with played(stage):
            (number,) = await wordpress.add_many([comment(ROSES, status="hold")])
            await stage.until(lambda: any(ROSES in said for said in at_desk(stage)), "the card", LONG)
            yield stage, wordpress, number


async def says(stage: Stage, words: str) -> None:
    await stage.until(lambda: any(words in said for said in at_desk(stage)), f"{words!r} on the card", LONG)


async def test_what_waits_is_approved_from_its_card_and_announced(tmp_path: Path) -> None:
    async with moderated(tmp_path) as (stage, wordpress, number):
        assert in_public(stage) == [] and at_desk(stage)[0].endswith(f": Vera: {ROSES}")
        stage.chat.choose(card(stage), Choice.APPROVE)
        await stage.until(lambda: in_public(stage) == [f"Vera: {ROSES}"], "the announcement", LONG)
        await says(stage, "Approved by Mod")
        assert (await wordpress.row(number)).status == "approved"


@pytest.mark.parametrize(("choice", "status"), [(Choice.SPAM, "spam"), (Choice.TRASH, "trash")])
async def test_what_is_put_away_is_restored_to_where_it_was(choice: Choice, status: str, tmp_path: Path) -> None:
    async with moderated(tmp_path) as (stage, wordpress, number):
        stage.chat.choose(card(stage), choice)
        await says(stage, f"In the {status}, by Mod")
        assert (await wordpress.row(number)).status == status and in_public(stage) == []
        await stage.pass_time(130)
        stage.chat.choose(card(stage), Choice.RESTORE)
        await says(stage, "Waits")
        assert (await wordpress.row(number)).status == "hold"


async def test_what_a_moderator_decides_on_the_blog_shows_on_the_card(tmp_path: Path) -> None:
    async with moderated(tmp_path) as (stage, wordpress, number):
        await wordpress.spam(number)
        await says(stage, "Removed on the blog")
        await wordpress.unspam(number)
        await says(stage, "Waits")
        await wordpress.approve(number)
        await says(stage, "Approved on the blog")
        await stage.until(lambda: in_public(stage) == [f"Vera: {ROSES}"], "the announcement", LONG)
        await wordpress.trash(number)
        await says(stage, "Removed on the blog")
        await stage.until(lambda: in_public(stage) == [], "the erasure", LONG)


async def test_an_answer_at_the_desk_approves_and_is_published_under_the_comment(tmp_path: Path) -> None:
    async with moderated(tmp_path) as (stage, wordpress, number):
        message = stage.chat.write(desk_thread(stage), "In March.", who="mod", reply_to=card(stage))
        await stage.until(lambda: state(stage.chat, message) is AnswerState.PUBLIC, "the answer", LONG)
        rows = await wordpress.rows()
        assert (await wordpress.row(number)).status == "approved"
        assert [row.parent for row in rows if "In March" in row.words] == [number]
        await stage.until(lambda: len(in_public(stage)) == 2, "both in the public room", LONG)


async def test_an_account_that_may_not_moderate_is_told_so(tmp_path: Path) -> None:
    async with moderated(tmp_path, deciding="sam") as (stage, wordpress, number):
        stage.chat.choose(card(stage), Choice.APPROVE, mark="")
        await says(stage, "The account sam may not moderate on this blog")
        assert (await wordpress.row(number)).status == "hold"


async def test_what_waits_where_only_moderators_see_it_is_not_taken_for_removed(tmp_path: Path) -> None:
    """The moderating account is taken out of the configuration; the author who is left sees only what is theirs."""
    async with served("double", tmp_path) as wordpress:
        routes = [route(place(ada="jane"), desks=[desk(mod="jane")])]
        stage = Stage(routes=routes, beat=Beat(60.0, 60.0), ledger=tmp_path / "ledger.db")
        stage.blog = cast(FakeBlog, blog_of(settings(wordpress, "editor", "jane"), stage.clock))
        async with played(stage):
            theirs, hers = await wordpress.add_many(
                [comment(ROSES, RAIN, status="hold"), comment("Tea?", status="hold")]
            )
            await stage.until(lambda: len(at_desk(stage)) == 2, "the cards", LONG)
            await stage.stop()
            stage.blog = cast(FakeBlog, blog_of(settings(wordpress, "jane"), stage.clock))
            await stage.start()
            await stage.pass_time(130)
            await wordpress.spam(hers)
            await says(stage, "Removed on the blog: Vera: Tea?")
            await stage.pass_time(700)
            assert any(said.startswith("Waits") and said.endswith(f": Vera: {ROSES}") for said in at_desk(stage))
            await wordpress.approve(theirs)
            await stage.until(lambda: in_public(stage) == [f"Vera: {ROSES}"], "the announcement", LONG)


async def test_an_answer_that_waits_where_the_reading_account_cannot_see_it_still_waits(tmp_path: Path) -> None:
    async with served("double", tmp_path) as wordpress:
        stage = Stage(routes=[route(place(tom="tom"))], beat=Beat(60.0, 60.0))
        stage.blog = cast(FakeBlog, blog_of(settings(wordpress, "jane", "tom"), stage.clock))
        async with played(stage):
            (asked,) = await wordpress.add_many([comment(ROSES, RAIN)])
            await stage.until(lambda: in_public(stage) == [f"Vera: {ROSES}"], "the comment", LONG)
            await wordpress.switch(hold_everyone=True)
            message = stage.chat.write(stage.chat.thread(), "In March.", who="tom", reply_to=stage.chat.ours("roses"))
            await stage.until(lambda: state(stage.chat, message) is AnswerState.PENDING, "the answer", LONG)
            await stage.pass_time(700)
            assert state(stage.chat, message) is AnswerState.PENDING
            (answer,) = [row for row in await wordpress.rows() if row.number != asked]
            await wordpress.approve(answer.number)
            await stage.until(lambda: state(stage.chat, message) is AnswerState.PUBLIC, "the approval", LONG)
