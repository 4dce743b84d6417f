"""Answers from the first message to the end: what is wanted on the blog, and what their writers see of it.

Every function works inside a transaction, so that the message and what it changes stand together (law 1).
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.authorise import Addressed, ancestors_end, is_aside, length_problem
from bridge.compose import compose
from bridge.house import House
from bridge.ledger import answers, comments, schemes, targets, threads
from bridge.ledger.answers import Voice
from bridge.mirror import note
from bridge.model import AnswerState, BlogName, CommentId, Standing, Writer
from bridge.ports import BlogAbility, BlogReady, Row, Tx
from bridge.text.names import named
from bridge.text.tree import Text, dump, load, paragraph

FINAL = {AnswerState.CANCELLED, AnswerState.WITHDRAWN}
"""States that a message never leaves by an edit: an aside does not become an answer."""
UNDER_WAY = {AnswerState.HELD, AnswerState.PUBLISHING, AnswerState.REVISING, AnswerState.WITHDRAWING}
"""States in which a reason only says why it takes longer."""
REMEMBERED, ASKED = 14 * 86_400.0, 200
"""How old messages are asked for after nobody listened (seconds), and how many answers' at most, the newest."""
SILENCED = "Its writer speaks for this route no more, so it was not published."
"""What becomes of words that were written when their writer was on no list any more (law 8)."""
IN_DOUBT = "We cannot tell whether it is on the blog; the operator was asked."
"""What the writer of a parked answer sees."""


def people(tx: Tx, house: House, thread: Row, before: float) -> dict[str, Addressed]:
    """The newest comment of everybody who had commented on the thread's post by an instant, by name."""
    rows = comments.named_on(tx, thread["post"], before)
    return {row["name"]: addressed_to(tx, house, row) for row in rows}


def addressed_to(tx: Tx, house: House, comment: Row) -> Addressed:
    """A comment as one that can be answered, with the parent that its blog allows."""
    ready = _ready(house, comment["blog"])
    chain = comments.chain(tx, comment["blog"], comment["native"])
    parent = ancestors_end(chain, None if ready is None else ready.limits.depth)
    within_reach = schemes.other(comment) is None
    return Addressed(CommentId(comment["native"]), parent, comment["name"], comment["link"], within_reach)


def links(text: Text, known: Mapping[str, Addressed]) -> dict[str, str]:
    """The addresses of those people who are named in a text."""
    return {name: known[name].link for name in named(text, tuple(known))}


def start(
    tx: Tx, house: House, thread: Row, message: int, voice: Voice, addressed: Addressed, names: Mapping[str, str],
    now: float, approves: str | None = None,
) -> int:  # fmt: skip
    """A message begins an answer, held for the route's undo delay. `approves`: as in `bridge.ledger.answers.insert`."""
    route = house.route(thread["route"])
    publish_at = now + (route.hold if route is not None else 0.0)
    body = compose([_text(tx, message)], addressed, names)
    answer = answers.insert(
        tx, thread, voice, addressed.comment, addressed.parent, names, AnswerState.HELD, body, publish_at, None,
        approves,
    )  # fmt: skip
    answers.add_source(tx, answer, message)
    _want(tx, answer, now, held_until=publish_at)
    show(tx, answer, now)
    return answer


def join(tx: Tx, house: House, answer: int, message: int, names: Mapping[str, str], now: float) -> None:
    """One more message of the same writer becomes part of the held answer."""
    answers.add_source(tx, answer, message)
    _rewrite(tx, house, answers.get(tx, answer), names, now)


def deny(tx: Tx, thread: Row, message: int, voice: Voice, reason: str, now: float) -> None:
    """A message was meant as an answer and cannot be one: its writer is told why."""
    text = _text(tx, message)
    answer = answers.insert(tx, thread, voice, None, None, {}, AnswerState.REFUSED, text, now, reason)
    answers.add_source(tx, answer, message)
    show(tx, answer, now)


def revised(tx: Tx, house: House, message: Row, text: Text, by: Writer, now: float) -> str:
    """A source message was edited: what stands or will stand follows. Returns what became of it, in a few words.

    `by`: its writer, with the roles held when it was edited.
    """
    answer = answers.of_message(tx, message["id"])
    begins_aside = is_aside(text) and not is_aside(load(message["body"]))
    if answer is not None and answer["state"] not in FINAL and not (begins_aside or speaks(tx, house, answer, by)):
        return _spoilt(tx, answer, SILENCED, now)  # what was written before stays the source of what stands
    threads.rewrite(tx, message["id"], text)
    if answer is None or answer["state"] in FINAL:
        return "an aside stays an aside"
    if begins_aside:
        return removed(tx, house, message, now, keep=True)
    thread = threads.get(tx, message["thread"])
    return _rewrite(tx, house, answer, links(text, people(tx, house, thread, now)), now)


