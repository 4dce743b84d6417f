"""Slack: every post a thread in a channel, answered there by those who may."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from bridge.errors import Refused

if TYPE_CHECKING:
    from bridge.model import ChatOffer
    from bridge.ports import Chat, Dialogue, Surroundings, Table

MISSING = "needs slack_bolt and emoji, which are not installed here: install backchat[slack]"


class _Plugin:
    """What the entry point names; imports the adapter, and Slack's libraries with it, only when it is used."""

    port_version = 1
    rank = 1

    def from_config(self, table: Table, surroundings: Surroundings) -> Chat:
        """Build the chat from its table; problems go to the table."""
        if _lacks():
            return _absent(table, surroundings)
        from adapters.slack.chat import from_config

        return from_config(table, surroundings)

    async def offer(self, dialogue: Dialogue) -> ChatOffer:
        """See `bridge.ports.OffersChats`."""
        if _lacks():
            raise Refused(f"the chat adapter 'slack' {MISSING}")
        from adapters.slack.setup import offer

        return await offer(dialogue)

    def no_room(self, room: str) -> str | None:
        """See `bridge.ports.KnowsIds`."""
        from adapters.slack.knows_ids import no_room

        return no_room(room)

    def no_person(self, person: str) -> str | None:
        """See `bridge.ports.KnowsIds`."""
        from adapters.slack.knows_ids import no_person

        return no_person(person)

    def no_role(self, role: str) -> str | None:
        """See `bridge.ports.KnowsIds`."""
        from adapters.slack.knows_ids import no_role

        return no_role(role)


def _lacks() -> bool:
    return any(find_spec(name) is None for name in ("slack_bolt", "emoji"))


def _absent(table: Table, surroundings: Surroundings) -> Chat:
    """Say what is missing, and nothing of the keys; with a problem, nobody gets to use what is returned."""
    from adapters.slack.settings import settings

    settings(table, surroundings)
    table.problem("adapter", MISSING)
    return cast("Chat", None)


plugin = _Plugin()
