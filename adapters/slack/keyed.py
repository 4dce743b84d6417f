"""Where a message of ours bears its key: in the `block_id` of each of its blocks, which events bring too. Pure.

At most 255 characters, each only once in a message, and another one after an update:
https://docs.slack.dev/reference/block-kit/blocks. Only who posts a message names its blocks, so that nothing that a
visitor says gets there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.model import Key

LIKE_THIS = "bc1"
LENGTH = 24
"""Characters of a key."""
ROOM = len(f',"block_id":"{LIKE_THIS}::99"') + LENGTH
"""Characters that a key adds to a block, as it is sent."""

_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyz234567")

Block = Mapping[str, Any]


def keyed(blocks: Sequence[Block], key: Key) -> list[dict[str, Any]]:
    """Put a key on every block of a message."""
    return [{**block, "block_id": f"{LIKE_THIS}:{key}:{number}"} for number, block in enumerate(blocks)]


def key_in(blocks: object) -> Key | None:
    """The key that a message's blocks bear; None where they bear none. Who posted it must be looked at as well."""
    for block in blocks if isinstance(blocks, list) else ():
        match str(block.get("block_id", "")).split(":") if isinstance(block, Mapping) else []:
            case [begins, key, number] if begins == LIKE_THIS and _is_key(key) and number.isdecimal():
                return Key(key)
    return None


def without_pictures(blocks: Sequence[Block]) -> list[Block]:
    """Give the blocks without pictures: Slack refuses a message with one that it cannot fetch (`invalid_blocks`)."""
    return [block for block in blocks if block["type"] != "image"]


def _is_key(text: str) -> bool:
    return len(text) == LENGTH and set(text) <= _ALPHABET
