"""What somebody may do in a channel, computed as Discord does, and what Backchat's bot needs there. Pure.

The order of the rules: https://docs.discord.com/developers/topics/permissions#permission-overwrites
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

TEXT, ANNOUNCEMENTS, FORUM, MEDIA = 0, 5, 15, 16
"""Types of channels (https://docs.discord.com/developers/resources/channel#channel-object-channel-types)."""
THREADS = frozenset({10, 11, 12})
FORUMS = frozenset({FORUM, MEDIA})
ROOMS = FORUMS | {TEXT, ANNOUNCEMENTS}
"""The types of channels that can be a room of Backchat's."""

ADMINISTRATOR = 1 << 3
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
SEND_TTS_MESSAGES = 1 << 12
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
MANAGE_WEBHOOKS = 1 << 29
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
SEND_MESSAGES_IN_THREADS = 1 << 38

ALL = (1 << 64) - 1
"""What owners and administrators have: permissions that are yet to be invented, too."""
_TIMED_OUT = VIEW_CHANNEL | READ_MESSAGE_HISTORY
_MEANINGLESS_WITHOUT_SENDING = SEND_TTS_MESSAGES | MENTION_EVERYONE | EMBED_LINKS | ATTACH_FILES
_ROLE, _MEMBER = 0, 1


def permitted(guild: Mapping[str, Any], member: Mapping[str, Any], channel: Mapping[str, Any], now: float) -> int:
    """What a member may do in a channel, and in the threads below it; all three as Discord's API gives them.

    Timed out until after `now`, a member only reads.
    """
    id = member["user"]["id"]
    if id == guild["owner_id"]:
        return ALL
    mine = {guild["id"], *member["roles"]}
    base = _united(int(role["permissions"]) for role in guild["roles"] if role["id"] in mine)
    if base & ADMINISTRATOR:
        return ALL
    allowed = _implied(_overwritten(base, channel.get("permission_overwrites") or (), guild["id"], mine, id))
    return allowed & _TIMED_OUT if _timed_out(member, now) else allowed


def stranger(guild: Mapping[str, Any], channel: Mapping[str, Any]) -> int:
    """What a member without any role may do in a channel."""
    return permitted(guild, {"user": {"id": ""}, "roles": []}, channel, 0.0)


def _overwritten(base: int, overwrites: Sequence[Mapping[str, Any]], guild: str, mine: set[str], id: str) -> int:
    """Everyone's overwrite, then all roles' together, then the member's own: each denies first, and then allows."""
    roles = [one for one in overwrites if int(one["type"]) == _ROLE and one["id"] in mine]
    steps = (
        [one for one in roles if one["id"] == guild],
        [one for one in roles if one["id"] != guild],
        [one for one in overwrites if int(one["type"]) == _MEMBER and one["id"] == id],
    )
    for step in steps:
        base &= ~_united(int(one["deny"]) for one in step)
        base |= _united(int(one["allow"]) for one in step)
    return base


def _implied(allowed: int) -> int:
    if not allowed & VIEW_CHANNEL:
        return 0
    return allowed if allowed & SEND_MESSAGES else allowed & ~_MEANINGLESS_WITHOUT_SENDING


def _timed_out(member: Mapping[str, Any], now: float) -> bool:
    until = member.get("communication_disabled_until")
    return until is not None and datetime.fromisoformat(until).timestamp() > now


def _united(bits: Any) -> int:
    whole = 0
    for bit in bits:
        whole |= bit
    return whole


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that the bot needs: its names in the settings of a channel and of a forum, and why."""

    bit: int
    name: str
    in_forum: str
    without: str

    def named(self, kind: int) -> str:
        """Its name in the settings of a channel of this type."""
        return self.in_forum if kind in FORUMS else self.name


_SEE = Need(VIEW_CHANNEL, "View Channel", "View Channel", "it sees nothing there")
_START = Need(SEND_MESSAGES, "Send Messages", "Create Posts", "no post of the blog gets a thread")
_OPEN = Need(
    CREATE_PUBLIC_THREADS, "Create Public Threads", "Create Public Threads", "no post of the blog gets a thread"
)
_SAY = Need(SEND_MESSAGES_IN_THREADS, "Send Messages in Threads", "Send Messages in Posts", "no comment is shown")
_EMBED = Need(
    EMBED_LINKS, "Embed Links", "Embed Links",
    "posts show neither excerpt nor picture, and comments no picture of their writers",
)  # fmt: skip
_READ = Need(
    READ_MESSAGE_HISTORY, "Read Message History", "Read Post History",
    "it cannot find what it said, nor what was written while it was away",
)  # fmt: skip
_REACT = Need(ADD_REACTIONS, "Add Reactions", "Add Reactions", "writers do not see what becomes of their answers")
_MANAGE = Need(
    MANAGE_THREADS, "Manage Threads", "Manage Posts", "comments on a post whose thread was locked are not shown"
)
_WEBHOOKS = Need(
    MANAGE_WEBHOOKS, "Manage Webhooks", "Manage Webhooks", 'identity = "webhook" cannot speak under the names of others'
)
_EVERYWHERE = (_SEE, _START, _SAY, _EMBED, _READ, _REACT, _MANAGE)


def needs(kind: int, identity: str) -> tuple[Need, ...]:
    """What the bot needs in a channel of this type, the most important first."""
    opening = () if kind in FORUMS else (_OPEN,)
    return (*_EVERYWHERE[:2], *opening, *_EVERYWHERE[2:], *((_WEBHOOKS,) if identity == "webhook" else ()))


def invited_with(identity: str) -> int:
    """Exactly what the invite link asks for: all that the bot needs in a text channel or a forum, and no more."""
    return _united(need.bit for kind in (TEXT, FORUM) for need in needs(kind, identity))


def lacking(allowed: int, kind: int, identity: str) -> tuple[Need, ...]:
    """What the bot needs in a channel and does not have; without a sight of it the rest is not worth telling.

    Nor is what Discord counts as lacking only because nothing may be sent.
    """
    silent = 0 if allowed & SEND_MESSAGES else _MEANINGLESS_WITHOUT_SENDING
    missing = tuple(need for need in needs(kind, identity) if not (allowed | silent) & need.bit)
    return missing[:1] if missing[:1] == (_SEE,) else missing
