"""Reading an Isso blog: its threads, its pending comments, and how a single comment stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial

from adapters.isso import beat, posts, wire
from adapters.isso.admin import Admin, Row
from adapters.isso.beat import Hint, Seen, State
from adapters.isso.ids import comment_id, parts
from adapters.isso.public import Public
from adapters.isso.settings import Settings
from bridge.errors import RetryLater
from bridge.fetch import Fetch
from bridge.model import Comment, CommentId, Covers, Page, Post, PostId, Standing
from bridge.off_loop import off_loop
from bridge.ports import Clock

_NEW_POSTS_EVERY = 300.0
"""Seconds between two readings of the blog's feed or sitemap."""
_SITE_RESTS = 60.0
"""Seconds for which the blog's own pages are left alone after one could not be read."""
_ALL = 2**62


class Reader:
    """Reads what the settings and credentials allow; `admin` is None without a password.

    What it keeps in memory spares questions, and is lost without harm.
    """

    def __init__(self, fetch: Fetch, settings: Settings, public: Public, admin: Admin | None, clock: Clock) -> None:
        self._fetch = fetch
        self._settings = settings
        self._public = public
        self._admin = admin
        self._clock = clock
        self._known: dict[PostId, None] = {}
        self._known_at: float | None = None
        self._comments = 0
        self._absent: dict[PostId, Hint] = {}
        self._site_rests_until = 0.0
        self._where: dict[int, tuple[PostId, float]] = {}
        self._waiting: dict[tuple[int, str], Comment] = {}
        self._cards: dict[PostId, Post | None] = {}

    # --- pages --------------------------------------------------------------------------------------------------------

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        """Read what this beat asks for, a thread a page. One that fails does not keep the others from being read."""
        state = beat.load(cursor)
        hints = await self._hints(state)
        failure: RetryLater | None = None
        for post in beat.choose(state, hints, self._clock.now()):
            hint = hints.get(post, Hint(0))
            try:
                read = await self._page(post, hint, state)
            except RetryLater as error:
                failure = failure or error
                continue
            if read is not None:
                page, state = read
                yield page
        waited = bool(self._waiting)
        if self._admin is not None and ((page := await self._pending(self._admin, state)).comments or waited):
            yield page
        if failure is not None:
            raise failure

    async def _hints(self, state: State) -> dict[PostId, Hint]:
        if self._settings.posts == "latest" and beat.scans(state.beat, self._comments):
            return await self._scan()
        await self._discover()
        asked = [*dict.fromkeys([*state.threads, *self._known])]
        return {post: Hint(count) for post, count in (await self._public.counts(asked)).items()}

    async def _scan(self) -> dict[PostId, Hint]:
        by_post: dict[PostId, list[wire.Entry]] = {}
        rows = await self._public.latest()
        self._comments = len(rows)
        for post, entry in sorted(rows, key=lambda row: -row[1].created):
            by_post.setdefault(post, []).append(entry)
        return {post: Hint(len(entries), wire.fingerprint(entries)) for post, entries in by_post.items()}

    async def _discover(self) -> None:
        now = self._clock.now()
        fresh = self._known_at is not None and now - self._known_at < _NEW_POSTS_EVERY
        if self._settings.posts == "latest" or fresh:
            return
        self._known |= dict.fromkeys(await posts.listed(self._fetch, self._settings))
        self._known_at = now

    async def _page(self, post: PostId, hint: Hint, state: State) -> tuple[Page, State] | None:
        """Read one thread; None where there is no such post (visitors can name any when they comment)."""
        address = self._settings.link(post)
        if address is None or self._absent.get(post) == hint:
            return None
        before = state.threads.get(post)
        card = await self._card(post, address, before)
        if card is None and before is None:
            self._absent[post] = hint
            return None
        read_at = self._clock.now()
        entries = await self._public.thread(post)
        state = state.after(post, _seen(entries, hint, state.beat, titled=card is None or card.title != post))
        page = Page(
            comments=await self._comments_of(post, address, entries),
            posts=(card,) if card is not None else (),
            covers=(Covers(post, 0, _ALL),),
            cursor=beat.dump(state),
            read_at=read_at,
        )
        return page, state

    async def _card(self, post: PostId, address: str, before: Seen | None) -> Post | None:
        """The post's card, if it is new; None for a post that is known, or that the blog does not have."""
        if before is not None and before.titled:
            return None
        unnamed = Post(post, address, title=post) if before is None else None
        if self._clock.now() < self._site_rests_until:
            return unnamed
        try:
            return await posts.card(self._fetch, post, address)
        except RetryLater:
            self._site_rests_until = self._clock.now() + _SITE_RESTS
            return unnamed

    async def _comments_of(self, post: PostId, address: str, entries: Sequence[wire.Entry]) -> tuple[Comment, ...]:
        self._where |= {entry.number: (post, entry.created) for entry in entries}
        size = sum(len(entry.text) for entry in entries)
        return await off_loop(size, partial(_comments, post, address, entries))

    # --- pending ------------------------------------------------------------------------------------------------------

    async def _pending(self, admin: Admin, state: State) -> Page:
        read_at = self._clock.now()
        waiting = {(row.number, row.minute): row async for row in admin.pending()}
        self._waiting = {key: comment for key, comment in self._waiting.items() if key in waiting}
        cards = [await self._waiting_card(post, state) for post in dict.fromkeys(row.post for row in waiting.values())]
        for key, row in waiting.items():
            if (comment := await self._waiting_comment(admin, row)) is not None:
                self._waiting[key] = comment
        comments = tuple(comment for comment in self._waiting.values() if self._cards.get(comment.post, True))
        shown = tuple(card for card in cards if card is not None)
        return Page(comments, shown, (), beat.dump(state), read_at, waiting=(Covers(None, 0, _ALL),))

    async def _waiting_card(self, post: PostId, state: State) -> Post | None:
        """The card of a post that has only pending comments so far; None for one that is known, or that is none."""
        address = self._settings.link(post)
        if post in state.threads or address is None:
            self._cards.pop(post, None)
            return None
        if post not in self._cards:
            self._cards[post] = await self._card(post, address, None)
        return self._cards[post]

    async def _waiting_comment(self, admin: Admin, row: Row) -> Comment | None:
        address = self._settings.link(row.post)
        entry = await admin.entry(row) if address is not None else None
        if address is None or entry is None or entry.mode != wire.PENDING:
            return None
        return wire.comment(entry, row.post, address, await self._parent(row.post, entry.parent))

    async def _parent(self, post: PostId, number: int | None) -> CommentId | None:
        if number is None:
            return None
        if self._where.get(number, ("", 0.0))[0] != post:
            self._where |= {entry.number: (post, entry.created) for entry in await self._public.thread(post)}
        where, created = self._where.get(number, ("", 0.0))
        return comment_id(number, created) if where == post else None

    # --- look ---------------------------------------------------------------------------------------------------------

    async def look(self, ids: Sequence[CommentId]) -> dict[CommentId, Standing]:
        """Say how each comment stands now."""
        if self._admin is not None:
            return {comment: await self._look_as_admin(self._admin, comment) for comment in ids}
        read: dict[PostId, tuple[wire.Entry, ...]] = {}
        return {comment: await self._look_as_stranger(comment, read) for comment in ids}

    async def _look_as_admin(self, admin: Admin, comment: CommentId) -> Standing:
        number, created = parts(comment)
        row = await admin.row(number)
        entry = await admin.entry(row) if row is not None else None
        if entry is None or entry.created != created:
            return Standing.GONE
        return entry.standing

    async def _look_as_stranger(self, comment: CommentId, read: dict[PostId, tuple[wire.Entry, ...]]) -> Standing:
        number, created = parts(comment)
        if not await self._public.exists(number):
            return Standing.GONE
        for post in await self._posts_with(number, created):
            if post not in read:
                read[post] = await self._public.thread(post)
            for entry in read[post]:
                if entry.number == number:
                    return entry.standing if entry.created == created else Standing.GONE
        return Standing.HIDDEN

    async def _posts_with(self, number: int, created: float) -> list[PostId]:
        """Where to look for a comment: its post if it was read since the start, else every post there is."""
        post, at = self._where.get(number, (None, 0.0))
        if post is not None and at == created:
            return [post]
        if self._settings.posts == "latest":
            return [*dict.fromkeys(post for post, _ in await self._public.latest())]
        await self._discover()
        return [*self._known]


def _comments(post: PostId, address: str, entries: Sequence[wire.Entry]) -> tuple[Comment, ...]:
    names = {entry.number: entry.id for entry in entries}
    return tuple(
        wire.comment(entry, post, address, names.get(entry.parent) if entry.parent is not None else None)
        for entry in entries
        if entry.mode == wire.PUBLIC
    )


def _seen(entries: Sequence[wire.Entry], hint: Hint, beat: int, *, titled: bool) -> Seen:
    active = max((max(entry.created, entry.modified or 0.0) for entry in entries), default=0.0)
    return Seen(hint.count, hint.mark or wire.fingerprint(entries), beat, active, titled)
