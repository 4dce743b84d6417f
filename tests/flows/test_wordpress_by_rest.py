"""A WordPress behind the real loops: bursts, weeks of absence, late approvals and lost passwords, none twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from adapters.wordpress.beats import PAGE
from bridge.ledger import sources
from bridge.schedule import Beat
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.stage import Stage, place, route
from tests.contracts.wordpress.reading_rest import blog_of, settings
from tests.servers.wordpress import TEA, RunningWordPress, comment, served

ROUTE = route(place(ada="editor"))
BEAT = 60.0
LONG = 3600.0


@asynccontextmanager
async def on_wordpress(folder: Path, *, lasting: bool = False) -> AsyncIterator[tuple[Stage, RunningWordPress]]:
    """A stage whose blog is a WordPress, read at the usual beat, not open yet; `lasting`: it can be started again."""
    async with served("double", folder) as wordpress:
        ledger = folder / "ledger.db" if lasting else ":memory:"
        stage = Stage(routes=[ROUTE], ledger=ledger, beat=Beat(BEAT, BEAT))
        stage.blog = cast(FakeBlog, blog_of(settings(wordpress, "editor"), stage.clock))
        try:
            yield stage, wordpress
        finally:
            await stage.stop()
            await stage._stack.aclose()


def words(first: str, count: int) -> list[str]:
    return [f"{first} {number}" for number in range(count)]


async def put(wordpress: RunningWordPress, said: list[str], **more: Any) -> list[int]:
    return await wordpress.add_many([comment(one, email=f"{n}@v.example", **more) for n, one in enumerate(said)])


def shown(stage: Stage) -> list[str]:
    """The words of the comments that stand in the room, in their order, without their writers' names."""
    lines = [line for line in stage.chat.standing() if "earlier comments are on the blog" not in line]
    return [line.partition(": ")[2] for line in lines]


async def has_read(stage: Stage, times: int = 1) -> None:
    """The blog was read so many times more, and everything that follows has happened."""
    for _ in range(times):
        before, passed = await _last_read(stage), 0.0
        while await _last_read(stage) == before:
            assert passed < LONG, "the blog is not read"
            stage.clock.advance(BEAT / 4)
            passed += BEAT / 4
            await stage.settle()
    await stage.settle()


async def has_failed(stage: Stage) -> str:
    """The blog could not be read; why."""
    failed = "SELECT last_error FROM source WHERE last_error IS NOT NULL"
    for _ in range(40):
        stage.clock.advance(BEAT / 4)
        await stage.settle()
        row = await stage.ask(lambda tx: tx.one(failed))
        if row is not None:
            return str(row["last_error"])
    raise AssertionError("reading did not fail")


async def _last_read(stage: Stage) -> object:
    return (await stage.ask(lambda tx: sources.of(tx, "garden")))["last_read"]


async def has_shown(stage: Stage, count: int) -> None:
    """So many comments stand in the room."""
    await stage.until(lambda: len(shown(stage)) >= count, f"{count} comments", LONG)


async def test_five_hundred_in_one_burst_are_all_mirrored_in_order_and_none_twice(tmp_path: Path) -> None:
    async with on_wordpress(tmp_path) as (stage, wordpress):
        await put(wordpress, words("Old", 30))
        await stage.start()
        await has_read(stage, 2)
        burst = words("New", 500)
        await put(wordpress, burst)
        await has_shown(stage, len(burst))
        await has_read(stage, 6)
        assert shown(stage) == burst


