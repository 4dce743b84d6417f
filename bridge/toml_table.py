"""One table of a TOML file, read key by key, with its problems collected rather than raised."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class TomlTable:
    """The `Table` of the ports, over a parsed TOML table. Relative paths in it start at `folder`."""

    def __init__(self, path: str, values: Mapping[str, Any], problems: list[str], folder: Path) -> None:
        self._path = path
        self._values = values
        self._problems = problems
        self._folder = folder
        self._asked: set[str] = set()
        self._children: dict[str, TomlTable] = {}
        self._trusted = False

    @property
    def path(self) -> str:
        """The table's key path."""
        return self._path

    def problem(self, key: str, sentence: str) -> None:
        """Record a problem of a key."""
        self._problems.append(f"{self._at(key)}: {sentence}")

    def raw(self, key: str) -> Any:
        """The value as TOML has it, None where the key is absent; counts as asked for."""
        self._asked.add(key)
        return self._values.get(key)

    def trust(self) -> None:
        """Nobody can say which keys this table may have: report no unknown ones."""
        self._trusted = True

    def unasked(self) -> list[str]:
        """A problem for each key, here and below, that nobody asked for."""
        if self._trusted:
            return []
        wrong = [
            f"{self._at(key)}: is no setting here; {self._nearest(key)}"
            for key in self._values
            if key not in self._asked
        ]
        return wrong + [problem for child in self._children.values() for problem in child.unasked()]

    def text(self, key: str, default: str | None = None, *, help: str = "") -> str:
        """A string; required when `default` is None."""
        value = self.raw(key)
        if isinstance(value, str) and (value or default == ""):
            return value
        if value is None and default is not None:
            return default
        what = "is missing" if value is None else "must be text"
        self.problem(key, f"{what}: {help or 'write some text'}")
        return default or ""

    def maybe_text(self, key: str) -> str | None:
        """A string, or None where the key is absent."""
        return None if self.raw(key) is None else self.text(key)

    def address(self, key: str, default: str | None = None, *, help: str = "") -> str:
        """An http or https address without a trailing slash."""
        value = self.text(key, default, help=help or "an address such as https://blog.example")
        if value and value != default and not _is_address(value):
            self.problem(key, "must be an http:// or https:// address")
        return value.rstrip("/")

    def maybe_address(self, key: str) -> str | None:
        """An address, or None where the key is absent."""
        return None if self.raw(key) is None else self.address(key)

    def secret(self, key: str) -> str | None:
        """A secret, from the file itself, the environment, or a file of its own; None where absent."""
        value = self.raw(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, Mapping) and len(value) == 1:
            (source, name), *_ = value.items()
            if source == "env" and isinstance(name, str):
                return self._from_environment(key, name)
            if source == "file" and isinstance(name, str):
                return self._from_file(key, name)
        self.problem(key, 'must be text, { env = "NAME" } or { file = "PATH" }')
        return None

    def seconds(self, key: str, default: float) -> float:
        """A duration in seconds, from a number or text such as `10s` or `5m`."""
        value = self.raw(key)
        if value is None:
            return default
        found = _duration(value)
        if found is None or found < 0:
            self.problem(key, 'must be a duration such as 30, "30s", "5m" or "2h"')
            return default
        return found

    def integer(self, key: str, default: int) -> int:
        """A whole number."""
        value = self.raw(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return default if value is None else value
        self.problem(key, "must be a whole number")
        return default

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.raw(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.problem(key, "must be true or false")
        return default

    def choice(self, key: str, choices: Sequence[str], default: str | None = None, *, help: str = "") -> str:
        """One of `choices`; required when `default` is None."""
        told = help or f"write one of: {', '.join(choices)}"
        value = self.text(key, default, help=told)
        if value and value not in choices:
            self.problem(key, f"cannot be {value!r}: {told}")
            return default or choices[0]
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.raw(key)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.problem(key, "must be a list of texts")
        return ()

    def words(self, key: str) -> dict[str, str]:
        """A table of texts."""
        value = self.raw(key)
        if value is None:
            return {}
        if isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values()):
            return dict(value)
        self.problem(key, 'must be a table of texts, such as { person = "account" }')
        return {}

    def table(self, key: str) -> TomlTable:
        """One table; an empty one where the key is absent."""
        return self._child(key, self.raw(key))

    def tables(self, key: str) -> dict[str, TomlTable]:
        """The named tables below a key."""
        return self.table(key).all_tables()

    def all_tables(self) -> dict[str, TomlTable]:
        """Every key of this table, as a table."""
        return {name: self._child(name, self.raw(name)) for name in self._values}

    def lists(self, key: str) -> list[TomlTable]:
        """The tables of a list of tables (`[[…]]`)."""
        value = self.raw(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(key, f"must be a list of tables: write [[{self._at(key)}]]")
            return []
        return [self._child(f"{key}[{number}]", item) for number, item in enumerate(value)]

    def _child(self, key: str, value: Any) -> TomlTable:
        if key in self._children:
            return self._children[key]
        if value is not None and not isinstance(value, Mapping):
            self.problem(key, f"must be a table: write [{self._at(key)}]")
            value = None
        self._children[key] = TomlTable(self._at(key), value or {}, self._problems, self._folder)
        return self._children[key]

    def _from_environment(self, key: str, name: str) -> str | None:
        value = os.environ.get(name)
        if not value:
            self.problem(key, f"is to come from the environment variable {name}, which is not set")
        return value

    def _from_file(self, key: str, name: str) -> str | None:
        file = self._folder / name
        try:
            file = self._folder / Path(name).expanduser()
            value = file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError, RuntimeError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            self.problem(key, f"is to come from the file {file}, which cannot be read: {why}")
            return None
        if not value:
            self.problem(key, f"is to come from the file {file}, which is empty")
        return value

    def _at(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _nearest(self, key: str) -> str:
        import difflib

        near = difflib.get_close_matches(key, sorted(self._asked), 1)
        return f"did you mean {near[0]}?" if near else f"settings here are {', '.join(sorted(self._asked))}"


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _duration(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    number = value.strip().rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = value.strip()[len(number) :].strip()
    try:
        seconds = float(number) * _UNITS[unit or "s"]
    except (ValueError, KeyError):
        return None
    return seconds if math.isfinite(seconds) else None
