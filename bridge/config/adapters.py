"""The tables of blogs and chats: what the core reads of them, and the adapters that read the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bridge import plugins
from bridge.config.settings import BlogSettings, ChatSettings
from bridge.errors import ConfigError
from bridge.model import BlogName, ChatName
from bridge.ports import Surroundings
from bridge.schedule import Beat
from bridge.toml.table import TomlTable

log = logging.getLogger("backchat.config")
T = TypeVar("T")

IDLE = 600.0
"""Seconds between two readings of an idle blog, unless its table says otherwise; and no more than"""
SLOWER = 10.0
"""times the beat of a lively one."""
MOST_AT_FIRST = 10_000
"""Comments that the first reading may mirror at the most."""


def blog_settings(table: TomlTable, lent: Surroundings) -> BlogSettings | None:
    """One blog; None where a problem keeps its adapter from being built."""
    kind, plugin = _plugin(table, plugins.BLOGS, plugins.blog)
    beat = _beat(table)
    first_run = _first_run(table)
    table.maybe_text("renamed_from")
    adapter = _built(table, kind, plugin, lent)
    return None if adapter is None else BlogSettings(BlogName(lent.name), adapter, beat, first_run, kind)


def chat_settings(table: TomlTable, lent: Surroundings) -> ChatSettings | None:
    """One chat; None where a problem keeps its adapter from being built."""
    kind, plugin = _plugin(table, plugins.CHATS, plugins.chat)
    table.maybe_text("renamed_from")
    adapter = _built(table, kind, plugin, lent)
    return None if adapter is None else ChatSettings(ChatName(lent.name), adapter)


def _plugin(table: TomlTable, group: str, find: Callable[[str], T]) -> tuple[str, T | None]:
    """The adapter's name, and its plugin if there is one."""
    inner = table.peek("adapter") is None and _dotted(table)
    if inner:
        table.trust()
        table.problem("", f"has no adapter, but [{table.path}.{inner}] has: a dot in a name begins a table of its own,"
                      " so write - in its place")  # fmt: skip
        return "", None
    kind = table.text("adapter", help=f"write one of: {', '.join(plugins.names(group))}")
    if not kind:
        table.trust()  # only the adapter could say which keys there are
        return "", None
    try:
        return kind, find(kind)
    except ConfigError as error:
        table.problem("adapter", error.problems[0])
        table.trust()
        return kind, None


def _dotted(table: TomlTable) -> str | None:
    """The table below that looks as if its name was meant to be a part of this one's."""
    inner = table.all_values().items()
    return next((name for name, value in inner if isinstance(value, Mapping) and "adapter" in value), None)


def _built(table: TomlTable, kind: str, plugin: Any, lent: Surroundings) -> Any:
    if plugin is None:
        return None
    try:
        return plugin.from_config(table, lent)
    except Exception as error:  # a fault of one adapter must not hide what is wrong with the rest of the file
        log.exception("the adapter %s cannot read %s", kind, table.path)
        table.problem("adapter", f"cannot be set up through a fault in {kind!r} ({type(error).__name__}): report it")
        return None


def _beat(table: TomlTable) -> Beat:
    """How often it is read. Whoever wants a quick beat wants an idle blog read ten times as slowly at the most."""
    every = table.seconds("every", 60.0)
    usual = max(every, min(IDLE, SLOWER * every))
    slowest = table.seconds("slowest", usual)
    if every <= 0:
        table.problem("every", "must be more than 0 seconds")
    if slowest < every:
        table.problem(
            "slowest", "must be at least as long as every: an idle blog is read no more often than a lively one"
        )
    return Beat(every, slowest)


def _first_run(table: TomlTable) -> int:
    """How many comments that stand already are mirrored at first."""
    words = table.text("first_run", "none", help='write "none" or "latest 50"').split()
    if words == ["none"]:
        return 0
    if len(words) == 2 and words[0] == "latest" and words[1].isdecimal() and int(words[1][:9]) <= MOST_AT_FIRST:
        return int(words[1])
    table.problem("first_run", f'write "none" (mirror only what is new) or, say, "latest 50" (at most {MOST_AT_FIRST})')
    return 0
