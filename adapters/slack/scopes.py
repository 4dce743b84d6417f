"""What the bot has to be allowed, each with what it is for: the manifest asks for these, and `doctor` misses them.

https://docs.slack.dev/reference/scopes. The header `x-oauth-scopes` of each answer says which ones the bot was given.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope; `without` says what does not work where it is lacking."""

    name: str
    without: str


SCOPES = (
    Scope("chat:write", "nothing can be said"),
    Scope("chat:write.customize", "comments cannot be said under their writers' names"),
    Scope("channels:history", "nothing of what is written in public channels is heard or found again"),
    Scope("groups:history", "nothing of what is written in private channels is heard or found again"),
    Scope("channels:read", "public channels cannot be looked at"),
    Scope("groups:read", "private channels cannot be looked at"),
    Scope("channels:join", "public channels have to be joined by /invite"),
    Scope("users:read", "people have no names, so mentions of them read “somebody”"),
    Scope("reactions:write", "no receipts are shown"),
    Scope("reactions:read", "marks are not seen, and no receipts are shown"),
    Scope("files:read", "of files in answers neither the name nor the link is known"),
    Scope("commands", "there is no /backchat, and no shortcuts"),
)
"""Every scope that Backchat uses, the most important first."""
APP_SCOPE = "connections:write"
"""What the app-level token has to be allowed, for Socket Mode."""


def lacking(granted: Collection[str]) -> Sequence[Scope]:
    """Those that the bot was not given."""
    return [scope for scope in SCOPES if scope.name not in granted]
