"""Where bold, italics, underlining and striking end in Discord, as its clients find them. Pure.

Theirs are not CommonMark's rules: what stands beside a mark hardly counts, the longest of those that begin at one place
is meant, and a backslash is looked at by all but striking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markdown_it.rules_inline import StateInline

SIGNS = frozenset("*_~")
_MAX_NESTING = 20


class Found(NamedTuple):
    """A mark that begins at the place asked for: which token of markdown-it's it is, its sign, and where it ends."""

    token: str
    sign: str
    end: int


def rule(state: StateInline, silent: bool) -> bool:
    """A rule of markdown-it's: read a mark, and what is within it."""
    if state.src[state.pos] not in SIGNS or state.level >= _MAX_NESTING:
        return False
    found = mark(state.src[: state.posMax], state.pos)
    if found is None:
        return False
    if not silent:
        start, limit = state.pos, state.posMax
        state.push(f"{found.token}_open", "", 1)
        state.pos, state.posMax = start + len(found.sign), found.end
        state.md.inline.tokenize(state)
        state.push(f"{found.token}_close", "", -1)
        state.posMax = limit
    state.pos = found.end + len(found.sign)
    return True


def mark(source: str, at: int) -> Found | None:
    """Find the mark that begins here; of several the longest."""
    ends = (
        Found("em", "*", _star(source, at)),
        Found("em", "_", _underscore(source, at)),
        Found("strong", "**", _double(source, at, "**")),
        Found("em", "__", _double(source, at, "__")),  # underlined: no blog has it
        Found("s", "~~", _strike(source, at)),
    )
    return max((found for found in ends if found.end >= 0), key=lambda found: found.end + len(found.sign), default=None)


def _double(source: str, start: int, sign: str) -> int:
    """Find the end of what two signs begin: two of them, and no third."""
    if not source.startswith(sign, start):
        return -1
    at = start + len(sign)
    while (at := _stepped(source, at)) < len(source):
        if source.startswith(sign, at) and source[at + 2 : at + 3] != sign[0]:
            return at
    return -1


def _stepped(source: str, at: int) -> int:
    return at + (2 if source[at : at + 1] == "\\" else 1)


def _star(source: str, start: int) -> int:
    """Find the end of italics: a star alone, neither after white space nor before a second one."""
    at = start + 1
    if source[start] != "*" or at >= len(source) or source[at].isspace():
        return -1
    while at < len(source):
        if source[at] == "*" and source[at + 1 : at + 2] != "*":
            return at if at > start + 1 else -1
        while at < len(source) and source[at].isspace():
            at += 1
            if source[at : at + 1] == "*" and source[at + 1 : at + 2] != "*":
                return -1
        at = at + 2 if source.startswith("**", at) else _stepped(source, at)
    return -1


def _underscore(source: str, start: int) -> int:
    """Find the end of italics: an underscore at the end of a word."""
    at = start + 1
    while source[start] == "_" and at < len(source):
        if source.startswith("__", at):
            at += 2
        elif source[at] == "_":
            return at if at > start + 1 and not _is_letter(source[at + 1 : at + 2]) else -1
        else:
            at = _stepped(source, at)
    return -1


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _strike(source: str, start: int) -> int:
    if not source.startswith("~~", start):
        return -1
    end = source.find("~~", start + 3)
    while end >= 0 and source[end + 2 : end + 3] == "_":
        end = source.find("~~", end + 1)
    return end
