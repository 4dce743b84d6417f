"""One reading of the comment feed: what it shows, what the API adds to that, and what it all means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from adapters.wordpress.feed_asking import of_posts
from adapters.wordpress.feed_entries import Entry, lacking
from adapters.wordpress.feed_posts import Posts
from adapters.wordpress.feed_state import DOUBTFUL, SILENT, Seen, State, highest
from adapters.wordpress.feed_strangers import Newest, Strangers, Told
from adapters.wordpress.keys import key_of, without_key
from bridge.feeds import absence
from bridge.fetch import Fetch
from bridge.model import Comment, Commenter, CommentId, Covers, Kind

FULL = 10
"""What WordPress shows unless it is told otherwise: a feed that shows fewer at first has shown all that there is."""
ASKED_AGAIN = 3_600.0
"""Seconds after which an API that is closed to strangers is tried again."""
_MOST_POSTS = 10


@dataclass(slots=True)
class Found:
    """What a reading found: comments by their ids, `gap` those out of reach, `state` what is to be remembered."""

    state: State
    comments: dict[CommentId, Comment] = field(default_factory=dict)
    gap: int = 0


class Reading:
    """One reading at `now`. `first`: the core knows nothing; `whole`: the slower beat's, which looks at more."""

    def __init__(
        self, fetch: Fetch, strangers: Strangers, posts: Posts, before: State, now: float, *, first: bool, whole: bool
    ) -> None:
        self._fetch = fetch
        self._strangers = strangers
        self._posts = posts
        self._before = before
        self._now = now
        self._first = first
        self._whole = whole
        self._begins = first or not before.whole_at
        self._seen = dict(before.seen)
        self._found = Found(before)
        self._complete = False

    async def of(self, shown: Sequence[Entry], *, strict: bool) -> Found:
        """Understand what the feed shows. `strict`: the document was well formed, so nothing is missing by mistake."""
        lost = self._is_lost(shown)
        if self._begins:
            await self._begin(shown)
        reached = await self._reach(shown) if lost else []
        entries = {entry.id: entry for entry in (*reached, *shown)}
        await self._take(list(entries.values()))
        if lost:
            self._found.gap = self._missed(shown)
        self._remember(shown, strict=strict)
        await self._check({entry.id for entry in shown})
        await self._posts.learn_of(self._found.comments.values())
        self._found.state = replace(self._found.state, posts=self._posts.known)
        return self._found

    async def unchanged(self) -> Found:
        """Understand that the feed is as it was: look only for what the API tells beyond it."""
        await self._check(set(self._before.window))
        await self._posts.learn_of(self._found.comments.values())
        return self._found

    # The window ------------------------------------------------------------------------------------------------------

    def _is_lost(self, shown: Sequence[Entry]) -> bool:
        """Whether a full window shows nothing that was known, so that others may have come and gone unseen.

        What is known counts only if it is younger than the window's edge, of whose second others may be left out:
        databases put comments of one second in any order (tried: MariaDB shows the first ones).
        """
        if self._begins and not self._before.highest:
            return False
        full = len(shown) >= (self._before.most or FULL)
        known = any(entry.id in self._seen or entry.number <= self._before.highest for entry in _inside(shown))
        return bool(shown) and full and not known

    async def _begin(self, shown: Sequence[Entry]) -> None:
        """Remember what is there, so that nothing of it is taken for new when it slides into the window later."""
        ground = min(entry.created for entry in shown) if len(shown) >= FULL else 0.0
        comments = await self._strangers.newest_whole()
        listed = None
        if comments is not None:
            created = {comment.id: comment.created for comment in comments}
            listed = Newest(created, len(comments) < 100).ground
            self._found.comments |= {comment.id: comment for comment in comments}
            self._seen |= {comment.id: Seen(comment.created, comment.kind) for comment in comments}
        began = highest([*(entry.id for entry in shown), *self._seen])
        closed_at = self._now if comments is None else 0.0
        self._found.state = replace(
            self._found.state, began=began, ground=ground, listed=listed, closed_at=closed_at, highest=began
        )

    async def _take(self, entries: Sequence[Entry]) -> None:
        """Find out what the entries are that nobody knows yet, and take all that belong in a room."""
        asked = [entry for entry in entries if self._is_open(entry)]
        told = await self._told([entry.id for entry in asked])
        for entry in asked:
            self._seen[entry.id] = Seen(entry.created, await self._kind(entry, told))
        spoken = sorted((one for one in entries if self._seen[one.id].told), key=lambda one: one.number)
        at_once = self._first and self._found.state.listed is not None  # for the API gives all cards in one answer
        new = {entry.id for entry in asked if not self._first}
        by_api = {id: Told(one.kind, one.post) for id, one in self._found.comments.items()} | (told or {})
        await self._posts.learn(spoken, by_api, {entry.id for entry in spoken} if at_once else new)
        self._found.comments |= {entry.id: self._comment(entry) for entry in spoken}

    async def _told(self, ids: Sequence[CommentId]) -> dict[CommentId, Told] | None:
        refused_just_now = self._found.state.closed_at == self._now
        if not ids or refused_just_now:
            return None if refused_just_now else {}
        return await self._strangers.told(ids)

    def _is_open(self, entry: Entry) -> bool:
        known = self._seen.get(entry.id)
        return known is None or (known.kind == DOUBTFUL and self._whole)

    async def _kind(self, entry: Entry, told: Mapping[CommentId, Told] | None) -> str:
        """What an entry is; `SILENT` also for what was there before us and only slid into the window."""
        known = (told or {}).get(entry.id)
        listed = known is not None and known.kind == Kind.COMMENT
        if self._before.slid(entry.number, entry.created, listed=listed):
            return SILENT
        if known is not None:
            return known.kind
        if self._first and entry.shape is not Kind.COMMENT:
            return entry.shape
        return await self._kind_by_page(entry) if not self._first else Kind.COMMENT

    async def _kind_by_page(self, entry: Entry) -> str:
        says = await self._posts.says(entry.page)
        if says is None or not says.kinds:
            return entry.shape
        if says.lacks(entry.id):
            return DOUBTFUL
        return says.kinds.get(entry.id, entry.shape)

    def _comment(self, entry: Entry) -> Comment:
        return Comment(
            id=entry.id,
            post=self._posts.known[entry.base].id,
            position=entry.number,
            parent=entry.parent,
            commenter=Commenter(entry.name, without_key(entry.uri)),
            text=entry.text,
            created=entry.created,
            link=entry.link,
            kind=Kind(self._seen[entry.id].kind),
            key=key_of(entry.uri),
        )

    # Beyond the window -----------------------------------------------------------------------------------------------

    async def _reach(self, shown: Sequence[Entry]) -> list[Entry]:
        """Read on from a window that shows nothing known: by the API, else by the feeds of the posts that it shows."""
        since = await self._strangers.since(self._before.highest)
        if since is not None:
            comments, self._complete = since
            self._found.comments |= {comment.id: comment for comment in comments}
            self._seen |= {comment.id: Seen(comment.created, comment.kind) for comment in comments}
            return []
        pages = dict.fromkeys(entry.page for entry in shown)
        reached = await of_posts(self._fetch, list(pages)[:_MOST_POSTS], self._before, self._now)
        return [entry for entry in reached if entry.number > self._before.highest]

    def _missed(self, shown: Sequence[Entry]) -> int:
        """How many are out of reach, by their numbers; none where the API gave every public one."""
        if self._complete:
            return 0
        inside = [entry.number for entry in _inside(shown) if entry.number > self._before.highest]
        below = min(inside, default=highest(entry.id for entry in shown))
        return lacking({int(id) for id in self._seen}, self._before.highest, below)

    async def _check(self, shown: set[CommentId]) -> None:
        """Compare what is known with what the API lists: what is gone, what was approved late, what is back."""
        state = self._found.state
        due = self._whole or absence.doubtful(state.missing)
        if self._begins or not due or (state.closed_at and 0 <= self._now - state.closed_at < ASKED_AGAIN):
            return
        newest = await self._strangers.newest()
        if newest is None:
            self._found.state = replace(state, closed_at=self._now)
            return
        seen, missing = dict(state.seen), dict(state.missing)
        unsaid = [id for id in _unlisted(seen, newest) if missing.get(id, 0) < absence.BELIEVED]
        unlisted = [id for id in unsaid if id not in shown]
        whole = await self._strangers.whole(_come(state, newest) - shown)
        told = await self._strangers.told(unlisted) if unlisted else {}
        if whole is None or told is None:
            return
        self._found.comments |= {comment.id: comment for comment in whole}
        seen |= {comment.id: Seen(comment.created, comment.kind) for comment in whole}
        missing = {id: n for id, n in missing.items() if id not in newest.created}
        for id in unlisted:
            kind = told[id].kind if id in told else DOUBTFUL
            if kind == DOUBTFUL:
                missing[id] = absence.BELIEVED
            else:  # it was taken for a comment while the API did not answer
                seen[id] = seen[id]._replace(kind=kind)
        self._found.state = replace(
            state, seen=seen, missing=missing, closed_at=0.0, highest=max(state.highest, highest(seen))
        )

    def _remember(self, shown: Sequence[Entry], *, strict: bool) -> None:
        """Keep what is known now; what the feed lacks is judged, unless it was broken."""
        state, window = self._found.state, tuple(entry.id for entry in shown)
        most = max(state.most, len(window))
        missing = {id: n for id, n in state.missing.items() if id not in set(window)}
        if strict:
            created = {id: seen.created for id, seen in self._seen.items()}
            missing = absence.judged(state.missing, state.window, window, set(), created, most)
        self._found.state = replace(
            state, window=window, most=most, seen=self._seen, missing=missing,
            highest=max(state.highest, highest(self._seen)),
        )  # fmt: skip


def _inside(shown: Sequence[Entry]) -> list[Entry]:
    """The entries that are younger than the oldest that are shown: of their seconds, none is left out."""
    edge = min((entry.created for entry in shown), default=0.0)
    return [entry for entry in shown if entry.created > edge]


def _come(state: State, newest: Newest) -> set[CommentId]:
    """The comments that the API lists and that were not public before: approved late, or restored."""
    return {
        id
        for id, created in newest.created.items()
        if id in state.missing or (id not in state.seen and not state.slid(int(id), created, listed=True))
    }


def _unlisted(seen: Mapping[CommentId, Seen], newest: Newest) -> Iterator[CommentId]:
    """The comments that the API would have to list, and does not."""
    for id, one in seen.items():
        if one.kind == Kind.COMMENT and one.created > newest.ground and id not in newest.created:
            yield id


def claims(state: State) -> tuple[Covers, ...]:
    """The places where comments stood that are missing for good: the core asks after each."""
    believed = [int(id) for id, n in state.missing.items() if n >= absence.BELIEVED]
    return tuple(Covers(None, number, number) for number in believed)
