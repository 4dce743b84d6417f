"""What the REST API tells strangers: a feed's reader asks it for what feeds do not tell, where it answers.

Strangers are shown approved comments only, in lists only those of type `comment`; by number also mentions, with their
type. A comment that is not public is refused by number with `rest_cannot_read`, one that does not exist with
`rest_comment_invalid_id` (tried on 6.1.9 and 6.6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.wordpress import wire
from adapters.wordpress.api import Answer, Api, ApiRefusal
from adapters.wordpress.feed_state import DOUBTFUL, SILENT
from bridge.errors import RetryLater
from bridge.model import Comment, CommentId, PostId, Standing
from bridge.off_loop import off_loop

MOST = 100
"""Comments that WordPress gives at a time."""
_PAGES = 50
_OVERLAP = 10
"""Comments by which two pages overlap, for a deletion between two questions shifts the second one."""
_ONE_BY_ONE = 20
_WORKERS = 4
_PATIENCE = 3
_COMMENTS = "/wp/v2/comments"
_NOT_PUBLIC = frozenset({"rest_cannot_read", "rest_cannot_read_post"})
_NOT_THERE = "rest_comment_invalid_id"


@dataclass(frozen=True, slots=True)
class Told:
    """What the API says of a comment: its `Kind` (or `SILENT`, `DOUBTFUL`), and its post, where it says that."""

    kind: str
    post: PostId | None = None


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest comments: when each was written. `whole`: these are all that there are."""

    created: Mapping[CommentId, float]
    whole: bool

    @property
    def ground(self) -> float:
        """Every comment that is younger is among them."""
        return 0.0 if self.whole else min(self.created.values(), default=0.0)


