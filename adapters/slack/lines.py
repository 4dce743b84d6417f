"""Lines of our own words as Slack's mrkdwn. Pure.

Instants are written so that everybody sees them in their own time zone:
https://docs.slack.dev/messaging/formatting-message-text#date-formatting.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapters.slack.escaping import line, target, web
from adapters.slack.tokens import instant
from bridge.chats.lines import Line, Look, Piece, Since, Theirs, There, Typed, fitting

LONGEST = 3_000
"""Characters of a section (https://docs.slack.dev/reference/block-kit/blocks/section-block)."""
LONGEST_LINK = 600
LONGEST_PIECE = 600
"""Characters of somebody else's words, as they are written."""

_LATEST = 253_402_300_799
"""The last second of the year 9999, past which nobody can write a date."""
_BEGINS = {Look.PLAIN: "", Look.ITEM: "• ", Look.SMALL: ""}

Told = dict[str, Any]


def told(lines: Iterable[Line]) -> Told:
    """Lines as what a message takes, in which nothing is parsed; as many of them as it takes."""
    words = fitting(list(map(written, lines)), LONGEST) or "Backchat"
    return {"text": words, "blocks": [section(words)]}


def section(words: str) -> dict[str, Any]:
    """A block of mrkdwn in which Slack looks for no names or addresses."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": words, "verbatim": True}}


def written(line: Line) -> str:
    """Write one line."""
    return _BEGINS[line.look] + "".join(map(piece, line.pieces))


def piece(what: Piece) -> str:
    """Write a piece of a line."""
    match what:
        case str():
            return what
        case Theirs(words, strong):
            shown = line(words, LONGEST_PIECE)
            return f"*{shown}*" if strong and shown.strip() else shown
        case Since(at, otherwise):
            return (moment(at, seconds=True) if at is not None else "") or otherwise
        case Typed(words):
            return f"`{line(words, LONGEST_PIECE)}`"
        case There(words, address, before, otherwise):
            return link(address, words, before, otherwise)


def link(address: str | None, words: str, before: str = "", otherwise: str = "") -> str:
    """Lead to where something stands on the blog, behind `before`; `otherwise` where it cannot be linked to."""
    allowed = web(address)
    leads = None if allowed is None else target(allowed)
    return otherwise if leads is None or len(leads) > LONGEST_LINK else f"{before}<{leads}|{words}>"


def moment(at: float, *, seconds: bool = False) -> str:
    """Say when, in the reader's own time zone; "" for an instant that has no date."""
    shown = instant(int(at)) if 0 <= at <= _LATEST else None
    time = "time_secs" if seconds else "time"
    return f"<!date^{int(at)}^{{date_short_pretty}} at {{{time}}}|{shown}>" if shown else ""
