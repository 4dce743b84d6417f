"""How far Discord was heard: what the core keeps for us, and gives back when it listens again."""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.discord.events import Payload, edited_at
from adapters.discord.snowflakes import first_at, instant

log = logging.getLogger(__name__)

OVERLAP = 60.0
"""Seconds before the newest message in which an older one may still appear: it is looked at again."""
MISSED = 500
"""Places that could not be read which are remembered, so that each is told once."""
SEEN = 500
"""Messages of that time which are remembered one by one; the core knows the others when it hears of them again."""


@dataclass(slots=True)
class Watermark:
    """Everything until `at`, an instant of Discord's clock, was heard; nothing before the id `floor` ever counts.

    `seen` are the messages of the last `OVERLAP` seconds before, each with the millisecond of its last edit, else 0.
    `missed` is what could not be read the last time, with the id up to which it was told that something is lacking.
    """

    at: float
    floor: int
    seen: OrderedDict[str, int] = field(default_factory=OrderedDict)
    missed: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, words: str) -> Watermark:
        """Read what `dump` wrote. Raises `ValueError` for anything else."""
        try:
            fields = json.loads(words)
            seen = OrderedDict((str(int(id)), int(edited)) for id, edited in fields["seen"].items())
            missed = {str(place): int(upto) for place, upto in fields.get("missed", {}).items()}
            return cls(float(fields["at"]), int(fields["floor"]), seen, missed)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no watermark of Discord's: {words!r}") from error

    def dump(self) -> str:
        """Write it down for the core."""
        missed = {place: str(upto) for place, upto in self.missed.items()}
        return json.dumps({"at": self.at, "floor": str(self.floor), "seen": self.seen, "missed": missed})

    @property
    def upto(self) -> int:
        """The greatest id before which every message that stands was heard."""
        return max(self.floor, first_at(self.at - OVERLAP))

    def heard(self, message: Payload) -> None:
        """A message was heard, new or changed."""
        id, edited = str(message["id"]), edited_at(message)
        if int(id) <= self.upto:
            return
        self.at = max(self.at, instant(id))
        self.seen[id] = 0 if edited is None else round(edited * 1000)
        self._forget()

    def miss(self, unread: Mapping[str, int]) -> set[str]:
        """What could not be read this time, up to which id; those of it that were not told before."""
        new = {place for place, upto in unread.items() if self.missed.get(place) != upto}
        self.missed = dict(list(unread.items())[:MISSED])
        return new

    def has(self, id: str) -> bool:
        """Whether a message is known to have been heard."""
        return int(id) <= self.upto or id in self.seen

    def _forget(self) -> None:
        """Forget from the oldest heard on; one that was told out of order is kept for a while, which does no harm."""
        upto = self.upto
        while self.seen and (len(self.seen) > SEEN or int(next(iter(self.seen))) <= upto):
            self.seen.popitem(last=False)
