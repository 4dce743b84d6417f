"""The loops that record what happens in the chats, and work the records off in the platform's order per thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from bridge import answers as lives
from bridge import requests
from bridge.authorise import STOOD, Addressed, Aside, Deny, Held, Join, Setting, Start, ancestors_end, judge
from bridge.errors import RetryLater, StepError
from bridge.house import House, OpenChat
from bridge.ledger import answers, comments, inbox, routes, targets, threads
from bridge.model import AnswerState, CommentId, Edited, Erased, Marked, MessageId, RawEvent, Route, Written
from bridge.outcome import pause
from bridge.ports import Row, Tx
from bridge.text.names import named
from bridge.text.tree import load

log = logging.getLogger("backchat.listen")

BATCH = 100
"""How many threads' first events are judged between two looks at the inbox."""
RECHECK = 0.2
"""Seconds after which an event that waits for a send of ours is looked at again."""
IDLE = 30.0


@dataclass(slots=True)
class Listen:
    """Records one chat's events, reconnecting for ever."""

    house: House
    chat: OpenChat

    async def run(self) -> None:
        """Listen from the stored watermark on; after a fault, again with growing pauses."""
        failures = 0
        while True:
            connection = await self.house.ledger.transact(lambda tx: _fresh(tx, self.chat.name))
            try:
                self.chat.opened()
                await self.chat.adapter.listen(connection["watermark"], self._record)
                failures = 0
            except StepError as error:
                log.warning("%s cannot be heard: %s", self.chat.name, error)
                failures += 1
                asked = error.after if isinstance(error, RetryLater) else None
                await self.house.clock.wait(pause(failures) if asked is None else asked)
            except Exception:  # a fault of ours in one chat must not end the others
                log.exception("listening to %s failed through a fault of ours", self.chat.name)
                failures += 1
                await self.house.clock.wait(pause(failures))

    async def _record(self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool) -> None:
        await self.house.ledger.transact(
            partial(record_events, self.house, self.chat.name, events, watermark, caught_up)
        )


