"""Commands that adapters bring."""

from __future__ import annotations

from functools import cache
from typing import Any

from bridge import plugins


@cache
def declared() -> dict[str, str]:
    """Where each command is (`module:attribute`), by name, sorted."""
    return plugins.declared(plugins.COMMANDS)


def load(name: str) -> Any:
    """The command of that name. Raises `ConfigError` where it cannot be imported."""
    return plugins.find(plugins.COMMANDS, name)
