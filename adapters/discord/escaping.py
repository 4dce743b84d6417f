"""Words that Discord shows as they are: nothing in them is markup, a mention, an emoji or an invitation. Pure.

Discord's Markdown: https://support.discord.com/hc/en-us/articles/210298617, and for what stands in angle brackets
https://docs.discord.com/developers/reference#message-formatting. What its servers look for in a message is not
escaped by a backslash before it, so that the backslash goes into the middle.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple
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
_ENDS_ADDRESS = frozenset('<>"`{}|\\^')
_AFTER_ADDRESS = frozenset(".,:;!?'\"*_~")
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


# --- Addresses in words -----------------------------------------------------------------------------------------------


class Token(NamedTuple):
    """A piece of somebody's words: an address that can be followed, or anything else."""

    text: str
    is_address: bool


def tokens(words: str) -> Iterator[Token]:
    """Tell the addresses in words from the words; together the tokens are what was given."""
    done, at = 0, _scheme(words, 0)
    while at >= 0:
        end = _end(words, at)
        if web(words[at:end]) is not None:
            if at > done:
                yield Token(words[done:at], False)
            yield Token(words[at:end], True)
            done = end
        at = _scheme(words, max(end, at + 1))
    if done < len(words):
        yield Token(words[done:], False)


def _scheme(words: str, start: int) -> int:
    """Find where the next web address begins."""
    at = words.find("://", start)
    while at >= 0:
        for scheme in ("https", "http"):
            begin = at - len(scheme)
            if begin >= start and words[begin:at].lower() == scheme:
                return begin
        at = words.find("://", at + 3)
    return -1


def _end(words: str, start: int) -> int:
    """Find where an address ends, as people mean it: without the full stop or the bracket that is the sentence's."""
    end = start
    opened = 0
    while end < len(words) and not (words[end].isspace() or words[end] in _ENDS_ADDRESS or words[end] == JOINER):
        opened += (words[end] == "(") - (words[end] == ")")
        if opened < 0:
            break
        end += 1
    while end > start and (words[end - 1] in _AFTER_ADDRESS or words[end - 1] == "]"):
        end -= 1
    return end


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


def visible(words: str) -> bool:
    """Whether a reader sees anything of these words."""
    return any(not _is_blank(character) and unicodedata.category(character)[0] not in "CM" for character in words)
