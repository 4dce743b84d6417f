"""How often something of ours stands twice on the double of Discord, and for how long."""

from __future__ import annotations

from typing import Any

from adapters.discord.double.world import Eyes, Happening
from adapters.discord.markers import key_in
from tests.servers.copies import Standing
from tests.servers.discord_double import Double


class Copies(Standing):
    """Watches a double: messages of the bot and its webhooks, by the keys in their words."""

    def __init__(self, discord: Double) -> None:
        super().__init__(discord.world.time.now)
        self.discord = discord
        self._channels: dict[str, str] = {}
        discord.world.listeners.append(self._heard)

    def _heard(self, happening: Happening) -> None:
        if happening.name not in {"MESSAGE_CREATE", "MESSAGE_DELETE", "THREAD_DELETE", "CHANNEL_DELETE"}:
            return
        data = happening.shape(Eyes(self.discord.world.bot))
        if happening.name == "MESSAGE_CREATE":
            self._said(data)
        elif happening.name == "MESSAGE_DELETE":
            self.went(str(data["id"]))
        else:
            for id in [id for id, channel in self._channels.items() if channel == str(data["id"])]:
                self.went(id)

    def _said(self, message: dict[str, Any]) -> None:
        key = key_in(message["content"])
        if key is None or self.discord.bot.id not in {message["author"]["id"], message.get("application_id")}:
            return
        self._channels[str(message["id"])] = str(message["channel_id"])
        self.came(str(message["id"]), key)
