"""What a feed says, given what was read before. Pure: runs on a thread where the document is large (law 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from urllib.parse import urlsplit

from adapters.feed import identity, posts
from adapters.feed.replies import Named, Reply, without_loops
from adapters.feed.state import Known, Seen, Source, State
from bridge.feeds import absence
from bridge.feeds.addresses import LONGEST, is_web
from bridge.feeds.dates import instant
from bridge.feeds.item import Feed, Item
from bridge.feeds.strict import urljoined
from bridge.model import Comment, Commenter, CommentId, Post, PostId
from bridge.text import html_in
from bridge.text.tree import Paragraph, Plain, Text, cleaned, normalised

FULL = 10
"""What most software shows at least: a feed that shows fewer at first is taken to show everything that there is."""
_EARLIEST = 631_152_000.0
_DAY = 86_400.0
_LONGEST_NAME = 1_000
_STEP = 1 / 16


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading says. `comments` are those that are new or not as they were recorded; `new` the new ones.

    `shown` names all that are in the feed now, `pages` are the posts' pages that they stand on. `lost`: a full window
    shows nothing that was known, so that others may have come and gone unseen. `newest` is the instant of the newest
    comment that was known before.
    """

    feed: Feed
    comments: tuple[Comment, ...]
    posts: tuple[Post, ...]
    new: frozenset[CommentId]
    shown: frozenset[CommentId]
    pages: tuple[str, ...]
    lost: bool
    newest: float


def read(feed: Feed, address: str, state: State, now: float, *, every_post: bool = False) -> Reading:
    """Understand a reading of the feed at `address`, and bring `state` up to date.

    Posts come with it that were not known before, or (`every_post`) all that its comments stand on.
    """
    before = state.feeds.get(address, Source())
    items = _distinct(feed)
    dates = [_date(item, now) for item in items]
    marks = [identity.mark(item, date) for item, date in zip(items, dates, strict=True)]
    scheme = before.scheme or identity.choose(items)
    ids, twins = identity.names(items, marks, scheme, before.twins, state.seen)
    named = _Named(items, ids, scheme, before, state)
    created = _created(ids, dates, state, now)
    floor = _floor(before, state, address, created)
    rows = _rows(items, ids, marks, created, floor, state)
    newest = max((seen.created for seen in state.seen.values()), default=0.0)
    lost = bool(before.window) and len(rows) >= before.most and all(row.id not in state.seen for row in rows)
    new = frozenset(row.id for row in rows if row.id not in state.seen)
    comments, met = _comments(rows, feed, address, named, state, every_post)
    state.feeds[address] = _after(before, feed, rows, scheme, twins, floor, state)
    state.trim()
    pages = tuple(dict.fromkeys(posts.address_of(row.item, feed, address) for row in rows))
    return Reading(feed, comments, met, new, frozenset(row.id for row in rows), pages, bool(rows) and lost, newest)


@dataclass(frozen=True, slots=True)
class _Row:
    item: Item
    id: CommentId
    mark: str
    created: float


def _distinct(feed: Feed) -> list[Item]:
    """The items, each once; addresses made whole."""
    items: list[Item] = []
    for item in feed.items:
        item.link = urljoined(item.base or feed.link, item.link)[:LONGEST]
        if item not in items[-1:]:
            items.append(item)
    return items


def _date(item: Item, now: float) -> float | None:
    """When it was written; None where the feed does not tell, or tells what cannot be."""
    for written in (item.published, item.updated):
        found = instant(written)
        if found is not None and _EARLIEST <= found <= now + _DAY:
            return found
    return None


def _created(ids: Sequence[CommentId], dates: Sequence[float | None], state: State, now: float) -> list[float]:
    """Each comment's instant, as it was first understood; without a date, when it was first seen, in order."""
    return [
        state.seen[id].created if id in state.seen else date if date is not None else now - n * _STEP
        for n, (id, date) in enumerate(zip(ids, dates, strict=True))
    ]


def _floor(before: Source, state: State, address: str, created: Sequence[float]) -> float:
    """Comments older than this were there before us, and only slid into the window."""
    if address in state.feeds and (before.window or before.floor):
        return before.floor
    if state.at:
        return before.floor or (0.0 if address in state.feeds else state.at)
    return min(created) if len(created) >= FULL else 0.0


def _rows(
    items: Sequence[Item], ids: Sequence[CommentId], marks: Sequence[str], created: Sequence[float], floor: float,
    state: State,
) -> list[_Row]:  # fmt: skip
    rows: dict[CommentId, _Row] = {}
    for item, id, one, at in zip(items, ids, marks, created, strict=True):
        if id in state.seen or at >= floor:
            rows.setdefault(id, _Row(item, id, one, at))
    return list(rows.values())


