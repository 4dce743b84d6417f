"""What a read comment means, given what the ledger knows of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bridge.model import AccountName, Comment, CommentId, Origin, Standing
from bridge.text.tree import Text, same_words


class Verdict(StrEnum):
    """What to do about one comment on a page."""

    NEW = "new"
    """Never seen: remember it, and announce it if it is public."""
    KNOWN = "known"
    """Seen, and nothing of importance has changed."""
    EDITED = "edited"
    """Seen, and its text has changed."""
    RISEN = "risen"
    """Seen before, but public only now: announce it, whatever its date."""
    SUNK = "sunk"
    """It was public, or waited to be, and does so no more: erase its renderings."""
    WAITS = "waits"
    """It was off the blog and waits for approval now: moderators are to see it."""
    MOVED = "moved"
    """Known under another post: it has moved, not arrived."""
    OURS = "ours"
    """Never seen, and proven to be an answer of ours: remember it, do not show it where it was written."""
    WAIT = "wait"
    """It may be an answer of ours that is on its way: judge it at the next reading, when we know."""
    EDITED_THERE = "edited there"
    """An answer of ours whose text was changed on the blog."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a comment. `native_post` is the post that it was seen on.

    For an answer of ours, `standing_text` is what we believe stands there. `settled_at` is when we last knew how it
    stands from our own doing, 0 if never.
    """

    digest: str
    standing: Standing
    native_post: str
    origin: Origin = Origin.VISITOR
    standing_text: Text | None = None
    settled_at: float = 0.0
    in_flight: Text | None = None
    edited_there: bool = False


@dataclass(frozen=True, slots=True)
class Attempted:
    """An open attempt to publish an answer on the comment's post: its key, the text sent, the account used."""

    key: str
    sent: Text
    account: AccountName
    parent: CommentId | None


def judge(comment: Comment, digest: str, read_at: float, known: Known | None, open_: Sequence[Attempted]) -> Verdict:
    """Judge one comment of a page that was read at `read_at`; `open_` are the open attempts on its post.

    `digest` is that of the comment's text (`bridge.text.tree.digest`).
    """
    if known is None:
        return _unseen(comment, open_)
    if known.origin is Origin.OURS:
        return _ours(comment, digest, known, read_at)
    if known.settled_at and read_at <= known.settled_at:
        return Verdict.KNOWN
    if known.native_post != comment.post:
        return Verdict.MOVED
    return _moved_in_standing(comment.standing, known.standing) or (
        Verdict.KNOWN if digest == known.digest else Verdict.EDITED
    )


def _moved_in_standing(standing: Standing, before: Standing) -> Verdict | None:
    """What it means that a comment stands otherwise than before; None if it does not."""
    if standing is before:
        return None
    if standing is Standing.PUBLIC:
        return Verdict.RISEN
    if standing is Standing.PENDING and before is not Standing.PUBLIC:
        return Verdict.WAITS
    return Verdict.SUNK


def claimed(comment: Comment, open_: Sequence[Attempted]) -> Attempted | None:
    """The open attempt whose key and text the comment carries; a copied key alone proves nothing."""
    for attempt in open_:
        if comment.key == attempt.key and same_words(comment.text, attempt.sent):
            return attempt
    return None


def reused(comment: Comment, known_at_position: CommentId | None, known_above: bool) -> bool:
    """Whether the blog's numbers cannot be trusted any more (an import, a restore), so that it must be paused.

    A number is given out again only at the top: if another comment stands under this one's number
    (`known_at_position`) while a known comment with a higher number still stands (`known_above`), it was no such case.
    """
    return known_at_position is not None and known_at_position != comment.id and known_above


def _unseen(comment: Comment, open_: Sequence[Attempted]) -> Verdict:
    if claimed(comment, open_):
        return Verdict.OURS
    for attempt in open_:
        if comment.account is not None and comment.account == attempt.account and comment.parent == attempt.parent:
            return Verdict.WAIT
    return Verdict.NEW


def _ours(comment: Comment, digest: str, known: Known, read_at: float) -> Verdict:
    if read_at <= known.settled_at:
        return Verdict.KNOWN
    if comment.standing is Standing.PUBLIC and known.standing is not Standing.PUBLIC:
        return Verdict.RISEN
    if known.standing_text is None:
        return Verdict.KNOWN
    moved = _moved_in_standing(comment.standing, known.standing)
    if moved is not None:
        return moved
    if known.edited_there:
        return Verdict.KNOWN if digest == known.digest else Verdict.EDITED
    if same_words(comment.text, known.standing_text):
        return Verdict.KNOWN
    if known.in_flight is not None and same_words(comment.text, known.in_flight):
        return Verdict.KNOWN
    return Verdict.EDITED_THERE
