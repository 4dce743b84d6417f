"""How often a blog is read: quickly while something happens, slowly while nothing does, at once when that is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from bridge.errors import BlogPaused, RetryLater
from bridge.house import OpenBlog
from bridge.model import AnswerState, Page
from bridge.schedule import NEWS_APART, Beat
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.stage import Stage
from tests.flows.stories import answered, begun, first_reading, shown, state

QUICK, SLOW = 2.0, 20.0
HOUR = 3600.0


async def drive(stage: Stage, seconds: float, step: float = 1.0) -> int:
    """Let so much time pass; how often the blog was read meanwhile."""
    before = stage.blog.reads
    for _ in range(int(seconds / step)):
        stage.clock.advance(step)
        await stage.settle()
    return stage.blog.reads - before


async def idle(stage: Stage) -> None:
    """Nothing has happened for so long that the beat is at its slowest."""
    await drive(stage, 2 * 20 * SLOW)
    assert await drive(stage, 5 * SLOW) <= 5


def open_blog(stage: Stage) -> OpenBlog:
    return next(iter(stage.house.blogs.values()))


async def test_a_blog_where_nothing_happens_is_read_less_and_less_often() -> None:
    async with Stage(beat=Beat(QUICK, SLOW)) as stage:
        await first_reading(stage)
        at_first = await drive(stage, 60)
        later = await drive(stage, 60)
        await drive(stage, 500)
        last = await drive(stage, 60)
        assert at_first > later > last >= 2
        assert at_first >= 18 and last <= 4


@pytest.mark.parametrize("what", ["new", "edited", "gone", "hidden"])
async def test_whatever_happens_there_makes_it_quick_again(what: str) -> None:
    async with Stage(beat=Beat(QUICK, SLOW)) as stage:
        comment = await begun(stage)
        await idle(stage)
        happens: dict[str, Callable[[], object]] = {
            "new": lambda: stage.blog.comment("Another one."),
            "edited": lambda: stage.blog.edit(comment, "How do you prune old roses?"),
            "gone": lambda: stage.blog.remove(comment),
            "hidden": lambda: stage.blog.stand(comment, stage.blog.stored[1].before),
        }
        happens[what]()
        await drive(stage, 1.1 * SLOW)
        assert await drive(stage, 30) >= 8


async def test_an_answer_of_ours_is_read_at_once_and_makes_it_quick_again() -> None:
    async with Stage(beat=Beat(QUICK, SLOW)) as stage:
        await begun(stage)
        await idle(stage)
        reads = stage.blog.reads
        message = stage.chat.write(stage.chat.thread(), "In March.")
        published = stage.clock.now()
        while state(stage.chat, message) is not AnswerState.PUBLIC:
            assert await drive(stage, 1) <= 1 and stage.clock.now() < published + 60
        assert stage.blog.reads > reads
        assert await drive(stage, 30) >= 8


async def test_after_a_restart_it_is_quick() -> None:
    stage = Stage(beat=Beat(QUICK, SLOW))
    async with stage:
        await first_reading(stage)
        await idle(stage)
    async with Stage(beat=Beat(QUICK, SLOW), blog=stage.blog, clock=stage.clock) as again:
        assert await drive(again, 30) >= 8


async def test_news_are_read_at_once_even_where_the_beat_is_an_hour() -> None:
    async with Stage(beat=Beat(HOUR)) as stage:
        await first_reading(stage)
        await drive(stage, 10)
        stage.blog.comment("Did you see this?")
        open_blog(stage).hear_news()
        await stage.settle()
        assert stage.blog.reads == 2, "not a second has passed"
        await shown(stage, "Did you see this?")


async def test_a_flood_of_news_is_one_reading_now_and_one_after_the_last_of_them() -> None:
    async with Stage(beat=Beat(HOUR)) as stage:
        await first_reading(stage)
        await drive(stage, 10)
        for _ in range(50):
            open_blog(stage).hear_news()
            await stage.settle()
        assert stage.blog.reads == 2
        stage.blog.comment("Said last.")
        open_blog(stage).hear_news()
        assert await drive(stage, NEWS_APART - 0.5, 0.5) == 0
        assert await drive(stage, 1, 0.5) == 1
        await shown(stage, "Said last.")
        assert await drive(stage, 60) == 0, "nobody told of more"


async def test_news_without_end_cost_a_reading_every_few_seconds() -> None:
    async with Stage(beat=Beat(HOUR)) as stage:
        await first_reading(stage)
        reads = stage.blog.reads
        for _ in range(60):
            for _ in range(3):
                open_blog(stage).hear_news()
                await stage.settle()
            await drive(stage, 1)
        assert 60 / NEWS_APART - 2 <= stage.blog.reads - reads <= 60 / NEWS_APART + 1


async def test_a_publication_is_read_at_once_while_news_wait_their_turn() -> None:
    async with Stage(beat=Beat(HOUR)) as stage:
        await begun_with_news(stage)
        await answered(stage)
        blog, reads = open_blog(stage), stage.blog.reads
        blog.hear_news()
        await stage.settle()
        assert stage.blog.reads == reads, "it was read just now"
        blog.hurry.set()
        await stage.settle()
        assert stage.blog.reads == reads + 1
        assert await drive(stage, 60) == 0, "that reading answered both"


async def begun_with_news(stage: Stage) -> None:
    await first_reading(stage)
    await drive(stage, 10)
    stage.blog.comment("How do you prune roses?")
    open_blog(stage).hear_news()
    await shown(stage, "How do you prune roses?")
    await stage.pass_time(11)


class Interrupted(FakeBlog):
    """A blog whose readings a test can interrupt."""

    during: Callable[[], None] = staticmethod(lambda: None)
    error: Exception | None = None

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().pages(cursor):
            self.during()
            if self.error is not None:
                raise self.error
            yield page


async def test_news_that_come_during_a_reading_cause_one_more() -> None:
    clock = DrivenClock()
    blog = Interrupted(clock)
    async with Stage(beat=Beat(HOUR), blog=blog, clock=clock) as stage:
        await first_reading(stage)
        await drive(stage, 10)

        def new_behind_its_back() -> None:
            blog.during = lambda: None
            blog.comment("Too late for this reading?")
            open_blog(stage).hear_news()

        blog.during = new_behind_its_back
        open_blog(stage).hear_news()
        await stage.settle()
        assert blog.reads == 2
        assert await drive(stage, NEWS_APART + 1) == 1
        await shown(stage, "Too late for this reading?")


async def test_whoever_tells_of_news_cannot_hurry_a_blog_that_asks_for_patience() -> None:
    clock = DrivenClock()
    blog = Interrupted(clock)
    async with Stage(beat=Beat(QUICK), blog=blog, clock=clock) as stage:
        await first_reading(stage)
        blog.error = RetryLater("it is busy", after=300.0)
        await drive(stage, 10)
        blog.error = None
        for _ in range(28):
            open_blog(stage).hear_news()
            assert await drive(stage, 10, 5) == 0
        open_blog(stage).hear_news()
        assert await drive(stage, 30) >= 1


async def test_news_of_a_paused_blog_change_nothing() -> None:
    clock = DrivenClock()
    blog = Interrupted(clock)
    async with Stage(beat=Beat(QUICK), blog=blog, clock=clock) as stage:
        await first_reading(stage)
        blog.error = BlogPaused("look at it")
        await drive(stage, 10)
        blog.error = None
        for _ in range(20):
            open_blog(stage).hear_news()
            assert await drive(stage, 10, 5) == 0
