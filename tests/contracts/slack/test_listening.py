"""The whole of listening on the double: nothing is missed, whatever Slack does not tell, and all in is said so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.slack.double.things import Channel, Message
from adapters.slack.ids import message_id
from bridge.errors import RetryLater
from bridge.model import Desk, Event, Key, Marked, Part, RawEvent, ThreadId, Written
from bridge.testing.chat_contract import PATIENCE, Ear, comment, post_card
from bridge.testing.clock import DrivenClock
from tests.contracts.slack.scene import SlackScene, scene_of

MODES = ("socket", "http")
CHANNEL_EVENTS = ("message.channels", "message.groups")


@dataclass(slots=True)
class Told(Ear):
    """Keeps besides each watermark that the core was given, and whether it was told that all is recorded."""

    marks: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def record(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        self.marks += [] if watermark is None else [watermark]
        self.said += (["missed"] if missed else []) + (["caught up"] if caught_up else []) + [f"gap {gap}"] * (gap > 0)
        await Ear.record(self, events, watermark, caught_up, missed=missed, gap=gap)


@dataclass(slots=True)
class Listened:
    """A scene whose adapter is open, with a thread of ours, on one driven clock."""

    scene: SlackScene
    clock: DrivenClock
    thread: ThreadId

    @property
    def there(self) -> Message:
        return self.scene.root(self.thread)

    @property
    def channel(self) -> Channel:
        return self.scene.channel

    def ear(self) -> Told:
        return Told(self.scene.chat)

    def write(self, words: str) -> Message:
        """Ada writes in the thread."""
        return self.scene.ada.reply(self.there, words)

    def of(self, ear: Told, message: Message) -> list[Event]:
        return ear.about(message_id(message.channel, message.ts))

    async def passes(self, condition: Callable[[], object], what: str, step: float = 1.0) -> None:
        """Let time pass until something holds."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    if condition():
                        return
                    self.clock.advance(step)
                    await asyncio.sleep(0.002)  # what waited for that asks Slack, which takes a moment of real time
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}") from None


@asynccontextmanager
async def listened(folder: Path, mode: str = "socket") -> AsyncIterator[Listened]:
    async with AsyncExitStack() as stack:
        clock = DrivenClock()
        scene = await scene_of(folder, stack, clock=clock, mode=mode)
        scene.slack.limits.off()
        scene.slack.deliveries.pace = 0.0
        scene.chat.api.pacing.second = 0.0
        scene.chat.desks({scene.room: Desk(frozenset(), closed=False)})
        await scene.chat.open(stack)
        thread = await scene.chat.start_thread(scene.room, post_card(), Key("thread" * 4))
        clock.advance(1)
        yield Listened(scene, clock, thread)


@pytest.fixture(params=MODES)
async def both(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Listened]:
    async with listened(tmp_path, request.param) as one:
        yield one


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Listened]:
    async with listened(tmp_path) as one:
        yield one


async def test_what_was_written_while_nobody_listened_is_read_before_it_is_said_that_all_is_in(both: Listened) -> None:
    ear = both.ear()
    async with ear.listening(None):
        await ear.up()
    both.clock.advance(3600)
    both.scene.slack.spoil("message", "drop")
    message = both.write("In March")
    again = both.ear()
    async with again.listening(ear.watermark):
        await again.up()
    (event,) = both.of(again, message)
    assert isinstance(event, Written) and again.said == ["caught up"]
    assert again.up_after == len(again.events)


async def test_nothing_that_was_written_before_the_first_time_is_told(both: Listened) -> None:
    both.scene.slack.spoil("message", "drop")
    message = both.write("Long ago")
    both.clock.advance(60)
    ear = both.ear()
    async with ear.listening(None):
        await ear.up()
    assert both.of(ear, message) == [] and ear.watermark is not None


