"""Somebody's words within mrkdwn of ours: shown as they are, never a mention, a date, a link, an emoji, a mark. Pure.

Only small print and the words of notifications are mrkdwn; what people say stands in rich text, where nothing is
parsed. Slack asks for three entities (https://docs.slack.dev/messaging/formatting-message-text#escaping); its marks
have none, so that signs which look like them take their places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.text.addresses import allowed
from bridge.text.tree import cleaned, collapsed

JOINER = "\u2060"
"""Shown as nothing (WORD JOINER), and keeps apart what must not stand together."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_LOOK_ALIKES = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_PARTED = frozenset("@#:")
_OWN_LINES = {0x2028: "\n", 0x2029: "\n"}
_TOKEN = re.compile(r"\s+\Z")


def web(address: str | None, *, mail: bool = False) -> str | None:
    """Give an address back if it may be shown as a link, None otherwise."""
    return address if address and allowed(address, mail=mail) == address else None


def escaped(words: str) -> str:
    """Write words so that Slack shows them and reads nothing into them, wherever they stand."""
    return "".join(_written(cleaned(words).translate(_OWN_LINES)))


def clipped(words: str, longest: int) -> str:
    """Write words in at most so many characters; where that is too few, an ellipsis says that there is more."""
    kept: list[str] = []
    room = longest
    for piece in _written(cleaned(words).translate(_OWN_LINES)):
        kept.append(piece)
        room -= len(piece)
        if room < 0:
            break
    if room >= 0:
        return "".join(kept)
    while kept and sum(map(len, kept)) > longest - 1:
        kept.pop()
    return _TOKEN.sub("", "".join(kept)) + "\u2026"


def line(words: str, longest: int) -> str:
    """Write words on one line, see `clipped`."""
    return clipped(shortened(words, longest), longest)


def shortened(words: str, longest: int) -> str:
    """Bring words onto one line of at most so many characters; nothing is escaped."""
    flat = collapsed(cleaned(words).translate(_OWN_LINES).replace("\n", " ")).strip()
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "\u2026"


def target(address: str) -> str:
    """Write an address where a link of ours leads (`<address|words>`)."""
    return "".join(_ENTITIES.get(character, character) for character in address).replace("|", "%7C")


def _written(words: str) -> Iterator[str]:
    """Write character by character, so that no piece is cut in two."""
    begins = True
    for at, character in enumerate(words):
        if character == ">" and begins:
            yield JOINER + _ENTITIES[character]  # else it begins a quote
        elif character == "_" and words[at - 1 : at].isalnum() and words[at + 1 : at + 2].isalnum():
            yield character  # within a word it is no mark
        else:
            shown = _ENTITIES.get(character) or _LOOK_ALIKES.get(character, character)
            yield shown + JOINER if character in _PARTED and words[at + 1 : at + 2].strip() else shown
        begins = character == "\n" or (begins and (character.isspace() or character == JOINER))
