"""Which comment answers which: by RFC 4685, else by the line that WordPress writes above a reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from adapters.feed.identity import GUID, LINK, by
from adapters.feed.state import Seen
from bridge.feeds.addresses import fragment, numbered, without_scheme
from bridge.feeds.item import Item
from bridge.feeds.reply_line import answered
from bridge.model import CommentId

_COMMENT = "#comment-"


class Reply(NamedTuple):
    """What an item answers (None: the post), and whether its first paragraph says nothing else and can go."""

    parent: CommentId | None
    told: bool = False


class Named:
    """The comments that can be parents: those of this reading by guid and link, and those that were seen before."""

    def __init__(
        self, items: Sequence[Item], ids: Sequence[CommentId], scheme: str, seen: Mapping[CommentId, Seen]
    ) -> None:
        self._scheme = scheme
        self._seen = seen
        shown = list(zip(items, ids, strict=True))
        self._by_guid = {item.guid: id for item, id in shown if item.guid}
        self._by_link = {without_scheme(item.link): id for item, id in shown if fragment(item.link)}

    def reply(self, item: Item, id: CommentId) -> Reply:
        """What this item answers; never itself."""
        hint = answered(item.html)
        if item.ref:
            parent = self._by_ref(item)
            told = hint is not None and _same_number(hint, item.ref)
        else:
            parent = None if hint is None else self._by_line(item, hint)
            told = parent is not None
        return Reply(None if parent == id else parent, told)

    def is_post(self, item: Item) -> bool:
        """Whether the item's `ref` names its post rather than a comment."""
        return bool(item.ref) and self._by_ref(item) is None

    def _by_ref(self, item: Item) -> CommentId | None:
        known = self._by_guid.get(item.ref)
        if known is not None:
            return known
        named = by(GUID, item.ref)
        of_a_comment = numbered(item.ref) is not None or any(letter.isdigit() for letter in fragment(item.ref_href))
        return named if named in self._seen or of_a_comment else None

    def _by_line(self, item: Item, hint: str) -> CommentId | None:
        own, there = numbered(item.guid), numbered(hint)
        assert there is not None
        if own is not None:
            guid = f"{own[0]}{_COMMENT}{there[1]}"
            return self._by_guid.get(guid, by(GUID, guid))
        address = without_scheme(hint)
        if address in self._by_link:
            return self._by_link[address]
        return by(LINK, address) if self._scheme == LINK else None


def without_loops(parents: dict[CommentId, CommentId | None], order: Sequence[CommentId]) -> None:
    """Cut every circle of comments that answer each other; `order` has the oldest first, which is cut loose."""
    for start in order:
        walked = {start}
        at = parents.get(start)
        while at is not None and at not in walked:
            walked.add(at)
            at = parents.get(at)
        if at == start:
            parents[start] = None


def _same_number(one: str, other: str) -> bool:
    left, right = numbered(one), numbered(other)
    return left is not None and right is not None and left[1] == right[1]
