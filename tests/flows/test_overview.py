"""How everything stands, as the ledger tells it for people."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bridge.cli.status import _show
from bridge.errors import LedgerError
from bridge.ledger import sources
from bridge.ledger.overview import COUNTS, overview, unanswered
from bridge.ledger.sqlite import look_only
from bridge.metrics import Told, exposition
from bridge.model import AnswerState, Kind, MessageId, Standing
from bridge.office import FileOffice
from bridge.overview import Decision, Overview, Unanswered
from bridge.ports import BlogAbility, Record
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import EVERYTHING
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from tests.flows.stories import ROSES, answered, becomes, begun, first_reading, shown
from tests.flows.test_identity import imported


async def how(stage: Stage) -> Overview:
    return await stage.ask(lambda tx: overview(tx, stage.clock.now()))


async def waiting(stage: Stage) -> list[str]:
    return [one.text for one in await stage.ask(unanswered)]


async def at_work(stage: Stage) -> None:
    """What was put into the file by somebody else is taken up, as the daemon does at its next look."""
    stage.ledger.wake("inbox")
    await stage.settle()


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


class Forgetful(FakeChat):
    """A chat that cannot tell all that was said while nobody listened."""

    async def listen(self, since: str | None, record: Record) -> None:
        if since is not None:
            await record((), None, False, gap=3)
        await super().listen(since, record)


async def test_law_05_messages_that_could_not_be_read_are_counted_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = DrivenClock()
    async with Stage(clock=clock, chats={"lounge": Forgetful(clock)}, ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        seen = await how(stage)
        assert [chat.gaps for chat in seen.chats] == [0]
        for told in (3, 6):
            await stage.stop()
            await stage.start()
            await stage.pass_time(1)
            seen = await how(stage)
            assert [chat.gaps for chat in seen.chats] == [told]
        assert "lounge: at least 3 messages could not be read" in caplog.text
        exposed, _ = exposition(Told.of(stage.house, seen), "")
        assert 'backchat_messages_missed{chat="lounge"} 6.0' in exposed.decode()
        _show(seen, None)
        assert ", 6 messages could not be read" in capsys.readouterr().out


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


async def test_the_office_tells_the_receipt_of_a_message_as_its_writer_sees_it(tmp_path: Path) -> None:
    office = FileOffice(tmp_path / "ledger.db")
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        thread = stage.chat.thread()
        message, aside = stage.chat.write(thread, "In March."), stage.chat.write(thread, "// Tea?")
        await becomes(stage, message, AnswerState.HELD)
        held = await office.receipt("lounge", message)
        assert held is not None and held == stage.chat.messages[message].receipts[-1] and held.answers == "Vera"
        await becomes(stage, message, AnswerState.PUBLIC)
        assert await office.receipt("lounge", message) == stage.chat.messages[message].receipts[-1]
        for chat, other in (("lounge", aside), ("elsewhere", message), ("lounge", MessageId("nothing"))):
            assert await office.receipt(chat, other) is None


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


async def test_the_office_pauses_a_blog_in_both_directions_until_it_is_resumed(tmp_path: Path) -> None:
    office = FileOffice(tmp_path / "ledger.db")
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        assert not await office.pause("nowhere", "Ada")
        assert await office.pause("garden", "Ada")
        await at_work(stage)
        assert (await office.overview()).blogs[0].paused == "paused by Ada"
        stage.blog.comment("And when?")
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.pass_time(120)
        assert len(stage.chat.standing()) == 1 and len(stage.blog.public()) == 2
        [lane] = [one for one in (await how(stage)).lanes if one.reason]
        assert lane.reason == "the blog is paused: paused by Ada"
        assert await office.resume("garden")
        await at_work(stage)
        await shown(stage, "And when?")
        await becomes(stage, message, AnswerState.PUBLIC)


async def test_a_pause_takes_the_place_of_no_other_reason(tmp_path: Path) -> None:
    office = FileOffice(tmp_path / "ledger.db")
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        await stage.ask(lambda tx: sources.pause(tx, "garden", "its numbers have changed"))
        assert await office.pause("garden", "Ada")
        await at_work(stage)
        assert (await office.overview()).blogs[0].paused == "its numbers have changed"


async def test_law_07_a_pause_by_hand_lets_nothing_be_believed_anew(tmp_path: Path) -> None:
    """Numbers that were given out twice meanwhile pause the blog for a reason that a person has to look at."""
    office = FileOffice(tmp_path / "ledger.db")
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        stage.blog.comment("And hydrangeas?")
        await shown(stage, "hydrangeas")
        await office.pause("garden", "Ada")
        await at_work(stage)
        await imported(stage)
        await office.resume("garden")
        await at_work(stage)
        await stage.pass_time(20)
        [blog] = (await office.overview()).blogs
        assert blog.paused is not None and "imported or restored" in blog.paused


async def test_a_pause_without_a_daemon_is_there_when_one_is_started(tmp_path: Path) -> None:
    office = FileOffice(tmp_path / "ledger.db")
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        await stage.stop()
        assert await office.pause("garden", "Ada")
        stage.blog.comment("And when?")
        reads = stage.blog.reads
        await stage.start()
        await stage.pass_time(60)
        assert (stage.blog.reads, len(stage.chat.standing())) == (reads, 1)
        await stage.stop()
        assert await office.resume("garden")
        await stage.start()
        await shown(stage, "And when?")


async def test_what_was_paused_without_a_daemon_is_resumed_without_one(tmp_path: Path) -> None:
    office = FileOffice(tmp_path / "ledger.db")
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        await stage.stop()
        assert await office.pause("garden", "Ada") and await office.resume("garden")
        assert not await office.resume("garden")
        stage.blog.comment("And when?")
        await stage.start()
        await shown(stage, "And when?")


async def test_the_office_shows_what_stood_there_before(tmp_path: Path) -> None:
    office = FileOffice(tmp_path / "ledger.db")
    stage = Stage(ledger=tmp_path / "ledger.db")
    for number in range(3):
        stage.blog.comment(f"Before {number}")
        stage.clock.advance(1)
    async with stage:
        await first_reading(stage)
        assert not await office.backfill("nowhere", 2)
        assert await office.backfill("garden", 2)
        await at_work(stage)
        await shown(stage, "Before 2")
        assert [words for words in stage.chat.standing() if "Before" in words] == ["Vera: Before 1", "Vera: Before 2"]


async def test_the_office_says_in_words_that_there_is_no_ledger(tmp_path: Path) -> None:
    office = FileOffice(tmp_path / "ledger.db")
    for asked in (
        office.overview(), office.unanswered(), office.decide(1, Decision.DONE), office.resume("garden"),
        office.pause("garden", "Ada"), office.backfill("garden", 1),
    ):  # fmt: skip
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
