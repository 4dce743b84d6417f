"""Web addresses that stand bare among somebody's words, and whether words show anything at all."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

_ENDS_ADDRESS = frozenset('<>"`{}|\\^\u2060')
_AFTER_ADDRESS = frozenset(".,:;!?'\"*_~]")


class Token(NamedTuple):
    """A piece of somebody's words: an address that can be followed, or anything else."""

    text: str
    is_address: bool


def tokens(words: str, web: Callable[[str], str | None]) -> Iterator[Token]:
    """Tell the addresses in words from the words; together the tokens are what was given.

    `web` gives an address that may be followed, None for any other.
    """
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
    while end < len(words) and not (words[end].isspace() or words[end] in _ENDS_ADDRESS):
        opened += (words[end] == "(") - (words[end] == ")")
        if opened < 0:
            break
        end += 1
    while end > start and words[end - 1] in _AFTER_ADDRESS:
        end -= 1
    return end


def visible(words: str) -> bool:
    """Whether a reader sees anything of these words."""
    return any(not character.isspace() and unicodedata.category(character)[0] not in "CMZ" for character in words)
