"""Moderators' decisions from the choice to the end: what is wanted on the blog, and what the rooms show of it.

Every function works inside a transaction, so that the choice and what it changes stand together (law 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from bridge import answers as lives
from bridge.authorise import Aside, Choosing, Deny, choose
from bridge.house import House, read_at_once
from bridge.ledger import answers, comments, decisions, routes, schemes, targets, threads
from bridge.ledger.decisions import Moderator
from bridge.mirror import changed, follow
from bridge.model import AnswerState, BlogName, Choice, Moderated, Place, Route, Standing
from bridge.ports import BlogAbility, Row, Tx
from bridge.text.names import defused
from bridge.text.tree import dump, paragraph

CHOICES: Mapping[str, tuple[Choice, ...]] = {
    Standing.PENDING: (Choice.APPROVE, Choice.SPAM, Choice.TRASH),
    Standing.PUBLIC: (Choice.SPAM, Choice.TRASH),
    Standing.HIDDEN: (Choice.RESTORE,),
    Standing.GONE: (),
}
"""What can be done about a comment, by how it stands."""
WORDS: Mapping[str, str] = {
    Choice.APPROVE: "Approve",
    Choice.SPAM: "Spam",
    Choice.TRASH: "Trash",
    Choice.RESTORE: "Restore",
}
"""What the choices are called in our own words."""
_DONE: Mapping[tuple[str, str | None], str] = {
    (Standing.PUBLIC, Choice.APPROVE): "Approved by {name}",
    (Standing.PUBLIC, Choice.RESTORE): "Restored by {name}",
    (Standing.PUBLIC, None): "Approved on the blog",
    (Standing.HIDDEN, Choice.SPAM): "In the spam, by {name}",
    (Standing.HIDDEN, Choice.TRASH): "In the trash, by {name}",
    (Standing.HIDDEN, None): "Removed on the blog",
    (Standing.GONE, None): "Removed on the blog",
}


# What a card says ----------------------------------------------------------------------------------------------------


def choices(tx: Tx, house: House, comment: Row, place: Place) -> tuple[Choice, ...]:
    """What the moderators of a place can do about a comment now; in a public room only take it off the blog."""
    if not place.desk and comment["standing"] != Standing.PUBLIC:
        return ()
    open_ = decisions.open_for(tx, comment["id"])
    if schemes.other(comment) is not None or (open_ is not None and open_["reason"] is not None):
        return ()
    able = any(_unable(house, comment["blog"], account) is None for account in set(place.moderators.values()))
    return CHOICES[comment["standing"]] if able else ()


def mark(tx: Tx, comment: Row) -> str:
    """What a choice has to bring back: it changes with the comment's text and standing, and with every attempt."""
    shown = f"{comment['native']}\n{comment['digest']}\n{comment['standing']}\n{decisions.tried(tx, comment['id'])}"
    return blake2b(shown.encode(), digest_size=8).hexdigest()


def decided(tx: Tx, comment: Row) -> str | None:
    """What became of a comment and through whom, in words; None while it waits for somebody."""
    open_ = decisions.open_for(tx, comment["id"])
    if open_ is not None and open_["reason"] is not None:
        return f"{defused(open_['name'])} chose {WORDS[open_['choice']]}, which is not done yet: {open_['reason']}"
    if comment["standing"] == Standing.PENDING:
        return None
    brought = None if comment["decision"] is None else decisions.get(tx, comment["decision"])
    choice = None if brought is None else brought["choice"]
    name = "" if brought is None else defused(brought["name"])
    standing = comment["standing"]
    words = _DONE.get((standing, choice)) or ("Removed by {name}" if choice is not None else _DONE[standing, None])
    return words.format(name=name)


# From the choice to the end ------------------------------------------------------------------------------------------


def chosen(tx: Tx, house: House, thread: Row, message: Row, comment: Row, event: Moderated, now: float) -> str:
    """A person chose something on a message of ours that shows a comment; what became of it, in a few words."""
    seat = house.seat(thread)
    if seat is None or seat[0].blog != comment["blog"]:
        return "no route of this comment's blog has that room"
    route, place = seat
    verdict = choose(event, _choosing(tx, house, route, place, comment, event))
    if isinstance(verdict, Aside):
        return verdict.why
    listed = place.moderates(event.by)
    assert listed is not None
    by = Moderator(event.by.id, event.by.name, listed, place.moderators[listed])
    if isinstance(verdict, Deny):
        _deny(tx, comment, thread, message, by, event, verdict.reason, now)
        return f"refused: {verdict.reason}"
    begin(tx, comment, thread["id"], message["id"], by, event.choice, event.at, now)
    return "a decision"


