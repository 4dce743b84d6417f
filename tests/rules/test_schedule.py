from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.schedule import LONGEST, Beat, after_failure, after_success

beats = st.builds(Beat, st.floats(0.1, 86_400))
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
