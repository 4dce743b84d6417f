"""What people click, send off and command, and what comes back (https://docs.slack.dev/interactivity).

A person waits on an `Interaction` for what the app does with it; `Interactions` keeps those that may still be answered.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapters.slack.double.problems import Problem
from adapters.slack.double.things import Channel, Message, User, Whisper
from bridge.doubles.waiting import Turns

TRIGGER = 3.0
"""Seconds in which a trigger id opens a window, once."""
ANSWERS, ANSWERED_FOR = 5, 1800.0
"""How often, and for how many seconds, a response_url may be used."""


@dataclass(slots=True, eq=False)
class View:
    """A window. `state` is what stands in its fields; it is open until it is answered or closed."""

    id: str
    given: dict[str, Any]
    hash: str
    user: User
    root: str
    previous: str | None = None
    open: bool = True
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What stands above it."""
        return str(self.given["title"]["text"])


@dataclass(slots=True, eq=False)
class Interaction:
    """Something that a person did and the app answers.

    `acked`: whether the app took it; `failed`: Slack's words to the person where it did not; `payload`: what the ack
    said; `said`: what came back by the response_url, or by the ack of a command; `view`: the window that was opened.
    """

    kind: str
    user: User
    channel: Channel | None
    trigger: str
    response_url: str
    created: float
    message: Message | None = None
    trigger_used: bool = False
    answers: int = 0
    acked: bool = False
    failed: str = ""
    payload: Any = None
    view: View | None = None
    said: list[Whisper | Message] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """The errors of what the app was refused with its trigger id or response_url."""
    replaced: bool = False
    deleted: bool = False
    _turns: Turns = field(default_factory=Turns)

    @property
    def words(self) -> str:
        """The text of what came back last."""
        return self.said[-1].text if self.said else ""

    @property
    def ephemeral(self) -> bool:
        """Whether all that came back is seen by this person alone."""
        return bool(self.said) and all(isinstance(one, Whisper) for one in self.said)

    def turn(self) -> None:
        """Something came back, or changed."""
        self._turns.turn()

    async def until(self, condition: Callable[[], object], what: str = "an answer", seconds: float = 10.0) -> None:
        """Wait for what comes back; raises `AssertionError` where it does not."""
        await self._turns.until(condition, what, seconds, self._came)

    def _came(self) -> str:
        return f"there came: acked {self.acked}, failed {self.failed!r}, words {self.words!r}, refused {self.refused}"

    async def answered(self, seconds: float = 10.0) -> Interaction:
        """Wait until the app took it, or Slack told the person that it did not."""
        await self.until(lambda: self.acked or self.failed, "the app's ack", seconds)
        return self

    async def opened(self, seconds: float = 10.0) -> View:
        """Wait for a window; it."""
        await self.until(lambda: self.view is not None, "a window", seconds)
        assert self.view is not None
        return self.view

    async def spoke(self, seconds: float = 10.0) -> str:
        """Wait for words; them."""
        await self.until(lambda: self.words, "words", seconds)
        return self.words


@dataclass(slots=True)
class Interactions:
    """The interactions by trigger id and by the response_url's path, and the windows by id."""

    triggers: dict[str, Interaction] = field(default_factory=dict)
    addresses: dict[str, Interaction] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    trigger_life: float = TRIGGER

    def add(self, one: Interaction) -> None:
        """Keep one that was just begun."""
        self.triggers[one.trigger] = one
        if one.response_url:
            self.addresses[one.response_url.rpartition("/")[2]] = one

    def to_open(self, trigger: str, now: float) -> Interaction:
        """The interaction whose trigger id opens a window now: in three seconds, and once."""
        one = self.triggers.get(trigger)
        if one is None:
            raise Problem("invalid_trigger_id")
        error = "exchanged_trigger_id" if one.trigger_used else ""
        if now - one.created > self.trigger_life:
            error = "expired_trigger_id"
        if error:
            one.refused.append(error)
            one.turn()
            raise Problem(error)
        one.trigger_used = True
        return one

    def to_answer(self, path: str, now: float) -> Interaction:
        """The interaction of a response_url: five times in half an hour."""
        one = self.addresses.get(path)
        if one is None:
            raise Problem("invalid_url")
        error = "used_url" if one.answers >= ANSWERS else "expired_url" if now - one.created > ANSWERED_FOR else ""
        if error:
            one.refused.append(error)
            one.turn()
            raise Problem(error)
        one.answers += 1
        return one

    def fields(self, view: View) -> dict[str, dict[str, Any]]:
        """The input elements of a window, by action id."""
        return {
            block["element"]["action_id"]: {**copy.deepcopy(block["element"]), "block_id": block["block_id"]}
            for block in view.given["blocks"] if block["type"] == "input"
        }  # fmt: skip
