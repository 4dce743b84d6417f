"""How everything stands, as people ask for it: on the command line, on an operator's page, in metrics.

Plain values; `bridge.ledger` makes them from what is recorded, so they are true whether a daemon runs or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """What a person decides about something parked or refused."""

    RETRY = "retry"
    """It is not there: try again."""
    DROP = "drop"
    """Nobody wants it any more."""
    DONE = "done"
    """It is there."""


@dataclass(frozen=True, slots=True)
class BlogOverview:
    """One blog: when it was read, what is known of it, what went wrong. `gaps`: comments that could not be reached.

    `pending`: comments that wait for the blog's moderator, as far as they can be seen.
    """

    name: str
    comments: int
    unanswered: int
    gaps: int
    last_read: float | None
    next_read: float
    failures: int
    last_error: str | None
    paused: str | None
    pending: int = 0


@dataclass(frozen=True, slots=True)
class ChatOverview:
    """One chat's connection. `caught_up`: everything that was written while nobody listened has been recorded.

    `gaps`: messages that could not be read.
    """

    name: str
    last_event: float | None
    caught_up: bool
    last_error: str | None
    gaps: int = 0


@dataclass(frozen=True, slots=True)
class LaneOverview:
    """A lane that something waits in. `place` names the room or the blog's post; `reason` why its head waits."""

    name: str
    place: str
    waiting: int
    due: float | None
    sending: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class ParkedOverview:
    """Something that needs a person. `number` is what `backchat parked` takes; None for an event, which nobody decides.

    `state` is `parked` (nobody can tell whether it happened) or `refused` (a platform will not have it).
    """

    number: int | None
    state: str
    kind: str
    place: str
    text: str
    reason: str
    tried: float | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at the instant `at`. `counts` has a number for each of the words that it is indexed by."""

    at: float
    blogs: tuple[BlogOverview, ...]
    chats: tuple[ChatOverview, ...]
    lanes: tuple[LaneOverview, ...]
    parked: tuple[ParkedOverview, ...]
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A visitor's public comment that no author has answered yet."""

    blog: str
    post: str
    name: str
    text: str
    link: str
    created: float
