"""Finding adapters by entry point, ours and other people's alike (law 11).

What is installed is read from where packages declare it; `importlib.metadata` would do the same, but importing it takes
as long as starting Python, and a megabyte. It is asked only for what is not found so (in a zip file, for example).
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from bridge.errors import ConfigError

if TYPE_CHECKING:  # the ports are dear to import, and `backchat --help` only asks for names
    from bridge.ports import BlogPlugin, ChatPlugin

BLOGS = "backchat.blogs"
CHATS = "backchat.chats"
DEMOS = "backchat.demos"
COMMANDS = "backchat.commands"


def names(group: str) -> list[str]:
    """The names of everything installed in a group, sorted."""
    return list(declared(group))


def blog(name: str) -> BlogPlugin:
    """The blog adapter of that name. Raises `ConfigError` where there is none, or one for other ports."""
    return cast("BlogPlugin", _adapter(BLOGS, name, "blog"))


def chat(name: str) -> ChatPlugin:
    """The chat adapter of that name. Raises `ConfigError` where there is none, or one for other ports."""
    return cast("ChatPlugin", _adapter(CHATS, name, "chat"))


def find(group: str, name: str) -> Any:
    """What the entry point of that name stands for. Raises `ConfigError` where it is absent or cannot be loaded."""
    where = _where(group, name)
    if where is None:
        raise ConfigError([f"nothing called {name!r} is installed in {group}; there is: {_listed(group)}"])
    return _loaded(group, name, where)


def declared(group: str) -> dict[str, str]:
    """Where each of a group is (`module:attribute`), by name, sorted.

    The files are those of the PyPA's "Entry points" and "Recording installed projects" specifications.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        for file in _files(folder or "."):
            for name, where in _in(file, group):
                found.setdefault(name, where)
    return dict(sorted(found.items()))


def _adapter(group: str, name: str, what: str) -> Any:
    where = _where(group, name)
    if where is None:
        raise ConfigError([f"there is no {what} adapter {name!r}; installed are: {_listed(group)}"])
    from bridge.ports import PORT_VERSION

    plugin = _loaded(group, name, where)
    version = getattr(plugin, "port_version", None)
    if version != PORT_VERSION:
        raise ConfigError(
            [f"the {what} adapter {name!r} is written for ports {version}, this Backchat has {PORT_VERSION}: update it"]
        )
    return plugin


def _loaded(group: str, name: str, where: str) -> Any:
    """Import what `module:attribute` names. Raises `ConfigError` where that cannot be done."""
    module, _, attributes = where.partition(":")
    try:
        found = importlib.import_module(module.strip())
        for attribute in filter(None, attributes.strip().split(".")):
            found = getattr(found, attribute)
    except Exception as error:
        raise ConfigError(
            [f"{group} {name!r} cannot be loaded: {error!r}; reinstall the package that brings it"]
        ) from error
    return found


def _where(group: str, name: str) -> str | None:
    where = declared(group).get(name)
    if where is not None:
        return where
    from importlib.metadata import entry_points

    return next((point.value.partition("[")[0].strip() for point in entry_points(group=group, name=name)), None)


def _listed(group: str) -> str:
    return ", ".join(names(group)) or "nothing"


def _files(folder: str) -> list[str]:
    try:
        found = os.listdir(folder)  # noqa: PTH208 - a path object for each installed package is what this saves
    except OSError:
        return []
    return [f"{folder}/{name}/entry_points.txt" for name in sorted(found) if name.endswith((".dist-info", ".egg-info"))]


def _in(file: str, group: str) -> Iterator[tuple[str, str]]:
    try:
        with open(file, encoding="utf-8") as lines:  # noqa: PTH123 - as above
            text = lines.read()
    except (OSError, ValueError):
        return
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            section = line.strip("[] ")
        elif section == group and "=" in line and not line.startswith(("#", ";")):
            name, _, where = line.partition("=")
            yield name.strip(), where.partition("[")[0].strip()
