"""Answers from a room to the blog through the core's own loops: in bursts, in doubt, beside what is written there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from adapters.wordpress.blog import WordPressBlog
from adapters.wordpress.keys import key_of
from adapters.wordpress.settings import Account, Settings
from bridge.house import OpenBlog
from bridge.model import AnswerState, BlogName, MessageId, Relay, Route, RouteName
from bridge.ports import Surroundings, Tx
from bridge.schedule import Beat
from bridge.testing.clock import DrivenClock
from bridge.testing.stage import Stage, place, route
from bridge.watch import Watch
from tests.contracts.wordpress.answering import JANE
from tests.flows.stories import receipt, state
from tests.servers.isso_proxy import Proxy, proxied
from tests.servers.wordpress import TEA, Row, RunningWordPress, comment, served

KINDS = [
    "double",
    pytest.param("debian", marks=pytest.mark.real),
    pytest.param("beta", marks=pytest.mark.real),
]
PATIENCE = 60.0
"""Seconds that a request to the blog gets on a busy machine."""


@dataclass
class Meadow:
    """A WordPress whose comments go to a room, behind a proxy; `ada` answers there as Jane, an author by role."""

    stage: Stage
    open: OpenBlog
    wordpress: RunningWordPress
    proxy: Proxy

    async def read(self) -> None:
        """Read the blog once, as its loop does."""
        self.stage.clock.advance(301)
        await Watch(self.stage.house, self.open).read()
        await self.stage.settle()

    async def tick(self, seconds: float) -> None:
        """Let time pass, here and on the blog, once nothing is on its way there."""
        deadline = time.monotonic() + PATIENCE
        await self.stage.settle()
        while await self.stage.ask(_under_way):
            assert time.monotonic() < deadline, "a request to the blog does not end"
            await asyncio.sleep(0.01)
            await self.stage.settle()
        if self.wordpress.kind != "double":
            await self.wordpress.age(seconds)  # first: what falls due here may be sent before this ends
        self.stage.clock.advance(seconds)

    async def until(self, condition: Callable[[], bool], what: str, step: float = 2.0, within: float = 900.0) -> None:
        """Let time pass until the condition holds."""
        passed = 0.0
        while not condition():
            assert passed < within, f"waited {within} s (of driven time) for: {what}"
            await self.tick(step)
            passed += step

    def state(self, message: MessageId) -> AnswerState | None:
        return state(self.stage.chat, message)

    def answer(self, words: str, to: str) -> MessageId:
        """Ada answers, by the chat's own reply, the message with these words in it."""
        thread = self.stage.chat.thread()
        return self.stage.chat.write(thread, words, reply_to=self.stage.chat.ours(to))

    async def answers(self) -> list[Row]:
        """What stands on the blog by Jane, in order."""
        return [row for row in await self.wordpress.rows() if row.user == 3]


def _under_way(tx: Tx) -> bool:
    return bool(tx.all("SELECT 1 FROM delivery WHERE state = 'sending'"))


@asynccontextmanager
async def meadow(kind: str, folder: Path) -> AsyncIterator[Meadow]:
    clock = DrivenClock(float(int(time.time())))
    places = (place(room="meadow", ada="jane"),)
    routes = (route(), Route(RouteName("meadow"), BlogName("meadow"), places, Relay.AUTHORS, hold=2.0, join=False))
    async with (
        served(kind, folder, clock.now) as wordpress,
        proxied(wordpress.address) as proxy,
        Stage(routes=routes, clock=clock) as stage,
        AsyncExitStack() as stack,
    ):
        account = Account(JANE, "jane", wordpress.users["jane"].application_password)
        settings = Settings(
            "blogs.meadow", proxy.address, {JANE: account}, api=f"{proxy.address}/wp-json", websub=False
        )
        adapter = WordPressBlog(settings, Surroundings("meadow", clock, folder, "backchat-tests"))
        blog = OpenBlog(BlogName("meadow"), adapter, Beat(60.0))
        blog.ready = await adapter.open(stack)
        stage.house.blogs[blog.name] = blog
        there = Meadow(stage, blog, wordpress, proxy)
        await there.read()
        yield there


async def asked(at: Meadow, words: str = "Which tea?") -> int:
    number = await at.wordpress.visitor("Vera").comment(words)
    await at.read()
    await at.until(lambda: any(words in said for said in at.stage.chat.standing()), "the question in the room")
    return number