async def test_law_03_a_burst_that_is_cut_short_by_a_crash_is_mirrored_once(tmp_path: Path) -> None:
    async with on_wordpress(tmp_path, lasting=True) as (stage, wordpress):
        await put(wordpress, words("Old", 3))
        await stage.start()
        await has_read(stage, 2)
        burst = words("New", 4 * PAGE)
        await put(wordpress, burst)
        for reached in (1, PAGE // 2, PAGE + 1, 2 * PAGE + 7):
            await has_shown(stage, reached)
            await stage.crash()
            await stage.start()
        await has_shown(stage, len(burst))
        await has_read(stage, 3)
        assert shown(stage) == burst


async def test_after_a_week_away_everything_is_made_good(tmp_path: Path) -> None:
    async with on_wordpress(tmp_path, lasting=True) as (stage, wordpress):
        (held,) = await put(wordpress, ["Held before"], status="hold")
        await put(wordpress, words("Old", 2 * PAGE))
        await stage.start()
        await has_read(stage, 2)
        edited, trashed, stays = await put(wordpress, ["To be edited", "To be trashed", "Stays"])
        await has_shown(stage, 3)
        await stage.stop()

        stage.clock.advance(7 * 86_400)
        await wordpress.edit(edited, "Edited")
        await wordpress.trash(trashed)
        await wordpress.approve(held)
        away = words("While away", 250)
        await put(wordpress, away)
        spam = await put(wordpress, words("Spam", 120), status="hold")
        for number in spam[:60]:
            await wordpress.spam(number)

        await stage.start()
        wanted = {"Stays", "Held before", *away}
        await stage.until(lambda: wanted <= set(shown(stage)), "what came", LONG)
        await stage.until(lambda: "To be trashed" not in shown(stage), "what was trashed to go", LONG)
        await stage.until(lambda: any("Edited" in line for line in shown(stage)), "the edit", LONG)
        said = shown(stage)
        assert len(said) == len(set(said)) == len(wanted) + 1, "and the edited one"
        assert [line for line in said if line.startswith("While away")] == away
        assert stays > edited


async def test_what_stood_at_the_first_reading_is_never_news(tmp_path: Path) -> None:
    async with on_wordpress(tmp_path) as (stage, wordpress):
        old = await put(wordpress, words("Old", 3 * PAGE))
        await stage.start()
        await has_read(stage, 2)
        for number in old[-150:]:
            await wordpress.trash(number)
        await has_read(stage, 12)
        assert shown(stage) == []
        await wordpress.untrash(old[-1])
        await has_shown(stage, 1)
        assert shown(stage) == [f"Old {3 * PAGE - 1}"], "what comes back from the trash is told"


async def test_law_03_an_answer_is_published_once_and_not_shown_where_it_was_written(tmp_path: Path) -> None:
    async with on_wordpress(tmp_path) as (stage, wordpress):
        await stage.start()
        await has_read(stage, 2)
        asked = await wordpress.visitor("Vera").comment("Which tea?", TEA)
        await stage.until(lambda: shown(stage) == ["Which tea?"], "the question", LONG)
        message = stage.chat.ours("Which tea?")
        stage.chat.write(stage.chat.thread(), "Darjeeling, of course.", reply_to=message)

        def answers(rows: list[Any]) -> list[tuple[int, str]]:
            return [(row.parent, row.words) for row in rows if row.user]

        published = "SELECT 1 FROM answer WHERE state = 'public'"
        for _ in range(120):
            if await stage.ask(lambda tx: tx.one(published)):
                break
            await stage.pass_time(1)
        await has_read(stage, 3)
        assert answers(await wordpress.rows()) == [(asked, "Darjeeling, of course.")]
        assert shown(stage) == ["Which tea?"]


async def test_a_lost_password_is_told_and_nothing_that_waits_is_taken_for_gone(tmp_path: Path) -> None:
    async with on_wordpress(tmp_path) as (stage, wordpress):
        (held,) = await put(wordpress, ["Held"], status="hold")
        await stage.start()
        await has_read(stage, 2)
        await wordpress.change_password("editor")
        await wordpress.approve(held)
        assert "blogs.garden.accounts.editor" in await has_failed(stage)
        await stage.pass_time(BEAT)
        standing = await stage.ask(lambda tx: tx.one("SELECT standing FROM comment WHERE native = ?", str(held)))
        assert standing is not None
        assert standing["standing"] == "pending"


async def test_what_an_account_shows_of_the_past_is_no_news(tmp_path: Path) -> None:
    async with on_wordpress(tmp_path, lasting=True) as (stage, wordpress):
        as_editor = stage.blog
        stage.blog = cast(FakeBlog, blog_of(settings(wordpress, read="api"), stage.clock))
        await put(wordpress, ["[…] tea […]"], kind="pingback")
        await put(wordpress, words("Old", 3))
        await stage.start()
        await has_read(stage, 2)
        await stage.stop()

        await put(wordpress, ["New"])
        stage.blog = as_editor
        await stage.start()
        await has_shown(stage, 1)
        await has_read(stage, 3)
        assert shown(stage) == ["New"]
        known = await stage.ask(lambda tx: tx.one("SELECT count(*) AS n FROM comment"))
        assert known is not None
        assert known["n"] == 5