def removed(tx: Tx, house: House, message: Row, now: float, *, keep: bool = False) -> str:
    """A source message was deleted, or (`keep`) turned into an aside: it is no part of the answer any more."""
    answer = answers.of_message(tx, message["id"])
    if not keep:
        threads.erased(tx, message["id"])
    if answer is None or answer["state"] in FINAL:
        return "it was no answer"
    if not keep and message["form"]:
        _want_receipt(tx, message, now, gone=True)
    if keep:
        disowned(tx, message, now)
    if answers.sources(tx, answer["id"]):
        return _rewrite(tx, house, answer, {}, now)
    return _take_back(tx, house, answer, now)


def disowned(tx: Tx, message: Row, now: float) -> None:
    """A message is no part of its answer any more, and shows no receipt."""
    tx.run("DELETE FROM answer_source WHERE message = ?", message["id"])
    _want_receipt(tx, message, now)


def said_for_nothing(tx: Tx, thread: Row, message: int, why: str, now: float) -> None:
    """What a form sent is no answer: it is said in the thread all the same, with the reason, so that it is not lost."""
    body = dump(paragraph(why))
    targets.want(tx, "form", message, thread, threads.lane(thread), now, body=body)


def _take_back(tx: Tx, house: House, answer: Row, now: float) -> str:
    """No message of an answer is left: it is wanted no more, wherever it is on its way."""
    state = answer["state"]
    if state == AnswerState.GONE:
        return "it is gone from the blog already"
    if state in {AnswerState.HELD, AnswerState.REFUSED} and answer["comment"] is None:
        answers.set_state(tx, answer["id"], AnswerState.CANCELLED)
        if target_of(tx, answer["id"]) is not None:
            _want(tx, answer["id"], now, absent=True)
        return "cancelled"
    reason = _irrevocable(tx, house, answer)
    if reason is not None:
        note(tx, answer, reason, now)
        return f"refused: {reason}"
    if state != AnswerState.PARKED:
        answers.set_state(tx, answer["id"], AnswerState.WITHDRAWING)
    _want(tx, answer["id"], now, absent=True)
    return "withdrawing"


def _irrevocable(tx: Tx, house: House, answer: Row) -> str | None:
    """Why an answer cannot be taken back, None if it can."""
    if _decided(tx, answer):
        return str(answer["reason"])
    if answer["comment"] is not None and (beyond := out_of_reach(tx, answer)) is not None:
        return beyond
    ready = _ready(house, answer["blog"])
    if answer["comment"] is not None and ready is not None and BlogAbility.WITHDRAW not in ready.abilities:
        return "It cannot be removed from the blog from here."
    return None


def _rewrite(tx: Tx, house: House, answer: Row, names: Mapping[str, str], now: float) -> str:
    messages = [load(row["body"]) for row in answers.sources(tx, answer["id"])]
    known = {**answers.names(answer), **names}
    body = compose(messages, _addressed(tx, answer), known)
    problem = _fixed(tx, house, answer)
    if problem is not None:
        tell(tx, answer["id"], problem, now)
        return f"refused: {problem}"
    problem = _problem(house, answer, body)
    if problem is not None:
        return _spoilt(tx, answer, problem, now)
    if answer["state"] == AnswerState.REFUSED and answer["addressed"] is None:
        return "a refused message without a comment to answer stays refused"
    return _replaced(tx, house, answer, body, known, now)


def _fixed(tx: Tx, house: House, answer: Row) -> str | None:
    """Why an answer stays as it is whatever its messages say, None if it follows them."""
    if answer["state"] == AnswerState.GONE:
        return "It was removed on the blog, so this change was not published."
    if answer["blog_edited"]:
        return "It was changed on the blog meanwhile, so this change was not published."
    if _decided(tx, answer):
        return str(answer["reason"])
    if answer["comment"] is not None and (beyond := out_of_reach(tx, answer)) is not None:
        return beyond
    return None if may_speak(tx, house, answer) else SILENCED