@pytest.mark.parametrize("kind", KINDS)
async def test_a_burst_of_an_authors_answers_is_spaced_and_every_one_stands_once(kind: str, tmp_path: Path) -> None:
    async with meadow(kind, tmp_path) as at:
        question = await asked(at)
        count = 20 if kind == "double" else 4
        messages = [at.answer(f"Answer number {number}", "Which tea?") for number in range(count)]
        step = 2.0 if kind == "double" else 4.0
        await at.until(lambda: all(at.state(one) is AnswerState.PUBLIC for one in messages), "all are public", step)
        answers = await at.answers()
        tried = [line for line in at.proxy.requests if line.startswith("POST")]
        links = [receipt(at.stage.chat, one).link or "" for one in messages]
    assert [row.words for row in answers] == [f"Answer number {number}" for number in range(count)]
    assert {row.parent for row in answers} == {question} and len(tried) == count
    assert [link.rpartition("-")[2] for link in links] == [str(row.number) for row in answers]
    dates = [row.date for row in answers]
    assert all(later - earlier >= 15 for earlier, later in pairwise(dates))


@pytest.mark.parametrize("kind", KINDS)
async def test_law_03_a_lost_receipt_is_looked_up_and_the_answer_stands_once(kind: str, tmp_path: Path) -> None:
    async with meadow(kind, tmp_path) as at:
        await asked(at)
        at.proxy.swallow_answer_to("POST /wp-json/wp/v2/comments ")
        message = at.answer("See C:\\tea & <https://tea.example/?a=1&b=2>, isn't it?", "Which tea?")
        await at.until(lambda: at.state(message) is AnswerState.PUBLIC, "it is found")
        await at.read()
        (answer,) = await at.answers()
        standing = [said for said in at.stage.chat.standing() if "tea" in said]
    assert receipt(at.stage.chat, message).link == f"{at.wordpress.link(TEA, answer.number)}"
    assert key_of(answer.url) is not None and len(standing) == 1, "and is not shown where it was written"


@pytest.mark.parametrize("kind", KINDS)
async def test_the_same_words_as_on_the_web_a_minute_before_stand_too(kind: str, tmp_path: Path) -> None:
    async with meadow(kind, tmp_path) as at:
        question = await asked(at)
        written = comment("Thank you, Vera.", under=question, user="jane", date=time.time() - 60)
        (web,) = await at.wordpress.add_many([written])
        message = at.answer("Thank you, Vera.", "Which tea?")
        await at.until(lambda: at.state(message) is AnswerState.PUBLIC, "the answer is public")
        await at.read()
        await at.until(lambda: any("Thank you" in said for said in at.stage.chat.standing()), "the other is shown")
        answers = await at.answers()
    assert len(answers) == 2 and answers[0].number == web
    assert (receipt(at.stage.chat, message).link or "").endswith(f"-{answers[1].number}")


async def test_what_the_blog_says_no_to_is_told_on_the_message(tmp_path: Path) -> None:
    async with meadow("double", tmp_path) as at:
        await asked(at)
        await at.wordpress.change_post(TEA, comments="closed")
        message = at.answer("Too late?", "Which tea?")
        await at.until(lambda: at.state(message) is AnswerState.REFUSED, "it is refused")
        assert "comments are closed" in (receipt(at.stage.chat, message).reason or "")
        assert await at.answers() == []


async def test_where_the_site_drops_addresses_a_lost_receipt_is_found_by_its_words(tmp_path: Path) -> None:
    async with meadow("double", tmp_path) as at:
        question = await asked(at)
        await at.wordpress.switch(strip_author_url=True)
        earlier = comment("Thank you, Vera.", under=question, user="jane", date=at.stage.clock.now() - 60)
        await at.wordpress.add_many([earlier])
        at.proxy.swallow_answer_to("POST /wp-json/wp/v2/comments ")
        message = at.answer("Assam, or Darjeeling.", "Which tea?")
        await at.until(lambda: at.state(message) is AnswerState.PUBLIC, "it is found")
        answers = await at.answers()
    assert [row.words for row in answers] == ["Thank you, Vera.", "Assam, or Darjeeling."]
    assert (receipt(at.stage.chat, message).link or "").endswith(f"-{answers[1].number}")
