"""Answers from the first message to the end: what is wanted on the blog, and what their writers see of it.

Every function works inside a transaction, so that the message and what it changes stand together (law 1).
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.authorise import Addressed, is_aside, length_problem
from bridge.compose import compose
from bridge.house import House
from bridge.ledger import answers, comments, targets, threads
from bridge.model import AnswerState, CommentId
from bridge.ports import BlogAbility, Row, Tx
from bridge.text.tree import Text, load

FINAL = {AnswerState.CANCELLED, AnswerState.WITHDRAWN}
"""States that a message never leaves by an edit: an aside does not become an answer (DESIGN section 9)."""


def start(
    tx: Tx, house: House, thread: Row, message: int, blog: str, author: str, account: str,
    addressed: Addressed, names: Mapping[str, str], now: float,
) -> int:  # fmt: skip
    """A message begins an answer, held for the route's undo delay."""
    route = house.route(thread["route"])
    publish_at = now + (route.hold if route is not None else 0.0)
    body = compose([_text(tx, message)], addressed, names)
    answer = answers.insert(
        tx, thread, blog, author, account, addressed.comment, addressed.parent, names, AnswerState.HELD,
        body, publish_at, None,
    )  # fmt: skip
    answers.add_source(tx, answer, message)
    _want(tx, answer, now, held_until=publish_at)
    show(tx, answer, now)
    return answer


def join(tx: Tx, house: House, answer: int, message: int, names: Mapping[str, str], now: float) -> None:
    """One more message of the same writer becomes part of the held answer."""
    answers.add_source(tx, answer, message)
    _rewrite(tx, house, answers.get(tx, answer), names, now)


def deny(tx: Tx, thread: Row, message: int, blog: str, author: str, account: str, reason: str, now: float) -> None:
    """A message was meant as an answer and cannot be one: its writer is told why."""
    text = _text(tx, message)
    answer = answers.insert(tx, thread, blog, author, account, None, None, {}, AnswerState.REFUSED, text, now, reason)
    answers.add_source(tx, answer, message)
    show(tx, answer, now)


def revised(tx: Tx, house: House, message: Row, text: Text, now: float) -> str:
    """A source message was edited: what stands or will stand follows. Returns what became of it, in a few words."""
    threads.rewrite(tx, message["id"], text)
    answer = answers.of_message(tx, message["id"])
    if answer is None or answer["state"] in FINAL:
        return "an aside stays an aside"
    if is_aside(text):
        return removed(tx, house, message, now, keep=True)
    if answer["state"] == AnswerState.GONE or answer["blog_edited"]:
        tell(tx, answer["id"], "It was changed on the blog meanwhile, so this edit was not published.", now)
        return "refused: changed on the blog"
    return _rewrite(tx, house, answer, {}, now)


def removed(tx: Tx, house: House, message: Row, now: float, *, keep: bool = False) -> str:
    """A source message was deleted, or (`keep`) turned into an aside: it is no part of the answer any more."""
    answer = answers.of_message(tx, message["id"])
    if not keep:
        threads.erased(tx, message["id"])
    if answer is None or answer["state"] in FINAL:
        return "it was no answer"
    if keep:
        tx.run("DELETE FROM answer_source WHERE message = ?", message["id"])
        _want_receipt(tx, threads.get(tx, message["thread"]), message["id"], now)
    if answers.sources(tx, answer["id"]):
        return _rewrite(tx, house, answer, {}, now)
    return _take_back(tx, house, answer, now)


def _take_back(tx: Tx, house: House, answer: Row, now: float) -> str:
    state = answer["state"]
    if state in {AnswerState.REFUSED, AnswerState.GONE} and answer["comment"] is None:
        answers.set_state(tx, answer["id"], AnswerState.CANCELLED)
        _end_target(tx, answer["id"])
        return "it was never published"
    if state == AnswerState.HELD:
        answers.set_state(tx, answer["id"], AnswerState.CANCELLED)
        _want(tx, answer["id"], now, absent=True)
        show(tx, answer["id"], now)
        return "cancelled"
    if state == AnswerState.GONE:
        return "it is gone from the blog already"
    if answer["comment"] is not None and not house.blog(answer["blog"]).can(BlogAbility.WITHDRAW):
        tell(tx, answer["id"], "It cannot be removed from the blog from here.", now)
        return "refused: the blog cannot withdraw"
    if state != AnswerState.PARKED:
        answers.set_state(tx, answer["id"], AnswerState.WITHDRAWING)
    _want(tx, answer["id"], now, absent=True)
    show(tx, answer["id"], now)
    return "withdrawing"


