"""What each event of a chat means for the ledger: an answer, a change of one, a choice, a mark, or nothing to us."""

from __future__ import annotations

from collections.abc import Mapping

from bridge import answers as lives
from bridge import echoes, moderation, requests
from bridge.authorise import STOOD, Addressed, Aside, Deny, Held, Join, Setting, Start, judge
from bridge.house import House
from bridge.ledger import answers, comments, inbox, routes, targets, threads
from bridge.ledger.answers import Voice
from bridge.mirror import forsaken
from bridge.model import (
    AnswerState,
    CommentId,
    Edited,
    Erased,
    Marked,
    MessageId,
    Moderated,
    Place,
    RawEvent,
    Route,
    Standing,
    ThreadId,
    Writer,
    Written,
)
from bridge.ports import BlogAbility, Row, Tx
from bridge.text.tree import load


def judge_event(house: House, id: int, tx: Tx) -> Row | None:
    """Judge one recorded event, with all that follows from it, in one transaction; its thread's next one."""
    row = tx.one("SELECT * FROM inbox WHERE id = ? AND state = 'new'", id)
    if row is None:
        return None
    if row["chat"] == inbox.REQUESTS:
        inbox.done(tx, id, requests.grant(tx, house, row["body"], house.clock.now()))
    else:
        _judge_event(tx, house, row, house.clock.now())
    return inbox.head_of(tx, row["chat"], row["thread"])


def _judge_event(tx: Tx, house: House, row: Row, now: float) -> None:
    raw = RawEvent(row["event_id"], row["natural_key"], row["thread"], row["ord"], row["body"])
    event = house.chat(row["chat"]).adapter.interpret(raw)
    thread = threads.by_native(tx, row["chat"], row["thread"])
    if event is None:
        inbox.done(tx, row["id"], "of no interest")
    elif thread is None:
        echoes.strange(tx, row, event, now)
    elif isinstance(event, Erased):
        _erased(tx, house, row, thread, event, now)
    elif isinstance(event, Written):
        _written(tx, house, row, thread, event, now)
    elif isinstance(event, Edited):
        _edited(tx, house, row, thread, event, now)
    elif isinstance(event, Moderated):
        _moderated(tx, house, row, thread, event, now)
    else:
        _marked(tx, house, row, thread, event, now)
    tx.tell("lanes")


def _written(tx: Tx, house: House, row: Row, thread: Row, event: Written, now: float) -> None:
    if event.key is not None:
        echoes.echo(tx, house, row, thread, event, now)
    elif threads.message(tx, row["chat"], event.message) is not None:
        inbox.done(tx, row["id"], "known")
    elif _unknown(tx, thread, event) and (wait := echoes.may_be_ours(tx, house, thread)) is not None:
        inbox.wait(tx, row["id"], now + wait)
    else:
        message = threads.heard(tx, thread, event)
        marked_at = event.at if event.form else None  # whoever fills a form in means it
        verdict = _judge(tx, house, thread, message, event, now, marked_at)
        if event.form and answers.of_message(tx, message) is None:
            lives.said_for_nothing(tx, thread, message, verdict, now)
        inbox.done(tx, row["id"], verdict)


def _unknown(tx: Tx, thread: Row, event: Written) -> bool:
    """Whether it is about a message that we do not know."""
    about = [native for native in (event.reply_to, event.addressed) if native is not None]
    return any(_there(tx, thread, native) is None for native in about)


def _there(tx: Tx, thread: Row, native: MessageId) -> Row | None:
    """A message of this thread: what stands in another one is answered only there, where its own rules hold."""
    message = threads.message(tx, thread["chat"], native)
    return message if message is not None and message["thread"] == thread["id"] else None


def _judge(
    tx: Tx, house: House, thread: Row, message: int, event: Written, now: float, marked_at: float | None = None
) -> str:
    seat = house.seat(thread)
    speaker = None if seat is None else seat[1].listed(event.writer)
    if seat is None or speaker is None:
        return "the writer is not an author of this route"
    route, place = seat
    voice = Voice(route.blog, event.writer.id, speaker, place.speakers[speaker])
    blog = comments.post(tx, thread["post"])["blog"]
    if blog != route.blog:
        reason = f"This thread is about the blog {blog}, which its route serves no more."
        lives.deny(tx, thread, message, voice, reason, now)
        return reason
    people = lives.people(tx, house, thread, event.at)
    verdict = judge(event, _setting(tx, house, thread, route, place, event, people, marked_at))
    if isinstance(verdict, Aside):
        return verdict.why
    if isinstance(verdict, Deny):
        lives.deny(tx, thread, message, voice, verdict.reason, now)
        return verdict.reason
    names = lives.links(event.text, people)
    if isinstance(verdict, Join):
        lives.join(tx, house, verdict.answer, message, names, now)
        return "joined"
    assert isinstance(verdict, Start)
    approves = _approves(tx, route, place, verdict.addressed)
    lives.start(tx, house, thread, message, voice, verdict.addressed, names, now, approves)
    return "an answer"


