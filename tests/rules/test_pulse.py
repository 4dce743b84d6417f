"""Who gets on, who rests, and who is stuck."""

from __future__ import annotations

import pytest

from bridge.pulse import Pulse


class Time:
    """Seconds that the test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pulse(time: Time) -> Pulse:
    return Pulse(patience=10.0, now=time)


def test_whoever_said_nothing_owes_nothing(pulse: Pulse, time: Time) -> None:
    time.now += 1e6
    assert pulse.overdue() == {} and pulse.ages() == {}


def test_a_loop_is_overdue_once_it_is_later_than_it_said_and_patience_is_over(pulse: Pulse, time: Time) -> None:
    pulse.beat("inbox", 30.0)
    time.now += 40.0
    assert pulse.overdue() == {}
    time.now += 0.5
    assert pulse.overdue() == {"inbox": 40.5}
    pulse.beat("inbox")
    assert pulse.overdue() == {} and pulse.ages() == {"inbox": 0.0}


def test_a_loop_that_rests_is_never_overdue(pulse: Pulse, time: Time) -> None:
    pulse.beat("listen room")
    pulse.rest("listen room")
    time.now += 1e6
    assert pulse.overdue() == {}


def test_each_item_of_a_loop_is_watched_by_itself_and_they_are_shown_as_one(pulse: Pulse, time: Time) -> None:
    pulse.beat("deliver", 100.0)
    with pulse.working("deliver", 5.0, "answer 3"):
        time.now += 7.0
        with pulse.working("deliver", 5.0, "comment 4"):
            time.now += 9.0
            assert pulse.overdue() == {"deliver (answer 3)": 16.0}
            assert pulse.ages() == {"deliver": 16.0}
    assert pulse.overdue() == {}


def test_work_that_fails_is_over_too(pulse: Pulse, time: Time) -> None:
    with pytest.raises(ZeroDivisionError), pulse.working("ledger", 0.0):
        _ = 1 / 0
    time.now += 1e6
    assert pulse.overdue() == {}


def test_what_happened_is_counted(pulse: Pulse) -> None:
    pulse.count("reading", "garden", "read")
    pulse.count("reading", "garden", "read")
    pulse.count("reading", "garden", "failed")
    assert pulse.done == {("reading", "garden", "read"): 2, ("reading", "garden", "failed"): 1}
    pulse.beat("inbox")
    pulse.clear()
    assert pulse.ages() == {} and pulse.done
