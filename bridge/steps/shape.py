"""The shape that every kind of target has for the delivery loop."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Protocol

from bridge.house import SOON, House
from bridge.ledger import targets
from bridge.ledger.targets import Lease
from bridge.outcome import Ways
from bridge.ports import Row, Tx

Sent = dict[str, Any]
"""What a step needs to be performed, as JSON: frozen into the ledger before the effect."""
GONE = 300.0
"""Seconds until something is looked at again whose blog or chat is not configured any more."""
SKEW = 300.0
"""Seconds by which a platform's clock and ours may differ, where a look-up is told how far back to go."""
DOUBTED = "looking whether it is there already"
"""Why something that was never tried is looked up first: a ledger that this one replaced may have done it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A step to take: what kind of step, which part, its key, what to send, and under which account's pace.

    `doubt` says why it may have happened already, in a past that this ledger does not know, after the instant `since`
    in `sent`: it is looked up first.
    """

    step: str
    key: str
    sent: Sent
    n: int = 0
    settle_after: float = 0.0
    pace: str | None = None
    spacing: float = 0.0
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Before the step can be planned, the platform must be asked something that changes nothing."""

    ask: Sent


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing can be done before `at`. `aside`: what it waits for is not its lane's business, so that goes on."""

    at: float
    reason: str | None = None
    aside: bool = False


def unreached(what: str, configured: bool, now: float, *, aside: bool = False) -> Later:
    """Why nothing can be done where `what` (a blog or chat, with its name) is not open: it comes soon, or is gone."""
    if configured:
        return Later(now + SOON, f"{what} has not been reached yet", aside)
    return Later(now + GONE, f"{what} is not in the configuration any more", aside)


@dataclass(frozen=True, slots=True)
class Nothing:
    """All that is wanted stands already."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """What is wanted cannot be done here, for good."""

    reason: str


Planned = Plan | Check | Later | Nothing | Impossible


@dataclass(frozen=True, slots=True)
class Work:
    """One leased lane with the step that was frozen for it (or with something to ask first).

    `tried` are all attempts at the step so far, each with its key and what was sent; `first` is when they began.
    """

    lease: Lease
    target: int
    kind: str
    chat: str
    step: str
    attempts: int
    sent: Sent
    delivery: int = 0
    n: int = 0
    rev: int = 0
    key: str = ""
    started: float = 0.0
    deadline: float = 0.0
    look_at: float = 0.0
    looking: bool = False
    repeated: bool = False
    tried: tuple[tuple[str, Sent], ...] = field(default=())
    first: float = 0.0


class Steps(Protocol):
    """One kind of target."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """What to do next for a target whose wanted and applied revisions differ."""
        ...

    async def check(self, house: House, work: Work) -> object:
        """Ask what a `Check` named."""
        ...

    def checked(self, tx: Tx, house: House, target: Row, seen: object, now: float) -> Planned:
        """Plan again, knowing what was seen. Never returns a `Check`."""
        ...

    async def perform(self, house: House, work: Work) -> Sent:
        """Do the step and return what is to be remembered of it. Raises as the ports do."""
        ...

    async def look(self, house: House, work: Work) -> Sent | None:
        """For a searchable step of unknown outcome: what `perform` would have returned, None if it is not there.

        Raises `Ambiguous` where several could be it.
        """
        ...

    def ways(self, house: House, target: Row, step: str) -> Ways:
        """How an unknown outcome of this step can be resolved."""
        ...

    def begun(self, tx: Tx, target: Row, step: str, now: float) -> None:
        """A step was frozen and is about to be performed."""
        ...

    def done(self, tx: Tx, house: House, target: Row, work: Work, result: Sent, now: float) -> bool:
        """Write down what the step brought. True if the target now stands as the step's revision wanted it."""
        ...

    def waiting(self, tx: Tx, target: Row, work: Work, reason: str, now: float) -> None:
        """The step did not happen, or we do not know yet, and it goes on by itself."""
        ...

    def stopped(self, tx: Tx, target: Row, state: str, reason: str, now: float) -> None:
        """The step ended as `refused` or `parked`: the person concerned must see the reason (law 5)."""
        ...


class Ambiguous(Exception):
    """Several things on the platform could be the one that was sent; only a person can tell."""


class Plain:
    """What most kinds have in common: nothing to ask first, nothing to look for, nobody to tell."""

    async def check(self, house: House, work: Work) -> object:
        """No such kind asks anything."""
        raise AssertionError(f"{work.kind} asks nothing")

    def checked(self, tx: Tx, house: House, target: Row, seen: object, now: float) -> Planned:
        """No such kind asks anything."""
        raise AssertionError(f"{target['kind']} asks nothing")

    async def look(self, house: House, work: Work) -> Sent | None:
        """Nothing of this kind can be looked up."""
        return None

    def begun(self, tx: Tx, target: Row, step: str, now: float) -> None:
        """Nobody sees that it has begun."""

    def waiting(self, tx: Tx, target: Row, work: Work, reason: str, now: float) -> None:
        """Nobody but the operator sees that it waits: the target's reason is shown by `status`."""

    def stopped(self, tx: Tx, target: Row, state: str, reason: str, now: float) -> None:
        """Nobody but the operator sees that it stopped: `parked` and `status` show it."""


def work_of(tx: Tx, target: Row, delivery: Row, lease: Lease, *, looking: bool) -> Work:
    """The frozen step, read back from the ledger."""
    tried = targets.tried(tx, target["id"], delivery["step"]) if looking else ()
    return Work(
        lease, target["id"], target["kind"], target["chat"], delivery["step"], target["attempts"],
        json.loads(delivery["sent"]), delivery["id"], delivery["n"], delivery["rev"], delivery["key"],
        delivery["started"], delivery["deadline"], delivery["look_at"], looking, bool(delivery["repeated"]),
        tuple((row["key"], json.loads(row["sent"])) for row in tried),
        min((row["started"] for row in tried), default=delivery["started"]),
    )  # fmt: skip
