"""How often something of ours stands twice on the double of Discord, and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from adapters.discord.double.world import Eyes, Happening
from adapters.discord.markers import key_in
from tests.servers.discord_double import Double


@dataclass(slots=True)
class Copies:
    """Watches a double: messages of the bot and its webhooks that carry the same key are copies of one another.

    `seconds`: for each time that something stood twice, how long; by the double's clock. What stands twice still is
    not among them.
    """

    discord: Double
    seconds: list[float] = field(default_factory=list)
    _standing: dict[str, set[str]] = field(default_factory=dict)
    _keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.discord.world.listeners.append(self._heard)

    @property
    def twice(self) -> list[str]:
        """The keys of what stands twice at this moment."""
        return [key for key, ids in self._standing.items() if len(ids) > 1]

    @property
    def longest(self) -> float:
        """Seconds for which anything stood twice, at the most; 0 where nothing ever did."""
        return max(self.seconds, default=0.0)

    def _heard(self, happening: Happening) -> None:
        if happening.name not in {"MESSAGE_CREATE", "MESSAGE_DELETE", "THREAD_DELETE", "CHANNEL_DELETE"}:
            return
        data = happening.shape(Eyes(self.discord.world.bot))
        if happening.name == "MESSAGE_CREATE":
            self._came(data)
        elif happening.name == "MESSAGE_DELETE":
            self._went(str(data["id"]))
        else:
            for id in [id for id, (_, channel) in self._keys.items() if channel == str(data["id"])]:
                self._went(id)

    def _came(self, message: dict[str, Any]) -> None:
        bot = self.discord.bot.id
        key = key_in(message["content"])
        if key is None or bot not in {message["author"]["id"], message.get("application_id")}:
            return
        id = str(message["id"])
        self._keys[id] = (key, str(message["channel_id"]))
        there = self._standing.setdefault(key, set())
        there.add(id)
        if len(there) == 2:
            self._since[key] = self.discord.world.time.now()

    def _went(self, id: str) -> None:
        key, _ = self._keys.pop(id, ("", ""))
        there = self._standing.get(key, set())
        there.discard(id)
        if len(there) == 1 and key in self._since:
            self.seconds.append(self.discord.world.time.now() - self._since.pop(key))
