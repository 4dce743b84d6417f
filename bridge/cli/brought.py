"""Commands that adapters bring, read from where installed packages declare them.

`importlib.metadata` would do the same; importing it takes as long as starting Python, and `--help` must be quick.
"""

from __future__ import annotations

import importlib
import os
import sys
from functools import cache
from typing import Any

_GROUP = "backchat.commands"


@cache
def declared() -> dict[str, str]:
    """Where each command is (`module:attribute`), by name, sorted.

    The files are those of the PyPA's "Entry points" and "Recording installed projects" specifications.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        for file in _files(folder or "."):
            for name, where in _in(file):
                found.setdefault(name, where)
    return dict(sorted(found.items()))


def load(name: str) -> Any:
    """The command of that name. Raises `ConfigError` where it cannot be imported."""
    module, _, attribute = declared()[name].partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except Exception:  # noqa: BLE001 - whatever it is, this way of asking says it in words
        from bridge import plugins

        return plugins.find(plugins.COMMANDS, name)


def _files(folder: str) -> list[str]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - a path object for each installed package is what this saves
    except OSError:
        return []
    return [f"{folder}/{name}/entry_points.txt" for name in sorted(names) if name.endswith((".dist-info", ".egg-info"))]


def _in(file: str) -> list[tuple[str, str]]:
    try:
        with open(file, encoding="utf-8") as lines:  # noqa: PTH123 - as above
            text = lines.read()
    except (OSError, ValueError):
        return []
    found, group = [], ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[] ")
        elif group == _GROUP and "=" in line and not line.startswith(("#", ";")):
            name, _, where = line.partition("=")
            found.append((name.strip(), where.partition("[")[0].strip()))
    return found
