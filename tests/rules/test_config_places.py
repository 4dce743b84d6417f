"""The lines of keys: for every document that the standard parser accepts, however it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.toml.places import Keys, nearest, places
from bridge.toml.sheet import key_path

SPELLINGS = ("k{n}", '"k{n}"', "'k{n}'", '"k{n}.x"', "'k{n} # no remark'", '"k\\u00e9\\"{n}"', '"k{n}=[["', '"{n}\\\\"')
TEXTS = (
    '"plain"', '"# no remark"', '"] } , ="', '"\\"quoted\\" \\\\"', "'literal \\'", "''", '""', '"""one"""',
    '"""\n[no.header]\nno = 1\n"""', '"""a ""quoted"" \\""" end"""', '"""""two"""""', "'''\n# no remark\n'''",
    "'''''two'''''", '"""line\\\n   goes on"""',
)  # fmt: skip
OTHERS = ("true", "-0.5e3", "inf", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00.5", "07:32:00", "0xDEAD_beef")
GAPS = ("", " ", "  ", "\t")
BREAKS = ("", "\n", " # remark ] }\n", "\n\n  # remark\n")


class Author:
    """Writes a document in which every whole number is the line that it stands on."""

    def __init__(self, data: st.DataObject, end: str) -> None:
        self.data = data
        self.end = end
        self.source = ""
        self.names = 0
        self.tables: list[str] = []
        self.lists: list[str] = []

    def choose(self, options: Any) -> Any:
        strategy: st.SearchStrategy[Any] = st.sampled_from(options)
        return self.data.draw(strategy)

    def often(self, most: int) -> range:
        return range(self.data.draw(st.integers(0, most)))

    def write(self, text: str) -> None:
        self.source += text

    def name(self) -> str:
        self.names += 1
        return str(self.choose(SPELLINGS)).replace("{n}", str(self.names))

    def document(self) -> str:
        for _ in self.often(3):
            self.pair()
        for _ in self.often(4):
            self.write(self.choose(("", "\n", "# [no.header]\n")) + self.choose(GAPS))
            self.header()
            for _ in self.often(3):
                self.pair()
        return self.source.replace("\n", self.end)

    def header(self) -> None:
        if bool(self.lists) and self.data.draw(st.booleans()):
            path = self.choose(self.lists)
            many = True
        else:
            inner = [*self.tables, *self.lists]
            above = self.choose(["", *inner])
            path = f"{above}{self.choose((' . ', '.'))}{self.name()}" if above else self.name()
            many = self.data.draw(st.booleans())
            (self.lists if many else self.tables).append(path)
        gap = self.choose(GAPS)
        self.write(f"[[{gap}{path}{gap}]]" if many else f"[{gap}{path}{gap}]")
        self.write(self.choose(("\n", " # remark\n")))

    def pair(self) -> None:
        self.write(self.choose(GAPS))
        self.key_and_value(2)
        self.write(self.choose(("\n", "  \n", " # remark = 1\n")))

    def key_and_value(self, depth: int, *, lines: bool = True) -> None:
        names = [self.name() for _ in range(self.data.draw(st.integers(1, 3)))]
        self.write(f"{self.choose(('.', ' . ')).join(names)}{self.choose(GAPS)}={self.choose(GAPS)}")
        self.value(depth, lines=lines)

    def value(self, depth: int, *, lines: bool) -> None:
        kind = self.choose(("line", "text", "other", "array", "inline") if depth else ("line", "text", "other"))
        if kind == "line":
            self.write(str(self.source.count("\n") + 1))
        elif kind == "array":
            self.array(depth - 1, lines=lines)
        elif kind == "inline":
            self.inline(depth - 1)
        else:
            fit = [text for text in TEXTS if lines or "\n" not in text]
            self.write(self.choose(fit if kind == "text" else OTHERS))

    def array(self, depth: int, *, lines: bool) -> None:
        breaks = BREAKS if lines else ("",)
        self.write("[" + self.choose(breaks))
        for _ in self.often(3):
            self.value(depth, lines=lines)
            self.write(self.choose(breaks) + "," + self.choose(breaks))
        self.write("]")

    def inline(self, depth: int) -> None:
        self.write("{" + self.choose(GAPS))
        for number in self.often(3):
            self.write(", " if number else "")
            self.key_and_value(depth, lines=False)
        self.write(self.choose(GAPS) + "}")


def ways(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Every key path of parsed TOML, with what stands there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*keys, key), one
        yield from ways(one, (*keys, key))


@given(data=st.data(), end=st.sampled_from(("\n", "\r\n")))
def test_every_key_of_every_document_is_found_on_its_line(data: st.DataObject, end: str) -> None:
    source = Author(data, end).document()
    parsed = dict(ways(tomllib.loads(source)))
    found = places(source)
    assert set(found) == set(parsed), source
    hexadecimal = 0xDEADBEEF
    for keys, value in parsed.items():
        if type(value) is int and value != hexadecimal:
            assert found[keys] == value, (keys, source)


@pytest.mark.parametrize(
    ("source", "keys", "line"),
    [
        ("[a.b]\nx = 1\n\n[a]\ny = 2", ("a",), 4),
        ("[a.b]\nx = 1", ("a",), 1),
        ("[[r]]\nx = 1\n[[r]]\nx = 2", ("r", 1, "x"), 4),
        ("[[r]]\nx = 1\n[[r]]\nx = 2", ("r",), 1),
        ("[[r]]\n[r.s]\nx = 1\n[[r]]\n[r.s]\nx = 2", ("r", 1, "s", "x"), 6),
        ("a = [\n  1,\n  { b = 2 },\n]", ("a", 1, "b"), 3),
    ],
)
def test_the_line_of_a_key_is_where_people_look_for_it(source: str, keys: Keys, line: int) -> None:
    assert places(source)[keys] == line


def test_what_is_not_there_is_looked_for_at_the_nearest_table_around_it() -> None:
    found = places("x = 1\n[routes.garden]\nblog = 'x'\n[[routes.garden.rooms]]\n")
    assert nearest(found, ("routes", "garden", "relay")) == 2
    assert nearest(found, ("routes", "garden", "rooms", 0, "chat")) == 4
    assert nearest(found, ("blogs",)) == 1


def test_key_paths_are_shown_as_people_write_them() -> None:
    assert key_path(("routes", "garden", "rooms", 0, "chat")) == "routes.garden.rooms[0].chat"
    assert key_path(("chats", "my room.x", "a\nb")) == 'chats."my room.x"."a\\nb"'
