"""How things stand between Slack's events and us, for whoever has to know: whether they come, and since when."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bridge.ports import Clock


@dataclass(slots=True, eq=False)
class Line:
    """The way by which Slack tells us what happens, whichever it is.

    `times`: how often it came up. `since`: the instant of the last change. `heard_at`: when something came last, and
    `again`: how much Slack told once more. `counted`: how many connections of this app Slack knew of when it last said,
    and `ours`: how many of them we held. `doubtful`: something may have got lost though it is up. `mute`: it seemed
    to be up, and nothing came. `blind`: nobody here notices when Slack does not get through. `turned` is set with every
    change.
    """

    clock: Clock
    up: bool = False
    times: int = 0
    since: float = 0.0
    heard_at: float | None = None
    counted: int = 0
    ours: int = 0
    again: int = 0
    doubtful: bool = False
    mute: bool = False
    blind: bool = False
    turned: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.since = self.clock.now()

    @property
    def ghosts(self) -> int:
        """Connections that Slack believes in and we do not hold: what is sent there nobody hears."""
        return max(0, self.counted - self.ours)

    def came_up(self) -> None:
        """Things can come from now on; what was said before must be asked for."""
        self.up, self.since = True, self.clock.now()
        self.times += 1
        self.turned.set()

    def went_down(self) -> None:
        """Nothing can come any more."""
        if self.up:
            self.up, self.since = False, self.clock.now()
            self.turned.set()

    def heard(self, *, again: bool) -> None:
        """Something came; `again`: Slack had told of it before."""
        self.heard_at, self.mute = self.clock.now(), False
        self.again += again

    def doubt(self) -> None:
        """Something may have got lost."""
        self.doubtful = True
        self.turned.set()
