"""Reading WordPress by its comment feeds, without credentials; the API tells the rest, where it answers strangers.

What cannot be seen in this way stands in docs/feeds.md and docs/wordpress.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace

from adapters.wordpress.api import Api
from adapters.wordpress.feed_asking import NoFeedThere, ask, find, summary, understood
from adapters.wordpress.feed_posts import Posts
from adapters.wordpress.feed_reading import Found, Reading, claims
from adapters.wordpress.feed_state import DOUBTFUL, State, dump, load
from adapters.wordpress.feed_strangers import Strangers
from adapters.wordpress.settings import Settings
from bridge.feeds import absence
from bridge.feeds.dates import instant
from bridge.feeds.headers import fresh_for
from bridge.fetch import Fetch, Response
from bridge.model import Comment, CommentId, Page, Post, PostId, Standing
from bridge.ports import Clock

PORTION = 100
"""Comments on one page for the core."""


class FeedReader:
    """Reads one blog's comment feed. What it keeps in memory is the state of the newest page, and is lost unharmed."""

    def __init__(self, settings: Settings, fetch: Fetch, api: Api, clock: Clock) -> None:
        self._settings = settings
        self._fetch = fetch
        self._api = api
        self._clock = clock
        self._strangers = Strangers(api)
        self._state = State()
        self._cursor: str | None = None
        self._changes, self._heeded = 0, 0

    def stale(self) -> None:
        """Something was changed on the blog that a 304 may hide: read whole next time."""
        self._changes += 1

    async def feed(self) -> str:
        """Where the comment feed is. Raises `RetryLater` where there is none."""
        site = self._settings.feed or self._settings.address
        if not self._state.feed or self._state.site != site:
            self._state = replace(self._state, site=site, feed=await find(self._fetch, self._settings))
        return self._state.feed

    async def pages(self, cursor: str | None, past: int = 0) -> AsyncIterator[Page]:
        """See `bridge.ports.Blog`. Conditional at each beat; whole at a slower one, for WordPress's 304 hides much.

        `past`: the highest number that was recorded, by whatever way of reading.
        """
        read_at = self._clock.now()
        state = await self._begin(cursor)
        state = replace(state, highest=max(state.highest, past))
        changes = self._changes  # one that happens while we read counts the next time
        fresh = 0 <= read_at - state.whole_at < self._settings.whole_every  # the clock may have been set back
        whole = changes != self._heeded or not fresh
        whole = whole or absence.doubtful(state.missing)
        answer, state = await self._asked(state, whole=whole)
        patience = fresh_for(answer.headers)
        body = "" if answer.status == 304 else await summary(answer.body)
        if answer.status == 304 or (body == state.body and not whole):
            if patience > 0:
                yield Page((), (), (), cursor, read_at, patience=patience)
            return
        posts = Posts(self._fetch, self._api, state, self._settings.address)
        self._strangers.expected = state.listed is not None and not state.closed_at
        reading = Reading(self._fetch, self._strangers, posts, state, read_at, first=cursor is None, whole=whole)
        if body == state.body and not _unsure(state):
            found = await reading.unchanged()
            found.state = _validated(found.state, answer, body)
        else:
            found = await self._read(reading, answer, state, body, read_at)
        found.state = replace(found.state, whole_at=read_at if whole else state.whole_at)
        for page in self._pages(found, posts.met, cursor, read_at):
            yield replace(page, patience=patience)
        self._heeded = changes

    async def _begin(self, cursor: str | None) -> State:
        if cursor is None:
            self._state = self._state.unread()
        elif cursor != self._cursor:
            self._state, self._cursor = load(cursor) or State(), cursor
        await self.feed()
        return self._state

    async def _asked(self, state: State, *, whole: bool) -> tuple[Response, State]:
        """The feed's answer; it is looked for anew where it does not come (permalinks were changed)."""
        try:
            return await ask(self._fetch, state, whole=whole), state
        except NoFeedThere:
            found = await find(self._fetch, self._settings)
            if found == state.feed:
                raise
        moved = replace(state, feed=found, etag="", modified="", body="")
        return await ask(self._fetch, moved, whole=True), moved

    async def _read(self, reading: Reading, answer: Response, state: State, body: str, read_at: float) -> Found:
        feed, shown = await understood(answer, state.feed, state, read_at)
        found = await reading.of(shown, strict=feed.strict)
        found.state = _validated(found.state, answer, body if feed.strict else "")
        return found

    def _pages(self, found: Found, met: Mapping[PostId, Post], cursor: str | None, read_at: float) -> Iterator[Page]:
        """What was found, oldest first. Only the last page's cursor is new: what is then read again is known."""
        comments = sorted(found.comments.values(), key=lambda comment: comment.position)
        portions = [comments[at : at + PORTION] for at in range(0, len(comments), PORTION)] or [[]]
        told: set[PostId] = set()
        for portion in portions[:-1]:
            yield Page(tuple(portion), _new_posts(portion, met, told), (), cursor, read_at)
        last = tuple(portions[-1])
        self._state, self._cursor = found.state, dump(found.state)
        yield Page(last, _new_posts(last, met, told), claims(found.state), self._cursor, read_at, found.gap)

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        """See `bridge.ports.Blog`. Where the API is closed, what the feed shows no more is `HIDDEN`.

        A feed cannot tell what was deleted from what is merely not shown; of what it would not show, nothing is said.
        """
        if not ids:
            return {}
        by_api = await self._strangers.look(ids)
        if by_api is not None:
            return by_api
        await self.feed()
        state = self._state
        answer = await ask(self._fetch, state, whole=True)
        shown = {entry.id for entry in (await understood(answer, state.feed, state, self._clock.now()))[1]}
        told = {id: Standing.PUBLIC for id in ids if id in shown}
        return told | {id: Standing.HIDDEN for id in ids if id in state.missing and id not in shown}


def _validated(state: State, answer: Response, body: str) -> State:
    """The state with what vouches for a document; nothing vouches for a broken one (empty `body`)."""
    if not body or not _is_settled(answer):
        return replace(state, body=body, etag="", modified="")
    headers = answer.headers
    return replace(state, body=body, etag=headers.get("ETag", ""), modified=headers.get("Last-Modified", ""))


def _is_settled(answer: Response) -> bool:
    """Whether a comment that comes now will change the validators: they count in whole seconds (RFC 9110, 8.8.2.2)."""
    sent, changed = (instant(answer.headers.get(name, "")) for name in ("Date", "Last-Modified"))
    return sent is None or changed is None or sent - changed > 1


def _unsure(state: State) -> bool:
    """Whether reading the same document again would tell more."""
    doubtful = any(id in state.seen and state.seen[id].kind == DOUBTFUL for id in state.window)
    return doubtful or absence.doubtful(state.missing)


def _new_posts(comments: Sequence[Comment], met: Mapping[PostId, Post], told: set[PostId]) -> tuple[Post, ...]:
    """The posts of these comments that were met in this reading, each once."""
    ids = dict.fromkeys(comment.post for comment in comments if comment.post in met and comment.post not in told)
    told |= ids.keys()
    return tuple(met[id] for id in ids)
