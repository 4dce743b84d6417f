"""What all tables of one file share: where its keys stand, and everything that is to be said about them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.toml.places import Keys, nearest

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHOWN = 40
"""Characters of a strange key that are shown."""


@dataclass(slots=True)
class Sheet:
    """One file that is being read. `found` has the line of every key; `secrets` is every secret that was read."""

    file: Path
    found: Mapping[Keys, int]
    secrets: list[str] = field(default_factory=list, repr=False)
    _problems: list[tuple[int, str]] = field(default_factory=list)
    _remarks: list[tuple[int, str]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where relative paths in the file start."""
        return self.file.parent

    def problem(self, keys: Keys, sentence: str) -> None:
        """Record what is wrong with a key, and what to write instead."""
        self._problems.append(self._said(keys, sentence))

    def remark(self, keys: Keys, sentence: str) -> None:
        """Record something about a key that a person should know, though the file can be used."""
        self._remarks.append(self._said(keys, sentence))

    @property
    def problems(self) -> list[str]:
        """Every problem from the top of the file to its end, each with file, line and key path."""
        return [sentence for _, sentence in sorted(self._problems, key=lambda problem: problem[0])]

    @property
    def remarks(self) -> tuple[str, ...]:
        """Every remark, like the problems."""
        return tuple(sentence for _, sentence in sorted(self._remarks, key=lambda remark: remark[0]))

    def _said(self, keys: Keys, sentence: str) -> tuple[int, str]:
        line = nearest(self.found, keys)
        return line, f"{self.file}:{line}: {key_path(keys)}: {sentence}"


def key_path(keys: Keys) -> str:
    """The way to a key as people write it, such as `routes.garden.rooms[0].chat`."""
    path = ""
    for key in keys:
        if isinstance(key, int):
            path += f"[{key}]"
        else:
            path += f".{_shown(key)}" if path else _shown(key)
    return path


def _shown(name: str) -> str:
    if len(name) > _SHOWN:
        return json.dumps(f"{name[:_SHOWN]}…", ensure_ascii=False)
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
