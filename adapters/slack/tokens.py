"""What Slack writes in angle brackets, and the ids in its rich text, in words for a blog. Pure.

The forms: https://docs.slack.dev/messaging/formatting-message-text#advanced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
BROADCASTS = frozenset({"here", "channel", "everyone"})


@dataclass(frozen=True, slots=True)
class Names:
    """The names of ids that a message mentions."""

    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def person(self, id: str, shown: str = "") -> str:
        """Name a person; `shown` is what the message itself calls them."""
        return "@" + (self.people.get(id) or shown.removeprefix("@") or "somebody")

    def channel(self, id: str, shown: str = "") -> str:
        """Name a channel."""
        return "#" + (self.channels.get(id) or shown.removeprefix("#") or "channel")

    def group(self, id: str, shown: str = "") -> str:
        """Name a group of people."""
        return "@" + (self.groups.get(id) or shown.removeprefix("@") or "group")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """The ids that a message mentions."""

    people: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()


def said(inside: str, names: Names) -> str | None:
    """Say in words what stands between angle brackets; None for what is a link."""
    what, _, shown = inside.partition("|")
    if what.startswith("@"):
        return names.person(what[1:], shown)
    if what.startswith("#"):
        return names.channel(what[1:], shown)
    if not what.startswith("!"):
        return None
    match what[1:].split("^"):
        case ["subteam", id]:
            return names.group(id, shown)
        case ["date", at, *_]:
            return instant(at) or shown
        case [name] if name in BROADCASTS:
            return f"@{name}"
        case others:
            return shown or others[0]


def ids(inside: str) -> tuple[str, str] | None:
    """Which id stands between angle brackets, and of what: `people`, `channels` or `groups`; None where none does."""
    what, _, _ = inside.partition("|")
    for sign, kind in (("@", "people"), ("#", "channels"), ("!subteam^", "groups")):
        if what.startswith(sign):
            return kind, what[len(sign) :]
    return None


def calls_people(inside: str) -> bool:
    """Whether what stands between angle brackets calls people of the chat."""
    return inside.startswith(("@", "!subteam^")) or inside.partition("|")[0][1:] in BROADCASTS


def instant(at: object) -> str | None:
    """Write an instant as everybody can read it, whatever their time zone; None where it is none."""
    try:
        moment = datetime.fromtimestamp(int(str(at)), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"
