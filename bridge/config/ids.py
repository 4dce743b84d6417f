"""The ids of rooms and people in routes, as far as the chat's adapter can tell from their looks that they are none."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bridge import plugins
from bridge.config.routes import LONGEST_ID
from bridge.errors import ConfigError
from bridge.ports import KnowsIds
from bridge.toml.table import TomlTable

log = logging.getLogger("backchat.config")


def check_ids(root: TomlTable) -> None:
    """Tell of every room, author, moderator and person to be notified whose id can be none in its chat."""
    for route in root.tables("routes").values():
        for key in ("rooms", "moderation"):
            for room in route.lists(key) if isinstance(route.peek(key), list) else ():
                knows = _of_chat(root, room.peek("chat"))
                if knows is not None:
                    _check(room, knows)


def _of_chat(root: TomlTable, chat: Any) -> KnowsIds | None:
    """The plugin of a room's chat, if it can tell."""
    table = root.tables("chats").get(chat) if isinstance(chat, str) else None
    kind = None if table is None else table.peek("adapter")
    if not isinstance(kind, str) or not kind:
        return None
    try:
        plugin = plugins.chat(kind)
    except ConfigError:  # which its own table tells of
        return None
    return plugin if isinstance(plugin, KnowsIds) else None


def _check(room: TomlTable, knows: KnowsIds) -> None:
    id = room.peek("room")
    if isinstance(id, str) and 0 < len(id) <= LONGEST_ID and (wrong := _asked(knows.no_room, id)):
        room.problem("room", wrong)
    for key in ("authors", "moderators", "notify"):
        for where, person in _listed(room.peek(key)):
            role = person.startswith("@") and key != "notify"  # a whole role is told of nothing
            wrong = _asked(knows.no_role, person[1:]) if role else _asked(knows.no_person, person)
            if wrong:
                room.problem_in(key, where, wrong)


def _listed(people: Any) -> Iterator[tuple[str | int, str]]:
    """Everybody in a list or a table of people, and where; without what is nobody's id in any chat."""
    table = {person: person for person in people} if isinstance(people, Mapping) else {}
    for where, person in enumerate(people) if isinstance(people, list) else table.items():
        if isinstance(person, str) and person.strip("@ ") and len(person) <= LONGEST_ID:
            yield where, person


def _asked(no_id: Callable[[str], str | None], id: str) -> str | None:
    try:
        return no_id(id)
    except Exception:  # a fault of one adapter must not hide what is wrong with the rest of the file
        log.exception("an adapter cannot tell what %r is", id)
        return None
