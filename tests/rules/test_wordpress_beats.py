"""What is read of a WordPress at a beat: pure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.wordpress import beats
from adapters.wordpress.beats import OVERLAP, PAGE, State
from adapters.wordpress.keys import key_of, signed, without_key
from adapters.wordpress.ways import Ways
from bridge.model import Key, Page

KEY = Key("abcdefghijklmnopqrstuvwx")
NOW = 1_800_000_000.0


def test_a_cursor_is_taken_back_as_it_was() -> None:
    state = State("moderator", 45, 3, None, (40, 45), 45, "sum", (7,), NOW - 1, NOW, NOW + 1, 190, hurry=True)
    assert beats.load(beats.dump(state), "moderator") == state


@pytest.mark.parametrize("cursor", [None, "", "{}", "[]", "null", '{"v":2}', '{"v":1,"view":"x","window":3}', "\x00"])
def test_a_cursor_that_is_not_ours_begins_anew(cursor: str | None) -> None:
    assert beats.load(cursor, "stranger", past=9) == State("stranger", past=9)


def test_another_view_begins_anew_and_what_stood_is_past() -> None:
    state = replace(State("stranger"), last=45, offset=None)
    assert beats.load(beats.dump(state), "moderator") == State("moderator", past=45)
    assert beats.load(beats.dump(State("stranger", last=3, past=45)), "moderator").past == 45


def window(*numbers: int) -> State:
    return State("moderator", window=numbers, total=len(numbers), mark="read")


@pytest.mark.parametrize(
    ("before", "after", "total", "explained"),
    [
        (window(), (1,), 1, True),
        (window(1, 2), (1, 2, 3), 3, True),
        (window(1, 2, 3), (1, 3), 2, True),
        (window(1, 2, 3), (1, 3, 4), 3, True),
        (window(1, 2, 4), (1, 2, 3, 4), 4, True),
        (window(1, 2), (1, 2), 3, False),
        (window(1, 2), (1, 2), 1, False),
    ],
)
def test_a_total_is_explained_by_what_came_and_went(
    before: State, after: tuple[int, ...], total: int, explained: bool
) -> None:
    assert beats.explained(before, after, total) is explained
    assert beats.noted(before, after, total, "sum", NOW).hurry is not explained


def test_what_slides_in_or_out_at_the_bottom_of_the_newest_page_is_no_change() -> None:
    full = replace(window(*range(201, 301)), total=300)
    assert beats.explained(full, range(202, 302), 301), "a new one pushes the oldest of the page out"
    assert beats.explained(full, [200, *range(201, 250), *range(251, 301)], 299), "one goes, an older one slides in"
    assert not beats.explained(full, range(201, 301), 299), "an older one went"


def test_the_first_look_at_the_newest_page_is_no_reason_to_hurry() -> None:
    assert not beats.noted(State("moderator"), [5, 9], 500, "sum", NOW).hurry


@given(total=st.integers(PAGE + 1, 5000))
def test_a_round_of_the_older_pages_leaves_none_out(total: int) -> None:
    state = State("moderator", total=total, hurry=True)
    seen = PAGE
    for _ in range(total):
        assert state.deep < seen, "a page begins before the last one ended"
        seen = state.deep + PAGE
        state = beats.swept(state, total, NOW)
        if not state.hurry:
            break
    assert seen >= total
    assert state.deep == PAGE - OVERLAP


def test_a_slower_beat_is_due_after_its_time_and_when_the_clock_was_set_back() -> None:
    state = State("moderator", moved_at=NOW, whole_at=NOW, deep_at=NOW, total=PAGE + 1)
    for due in (beats.whole_due, beats.deep_due):
        assert not due(state, 300, NOW + 299)
        assert due(state, 300, NOW + 300)
        assert due(state, 300, NOW - 1)


def test_the_longer_nothing_happens_the_rarer_are_the_slower_beats() -> None:
    state = State("moderator", moved_at=NOW - 7200, whole_at=NOW)
    assert not beats.whole_due(state, 300, NOW + 599)
    assert beats.whole_due(state, 300, NOW + 660)
    idle = replace(state, moved_at=0.0)
    assert not beats.whole_due(idle, 300, NOW + 1799)
    assert beats.whole_due(idle, 300, NOW + 1800)


def test_older_pages_are_read_where_there_are_any_and_at_once_in_a_hurry() -> None:
    late = NOW + 99_999
    assert not beats.deep_due(State("moderator", total=PAGE), 600, late)
    assert beats.deep_due(State("moderator", total=PAGE + 1), 600, late)
    assert beats.deep_due(State("moderator", total=PAGE + 1, moved_at=NOW, deep_at=NOW, hurry=True), 600, NOW + 1)


def test_a_mark_tells_statuses_and_totals_apart() -> None:
    rows = [{"id": 1, "status": "approved"}, {"id": 2, "status": "hold"}]
    assert beats.mark(rows, 2) == beats.mark([dict(row) for row in rows], 2)
    changed = [{"id": 1, "status": "approved"}, {"id": 2, "status": "approved"}]
    assert len({beats.mark(rows, 2), beats.mark(rows, 3), beats.mark(changed, 2), beats.mark(rows[:1], 2)}) == 4


def test_both_ways_of_reading_keep_their_own_cursor() -> None:
    page = Page((), (), (), "by rest", NOW)
    both = Ways.load(Ways().rest_after(page).on(page).cursor).feed_after(replace(page, cursor="by feed"))
    assert (both.rest, both.feed) == ("by rest", "by feed")
    assert Ways.load("nonsense") == Ways.load(None) == Ways()


@pytest.mark.parametrize(
    ("address", "carried"),
    [
        ("https://mara.example", f"https://mara.example/#bc-{KEY}"),
        ("https://mara.example/", f"https://mara.example/#bc-{KEY}"),
        ("https://mara.example/about", f"https://mara.example/about#bc-{KEY}"),
        ("https://mara.example/?p=3", f"https://mara.example/?p=3#bc-{KEY}"),
        ("https://mara.example/#about", f"https://mara.example/#about:~:bc-{KEY}"),
    ],
)
def test_a_key_travels_behind_an_address_and_the_address_still_works(address: str, carried: str) -> None:
    assert signed(address, KEY) == carried
    assert key_of(carried) == KEY
    assert without_key(carried) in {address, address + "/"}


@pytest.mark.parametrize("address", [None, "", "https://x.example/#bc-short", f"https://x.example/bc-{KEY}"])
def test_other_addresses_carry_no_key(address: str | None) -> None:
    assert key_of(address) is None
    assert without_key(address) == (address or None)
