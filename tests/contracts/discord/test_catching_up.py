"""What was said while nobody listened is heard later: in order, once, within bounds, and never what is past."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.discord import catching_up
from adapters.discord.catching_up import PAGE
from adapters.discord.double.things import Message
from adapters.discord.snowflakes import first_at
from adapters.discord.watermark import OVERLAP, Watermark
from bridge.model import Choice, Desk, Edited, Key, Marked, MessageId, Moderated, RoomId, ThreadId, Written
from bridge.testing.chat_contract import PATIENCE, WAITING, comment
from bridge.text.tree import wording
from tests.contracts.discord.listeners import Listened, Told, listened

MARK = "\N{POSTBOX}"
MEMBERS = "/guilds/{guild_id}/members/{user_id}"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Listened]:
    async with listened(tmp_path) as one:
        yield one


async def heard(on: Listened, since: str | None = None) -> Told:
    """What an ear hears from a watermark until it is caught up."""
    ear = on.ear()
    async with ear.listening(since):
        await ear.up()
    return ear


async def now(on: Listened) -> str:
    """The watermark of this moment."""
    watermark = (await heard(on)).watermark
    assert watermark is not None
    return watermark


def words(ear: Told) -> list[str]:
    """What people wrote, as heard."""
    return [wording(event.text) for _, event in ear.meant() if isinstance(event, Written) and event.key is None]


async def test_what_was_written_in_active_and_archived_threads_is_heard_in_order(on: Listened) -> None:
    other = await on.another("/second/")
    since = await now(on)
    on.write("One")
    on.scene.ada.write(other, "Two")
    on.write("Three")
    on.scene.eve.archive(other)
    ear = await heard(on, since)
    assert sorted(words(ear)) == ["One", "Three", "Two"]
    assert [name for name in words(ear) if name != "Two"] == ["One", "Three"]
    assert (await heard(on, ear.watermark)).events == []


async def test_law_08_nothing_that_is_past_is_heard_at_the_first_listening(on: Listened) -> None:
    archived = await on.another("/second/")
    on.write("Past")
    on.scene.ada.write(archived, "Long past")
    on.scene.eve.archive(archived)
    past = on.write("Past, and changed later")
    first = await heard(on)
    assert first.events == []
    on.scene.ada.edit(past, "Changed")
    on.scene.ada.react(past, MARK)
    new = on.write("New")
    assert (await heard(on, first.watermark)).theirs() == [("Written", new.id)]


async def test_the_first_listening_of_a_server_without_messages_begins_at_nothing(tmp_path: Path) -> None:
    async with listened(tmp_path) as on:
        await on.scene.chat.erase(on.thread, MessageId(on.thread))
        assert Watermark.load(await now(on)).at > 0


async def test_an_edit_of_what_was_heard_is_told_and_one_of_what_was_not_is_its_wording(on: Listened) -> None:
    live = on.ear()
    async with live.listening(None):
        await live.up()
        known = on.write("In March")
        await live.until(lambda: bool(live.of(known)), "the message")
    on.scene.ada.edit(known, "In April")
    new = on.write("How?")
    on.scene.ada.edit(new, "How and when?")
    ear = await heard(on, live.watermark)
    assert [(type(event), wording(event.text)) for one in (known, new) for event in ear.of(one)] == [  # type: ignore[union-attr]
        (Edited, "In April"), (Written, "How and when?"),
    ]  # fmt: skip
    assert (await heard(on, ear.watermark)).theirs() == []


async def test_what_was_written_before_what_was_heard_last_is_not_lost(on: Listened) -> None:
    """Discord may tell of a message later than of a younger one: whoever goes away between must hear it later."""
    live = on.ear()
    async with live.listening(None):
        await live.up()
        on.scene.discord.spoil("MESSAGE_CREATE", "drop")
        late, told = on.write("Late"), on.write("Told")
        await live.until(lambda: bool(live.of(told)), "the younger one")
    assert live.of(late) == []
    assert words(await heard(on, live.watermark)) == ["Late"]


async def test_a_mark_of_the_writers_own_is_found(on: Listened) -> None:
    before = on.write("Before")
    since = await now(on)
    mine, others = on.write("Mine"), on.write("Marked by another")
    on.scene.ada.react(mine, MARK)
    on.scene.eve.react(mine, MARK)
    on.scene.eve.react(others, MARK)
    on.scene.ada.react(before, MARK)
    ear = await heard(on, since)
    marks = [event for _, event in ear.meant() if isinstance(event, Marked)]
    assert [(mark.message, mark.by.id, mark.on) for mark in marks] == [(mine.id, on.scene.ada.id, True)]
    orders = [raw.order for raw in ear.events]
    assert orders == sorted(orders)


async def test_a_mark_on_what_was_heard_before_is_found_though_nothing_is_new(on: Listened) -> None:
    live = on.ear()
    async with live.listening(None):
        await live.up()
        message = on.write("In March")
        await live.until(lambda: bool(live.of(message)), "the message")
    on.scene.ada.react(message, MARK)
    (event,) = (await heard(on, live.watermark)).of(message)
    assert isinstance(event, Marked)


async def test_law_08_roles_are_asked_for_and_those_of_who_has_left_are_none(on: Listened) -> None:
    authors = on.scene.discord.role("Authors")
    on.scene.ada.in_roles(authors)
    gone = on.scene.discord.member("Gil", authors)
    since = await now(on)
    mine, his = on.write("As an author"), gone.write(on.there, "I am off")
    on.write("Once more")
    gone.leave()
    ear = await heard(on, since)
    roles = [event.writer.roles for one in (mine, his) for event in ear.of(one) if isinstance(event, Written)]
    assert roles == [{authors.id}, frozenset()]
    assert len(on.scene.discord.asked("GET", MEMBERS)) == 2


async def test_law_05_a_message_that_nobody_can_read_is_counted_and_keeps_no_other_from_being_heard(
    on: Listened, caplog: pytest.LogCaptureFixture
) -> None:
    live = on.ear()
    async with live.listening(None):
        await live.up()
        odd = on.write("Odd")
        await live.until(lambda: bool(live.of(odd)), "the message")
    odd.edited = 253_402_300_700.0  # in the year 9999, which is no id of Discord's any more
    on.write("In March")
    ear = await heard(on, live.watermark)
    assert (words(ear), ear.gaps) == (["In March"], 1)
    assert odd.id in caplog.text
    assert (await heard(on, ear.watermark)).gaps == 0


async def test_no_roles_are_asked_for_where_none_decides_anything(on: Listened) -> None:
    on.scene.chat.desks({on.scene.room: Desk(frozenset({on.scene.person}), closed=False)})
    since = await now(on)
    on.write("In March")
    assert words(await heard(on, since)) == ["In March"]
    assert on.scene.discord.asked("GET", MEMBERS) == []


async def test_hundreds_of_messages_are_read_page_by_page(on: Listened) -> None:
    since = await now(on)
    wanted = [f"Line {number}" for number in range(2 * PAGE + 30)]
    for line in wanted:
        on.write(line)
    assert words(await heard(on, since)) == wanted


async def test_law_05_more_than_the_bound_is_said_and_the_newest_are_read(
    on: Listened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(catching_up, "MESSAGES", PAGE)
    since = await now(on)
    for number in range(PAGE + 5):
        on.write(f"Line {number}")
    ear = await heard(on, since)
    assert words(ear) == [f"Line {number}" for number in range(5, PAGE + 5)]
    assert "are new in the thread" in caplog.text
    assert ear.gaps == 1  # at least
    assert (await heard(on, ear.watermark)).gaps == 0


async def test_law_05_more_threads_than_the_bound_are_counted_and_the_newest_are_read(
    on: Listened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(catching_up, "THREADS", 1)
    others = [await on.another(f"/{name}/") for name in ("second", "third")]
    since = await now(on)
    for number, thread in enumerate([on.there, *others]):
        on.scene.ada.write(thread, f"Line {number}")
    ear = await heard(on, since)
    assert (words(ear), ear.gaps) == (["Line 2"], 2)
    assert "the others are not" in caplog.text


@pytest.mark.parametrize("status", [403, 404])
async def test_law_05_a_thread_that_cannot_be_read_is_counted_once_for_what_is_in_it(
    on: Listened, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    other = await on.another("/second/")
    since = await now(on)
    on.write("Closed")
    on.scene.ada.write(other, "Open")
    shut = on.scene.discord.fail("GET", f"/channels/{on.thread}/messages", status, times=99)
    first = await heard(on, since)
    assert (words(first), first.gaps) == (["Open"], 1)
    assert "cannot be read" in caplog.text
    await doors_open(on)
    again = await heard(on, first.watermark)
    assert again.gaps == 0
    on.write("Closed still")
    await doors_open(on)
    assert (await heard(on, again.watermark)).gaps == 1
    assert shut.hits == 3


async def doors_open(on: Listened) -> None:
    """What was forbidden a moment ago is asked again, as by a daemon that begins."""
    stack = AsyncExitStack()
    on.scene.chat = await on.scene.restart(stack)
    on.stack.push_async_exit(stack)


async def test_reading_that_fails_for_a_moment_is_tried_again(on: Listened) -> None:
    since = await now(on)
    on.write("In March")
    for path in ("/guilds/*/threads/active", "/channels/*/messages", "/guilds/*/members/*"):
        on.scene.discord.fail("GET", path, 503)
    on.scene.discord.fail("GET", "/channels/*/messages", "reset")
    assert words(await heard(on, since)) == ["In March"]


async def test_law_05_a_channel_that_is_closed_to_us_is_counted_once_and_keeps_no_other_from_being_read(
    on: Listened, caplog: pytest.LogCaptureFixture
) -> None:
    shut = on.scene.discord.channel("secret", private=True)
    on.scene.discord.permit(shut, on.scene.discord.bot, deny=1 << 10)
    on.scene.chat.desks({room: Desk(frozenset(), closed=False) for room in (on.scene.room, RoomId(shut.id))})
    since = await now(on)
    on.write("In March")
    ear = await heard(on, since)
    assert (words(ear), ear.gaps) == (["In March"], 1)
    assert shut.id in caplog.text
    assert (await heard(on, ear.watermark)).gaps == 0


async def test_what_is_written_while_the_past_is_read_comes_after_it(on: Listened) -> None:
    since = await now(on)
    on.write("Past")
    held = on.scene.discord.fail("GET", "/channels/*/messages", hold=True)
    ear = on.ear()
    async with ear.listening(since):
        await held.reached.wait()
        on.write("Meanwhile")
        held.release()
        await ear.up()
    assert words(ear) == ["Past", "Meanwhile"]
    assert ear.up_after == len(ear.events)


async def test_what_is_pressed_while_the_past_is_read_is_recorded_at_once(on: Listened) -> None:
    on.scene.chat.desks({on.scene.room: Desk(frozenset({on.scene.person}), closed=False)})
    card = await on.scene.chat.say(on.thread, on.scene.chat.render(WAITING)[0], Key("k" * 24))
    since = await now(on)
    on.write("Past")
    held = on.scene.discord.fail("GET", "/channels/*/messages", hold=True)
    ear = on.ear()
    async with ear.listening(since):
        await held.reached.wait()
        await on.scene.choose(on.thread, card, Choice.SPAM, WAITING.mark)  # which waits for the answer to it
        assert [type(event) for event in ear.about(card)] == [Moderated]
        assert not ear.caught_up
        held.release()
        await ear.up()
    assert words(ear) == ["Past"]


async def test_law_01_the_watermark_is_moved_only_with_what_it_vouches_for(on: Listened) -> None:
    since = await now(on)
    on.write("In March")
    first = on.ear()
    first.deaf = True
    async with first.listening(since) as task:
        await asyncio.wait([task], timeout=PATIENCE)
        assert isinstance(task.exception(), OSError)
    assert first.watermark is None
    assert words(await heard(on, since)) == ["In March"]


async def test_law_06_our_own_messages_of_that_time_are_told_by_their_keys(on: Listened) -> None:
    since = await now(on)
    thread = await on.another("/second/")
    message: Message = on.scene.ada.write(thread, "Nice")
    key = "k" * 24
    async with AsyncExitStack() as stack:
        chat = await on.scene.restart(stack)
        part = chat.render(comment())[0]
        ours = await chat.say(ThreadId(thread.id), part, Key(key))
    ear = await heard(on, since)
    assert [event.key for event in ear.about(ours) if isinstance(event, Written)] == [key]
    assert ear.theirs() == [("Written", message.id)]


@pytest.mark.parametrize("skew", [-3600.0, 3600.0])
async def test_whose_clock_is_wrong_makes_no_difference(on: Listened, skew: float) -> None:
    on.scene.discord.world.time.skew = skew
    on.write("Past")
    since = await now(on)
    on.write("One")
    first = await heard(on, since)
    on.write("Two")
    assert words(first) == ["One"]
    assert words(await heard(on, first.watermark)) == ["Two"]


async def test_law_08_what_could_not_be_read_at_the_first_listening_is_past_all_the_same(on: Listened) -> None:
    on.write("Past")
    on.scene.discord.fail("GET", "/guilds/*/channels", 403)
    first = await heard(on)
    assert first.caught_up
    assert words(await heard(on, first.watermark)) == []


async def test_law_05_a_server_that_cannot_be_read_for_a_while_is_said_and_read_later(
    on: Listened, caplog: pytest.LogCaptureFixture
) -> None:
    since = await now(on)
    on.write("In March")
    on.scene.discord.fail("GET", "/guilds/*/threads/active", 403)
    meanwhile = await heard(on, since)
    assert (words(meanwhile), meanwhile.gaps) == ([], 1)
    assert "cannot be listed" in caplog.text
    assert words(await heard(on, meanwhile.watermark)) == ["In March"]


async def test_a_watermark_of_another_chats_is_none(on: Listened, caplog: pytest.LogCaptureFixture) -> None:
    on.write("Past")
    ear = await heard(on, "4711")
    assert ear.events == []
    assert "4711" in caplog.text


def test_a_watermark_remembers_what_was_heard_of_the_last_minute_and_no_more() -> None:
    mark = Watermark(0.0, 0)
    for second in (100, 130, 155, 220):
        mark.heard({"id": str(_id(second)), "edited_timestamp": None})
    assert mark.miss({"40": 7, "41": 0}) == {"40", "41"}
    assert mark.miss({"40": 8, "41": 0}) == {"40"}
    mark.heard({"id": str(_id(190)), "edited_timestamp": "1970-01-01T00:00:07+00:00"})
    again = Watermark.load(mark.dump())
    assert (again.at, again.floor, again.missed) == (mark.at, 0, {"40": 8, "41": 0})
    assert list(again.seen.values()) == [0, 7000]
    assert again.has(str(_id(100)))
    assert not again.has(str(_id(200)))
    assert again.upto == _id(220 - OVERLAP)


@pytest.mark.parametrize("words", ["", "4711", "[]", "{}", '{"at": "x", "floor": 1, "seen": {}}', '{"at": 1}'])
def test_what_is_no_watermark_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Watermark.load(words)


def _id(second: float) -> int:
    return first_at(1_800_000_000.0 + second)
