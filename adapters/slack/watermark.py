"""How far Slack was heard: what the core keeps for us, and gives back when it listens again."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from adapters.slack.ids import micro, written_ts

OVERLAP = 60.0
"""Seconds before the instant up to which all was heard, in which something may still appear: it is told again."""
MISSED = 500
"""Places that could not be read which are remembered, so that each is told once."""
KEPT = 500
"""Messages of people that are written down: the newest. Of others nobody notices while away that they were deleted."""
REMEMBERED = 10_000
"""Messages of people that are remembered while we live, for the reactions on them, which do not name a thread."""
WAITING = 2_000
"""Threads that wait to be looked at again."""
_MICRO = 1_000_000

Place = tuple[str, str]
"""A channel, and the ts of a message in it."""


@dataclass(slots=True)
class Remembered:
    """Messages of people: the thread that each is in, and whether its writer has marked it."""

    _messages: OrderedDict[Place, tuple[str, bool]] = field(default_factory=OrderedDict)

    def note(self, channel: str, ts: str, root: str) -> None:
        """A message is there."""
        _, marked = self._messages.pop((channel, ts), (root, False))
        self._messages[channel, ts] = root, marked
        while len(self._messages) > REMEMBERED:
            self._messages.popitem(last=False)

    def mark(self, channel: str, ts: str, on: bool) -> None:
        """Its writer has marked it, or taken the mark off."""
        if (found := self._messages.get((channel, ts))) is not None:
            self._messages[channel, ts] = found[0], on

    def forget(self, channel: str, ts: str) -> None:
        """It is gone."""
        self._messages.pop((channel, ts), None)

    def root(self, channel: str, ts: str) -> str | None:
        """The first message of the thread that it is in; None for one that is not known."""
        found = self._messages.get((channel, ts))
        return None if found is None else found[0]

    def is_marked(self, channel: str, ts: str) -> bool:
        """Whether its writer is known to have marked it."""
        return self._messages.get((channel, ts), ("", False))[1]

    def below(self, channel: str, root: str) -> list[str]:
        """The messages of a thread."""
        return [ts for (where, ts), (first, _) in self._messages.items() if (where, first) == (channel, root)]

    def roots(self, channel: str, since: int) -> set[str]:
        """The threads of a channel in which one of them is younger than this instant (microseconds)."""
        return {
            root for (where, ts), (root, _) in self._messages.items() if where == channel and micro(ts) >= since
        }  # fmt: skip

    def take_in(self, others: Remembered) -> None:
        """Remember what somebody else did, beside what is known already."""
        for (channel, ts), (root, marked) in others._messages.items():
            if (channel, ts) not in self._messages:
                self._messages[channel, ts] = root, marked

    def dump(self) -> list[list[object]]:
        """Write the newest down."""
        newest = sorted(self._messages, key=lambda place: micro(place[1]))[-KEPT:]
        return [[*place, self._messages[place][0], int(self._messages[place][1])] for place in newest]

    @classmethod
    def load(cls, rows: Iterable[list[object]]) -> Remembered:
        """Read what `dump` wrote. Raises `ValueError` for anything else."""
        return cls(OrderedDict(_read(rows)))


def _read(rows: Iterable[list[object]]) -> Iterator[tuple[Place, tuple[str, bool]]]:
    for channel, ts, root, marked in rows:
        micro(str(ts))
        yield (str(channel), str(ts)), (str(root), bool(marked))


@dataclass(slots=True)
class Watermark:
    """Everything until `at`, in microseconds of Slack's clock, was heard; nothing until `floor` ever counts.

    `waiting`: threads that are to be looked at for edits, marks and deletions, and since when. `missed` is what could
    not be read the last time, with the instant up to which it was told that something is lacking. `behind`: channels
    and threads that Slack does not show, and since when.
    """

    at: int
    floor: int
    remembered: Remembered = field(default_factory=Remembered)
    waiting: dict[str, int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)
    behind: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls, words: str) -> Watermark:
        """Read what `dump` wrote. Raises `ValueError` for anything else."""
        try:
            fields = json.loads(words)
            at, floor = (micro(fields[name]) for name in ("at", "floor"))
            waiting, missed, behind = (
                {str(place): int(upto) for place, upto in fields.get(name, {}).items()}
                for name in ("waiting", "missed", "behind")
            )
            return cls(at, floor, Remembered.load(fields["remembered"]), waiting, missed, behind)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no watermark of Slack's: {words[:100]!r}") from error

    def dump(self) -> str:
        """Write it down for the core."""
        at, floor = written_ts(self.at), written_ts(self.floor)
        fields = {"at": at, "floor": floor, "remembered": self.remembered.dump()}
        places = {"waiting": self.waiting, "missed": self.missed, "behind": self.behind}
        return json.dumps({**fields, **places}, separators=(",", ":"))

    @property
    def upto(self) -> int:
        """The instant before which everything that stands was heard."""
        return max(self.floor, self.at - round(OVERLAP * _MICRO))

    def miss(self, unread: Mapping[str, int]) -> set[str]:
        """What could not be read this time, up to which instant; those of it that were not told before."""
        new = {place for place, upto in unread.items() if self.missed.get(place) != upto}
        self.missed = dict(list(unread.items())[:MISSED])
        return new

    def wait(self, thread: str, since: int) -> None:
        """A thread is to be looked at again, for what was changed there since that instant."""
        _since(self.waiting, thread, since)

    def leave(self, place: str, since: int) -> None:
        """A channel or a thread is to be tried by the next reading, for what happened there since that instant."""
        _since(self.behind, place, since)

    def try_again(self) -> None:
        """Have the threads that were left wait to be looked at."""
        for place in [place for place in self.behind if ":" in place]:
            self.wait(place, self.behind.pop(place))


def _since(places: dict[str, int], place: str, since: int) -> None:
    if place in places or len(places) < WAITING:
        places[place] = min(since, places.get(place, since))
