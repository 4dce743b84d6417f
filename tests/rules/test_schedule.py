from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.schedule import LONGEST, NEWS_APART, Beat, after_failure, after_news, after_success

beats = st.builds(Beat, st.floats(0.1, 86_400))
wide_beats = st.builds(Beat, st.floats(0.1, 3600), st.floats(0, 86_400))
quiets = st.floats(0, 1e9)
luck = st.floats(0, 1, exclude_max=True)
NOW = 1_800_000_000.0


@given(beats, luck)
def test_a_blog_is_read_after_its_beat_and_no_more_than_a_tenth_later(beat: Beat, luck: float) -> None:
    wait = after_success(beat, NOW, luck) - NOW
    assert beat.every * 0.999 <= wait + 1e-6 and wait <= beat.every * 1.1 + 1e-6


@given(beats, st.floats(0, 1e9), luck)
def test_the_server_s_patience_is_kept_as_far_as_it_is_sensible(beat: Beat, patience: float, luck: float) -> None:
    wait = after_success(beat, NOW, luck, patience) - NOW
    assert wait >= max(beat.every, min(patience, LONGEST)) * 0.999 - 1e-6
    assert wait <= max(beat.every, LONGEST) * 1.1 + 1e-6


@given(beats, st.integers(1, 10_000), st.none() | st.floats(0, 1e6), luck)
def test_a_failing_blog_is_asked_later_and_later_but_not_for_ever_later(
    beat: Beat, failures: int, asked: float | None, luck: float
) -> None:
    wait = after_failure(beat, NOW, failures, asked, luck) - NOW
    assert wait >= (asked or 0.0) - 1e-6, "the server's own wish is never undercut"
    assert wait <= max(asked or 0.0, LONGEST * 1.25) + 1e-6
    assert after_failure(beat, NOW, failures + 1, asked, luck) - NOW >= wait - 1e-6


@given(wide_beats, quiets, quiets, luck)
def test_the_longer_nothing_happens_the_slower_the_beat_between_its_bounds(
    beat: Beat, quiet: float, more: float, luck: float
) -> None:
    wait = after_success(beat, NOW, luck, quiet=quiet) - NOW
    assert beat.every * 0.999 - 1e-6 <= wait <= beat.longest * 1.1 + 1e-6
    assert after_success(beat, NOW, luck, quiet=quiet + more) - NOW >= wait - 1e-6
    assert beat.after(0.0) == beat.every and beat.after(1e12) == beat.longest


def test_the_default_beat_slows_down_after_twenty_minutes_and_is_at_its_slowest_after_three_hours_and_a_third() -> None:
    beat = Beat(60.0, 600.0)
    waits = [beat.after(minutes * 60) for minutes in (0, 20, 40, 100, 200, 100_000)]
    assert waits == [60, 60, 120, 300, 600, 600]
    assert Beat(60.0).after(1e9) == 60.0 and Beat(60.0, 10.0).longest == 60.0


@given(wide_beats, st.floats(0, 7200), st.floats(0, 7200), st.integers(0, 5))
def test_news_hurry_a_reading_but_never_two_in_a_row_and_never_a_blog_that_fails(
    beat: Beat, ahead: float, ago: float, failures: int
) -> None:
    planned, began = NOW + ahead, NOW - ago
    at = after_news(beat, planned, began, failures)
    assert at <= planned
    if failures:
        assert at == planned
    elif at < planned:
        assert at - began >= min(beat.every, NEWS_APART) - 1e-6
        assert at - NOW <= NEWS_APART
