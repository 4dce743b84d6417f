"""Who may do what in which rooms, as the core says before the chat is opened. People count by id, never by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bridge.model import Desk, RoomId, Writer


@dataclass(slots=True)
class Rooms:
    """The rooms that are in use: who moderates there, and who may answer, by ids, or `@` and a role's id."""

    desks: Mapping[RoomId, Desk] = field(default_factory=dict)
    speakers: Mapping[RoomId, frozenset[str]] = field(default_factory=dict)

    @property
    def known(self) -> frozenset[RoomId]:
        """Every room of which we were told."""
        return frozenset(self.desks) | frozenset(self.speakers)

    @property
    def by_role(self) -> bool:
        """Whether a role decides anything here; while nothing is known, one may."""
        listed = [desk.moderators for desk in self.desks.values()] + list(self.speakers.values())
        return not self.known or any(name.startswith("@") for names in listed for name in names)

    def may_answer(self, room: RoomId, who: Writer) -> bool:
        """Whether this person, with the roles that they have now, may answer from there."""
        return _is_listed(who, self.speakers.get(room, ()))

    def may_moderate(self, room: RoomId, who: Writer) -> bool:
        """Whether this person, with the roles that they have now, may decide about comments from there."""
        desk = self.desks.get(room)
        return desk is not None and _is_listed(who, desk.moderators)


def _is_listed(who: Writer, names: Collection[str]) -> bool:
    return who.id in names or any(f"@{role}" in names for role in who.roles)
