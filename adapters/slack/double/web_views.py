"""Methods about windows (https://docs.slack.dev/surfaces/modals)."""

from __future__ import annotations

import copy
import secrets
from typing import Any

from adapters.slack.double import blocks as block_kit
from adapters.slack.double.asked import Call, method
from adapters.slack.double.interactions import View
from adapters.slack.double.problems import Problem
from adapters.slack.double.world import World

_LONGEST = {"title": 24, "submit": 24, "close": 24}


def taken(given: Any) -> dict[str, Any]:
    """A window as Slack keeps it; raises invalid_arguments where it is none."""
    if not isinstance(given, dict) or given.get("type") not in {"modal", "home"}:
        raise Problem("invalid_arguments", "missing required field: type [json-pointer:/view]")
    wrong = [
        f"must be less than {most + 1} characters [json-pointer:/view/{name}/text]"
        for name, most in _LONGEST.items() if len(given.get(name, {}).get("text", "")) > most
    ]  # fmt: skip
    if not given.get("title", {}).get("text"):
        wrong.append("missing required field: title [json-pointer:/view]")
    if len(given.get("private_metadata", "")) > 3000:
        wrong.append("must be less than 3001 characters [json-pointer:/view/private_metadata]")
    if len(given.get("callback_id", "")) > block_kit.NAME:
        wrong.append("must be less than 256 characters [json-pointer:/view/callback_id]")
    if any(block.get("type") == "input" for block in given.get("blocks", [])) and "submit" not in given:
        wrong.append("a modal with inputs needs a submit [json-pointer:/view]")
    if wrong:
        raise Problem("invalid_arguments", *wrong)
    kept = copy.deepcopy(given)
    kept["blocks"] = block_kit.taken(given.get("blocks"), most=block_kit.MOST_IN_VIEW, view=True)
    return kept


def new(world: World, given: Any, call_user: Any, previous: View | None = None) -> View:
    """A window that stands open from now on, over the `previous` one."""
    kept = taken(given)
    id = world.time.id("V")
    stamp = f"{int(world.time.now())}.{secrets.token_hex(4)}"
    view = View(id, kept, stamp, call_user, previous.root if previous else id, previous.id if previous else None)
    world.interactions.views[id] = view
    return view


def replace(world: World, view: View, given: Any) -> None:
    """A window shows something else from now on; its id stays."""
    view.given, view.hash = taken(given), f"{int(world.time.now())}.{secrets.token_hex(4)}"
    view.errors = {}


def shape(world: World, view: View, values: dict[str, Any] | None = None) -> dict[str, Any]:
    """A window as the app is shown it; `values` is what stands in its fields."""
    given = view.given
    return {
        "id": view.id, "team_id": world.team.id, "type": given["type"], "blocks": copy.deepcopy(given["blocks"]),
        "private_metadata": given.get("private_metadata", ""), "callback_id": given.get("callback_id", ""),
        "external_id": given.get("external_id", ""), "state": {"values": values or {}}, "hash": view.hash,
        "title": {"emoji": True, **given["title"]}, "clear_on_close": given.get("clear_on_close", False),
        "notify_on_close": given.get("notify_on_close", False), "close": given.get("close"),
        "submit": given.get("submit"), "previous_view_id": view.previous, "root_view_id": view.root,
        "app_id": world.app.id, "app_installed_team_id": world.team.id, "bot_id": world.app.bot_id,
    }  # fmt: skip


@method("views.open", tier=4)
def views_open(call: Call) -> dict[str, Any]:
    """Open a window, with the trigger id of something that a person did."""
    return _opened(call, over=False)


@method("views.push", tier=4)
def views_push(call: Call) -> dict[str, Any]:
    """Open a window over the one that is open."""
    return _opened(call, over=True)


def _opened(call: Call, over: bool) -> dict[str, Any]:
    world = call.world
    given = call.decoded("view", "invalid_arguments")
    taken(given)
    one = world.interactions.to_open(call.need("trigger_id"), world.time.now())
    one.view = new(world, given, one.user, one.view if over else None)
    one.turn()
    return {"view": shape(world, one.view)}


@method("views.update", tier=4)
def views_update(call: Call) -> dict[str, Any]:
    """Show something else in a window."""
    view = call.world.interactions.views.get(call.need("view_id"))
    if view is None or not view.open:
        raise Problem("not_found")
    if call.text("hash") not in {None, view.hash}:
        raise Problem("hash_conflict")
    replace(call.world, view, call.decoded("view", "invalid_arguments"))
    return {"view": shape(call.world, view)}