def out_of_reach(tx: Tx, answer: Row) -> str | None:
    """Why the adapter that the blog has now cannot help an answer, None if it can: it knows only its own ids."""
    scheme = schemes.of_answer(tx, answer)
    if scheme is None:
        return None
    if answer["comment"] is not None:
        return f"It was published through another adapter ({scheme}), so it can only be changed on the blog itself."
    return f"Another adapter ({scheme}) read the comment that it answers: answer it on the blog itself."


def may_speak(tx: Tx, house: House, answer: Row) -> bool:
    """Whether the answer's writer is still on the route's list (law 8)."""
    seat = house.seat(threads.get(tx, answer["thread"]))
    return seat is not None and answer["speaker"] in seat[1].speakers


def speaks(tx: Tx, house: House, answer: Row, by: Writer) -> bool:
    """Whether somebody is on the route's list; where the route itself is no more, that is said elsewhere."""
    seat = house.seat(threads.get(tx, answer["thread"]))
    return seat is None or seat[1].listed(by) is not None


def _decided(tx: Tx, answer: Row) -> bool:
    """Whether the operator has ended it by hand."""
    target = target_of(tx, answer["id"])
    return target is not None and bool(target["tombstone"])


def _spoilt(tx: Tx, answer: Row, problem: str, now: float) -> str:
    """As it reads now the blog would not take it: it is not published, or what stands there stays."""
    state = AnswerState(answer["state"])
    if state in {AnswerState.HELD, AnswerState.REFUSED}:
        _end_target(tx, answer["id"])
        state = AnswerState.REFUSED
    answers.set_state(tx, answer["id"], state, problem)
    show(tx, answer["id"], now)
    return f"refused: {problem}"


def _replaced(tx: Tx, house: House, answer: Row, body: Text, names: Mapping[str, str], now: float) -> str:
    route = house.route(answer["route"])
    held = answer["state"] in {AnswerState.HELD, AnswerState.REFUSED} and answer["comment"] is None
    publish_at = now + route.hold if held and route is not None else 0.0
    answers.set_text(tx, answer["id"], body, names, publish_at)
    answers.set_state(tx, answer["id"], AnswerState.HELD if held else _moving(AnswerState(answer["state"])))
    _want(tx, answer["id"], now, held_until=publish_at)
    show(tx, answer["id"], now)
    return "held" if held else "revising"


def _moving(state: AnswerState) -> AnswerState:
    if state in {AnswerState.PUBLIC, AnswerState.PENDING}:
        return AnswerState.REVISING
    return state


def _problem(house: House, answer: Row, body: Text) -> str | None:
    ready = _ready(house, answer["blog"])
    if ready is None:
        return None
    if answer["comment"] is not None and BlogAbility.REVISE not in ready.abilities:
        return "A published comment cannot be edited on this blog from here."
    return length_problem(body, ready.limits.min_text, ready.limits.max_text)


def _ready(house: House, blog: str) -> BlogReady | None:
    """What the blog said of itself, None while it has not been reached (its own refusals come later, then)."""
    open_ = house.blogs.get(BlogName(blog))
    return None if open_ is None else open_.ready


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


def rest(tx: Tx, answer: int, now: float, reason: str | None = None) -> None:
    """Nothing is under way for an answer: it stands as its comment does."""
    row = answers.get(tx, answer)
    if row["comment"] is None:
        move(tx, answer, AnswerState.REFUSED, now, reason)
        return
    comment = comments.by_native(tx, row["blog"], row["comment"])
    standing = Standing.PUBLIC if comment is None else comment["standing"]
    states = {Standing.PUBLIC: AnswerState.PUBLIC, Standing.PENDING: AnswerState.PENDING}
    move(tx, answer, states.get(Standing(standing), AnswerState.GONE), now, reason)


def show(tx: Tx, answer: int, now: float) -> None:
    """The receipts on the answer's messages shall say how it stands."""
    row = answers.get(tx, answer)
    for message in answers.sources(tx, answer):
        _want_receipt(tx, message, now)
    _want_words(tx, row, now)


def recheck(tx: Tx, chat: str, now: float) -> None:
    """A chat that tells nothing of the past was not heard for a while: what became of answers' messages is asked.

    Those that are not public yet are asked before they are published anyway.
    """
    for row in tx.all(
        "SELECT answer.id FROM answer WHERE chat = ? AND comment IS NOT NULL AND state IN ('public', 'pending')"
        " AND EXISTS (SELECT 1 FROM answer_source JOIN message ON message.id = answer_source.message"
        " WHERE answer_source.answer = answer.id AND message.at > ?) ORDER BY id DESC LIMIT ?",
        chat, now - REMEMBERED, ASKED,
    ):  # fmt: skip
        tx.run("UPDATE answer SET recheck = 1 WHERE id = ?", row["id"])
        _want(tx, row["id"], now)


