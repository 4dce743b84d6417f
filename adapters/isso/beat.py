"""Which threads to read at a beat: pure.

A comment count is cheap to ask but does not betray an edit, so lively threads are read every few beats, and all others
in turn, one a beat. What was read when is kept in the cursor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bridge.model import PostId

LIVELY = 86_400.0
"""Seconds after its newest comment or edit for which a thread is lively."""
LIVELY_READS = 3
"""Lively threads read at one beat, at most."""
SCAN = 500
"""Public comments up to which Isso may be asked for all of them at every beat; it renders each anew."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a cheap question said about a thread: public comments, and their fingerprint where it was to be had."""

    count: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A thread at its last reading: what was hinted then, at which beat that was, and when it was last active."""

    count: int
    mark: str
    beat: int
    active: float
    titled: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """All that is remembered from beat to beat."""

    beat: int = 0
    threads: Mapping[PostId, Seen] = field(default_factory=dict)

    def after(self, post: PostId, seen: Seen) -> State:
        """Note a reading."""
        return replace(self, threads={**self.threads, post: seen})


def changed(seen: Seen | None, hint: Hint) -> bool:
    """Tell whether a hint shows that a thread is no longer what was read."""
    if seen is None:
        return hint.count > 0
    return hint.count != seen.count or bool(hint.mark and seen.mark and hint.mark != seen.mark)


def choose(state: State, hints: Mapping[PostId, Hint], now: float) -> list[PostId]:
    """Say which threads to read at this beat, most urgent first; a thread without a hint lost its comments.

    New and changed ones at once, lively ones in turn, of the others the one read longest ago. Every thread with
    comments is so read within as many beats as there are threads.
    """
    hint_of = {post: hints.get(post, Hint(0)) for post in {**hints, **state.threads}}
    urgent = [post for post, hint in hint_of.items() if changed(state.threads.get(post), hint)]
    urgent.sort(key=lambda post: post not in state.threads)
    known = set(urgent)
    rest = [post for post, seen in state.threads.items() if seen.count and post not in known]
    rest.sort(key=lambda post: (state.threads[post].beat, post))
    lively = [post for post in rest if state.threads[post].active > now - LIVELY]
    quiet = [post for post in rest if state.threads[post].active <= now - LIVELY]
    return [*urgent, *lively[:LIVELY_READS], *quiet[:1]]


def scans(beat: int, comments: int) -> bool:
    """Tell whether to ask for all comments of the blog at this beat: rarer, the more there are."""
    return beat % (1 + comments // SCAN) == 0


def dump(state: State) -> str:
    """Write the state as a cursor."""
    threads = {post: [s.count, s.mark, s.beat, s.active, int(s.titled)] for post, s in state.threads.items()}
    return json.dumps({"v": 1, "beat": state.beat, "threads": threads}, separators=(",", ":"))


def load(cursor: str | None) -> State:
    """Read a cursor, and begin the next beat. One that is not ours is as good as none: everything is read again."""
    try:
        data = json.loads(cursor or "")
        if data["v"] != 1:
            return State()
        threads = {PostId(post): Seen(c, m, b, a, bool(t)) for post, (c, m, b, a, t) in data["threads"].items()}
        return State(data["beat"] + 1, threads)
    except (ValueError, KeyError, TypeError, AttributeError):
        return State()
