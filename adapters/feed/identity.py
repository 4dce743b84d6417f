"""How comments of a feed are named, so that each keeps its name whatever else about it changes.

A name says by which scheme it was made: `guid:`, `link:` or `hash:`. The scheme is chosen when a feed's first items are
read, and kept. Where a feed gives one guid to several comments, `~` and the comment's mark follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from adapters.feed.state import Seen
from bridge.feeds.addresses import fragment, without_scheme
from bridge.feeds.item import Item
from bridge.model import CommentId

GUID, LINK, HASH = "guid", "link", "hash"
_LONGEST = 200
_TICKS = 16
_SPREAD = 26


def fingerprint(*words: object) -> str:
    """A short, stable summary of some words."""
    return blake2b("\x1f".join(map(str, words)).encode("utf-8", "replace"), digest_size=8).hexdigest()


def mark(item: Item, created: float | None) -> str:
    """What tells two comments apart that a feed calls by one name: who wrote them, and when (else what)."""
    return fingerprint(item.name, int(created)) if created is not None else fingerprint(item.name, item.html, item.text)


def link_mark(item: Item) -> str:
    """A summary of the item's own link."""
    return fingerprint(without_scheme(item.link)) if item.link else ""


def choose(items: Sequence[Item]) -> str:
    """The scheme for a feed that shows these items first; empty where it shows none yet."""
    if not items:
        return ""
    if all(item.guid for item in items) and (len(items) == 1 or len({item.guid for item in items}) > 1):
        return GUID
    links = {without_scheme(item.link) for item in items if item.link}
    own = len(items) > 1 or fragment(items[0].link)
    return LINK if own and len(links) == len(items) else HASH


def name(item: Item, scheme: str) -> CommentId:
    """Name one item by a scheme, or by the next one that it allows."""
    if scheme == GUID and item.guid:
        return by(GUID, item.guid)
    if scheme != HASH and item.link and (scheme == LINK or fragment(item.link)):
        return by(LINK, without_scheme(item.link))
    written = item.published or item.updated
    return by(HASH, fingerprint(item.name, written, item.html or item.text))


def by(scheme: str, what: str) -> CommentId:
    """A name of this scheme; what is too long to be kept is summarised."""
    return CommentId(f"{scheme}:{what if len(what) <= _LONGEST else fingerprint(what)}")


def twin(id: CommentId, mark: str) -> CommentId:
    """The name of one of several comments that a feed calls the same."""
    return CommentId(f"{id}~{mark}")


def names(
    items: Sequence[Item], marks: Sequence[str], scheme: str, twins: bool, seen: Mapping[CommentId, Seen]
) -> tuple[list[CommentId], bool]:
    """Name all items of one reading; whether the feed is (or was) found to give one name to several comments.

    A comment that another feed of the blog named already, known by its link and mark, keeps that name.
    """
    plain = [name(item, scheme) for item in items]
    first: dict[CommentId, str] = {}
    for id, one in zip(plain, marks, strict=True):
        if first.setdefault(id, one) != one:
            twins = True
    by_link = {(known.link, known.mark): id for id, known in seen.items() if known.link}
    found = []
    for item, id, one in zip(items, plain, marks, strict=True):
        if id in seen and (not twins or seen[id].mark == one):
            found.append(id)
            continue
        made = twin(id, one) if twins else id
        found.append(made if made in seen else by_link.get((link_mark(item), one), made))
    return found, twins


def position(id: CommentId, created: float) -> int:
    """A comment's place in time, unlike that of any other comment: sixteenths of a second, then bits of its name."""
    spread = int.from_bytes(blake2b(id.encode("utf-8", "replace"), digest_size=4).digest(), "big") >> (32 - _SPREAD)
    return int(created * _TICKS) << _SPREAD | spread