def _approves(tx: Tx, route: Route, place: Place, addressed: Addressed) -> str | None:
    """The digest of the comment that waits for approval and is answered from a moderation room; None for others."""
    row = comments.by_native(tx, route.blog, addressed.comment)
    waits = place.desk and row is not None and row["standing"] == Standing.PENDING
    return str(row["digest"]) if row is not None and waits else None


def _setting(
    tx: Tx, house: House, thread: Row, route: Route, place: Place, event: Written, people: Mapping[str, Addressed],
    marked_at: float | None,
) -> Setting:  # fmt: skip
    ready = house.blog(route.blog).ready
    since = routes.speaks_since(tx, route.name, place.chat, place.room, place.listed(event.writer))
    held = answers.held_by(tx, thread["id"], event.writer.id)
    newest = threads.newest_visitor(tx, thread["id"], event.at - STOOD)
    if held is not None and held["by_form"]:  # that is whole; what its writer goes on to say is about the same comment
        newest, held = _public(tx, held), None
    explicit, person = _meant(tx, thread, event)
    waits = place.desk and explicit is not None and explicit["standing"] == Standing.PENDING
    gone = explicit is not None and explicit["standing"] != Standing.PUBLIC and not waits
    account = place.account_of(event.writer)
    return Setting(
        route.relay, account,
        # Marking is an act of its own: what was written before may be published by a mark that was made since.
        since if marked_at is None or marked_at < since else 0.0, marked=marked_at is not None,
        explicit=None if explicit is None else lives.addressed_to(tx, house, explicit), gone=gone,
        to_person=person or event.to_person,
        held=None if held is None else _held(tx, held), join=route.join and not event.form, by_name=people,
        newest=None if newest is None else lives.addressed_to(tx, house, newest),
        min_text=1 if ready is None else ready.limits.min_text,
        max_text=None if ready is None else ready.limits.max_text,
        only_read=_only_read(tx, house, thread, route), unknown=_unknown(tx, thread, event), desk=place.desk,
        unapproved=moderation.unanswerable(house, route.blog, account) if waits and account is not None else None,
    )  # fmt: skip


def _only_read(tx: Tx, house: House, thread: Row, route: Route) -> str | None:
    """The post's address, where the blog is known to be one on which nothing can be published."""
    blog = house.blog(route.blog)
    if blog.ready is None or blog.can(BlogAbility.PUBLISH):
        return None
    return str(comments.post(tx, thread["post"])["address"])


def _meant(tx: Tx, thread: Row, event: Written) -> tuple[Row | None, bool]:
    """The comment that the message was explicitly meant for, and whether it replies to a person instead."""
    for native in (event.reply_to, event.addressed):
        message = None if native is None else _there(tx, thread, native)
        if message is None:
            continue
        comment = threads.comment_shown(tx, message) if message["target"] is not None else None
        if comment is not None:
            return comment, False
        if (message["writer"] is not None or threads.form_shown(tx, message)) and native == event.reply_to:
            return None, True
    return None, False


def _public(tx: Tx, answer: Row) -> Row | None:
    """The comment that an answer is for, if it is public still."""
    comment = comments.by_native(tx, answer["blog"], answer["addressed"]) if answer["addressed"] else None
    return comment if comment is not None and comment["standing"] == Standing.PUBLIC else None


def _held(tx: Tx, answer: Row) -> Held:
    comment = comments.by_native(tx, answer["blog"], answer["addressed"]) if answer["addressed"] else None
    addressed = None if answer["addressed"] is None else CommentId(answer["addressed"])
    return Held(answer["id"], addressed, "" if comment is None else comment["name"])


def _edited(tx: Tx, house: House, row: Row, thread: Row, event: Edited, now: float) -> None:
    message = threads.message(tx, row["chat"], event.message)
    if event.key is not None or (message is not None and message["target"] is not None):
        inbox.done(tx, row["id"], "our own message")
    elif message is None:
        inbox.done(tx, row["id"], "of a message that we never saw")
    elif load(message["body"]) == event.text:
        inbox.done(tx, row["id"], "known")
    elif message["form"] and message["writer"] != event.writer.id:
        inbox.done(tx, row["id"], "only writers change what they sent by a form")
    else:
        inbox.done(tx, row["id"], _revise(tx, house, thread, message, event, now))


