"""What can be no token and no signing secret of ours, told from its looks alone: Slack's tokens begin with their kind.

https://docs.slack.dev/authentication/tokens
"""

from __future__ import annotations

import re

_BOT, _APP = "xoxb-", "xapp-"
_OTHERS = {
    "xoxe.": "one that expires within hours, for token rotation is on: make the app anew from the manifest, which"
             " leaves that off, since Slack does not let it be switched off again",
    "xoxe-": "the one that renews tokens, for token rotation is on: make the app anew from the manifest, which leaves"
             " that off",
    "xoxp-": "a person's token",
    "xoxa-": "an old workspace token",
    "xoxc-": "one of a browser's session",
    "xoxs-": "one of a browser's session",
    "xwfp-": "one of a workflow",
    "xapp-": "the app-level token, which belongs in app_token",
    "xoxb-": "the bot's token, which belongs in token",
}  # fmt: skip
_SECRET = re.compile(r"[0-9a-f]{32}")
WHERE_BOT = "copy the Bot User OAuth Token, which begins with xoxb-, from OAuth & Permissions of your app"
WHERE_APP = "copy the app-level token, which begins with xapp-, from Basic Information, App-Level Tokens, of your app"
WHERE_SECRET = "copy the Signing Secret, 32 digits and letters, from Basic Information, App Credentials, of your app"  # noqa: S105 - says where it is


def no_bot_token(token: str) -> str | None:
    """Why this is not the token of a bot, and where that is found; None for what may be one. Never shows it."""
    return _no_token(token, _BOT, WHERE_BOT)


def no_app_token(token: str) -> str | None:
    """Why this is not an app-level token, and where that is found; None for what may be one. Never shows it."""
    return _no_token(token, _APP, WHERE_APP)


def no_signing_secret(secret: str) -> str | None:
    """Why this is not a signing secret, and where that is found; None for what may be one. Never shows it."""
    if _SECRET.fullmatch(secret):
        return None
    is_token = any(secret.startswith(kind) for kind in _OTHERS)
    return f"is {'a token' if is_token else 'no signing secret'}: {WHERE_SECRET}"


def _no_token(token: str, wanted: str, where: str) -> str | None:
    if token.startswith(wanted) and len(token) > len(wanted) and token.isascii() and token.isprintable():
        return None if " " not in token else f"has a space in it: {where}"
    kind = next((words for start, words in _OTHERS.items() if token.startswith(start) and start != wanted), None)
    if kind is None:
        return f"is no token of that kind: {where}"
    return f"is {kind}" if token.startswith("xoxe") else f"is {kind}: {where}"  # the words say what to do already
