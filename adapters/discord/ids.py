"""What can be no id of Discord's, told from its looks alone: all of them are numbers, and names are none.

https://docs.discord.com/developers/reference#snowflakes
"""

from __future__ import annotations

MODE = "switch on Developer Mode in Discord's User Settings under Advanced"


def no_room(room: str) -> str | None:
    """Why this is no channel's id, and where to find it."""
    return _no_number(room, "channel", "right-click the channel, and Copy Channel ID")


def no_person(person: str) -> str | None:
    """Why this is no person's id, and where to find it."""
    return _no_number(person, "person", "right-click the person, and Copy User ID")


def no_role(role: str) -> str | None:
    """Why this is no role's id, and where to find it."""
    return _no_number(role, "role", "right-click it in Server Settings under Roles, Copy Role ID, and put @ before it")


def _no_number(given: str, what: str, where: str) -> str | None:
    if given.isascii() and given.isdigit():
        return None
    return f"{given[:40]!r} is no {what}'s id on Discord, which is a number: {MODE}, {where}"
