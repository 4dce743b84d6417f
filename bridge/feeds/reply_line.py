"""The line above a reply that says whom it answers, as blog software writes it into the feeds of comments."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bridge.feeds.addresses import numbered

_LONGEST = 60
_BEGINNING = 4_096
"""Characters in which that line stands; more is not looked at, nor kept."""
_COMMENT = "#comment-"


def answered(html: str) -> str | None:
    """The address of the comment that a comment's HTML says it answers; its first paragraph then says nothing else."""
    beginning = html[:_BEGINNING]
    return _line(beginning) if _COMMENT in beginning else None


@lru_cache(maxsize=256)
def _line(html: str) -> str | None:
    """Where the only link of a first paragraph like "In reply to Vera." leads, in whatever language.

    The software puts it before every reply. Its link has no `rel`, while those that visitors write do.
    """
    first = _past_spaces(LexborHTMLParser(html, is_fragment=True).root)
    if first is None or first.tag != "p" or _past_spaces(first.next) is None:
        return None
    inside = list(_along(first.child))
    links = [node for node in inside if not node.is_text_node]
    around = sum(len(node.text_content or "") for node in inside if node.is_text_node)
    if len(links) != 1 or links[0].tag != "a" or around > _LONGEST:
        return None
    address = links[0].attributes.get("href") or ""
    return address if numbered(address) and "rel" not in links[0].attributes else None


def _along(node: LexborNode | None) -> Iterator[LexborNode]:
    while node is not None:
        yield node
        node = node.next


def _past_spaces(node: LexborNode | None) -> LexborNode | None:
    while node is not None and node.is_text_node and not (node.text_content or "").strip():
        node = node.next
    return node
