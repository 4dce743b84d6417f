"""Reading the feeds of one blog: politely, whole at a slower beat, and beyond the window where it may be too small."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from adapters.feed import posts
from adapters.feed.asking import ask, summary, understood
from adapters.feed.beyond import Beyond, beyond
from adapters.feed.identity import position
from adapters.feed.reading import Reading
from adapters.feed.state import Known, Source, State, dump, load
from bridge.errors import RetryLater
from bridge.feeds import absence
from bridge.feeds.headers import fresh_for
from bridge.fetch import Fetch, Response
from bridge.model import CommentId, Covers, Page, Post, Standing
from bridge.ports import Clock

_CARDS, CARDS_WITHIN = 5, 60.0
"""Posts' own pages that one reading looks at, at the most, and the seconds that all of them get: they only adorn."""


@dataclass(slots=True)
class _Round:
    """One reading of all feeds. `first`: the core knows nothing of the blog."""

    state: State
    first: bool
    patience: list[float] = field(default_factory=list)


class Reader:
    """Reads the feeds at these addresses; `path` is the blog's table in the configuration, for messages.

    What it keeps in memory is the state of the newest page, and is lost without harm.
    """

    def __init__(self, fetch: Fetch, path: str, feeds: Sequence[str], whole_every: float, clock: Clock) -> None:
        self._fetch = fetch
        self._path = path
        self._feeds = tuple(dict.fromkeys(feeds))
        self._whole_every = whole_every
        self._clock = clock
        self._cursor: str | None = None
        self._state = State()
        self._asked: dict[str, tuple[Covers, ...]] = {}

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        """One page for each feed that has changed. One that fails does not keep the others from being read."""
        now = _Round(self._begin(cursor), cursor is None)
        failure: RetryLater | None = None
        for address in self._feeds:
            try:
                page = await self._page(address, now)
            except RetryLater as error:
                failure = failure or error
                continue
            if page is not None:
                yield page
                self._asked[address] = page.covers
        if failure is not None:
            raise failure
        patience = min(now.patience, default=0.0)
        if patience > 0:
            yield Page((), (), (), self._cursor, self._clock.now(), patience=patience)

    def _begin(self, cursor: str | None) -> State:
        if cursor is None:
            return self._state.from_scratch()
        if cursor != self._cursor:
            self._state, self._cursor = load(cursor), cursor
        return self._state.copy()

    def _saved(self, state: State) -> str:
        """The cursor for a state, which is the newest from now on."""
        self._state, self._cursor = state.copy(), dump(state)
        return self._cursor

    async def _page(self, address: str, now: _Round) -> Page | None:
        """Read one feed; None where it has not changed and nothing is to be remembered."""
        read_at = self._clock.now()
        source = now.state.feeds.get(address, Source())
        whole = self._is_due(source, read_at)
        answer = await ask(self._fetch, address, source, whole, self._path)
        now.patience.append(fresh_for(answer.headers))
        if answer.status == 304:
            return self._unasked(address, now.state, read_at)
        body = await summary(answer.body)
        if body == source.body and not absence.doubtful(source.missing):
            if not whole:
                return self._unasked(address, now.state, read_at)
            now.state.feeds[address] = replace(source, whole_at=read_at)
            return Page((), (), _claims(now.state, address), self._saved(now.state), read_at)
        return await self._changed(address, now, answer, body, read_at, whole)

    def _unasked(self, address: str, state: State, read_at: float) -> Page | None:
        """What is missing, once more where the core could not ask after it when it was told; else nothing."""
        covers = _claims(state, address)
        return Page((), (), covers, self._cursor, read_at) if covers and covers != self._asked.get(address) else None

    def _is_due(self, source: Source, now: float) -> bool:
        """Whether a conditional reading would not do: servers say "not modified" of feeds that are."""
        fresh = 0 <= now - source.whole_at < self._whole_every  # the clock may have been set back
        return not fresh or absence.doubtful(source.missing)

    async def _changed(
        self, address: str, now: _Round, answer: Response, body: str, read_at: float, whole: bool
    ) -> Page:
        before, state = now.state, now.state.copy()
        try:
            found = await understood(answer, address, state, read_at, every_post=now.first)
        except RetryLater:
            if not state.feeds.get(address, Source()).at:
                raise
            # Where it had moved to, there is no feed any more: perhaps there is one at its own address.
            answer = await ask(self._fetch, address, Source(), True, self._path)
            found = await understood(answer, address, state, read_at, every_post=now.first)
        source = state.feeds[address]
        whole_at = read_at if whole else source.whole_at
        state.feeds[address] = _validated(source, address, answer, body, whole_at, found)
        more: Beyond | None = None
        if found.lost and not now.first:
            more = await beyond(self._fetch, address, found, before, state, read_at)
        cards = [] if now.first else await self._cards(found, state)
        if all(one in state.feeds for one in self._feeds):
            state.at = read_at
        now.state = state
        comments, met, gap = found.comments, found.posts, 0
        if more is not None:
            comments, met, gap = (*comments, *more.comments), (*met, *more.posts), more.gap
        shown = {post.id: post for post in (*met, *cards)}
        return Page(comments, tuple(shown.values()), _claims(state, address), self._saved(state), read_at, gap)

    async def _cards(self, found: Reading, state: State) -> list[Post]:
        """The cards of posts that get their first new comment, from the posts' own pages."""
        cards: list[Post] = []
        new = {comment.post for comment in found.comments if comment.id in found.new}
        wanted = [(page, known) for page, known in state.posts.items() if not known.own and known.id in new]
        with suppress(TimeoutError):
            async with asyncio.timeout(CARDS_WITHIN):
                for page, known in wanted[:_CARDS]:
                    card = await posts.card(self._fetch, known.id, page)
                    if card is not None:
                        cards.append(card)
                        state.posts[page] = Known(known.id, card.title, True)
        return cards

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        """How these comments stand by one more reading of everything; of what a feed cannot tell, nothing is said.

        What is missing is `HIDDEN`: a feed cannot tell what was deleted from what is merely not shown any more.
        """
        if not ids:
            return {}
        state, shown = self._state.copy(), set[CommentId]()
        for address in self._feeds:
            source = state.feeds.get(address, Source())
            answer = await ask(self._fetch, address, source, True, self._path)
            shown |= (await understood(answer, address, state, self._clock.now())).shown
        missing = {id for source in state.feeds.values() for id in source.missing}
        return {id: Standing.PUBLIC if id in shown else Standing.HIDDEN for id in ids if id in shown | missing}


def _validated(source: Source, address: str, answer: Response, body: str, whole_at: float, found: Reading) -> Source:
    """The feed as it was read, with what vouches for that; a broken document vouches for nothing."""
    vouched = found.feed.strict
    return replace(
        source,
        at=answer.permanent or ("" if answer.url == address else source.at),
        etag=answer.headers.get("ETag", "") if vouched else "",
        modified=answer.headers.get("Last-Modified", "") if vouched else "",
        body=body if vouched else "",
        whole_at=whole_at,
    )


def _claims(state: State, address: str) -> tuple[Covers, ...]:
    """The places where comments stood that are missing for good: the core asks after each."""
    missing = state.feeds[address].missing
    believed = [id for id, n in missing.items() if n >= absence.BELIEVED and id in state.seen]
    places = [position(id, state.seen[id].created) for id in believed]
    return tuple(Covers(None, place, place) for place in places)
