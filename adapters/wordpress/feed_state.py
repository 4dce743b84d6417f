"""What the reader of feeds remembers between two readings: the cursor, as JSON (law 7)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

from bridge.model import CommentId, Kind, PostId

VERSION = "feed-1"
"""The cursor's kind: those of reading by REST say otherwise."""
KEPT = 200
"""Comments that are remembered, the highest numbers; what a feed shows is remembered in any case."""
POSTS = 100

SILENT, DOUBTFUL = "silent", "doubtful"
"""In a `Kind`'s place: what belongs in no room (notes, likes …), and what strangers may not see, so nobody knows."""
_SPOKEN = frozenset(Kind)


class Seen(NamedTuple):
    """A comment that some reading has shown: its instant, and its `Kind`, or `SILENT`, or `DOUBTFUL`."""

    created: float
    kind: str

    @property
    def told(self) -> bool:
        """Whether the core knows of it."""
        return self.kind in _SPOKEN


class Known(NamedTuple):
    """A post: its number, its page, and whether its card came from the blog (and was not made from its address)."""

    id: PostId
    address: str
    own: bool


@dataclass(frozen=True, slots=True)
class State:
    """All of it; a value.

    `site` is the address that was configured, `feed` where its comment feed was found; `etag`, `modified` and `body`
    tell whether that has changed, `whole_at` is the instant of the last reading without validators.
    `most` is the largest number of comments that the feed ever showed, `window` what it showed last (newest first).

    `highest` is the highest number that is known. Comments up to the number `began` were there before we were; of
    these, the feed showed all that are younger than `ground`, the API (comments in the strict sense only) all that are
    younger than `listed`: one of them that appears later was approved late, while older ones merely slid in.
    `closed_at` is when the API last refused strangers, 0 where it answers.

    `missing` counts in how many readings in a row the feed lacked a comment that it would have to show.
    `posts` go by the name that the feed gives them (their guid).
    """

    site: str = ""
    feed: str = ""
    etag: str = ""
    modified: str = ""
    body: str = ""
    whole_at: float = 0.0
    most: int = 0
    highest: int = 0
    began: int = 0
    ground: float = 0.0
    listed: float | None = None
    closed_at: float = 0.0
    window: tuple[CommentId, ...] = ()
    seen: Mapping[CommentId, Seen] = field(default_factory=dict)
    missing: Mapping[CommentId, int] = field(default_factory=dict)
    posts: Mapping[str, Known] = field(default_factory=dict)

    def unread(self) -> State:
        """The same knowledge, for a reader that wants to be told everything once more."""
        return replace(
            self, etag="", modified="", body="", whole_at=0.0, highest=0, began=0, ground=0.0, listed=None,
            posts={},
        )  # fmt: skip

    def trimmed(self) -> State:
        """Without what is oldest, so that the cursor stays small."""
        shown = set(self.window)
        numbers = sorted((int(id) for id in self.seen), reverse=True)[:KEPT]
        kept = shown.union(CommentId(str(number)) for number in numbers)
        seen = {id: one for id, one in self.seen.items() if id in kept}
        missing = {id: n for id, n in self.missing.items() if id in seen}
        posts = dict(list(self.posts.items())[-POSTS:])
        return replace(self, seen=seen, missing=missing, posts=posts)

    def slid(self, number: int, created: float, *, listed: bool = False) -> bool:
        """Whether an unknown comment was public before we began; `listed`: the API has shown it as a comment."""
        ground = self.ground if self.listed is None or not listed else self.listed
        return number <= self.began and created <= ground


def highest(ids: Iterable[CommentId]) -> int:
    """The highest of some comments' numbers, 0 of none."""
    return max((int(id) for id in ids), default=0)


def dump(state: State) -> str:
    """Write a state as a cursor: what differs from an empty one."""
    whole = asdict(state.trimmed())
    kept = {name: value for name, value in whole.items() if value != _EMPTY[name]}
    return json.dumps({"v": VERSION, **kept}, ensure_ascii=False, separators=(",", ":"))


def load(cursor: str) -> State | None:
    """Read a cursor of ours; None where another way of reading wrote it."""
    try:
        whole = json.loads(cursor)
    except ValueError:
        return None
    if not isinstance(whole, dict) or whole.pop("v", None) != VERSION:
        return None
    window = tuple(whole.pop("window", ()))
    seen = {CommentId(id): Seen(*values) for id, values in whole.pop("seen", {}).items()}
    posts = {name: Known(*values) for name, values in whole.pop("posts", {}).items()}
    return State(**whole, window=window, seen=seen, posts=posts)


_EMPTY = asdict(State())