def _revise(tx: Tx, house: House, thread: Row, message: Row, event: Edited, now: float) -> str:
    answer = answers.of_message(tx, message["id"])
    if answer is None or answer["state"] != AnswerState.REFUSED or answer["addressed"] is not None:
        return lives.revised(tx, house, message, event.text, event.writer, now)
    # It was refused before it was clear what it answers: its new wording is judged as if it were new.
    threads.rewrite(tx, message["id"], event.text)
    lives.disowned(tx, message, now)
    lives.unsaid(tx, answer, now)
    tx.run("DELETE FROM answer WHERE id = ?", answer["id"])
    written = _as_written(tx, thread, message["id"], event.writer)
    return _judge(tx, house, thread, message["id"], written, now, event.at if message["form"] else None)


def _as_written(tx: Tx, thread: Row, id: int, writer: Writer) -> Written:
    """A message that we remember, as its event would tell it now."""
    row = threads.message_get(tx, id)
    reply_to, addressed = (None if row[what] is None else MessageId(row[what]) for what in ("reply_to", "addressed"))
    return Written(
        ThreadId(thread["native"]), MessageId(row["native"]), writer, load(row["body"]), row["at"], reply_to, addressed,
        bool(row["to_person"]), form=bool(row["form"]),
    )  # fmt: skip


def _erased(tx: Tx, house: House, row: Row, thread: Row | None, event: Erased, now: float) -> None:
    message = threads.message(tx, row["chat"], event.message)
    if message is None and thread is not None and threads.being_said(tx, thread["id"]):
        inbox.wait(tx, row["id"], now + echoes.RECHECK)
    elif message is None or message["deleted"]:
        inbox.done(tx, row["id"], "known")
    elif message["target"] is not None and _erased_by_us(tx, message):
        inbox.done(tx, row["id"], "our own erasure")
    elif message["form"] and (event.by is None or event.by.id != message["writer"]):
        inbox.done(tx, row["id"], "only writers take back what they sent by a form")
    elif message["target"] is not None:
        # A person deleted our copy: that is respected, and never undone (law 3 does not demand it back).
        threads.erased(tx, message["id"])
        form = threads.form_shown(tx, message)
        forsaken(tx, message["target"], message["part"], now)
        if form is not None:  # which is all that there is of it in the chat
            lives.removed(tx, house, form, now)
        inbox.done(tx, row["id"], "a person deleted our copy")
    else:
        inbox.done(tx, row["id"], lives.removed(tx, house, message, now))


def _erased_by_us(tx: Tx, message: Row) -> bool:
    """Whether we are erasing this very message: the chat tells so before it answers us."""
    delivery = targets.open_delivery(tx, message["target"])
    return delivery is not None and delivery["step"] == "erase" and delivery["n"] == message["part"]


def _moderated(tx: Tx, house: House, row: Row, thread: Row, event: Moderated, now: float) -> None:
    message = threads.message(tx, row["chat"], event.message)
    if message is None and threads.being_said(tx, thread["id"]):
        inbox.wait(tx, row["id"], now + echoes.RECHECK)
        return
    ours = message is not None and message["target"] is not None and message["thread"] == thread["id"]
    comment = threads.comment_shown(tx, message) if message is not None and ours else None
    if message is None or comment is None:
        inbox.done(tx, row["id"], "not about a comment that we show")
    else:
        inbox.done(tx, row["id"], moderation.chosen(tx, house, thread, message, comment, event, now))


def _marked(tx: Tx, house: House, row: Row, thread: Row, event: Marked, now: float) -> None:
    message = threads.message(tx, row["chat"], event.message)
    if message is None or message["deleted"] or message["writer"] != event.by.id:
        inbox.done(tx, row["id"], "only writers mark their own messages")
        return
    answer = answers.of_message(tx, message["id"])
    if event.on and answer is None:
        written = _as_written(tx, thread, message["id"], event.by)
        inbox.done(tx, row["id"], _judge(tx, house, thread, message["id"], written, now, event.at))
    elif not event.on and answer is not None:
        inbox.done(tx, row["id"], lives.removed(tx, house, message, now, keep=True))
    else:
        inbox.done(tx, row["id"], "already so")
