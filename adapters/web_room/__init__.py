"""The built-in web room: a small chat platform of its own, for those who have no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.model import ChatOffer
    from bridge.ports import Chat, Dialogue, Surroundings, Table


class _Plugin:
    """What the entry point names; imports the adapter only when it is used."""

    port_version = 1
    rank = 0

    def from_config(self, table: Table, surroundings: Surroundings) -> Chat:
        """Build the room from its table; problems go to the table."""
        from adapters.web_room.chat import from_config

        return from_config(table, surroundings)

    async def offer(self, dialogue: Dialogue) -> ChatOffer:
        """See `bridge.ports.OffersChats`."""
        from adapters.web_room.setup import offer

        return offer(dialogue)


plugin = _Plugin()
