"""Isso's JSON, as values (seen in 0.14.0: isso/views/comments.py, `fetch`, `view`, `latest`, `new`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from html import unescape
from typing import Any

from adapters.isso.ids import comment_id, key_of, without_key
from bridge.model import Comment, Commenter, CommentId, PostId, Standing
from bridge.text import html_in

PUBLIC, PENDING, DELETED = 1, 2, 4
"""Isso's modes; `DELETED` is a comment without words that still has replies."""
_STANDINGS = {PUBLIC: Standing.PUBLIC, PENDING: Standing.PENDING, DELETED: Standing.GONE}


@dataclass(frozen=True, slots=True)
class Entry:
    """One comment as Isso tells it. `text` is HTML, or Markdown where that was asked for; names are unescaped."""

    number: int
    created: float
    mode: int
    parent: int | None
    text: str
    author: str | None
    website: str | None
    modified: float | None
    avatar: str | None = None

    @property
    def id(self) -> CommentId:
        """The name by which the core knows it."""
        return comment_id(self.number, self.created)

    @property
    def standing(self) -> Standing:
        """How it stands; an unknown mode is not shown by Isso."""
        return _STANDINGS.get(self.mode, Standing.HIDDEN)


def entry(row: Any) -> Entry:
    """Read one comment. Raises ValueError where the JSON is not Isso's."""
    try:
        return Entry(
            number=int(row["id"]),
            created=float(row["created"]),
            mode=int(row["mode"]),
            parent=None if row["parent"] is None else int(row["parent"]),
            text=str(row["text"] or ""),
            author=_unescaped(row["author"]),
            website=_unescaped(row["website"]),
            modified=None if row["modified"] is None else float(row["modified"]),
            avatar=row.get("gravatar_image"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a comment of Isso's: {error!r:.80}") from None


def _unescaped(value: Any) -> str | None:
    """Undo what Isso does to names and addresses before it stores them."""
    return unescape(value) if isinstance(value, str) and value else None


def thread(data: Any) -> tuple[Entry, ...]:
    """Read a thread: every entry and every reply below it. Raises ValueError where the JSON is not Isso's."""
    return tuple(_walked(data))


def _walked(node: Any) -> Iterator[Entry]:
    try:
        replies = list(node.get("replies", []))
    except (TypeError, AttributeError):
        raise ValueError("not a thread of Isso's") from None
    for row in replies:
        yield entry(row)
        yield from _walked(row)


def fingerprint(entries: Iterable[Entry]) -> str:
    """Sum up what the public sees of a thread, so that an edit is noticed without reading the thread."""
    rows = sorted(
        (e.number, e.created, e.modified or 0.0, e.parent or 0, e.author or "", e.website or "", e.text)
        for e in entries
        if e.mode == PUBLIC
    )
    return blake2b(repr(rows).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def comment(entry: Entry, post: PostId, address: str, parent: CommentId | None) -> Comment:
    """Put an entry into the core's words; `address` is the post's."""
    return Comment(
        id=entry.id,
        post=post,
        position=entry.number,
        parent=parent,
        commenter=Commenter(entry.author or "Anonymous", without_key(entry.website), entry.avatar),
        text=html_in.parse(entry.text, address),
        created=entry.created,
        link=link(address, entry.number),
        standing=entry.standing,
        key=key_of(entry.website),
    )


def link(address: str, number: int) -> str:
    """Where a comment stands on its page: the anchor that Isso's widget makes."""
    return f"{address}#isso-{number}"
