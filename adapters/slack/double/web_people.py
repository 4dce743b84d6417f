"""Methods about people and files."""

from __future__ import annotations

from typing import Any

from adapters.slack.double import shapes
from adapters.slack.double.asked import Call, method
from adapters.slack.double.problems import Problem


@method("users.info", "users:read", tier=4)
def users_info(call: Call) -> dict[str, Any]:
    """An account."""
    found = call.world.users.get(call.need("user"))
    if found is None:
        raise Problem("user_not_found")
    return {"user": shapes.user(call.world, found)}


@method("users.list", "users:read", tier=2)
def users_list(call: Call) -> dict[str, Any]:
    """Every account of the workspace."""
    world = call.world
    members = [shapes.user(world, one) for one in world.users.values() if one.team is world.team]
    return {"members": members, "cache_ts": int(world.time.now()), "response_metadata": {"next_cursor": ""}}


@method("files.info", "files:read", tier=4)
def files_info(call: Call) -> dict[str, Any]:
    """A file."""
    found = call.world.files.get(call.need("file"))
    if found is None:
        raise Problem("file_not_found")
    if found.mode == "tombstone":
        raise Problem("file_deleted")
    return {"file": shapes.file(call.world, found)}
