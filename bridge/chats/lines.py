"""What Backchat says in a chat in its own words, before it is written in the chat's markup: lines made of pieces.

A text's tree has no instants and no small print, and here both matter: a chat shows each reader their own time, and
small print tells our words from a visitor's. Our own words are strings, and mean nothing to any chat; all that somebody
else wrote is `Theirs`, which each adapter escapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from bridge.text.tree import cleaned

WORDS = 120
"""Characters that `theirs` keeps unless it is told how many."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """Somebody else's words, to be shown as they are; `strong`: as a name, or a heading, stands out."""

    words: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Since:
    """How long ago that was, or in how long it will be, in the reader's own terms; `otherwise` where it has no date."""

    at: float | None
    otherwise: str = "never"


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody would type."""

    words: str


@dataclass(frozen=True, slots=True)
class There:
    """Our words as a link to somebody else's address, behind `before`; `otherwise` where the chat cannot link to it."""

    words: str
    address: str
    before: str = ""
    otherwise: str = ""


Piece = str | Theirs | Since | Typed | There


class Look(Enum):
    """How a line looks."""

    PLAIN = "plain"
    ITEM = "item"
    """One of a list."""
    SMALL = "small"


@dataclass(frozen=True, slots=True)
class Line:
    """One line."""

    pieces: tuple[Piece, ...]
    look: Look = Look.PLAIN


def line(*pieces: Piece, look: Look = Look.PLAIN) -> Line:
    """A line of these pieces."""
    return Line(pieces, look)


def theirs(words: str, *, strong: bool = False, most: int = WORDS) -> Theirs:
    """Somebody else's words on one line, as many as are needed to know what is meant."""
    flat = " ".join(cleaned(words).split())
    return Theirs(flat if len(flat) <= most else flat[: most - 1].rstrip() + "…", strong)


def many(number: int, thing: str, things: str | None = None) -> str:
    """So many of a thing."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def fitting(written: Sequence[str], longest: int) -> str:
    """As many written lines as a message of that many characters takes, and how many are left out."""
    kept: list[str] = []
    for one in written:
        if len("\n".join([*kept, one])) > longest - 40:
            return "\n".join([*kept, f"… and {many(len(written) - len(kept), 'line')} more"])
        kept.append(one)
    return "\n".join(kept)
