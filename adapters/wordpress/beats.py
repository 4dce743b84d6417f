"""What is read at a beat, and what is remembered from one to the next: pure.

WordPress keeps no time of change, so only reading everything shows everything. What is cheap is asked at each beat (the
newest numbers and their statuses), what costs more at a slower one (their texts), and older comments page by page in
turn. All of it is kept in the cursor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

PAGE = 100
"""Comments that WordPress gives at a time, at the most."""
OVERLAP = 10
"""Comments of the page before that are asked for again: as many may be deleted between two questions."""
MOST_HELD = 1000
"""Waiting comments that are followed one by one; older ones are found when their page's turn comes."""
CALM = 12.0
"""What costs more is read again after this part of the time for which nothing has happened: 12 means a twelfth."""
CALMEST = 6.0
"""But never rarer than this multiple of what the operator said."""
HURRY = 5
"""Pages of older comments read at one beat after a number of comments changed that nothing explains."""


@dataclass(frozen=True, slots=True)
class State:
    """All that is remembered from beat to beat. Instants are seconds since the epoch.

    `view` is as whom we read; `last` the highest number up to which everything visible was recorded; `past` the number
    up to which comments stood before this view was first read. `offset`: how far that first reading has got, None once
    it is complete. `window` is what the newest page showed, `total` how many there were in all with what was recorded
    since, `mark` sums up numbers and statuses, `moved_at` is when that changed. `held` are the numbers that waited.
    `deep` is where the next page of older comments begins, counted from the newest; `hurry` tells that this round is
    urgent.
    """

    view: str
    last: int = 0
    past: int = 0
    offset: int | None = 0
    window: tuple[int, ...] = ()
    total: int = 0
    mark: str = ""
    held: tuple[int, ...] = ()
    moved_at: float = 0.0
    whole_at: float = 0.0
    deep_at: float = 0.0
    deep: int = PAGE - OVERLAP
    hurry: bool = False


def load(cursor: str | None, view: str, past: int = 0) -> State:
    """Read a cursor. One of another view begins anew, and what stood up to its last number is past by then.

    So is what stands up to `past`, where there is no cursor of ours at all.
    """
    try:
        data = json.loads(cursor or "")
        if data.pop("v") != 1:
            return State(view, past=past)
        state = State(**{**data, "window": tuple(data["window"]), "held": tuple(data["held"])})
    except (ValueError, KeyError, TypeError, AttributeError):
        return State(view, past=past)
    return state if state.view == view else State(view, past=max(state.last, state.past))


def dump(state: State) -> str:
    """Write the state as a cursor."""
    data = {name: getattr(state, name) for name in State.__slots__}
    return json.dumps({"v": 1, **data}, separators=(",", ":"))


def mark(rows: Sequence[Mapping[str, Any]], total: int | None) -> str:
    """Sum up the newest page's numbers and statuses, so that a change is noticed without reading the texts."""
    seen = [(row.get("id"), row.get("status")) for row in rows]
    return blake2b(repr((seen, total)).encode(), digest_size=8).hexdigest()


def noted(state: State, window: Sequence[int], total: int | None, sum_: str, now: float) -> State:
    """The newest page was read in full. A total that its changes do not explain makes a round of the rest urgent."""
    count = at_least(total, 0, len(window))
    return replace(
        state,
        last=max(state.last, *window) if window else state.last,
        window=tuple(sorted(window)),
        total=count,
        mark=sum_,
        moved_at=now if sum_ != state.mark else state.moved_at,
        whole_at=now,
        hurry=state.hurry or (total is not None and bool(state.mark) and not explained(state, window, count)),
    )


def at_least(total: int | None, offset: int, shown: int) -> int:
    """How many comments there are, where a page after the first `offset` shows so many; some hosts keep the total back.

    Without it, a full page says that there may be more.
    """
    if total is not None:
        return total
    return offset + shown + (1 if shown >= PAGE else 0)


def explained(state: State, window: Sequence[int], total: int) -> bool:
    """Whether what came and went on the newest page makes up for the change of the number of all comments."""
    before, after = set(state.window), set(window)
    came = sum(1 for number in after - before if number > min(before, default=0))
    lowest = min(after, default=0) if total > PAGE else 0
    went = sum(1 for number in before - after if number >= lowest)
    return total - state.total == came - went


def whole_due(state: State, every: float, now: float) -> bool:
    """Whether the newest page is to be read in full, even if its numbers and statuses are the same."""
    return _due(state.whole_at, _calm(state, every, now), now)


def deep_due(state: State, every: float, now: float) -> bool:
    """Whether the next page of older comments is to be read, if there are any."""
    return state.total > PAGE and (state.hurry or _due(state.deep_at, _calm(state, every, now), now))


def _calm(state: State, every: float, now: float) -> float:
    """Seconds between two readings that cost more: rarer, the longer nothing has happened."""
    return min(max(every, (now - state.moved_at) / CALM), every * CALMEST)


def _due(last_time: float, every: float, now: float) -> bool:
    """Whether something that was done last at `last_time` is to be done again; a clock that was set back counts."""
    return not last_time <= now < last_time + every


def swept(state: State, total: int, now: float) -> State:
    """A page of older comments was read: the next one, or the first of a new round."""
    following = state.deep + PAGE - OVERLAP
    if following >= total:
        return replace(state, deep=PAGE - OVERLAP, deep_at=now, hurry=False)
    return replace(state, deep=following, deep_at=now)
