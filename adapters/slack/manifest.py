"""The app's manifest, which Slack makes the app from: all its scopes, events, shortcuts and the command at one click.

https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

from importlib.resources import files
from urllib.parse import quote

APPS = "https://api.slack.com/apps"
"""Where apps are made and set up."""
COMMAND = "/backchat"
_CALLED = (
    ("  event_subscriptions:\n", "    request_url"),
    ("  interactivity:\n", "    request_url"),
    (f"    - command: {COMMAND}\n", "      url"),
)
"""After which line the address stands that Slack calls, and as what."""
_SOCKETS = "  socket_mode_enabled: true\n"


def manifest(address: str | None = None) -> str:
    """The manifest in YAML: for Socket Mode, or for a Slack that calls `address`."""
    text = files("adapters.slack").joinpath("manifest.yaml").read_text("utf-8")
    if address is None:
        return text
    for line, key in _CALLED:
        text = text.replace(line, f'{line}{key}: "{address}"\n', 1)
    return text.replace(_SOCKETS, _SOCKETS.replace("true", "false"), 1)


def link(address: str | None = None) -> str:
    """Where a person makes the app from the manifest, at one click.

    The form: https://docs.slack.dev/app-manifests/configuring-apps-with-app-manifests
    """
    return f"{APPS}?new_app=1&manifest_yaml={quote(manifest(address), safe='')}"