def unapproved(tx: Tx, answer: int, reason: str, now: float) -> None:
    """The comment that an answer needs to be public will not be: it is refused, unless it was taken back already."""
    if answers.get(tx, answer)["state"] in {AnswerState.HELD, AnswerState.PUBLISHING}:
        _end_target(tx, answer)
        move(tx, answer, AnswerState.REFUSED, now, reason)


def retire(tx: Tx, route: str, now: float) -> None:
    """A route is configured no more: what it has not sent yet is refused, and the writers are told."""
    for row in tx.all("SELECT id FROM answer WHERE route = ? AND state IN ('held', 'publishing')", route):
        open_ = target_of(tx, row["id"])
        if open_ is not None and targets.open_delivery(tx, open_["id"]) is None:
            _end_target(tx, row["id"])
            move(tx, row["id"], AnswerState.REFUSED, now, "Its route was removed from Backchat's configuration.")


def strand(tx: Tx, blog: str, now: float) -> None:
    """Another adapter has the blog: it cannot tell what became of what its predecessor was sending; a person must."""
    for target in tx.all(
        "SELECT target.* FROM target JOIN answer ON answer.id = target.subject"
        " WHERE target.kind = 'answer' AND answer.blog = ?",
        blog,
    ):
        delivery = targets.open_delivery(tx, target["id"])
        if delivery is not None and delivery["state"] != "parked":
            reason = "The blog got another adapter while it was not known whether this had happened: look at the blog."
            targets.end(tx, delivery["id"], "parked", reason)
            targets.stop(tx, target["id"], "parked", reason)
            move(tx, target["subject"], AnswerState.PARKED, now, IN_DOUBT)


def target_of(tx: Tx, answer: int) -> Row | None:
    """The target that stands for the answer on the blog."""
    return tx.one("SELECT * FROM target WHERE kind = 'answer' AND subject = ?", answer)


def _want(tx: Tx, answer: int, now: float, *, held_until: float = 0.0, absent: bool = False) -> None:
    row = answers.get(tx, answer)
    lane = f"blog:{row['blog']}/{row['post']}"
    targets.want(tx, "answer", answer, threads.get(tx, row["thread"]), lane, now, held_until=held_until, absent=absent)


def _end_target(tx: Tx, answer: int) -> None:
    """What was not begun is begun no more."""
    tx.run(
        "UPDATE target SET state = 'idle', applied = wanted, absent = 1 WHERE kind = 'answer' AND subject = ?"
        " AND state IN ('ready', 'refused')",
        answer,
    )


def _want_receipt(tx: Tx, message: Row, now: float, *, gone: bool = False) -> None:
    """The message shall bear its receipt; what a form sent bears it in our own copy (`gone`: which goes)."""
    thread = threads.get(tx, message["thread"])
    if message["form"]:
        targets.want(tx, "form", message["id"], thread, threads.lane(thread), now, absent=gone)
    else:
        targets.want(tx, "receipt", message["id"], thread, _receipts(thread), now)


def _want_words(tx: Tx, answer: Row, now: float) -> None:
    """What is not public for good is said to its writer in words, too, as long as it is so."""
    thread = threads.get(tx, answer["thread"])
    said = targets.find(tx, "words", answer["id"], thread["id"])
    form = any(row["form"] for row in answers.sources(tx, answer["id"]))
    if answer["reason"] is None or answer["state"] in UNDER_WAY or form:
        unsaid(tx, answer, now)
    elif said is None or said["absent"] or load(said["body"]) != paragraph(answer["reason"]):
        body = dump(paragraph(answer["reason"]))
        targets.want(tx, "words", answer["id"], thread, _receipts(thread), now, body=body)


def unsaid(tx: Tx, answer: Row, now: float) -> None:
    """What was said in words about an answer is said no more."""
    thread = threads.get(tx, answer["thread"])
    said = targets.find(tx, "words", answer["id"], thread["id"])
    if said is not None and not said["absent"]:
        targets.want(tx, "words", answer["id"], thread, _receipts(thread), now, absent=True)


def _receipts(thread: Row) -> str:
    """The lane of what writers see of their answers: no comment waits for it, nor it for them."""
    return f"receipts:{thread['chat']}/{thread['id']}"


def _text(tx: Tx, message: int) -> Text:
    return load(threads.message_get(tx, message)["body"])