def _after(
    before: Source, feed: Feed, rows: Sequence[_Row], scheme: str, twins: bool, floor: float, state: State
) -> Source:
    window = tuple(row.id for row in rows)
    most = max(before.most, len(feed.items))
    after = replace(
        before, scheme=scheme, twins=twins, most=most, floor=floor, window=window, total=feed.total or before.total
    )
    if not feed.strict:
        return after
    created = {id: seen.created for id, seen in state.seen.items()}
    elsewhere = {id for source in state.feeds.values() if source is not before for id in source.window}
    return replace(after, missing=absence.judged(before.missing, before.window, window, elsewhere, created, most))


class _Named:
    """What the items of one reading answer, and which posts they stand on."""

    def __init__(
        self, items: Sequence[Item], ids: Sequence[CommentId], scheme: str, before: Source, state: State
    ) -> None:
        self._named = Named(items, ids, scheme, state.seen)
        self.replies: dict[CommentId, Reply] = {}
        for item, id in zip(items, ids, strict=True):
            self.replies.setdefault(id, self._named.reply(item, id))

    def parents(self, rows: Sequence[_Row]) -> dict[CommentId, CommentId | None]:
        """Who answers whom, without circles."""
        parents = {id: reply.parent for id, reply in self.replies.items()}
        without_loops(parents, [row.id for row in sorted(rows, key=lambda row: row.created)])
        return parents

    def is_post(self, item: Item) -> bool:
        """Whether the item's `ref` names its post."""
        return self._named.is_post(item)


def _comments(
    rows: Sequence[_Row], feed: Feed, address: str, named: _Named, state: State, every_post: bool
) -> tuple[tuple[Comment, ...], tuple[Post, ...]]:
    own_host = urlsplit(feed.link if is_web(feed.link) else address).netloc.lower()
    parents = named.parents(rows)
    comments: list[Comment] = []
    met: dict[PostId, Post] = {}
    for row in reversed(rows):  # the newest last, for what is oldest is forgotten first
        page = posts.address_of(row.item, feed, address)
        known = state.posts.pop(page, None)
        if known is None:
            id = posts.id_of(row.item, page, own_host, named.is_post(row.item))
            post = Known(id, *posts.first_title(row.item, feed, page))
        else:
            post = known
        state.posts[page] = post
        if known is None or every_post:
            met[post.id] = Post(post.id, page, post.title)
        whole = identity.fingerprint(row.item, post.id, parents[row.id])
        before = state.seen.pop(row.id, None)
        if before is not None and before.whole and _is_told_by_another(row.id, address, state):
            whole = before.whole
        state.seen[row.id] = Seen(row.created, identity.link_mark(row.item), row.mark, whole)
        if before is None or before.whole != whole or _was_missing(row.id, state):
            comments.append(_comment(row, post.id, page, parents[row.id], named.replies[row.id].told))
    return tuple(reversed(comments)), tuple(met.values())


def _was_missing(id: CommentId, state: State) -> bool:
    """Whether it was told to be missing: that it is back has to be told, too."""
    return any(id in source.missing for source in state.feeds.values())


def _is_told_by_another(id: CommentId, address: str, state: State) -> bool:
    """Whether an earlier feed of the blog shows it, too: two may write one comment in two ways, the first decides."""
    earlier = takewhile(lambda other: other != address, state.feeds)
    return any(id in state.feeds[other].window for other in earlier)


def _comment(row: _Row, post: PostId, page: str, parent: CommentId | None, told: bool) -> Comment:
    item = row.item
    link = item.link if is_web(item.link) else page
    commenter = Commenter(
        cleaned(item.name)[:_LONGEST_NAME],
        item.uri if is_web(item.uri) else None,
        item.avatar if is_web(item.avatar) else None,
    )
    text = body(item, link)
    return Comment(
        id=row.id,
        post=post,
        position=identity.position(row.id, row.created),
        parent=parent,
        commenter=commenter,
        text=text[1:] if told and len(text) > 1 else text,
        created=row.created,
        link=cleaned(link),
    )


def body(item: Item, link: str) -> Text:
    """An item's words: its HTML, else its plain text, each empty line beginning a paragraph."""
    if item.html:
        return html_in.parse(item.html, item.base or link)
    paragraphs = [part for part in cleaned(item.text).split("\n\n") if part.strip()]
    return normalised(tuple(Paragraph((Plain(part.strip("\n")),)) for part in paragraphs))
