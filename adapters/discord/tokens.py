"""What Discord writes in angle brackets, in words for a blog. Pure.

The forms: https://docs.discord.com/developers/reference#message-formatting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_LONGEST = 100
"""Characters that the longest of these forms has: a command's three names of 32 each, and its id."""
_GUIDE = frozenset({"customize", "browse", "guide", "linked-roles"})


@dataclass(frozen=True, slots=True)
class Names:
    """The names of ids that a message mentions."""

    people: Mapping[str, str]
    channels: Mapping[str, str]
    roles: Mapping[str, str]


def read(inside: str, names: Names) -> str | None:
    """Say in words what stands between angle brackets; None for what is nothing of Discord's."""
    if len(inside) > _LONGEST + 40:
        return None
    if inside[:1] in {"@", "#"}:
        return _mention(inside, names)
    match inside.split(":"):
        case ["t", at]:
            return _date(at, "f")
        case ["t", at, style]:
            return _date(at, style)
        case ["" | "a", name, id] if name and _is_id(id):
            return f":{name}:"
        case ["id", place] if place in _GUIDE:
            return f"#{place}"
        case [command, id] if command.startswith("/") and len(command) > 1 and _is_id(id):
            return command
    return None


def _mention(inside: str, names: Names) -> str | None:
    for sign, shown, known, unknown in (
        ("@&", "@", names.roles, "somebody"),
        ("@!", "@", names.people, "somebody"),
        ("@", "@", names.people, "somebody"),
        ("#", "#", names.channels, "channel"),
    ):
        if inside.startswith(sign) and _is_id(id := inside[len(sign) :]):
            return shown + known.get(id, unknown)
    return None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _date(at: str, style: str) -> str | None:
    """Write an instant as everybody can read it, whatever their time zone."""
    try:
        moment = datetime.fromtimestamp(int(at), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    day = f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    match style:
        case "t":
            return f"{moment:%H:%M} UTC"
        case "T":
            return f"{moment:%H:%M:%S} UTC"
        case "d" | "D":
            return day
        case "f" | "F" | "R" | "s" | "S":
            return f"{day}, {moment:%H:%M} UTC"
    return None
