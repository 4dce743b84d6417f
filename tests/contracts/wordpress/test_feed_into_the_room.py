"""From WordPress's feeds through the core's own loops into a room, without credentials."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from adapters.wordpress.blog import WordPressBlog
from adapters.wordpress.settings import Settings
from bridge.house import OpenBlog
from bridge.ledger import sources
from bridge.model import BlogName, Relay, Route, RouteName
from bridge.ports import Row, Surroundings
from bridge.schedule import Beat
from bridge.testing.stage import Stage, place, route
from bridge.watch import Watch, record_page
from tests.contracts.wordpress.test_feed_traps import HOUR, NOW
from tests.servers.wordpress import TEA, RunningWordPress, comment

MANY = 500


@dataclass
class Meadow:
    """A WordPress, `meadow`, whose comments go to a room of their own on a stage."""

    stage: Stage
    open: OpenBlog
    wordpress: RunningWordPress

    async def read(self) -> None:
        """Read it once, whole, as its loop does."""
        self.stage.clock.advance(301)
        await Watch(self.stage.house, self.open).read()
        await self.stage.settle()

    async def source(self) -> Row:
        """What the ledger knows of its readings."""
        return await self.stage.ask(lambda tx: sources.of(tx, "meadow"))

    def said(self) -> list[str]:
        """What stands in the room of these tests' own words, in order."""
        return [word for text in self.stage.chat.standing() for word in text.split() if word.startswith("word")]

    async def shows(self, count: int) -> list[str]:
        """What stands in the room once so many comments do."""
        await self.stage.until(lambda: len(self.said()) >= count, f"{count} comments", within=3_600)
        return self.said()


@asynccontextmanager
async def meadow(wordpress: RunningWordPress, folder: Path) -> AsyncIterator[Meadow]:
    routes = (route(), Route(RouteName("meadow"), BlogName("meadow"), (place(room="meadow"),), Relay.OFF))
    async with Stage(routes=routes) as stage, AsyncExitStack() as stack:
        surroundings = Surroundings("meadow", stage.clock, folder, "backchat-tests")
        adapter = WordPressBlog(Settings("blogs.meadow", wordpress.address), surroundings)
        blog = OpenBlog(BlogName("meadow"), adapter, Beat(60.0))
        blog.ready = await adapter.open(stack)
        stage.house.blogs[blog.name] = blog
        yield Meadow(stage, blog, wordpress)


def burst(count: int) -> list[dict[str, object]]:
    return [dict(comment(f"word{n}", date=NOW + HOUR + n)) for n in range(count)]


@pytest.mark.parametrize("closed", [False, True])
async def test_law_05_of_500_comments_at_once_every_one_is_shown_or_said_to_be_missing(
    wordpress: RunningWordPress, tmp_path: Path, closed: bool
) -> None:
    await wordpress.switch(rest_closed=closed)
    await wordpress.add("Known", date=NOW)
    async with meadow(wordpress, tmp_path) as at:
        await at.read()
        await wordpress.add_many(burst(MANY))
        await at.read()
        expected = [f"word{n}" for n in range(MANY - 10 if closed else 0, MANY)]
        assert await at.shows(len(expected)) == expected
        assert (await at.source())["gaps"] == (MANY - 10 if closed else 0)
        await at.read()
        assert at.said() == expected and (await at.source())["last_error"] is None


async def test_law_03_what_was_cut_off_midway_is_told_once(wordpress: RunningWordPress, tmp_path: Path) -> None:
    await wordpress.add("Known", date=NOW)
    async with meadow(wordpress, tmp_path) as at:
        await at.read()
        await wordpress.add_many(burst(250))
        pages = [page async for page in at.open.adapter.pages((await at.source())["cursor"])]
        assert len(pages) == 3
        for page in pages[:2]:  # the process ends here
            await at.stage.ask(partial(record_page, at.stage.house, "meadow", page))
        await at.read()
        expected = [f"word{n}" for n in range(250)]
        assert await at.shows(250) == expected
        await at.read()
        assert at.said() == expected


async def test_what_is_taken_away_on_the_blog_leaves_the_room_and_comes_back(
    wordpress: RunningWordPress, tmp_path: Path
) -> None:
    async with meadow(wordpress, tmp_path) as at:
        await at.read()
        (number,) = await wordpress.add_many(burst(1))
        await at.read()
        await at.shows(1)
        await wordpress.edit(number, "word0 wordmore")
        await at.read()
        await at.stage.until(lambda: at.said() == ["word0", "wordmore"], "the edit")
        await wordpress.trash(number)
        await at.read()
        await at.stage.until(lambda: at.said() == [], "it is gone")
        await wordpress.untrash(number)
        await at.read()
        await at.stage.until(lambda: at.said() == ["word0", "wordmore"], "it is back")
        assert (await wordpress.row(number)).post == TEA
