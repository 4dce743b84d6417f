"""Slack's rich text and mrkdwn, and our tree, both ways. Pure.

`rich` says a comment in Slack, `parse` reads what people wrote there, `pieces` divides a text into messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from adapters.slack.escaping import clipped, escaped
from adapters.slack.reading import calls_somebody, mentioned, parse
from adapters.slack.tokens import Mentioned, Names
from adapters.slack.writing import LONGEST_SECTION, length, rich
from bridge.text.links import honest
from bridge.text.split import split
from bridge.text.tree import Text

__all__ = ["Mentioned", "Names", "calls_somebody", "clipped", "escaped", "mentioned", "parse", "pieces", "rich", "size"]

_TOO_LONG = 1 << 30


def size(blocks: Sequence[Mapping[str, Any]]) -> int:
    """How much of a message these blocks take: the UTF-16 units of their JSON.

    Slack refuses messages of more than about 13,200 characters (`msg_blocks_too_long`) without saying what it counts.
    """
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")).encode("utf-16-le")) // 2


@lru_cache(maxsize=16)  # a card is rendered anew for each of its parts
def pieces(text: Text, limit: int) -> tuple[Text, ...]:
    """Divide a text so that each piece's rich text takes at most `limit` (see `size`); nothing of it is lost."""
    return split(honest(text), limit, _measured)


def _measured(text: Text) -> int:
    elements = rich(text)
    # The closing of a section that overflows belongs to it.
    if any(length(element) > LONGEST_SECTION + 2 for element in elements):
        return _TOO_LONG
    return size(elements)
