"""Where the keys of a TOML document stand, which the standard parser does not tell.

The grammar is that of TOML 1.0 (https://toml.io/en/v1.0.0). Only documents that `tomllib` has accepted are looked at,
so that nothing has to be checked here: it is enough to know where each value ends.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

Keys = tuple[str | int, ...]
"""The way to a value: names of tables and keys, and numbers within arrays."""

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_LONG = re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}#](?:[^\n,\]}#]*[^\s,\]}#])?")


def places(source: str) -> dict[Keys, int]:
    """The line, counted from 1, on which each key, table and element of an array first stands."""
    scanner = _Scanner(source.replace("\r\n", "\n"))
    scanner.document()
    return scanner.found


def nearest(found: Mapping[Keys, int], keys: Keys) -> int:
    """The line of a key, or of the nearest table around it; the first line where there is none."""
    for length in range(len(keys), 0, -1):
        line = found.get(keys[:length])
        if line is not None:
            return line
    return 1


class _Scanner:
    """Walks a document once. `_at` is the index of the next character."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._starts = [0, *(match.end() for match in re.finditer("\n", source))]
        self._lengths: dict[Keys, int] = {}
        self.found: dict[Keys, int] = {}

    def document(self) -> None:
        """Walk all of it."""
        table: Keys = ()
        self._skip(_BLANK)
        while self._at < len(self._source):
            if self._next("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Keys:
        many = self._source.startswith("[[", self._at)
        line = self._line()
        self._at += 2 if many else 1
        keys: Keys = ()
        names = self._key()
        for name in names[:-1]:
            keys = self._newest((*keys, name))
            self.found.setdefault(keys, line)
        keys = (*keys, names[-1])
        if many:
            self.found.setdefault(keys, line)
            self._lengths[keys] = self._lengths.get(keys, 0) + 1
        keys = self._newest(keys)
        # A table may be named below its own subtables: where it is named itself is where people look for it.
        self.found[keys] = line
        self._at += 2 if many else 1
        return keys

    def _newest(self, keys: Keys) -> Keys:
        """The newest table of an array of tables; any other table itself."""
        return (*keys, self._lengths[keys] - 1) if keys in self._lengths else keys

    def _pair(self, table: Keys) -> None:
        line = self._line()
        for name in self._key():
            table = (*table, name)
            self.found.setdefault(table, line)
        self._at += 1  # the equals sign
        self._skip(_SPACE)
        self._value(table)

    def _key(self) -> list[str]:
        """A key with its dots, and the space behind it."""
        names = []
        while True:
            self._skip(_SPACE)
            names.append(self._simple_key())
            self._skip(_SPACE)
            if not self._next("."):
                return names
            self._at += 1

    def _simple_key(self) -> str:
        bare = self._take(_BARE)
        if bare:
            return bare
        name = tomllib.loads(f"name = {self._take(_QUOTED)}")["name"]
        assert isinstance(name, str)
        return name

    def _value(self, keys: Keys) -> None:
        if self._next("["):
            self._array(keys)
        elif self._next("{"):
            self._inline(keys)
        else:
            any(self._take(pattern) for pattern in (_LONG, _QUOTED, _SCALAR))

    def _array(self, keys: Keys) -> None:
        self._at += 1
        self._skip(_BLANK)
        number = 0
        while not self._next("]"):
            self.found[*keys, number] = self._line()
            self._value((*keys, number))
            number += 1
            self._to_the_next()
        self._at += 1

    def _inline(self, keys: Keys) -> None:
        self._at += 1
        self._skip(_BLANK)
        while not self._next("}"):
            self._pair(keys)
            self._to_the_next()
        self._at += 1

    def _to_the_next(self) -> None:
        self._skip(_BLANK)
        if self._next(","):
            self._at += 1
            self._skip(_BLANK)

    def _next(self, character: str) -> bool:
        return self._source.startswith(character, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        self._take(pattern)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._source, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match.group()

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)
