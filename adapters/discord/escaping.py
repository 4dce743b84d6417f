"""Words that Discord shows as they are: nothing in them is markup, a mention, an emoji or an invitation. Pure.

Discord's Markdown: https://support.discord.com/hc/en-us/articles/210298617, and for what stands in angle brackets
https://docs.discord.com/developers/reference#message-formatting. What its servers look for in a message is not
escaped by a backslash before it, so that the backslash goes into the middle.
"""

from __future__ import annotations

import string
import unicodedata
from urllib.parse import quote

from adapters.discord.markers import PLACE
from bridge.text.addresses import allowed

JOINER = "\u2060"
"""Shown as nothing (WORD JOINER), and keeps apart what must not stand together."""

_MARKUP = frozenset("\\*_~|`[]<:")
_SPECIAL = _MARKUP | {"@"}
_PUNCTUATION = frozenset(string.punctuation)
_LINE_STARTS = frozenset("#>-+")
_EVERYBODY = ("everyone", "here")
_INVITING = ("discord", "dsc.gg")
_UNWANTED = {ord(PLACE): "\ufffd", 0x2028: " ", 0x2029: " "}


def own(words: str) -> str:
    """Take from somebody else's words the characters that mean something to us alone."""
    return words.translate(_UNWANTED)


def web(address: str) -> str | None:
    """Give an address in the form in which Discord can be told of it; None if it may not be shown as a link."""
    if allowed(address, mail=False) != address:
        return None
    quoted = address.replace(PLACE, quote(PLACE))
    for name in _EVERYBODY:
        quoted = _without_mention(quoted, name)
    return quoted


def _without_mention(address: str, name: str) -> str:
    at = address.lower().find("@" + name)
    while at >= 0:
        address = address[:at] + "%40" + address[at + 1 :]
        at = address.lower().find("@" + name)
    return address


def unnamed(code: str) -> str:
    """Write code, in which nothing is escaped, so that not even who looks no closer finds a mention in it."""
    kept = own(code).replace("<@", f"<{JOINER}@")
    for name in _EVERYBODY:
        kept = kept.replace("@" + name, f"@{JOINER}{name}")
    return kept


# --- Words ------------------------------------------------------------------------------------------------------------


def escaped(words: str) -> str:
    """Write words so that they are read as they are, wherever within a line; see `guarded` for its beginning."""
    given = own(words)
    # Nothing that Discord looks for has a space in it.
    return given if _is_harmless(given) else " ".join(map(_word, given.split(" ")))


def _is_harmless(words: str) -> bool:
    return _SPECIAL.isdisjoint(words) and not _invites(words)


def _invites(words: str) -> bool:
    lower = words.lower()
    return any(name in lower for name in _INVITING)


def _word(word: str) -> str:
    if _is_harmless(word):
        return word
    inviting = _invites(word)
    written: list[str] = []
    in_angles = False
    for at, character in enumerate(word):
        if (
            character in _MARKUP
            or (in_angles and character in _PUNCTUATION)
            or (inviting and character in "./")
            or (character == "(" and word[at - 1 : at] == "]")
        ):
            written.append("\\")
        in_angles = character == "<" or (in_angles and character != ">" and not character.isspace())
        written.append(character)
        if character == "@" and word[at + 1 : at + 9].lower().startswith(_EVERYBODY):
            written.append(JOINER)
    return "".join(written)


def guarded(line: str) -> str:
    """Keep a line from beginning like a heading, a quote, a list or small print."""
    start = next((at for at, character in enumerate(line) if not _is_blank(character)), len(line))
    if line[start : start + 1] in _LINE_STARTS and line[start:]:
        return f"{line[:start]}\\{line[start:]}"
    end = start
    while line[end : end + 1].isdecimal():
        end += 1
    if end > start and line[end : end + 1] in {".", ")"}:
        return f"{line[:end]}\\{line[end:]}"
    return line


def _is_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"
