"""Finding adapters by entry point, ours and other people's alike (law 11)."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
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
    return sorted({point.name for point in entry_points(group=group)})


def blog(name: str) -> BlogPlugin:
    """The blog adapter of that name. Raises `ConfigError` where there is none, or one for other ports."""
    return cast("BlogPlugin", _adapter(BLOGS, name, "blog"))


def chat(name: str) -> ChatPlugin:
    """The chat adapter of that name. Raises `ConfigError` where there is none, or one for other ports."""
    return cast("ChatPlugin", _adapter(CHATS, name, "chat"))


def find(group: str, name: str) -> Any:
    """What the entry point of that name stands for. Raises `ConfigError` where it is absent or cannot be loaded."""
    point = _point(group, name)
    if point is None:
        raise ConfigError([f"nothing called {name!r} is installed in {group}; there is: {_listed(group)}"])
    try:
        return point.load()
    except Exception as error:
        raise ConfigError(
            [f"{group} {name!r} cannot be loaded: {error!r}; reinstall the package that brings it"]
        ) from error


def _adapter(group: str, name: str, what: str) -> Any:
    if _point(group, name) is None:
        raise ConfigError([f"there is no {what} adapter {name!r}; installed are: {_listed(group)}"])
    from bridge.ports import PORT_VERSION

    plugin = find(group, name)
    version = getattr(plugin, "port_version", None)
    if version != PORT_VERSION:
        raise ConfigError(
            [f"the {what} adapter {name!r} is written for ports {version}, this Backchat has {PORT_VERSION}: update it"]
        )
    return plugin


def _point(group: str, name: str) -> EntryPoint | None:
    return next(iter(entry_points(group=group, name=name)), None)


def _listed(group: str) -> str:
    return ", ".join(names(group)) or "nothing"
