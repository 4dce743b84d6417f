"""Kill the daemon under load before Discord: `python -m tests.process.discord_kills --comments 2000 --kills 50`.

Prints what was said and what became of it; the exit code is 0 only if nothing was lost, doubled, or out of order.
See `chat_kills`.
"""

from __future__ import annotations

import sys
from typing import Any, cast

from adapters.discord.double.faults import Answered, Fault, Faults
from tests.process.chat_kills import Kills, Luck
from tests.process.discord_world import DiscordWorld, discord_world
from tests.servers.discord_double import Problem

ROOMS = ("text", "forum", "webhook")


class Unlucky(Faults):
    """Faults that luck chooses, in requests of Discord's API; what a click is answered is left alone."""

    luck: Luck

    def __init__(self, luck: Luck) -> None:
        super().__init__()
        self.luck = luck

    def of_request(self, method: str, path: str, body: Any) -> Fault | None:
        fate = None if path.startswith("/interactions") else self.luck.next()
        if fate is None:
            return None
        return Fault(method, path, cast(Answered, fate.answer), fate.commits, retry_after=fate.retry_after, hits=1)


def _switch_on(world: DiscordWorld, luck: Luck) -> None:
    discord = world.discord
    discord.faults = discord.rest.faults = discord.gate.faults = Unlucky(luck)


KILLS: Kills[DiscordWorld] = Kills(
    "Discord", discord_world, ROOMS, _switch_on, refusal=Problem, stumbles={
        "twice": lambda world: world.discord.spoil("MESSAGE_CREATE", "twice"),
        "later": lambda world: world.discord.spoil("MESSAGE_CREATE", "later"),
        "malformed": lambda world: world.discord.spoil("CHANNEL_UPDATE", "malformed"),
        "reconnect": lambda world: world.discord.gate.reconnect(),
        "invalid": lambda world: world.discord.gate.invalidate(),
        "cut": lambda world: world.discord.gate.cut(),
    },
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(KILLS.main())