def _choosing(tx: Tx, house: House, route: Route, place: Place, comment: Row, event: Moderated) -> Choosing:
    listed = place.moderates(event.by)
    account = place.moderator(event.by)
    since = routes.moderates_since(tx, route.name, place.chat, place.room, listed)
    open_ = decisions.open_for(tx, comment["id"])
    brought = None if comment["decision"] is None else decisions.get(tx, comment["decision"])
    return Choosing(
        account, since, mark(tx, comment), choices(tx, house, comment, place),
        None if account is None else _impossible(house, comment, account),
        None if open_ is None else Choice(open_["choice"]), "" if open_ is None else defused(open_["name"]),
        None if brought is None else Choice(brought["choice"]),
    )  # fmt: skip


def _impossible(house: House, comment: Row, account: str) -> str | None:
    if schemes.other(comment) is not None:
        return f"Another adapter read that comment, so it cannot be moderated from here; it is at {comment['link']}"
    return _unable(house, comment["blog"], account)


def unanswerable(house: House, blog: str, account: str) -> str | None:
    """Why a pending comment cannot be answered from a moderation room, in words; None if it can be approved first."""
    why = _unable(house, blog, account)
    return None if why is None else f"The comment waits for approval, and has to be approved on the blog first. {why}"


def _unable(house: House, blog: str, account: str) -> str | None:
    """Why nobody can moderate on the blog under an account, None if they can, or it is not known yet."""
    open_ = house.blogs.get(BlogName(blog))
    if open_ is None or open_.ready is None:
        return None
    if not open_.can(BlogAbility.MODERATE):
        return "This blog cannot be moderated from here."
    if account not in open_.ready.moderators:
        return f"The account {account} may not moderate on this blog: the operator must see to it."
    return None


def begin(
    tx: Tx, comment: Row, thread: int, message: int | None, by: Moderator, choice: Choice, at: float, now: float
) -> int:
    """Want a choice carried out on the blog; its target, in the lane of the comment's post."""
    decision = decisions.insert(tx, comment, thread, message, by, choice, at)
    lane = f"blog:{comment['blog']}/{comment['post']}"
    return targets.want(tx, "moderation", decision, threads.get(tx, thread), lane, now)


def may_still(house: House, tx: Tx, decision: Row) -> bool:
    """Whether whoever decided is still on the list under the same account (law 8)."""
    seat = house.seat(threads.get(tx, decision["thread"]))
    return seat is not None and seat[1].moderators.get(decision["listed"]) == decision["account"]


def carried_out(tx: Tx, house: House, decision: Row, standing: Standing, now: float) -> None:
    """The blog did what was chosen: the comment stands so from now on, and every room follows."""
    decisions.end(tx, decision["id"], "done")
    comment = comments.get(tx, decision["comment"])
    comments.stand(tx, comment["id"], standing, decision["id"])
    comments.settled(tx, comment["id"], now)
    if comment["answer"] is not None:
        _told(tx, comment["answer"], standing, decision, now)
    follow(tx, house, comments.get(tx, comment["id"]), now, carded=standing is not Standing.PUBLIC)
    read_at_once(tx, comment["blog"])


def _told(tx: Tx, answer: int, standing: Standing, decision: Row, now: float) -> None:
    """An answer of ours was moderated: its writer sees it."""
    states = {Standing.PUBLIC: AnswerState.PUBLIC, Standing.PENDING: AnswerState.PENDING}
    tx.run("UPDATE answer SET settled_at = ? WHERE id = ?", now, answer)
    if answers.get(tx, answer)["state"] in {AnswerState.PENDING, AnswerState.PUBLIC, AnswerState.GONE}:
        removed = None if standing in states else f"It was removed by {defused(decision['name'])}."
        lives.move(tx, answer, states.get(standing, AnswerState.GONE), now, removed)


