"""Discord: every post a thread in a text or forum channel, answered there by those who may."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from bridge.errors import Refused

if TYPE_CHECKING:
    from bridge.model import ChatOffer
    from bridge.ports import Chat, Dialogue, Surroundings, Table

MISSING = "needs discord.py, which is not installed here: install backchat[discord]"


class _Plugin:
    """What the entry point names; imports the adapter, and discord.py with it, only when it is used."""

    port_version = 1
    rank = 1

    def from_config(self, table: Table, surroundings: Surroundings) -> Chat:
        """Build the chat from its table; problems go to the table."""
        if find_spec("discord") is None:
            return _absent(table, surroundings)
        from adapters.discord.chat import from_config

        return from_config(table, surroundings)

    async def offer(self, dialogue: Dialogue) -> ChatOffer:
        """See `bridge.ports.OffersChats`."""
        if find_spec("discord") is None:
            raise Refused(f"the chat adapter 'discord' {MISSING}")
        from adapters.discord.setup import offer

        return await offer(dialogue)

    def no_room(self, room: str) -> str | None:
        """See `bridge.ports.KnowsIds`."""
        from adapters.discord.ids import no_room

        return no_room(room)

    def no_person(self, person: str) -> str | None:
        """See `bridge.ports.KnowsIds`."""
        from adapters.discord.ids import no_person

        return no_person(person)

    def no_role(self, role: str) -> str | None:
        """See `bridge.ports.KnowsIds`."""
        from adapters.discord.ids import no_role

        return no_role(role)


def _absent(table: Table, surroundings: Surroundings) -> Chat:
    """Say what is missing, and nothing of the keys; with a problem, nobody gets to use what is returned."""
    from adapters.discord.settings import settings

    settings(table, surroundings)
    table.problem("adapter", MISSING)
    return cast("Chat", None)


plugin = _Plugin()
