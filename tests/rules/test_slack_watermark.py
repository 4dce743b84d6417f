"""How far Slack was heard, written down and read again; and which messages are remembered."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import watermark
from adapters.slack.ids import written_ts
from adapters.slack.watermark import Remembered, Watermark

CHANNEL = "C0ROOM"
NOW = 1_800_000_000_000_000


def test_what_is_written_down_is_read_again() -> None:
    mark = Watermark(NOW, NOW - 1, waiting={f"{CHANNEL}:1.000001": NOW - 5}, missed={CHANNEL: 0})
    mark.remembered.note(CHANNEL, "5.000001", "4.000001")
    mark.remembered.note(CHANNEL, "6.000001", "4.000001")
    mark.remembered.mark(CHANNEL, "6.000001", True)
    again = Watermark.load(mark.dump())
    assert (again.at, again.floor, again.waiting, again.missed) == (mark.at, mark.floor, mark.waiting, mark.missed)
    assert again.remembered.below(CHANNEL, "4.000001") == ["5.000001", "6.000001"]
    assert [again.remembered.is_marked(CHANNEL, ts) for ts in ("5.000001", "6.000001")] == [False, True]
    assert again.dump() == mark.dump()


_LEAVES = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)
_FIELDS = st.sampled_from(["at", "floor", "remembered", "waiting", "missed"])


@given(st.text(max_size=30) | (_LEAVES | st.dictionaries(_FIELDS, _LEAVES, max_size=5)).map(json.dumps))
def test_nothing_else_is_a_watermark(words: str) -> None:
    with pytest.raises(ValueError, match="no watermark of Slack's"):
        Watermark.load(words)


def test_another_chats_watermark_is_none_of_slacks() -> None:
    with pytest.raises(ValueError, match="no watermark of Slack's"):
        Watermark.load('{"at": 1.5, "floor": "12", "seen": {}, "missed": {}}')


def test_it_looks_at_the_last_minute_again_but_not_before_the_floor() -> None:
    mark = Watermark(NOW, 0)
    assert mark.upto == NOW - 60_000_000
    mark.floor = mark.at - 5
    assert mark.upto == mark.floor


def test_law_05_what_could_not_be_read_is_told_once() -> None:
    mark = Watermark(NOW, 0)
    assert mark.miss({"a": 1, "b": 2}) == {"a", "b"}
    assert Watermark.load(mark.dump()).miss({"a": 1, "b": 3}) == {"b"}
    assert mark.miss({}) == set() and mark.miss({"a": 1}) == {"a"}


def test_what_is_kept_is_bounded() -> None:
    mark = Watermark(NOW, 0)
    for number in range(watermark.REMEMBERED + 5):
        mark.remembered.note(CHANNEL, written_ts(NOW + number), "4.000001")
    assert mark.remembered.root(CHANNEL, written_ts(NOW + 4)) is None
    assert mark.remembered.root(CHANNEL, written_ts(NOW + 5)) == "4.000001"
    assert len(json.loads(mark.dump())["remembered"]) == watermark.KEPT
    for number in range(watermark.WAITING + 5):
        mark.wait(f"{CHANNEL}:{number}.000001", NOW)
    assert len(mark.waiting) == watermark.WAITING
    mark.miss({str(number): 0 for number in range(watermark.MISSED + 5)})
    assert len(mark.missed) == watermark.MISSED


def test_a_thread_waits_since_the_earliest_instant() -> None:
    mark = Watermark(NOW, 0)
    for since in (5, 3, 7):
        mark.wait("C1:1.000001", since)
    assert mark.waiting == {"C1:1.000001": 3}


def test_what_is_remembered_of_two_is_not_lost_by_taking_one_in() -> None:
    mine, theirs = Remembered(), Remembered()
    mine.note(CHANNEL, "5.000001", "4.000001")
    mine.mark(CHANNEL, "5.000001", True)
    theirs.note(CHANNEL, "5.000001", "4.000001")
    theirs.note(CHANNEL, "6.000001", "4.000001")
    mine.take_in(theirs)
    assert mine.below(CHANNEL, "4.000001") == ["5.000001", "6.000001"] and mine.is_marked(CHANNEL, "5.000001")
    mine.note(CHANNEL, "5.000001", "4.000001")
    assert mine.is_marked(CHANNEL, "5.000001")
    mine.forget(CHANNEL, "5.000001")
    assert not mine.is_marked(CHANNEL, "5.000001") and mine.roots(CHANNEL, 6_000_001) == {"4.000001"}
    assert mine.roots(CHANNEL, 6_000_002) == mine.roots("C0OTHER", 0) == set()


def test_law_05_a_thread_that_was_left_waits_for_the_next_reading() -> None:
    mark = Watermark(NOW, 0)
    mark.leave("C1:1.5", 7)
    mark.leave("C1:1.5", 9)
    mark.leave("C2", 5)
    again = Watermark.load(mark.dump())
    again.try_again()
    assert again.waiting == {"C1:1.5": 7} and again.behind == {"C2": 5}
