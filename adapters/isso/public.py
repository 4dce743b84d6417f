"""What anybody may ask of Isso, and the one thing that anybody may do: post a comment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from adapters.isso import wire
from adapters.isso.settings import Settings
from bridge.errors import Refused, RetryLater
from bridge.fetch import MOST, Fetch, Response
from bridge.model import PostId

_EVERYTHING = 10**9
"""`/latest` sorts top-level comments before replies and keeps the last ones: a smaller limit loses new comments."""
_ASKED_AT_ONCE = 1_000
_T = TypeVar("_T")


class Public:
    """Isso's interface for its widget (isso/views/comments.py, 0.14.0). Never its feeds: their validators lie."""

    def __init__(self, fetch: Fetch, settings: Settings) -> None:
        self._fetch = fetch
        self._settings = settings

    async def config(self) -> Mapping[str, Any]:
        """Isso's public settings, such as `require-email`. Raises `RetryLater` where no Isso answers."""
        answer = await self._get("/config")
        return _understood(answer, lambda data: dict(data["config"]))

    async def info(self) -> Mapping[str, Any]:
        """What this Isso is (isso/views/__init__.py, `Info`): version, the blog it serves, whether it moderates."""
        answer = await self._fetch.read(
            f"{self._settings.address}/info", headers={"Origin": self._settings.site}, follow=False
        )
        return _understood(answer, dict)

    async def thread(self, post: PostId) -> tuple[wire.Entry, ...]:
        """Every comment of a post that is public, and the deleted ones that still have replies."""
        return _understood(await self._get("/", most=8 * MOST, uri=post), wire.thread)

    async def latest(self, limit: int = _EVERYTHING) -> list[tuple[PostId, wire.Entry]]:
        """Every public comment of the blog. Raises `Refused` where Isso's operator has not allowed this."""
        answer = await self._get("/latest", most=32 * MOST, limit=limit)
        if answer.status == 404:
            raise Refused(
                "Isso does not tell its latest comments: set latest-enabled = true in its [general] section, "
                f'or {self._settings.path}.posts = "feed" or "sitemap" here'
            )
        return _understood(answer, lambda rows: [(PostId(str(row["uri"])), wire.entry(row)) for row in rows])

    async def counts(self, posts: Sequence[PostId]) -> dict[PostId, int]:
        """How many public comments each of these posts has."""
        found: dict[PostId, int] = {}
        for start in range(0, len(posts), _ASKED_AT_ONCE):
            asked = posts[start : start + _ASKED_AT_ONCE]
            answer = await self._fetch.read(f"{self._settings.address}/count", json=list(asked), follow=False)
            numbers = _understood(answer, lambda data: [int(number) for number in data])
            found |= dict(zip(asked, numbers, strict=False))
        return found

    async def exists(self, number: int) -> bool:
        """Whether any comment has this number, public or not: Isso answers strangers 404 or 403."""
        answer = await self._get(f"/id/{number}")
        if answer.status not in {200, 403, 404}:
            raise answer.unclear()
        return answer.status != 404

    async def new(self, post: PostId, body: Mapping[str, object]) -> Response:
        """Post a comment, once. Raises as `Fetch.effect` does; what Isso answers is returned."""
        return await self._fetch.effect("POST", f"{self._settings.address}/new", params={"uri": post}, json=dict(body))

    async def _get(self, path: str, most: int = MOST, **params: str | int) -> Response:
        return await self._fetch.read(self._settings.address + path, params=params, most=most, follow=False)


def _understood(answer: Response, read: Callable[[Any], _T]) -> _T:
    if answer.status != 200:
        raise RetryLater(f"{answer.host} does not answer like Isso (status {answer.status})")
    try:
        return read(answer.json())
    except (ValueError, TypeError, KeyError):
        raise answer.unclear() from None
