"""Discord's Markdown and our tree, both ways. Pure.

`written` says a comment in Discord, `parse` reads what people typed there, `pieces` divides a text into messages.
"""

from __future__ import annotations

from adapters.discord.escaping import escaped
from adapters.discord.reading import parse
from adapters.discord.writing import written
from bridge.text.links import honest
from bridge.text.split import split
from bridge.text.tree import Text

__all__ = ["escaped", "parse", "pieces", "written"]


def pieces(text: Text, limit: int) -> tuple[str, ...]:
    """Write a text in pieces of at most `limit` characters (code points) each; nothing of it is lost."""
    return tuple(map(written, split(honest(text), limit, lambda part: len(written(part)))))
