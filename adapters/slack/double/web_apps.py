"""Methods about the app itself: who it is, and where its socket is."""

from __future__ import annotations

from typing import Any

from adapters.slack.double import shapes
from adapters.slack.double.asked import Call, method
from adapters.slack.double.problems import Problem


@method("api.test", tier=4)
def api_test(call: Call) -> dict[str, Any]:
    """Whether anything answers."""
    return {"args": dict(call.args)}


@method("auth.test", tier=0)
def auth_test(call: Call) -> dict[str, Any]:
    """Who the token belongs to."""
    world, app = call.world, call.world.app
    return {
        "url": f"https://{world.team.domain}.slack.example/", "team": world.team.name, "user": shapes.handle(app.user),
        "team_id": world.team.id, "user_id": app.user.id, "bot_id": app.bot_id, "is_enterprise_install": app.enterprise,
        **({"enterprise_id": "E0HIGHABOVE"} if app.enterprise else {}),
    }  # fmt: skip


@method("apps.connections.open", tier=0, app=True)
def apps_connections_open(call: Call) -> dict[str, Any]:
    """The address of a socket, for one connection."""
    if not call.world.app.socket_mode:
        raise Problem("socket_mode_not_enabled")
    return {"url": call.world.connect()}


@method("bots.info", "users:read", tier=3)
def bots_info(call: Call) -> dict[str, Any]:
    """The bot."""
    if call.text("bot") != call.world.app.bot_id:
        raise Problem("bot_not_found")
    return {"bot": shapes.bot(call.world)}


@method("team.info", "team:read", tier=3)
def team_info(call: Call) -> dict[str, Any]:
    """The workspace."""
    team = call.world.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "",
                     "icon": {"image_default": True}}}  # fmt: skip
