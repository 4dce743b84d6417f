"""What Discord remembers for a while: nonces, edits of old messages, renames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.discord.double.problems import problem
from adapters.discord.double.things import Channel, Message, User


@dataclass(slots=True)
class Nonces:
    """Which message an author said under which nonce, for `window` seconds: retries are answered with it.

    If it was deleted meanwhile a retry answers Unknown Message, as Discord does
    (https://github.com/discord/discord-api-docs/pull/6647).
    """

    window: float = 180.0
    said: dict[tuple[str, str], tuple[float, str, str]] = field(default_factory=dict)

    def known(
        self, now: float, author: User, nonce: str, messages: Mapping[str, Mapping[str, Message]]
    ) -> Message | None:
        """What was said under the nonce within the window."""
        entry = self.said.get((author.id, nonce))
        if entry is None or entry[0] + self.window <= now:
            return None
        found = messages.get(entry[1], {}).get(entry[2])
        if found is None:
            raise problem(10008)
        return found

    def note(self, now: float, author: User, nonce: str, message: Message) -> None:
        """Remember what was said under a nonce; within the window the first stays what it was."""
        entry = self.said.get((author.id, nonce))
        if entry is None or entry[0] + self.window <= now:
            self.said[author.id, nonce] = (now, message.channel, message.id)


@dataclass(slots=True)
class OldEdits:
    """Edits of messages older than an hour have a limit of their own (30046), per channel."""

    at_most: int = 30
    seconds: float = 60.0
    made: dict[str, list[float]] = field(default_factory=dict)

    def one_more(self, now: float, channel: Channel, message: Message) -> None:
        """Raise 30046 where it is one too many."""
        if now - message.created < 3600:
            return
        recent = [at for at in self.made.get(channel.id, []) if at + self.seconds > now]
        if len(recent) >= self.at_most:
            raise problem(30046)
        self.made[channel.id] = [*recent, now]


@dataclass(slots=True)
class Renames:
    """Renaming a channel or thread: so many in so many seconds, which no header tells beforehand."""

    at_most: int = 2
    seconds: float = 600.0
    made: dict[str, list[float]] = field(default_factory=dict)

    def wait(self, now: float, channel: Channel) -> float:
        """For how many seconds the channel cannot be renamed; 0, and counted, where it can."""
        recent = [at for at in self.made.get(channel.id, []) if at + self.seconds > now]
        if len(recent) >= self.at_most:
            return recent[0] + self.seconds - now
        self.made[channel.id] = [*recent, now]
        return 0.0
