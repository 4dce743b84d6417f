"""Lines of our own words as Discord's Markdown. Pure.

Instants are written so that everybody sees them in their own time:
https://docs.discord.com/developers/reference#message-formatting-timestamp-styles
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.discord.escaping import escaped, web
from bridge.chats.lines import Line, Look, Piece, Since, Theirs, There, Typed, fitting

LONGEST = 2000
"""Code points of a message (https://docs.discord.com/developers/resources/message#create-message)."""
LONGEST_LINK = 500

_LATEST = 8_640_000_000_000
"""The last second that Discord shows as a date."""
_BEGINS = {Look.PLAIN: "", Look.ITEM: "- ", Look.SMALL: "-# "}


def message(lines: Iterable[Line]) -> str:
    """Write lines, as many of them as one message takes."""
    return fitting(list(map(written, lines)), LONGEST)


def written(line: Line) -> str:
    """Write one line."""
    return _BEGINS[line.look] + "".join(map(piece, line.pieces))


def piece(what: Piece) -> str:
    """Write a piece of a line."""
    match what:
        case str():
            return what
        case Theirs(words, strong):
            return f"**{escaped(words)}**" if strong else escaped(words)
        case Since(at, otherwise):
            return otherwise if at is None or not is_date(at) else f"<t:{int(at)}:R>"
        case Typed(words):
            return f"`{words}`"
        case There(words, address, before, otherwise):
            target = web(address)
            fits = target is not None and len(target) <= LONGEST_LINK
            return f"{before}[{words}](<{masked(target)}>)" if target is not None and fits else otherwise


def is_date(at: float) -> bool:
    """Whether Discord can show that instant."""
    return abs(at) < _LATEST


def masked(address: str) -> str:
    """An address as it stands in the brackets of a link with words of its own."""
    return address.replace("(", "%28").replace(")", "%29")
