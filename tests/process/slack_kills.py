"""Kill the daemon under load before Slack: `python -m tests.process.slack_kills --comments 2000 --kills 50`.

Prints what was said and what became of it; the exit code is 0 only if nothing was lost, doubled, or out of order at the
end. Slack may have shown something twice meanwhile, and how often and for how long it did is printed too. See
`chat_kills`.
"""

from __future__ import annotations

import math
import sys
from typing import Any

from adapters.slack.double.faults import Fault, Faults
from tests.process.chat_kills import Kills, Luck
from tests.process.slack_world import SlackWorld, slack_world
from tests.servers.slack_double import Problem

ROOMS = ("public", "private")
LOGIN = frozenset({"apps.connections.open", "auth.test", "bots.info"})
"""What a daemon asks before it is there: each failure costs it seconds, in which nothing is tried."""


class Unlucky(Faults):
    """Faults that luck chooses, in calls of Slack's API."""

    luck: Luck

    def __init__(self, luck: Luck) -> None:
        super().__init__()
        self.luck = luck

    def of_call(self, method: str, args: dict[str, Any]) -> Fault | None:
        fate = None if method in LOGIN or method.startswith("views.") else self.luck.next()
        if fate is None:
            return None
        answer, after = fate.answer, max(1, math.ceil(fate.retry_after))
        return Fault(method, answer, fate.commits, retry_after=after, hits=1)


def _switch_on(world: SlackWorld, luck: Luck) -> None:
    slack = world.slack
    slack.faults = slack.rest.faults = slack.deliveries.faults = Unlucky(luck)


KILLS: Kills[SlackWorld] = Kills(
    "Slack", slack_world, ROOMS, _switch_on, refusal=Problem, requests=1.5, stumbles={
        "twice": lambda world: world.slack.spoil("message", "twice"),
        "again": lambda world: world.slack.spoil("message", "again"),
        "later": lambda world: world.slack.spoil("message", "later"),
        "refresh": lambda world: world.slack.gate.disconnect("refresh_requested"),
        "warning": lambda world: world.slack.gate.disconnect("warning"),
        "closed": lambda world: world.slack.gate.close(),
        "killed": lambda world: world.slack.gate.kill(),
        "handshake refused": lambda world: world.slack.gate.refuse(408),
        "half open": lambda world: world.slack.gate.deafen(),
    },
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(KILLS.main())
