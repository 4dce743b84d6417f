from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import MaybeDone, NotThatComment, Refused, RetryLater, ThreadLost
from bridge.outcome import (
    FIRST_LOOK,
    LONGEST_PAUSE,
    Again,
    Attempt,
    LookUp,
    Park,
    Refuse,
    Repeat,
    Ways,
    after_absence,
    after_error,
    may_start,
    pause,
    unknown,
)

NOW = 1_800_000_000.0
ways = st.builds(
    Ways, repeatable=st.booleans(), key_window=st.sampled_from([0.0, 1.5, 300.0, math.inf]), searchable=st.booleans()
)
attempts = st.builds(
    Attempt, started=st.floats(NOW - 1000, NOW), attempts=st.integers(0, 10_000), ways=ways, repeated=st.booleans()
)


@given(st.integers(0, 10_000))
def test_pauses_grow_and_stay_bounded(number: int) -> None:
    assert 0 < pause(number) <= pause(number + 1) <= LONGEST_PAUSE


@given(attempts, st.sampled_from([Refused, NotThatComment, ThreadLost]))
def test_what_is_refused_is_never_tried_again(attempt: Attempt, kind: type[Refused]) -> None:
    assert after_error(kind("no"), attempt, NOW) == Refuse("no")


@given(attempts, st.none() | st.floats(0, 10_000))
def test_law_02_later_means_again_only_where_nothing_can_have_happened(attempt: Attempt, after: float | None) -> None:
    found = after_error(RetryLater("busy", after), attempt, NOW)
    assert isinstance(found, Again) is not attempt.repeated
    if isinstance(found, Again | Repeat):
        assert found.at == NOW + (pause(attempt.attempts) if after is None else after)


@given(attempts)
def test_law_02_doubt_is_resolved_by_the_platforms_own_means_or_by_a_person(attempt: Attempt) -> None:
    found = unknown(attempt, "lost", NOW)
    assert found == after_error(MaybeDone("lost"), attempt, NOW)
    if isinstance(found, Repeat):
        in_window = found.at < attempt.started + attempt.ways.key_window
        assert found.at > NOW and (attempt.ways.repeatable or in_window)
    elif isinstance(found, LookUp):
        assert attempt.ways.searchable and found.at == NOW + FIRST_LOOK
    else:
        assert isinstance(found, Park) and not attempt.ways.searchable and not attempt.ways.repeatable


@given(st.floats(0, 1e10), st.floats(0, 1e10))
def test_law_02_absence_counts_once_the_attempt_has_settled(look_at: float, now: float) -> None:
    assert after_absence(look_at, now) == (None if now >= look_at else look_at)


@given(st.floats(0, 1e9), st.floats(0, 1e3), st.floats(-1e3, 1e3))
def test_law_02_a_step_starts_only_if_its_lease_outlasts_it(now: float, time_out: float, rest: float) -> None:
    assert may_start(None, now, time_out)
    assert may_start(now + time_out + abs(rest), now, time_out)
    assert not may_start(now + time_out - abs(rest) - 1, now, time_out)