def _rewrite(tx: Tx, house: House, answer: Row, names: Mapping[str, str], now: float) -> str:
    messages = [load(row["body"]) for row in answers.sources(tx, answer["id"])]
    known = {**answers.names(answer), **names}
    body = compose(messages, _addressed(tx, answer), known)
    problem = _problem(house, answer, body)
    state = AnswerState(answer["state"])
    if problem is not None:
        if state in {AnswerState.HELD, AnswerState.REFUSED}:
            _end_target(tx, answer["id"])
            state = AnswerState.REFUSED
        answers.set_state(tx, answer["id"], state, problem)
        show(tx, answer["id"], now)
        return f"refused: {problem}"
    if state is AnswerState.REFUSED and answer["addressed"] is None:
        return "a refused message without a comment to answer stays refused"
    route = house.route(answer["route"])
    held = state in {AnswerState.HELD, AnswerState.REFUSED} and answer["comment"] is None
    publish_at = now + route.hold if held and route is not None else 0.0
    answers.set_text(tx, answer["id"], body, known, publish_at)
    answers.set_state(tx, answer["id"], AnswerState.HELD if held else _moving(state))
    _want(tx, answer["id"], now, held_until=publish_at)
    show(tx, answer["id"], now)
    return "held" if held else "revising"


def _moving(state: AnswerState) -> AnswerState:
    if state in {AnswerState.PUBLIC, AnswerState.PENDING}:
        return AnswerState.REVISING
    return state


def _problem(house: House, answer: Row, body: Text) -> str | None:
    blog = house.blog(answer["blog"])
    if answer["comment"] is not None and not blog.can(BlogAbility.REVISE):
        return "A published comment cannot be edited on this blog from here."
    if blog.ready is None:
        return None
    return length_problem(body, blog.ready.limits.min_text, blog.ready.limits.max_text)


def _addressed(tx: Tx, answer: Row) -> Addressed:
    row = comments.by_native(tx, answer["blog"], answer["addressed"]) if answer["addressed"] else None
    if row is None:
        return Addressed(CommentId(""), CommentId(""), "", "")
    return Addressed(CommentId(row["native"]), CommentId(answer["parent"]), row["name"], row["link"])


def tell(tx: Tx, answer: int, reason: str | None, now: float) -> None:
    """Say something about an answer to its writer, without changing where it stands."""
    answers.set_state(tx, answer, AnswerState(answers.get(tx, answer)["state"]), reason)
    show(tx, answer, now)


def move(tx: Tx, answer: int, state: AnswerState, now: float, reason: str | None = None) -> None:
    """The answer enters a state, and its writer sees it."""
    row = answers.get(tx, answer)
    if (row["state"], row["reason"]) != (state, reason):
        answers.set_state(tx, answer, state, reason)
        show(tx, answer, now)


def show(tx: Tx, answer: int, now: float) -> None:
    """The receipts on the answer's messages shall say how it stands."""
    row = answers.get(tx, answer)
    thread = threads.get(tx, row["thread"])
    for message in answers.sources(tx, answer):
        _want_receipt(tx, thread, message["id"], now)


def retire(tx: Tx, route: str, now: float) -> None:
    """A route is configured no more: what it has not sent yet is refused, and the writers are told."""
    for row in tx.all("SELECT id FROM answer WHERE route = ? AND state IN ('held', 'publishing')", route):
        open_ = target_of(tx, row["id"])
        if open_ is not None and targets.open_delivery(tx, open_["id"]) is None:
            _end_target(tx, row["id"])
            move(tx, row["id"], AnswerState.REFUSED, now, "Its route was removed from Backchat's configuration.")


def target_of(tx: Tx, answer: int) -> Row | None:
    """The target that stands for the answer on the blog."""
    return tx.one("SELECT * FROM target WHERE kind = 'answer' AND subject = ?", answer)


def _want(tx: Tx, answer: int, now: float, *, held_until: float = 0.0, absent: bool = False) -> None:
    row = answers.get(tx, answer)
    lane = f"blog:{row['blog']}/{row['post']}"
    targets.want(tx, "answer", answer, threads.get(tx, row["thread"]), lane, now, held_until=held_until, absent=absent)


def _end_target(tx: Tx, answer: int) -> None:
    tx.run(
        "UPDATE target SET state = 'idle', applied = wanted, absent = 1 WHERE kind = 'answer' AND subject = ?"
        " AND state IN ('ready', 'refused')",
        answer,
    )


def _want_receipt(tx: Tx, thread: Row, message: int, now: float) -> None:
    targets.want(tx, "receipt", message, thread, f"receipts:{thread['chat']}/{thread['id']}", now)


def _text(tx: Tx, message: int) -> Text:
    return load(threads.message_get(tx, message)["body"])
