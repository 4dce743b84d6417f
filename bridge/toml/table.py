"""One table of a TOML file, read key by key, with its problems collected rather than raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.toml.places import Keys
from bridge.toml.secrets import NoSecret, secret, secret_file, seen_by_all
from bridge.toml.sheet import Sheet, key_path
from bridge.toml.values import duration, is_address, place


class TomlTable:
    """The `Table` of the ports, over a parsed TOML table that stands at `keys` in its sheet."""

    def __init__(self, keys: Keys, values: Mapping[str, Any], sheet: Sheet) -> None:
        self._keys = keys
        self._values = values
        self._sheet = sheet
        self._asked: set[str] = set()
        self._children: dict[Keys, TomlTable] = {}
        self._trusted = False

    @property
    def path(self) -> str:
        """The table's key path."""
        return key_path(self._keys)

    def problem(self, key: str, sentence: str) -> None:
        """Record a problem of a key; with dots in it, of a key in a table below."""
        self._sheet.problem((*self._keys, *(key.split(".") if key else ())), sentence)

    def problem_in(self, key: str, inner: str | int, sentence: str) -> None:
        """Record a problem of what stands in the table or list `key`, whatever characters are in its name."""
        self._sheet.problem((*self._keys, key, inner), sentence)

    def remark(self, key: str, sentence: str) -> None:
        """Record something that a person should know, though the value can be used."""
        self._sheet.remark((*self._keys, key), sentence)

    def peek(self, key: str) -> Any:
        """The value as TOML has it, None where the key is absent; does not count as asked for."""
        return self._values.get(key)

    def all_values(self) -> Mapping[str, Any]:
        """Everything in the table as TOML has it; counts as asked for by nobody."""
        return self._values

    def raw(self, key: str) -> Any:
        """The value as TOML has it, None where the key is absent; counts as asked for."""
        self._asked.add(key)
        return self._values.get(key)

    def trust(self) -> None:
        """Nobody can say which keys this table may have: report no unknown ones."""
        self._trusted = True

    def report_unasked(self) -> None:
        """Record a problem for each key, here and below, that nobody asked for."""
        if self._trusted:
            return
        for key, value in self._values.items():
            if key not in self._asked:
                self._sheet.problem((*self._keys, key), f"is no setting here; {self._nearest(key, value)}")
        for child in self._children.values():
            child.report_unasked()

    def text(self, key: str, default: str | None = None, *, help: str = "") -> str:
        """A string; required when `default` is None."""
        value = self.raw(key)
        if isinstance(value, str) and (value or default == ""):
            return self._printable(key, value, default or "")
        if value is None and default is not None:
            return default
        what = "is missing" if value is None else "is empty" if value == "" else "must be text"
        self.problem(key, f"{what}: {help or 'write some text between quotes'}")
        return default or ""

    def _printable(self, key: str, value: str, default: str) -> str:
        if any(character < " " and character not in "\t\n\r" for character in value):
            self.problem(key, "has a control character in it: write it anew")
            return default
        return value

    def maybe_text(self, key: str) -> str | None:
        """A string, or None where the key is absent."""
        return None if self.raw(key) is None else self.text(key)

    def address(self, key: str, default: str | None = None, *, help: str = "") -> str:
        """An http or https address without a trailing slash."""
        value = self.text(key, default, help=help or "write an address such as https://blog.example")
        if value and value != default and not is_address(value):
            self.problem(key, 'must be an http:// or https:// address, such as "https://blog.example"')
            return ""
        return value.rstrip("/")

    def maybe_address(self, key: str) -> str | None:
        """An address, or None where the key is absent."""
        return None if self.raw(key) is None else self.address(key)

    def secret(self, key: str) -> str | None:
        """A secret, from the file itself, the environment, a file of its own or systemd.

        None where absent; "" where it cannot be had, which is a problem already.
        """
        value = self.raw(key)
        if value is None:
            return None
        try:
            found = secret(value, self._sheet.folder)
        except NoSecret as why:
            self.problem(key, str(why))
            return ""
        self._sheet.secrets.append(found)
        self._warn_of_readers(key, value)
        return found

    def _warn_of_readers(self, key: str, value: Any) -> None:
        if isinstance(value, str):
            file = self._sheet.file
        elif "file" in value:
            file = secret_file(value["file"], self._sheet.folder)
        else:
            return
        if seen_by_all(file):
            self.remark(key, f"every user of this machine can read this secret in {file}: chmod o-r it")

    def seconds(self, key: str, default: float) -> float:
        """A duration in seconds, from a number or text such as `10s` or `5m`."""
        value = self.raw(key)
        if value is None:
            return default
        found = duration(value)
        if found is None:
            self.problem(key, 'must be a duration such as 30, "30s", "5m" or "2h", and 366 days at the most')
            return default
        return found

    def integer(self, key: str, default: int) -> int:
        """A whole number."""
        value = self.raw(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return default if value is None else value
        self.problem(key, "must be a whole number, without quotes")
        return default

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.raw(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.problem(key, "must be true or false, without quotes")
        return default

    def choice(self, key: str, choices: Sequence[str], default: str | None = None, *, help: str = "") -> str:
        """One of `choices`; required when `default` is None."""
        told = help or f"write one of: {', '.join(choices)}"
        value = self.text(key, default, help=told)
        if value and value not in choices:
            self.problem(key, f"cannot be {value[:40]!r}: {told}")
            return default or choices[0]
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.raw(key)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
            return tuple(value)
        self.problem(key, 'must be a list of texts, such as ["one", "two"]')
        return ()

    def words(self, key: str) -> dict[str, str]:
        """A table of texts."""
        value = self.raw(key)
        if value is None:
            return {}
        if isinstance(value, Mapping) and all(isinstance(item, str) and item for item in value.values()):
            return dict(value)
        self.problem(key, 'must be a table of texts, such as { person = "account" }')
        return {}

    def listen(self, key: str) -> tuple[str, int] | None:
        """Where to listen, as host and port; None where the key is absent."""
        if self.raw(key) is None:
            return None
        value = self.text(key, help='write a host and a port, such as "127.0.0.1:8089"')
        found = place(value)
        if value and found is None:
            self.problem(key, 'must be a host and a port, such as "127.0.0.1:8089" or "[::1]:8089"')
        return found

    def table(self, key: str) -> TomlTable:
        """One table; an empty one where the key is absent."""
        return self._child((key,), self.raw(key))

    def tables(self, key: str) -> dict[str, TomlTable]:
        """The named tables below a key."""
        return self.table(key).all_tables()

    def all_tables(self) -> dict[str, TomlTable]:
        """Every key of this table, as a table."""
        return {name: self._child((name,), self.raw(name)) for name in self._values}

    def lists(self, key: str) -> list[TomlTable]:
        """The tables of a list of tables (`[[…]]`)."""
        value = self.raw(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(key, f"must be a list of tables: write [[{key_path((*self._keys, key))}]]")
            return []
        return [self._child((key, number), item) for number, item in enumerate(value)]

    def _child(self, way: Keys, value: Any) -> TomlTable:
        keys = (*self._keys, *way)
        if way in self._children:
            return self._children[way]
        if value is not None and not isinstance(value, Mapping):
            names = tuple(key for key in keys if isinstance(key, str))
            shape = f"[[{key_path(names)}]]" if isinstance(way[-1], int) else f"[{key_path(names)}]"
            self._sheet.problem(keys, f"must be a table: write {shape}")
            self._children[way] = TomlTable(keys, {}, Sheet(self._sheet.file, {}))  # nobody hears what else it lacks
        else:
            self._children[way] = TomlTable(keys, value or {}, self._sheet)
        return self._children[way]

    def _nearest(self, key: str, value: Any) -> str:
        from difflib import get_close_matches  # only a file with a mistake in it needs that

        near = get_close_matches(key.lower(), sorted(self._asked), 1)
        if near and isinstance(value, Mapping) and not self._keys:
            return f"did you mean [{near[0]}.…]?"
        if near:
            return f"did you mean {near[0]}?"
        return f"settings here are {', '.join(sorted(self._asked))}" if self._asked else "remove it"
