"""The key in a message of ours, by which it is found again: in the fragment of the link in its last line.

A fragment directive (https://wicg.github.io/scroll-to-text-fragment/#the-fragment-directive) is taken off by browsers
before they look for the place that a link names, so that the link still leads there.
"""

from __future__ import annotations

import re

from bridge.model import Key

PLACE = "\ue0bc"
"""Stands in a rendered part where its key goes; no text of anybody else's contains it there."""
DIRECTIVE = ":~:bc="
LENGTH = len(DIRECTIVE) + 24
"""Characters that the key and its directive take."""
_MARKER = re.compile(re.escape(DIRECTIVE) + r"([a-z0-9]{24})")


def marked(content: str, key: Key) -> str:
    """Put the key where the content has its place."""
    return content.replace(PLACE, f"{DIRECTIVE}{key}")


def key_in(content: str) -> Key | None:
    """The key in a message of ours: the last one, because above the last line visitors may have written some."""
    found = _MARKER.findall(content)
    return Key(found[-1]) if found else None
