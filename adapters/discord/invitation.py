"""The link that brings the bot to a server, with exactly the permissions that it needs."""

from __future__ import annotations

from urllib.parse import urlencode

from adapters.discord.permissions import invited_with

PORTAL = "https://discord.com/developers/applications"
"""Where applications and their bots are set up."""
_AUTHORIZE = "https://discord.com/oauth2/authorize"


def invitation(application: str, identity: str) -> str:
    """Where to send a person who may add bots to a server.

    The form: https://docs.discord.com/developers/topics/oauth2#bot-authorization-flow
    """
    asked = {"client_id": application, "scope": "bot applications.commands", "permissions": invited_with(identity)}
    return f"{_AUTHORIZE}?{urlencode(asked)}"
