"""What the ledger keeps of a step's end, for whoever learns of it.

That is the delivery itself, a look-up, a reading of the blog that finds our comment, or a person.
"""

from __future__ import annotations

from bridge.errors import NotOpenYet, Refused, RetryLater, StepError, ThreadLost
from bridge.house import House
from bridge.ledger import targets
from bridge.ledger.targets import Lease
from bridge.mirror import thread_lost
from bridge.outcome import (
    Again,
    Attempt,
    LookUp,
    Next,
    Park,
    Refuse,
    Repeat,
    after_absence,
    after_error,
    pause,
    unknown,
)
from bridge.ports import Row, Tx
from bridge.steps.answer import AnswerSteps
from bridge.steps.card import ModerationCardSteps
from bridge.steps.comment import CommentSteps
from bridge.steps.form import FormSteps
from bridge.steps.moderation import ModerationSteps
from bridge.steps.notice import NoticeSteps, WordsSteps
from bridge.steps.receipt import ReceiptSteps
from bridge.steps.shape import Sent, Steps, Work, work_of
from bridge.steps.sweep import SweepSteps
from bridge.steps.thread import ThreadSteps

KINDS: dict[str, Steps] = {
    "thread": ThreadSteps(),
    "comment": CommentSteps(),
    "card": ModerationCardSteps(),
    "earlier": NoticeSteps(),
    "note": NoticeSteps(),
    "objection": NoticeSteps(),
    "words": WordsSteps(),
    "form": FormSteps(),
    "sweep": SweepSteps(),
    "moderation": ModerationSteps(),
    "answer": AnswerSteps(),
    "receipt": ReceiptSteps(),
}
"""Every kind of target with the steps that bring it about."""


def done(tx: Tx, house: House, work: Work, result: Sent, now: float) -> None:
    """The step happened. Raises `LeaseLost` if the lane is not ours any more."""
    targets.check(tx, work.lease)
    if _open(tx, work):
        _done(tx, house, work, result, now)
    targets.release(tx, work.lease, now)


def _open(tx: Tx, work: Work) -> bool:
    """Whether nobody else has learnt meanwhile how the attempt ended."""
    return targets.delivery(tx, work.delivery)["state"] in {"sending", "unknown"}


def _done(tx: Tx, house: House, work: Work, result: Sent, now: float) -> None:
    target = targets.get(tx, work.target)
    targets.end(tx, work.delivery, "done")
    if KINDS[work.kind].done(tx, house, target, work, result, now):
        targets.applied(tx, work.target, work.rev)
    else:
        targets.ready(tx, work.target)


def failed(tx: Tx, house: House, work: Work, error: StepError, now: float) -> None:
    """The step ended otherwise. Raises `LeaseLost` if the lane is not ours any more."""
    targets.check(tx, work.lease)
    target = targets.get(tx, work.target)
    attempt = Attempt(work.started, work.attempts, KINDS[work.kind].ways(house, target, work.step), work.repeated)
    _follow(tx, target, work, after_error(error, attempt, now), now, tried=_tried(error))
    if isinstance(error, ThreadLost):
        thread_lost(tx, house, target["thread"], now)
    targets.release(tx, work.lease, now)


def _tried(error: StepError) -> bool:
    """Whether it was an attempt at all: what waits for an adapter to open has not failed."""
    return not isinstance(error, NotOpenYet)


def _follow(tx: Tx, target: Row, work: Work, next_: Next, now: float, *, tried: bool = True) -> None:
    kind = KINDS[work.kind]
    if isinstance(next_, Again):
        targets.end(tx, work.delivery, "not done", next_.reason)
        targets.again(tx, work.target, "ready", next_.at, next_.reason, tried=tried)
        kind.waiting(tx, target, work, next_.reason, now)
    elif isinstance(next_, Repeat | LookUp):
        targets.end(tx, work.delivery, "unknown", next_.reason)
        targets.again(tx, work.target, "unknown", next_.at, next_.reason, tried=tried)
        kind.waiting(tx, target, work, next_.reason, now)
    else:
        state = "parked" if isinstance(next_, Park) else "refused"
        assert isinstance(next_, Park | Refuse)
        targets.end(tx, work.delivery, state, next_.reason)
        targets.stop(tx, work.target, state, next_.reason)
        kind.stopped(tx, target, state, next_.reason, now)
        if state == "refused" and targets.get(tx, work.target)["wanted"] > work.rev:
            targets.ready(tx, work.target)


def not_found(tx: Tx, work: Work, now: float) -> None:
    """A look-up found nothing: absence counts only once the attempt has settled (law 2)."""
    targets.check(tx, work.lease)
    if _open(tx, work):
        again = after_absence(work.look_at, now)
        if again is None:
            targets.end(tx, work.delivery, "not done", "it is not there")
            targets.ready(tx, work.target)
        else:
            targets.again(tx, work.target, "unknown", again, "looking whether it is there")
    targets.release(tx, work.lease, now)


def undecided(tx: Tx, work: Work, reason: str, now: float) -> None:
    """A look-up could not tell: a person must."""
    targets.check(tx, work.lease)
    if _open(tx, work):
        _follow(tx, targets.get(tx, work.target), work, Park(reason), now)
    targets.release(tx, work.lease, now)


def look_failed(tx: Tx, work: Work, error: StepError, now: float) -> None:
    """The look-up itself did not work; one that cannot work at all leaves it to a person, once it could have told."""
    targets.check(tx, work.lease)
    if _open(tx, work):
        again = _look_again(work, error, now)
        if again is None:
            _follow(tx, targets.get(tx, work.target), work, Park(error.reason), now)
        else:
            targets.again(tx, work.target, "unknown", again, error.reason, tried=_tried(error))
    targets.release(tx, work.lease, now)


def _look_again(work: Work, error: StepError, now: float) -> float | None:
    """When to look up again after a look-up that failed, None if it never will tell."""
    if isinstance(error, Refused):
        return after_absence(work.look_at, now)
    asked = error.after if isinstance(error, RetryLater) else None
    return now + (pause(work.attempts) if asked is None else asked)


def learnt(tx: Tx, house: House, delivery: Row, result: Sent, now: float) -> None:
    """Something else than the delivery itself found out that an unknown or parked attempt happened."""
    target = targets.get(tx, delivery["target"])
    lease = Lease(target["lane"], 0, 0)
    _done(tx, house, work_of(tx, target, delivery, lease, looking=True), result, now)
    targets.due(tx, target["lane"], now)


def resolution(house: House, target: Row, delivery: Row, now: float) -> Next:
    """How to resolve an attempt that is unknown: asked anew, because abilities may have changed since."""
    ways = KINDS[target["kind"]].ways(house, target, delivery["step"])
    return unknown(Attempt(delivery["started"], target["attempts"], ways), delivery["reason"] or "", now)