@dataclass(slots=True)
class Inbox:
    """Works the inbox off: chat events, and requests from the command line."""

    house: House
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Judge what is recorded, for ever."""
        self.house.ledger.wake_on("inbox", self._wake)
        self.ready.set()
        while True:
            self._wake.clear()
            await self.house.clock.wait(await self.work(), self._wake)

    async def work(self) -> float:
        """Judge every event that can be judged now; seconds until one that waits can be looked at again."""
        while True:
            now = self.house.clock.now()
            heads = await self.house.ledger.transact(lambda tx: inbox.heads(tx, BATCH))
            due = [row for row in heads if row["not_before"] <= now]
            if not due:
                return min((row["not_before"] - now for row in heads), default=IDLE)
            for row in due:
                await self._judge(row)

    async def _judge(self, row: Row) -> None:
        try:
            await self.house.ledger.transact(partial(judge_event, self.house, row["id"]))
        except Exception as error:  # a fault of ours in one event parks that event, and the others go on
            log.exception("event %s of %s failed through a fault of ours", row["event_id"], row["chat"])
            reason = f"Backchat itself failed here: {error!r}"
            await self.house.ledger.transact(lambda tx: inbox.park(tx, row["id"], reason))


def record_events(
    house: House, chat: str, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, tx: Tx
) -> None:
    """Keep events as they came. Once this has returned they are durable, and may be acknowledged."""
    inbox.record(tx, chat, events, watermark, house.ledger.run if caught_up else 0, house.clock.now())
    if caught_up:
        tx.tell("lanes")


def _fresh(tx: Tx, chat: str) -> Row:
    inbox.lost(tx, chat)
    return inbox.connection(tx, chat)


def judge_event(house: House, id: int, tx: Tx) -> None:
    """Judge one recorded event, with all that follows from it, in one transaction."""
    row = tx.one("SELECT * FROM inbox WHERE id = ? AND state = 'new'", id)
    if row is None:
        return
    now = house.clock.now()
    if row["chat"] == inbox.REQUESTS:
        inbox.done(tx, id, requests.grant(tx, house, row["body"], now))
        return
    raw = RawEvent(row["event_id"], row["natural_key"], row["thread"], row["ord"], row["body"])
    event = house.chat(row["chat"]).adapter.interpret(raw)
    thread = threads.by_native(tx, row["chat"], row["thread"])
    if event is None:
        inbox.done(tx, id, "of no interest")
    elif thread is None:
        _strange(tx, row, now)
    elif isinstance(event, Erased):
        _erased(tx, house, row, event, now)
    elif isinstance(event, Written):
        _written(tx, house, row, thread, event, now)
    elif isinstance(event, Edited):
        _edited(tx, house, row, thread, event, now)
    else:
        _marked(tx, house, row, thread, event, now)
    if row["chat"] != inbox.REQUESTS:
        tx.tell("lanes")


def _strange(tx: Tx, row: Row, now: float) -> None:
    """A thread that is not ours, unless one of ours is just being made."""
    if threads.sending_in(tx, row["chat"]):
        inbox.wait(tx, row["id"], now + RECHECK)
    else:
        inbox.done(tx, row["id"], "not in a thread of ours")


def _written(tx: Tx, house: House, row: Row, thread: Row, event: Written, now: float) -> None:
    if event.key is not None:
        inbox.done(tx, row["id"], "our own message")
        return
    if threads.message(tx, row["chat"], event.message) is not None:
        inbox.done(tx, row["id"], "known")
        return
    if _about_unknown(tx, row["chat"], event):
        inbox.wait(tx, row["id"], now + RECHECK)
        return
    message = threads.heard(tx, thread, event)
    inbox.done(tx, row["id"], _judge(tx, house, thread, message, event, now, marked=False))


def _about_unknown(tx: Tx, chat: str, event: Written) -> bool:
    """Whether it is about a message that we do not know yet although it may be ours, still on its way."""
    about = [native for native in (event.reply_to, event.addressed) if native is not None]
    return any(threads.message(tx, chat, native) is None for native in about) and threads.sending_in(tx, chat)


def _judge(tx: Tx, house: House, thread: Row, message: int, event: Written, now: float, *, marked: bool) -> str:
    route = house.route(thread["route"])
    place = None if route is None else route.place(thread["chat"], thread["room"])
    account = None if place is None else place.account_of(event.writer)
    if route is None or account is None:
        return "the writer is not an author of this route"
    verdict = judge(event, _setting(tx, house, thread, route, event, marked=marked))
    if isinstance(verdict, Aside):
        return verdict.why
    if isinstance(verdict, Deny):
        lives.deny(tx, thread, message, route.blog, event.writer.id, account, verdict.reason, now)
        return verdict.reason
    people = _people(tx, house, thread, event.at)
    names = {name: people[name].link for name in named(event.text, tuple(people))}
    if isinstance(verdict, Join):
        lives.join(tx, house, verdict.answer, message, names, now)
        return "joined"
    assert isinstance(verdict, Start)
    lives.start(tx, house, thread, message, route.blog, event.writer.id, account, verdict.addressed, names, now)
    return "an answer"


def _setting(tx: Tx, house: House, thread: Row, route: Route, event: Written, *, marked: bool) -> Setting:
    place = route.place(thread["chat"], thread["room"])
    assert place is not None
    blog = house.blog(route.blog)
    limits = None if blog.ready is None else blog.ready.limits
    listed = [
        name for name in (event.writer.id, *(f"@{role}" for role in event.writer.roles)) if name in place.speakers
    ]
    held = answers.held_by(tx, thread["id"], event.writer.id)
    newest = threads.newest_visitor(tx, thread["id"], event.at - STOOD)
    explicit, person = _meant(tx, house, thread, event)
    return Setting(
        route.relay, place.account_of(event.writer),
        routes.speaks_since(tx, route.name, place.chat, place.room, listed), marked=marked,
        explicit=explicit, to_person=person or event.to_person,
        held=None if held is None else _held(tx, held), join=route.join,
        by_name=_people(tx, house, thread, event.at),
        newest=None if newest is None else _addressed(tx, house, newest),
        min_text=1 if limits is None else limits.min_text, max_text=None if limits is None else limits.max_text,
    )  # fmt: skip


def _meant(tx: Tx, house: House, thread: Row, event: Written) -> tuple[Addressed | None, bool]:
    """The comment that the message was explicitly meant for, and whether it replies to a person instead."""
    for native in (event.reply_to, event.addressed):
        message = None if native is None else threads.message(tx, thread["chat"], native)
        if message is None:
            continue
        comment = threads.comment_shown(tx, message) if message["target"] is not None else None
        if comment is not None and comment["standing"] == "public":
            return _addressed(tx, house, comment), False
        if message["writer"] is not None and native == event.reply_to:
            return None, True
    return None, False


def _people(tx: Tx, house: House, thread: Row, before: float) -> dict[str, Addressed]:
    rows = comments.named_on(tx, thread["post"], before)
    return {row["name"]: _addressed(tx, house, row) for row in rows}


def _addressed(tx: Tx, house: House, comment: Row) -> Addressed:
    blog = house.blog(comment["blog"])
    depth = None if blog.ready is None else blog.ready.limits.depth
    parent = ancestors_end(comments.chain(tx, comment["blog"], comment["native"]), depth)
    return Addressed(CommentId(comment["native"]), parent, comment["name"], comment["link"])


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
    else:
        inbox.done(tx, row["id"], _revise(tx, house, thread, message, event, now))


def _revise(tx: Tx, house: House, thread: Row, message: Row, event: Edited, now: float) -> str:
    answer = answers.of_message(tx, message["id"])
    if answer is None or answer["state"] != AnswerState.REFUSED or answer["addressed"] is not None:
        return lives.revised(tx, house, message, event.text, now)
    # It was refused before it was clear what it answers: its new wording is judged as if it were new.
    threads.rewrite(tx, message["id"], event.text)
    tx.run("DELETE FROM answer_source WHERE message = ?", message["id"])
    tx.run("DELETE FROM answer WHERE id = ?", answer["id"])
    written = Written(event.thread, event.message, event.writer, event.text, message["at"])
    return _judge(tx, house, thread, message["id"], written, now, marked=False)


def _erased(tx: Tx, house: House, row: Row, event: Erased, now: float) -> None:
    message = threads.message(tx, row["chat"], event.message)
    if message is None or message["deleted"]:
        waits = message is None and threads.sending_in(tx, row["chat"])
        if waits:
            inbox.wait(tx, row["id"], now + RECHECK)
        else:
            inbox.done(tx, row["id"], "known")
    elif message["target"] is not None:
        # A person deleted our copy: that is respected, and never undone (law 3 does not demand it back).
        threads.erased(tx, message["id"])
        targets.tombstone(tx, message["target"])
        inbox.done(tx, row["id"], "a person deleted our copy")
    else:
        inbox.done(tx, row["id"], lives.removed(tx, house, message, now))


def _marked(tx: Tx, house: House, row: Row, thread: Row, event: Marked, now: float) -> None:
    message = threads.message(tx, row["chat"], event.message)
    if message is None or message["deleted"] or message["writer"] != event.by.id:
        inbox.done(tx, row["id"], "only writers mark their own messages")
        return
    answer = answers.of_message(tx, message["id"])
    if event.on and answer is None:
        written = Written(
            event.thread, MessageId(message["native"]), event.by, load(message["body"]), max(event.at, message["at"])
        )
        inbox.done(tx, row["id"], _judge(tx, house, thread, message["id"], written, now, marked=True))
    elif not event.on and answer is not None:
        inbox.done(tx, row["id"], lives.removed(tx, house, message, now, keep=True))
    else:
        inbox.done(tx, row["id"], "already so")
