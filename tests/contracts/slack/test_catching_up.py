"""What was said while nothing could come, read back from the double, within what Slack allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.slack import budget, catching_up, listing
from adapters.slack.double.things import Message
from adapters.slack.ids import micro
from adapters.slack.people import UnknownTeam
from adapters.slack.watermark import Watermark
from bridge.errors import RetryLater
from bridge.model import Edited, Erased, Marked, RawEvent, RoomId, Written
from bridge.testing.clock import DrivenClock
from bridge.text.tree import paragraph
from tests.contracts.slack.hearing import OTHER, Hearing, hearing, kinds, meant
from tests.servers.slack_double import Double, slack_double

DAY = 86_400.0


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock()


@pytest.fixture
async def slack(clock: DrivenClock) -> AsyncIterator[Double]:
    async with slack_double(clock=clock) as double:
        yield double


@pytest.fixture
async def here(slack: Double, tmp_path: Path, clock: DrivenClock) -> AsyncIterator[Hearing]:
    async with hearing(slack, tmp_path, clock) as one:
        yield one


async def test_law_08_at_first_all_that_stands_is_past(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    ada.reply(root, "Old")
    mark = await here.catching_up.begin()
    assert await here.caught_up(Watermark.load(mark.dump())) == []
    clock.advance(1)
    new = ada.reply(root, "New")
    (event,) = meant(await here.caught_up(mark))
    assert isinstance(event, Written) and event.text == paragraph("New") and event.message.endswith(new.ts)


async def test_law_08_what_is_past_stays_past_though_it_is_changed_or_marked(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    old = ada.reply(root, "Old")
    mark = await here.catching_up.begin()
    clock.advance(DAY)
    ada.edit(old, "New")
    ada.react(old, "mega")
    ada.reply(root, "Really new")
    assert kinds(await here.caught_up(mark)) == ["written"]


async def test_mautrix_47_what_was_said_meanwhile_is_told_with_its_own_dates_and_in_its_order(
    here: Hearing, clock: DrivenClock
) -> None:
    ada, bob = here.slack.member("Ada"), here.slack.member("Bob")
    mark = await here.catching_up.begin()
    clock.advance(60)
    first, second = await here.post(), await here.post(key=OTHER)
    said: list[Message] = []
    for number in range(6):
        clock.advance(DAY / 4)
        said.append((ada, bob)[number % 2].reply((first, second)[number % 2], f"Number {number}"))
    broadcast = ada.reply(first, "All see", broadcast=True)
    raws = await here.caught_up(mark)
    assert [raw.order for raw in raws if raw.thread.endswith(first.ts)] == sorted(
        raw.order for raw in raws if raw.thread.endswith(first.ts)
    )
    events = {str(event.message): event for event in meant(raws)}
    assert set(events) == {f"{here.channel.id}:{one.ts}" for one in (first, second, *said, broadcast)}
    for one in said:
        event = events[f"{here.channel.id}:{one.ts}"]
        assert event.at == pytest.approx(micro(one.ts) / 1e6) and event.thread.endswith(str(one.thread))
    assert [event.key for event in events.values() if isinstance(event, Written) and event.key] == [
        "abcdefghijklmnopqrstuvwx", OTHER
    ]  # fmt: skip


async def test_what_was_heard_is_told_again_only_as_the_same_event(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    mark = await here.catching_up.begin()
    said = ada.reply(root, "Hi")
    clock.advance(1)
    ada.edit(said, "Ho")
    ada.react(said, "mega")
    live = await here.live()
    await here.record(live)
    clock.advance(1)
    assert await here.caught_up(mark) == []
    assert kinds(live) == ["ours", "written", "edited", "marked"]


async def test_edits_marks_and_deletions_in_threads_with_nothing_new_are_found(
    here: Hearing, clock: DrivenClock
) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = [ada.reply(root, f"Number {number}") for number in range(5)]
    ada.react(said[3], "mega")
    await here.record(await here.live())
    mark = await here.catching_up.begin()
    assert await here.caught_up(mark) == []
    kept = mark.dump()
    here.anew()
    clock.advance(DAY)
    ada.edit(said[0], "Changed")
    ada.delete(said[1])
    ada.react(said[2], "mega")
    ada.unreact(said[3], "mega")
    edited, erased, *marks = sorted(meant(await here.caught_up(Watermark.load(kept))), key=lambda one: str(type(one)))
    assert isinstance(edited, Edited) and edited.text == paragraph("Changed") and edited.message.endswith(said[0].ts)
    assert isinstance(erased, Erased) and erased.message.endswith(said[1].ts)
    assert [(one.message.rpartition(":")[2], one.on) for one in marks if isinstance(one, Marked)] == [
        (said[2].ts, True), (said[3].ts, False)
    ]  # fmt: skip
    assert await here.caught_up(mark) == []


async def test_a_mark_that_was_taken_off_and_put_on_again_is_found_again(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    await here.record(await here.live())
    mark = await here.catching_up.begin()
    for on in (True, False, True):
        clock.advance(DAY)
        (ada.react if on else ada.unreact)(said, "mega")
        (event,) = meant(await here.caught_up(mark))
        assert isinstance(event, Marked) and event.on is on


async def test_what_was_written_and_changed_meanwhile_is_told_as_it_stands(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    mark = await here.catching_up.begin()
    clock.advance(DAY)
    said, gone = ada.reply(root, "Hi"), ada.reply(root, "Oops")
    clock.advance(60)
    ada.edit(said, "Ho")
    ada.delete(gone)
    ada.react(said, "mega")
    events = meant(await here.caught_up(mark))
    assert [type(event) for event in events] == [Written, Edited, Marked]
    assert all(event.text == paragraph("Ho") for event in events if isinstance(event, Written | Edited))


async def test_law_05_what_was_heard_just_before_a_kill_and_changed_after_it_is_told_as_changed(
    here: Hearing, clock: DrivenClock
) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    mark = await here.catching_up.begin()
    kept = mark.dump()  # a mark is written once a minute, and stays ten minutes behind
    clock.advance(300)
    said = ada.reply(root, "Hi")
    await here.record(await here.live())
    here.anew()
    clock.advance(60)
    ada.edit(said, "Ho")
    (edited,) = meant(await here.caught_up(Watermark.load(kept)))
    assert isinstance(edited, Edited) and edited.text == paragraph("Ho") and edited.message.endswith(said.ts)


async def test_law_05_what_was_said_while_the_bot_was_out_of_a_channel_is_told_once_it_is_back(
    here: Hearing, clock: DrivenClock
) -> None:
    other, ada = here.slack.channel("other"), here.slack.member("Ada")
    here.rooms.speakers = {**here.rooms.speakers, RoomId(other.id): frozenset()}
    root, blog = await here.post(), here.channel
    here.channel = other
    elsewhere, mark = await here.post(), await here.catching_up.begin()
    here.channel = blog
    clock.advance(DAY)
    here.slack.remove(other)
    missed = ada.reply(elsewhere, "While you were away")
    clock.advance(DAY)
    ada.reply(root, "Hi")
    assert kinds(await here.caught_up(mark)) == ["written"]
    mark = Watermark.load(mark.dump())
    here.anew()
    clock.advance(DAY)
    here.slack.invite(other)
    (event,) = meant(await here.caught_up(mark))
    assert isinstance(event, Written) and event.message.endswith(missed.ts)
    clock.advance(DAY)
    assert await here.caught_up(mark) == []


async def test_the_last_message_of_a_thread_that_was_deleted_is_missed_there(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    await here.record(await here.live())
    mark = await here.catching_up.begin()
    clock.advance(DAY)
    ada.delete(said)
    (event,) = meant(await here.caught_up(mark))
    assert isinstance(event, Erased) and event.message.endswith(said.ts) and event.thread.endswith(root.ts)


async def test_of_what_was_only_just_said_nobody_concludes_that_it_was_deleted(
    here: Hearing, clock: DrivenClock
) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    mark = await here.catching_up.begin()
    said = ada.reply(root, "Hi")
    await here.record(await here.live())
    del here.slack.world.messages[here.channel.id][said.ts]  # Slack does not show it yet
    clock.advance(30)
    assert await here.caught_up(mark) == []
    clock.advance(60)
    assert kinds(await here.caught_up(mark)) == ["erased"]


async def test_of_what_the_free_plan_hides_nobody_concludes_that_it_was_deleted(
    here: Hearing, clock: DrivenClock
) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    await here.record(await here.live())
    mark = await here.catching_up.begin()
    clock.advance(91 * DAY)
    for one in (root, said):
        del here.slack.world.messages[here.channel.id][one.ts]
    assert f"{here.channel.id}:{said.ts}" not in [event.message for event in meant(await here.caught_up(mark))]


@pytest.mark.parametrize("with_replies", [True, False])
async def test_a_deleted_first_message_is_noticed_and_what_was_deleted_with_it(
    here: Hearing, clock: DrivenClock, with_replies: bool
) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    await here.record(await here.live())
    mark = await here.catching_up.begin()
    clock.advance(DAY)
    if not with_replies:
        ada.delete(said)
    here.slack.world.stones_take_replies = True
    here.slack.admin.delete(root)
    late = ada.reply(root, "Still here") if with_replies else None
    events = {event.message.rpartition(":")[2]: type(event) for event in meant(await here.caught_up(mark))}
    assert events == ({root.ts: Erased, late.ts: Written} if late else {root.ts: Erased, said.ts: Erased})


async def test_a_thread_that_is_older_than_our_first_day_here_is_read_too(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    clock.advance(DAY)
    ada.write(here.channel, "Lunch?")
    mark = await here.catching_up.begin()
    clock.advance(DAY)
    ada.reply(root, "Hi")
    assert kinds(await here.caught_up(mark)) == ["written"]


async def test_neither_threads_of_others_nor_what_other_bots_and_slack_say_is_told(
    here: Hearing, clock: DrivenClock
) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    mark = await here.catching_up.begin()
    clock.advance(1)
    ada.reply(ada.write(here.channel, "Lunch?"), "Yes")
    other = ada.reply(root, "From elsewhere")
    other.bot, other.app, other.subtype = "B0OTHER", "A0OTHER", "bot_message"
    assert await here.caught_up(mark) == []
    assert len(here.slack.asked("conversations.replies")) == 1


async def test_long_threads_and_channels_are_read_page_by_page(
    here: Hearing, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "PAGE", 3)
    ada, mark = here.slack.member("Ada"), await here.catching_up.begin()
    clock.advance(1)
    roots = [await here.post() for _ in range(5)]
    said = [ada.reply(root, f"Number {number}") for root in roots for number in range(8)]
    told = [event.message for event in meant(await here.caught_up(mark)) if isinstance(event, Written)]
    assert {f"{here.channel.id}:{one.ts}" for one in (*roots, *said)} == set(told)


async def test_what_is_too_much_to_be_read_is_counted_once(
    here: Hearing, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(catching_up, "PAGES", 2)
    monkeypatch.setattr(listing, "PAGES", 2)
    monkeypatch.setattr(budget, "PAGE", 3)
    ada, mark = here.slack.member("Ada"), await here.catching_up.begin()
    clock.advance(1)
    roots = [await here.post() for _ in range(8)]
    for number in range(20):
        ada.reply(roots[-1], f"Number {number}")
    assert await here.catching_up.catch_up(mark, here.record) == 2
    assert "holds more than can be read" in caplog.text
    assert await here.catching_up.catch_up(mark, here.record) == 0


async def test_law_05_a_room_or_a_thread_that_cannot_be_read_is_counted_and_keeps_no_other_from_being_read(
    here: Hearing, clock: DrivenClock
) -> None:
    other, ada = here.slack.channel("other"), here.slack.member("Ada")
    here.rooms.speakers = {**here.rooms.speakers, other.id: frozenset()}  # type: ignore[dict-item]
    mark = await here.catching_up.begin()
    clock.advance(1)
    roots = [await here.post(), await here.post()]
    for root in roots:
        ada.reply(root, "Hi")
    here.slack.remove(other)
    here.slack.fail("conversations.replies", "missing_scope", when=lambda args: args["ts"] == roots[0].ts)
    assert await here.catching_up.catch_up(mark, here.record) == 2
    written = [event for event in meant(here.recorded) if isinstance(event, Written) and event.key is None]
    assert [event.thread for event in written] == [f"{here.channel.id}:{roots[1].ts}"]


async def test_law_05_a_thread_that_slack_refused_once_is_read_the_next_time(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    mark = await here.catching_up.begin()
    clock.advance(DAY)
    ada.reply(root, "Hi")
    clock.advance(DAY)
    ada.reply(await here.post(), "Something newer")
    here.slack.fail("conversations.replies", "invalid_cursor", when=lambda args: args["ts"] == root.ts)
    assert await here.catching_up.catch_up(mark, here.record) == 1
    said = [event.text for event in meant(here.recorded) if isinstance(event, Written) and event.key is None]
    assert said == [paragraph("Something newer")]
    (event,) = meant(await here.caught_up(Watermark.load(mark.dump())))
    assert isinstance(event, Written) and event.text == paragraph("Hi")


async def test_law_05_what_comes_into_one_channel_while_the_others_are_read_is_read_the_next_time(
    here: Hearing, clock: DrivenClock
) -> None:
    other, ada = here.slack.channel("other"), here.slack.member("Ada")
    here.rooms.speakers = {**here.rooms.speakers, RoomId(other.id): frozenset()}
    channels = sorted([here.channel, other], key=lambda channel: channel.id)
    roots = []
    for here.channel in channels:
        roots.append(await here.post())
    mark = await here.catching_up.begin()
    clock.advance(DAY)
    ada.reply(roots[0], "Read at once")
    late = iter([True])

    async def record(raws: Sequence[RawEvent]) -> None:
        await here.record(raws)
        if next(late, False):  # the first channel was looked at already, the other one not yet
            clock.advance(120)
            ada.reply(roots[0], "Behind the reading")
            clock.advance(120)
            ada.reply(roots[1], "Before it")

    await here.catching_up.catch_up(mark, record)
    await here.caught_up(mark)
    said = {event.text for event in meant(here.recorded) if isinstance(event, Written) and event.key is None}
    assert said == set(map(paragraph, ("Read at once", "Behind the reading", "Before it")))


async def test_law_02_that_nobody_tells_who_marked_something_takes_no_mark_off(
    here: Hearing, clock: DrivenClock
) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    mark = await here.catching_up.begin()
    clock.advance(1)
    said = ada.reply(root, "Hi")
    ada.react(said, "mega")
    await here.caught_up(mark)
    here.slack.fail("reactions.get", "missing_scope", times=100)
    many = {"name": "mega", "count": 70, "users": ["U0NOTADA01"]}
    listed = {"ts": said.ts, "user": ada.id, "reactions": [many]}
    assert await here.catching_up._is_marked(here.channel.id, listed)


async def test_while_slack_is_not_reached_nothing_is_marked_as_heard(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    mark = await here.catching_up.begin()
    clock.advance(DAY)
    ada.reply(root, "Hi")
    before = mark.at
    for method in ("conversations.history", "conversations.replies"):
        here.slack.fail(method, 500, times=2)
        with pytest.raises(RetryLater):
            await here.catching_up.catch_up(mark, here.record)
        assert mark.at == before and here.recorded == []
    here.slack.fail("users.info", 500)
    here.slack.fail("conversations.replies", 500)  # once may be chance
    here.slack.message(here.channel, ada.reply(root, "Ho").ts)
    assert kinds(await here.caught_up(mark)) == ["written", "written"] and issubclass(UnknownTeam, RetryLater)


async def test_threads_that_were_read_are_not_read_again_because_another_one_could_not_be(
    here: Hearing, clock: DrivenClock
) -> None:
    """With one call in twenty lost, a thousand threads would never be read at a stretch."""
    ada, mark = here.slack.member("Ada"), await here.catching_up.begin()
    clock.advance(DAY)
    roots = [await here.post() for _ in range(6)]
    said = [ada.reply(root, "Hi") for root in roots]
    here.slack.fail("conversations.replies", 500, times=2, when=lambda args: args["ts"] == roots[3].ts)
    with pytest.raises(RetryLater):
        await here.catching_up.catch_up(mark, here.record)
    tried = len(here.slack.asked("conversations.replies"))
    clock.advance(30)
    ada.edit(said[1], "Ho")
    ada.reply(roots[2], "One more")
    await here.catching_up.catch_up(mark, here.record)
    asked = [one.args["ts"] for one in here.slack.asked("conversations.replies")][tried:]
    assert asked.index(roots[0].ts) > asked.index(roots[5].ts), "it is only looked at again for changes, at last"
    told = [type(event) for event in meant(here.recorded) if getattr(event, "key", None) is None]
    assert sorted(map(str, told)) == sorted(map(str, [Written] * 7 + [Edited]))
    assert len(here.slack.asked("conversations.replies")) == tried + 3 + 1 + 2, "each of the others once"


async def test_a_mark_among_many_is_looked_for(here: Hearing, clock: DrivenClock) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    ada.react(said, "mega")
    page = (await here.api.call("conversations.replies", channel=here.channel.id, ts=root.ts))["messages"]
    few = {**page[1], "reactions": [{"name": "mega", "users": [], "count": 70}]}
    assert await here.catching_up._is_marked(here.channel.id, few)
    ada.unreact(said, "mega")
    assert not await here.catching_up._is_marked(here.channel.id, few)


async def test_a_few_quiet_threads_are_read_at_once_and_the_others_wait(
    here: Hearing, clock: DrivenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching_up, "QUIET", 2)
    ada = here.slack.member("Ada")
    said = [ada.reply(await here.post(), "Hi") for _ in range(5)]
    await here.record(await here.live())
    mark = await here.catching_up.begin()
    clock.advance(DAY)
    for one in said:
        ada.edit(one, "Ho")
    before = len(here.recorded)
    for found, waiting in ((2, 3), (4, 1), (5, 0)):
        if found == 2:
            await here.catching_up.catch_up(mark, here.record)
        else:
            mark = Watermark.load(mark.dump())
            await here.catching_up.read_on(mark, here.record)
        assert kinds(here.recorded[before:]) == ["edited"] * found and len(mark.waiting) == waiting


# --- Where Slack allows little ------------------------------------------------------------------------------


@pytest.fixture
async def slow(slack: Double, tmp_path: Path, clock: DrivenClock) -> AsyncIterator[Hearing]:
    async with hearing(slack, tmp_path, clock, limited=True) as one:
        slack.limits.on = slack.limits.slow = True
        slack.limits.now, slack.limits.pace = clock.now, 1.0
        yield one


async def passing(clock: DrivenClock, work: asyncio.Task[int], seconds: float) -> float:
    """Let time pass until work is done; how much passed."""
    passed = 0.0
    while not work.done():
        await asyncio.sleep(0.002)
        clock.advance(1.0)
        passed += 1.0
        assert passed < seconds, "it took too long"
    return passed


async def test_once_a_minute_and_fifteen_at_a_time_all_is_read_in_the_end(slow: Hearing, clock: DrivenClock) -> None:
    slow.slack.limits.rules = {"chat.postMessage": (1000, 60.0)}
    slow.slack.limits.burst = 1000
    ada, mark = slow.slack.member("Ada"), await slow.catching_up.begin()
    clock.advance(60)
    roots = [await slow.post() for _ in range(20)]
    said = [ada.reply(roots[number], f"Number {number}") for number in (0, 0, 7, 19)]
    said += [ada.reply(roots[3], f"Number {number}") for number in range(30)]
    reading = asyncio.ensure_future(slow.catching_up.catch_up(mark, slow.record))
    await passing(clock, reading, 1800)
    told = {str(event.message) for event in meant(slow.recorded)}
    assert {f"{slow.channel.id}:{one.ts}" for one in (*roots, *said)} == told and reading.result() == 0
    calls = [*slow.slack.asked("conversations.history"), *slow.slack.asked("conversations.replies")]
    assert {one.args["limit"] for one in calls} == {"15"}
    assert all(one.status == 200 for one in calls)


async def test_that_a_workspace_allows_little_is_learnt_from_a_few_refusals(
    slow: Hearing, clock: DrivenClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slow.settings = type(slow.settings)(**{
        name: getattr(slow.settings, name) for name in slow.settings.__slots__ if name != "limited"
    })  # fmt: skip
    slow.anew()
    ada, mark = slow.slack.member("Ada"), await slow.catching_up.begin()
    clock.advance(61)
    root = await slow.post()
    said = [ada.reply(root, f"Number {number}") for number in range(80)]
    reading = asyncio.ensure_future(slow.catching_up.catch_up(mark, slow.record))
    await passing(clock, reading, 900)
    assert len(slow.recorded) == 1 + len(said)
    assert "lets this app read once a minute" in caplog.text
    refused = [one for one in slow.slack.asked("conversations.replies") if one.status == 429]
    assert len(refused) == 3


async def test_a_workspace_that_allows_fifty_calls_a_minute_is_not_taken_for_one_that_allows_one(
    here: Hearing, clock: DrivenClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Slack asks for half a minute there too."""
    ada, mark = here.slack.member("Ada"), await here.catching_up.begin()
    clock.advance(60)
    for _ in range(180):
        ada.reply(await here.post(), "Hi")
    here.slack.limits.on, here.slack.limits.now, here.slack.limits.pace = True, clock.now, 1.0
    reading = asyncio.ensure_future(here.catching_up.catch_up(mark, here.record))
    assert await passing(clock, reading, 600) >= 150
    assert len(here.recorded) == 360 and "once a minute" not in caplog.text


async def test_quiet_threads_are_left_for_later_where_little_is_allowed(slow: Hearing, clock: DrivenClock) -> None:
    slow.slack.limits.burst = 1000
    ada = slow.slack.member("Ada")
    said = [ada.reply(await slow.post(), "Hi") for _ in range(5)]
    await slow.record(await slow.live())
    mark = await slow.catching_up.begin()
    clock.advance(DAY)
    for one in said:
        ada.edit(one, "Ho")
    before, found = len(slow.recorded), 0
    reading = asyncio.ensure_future(slow.catching_up.catch_up(mark, slow.record))
    while True:
        passed = await passing(clock, reading, 600)
        found = len(slow.recorded) - before
        if not mark.waiting:
            break
        assert passed <= 300 and 0 < found < 5
        reading = asyncio.ensure_future(slow.catching_up.read_on(mark, slow.record))
    assert found == 5
