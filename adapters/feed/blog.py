"""The feed adapter: a `Blog` that is only read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack

from adapters.feed import discover, survey
from adapters.feed.reader import Reader
from adapters.feed.settings import Settings
from bridge.errors import RetryLater
from bridge.fetch import Fetch
from bridge.model import BlogLimits, CommentId, Finding, Guarantee, Page, Standing
from bridge.ports import BlogReady, Surroundings

_REMARK = (
    "A feed can only be read, and shows only the newest comments; what it cannot tell stands in docs/feeds.md."
    " This one: {feeds}."
)


class FeedBlog:
    """One blog whose comments come from feeds. The ports' documentation holds, and docs/feeds.md."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._fetch: Fetch | None = None
        self._reader: Reader | None = None
        self._found: tuple[str, ...] = ()

    async def open(self, stack: AsyncExitStack) -> BlogReady:
        """See `bridge.ports.Blog`. Refused: no comment feed can be found at the address."""
        if self._fetch is None:
            settings, lent = self._settings, self._surroundings
            trusted = (settings.address, *settings.feeds)
            fetch = Fetch(lent.agent, connections=lent.connections, trusted=trusted)
            self._fetch = await stack.enter_async_context(fetch)
            stack.callback(self._closed)
        if self._reader is None:
            self._found = await discover.feeds(self._fetch, self._settings)
            settings = self._settings
            self._reader = Reader(
                self._fetch, settings.path, self._found, settings.whole_every, self._surroundings.clock
            )
        return BlogReady(
            abilities=frozenset(),
            limits=BlogLimits(),
            guarantee=Guarantee.ONE,
            remarks=(_REMARK.format(feeds=", ".join(self._found)),),
        )

    def _closed(self) -> None:
        self._fetch = self._reader = None

    def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        """See `bridge.ports.Blog`."""
        return self._now().pages(cursor)

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        """See `bridge.ports.Blog`. A comment that is shown no more is `HIDDEN`; what a feed cannot tell is left out."""
        return await self._now().look(ids)

    async def examine(self) -> Sequence[Finding]:
        """See `bridge.ports.Examines`."""
        if self._fetch is None:
            raise RuntimeError("the blog is examined before it was opened")
        try:
            return await survey.examine(self._fetch, self._found)
        except RetryLater as error:
            return [Finding(error.reason, False, "look at the address with a browser")]

    def _now(self) -> Reader:
        if self._reader is None:
            raise RuntimeError("the blog is used before it was opened")
        return self._reader
