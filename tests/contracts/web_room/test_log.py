"""The room's event log is shortened, but never by what a daemon may still ask for."""

from __future__ import annotations

import logging
from functools import partial

import pytest

from adapters.web_room import events
from adapters.web_room.chat import KEPT
from tests.contracts.web_room.room_house import Ear, House, new_room, until


async def log_of(house: House) -> str:
    rows = await house.file.read(lambda c: [tuple(row) for row in c.execute("SELECT * FROM event")])
    return repr(rows)


async def age(house: House, seconds: float) -> None:
    """Make everything in the log so much older."""
    sql = "UPDATE event SET body = json_set(body, '$.at', json_extract(body, '$.at') - ?) WHERE body IS NOT NULL"
    await house.file.write(lambda c: c.execute(sql, (seconds,)))


async def heard_all(house: House, since: str | None) -> Ear:
    """Let a daemon start, read everything, look what the log need not keep, and end."""
    room = new_room(house.path)
    await room.open(house.stack)
    ear = Ear(room)
    ear.start(since)
    await ear.caught_up()

    async def tidied() -> bool:
        return room._tidied > 0

    await until(tidied, "the look")
    await room._read(events.dropped)  # comes after what the look has put before the file's one thread
    await ear.stop()
    return ear


async def test_old_words_that_a_daemon_has_are_dropped(house: House) -> None:
    ana = await house.guest("Ana")
    sent = await ana.send(house.number, "regretted words")
    await ana.ask("DELETE", f"/api/messages/{sent['id']}")
    await age(house, KEPT + 60)
    start = f"{house.file.instance}-0"
    first = await heard_all(house, start)
    assert "regretted words" in repr(first.events)
    assert "regretted words" not in await log_of(house)
    await ana.send(house.number, "new words")
    again = await heard_all(house, first.watermark)
    assert [raw.body for raw in again.events if "new words" in raw.body] and "regretted" not in repr(again.events)


async def test_young_words_and_unread_ones_are_kept(house: House) -> None:
    ana = await house.guest("Ana")
    await ana.send(house.number, "old and unread")
    await age(house, KEPT + 60)
    before = 2e12
    await house.file.write(partial(events.drop, before=before))
    assert "old and unread" in await log_of(house)  # no daemon has ever read the log
    await house.file.write(partial(events.take_over, chat="room", seq=10**6))
    await house.file.write(partial(events.take_over, chat="another", seq=0))
    await house.file.write(partial(events.drop, before=before))
    assert "old and unread" in await log_of(house)  # one of two daemons has not
    await ana.send(house.number, "young")
    await heard_all(house, f"{house.file.instance}-0")
    assert "young" in await log_of(house)


async def test_an_older_ledger_is_told_what_it_missed(house: House, caplog: pytest.LogCaptureFixture) -> None:
    ana = await house.guest("Ana")
    for text in ("one", "two"):
        await ana.send(house.number, text)
    await age(house, KEPT + 60)
    start = f"{house.file.instance}-0"
    await heard_all(house, start)
    caplog.set_level(logging.WARNING)
    await ana.send(house.number, "three")
    restored = await heard_all(house, start)
    assert ["three" in raw.body for raw in restored.events] == [True]
    assert "the ledger is older than what the log" in caplog.text


async def test_a_page_from_before_reads_itself_again(house: House) -> None:
    ana = await house.guest("Ana")
    await ana.send(house.number, "one")
    await age(house, KEPT + 60)
    await heard_all(house, f"{house.file.instance}-0")
    stream = await house.live(ana, since="0.0")
    assert await stream.next("reread", "message", "upto") == ("reread", {})
