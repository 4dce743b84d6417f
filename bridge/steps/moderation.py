"""What a moderator decided, brought to the blog: approved, put into the spam or the trash, restored."""

from __future__ import annotations

from functools import partial

from bridge import moderation
from bridge.errors import Refused, RetryLater, StepError
from bridge.house import SOON, House, read_at_once
from bridge.ledger import comments, decisions, runs, schemes, sources, targets
from bridge.model import AccountName, BlogName, Choice, CommentId, PostId, Standing
from bridge.outcome import Ways
from bridge.ports import BlogAbility, Moderates, Row, Tx
from bridge.steps.shape import Impossible, Later, Nothing, Plain, Plan, Planned, Sent, Work, unreached
from bridge.text.tree import load

NO_MORE = "Whoever chose it may not moderate from here any more."
READ_FIRST = "the blog is read first: much may have happened since it was decided"


class ModerationSteps(Plain):
    """`moderate`, once: the ports promise that it reads first, so that it can be repeated."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """Carry out the decision, if the comment is still what it was made about."""
        decision = decisions.get(tx, target["subject"])
        if decision["state"] != "open" or target["absent"] or target["tombstone"]:
            return Nothing()
        comment = comments.get(tx, decision["comment"])
        if not moderation.may_still(house, tx, decision):
            return Impossible(NO_MORE)
        blog = house.blogs.get(BlogName(comment["blog"]))
        if blog is None or blog.ready is None:
            return unreached(f"the blog {comment['blog']}", blog is not None, now)
        paused = sources.paused(tx, comment["blog"])
        if paused is not None:
            return Later(now + 60.0, f"the blog is paused: {paused}")
        if _older(tx, comment, decision):
            read_at_once(tx, comment["blog"])
            return Later(now + SOON, READ_FIRST, aside=True)
        refusal = self._refusal(tx, house, decision, comment)
        if refusal is not None:
            return Impossible(refusal)
        return Plan("moderate", "", _sent(tx, comment, decision))

    def _refusal(self, tx: Tx, house: House, decision: Row, comment: Row) -> str | None:
        blog = house.blog(comment["blog"])
        if not moderation.may_still(house, tx, decision):
            return NO_MORE
        if schemes.other(comment) is not None:
            return "Another adapter read that comment, so it can only be moderated on the blog itself."
        if not blog.can(BlogAbility.MODERATE):
            return "This blog cannot be moderated from here."
        if decision["account"] not in blog.opened().moderators:
            return f"The account {decision['account']} may not moderate on this blog: the operator must see to it."
        same = (comment["digest"], comment["standing"]) == (decision["digest"], decision["standing"])
        return None if same or _reached(comment, decision) else "The comment has changed meanwhile: look at it again."

    def _outdated(self, house: House, id: int, tx: Tx) -> StepError | None:
        """Why something that may have been done already is not done again: much may have happened since."""
        decision = decisions.get(tx, targets.get(tx, id)["subject"])
        comment = comments.get(tx, decision["comment"])
        if _older(tx, comment, decision):
            read_at_once(tx, comment["blog"])
            return RetryLater(READ_FIRST, SOON)
        refusal = None if _reached(comment, decision) else self._refusal(tx, house, decision, comment)
        return None if refusal is None else Refused(refusal)

    async def perform(self, house: House, work: Work) -> Sent:
        """Do on the blog what was chosen."""
        blog = house.blog(work.sent["blog"])
        blog.opened()
        if work.repeated and (why := await house.ledger.transact(partial(self._outdated, house, work.target))):
            raise why
        adapter = blog.adapter
        assert isinstance(adapter, Moderates)
        standing = await adapter.moderate(
            AccountName(work.sent["account"]), PostId(work.sent["post"]), CommentId(work.sent["comment"]),
            load(work.sent["expected"]), Choice(work.sent["choice"]),
        )  # fmt: skip
        return {"standing": standing}

    def ways(self, house: House, target: Row, step: str) -> Ways:
        """Moderating reads first, so it can be repeated."""
        return Ways(repeatable=True)

    def done(self, tx: Tx, house: House, target: Row, work: Work, result: Sent, now: float) -> bool:
        """The comment stands as was chosen, for every room and for the next reading."""
        decision = decisions.get(tx, target["subject"])
        moderation.carried_out(tx, house, decision, Standing(result["standing"]), now)
        return True

    def waiting(self, tx: Tx, target: Row, work: Work, reason: str, now: float) -> None:
        """The card says why it takes longer."""
        moderation.waits(tx, decisions.get(tx, target["subject"]), reason, now)

    def stopped(self, tx: Tx, target: Row, state: str, reason: str, now: float) -> None:
        """The moderator sees why it was not done, or that nobody knows."""
        moderation.failed(tx, decisions.get(tx, target["subject"]), state, reason, now)


def _reached(comment: Row, decision: Row) -> bool:
    """Whether the comment stands as was chosen."""
    return Standing(comment["standing"]) in moderation.OUTCOMES[decision["choice"]]


def _older(tx: Tx, comment: Row, decision: Row) -> bool:
    """Whether it was decided before this run, of which the blog was not read yet: perhaps in another ledger's past."""
    began = runs.began(tx)
    return bool(decision["at"] < began and (sources.of(tx, comment["blog"])["last_read"] or 0.0) < began)


def _sent(tx: Tx, comment: Row, decision: Row) -> Sent:
    return {
        "blog": comment["blog"],
        "account": decision["account"],
        "post": comments.post(tx, comment["post"])["native"],
        "comment": comment["native"],
        "expected": decision["body"],
        "choice": decision["choice"],
    }