class Strangers:
    """The API without credentials. Every method gives None where it does not answer strangers.

    One that has answered before and is merely out of order is waited for a few times (`RetryLater`): what was shown
    without it might have to be taken back.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._failures = 0
        self.expected = False

    async def _ask(self, path: str, params: Mapping[str, str | int]) -> Answer | None:
        try:
            answer = await self._api.get(path, params)
        except ApiRefusal as refusal:
            if refusal.code == _NOT_THERE or refusal.code in _NOT_PUBLIC:
                raise
            return None
        except RetryLater:
            self._failures += 1
            if self.expected and self._failures <= _PATIENCE:
                raise
            return None
        self._failures = 0
        return answer

    async def _list(self, **params: str | int) -> list[dict[str, Any]] | None:
        try:
            answer = await self._ask(_COMMENTS, {"per_page": MOST, **params})
        except ApiRefusal:
            return None
        if answer is None or not isinstance(answer.json, list):
            return None
        return [entry for entry in answer.json if isinstance(entry, dict)]

    async def newest(self) -> Newest | None:
        """The newest comments by date, as the feed has them, but a hundred."""
        found = await self._list(orderby="date", order="desc", _fields="id,date,date_gmt")
        if found is None:
            return None
        created = {}
        for entry in found:
            try:
                created[CommentId(str(wire.number(entry)))] = wire.instant(entry)
            except ValueError:
                continue
        return Newest(created, len(found) < MOST)

    async def newest_whole(self) -> list[Comment] | None:
        """The newest comments by date with all that they say."""
        return await _comments(await self._list(orderby="date", order="desc", _fields=wire.FIELDS))

    async def whole(self, ids: Iterable[CommentId]) -> list[Comment] | None:
        """Those of these comments that are public, with all that they say."""
        found: list[Comment] = []
        for some in _portions(sorted(ids, key=int)):
            part = await _comments(await self._list(include=",".join(some), _fields=wire.FIELDS))
            if part is None:
                return None
            found += part
        return found

    async def since(self, highest: int) -> tuple[list[Comment], bool] | None:
        """Every public comment with a higher number, the newest first; whether these are all.

        Raises `RetryLater` where it stops answering midway, for nothing is lost by asking again.
        """
        found: dict[CommentId, Comment] = {}
        for page in range(_PAGES):
            offset = page * (MOST - _OVERLAP)
            entries = await self._list(orderby="id", order="desc", offset=offset, _fields=wire.FIELDS)
            if entries is None:
                return None if page == 0 else (list(found.values()), False)
            found |= {one.id: one for one in await _comments(entries) or () if one.position > highest}
            if len(entries) < MOST or min(_numbers(entries), default=0) <= highest:
                return list(found.values()), True
        return list(found.values()), False

    async def told(self, ids: Sequence[CommentId]) -> dict[CommentId, Told] | None:
        """What each of these is: a comment, a mention, or nothing for a room."""
        found: dict[CommentId, Told] = {}
        for some in _portions(ids):
            entries = await self._list(include=",".join(some), _fields="id,post,type")
            if entries is None:
                return None
            found |= {CommentId(str(number)): _told(entry) for entry in entries if (number := entry.get("id"))}
        others = [id for id in ids if id not in found]
        gate = asyncio.Semaphore(_WORKERS)
        answers = await asyncio.gather(*(self._one(id, gate) for id in others[:_ONE_BY_ONE]))
        for id, one in zip(others, answers, strict=False):
            if one is not None:
                found[id] = one
        return found

    async def _one(self, id: CommentId, gate: asyncio.Semaphore) -> Told | None:
        try:
            async with gate:
                answer = await self._ask(f"{_COMMENTS}/{id}", {"_fields": "id,post,type"})
        except ApiRefusal:
            return Told(DOUBTFUL)
        return _told(answer.json) if answer is not None and isinstance(answer.json, dict) else None

    async def look(self, ids: Sequence[CommentId]) -> dict[CommentId, Standing] | None:
        """How each of these stands; those of which the API says nothing are left out."""
        found: dict[CommentId, Standing] = {}
        for some in _portions(ids):
            entries = await self._list(include=",".join(some), _fields="id")
            if entries is None:
                return None
            found |= {CommentId(str(number)): Standing.PUBLIC for number in _numbers(entries)}
        for id in ids:
            standing = found.get(id) or await self._standing(id)
            if standing is not None:
                found[id] = standing
        return found

    async def _standing(self, id: CommentId) -> Standing | None:
        try:
            answer = await self._ask(f"{_COMMENTS}/{id}", {"_fields": "id,status"})
        except ApiRefusal as refusal:
            return Standing.GONE if refusal.code == _NOT_THERE else Standing.HIDDEN
        return None if answer is None or not isinstance(answer.json, dict) else wire.standing(answer.json.get("status"))


def _told(entry: Mapping[str, Any]) -> Told:
    kind = wire.KINDS.get(entry.get("type") or "comment")
    post = entry.get("post")
    return Told(SILENT if kind is None else kind, PostId(str(post)) if isinstance(post, int) and post else None)


async def _comments(entries: list[dict[str, Any]] | None) -> list[Comment] | None:
    if entries is None:
        return None
    return await off_loop(sum(map(_size, entries)), lambda: _read(entries))


def _size(entry: Mapping[str, Any]) -> int:
    content = entry.get("content")
    html = content.get("rendered") if isinstance(content, dict) else None
    return len(html) if isinstance(html, str) else 0


def _read(entries: Iterable[Mapping[str, Any]]) -> list[Comment]:
    found = []
    for entry in entries:
        try:
            comment = wire.comment(entry)
        except ValueError:
            continue  # what a plugin made of it cannot be shown
        if comment is not None and comment.standing is Standing.PUBLIC:
            found.append(comment)
    return found


def _numbers(entries: Iterable[Mapping[str, Any]]) -> list[int]:
    return [number for entry in entries if isinstance(number := entry.get("id"), int)]


def _portions(ids: Sequence[CommentId]) -> list[Sequence[CommentId]]:
    return [ids[first : first + MOST] for first in range(0, len(ids), MOST)]