def failed(tx: Tx, decision: Row, state: str, reason: str, now: float) -> None:
    """The blog did not do what was chosen, or nobody knows: the moderator is told, and what needed it is refused."""
    decisions.end(tx, decision["id"], state, reason)
    comment = comments.get(tx, decision["comment"])
    target = targets.find(tx, "moderation", decision["id"], decision["thread"])
    assert target is not None
    if state == "refused":  # the moderator is told, and may choose anew: nobody else has to see to it
        targets.give_up(tx, target["id"])
    _object(tx, decision["id"], threads.get(tx, decision["thread"]), reason, now)
    changed(tx, comment["id"], now)
    read_at_once(tx, comment["blog"])
    _refuse_answers(tx, target["id"], reason, now)


def _refuse_answers(tx: Tx, target: int, reason: str, now: float) -> None:
    """What was to be published under the comment once it is approved is not."""
    for answer in targets.needing(tx, target, "answer"):
        targets.need(tx, answer["id"], None)
        targets.due(tx, answer["lane"], now)
        lives.unapproved(tx, answer["subject"], f"The comment that it answers could not be approved: {reason}", now)


def retried(tx: Tx, decision: int) -> bool:
    """A person wants a decision tried again; False where another one about the same comment is being carried out."""
    row = decisions.get(tx, decision)
    if decisions.open_for(tx, row["comment"]) is not None:
        return False
    decisions.end(tx, decision, "open")
    return True


def put_aside(tx: Tx, decision: int, state: str, now: float) -> None:
    """A person ended a decision by hand: how the comment stands is read from the blog."""
    row = decisions.get(tx, decision)
    decisions.end(tx, decision, state, "The operator decided.")
    changed(tx, row["comment"], now)
    read_at_once(tx, comments.get(tx, row["comment"])["blog"])


def strand(tx: Tx, blog: str, now: float) -> None:
    """Another adapter has the blog: it cannot repeat what its predecessor was doing under ids of its own."""
    for target in tx.all(
        "SELECT target.*, delivery.id AS delivery FROM target JOIN decision ON decision.id = target.subject"
        " JOIN comment ON comment.id = decision.comment JOIN delivery ON delivery.target = target.id"
        " WHERE target.kind = 'moderation' AND comment.blog = ? AND delivery.state IN ('sending', 'unknown')",
        blog,
    ):
        reason = "The blog got another adapter while it was not known whether this had happened: look at the blog."
        targets.end(tx, target["delivery"], "refused", reason)
        failed(tx, decisions.get(tx, target["subject"]), "refused", reason, now)


def waits(tx: Tx, decision: Row, reason: str, now: float) -> None:
    """The blog has not done it yet, which the card says."""
    if decisions.wait(tx, decision["id"], reason):
        changed(tx, decision["comment"], now)


def attributed(tx: Tx, comment: int, standing: Standing) -> int | None:
    """The decision under way that brought a comment where it was just read to stand, None if it was somebody else."""
    open_ = decisions.open_for(tx, comment)
    return open_["id"] if open_ is not None and standing in OUTCOMES[open_["choice"]] else None


OUTCOMES: Mapping[str, frozenset[Standing]] = {
    Choice.APPROVE: frozenset({Standing.PUBLIC}),
    Choice.SPAM: frozenset({Standing.HIDDEN, Standing.GONE}),
    Choice.TRASH: frozenset({Standing.HIDDEN, Standing.GONE}),
    Choice.RESTORE: frozenset({Standing.PUBLIC, Standing.PENDING}),
}
"""How a comment can stand once a choice was carried out."""


def _deny(
    tx: Tx, comment: Row, thread: Row, message: Row, by: Moderator, event: Moderated, reason: str, now: float
) -> None:
    """A moderator's choice is not carried out, and they are told; the same is not told twice in a row."""
    last = decisions.newest(tx, comment["id"])
    if last is None or (last["state"], last["person"], last["choice"], last["reason"]) != (
        "denied", by.person, event.choice, reason,
    ):  # fmt: skip
        denied = decisions.insert(
            tx, comment, thread["id"], message["id"], by, event.choice, event.at, state="denied", reason=reason
        )
        _object(tx, denied, thread, reason, now)
    changed(tx, comment["id"], now)


def _object(tx: Tx, id: int, thread: Row, reason: str, now: float) -> None:
    """Say in the thread where a choice was made why it was not carried out."""
    decision = decisions.get(tx, id)
    choice, why = WORDS[decision["choice"]], f"{reason[:1].upper()}{reason[1:].rstrip('.')}."
    words = f"{defused(decision['name'])}, your choice ({choice}) was not carried out. {why}"
    targets.want(tx, "objection", id, thread, threads.lane(thread), now, body=dump(paragraph(words)))
