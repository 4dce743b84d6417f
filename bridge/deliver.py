"""The loop that brings everything wanted to where it should stand, one step per lane at a time."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from bridge import logs, settle
from bridge.errors import LeaseLost, LedgerError, MaybeDone, RetryLater, StepError
from bridge.house import House
from bridge.ledger import targets
from bridge.ledger.targets import Lease
from bridge.model import BlogName, ChatName
from bridge.outcome import LookUp, Park, Refuse, may_start, pause
from bridge.ports import Row, Tx
from bridge.steps.shape import Ambiguous, Check, Impossible, Later, Nothing, Plan, Planned, Work, work_of

log = logging.getLogger("backchat.deliver")

T = TypeVar("T")

AT_ONCE = 64
"""How many lanes are worked in at the same time."""
ON_BLOGS = frozenset({"answer", "moderation"})
"""What goes to a blog; every other kind goes to a chat."""
OUR_FAULT = "Backchat itself failed here; its log says how"
IDLE = 30.0
"""Seconds after which the loop looks at the ledger even if nobody woke it."""


@dataclass(slots=True)
class Deliver:
    """The delivery loop. `run` until cancelled; `drain` lets what is in flight end."""

    house: House
    grace: float = 10.0
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Claim, carry, settle, for ever. When cancelled, what is in flight gets `grace` seconds to end."""
        self.house.ledger.wake_on("lanes", self._wake)
        self.ready.set()
        claiming: asyncio.Future[float] | None = None
        try:
            while True:
                self._wake.clear()
                self.house.pulse.beat("deliver")
                claiming = asyncio.ensure_future(self._claim())
                wait = await asyncio.shield(claiming)
                self.house.pulse.beat("deliver", wait)
                await self.house.clock.wait(wait, self._wake)
        finally:
            if claiming is not None:
                await asyncio.wait({claiming})  # what was claimed is carried, not left to be looked for
            await self._drain()

    async def _claim(self) -> float:
        """Claim what is due and start carrying it; seconds until something is due."""
        free = AT_ONCE - len(self._tasks)
        if free <= 0:
            return IDLE
        claimed, due = await self.house.ledger.transact(partial(claim, self.house, self.house.clock.now(), free))
        for work in claimed:
            task = asyncio.create_task(self._carried_out(work), name=f"deliver {work.kind} {work.target}")
            self._tasks.add(task)
            task.add_done_callback(self._carried)
        if len(claimed) == free:
            return IDLE  # whoever ends wakes us
        return IDLE if due is None else max(0.0, min(IDLE, due - self.house.clock.now()))

    def _carried(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("a delivery failed through a fault of ours", exc_info=task.exception())

    async def _drain(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self.grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _carried_out(self, work: Work) -> None:
        """Carry it, watched: one question and one step, each within its time-out, and what the ledger takes."""
        bound, what = 2 * self.house.time_out, f"{work.kind} {work.target}"
        with (
            self.house.pulse.working("deliver", bound, what),
            logs.about(chat=work.chat, lane=work.lease.lane, target=work.target),
        ):
            await self._carry(work)

    async def _carry(self, work: Work) -> None:
        frozen: Work | None = None
        try:
            frozen = await self._frozen(work)
            if frozen is None:
                return
            with logs.about(delivery=frozen.delivery):
                await (self._look if frozen.looking else self._perform)(frozen)
        except LeaseLost as lost:
            log.warning("%s: what we learnt is dropped", lost)
        except LedgerError:
            raise
        except Exception:  # a fault of ours in one delivery parks it, and the others go on
            log.exception("%s %s failed through a fault of ours", work.kind, work.target)
            if frozen is not None:
                doubtful = frozen
                await self._transact(lambda tx: settle.undecided(tx, doubtful, OUR_FAULT, self.house.clock.now()))

    async def _frozen(self, work: Work) -> Work | None:
        """The work itself, or, where something must be asked first, the step that follows from what was seen."""
        if work.delivery:
            return work
        now = self.house.clock.now
        try:
            async with asyncio.timeout(self.house.time_out):
                seen = await settle.KINDS[work.kind].check(self.house, work)
            return await self._transact(lambda tx: _after_check(tx, self.house, work, seen, now()))
        except LeaseLost:
            raise
        except (StepError, TimeoutError) as error:
            if isinstance(error, StepError):
                self._learn(work, error)
            reason = str(error) or "the chat did not answer"
        except LedgerError:
            raise
        except Exception:  # a fault of ours before anything was done: it is asked again
            log.exception("asking for %s %s failed through a fault of ours", work.kind, work.target)
            reason = OUR_FAULT
        await self._transact(lambda tx: _asked_in_vain(tx, work, reason, now()))
        return None

    async def _perform(self, work: Work) -> None:
        log.debug("%s of %s %s under %s", work.step, work.kind, work.target, work.key)
        try:
            async with asyncio.timeout(max(0.0, work.deadline - self.house.clock.now())):
                result = await settle.KINDS[work.kind].perform(self.house, work)
        except StepError as error:
            await self._failed(work, error)
        except TimeoutError:
            await self._failed(work, MaybeDone("no answer came in time"))
        except Exception:  # a fault of ours in the middle of an effect: whether it happened is unknown
            log.exception("%s of %s %s failed through a fault of ours", work.step, work.kind, work.target)
            await self._failed(work, MaybeDone(OUR_FAULT))
        else:
            await self._transact(lambda tx: settle.done(tx, self.house, work, result, self.house.clock.now()))
            self._count(work, "done")

    def _count(self, work: Work, outcome: str) -> None:
        self.house.pulse.count("delivery", work.kind, work.step, outcome)

    def _learn(self, work: Work, error: StepError) -> None:
        """Let the one who was asked know how it ended; what is asked before a step is asked of a chat."""
        if work.delivery and work.kind in ON_BLOGS:
            blog = self.house.blogs.get(BlogName(work.sent["blog"]))
            if blog is not None:
                blog.learn(error)
        elif (chat := self.house.chats.get(ChatName(work.sent.get("chat", work.chat)))) is not None:
            chat.learn(error)

    async def _failed(self, work: Work, error: StepError) -> None:
        self._learn(work, error)
        log.info("%s of %s %s: %s", work.step, work.kind, work.target, error)
        self._count(work, _outcome(error))
        await self._transact(lambda tx: settle.failed(tx, self.house, work, error, self.house.clock.now()))

    async def _look(self, work: Work) -> None:
        now = self.house.clock.now
        try:
            async with asyncio.timeout(self.house.time_out):
                found = await settle.KINDS[work.kind].look(self.house, work)
        except Ambiguous as error:
            reason = str(error)
            self._count(work, "undecidable")
            await self._transact(lambda tx: settle.undecided(tx, work, reason, now()))
        except (StepError, TimeoutError) as error:
            failure = error if isinstance(error, StepError) else MaybeDone("the look-up was not answered in time")
            self._learn(work, failure)
            await self._transact(lambda tx: settle.look_failed(tx, work, failure, now()))
        else:
            self._count(work, "absent" if found is None else "found")
            if found is None:
                await self._transact(lambda tx: settle.not_found(tx, work, now()))
            else:
                await self._transact(lambda tx: settle.done(tx, self.house, work, found, now()))

    async def _transact(self, change: Callable[[Tx], T]) -> T:
        return await self.house.ledger.transact(change)


def _outcome(error: StepError) -> str:
    """What the metrics call an end that was not `done`."""
    if isinstance(error, MaybeDone):
        return "unknown"
    return "not done" if isinstance(error, RetryLater) else "refused"


def claim(house: House, now: float, limit: int, tx: Tx) -> tuple[list[Work], float | None]:
    """Lease up to `limit` due lanes and freeze the next step of each; also when the next lane is due."""
    found: list[Work] = []
    for lane in targets.due_lanes(tx, now, limit):
        work = _claim_lane(tx, house, lane, now)
        if work is not None:
            found.append(work)
    return found, targets.next_due(tx)


def _claim_lane(tx: Tx, house: House, lane: str, now: float) -> Work | None:
    while (head := targets.head(tx, lane, now)) is not None:
        work = _claim_head(tx, house, head, now)
        if work is not None:
            return work
    targets.rest(tx, lane, now)
    return None


def _claim_head(tx: Tx, house: House, head: Row, now: float) -> Work | None:
    if head["state"] == "unknown":
        return _resolve(tx, house, head, now)
    if head["wanted"] == head["applied"]:
        targets.applied(tx, head["id"], head["wanted"])
        return None
    planned = _plan(tx, house, head, now)
    if isinstance(planned, Check):
        lease = targets.lease(tx, head["lane"], house.ledger.run)
        return Work(lease, head["id"], head["kind"], head["chat"], "check", head["attempts"], planned.ask)
    return _begin(tx, house, head, planned, now)


def _plan(tx: Tx, house: House, head: Row, now: float) -> Planned:
    try:
        return settle.KINDS[head["kind"]].plan(tx, house, head, now)
    except Exception:  # a fault of ours in one target stops that one, and the others go on
        log.exception("%s %s cannot be planned through a fault of ours", head["kind"], head["id"])
        return Impossible(OUR_FAULT)


def _begin(tx: Tx, house: House, target: Row, planned: Planned, now: float, lease: Lease | None = None) -> Work | None:
    """Freeze a planned step, or note why there is none. Without a step the lane is left as it is."""
    if isinstance(planned, Plan) and planned.doubt:
        _doubt(tx, target, planned, planned.doubt, now)
    elif isinstance(planned, Plan):
        wait = targets.pace(tx, planned.pace) if planned.pace else 0.0
        if wait <= now and may_start(None, now, house.time_out):
            return _freeze(
                tx, house, target, planned, now, lease or targets.lease(tx, target["lane"], house.ledger.run)
            )
        # The account's business and not its lane's: others may publish on that post meanwhile (law 4).
        targets.aside(tx, target["id"], wait, "the blog takes answers of one account only so often")
    elif isinstance(planned, Later):
        (targets.aside if planned.aside else targets.later)(tx, target["id"], planned.at, planned.reason)
    elif isinstance(planned, Nothing):
        targets.applied(tx, target["id"], target["wanted"])
    else:
        assert isinstance(planned, Impossible)
        targets.stop(tx, target["id"], "refused", planned.reason)
        settle.KINDS[target["kind"]].stopped(tx, target, "refused", planned.reason, now)
    return None


def _doubt(tx: Tx, target: Row, plan: Plan, doubt: str, now: float) -> None:
    """Take a step that may have happened already as one of unknown outcome: it is looked up before it is taken."""
    since = plan.sent["since"]  # if it happened, then then: how long the platform knows its key counts from there
    delivery = targets.begin(tx, target, plan.step, plan.n, plan.key, json.dumps(plan.sent), since, now, now)
    targets.end(tx, delivery["id"], "unknown", doubt)
    targets.again(tx, target["id"], "unknown", now, doubt)
    settle.KINDS[target["kind"]].begun(tx, target, plan.step, now)


def _freeze(tx: Tx, house: House, target: Row, plan: Plan, now: float, lease: Lease) -> Work:
    deadline = now + house.time_out
    delivery = targets.begin(
        tx, target, plan.step, plan.n, plan.key, json.dumps(plan.sent), now, deadline, deadline + plan.settle_after
    )
    if plan.pace and plan.spacing:
        targets.set_pace(tx, plan.pace, now + plan.spacing)
    settle.KINDS[target["kind"]].begun(tx, target, plan.step, now)
    return work_of(tx, target, delivery, lease, looking=False)


def _resolve(tx: Tx, house: House, target: Row, now: float) -> Work | None:
    """Find out about an unknown attempt before anything new is done (law 2)."""
    delivery = targets.open_delivery(tx, target["id"])
    if delivery is None:
        targets.ready(tx, target["id"])
        return None
    next_ = settle.resolution(house, target, delivery, now)
    if isinstance(next_, Park | Refuse):
        targets.end(tx, delivery["id"], "parked", next_.reason)
        targets.stop(tx, target["id"], "parked", next_.reason)
        settle.KINDS[target["kind"]].stopped(tx, target, "parked", next_.reason, now)
        return None
    lease = targets.lease(tx, target["lane"], house.ledger.run)
    if isinstance(next_, LookUp):
        return work_of(tx, target, delivery, lease, looking=True)
    targets.resume(tx, delivery, now + house.time_out)
    return work_of(tx, target, targets.delivery(tx, delivery["id"]), lease, looking=False)


def _after_check(tx: Tx, house: House, work: Work, seen: object, now: float) -> Work | None:
    targets.check(tx, work.lease)
    target = targets.get(tx, work.target)
    frozen = None
    if target["state"] == "ready" and target["wanted"] != target["applied"]:
        planned = settle.KINDS[work.kind].checked(tx, house, target, seen, now)
        frozen = _begin(tx, house, targets.get(tx, work.target), planned, now, work.lease)
    if frozen is None:
        targets.release(tx, work.lease, now)
    return frozen


def _asked_in_vain(tx: Tx, work: Work, reason: str, now: float) -> None:
    """The chat did not say what stands there: the answer waits, and the blog's lane goes on."""
    targets.check(tx, work.lease)
    targets.again(tx, work.target, "ready", 0.0, reason)
    targets.aside(tx, work.target, now + pause(work.attempts), reason)
    targets.release(tx, work.lease, now)
