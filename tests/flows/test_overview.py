"""How everything stands, as the ledger tells it for people."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bridge.errors import LedgerError
from bridge.ledger import sources
from bridge.ledger.overview import COUNTS, overview, unanswered
from bridge.ledger.sqlite import look_only
from bridge.model import AnswerState, Kind, Standing
from bridge.office import FileOffice
from bridge.overview import Decision, Overview, Unanswered
from bridge.ports import BlogAbility
from bridge.testing.fake_blog import EVERYTHING
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from tests.flows.stories import ROSES, answered, becomes, begun, first_reading, shown


async def how(stage: Stage) -> Overview:
    return await stage.ask(lambda tx: overview(tx, stage.clock.now()))


async def waiting(stage: Stage) -> list[str]:
    return [one.text for one in await stage.ask(unanswered)]


async def test_at_rest_nothing_waits_and_everything_is_counted() -> None:
    async with Stage() as stage:
        await begun(stage)
        await answered(stage)
        await stage.pass_time(10)
        seen = await how(stage)
        [blog] = seen.blogs
        assert (blog.name, blog.comments, blog.unanswered, blog.gaps) == ("garden", 2, 0, 0)
        assert blog.last_read is not None and blog.next_read > blog.last_read and blog.paused is None
        [chat] = seen.chats
        assert chat.name == "lounge" and chat.caught_up and chat.last_event is not None and chat.last_error is None
        assert seen.lanes == () and seen.parked == () and seen.at == stage.clock.now()
        assert seen.counts == dict.fromkeys(COUNTS, 0) | {"threads": 1, "public": 1}


async def test_a_lane_that_waits_names_its_place_and_the_reason() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.chat.line.faults += [Fault.LATER] * 9
        stage.blog.comment("And when?")
        await stage.until(lambda: len(stage.chat.line.faults) < 9, "the chat to refuse")
        [lane] = (await how(stage)).lanes
        assert (lane.place, lane.waiting, lane.sending) == ("garden in lounge", 1, False)
        assert lane.reason and lane.due is not None


async def test_an_answer_that_is_held_waits_in_its_posts_lane() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.HELD)
        await stage.pass_time(1)
        seen = await how(stage)
        assert [(lane.place, lane.waiting) for lane in seen.lanes] == [("First post on garden", 1)]
        assert seen.counts["held"] == 1 and seen.blogs[0].unanswered == 0


async def test_what_waits_for_a_moderator_is_counted_until_it_was_decided() -> None:
    async with Stage() as stage:
        await begun(stage)
        held = stage.blog.comment("And hydrangeas?", standing=Standing.PENDING)
        await stage.pass_time(6)
        seen = await how(stage)
        assert (seen.blogs[0].pending, seen.blogs[0].unanswered) == (1, 1)
        stage.blog.stand(held, Standing.HIDDEN)
        await stage.pass_time(6)
        assert (await how(stage)).blogs[0].pending == 0


async def test_what_is_parked_is_told_with_its_text_and_number() -> None:
    stage = Stage()
    stage.blog.abilities = EVERYTHING - {BlogAbility.FIND}
    async with stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_BEFORE)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PARKED)
        [parked] = (await how(stage)).parked
        assert (parked.state, parked.kind, parked.place, parked.text) == (
            "parked", "answer", "First post on garden", "In March.",
        )  # fmt: skip
        assert parked.number is not None and parked.reason and parked.tried is not None


async def test_law_05_an_event_that_failed_through_a_fault_of_ours_is_told() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.chat.interpret = lambda raw: 1 // 0  # type: ignore[method-assign, assignment, return-value]
        stage.chat.write(stage.chat.thread(), "In March.")
        await stage.pass_time(2)
        seen = await how(stage)
        [event] = seen.parked
        assert (event.number, event.kind, event.place) == (None, "event", "lounge") and "ZeroDivision" in event.reason
        assert seen.counts["failed"] == 1


async def test_a_comment_waits_until_an_author_answers_it_and_again_when_that_is_taken_back() -> None:
    async with Stage() as stage:
        await begun(stage)
        [one] = await stage.ask(unanswered)
        assert one == Unanswered("garden", "First post", "Vera", ROSES, one.link, one.created)
        assert one.link.startswith("https://blog.example/first/")
        message = await answered(stage)
        assert await waiting(stage) == []
        stage.chat.delete(message)
        await stage.until(lambda: len(stage.blog.public()) == 1, "the answer to go")
        await stage.pass_time(2)
        assert await waiting(stage) == [ROSES]


async def test_only_what_a_room_has_seen_waits_and_no_mention_does() -> None:
    stage = Stage()
    stage.blog.comment("Long before Backchat.")
    async with stage:
        await first_reading(stage)
        await stage.pass_time(6)
        stage.blog.comment("Mentioned elsewhere.", kind=Kind.PINGBACK)
        stage.blog.comment("The second.")
        await shown(stage, "The second.")
        stage.clock.advance(1)
        stage.blog.comment("The third.")
        await shown(stage, "The third.")
        assert await waiting(stage) == ["The second.", "The third."]


async def test_an_answer_to_one_comment_leaves_the_others_waiting() -> None:
    async with Stage() as stage:
        first = await begun(stage)
        stage.clock.advance(1)
        stage.blog.comment("Mine too, please.", name="Otto", under=first)
        await shown(stage, "Mine too, please.")
        await stage.pass_time(11)
        await answered(stage)  # the newest
        assert await waiting(stage) == [ROSES]


# The office -----------------------------------------------------------------------------------------------------------


async def test_the_office_sees_and_decides_beside_a_daemon_and_without_one(tmp_path: Path) -> None:
    stage = Stage(ledger=tmp_path / "ledger.db")
    stage.blog.abilities = EVERYTHING - {BlogAbility.FIND}
    office = FileOffice(tmp_path / "ledger.db")
    async with stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_BEFORE)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PARKED)
        [parked] = (await office.overview()).parked
        assert parked.number is not None
        await stage.stop()
        assert await office.decide(parked.number, Decision.RETRY)
        assert not await office.decide(987, Decision.DROP)
        await stage.start()
        await becomes(stage, message, AnswerState.PUBLIC)
        assert not await office.decide(parked.number, Decision.DROP)
        assert await office.unanswered() == []


async def test_the_office_resumes_only_a_blog_that_is_paused(tmp_path: Path) -> None:
    office = FileOffice(tmp_path / "ledger.db")
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        assert not await office.resume("garden") and not await office.resume("nowhere")
        await stage.ask(lambda tx: sources.pause(tx, "garden", "look"))
        assert (await office.overview()).blogs[0].paused == "look"
        assert await office.resume("garden")
        stage.ledger.wake("inbox")
        await stage.until(
            lambda: look_only(tmp_path / "ledger.db", lambda tx: sources.paused(tx, "garden")) is None, "the resuming"
        )


async def test_the_office_says_in_words_that_there_is_no_ledger(tmp_path: Path) -> None:
    office = FileOffice(tmp_path / "ledger.db")
    for asked in (office.overview(), office.unanswered(), office.decide(1, Decision.DONE), office.resume("garden")):
        with pytest.raises(LedgerError, match="there is no ledger"):
            await asked


async def test_law_12_the_office_looks_on_another_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
    threads: list[int] = []

    def noted(tx: object, now: float) -> Overview:
        threads.append(threading.get_ident())
        return overview(tx, now)  # type: ignore[arg-type]

    monkeypatch.setattr("bridge.ledger.overview.overview", noted)
    await asyncio.gather(*(FileOffice(tmp_path / "ledger.db").overview() for _ in range(3)))
    assert len(threads) == 3 and threading.get_ident() not in threads