async def test_law_08_what_was_written_before_the_first_time_and_is_told_late_counts_for_nothing(
    both: Listened,
) -> None:
    both.scene.slack.deliveries.pace = 1.0
    message = both.write("Long ago")
    slack, ear = both.scene.slack, both.ear()
    await slack.deliveries.until(lambda: all(len(one.attempts) >= 2 for one in slack.deliveries.book))
    async with ear.listening(None):
        await ear.up()
        both.clock.advance(61)
        await slack.deliveries.settled()
    assert slack.deliveries.book[-1].state == "acked" and both.of(ear, message) == []


async def test_nothing_of_it_is_left_when_it_ends(both: Listened) -> None:
    before = asyncio.all_tasks()
    ear = both.ear()
    async with ear.listening(None):
        await ear.up()
        message = both.write("In March")
        await ear.until(lambda: bool(both.of(ear, message)), "the message")
    await both.scene.slack.deliveries.settled()
    if both.scene.chat.settings.mode == "socket":
        await both.scene.slack.disconnected()
    left = [task for task in asyncio.all_tasks() - before if "adapters/slack/double" not in str(task.get_coro())]
    ours = [
        task for task in left if any(name in repr(task) for name in ("Supervisor", "KeepingUp", "Socket", "Intake"))
    ]
    assert not ours and both.scene.chat.gauges()["connected"] == 0.0


@pytest.mark.parametrize("how", ["refresh", "break"])
async def test_what_was_lost_in_between_is_read_after_a_refresh_and_after_a_break(on: Listened, how: str) -> None:
    slack, ear = on.scene.slack, on.ear()
    async with ear.listening(None):
        await ear.up()
        slack.spoil("message", "drop")
        message = on.write("In between")
        if how == "refresh":
            slack.gate.disconnect("refresh_requested")
        else:
            slack.gate.kill()
        await on.passes(lambda: on.of(ear, message), "the message", step=0.5)
        assert ear.said.count("caught up") >= 1


async def test_an_event_that_could_not_be_taken_in_is_read_within_minutes(on: Listened) -> None:
    slack, ear = on.scene.slack, on.ear()
    slack.gate.patience = 0.0
    async with ear.listening(None):
        await ear.up()
        slack.spoil("message", "drop")
        message = on.write("Publish me")
        slack.fail("conversations.replies", 500, times=4)
        on.scene.ada.react(message, "mega")
        await on.passes(lambda: any(isinstance(event, Marked) for event in on.of(ear, message)), "the mark", step=5.0)


