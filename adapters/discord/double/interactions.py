"""What people press and command, and what comes back (https://docs.discord.com/developers/interactions).

A person waits on an `Interaction` for what the bot does with it; `Interactions` keeps those that may still be answered.
How the bot is told of one stands in `pressing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapters.discord.double.problems import problem
from adapters.discord.double.things import Channel, Message, User
from bridge.doubles.waiting import Turns

COMMAND, COMPONENT, MODAL_SUBMIT = 2, 3, 5
MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, MODAL = 4, 5, 6, 7, 9
"""Kinds of first answers."""
FIRST, LAST = 3.0, 900.0
"""Seconds for the first answer, and for all that follow it."""


@dataclass(slots=True, eq=False)
class Interaction:
    """Something that a person did and the bot answers. `answer` is the kind of its first answer, None before it.

    `said`: the messages that came back, oldest first; `modal`: the form that was opened.
    """

    id: str
    token: str
    type: int
    user: User
    channel: Channel
    data: dict[str, Any]
    created: float
    message: Message | None = None
    target: Message | None = None
    before: Interaction | None = None
    answer: int | None = None
    original: Message | None = None
    loading: bool = False
    modal: dict[str, Any] | None = None
    sendings: list[Interaction] = field(default_factory=list)
    """How often that form was sent: its window stays open, with its id and its words, until one of them is answered."""
    said: list[Message] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    """The codes of what was refused of the bot's answers."""
    _turns: Turns = field(default_factory=Turns)

    @property
    def words(self) -> str:
        """What stands in what came back last; empty while the bot is thinking."""
        return self.said[-1].content if self.said else ""

    @property
    def ephemeral(self) -> bool:
        """Whether all that came back is seen by this person alone."""
        return bool(self.said) and all(one.seen_by == self.user.id for one in self.said)

    @property
    def closed(self) -> bool:
        """Whether the window that it opened is gone, because what was sent from it was answered."""
        return any(one.answer is not None for one in self.sendings)

    @property
    def deferred(self) -> bool:
        """Whether the bot said that it will answer later."""
        return self.answer in {DEFERRED_MESSAGE, DEFERRED_UPDATE}

    def turn(self) -> None:
        """Something came back, or changed."""
        self._turns.turn()

    async def until(self, condition: Callable[[], object], what: str = "an answer", seconds: float = 10.0) -> None:
        """Wait for what comes back; raises `AssertionError` where it does not."""
        await self._turns.until(condition, what, seconds, self._came)

    def _came(self) -> str:
        return f"there came: first answer {self.answer}, words {self.words!r}, refused {self.refused}"

    async def answered(self, seconds: float = 10.0) -> Interaction:
        """Wait for the first answer, whatever it is."""
        await self.until(lambda: self.answer is not None, "the bot's first answer", seconds)
        return self

    async def spoke(self, seconds: float = 10.0) -> str:
        """Wait for words; them."""
        await self.until(lambda: self.words, "words", seconds)
        return self.words


@dataclass(slots=True)
class Interactions:
    """The interactions of an application, and its commands. `commands` by guild id, "" for those of everywhere."""

    open: dict[str, Interaction] = field(default_factory=dict)
    commands: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def add(self, one: Interaction) -> None:
        """Keep one that was just begun."""
        self.open[one.token] = one
        if one.before is not None:
            one.before.sendings.append(one)

    def to_answer(self, id: str, token: str, now: float) -> Interaction:
        """The interaction that is answered first now: unknown after 3 s, and once only."""
        one = self.open.get(token)
        if one is None or one.id != id:
            raise problem(10062)
        if one.answer is not None:
            one.refused.append(40060)
            raise problem(40060)
        if now - one.created > FIRST:
            one.refused.append(10062)
            one.turn()
            raise problem(10062)
        return one

    def to_follow(self, token: str, now: float) -> Interaction:
        """The interaction that is spoken to after its first answer: for 15 minutes."""
        one = self.open.get(token)
        if one is None or one.answer is None:
            raise problem(10015)
        if now - one.created > LAST:
            raise problem(50027)
        return one

    def named(self, guild: str, name: str, type: int) -> dict[str, Any] | None:
        """A command that people of the guild find."""
        for where in (guild, ""):
            for command in self.commands.get(where, {}).values():
                if command["name"] == name and command["type"] == type:
                    return command
        return None
