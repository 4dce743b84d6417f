"""Who may do what in which channels, as the core says before the chat is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.model import Desk, RoomId


@dataclass(slots=True)
class Rooms:
    """The channels that are in use: who moderates there, and who may answer, by ids, or `@` and a role's id."""

    desks: Mapping[RoomId, Desk] = field(default_factory=dict)
    speakers: Mapping[RoomId, frozenset[str]] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[RoomId]:
        """Every channel of which we were told."""
        return frozenset(self.desks) | frozenset(self.speakers)

    @property
    def by_role(self) -> bool:
        """Whether a role decides anything here; while nothing is known, one may."""
        listed = [desk.moderators for desk in self.desks.values()] + list(self.speakers.values())
        return not self.known or any(name.startswith("@") for names in listed for name in names)