async def test_the_watermark_is_moved_each_minute_and_not_at_each_event(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        marks = len(ear.marks)
        messages = [on.write(f"Number {number}") for number in range(20)]
        await ear.until(lambda: all(on.of(ear, one) for one in messages), "all of them")
        assert len(ear.marks) == marks
        began = on.clock.now()
        await on.passes(lambda: len(ear.marks) >= marks + 3, "three marks", step=5.0)
        assert on.clock.now() - began >= 175 and ear.said == ["caught up"]


async def test_what_nobody_told_of_is_read_once_a_day(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        on.scene.slack.spoil("message", "drop")
        message, began = on.write("Unheard"), on.clock.now()
        await on.passes(lambda: on.of(ear, message), "the message", step=600.0)
        assert on.clock.now() - began >= 86_000 and len(ear.marks) > 10


async def test_what_slack_could_not_bring_through_a_proxy_is_read_once_an_hour(tmp_path: Path) -> None:
    async with listened(tmp_path, "http") as on:
        ear = on.ear()
        async with ear.listening(None):
            await ear.up()
            on.scene.slack.spoil("message", "drop")
            message, began = on.write("Unheard"), on.clock.now()
            await on.passes(lambda: on.of(ear, message), "the message", step=60.0)
            assert 3_000 <= on.clock.now() - began <= 5_000


async def test_1940_while_ghosts_take_their_share_the_past_is_read_every_five_minutes(on: Listened) -> None:
    slack, ear = on.scene.slack, on.ear()
    slack.gate.ghosts = 1
    async with ear.listening(None):
        await ear.up()
        slack.spoil("message", "drop")
        message, began = on.write("To a ghost"), on.clock.now()
        await on.passes(lambda: on.of(ear, message), "the message", step=5.0)
        assert on.clock.now() - began <= 400
        assert on.scene.chat.gauges()["ghost_connections"] == 1.0


async def test_417_law_05_what_we_say_and_are_not_told_of_is_told_as_a_dead_line_and_read(
    both: Listened,
) -> None:
    slack, ear = both.scene.slack, both.ear()
    async with ear.listening(None) as task:
        await ear.up()
        for name in CHANNEL_EVENTS:
            if name in slack.app.events:
                slack.app.events.remove(name)
        saying = asyncio.create_task(both.scene.chat.say(both.thread, _part(both), Key("say" * 8)))
        await both.passes(saying.done, "it to be said")
        began = both.clock.now()
        await both.passes(lambda: both.clock.now() - began > 120, "two minutes", step=10.0)
        early = both.write("Does anybody hear?")
        await both.passes(task.done, "the end of listening", step=10.0)
        with pytest.raises(RetryLater, match="takes what Backchat says"):
            task.result()
        assert 590 <= both.clock.now() - began <= 720
    message, again = both.write("Can you hear me?"), both.ear()
    async with again.listening(ear.watermark):
        await again.up()
        assert both.of(again, early) and both.of(again, message) and both.scene.chat.gauges()["mute"] == 1.0
        message, began = both.write("And now?"), both.clock.now()
        await both.passes(lambda: both.of(again, message), "the message", step=10.0)
        assert 590 <= both.clock.now() - began <= 720
        slack.app.events.extend(CHANNEL_EVENTS)
        both.write("Yes")
        await again.until(lambda: not both.scene.chat.gauges()["mute"], "an event")


async def test_417_silence_alone_is_no_dead_line(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None) as task:
        await ear.up()
        saying = asyncio.create_task(on.scene.chat.say(on.thread, _part(on), Key("say" * 8)))
        await on.passes(saying.done, "it to be said")
        await on.scene.slack.deliveries.settled()
        began = on.clock.now()
        await on.passes(lambda: on.clock.now() - began > 7200, "two hours", step=30.0)
        assert not task.done()


@pytest.mark.parametrize("answer", [500, "internal_error", 429, "html"])
async def test_people_are_heard_while_the_past_cannot_be_read(
    both: Listened, caplog: pytest.LogCaptureFixture, answer: int | str
) -> None:
    caplog.set_level(logging.WARNING)
    first = both.ear()
    async with first.listening(None):
        await first.up()
    ear = both.ear()
    fault = both.scene.slack.fail("conversations.history", answer, times=10_000)
    async with ear.listening(first.watermark):
        await both.passes(lambda: "cannot be read yet" in caplog.text, "a reading that fails")
        message = both.write("In March")
        await ear.until(lambda: bool(both.of(ear, message)), "the message")
        assert ear.said == []
        fault.times = 0
        await both.passes(lambda: ear.said == ["caught up"], "all to be in", step=10.0)


async def test_the_watermark_of_another_chat_is_none(both: Listened, caplog: pytest.LogCaptureFixture) -> None:
    ear = both.ear()
    async with ear.listening('{"at": 7}'):
        await ear.up()
    assert "no watermark of Slack's" in caplog.text and ear.said == ["caught up"]


async def test_how_it_stands_is_measured(both: Listened) -> None:
    chat, ear = both.scene.chat, both.ear()
    assert chat.gauges() == {"connected": 0.0}
    async with ear.listening(None):
        await ear.up()
        message = both.write("In March")
        await ear.until(lambda: bool(both.of(ear, message)), "the message")
        both.clock.advance(42)
        gauges = chat.gauges()
    assert gauges["connected"] == 1.0 and gauges["connections_begun"] == 1.0 and gauges["told_again"] == 0.0
    assert gauges["envelope_age_seconds"] >= 42
    assert gauges.get("connections") == (1.0 if chat.settings.mode == "socket" else None)


def _part(on: Listened) -> Part:
    (part,) = on.scene.chat.render(comment("How do you prune roses?"))
    return part
