"""What follows a step: done, when again, look up, parked, refused. Pure.

A step ends done, not done, or unknown. Unknown is resolved before anything new (law 2).
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.errors import MaybeDone, Refused, RetryLater, StepError

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
FIRST_LOOK = 0.5
"""Seconds after an unknown outcome until the first look-up, which can only find, not exclude."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to resolve an unknown outcome of a step; with none of them only a person can tell.

    `repeatable`: doing it again changes nothing more (an edit, an erasure, a receipt, a step that reads before it
    writes). `key_window`: seconds for which the platform returns the first effect for the same key. `searchable`: it
    can be asked whether the key is there.
    """

    repeatable: bool = False
    key_window: float = 0.0
    searchable: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Not done: try again at `at`, with the same key as long as the text is the same."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """Unknown: send exactly the same again at `at`, key and text."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class LookUp:
    """Unknown: ask the platform at `at`."""

    at: float
    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """Unknown, and nobody but a person can tell."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not done, for good; the reason is shown to the person concerned."""

    reason: str


Next = Again | Repeat | LookUp | Park | Refuse


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an attempt's end is judged by: when it started, how often it was tried before, how it can be resolved.

    `repeated`: it was sent before under the same key, and how that ended was never known.
    """

    started: float
    attempts: int
    ways: Ways
    repeated: bool = False


def pause(attempts: int) -> float:
    """Seconds to wait after `attempts` failed attempts in a row."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts, 16)))


def after_error(error: StepError, attempt: Attempt, now: float) -> Next:
    """What follows an attempt that raised `error`."""
    if isinstance(error, RetryLater):
        wait = pause(attempt.attempts) if error.after is None else error.after
        # That a repetition did not happen says nothing of the sending before it.
        return _resolved(attempt, error.reason, now, wait) if attempt.repeated else Again(now + wait, error.reason)
    if isinstance(error, Refused):
        return Refuse(error.reason)
    assert isinstance(error, MaybeDone)
    return unknown(attempt, error.reason, now)


def unknown(attempt: Attempt, reason: str, now: float) -> Next:
    """How to find out whether an attempt happened: nothing is repeated blindly."""
    return _resolved(attempt, reason, now, pause(attempt.attempts))


def _resolved(attempt: Attempt, reason: str, now: float, wait: float) -> Next:
    ways = attempt.ways
    if ways.repeatable or now + wait < attempt.started + ways.key_window:
        return Repeat(now + wait, reason)
    return LookUp(now + FIRST_LOOK, reason) if ways.searchable else Park(reason)


def after_absence(look_at: float, now: float) -> float | None:
    """What follows a look-up that found nothing: None if absence counts by now, else when to look again."""
    return None if now >= look_at else look_at


def may_start(lease_until: float | None, now: float, time_out: float) -> bool:
    """Whether a step may start: only if its lease outlasts its time-out. None is a lease that does not end."""
    return lease_until is None or now + time_out <= lease_until
