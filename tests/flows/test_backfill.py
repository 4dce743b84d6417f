"""What stood on the blog before Backchat, or before a room, and is asked for later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bridge.ledger import inbox
from bridge.ledger.overview import unanswered
from bridge.ledger.sqlite import look_only, request
from bridge.model import Kind, Mentions
from bridge.requests import Backfilled, backfilled
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage, place, route
from tests.flows.stories import answered, first_reading, shown, stopped


def old(*words: str, stage: Stage | None = None) -> Stage:
    """A blog that has these comments already, a second apart."""
    stage = stage or Stage()
    for one in words:
        stage.blog.comment(one)
        stage.clock.advance(1)
    return stage


async def backfill(stage: Stage, last: int, blog: str = "garden") -> int:
    number = await stage.ask(
        lambda tx: inbox.ask(tx, stage.clock.now(), {"do": "backfill", "blog": blog, "last": last})
    )
    stage.ledger.wake("inbox")
    await stage.pass_time(3)
    return number


async def far(stage: Stage, number: int) -> Backfilled | None:
    return await stage.ask(lambda tx: backfilled(tx, number))


def said(chat: FakeChat) -> list[str]:
    """What stands in the room, each by its first word, in order."""
    return [words.split(": ", 1)[-1].split(" ", 1)[0] for words in chat.standing()]


async def test_the_newest_are_mirrored_the_oldest_of_them_first_and_the_rest_is_counted() -> None:
    async with old("one", "two", "three", "four") as stage:
        await first_reading(stage)
        assert stage.chat.standing() == []
        number = await backfill(stage, 2)
        await stage.pass_time(3)
        assert said(stage.chat) == ["2", "three", "four"]
        assert await far(stage, number) == Backfilled(2, 0, 0)
        assert [one.text for one in await stage.ask(unanswered)] == ["three", "four"]


async def test_more_can_be_asked_for_and_nothing_is_shown_twice() -> None:
    async with old("one", "two", "three") as stage:
        await first_reading(stage)
        await backfill(stage, 1)
        assert said(stage.chat) == ["2", "three"]
        number = await backfill(stage, 50)
        assert said(stage.chat) == ["three", "one", "two"]  # the notice has nothing to say any more
        assert await far(stage, number) == Backfilled(2, 0, 0)
        assert await far(stage, await backfill(stage, 50)) == Backfilled(0, 0, 0)
        assert said(stage.chat) == ["three", "one", "two"]


async def test_the_count_of_earlier_comments_follows() -> None:
    async with old("one", "two", "three") as stage:
        await first_reading(stage)
        stage.blog.comment("four")
        await shown(stage, "four")
        assert "3 earlier comments are" in stage.chat.standing()[0]
        await backfill(stage, 2)
        assert "1 earlier comment is" in stage.chat.standing()[0]
        assert said(stage.chat)[1:] == ["four", "two", "three"]


async def test_a_room_that_came_later_is_filled_and_the_other_one_left_alone(tmp_path: Path) -> None:
    stage = Stage(ledger=tmp_path / "ledger.db", first_run=5)
    stage.chats["attic"] = FakeChat(stage.clock)
    async with old("one", "two", stage=stage):
        await first_reading(stage)
        await shown(stage, "two")
        await stage.stop()
        stage.routes = (route(place(), place("attic")),)
        await stage.start()
        await backfill(stage, 1)
        assert said(stage.chats["attic"]) == ["1", "two"]
        assert said(stage.chats["lounge"]) == ["one", "two"]


async def test_law_08_a_backfill_publishes_nothing() -> None:
    async with old("one", "two") as stage:
        await first_reading(stage)
        await backfill(stage, 5)
        await stage.pass_time(30)
        assert len(stage.blog.public()) == 2 and stage.blog.publications == []


async def test_law_06_an_answer_is_not_shown_where_it_was_written() -> None:
    async with old("one") as stage:
        await first_reading(stage)
        stage.blog.comment("two")
        await shown(stage, "two")
        await stage.pass_time(11)
        await answered(stage, "Mine.")
        await stage.pass_time(10)
        await backfill(stage, 5)
        assert said(stage.chat) == ["two", "one"]


async def test_mentions_count_only_where_the_route_shows_them() -> None:
    stage = Stage()
    stage.routes = (replace(route(), mentions=Mentions.SKIP),)
    stage.blog.comment("one")
    stage.clock.advance(1)
    stage.blog.comment("a mention", kind=Kind.PINGBACK)
    async with stage:
        await first_reading(stage)
        await backfill(stage, 1)
        assert said(stage.chat)[-1] == "one"


async def test_what_a_backfilled_comment_says_can_be_answered() -> None:
    async with old("one") as stage:
        await first_reading(stage)
        await backfill(stage, 1)
        await shown(stage, "one")
        await stage.pass_time(11)
        message = await answered(stage, "At last.")
        assert stage.chat.messages[message].receipt is not None
        assert [one.comment.parent is not None for one in stage.blog.stored.values()] == [False, True]


async def test_law_05_it_says_why_nothing_is_done_and_what_waits_or_went_no_further() -> None:
    async with old("one", "two") as stage:
        await first_reading(stage)
        number = await backfill(stage, 1, "nowhere")
        assert await far(stage, number) == Backfilled(refused="the blog nowhere is not in the configuration")
        stage.chat.line.faults += [Fault.LATER] * 3
        stage.chat.line.later_after = 60.0
        number = await backfill(stage, 1)
        assert (await far(stage, number) or Backfilled()).waiting == 1
        stage.chat.line.faults.clear()
        await shown(stage, "two")
        await stage.pass_time(2)
        assert await far(stage, number) == Backfilled(1, 0, 0)
        assert await stopped(stage) == []


async def test_it_is_done_at_the_next_start_where_no_daemon_runs(tmp_path: Path) -> None:
    async with old("one", "two", stage=Stage(ledger=tmp_path / "ledger.db")) as stage:
        await first_reading(stage)
        await stage.stop()
        asked: dict[str, str | int] = {"do": "backfill", "blog": "garden", "last": 1}
        number = request(tmp_path / "ledger.db", lambda tx: inbox.ask(tx, 0.0, asked))
        assert look_only(tmp_path / "ledger.db", lambda tx: backfilled(tx, number)) is None
        await stage.start()
        await shown(stage, "two")
        await stage.pass_time(2)
        assert await far(stage, number) == Backfilled(1, 0, 0)
