"""Reading a TOML file: its bytes, its characters, its syntax, each with the line and a remedy where it is wrong."""

from __future__ import annotations

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

from bridge.errors import ConfigError
from bridge.toml.hints import explained, key_at
from bridge.toml.places import places
from bridge.toml.sheet import Sheet
from bridge.toml.table import TomlTable

MOST = 1024 * 1024
"""Bytes of the largest configuration that is read."""
LOOK_BACK = 100
"""How many lines above a mistake are searched for the beginning of its statement."""
_UNFINISHED = ("unclosed", "unterminated", 'expected "\'"')
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def opened(path: Path) -> tuple[TomlTable, Sheet]:
    """The file's outermost table, and the sheet that collects what is wrong with it.

    Raises `ConfigError` for a file that cannot be read or is no TOML.
    """
    source = _text(path, _bytes(path))
    values = _parsed(path, source)
    sheet = Sheet(path, places(source))
    return TomlTable((), values, sheet), sheet


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST + 1)
    except FileNotFoundError:
        remedy = "`backchat init URL` writes one for your blog; --config names another file; `backchat demo` needs none"
        raise ConfigError([f"there is no configuration at {path}: {remedy}"]) from None
    except IsADirectoryError:
        raise ConfigError([f"{path} is a folder: name the configuration file in it with --config"]) from None
    except PermissionError:
        raise ConfigError([f"{path} cannot be read: let the user that Backchat runs as read it (chmod)"]) from None
    except OSError as error:
        raise ConfigError([f"{path} cannot be read: {error.strerror}"]) from None
    if len(content) > MOST:
        raise ConfigError([f"{path} is larger than {MOST // 1024} KB, so it is no configuration: name the right file"])
    return content


def _text(path: Path, content: bytes) -> str:
    remedy = "save the file as UTF-8 in your editor"
    if content.startswith(_WIDE) or b"\0" in content[:4]:
        raise ConfigError([f"{path}:1: the file is UTF-16 or no text at all: {remedy}"])
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        raise ConfigError([f"{path}:{line}: the byte 0x{byte:02X} is no UTF-8 (Latin-1, perhaps): {remedy}"]) from None


def _parsed(path: Path, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(source)
    except RecursionError:
        raise ConfigError([f"{path}:1: lists or tables stand in each other too deeply: write it flatter"]) from None
    except ValueError as error:
        what, line, column = _told(str(error), source)
    lines = source.replace("\r\n", "\n").split("\n")
    if what.startswith(_UNFINISHED):
        line, column = _begun(lines, line), 1
    key = key_at(lines, line)
    sentence = explained(what, lines, line, column)
    raise ConfigError([f"{path}:{line}: {key + ': ' if key else ''}not valid TOML at column {column}: {sentence}"])


def _told(message: str, source: str) -> tuple[str, int, int]:
    """What the parser says, and the line and column that it names; the end of the file where it names none."""
    where = _WHERE.search(message)
    what = _WHERE.sub("", message)
    what = what[:1].lower() + what[1:]
    if where is not None and where.group(1):
        return what, int(where.group(1)), int(where.group(2))
    lines = source.rstrip().split("\n")
    return what, len(lines), len(lines[-1]) + 1


def _begun(lines: list[str], line: int) -> int:
    """The line on which the statement begins that is not finished at `line`: what stands above it is valid."""
    for above in range(line - 1, max(line - LOOK_BACK, 0), -1):
        try:
            tomllib.loads("\n".join(lines[:above]))
        except ValueError:
            continue
        return _first_of_it(lines, above)
    return line


def _first_of_it(lines: list[str], above: int) -> int:
    empty = ("", "#")
    return next(
        (number for number in range(above + 1, len(lines) + 1) if lines[number - 1].strip()[:1] not in empty), above
    )
