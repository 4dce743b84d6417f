"""What it means that a feed shows a comment no more: mostly nothing, for it shows only the newest ones.

A comment counts as missing where the feed would have to show it: it is newer than the oldest that is shown and the
feed is in order of time, or the feed shows fewer than it can and nothing else went at its old end. It is believed to be
gone from the page only after `BELIEVED` readings in a row, and after one more that `look` makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.model import CommentId

BELIEVED = 2
UNTOLD = 0
"""It was missing once, and slid out of what the feed shows before a second reading could tell."""
_ENOUGH = 9


def judged(
    missing: Mapping[CommentId, int], before: Sequence[CommentId], now: Sequence[CommentId], elsewhere: set[CommentId],
    created: Mapping[CommentId, float], most: int,
) -> dict[CommentId, int]:  # fmt: skip
    """Count anew which comments are missing, after a feed showed `before` and shows `now`, in the feed's order.

    `elsewhere` has what other feeds of the blog show, `created` the instants of all that are known; `most` is the
    largest number that this feed ever showed.
    """
    shown = set(now)
    instants = [created[id] for id in now]
    in_order = instants == sorted(instants, reverse=True)
    oldest = min(instants, default=float("inf"))
    room = len(now) < most

    def inside(id: CommentId) -> bool:
        return in_order and id in created and created[id] > oldest

    vanished = [id for id in before if id not in shown and id not in missing and id not in elsewhere]
    at_the_end = [id for id in vanished if not inside(id)]
    counted = {id: n for id, n in missing.items() if id not in shown and id not in elsewhere}
    for id, n in counted.items():
        if room or inside(id):
            counted[id] = min(n + 1, _ENOUGH)
        elif n < BELIEVED:
            counted[id] = UNTOLD
    counted |= {id: 1 for id in vanished if inside(id)}
    if room and len(at_the_end) == 1:  # several at once: the feed was told to show fewer
        counted[at_the_end[0]] = 1
    return counted


def doubtful(missing: Mapping[CommentId, int]) -> bool:
    """Whether a reading soon would tell more about something that is missing."""
    return any(UNTOLD < n < BELIEVED for n in missing.values())
