"""What is remembered between two readings: the cursor, as JSON, saved with the page that it vouches for (law 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from bridge.model import CommentId, PostId

VERSION = 1
KEPT = 64
"""Comments that are remembered at least; otherwise twice as many as the largest feed shows."""
POSTS = 200


class Seen(NamedTuple):
    """A comment that some reading has shown: its instant, and fingerprints of its link, its writer, and all of it."""

    created: float
    link: str
    mark: str
    whole: str


class Known(NamedTuple):
    """A post: its id, its title, and whether the title is its own (not merely made from its address)."""

    id: PostId
    title: str
    own: bool


@dataclass(frozen=True, slots=True)
class Source:
    """One feed. `at` is where it has moved for good; `etag`, `modified` and `body` tell whether it has changed.

    `whole_at` is the instant of the last reading without validators, `scheme` how its comments are named, `twins`
    that it gives one name to several comments. `most` is the largest number of comments that it ever showed, `window`
    what it showed last; comments older than `floor` are none that we missed. `total` is its own count of comments.
    `missing` counts in how many readings in a row a comment lacked that would have to be there (see `absence`).
    """

    at: str = ""
    etag: str = ""
    modified: str = ""
    body: str = ""
    whole_at: float = 0.0
    scheme: str = ""
    twins: bool = False
    most: int = 0
    floor: float = 0.0
    total: int | None = None
    window: tuple[CommentId, ...] = ()
    missing: Mapping[CommentId, int] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """All of it. `at` is the instant of the last reading; posts go by the address of their page."""

    at: float = 0.0
    feeds: dict[str, Source] = field(default_factory=dict)
    seen: dict[CommentId, Seen] = field(default_factory=dict)
    posts: dict[str, Known] = field(default_factory=dict)

    def copy(self) -> State:
        """A state of its own: values are shared, tables are not."""
        return State(self.at, dict(self.feeds), dict(self.seen), dict(self.posts))

    def from_scratch(self) -> State:
        """The same knowledge of what is absent, for a reader that wants to be told everything once more."""
        state = self.copy()
        state.seen = {id: seen._replace(whole="") for id, seen in self.seen.items()}
        state.feeds = {
            address: replace(source, etag="", modified="", body="", whole_at=0.0, floor=0.0, total=None)
            for address, source in self.feeds.items()
        }
        state.at = 0.0
        return state

    def trim(self) -> None:
        """Forget what is oldest, so that the cursor stays small."""
        shown = {id for source in self.feeds.values() for id in source.window}
        too_many = max(0, len(self.seen) - max(KEPT, 2 * len(shown)))
        for id in [id for id in self.seen if id not in shown][:too_many]:
            del self.seen[id]
        for address in list(self.posts)[: max(0, len(self.posts) - POSTS)]:
            del self.posts[address]


def dump(state: State) -> str:
    """Write a state as a cursor."""
    whole = {
        "v": VERSION,
        "at": state.at,
        "feeds": {address: _source(source) for address, source in state.feeds.items()},
        "seen": state.seen,
        "posts": state.posts,
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def load(cursor: str) -> State:
    """Read a cursor of ours."""
    whole = json.loads(cursor)
    return State(
        whole["at"],
        {address: _source_of(values) for address, values in whole["feeds"].items()},
        {CommentId(id): Seen(*values) for id, values in whole["seen"].items()},
        {address: Known(*values) for address, values in whole["posts"].items()},
    )


def _source_of(values: dict[str, Any]) -> Source:
    return Source(**{**values, "window": tuple(values.get("window", ()))})


def _source(source: Source) -> dict[str, Any]:
    """Only what differs from an unread feed."""
    return {name: value for name in Source.__slots__ if (value := getattr(source, name)) != _UNREAD[name]}


_UNREAD: dict[str, Any] = {name: getattr(Source(), name) for name in Source.__slots__}
