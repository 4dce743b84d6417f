"""The loop that reads one blog after its beat and records what it finds, with what follows from it, page by page."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from bridge import answers as lives
from bridge import settle
from bridge.decide import Attempted, Known, Verdict, claimed, judge, reused
from bridge.errors import BlogPaused, LedgerError, RetryLater, StepError
from bridge.house import House, OpenBlog, hear, stirs
from bridge.ledger import answers, comments, schemes, sources, targets
from bridge.mirror import changed, follow, note, want_comment
from bridge.model import AccountName, AnswerState, BlogName, Comment, CommentId, Covers, Origin, Page, Standing
from bridge.moderation import attributed
from bridge.ports import BlogAbility, Row, Tx
from bridge.schedule import after_failure, after_news, after_success
from bridge.text.tree import digest, load

log = logging.getLogger("backchat.watch")

PAUSED = 60.0
"""Seconds between two looks whether a paused blog may be read again."""
PAGE = 600.0
"""Seconds that a blog gets for each page, however its adapter spends them: whoever hangs longer has failed."""
LOOK = 10.0
"""Seconds that it gets more for each comment that is asked for by itself."""


@dataclass(slots=True)
class Watch:
    """Reads one blog for ever. `began`: the instant of the last reading; `lively`: when something happened there."""

    house: House
    blog: OpenBlog
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    began: float = 0.0
    lively: float = field(init=False)

    def __post_init__(self) -> None:
        self.lively = self.house.clock.now()

    async def run(self) -> None:
        """Read at each beat, or when the blog's `wake` is set (after a publication of ours, say)."""
        hear(self.house.ledger, self.blog)
        source = await self._source()
        while True:
            self.ready.set()
            source = await self._wait(source)
            if source["paused"] is None:
                source = await self._read(source) or await self._source()

    async def _wait(self, source: Row) -> Row:
        """Wait until the blog is to be read, or looked at again where it is paused; what is known of it then."""
        blog, paused = self.blog, source["paused"] is not None
        until = self.house.clock.now() + PAUSED if paused else source["next_read"]
        await self._rest(until, blog.hurry if paused else blog.wake)
        if blog.only_news and not paused:
            soon = after_news(blog.beat, source["next_read"], self.began, source["failures"])
            await self._rest(soon, blog.hurry)
        if paused or blog.wake.is_set():  # somebody may have changed it, which nobody does otherwise
            blog.taken_up()
            return await self._source()
        return source

    async def _rest(self, until: float, wake: asyncio.Event) -> None:
        wait = max(0.0, until - self.house.clock.now())
        self.house.pulse.beat(f"watch {self.blog.name}", wait)
        await self.house.clock.wait(wait, wake)

    async def read(self) -> None:
        """Read the blog once; whatever goes wrong is noted, and the next reading planned."""
        await self._read(await self._source())

    async def _source(self) -> Row:
        return await self.house.ledger.transact(lambda tx: sources.of(tx, self.blog.name))

    async def _read(self, source: Row) -> Row | None:
        """Read, and give what is known of the blog after that; None where it went wrong."""
        self.began = self.house.clock.now()
        try:
            self.blog.opened()
            patience = await self._pages(source["cursor"])
        except BlogPaused as error:
            reason = str(error)
            self.house.pulse.count("reading", self.blog.name, "paused")
            log.error("%s is paused: %s", self.blog.name, reason)  # noqa: TRY400 - the reason says all
            await self.house.ledger.transact(lambda tx: sources.pause(tx, self.blog.name, reason))
        except StepError as error:
            await self._failed(error, source["failures"] + 1)
        except LedgerError:
            raise
        except Exception as error:  # a fault of ours in one blog must not end the others
            log.exception("reading %s failed through a fault of ours", self.blog.name)
            await self._failed(RetryLater(f"Backchat itself failed here ({error!r}); its log says how"), 3)
        else:
            self.house.pulse.count("reading", self.blog.name, "read")
            self.house.pulse.beat(f"watch {self.blog.name}")  # what remains is the ledger's, which has no such patience
            fresh = await self.house.ledger.transact(
                partial(_read_to_the_end, self.house, self.blog, patience, self._quiet())
            )
            if source["failures"]:
                log.info("%s is read again, after %s failures", self.blog.name, source["failures"])
            return fresh
        return None

    def _quiet(self) -> float:
        """Seconds for which nothing has happened on the blog, as far as this process knows."""
        if self.blog.stirred.is_set():
            self.blog.stirred.clear()
            self.lively = self.house.clock.now()
        return self.house.clock.now() - self.lively

    async def _pages(self, cursor: str | None) -> float:
        """Read every page; seconds for which the server says that another reading is useless."""
        try:
            async with asyncio.timeout(None) as limit:
                return await self._page_by_page(cursor, limit)
        except TimeoutError:
            raise RetryLater(f"it gave nothing more within {PAGE / 60:.0f} minutes") from None

    def _get_on(self, limit: asyncio.Timeout, within: float) -> None:
        self.house.pulse.beat(f"watch {self.blog.name}", within)
        limit.reschedule(asyncio.get_running_loop().time() + within)

    async def _page_by_page(self, cursor: str | None, limit: asyncio.Timeout) -> float:
        patience, waiting = 0.0, Waiting()
        self._get_on(limit, PAGE)
        async with aclosing(cast(Any, self.blog.adapter.pages(cursor))) as pages:
            async for page in pages:
                self.house.pulse.beat(f"watch {self.blog.name}")
                missing = await self.house.ledger.transact(partial(record_page, self.house, self.blog.name, page))
                patience = max(patience, page.patience)
                if page.gap:
                    log.warning("%s: at least %d comments came and went unseen", self.blog.name, page.gap)
                waiting.take(page)
                await self._look(missing, page.read_at, page.waiting, limit)
        missing = await self.house.ledger.view(partial(waiting.missing, self.house, self.blog.name))
        await self._look(missing, waiting.read_at, waiting.stretches, limit)
        return patience

    async def _look(
        self, missing: Sequence[CommentId], read_at: float, waiting: Collection[Covers], limit: asyncio.Timeout
    ) -> None:
        """Ask one by one for the comments that were not where they should be."""
        self._get_on(limit, PAGE + LOOK * len(missing))
        if missing:
            standings = await self.blog.adapter.look(missing)
            await self.house.ledger.transact(
                partial(record_standings, self.house, self.blog.name, standings, read_at, waiting)
            )

    async def _failed(self, error: StepError, failures: int) -> None:
        self.house.pulse.count("reading", self.blog.name, "failed")
        self.blog.learn(error)
        now = self.house.clock.now()
        asked = error.after if isinstance(error, RetryLater) else None
        next_read = after_failure(self.blog.beat, now, failures, asked, random.random())  # noqa: S311
        log.warning("%s cannot be read: %s", self.blog.name, error)
        await self.house.ledger.transact(lambda tx: sources.failed(tx, self.blog.name, error.reason, next_read))


@dataclass(slots=True)
class Waiting:
    """What a whole reading shows of the comments that wait for approval: which, and where it shows them all."""

    shown: set[CommentId] = field(default_factory=set)
    stretches: set[Covers] = field(default_factory=set)
    read_at: float = math.inf

    def take(self, page: Page) -> None:
        """One more page of the reading."""
        self.shown |= {comment.id for comment in page.comments if comment.standing is Standing.PENDING}
        self.stretches |= {*page.waiting}
        self.read_at = min(self.read_at, page.read_at)

    def missing(self, house: House, blog: str, tx: Tx) -> list[CommentId]:
        """The comments that waited before and do so no more; nothing where the blog does not let us see them."""
        if not _sees_pending(house, blog):
            return []
        waited = {id for stretch in self.stretches for id in comments.waiting_in(tx, blog, stretch)}
        return [id for id in sorted(waited - self.shown) if not _settled_since(tx, blog, id, self.read_at)]


def record_page(house: House, blog: str, page: Page, tx: Tx) -> list[CommentId]:
    """Record a page with all that follows from it; the known comments that it should show and does not.

    Raises `BlogPaused` where the blog's numbers cannot be trusted any more; then nothing of the page stands.
    """
    now = house.clock.now()
    source = sources.of(tx, blog)
    initialised = bool(source["initialised"])
    for post in page.posts:
        comments.put_post(tx, blog, post, now)
    for comment in sorted(page.comments, key=lambda comment: comment.position):
        if not source["trusted"]:
            _refuse_reuse(tx, blog, comment, page)
        news = initialised and not (page.past and comments.by_native(tx, blog, comment.id) is None)
        _record(tx, house, blog, comment, page.read_at, news, now)
    sources.save_cursor(tx, blog, page.cursor)
    if page.gap:
        sources.missed(tx, blog, page.gap)
    return _missing(tx, blog, page)


def record_standings(
    house: House, blog: str, standings: Mapping[CommentId, Standing], read_at: float, waiting: Collection[Covers],
    tx: Tx,
) -> None:  # fmt: skip
    """Record how comments stand that a page lacked. In the stretches `waiting` we would see them if they waited."""
    now = house.clock.now()
    sees_pending = _sees_pending(house, blog)
    for native, standing in standings.items():
        row = comments.by_native(tx, blog, native)
        if row is None or row["settled_at"] >= read_at:
            continue
        if _has_sunk(row["standing"], standing, sees_pending=sees_pending and _within(row, waiting)):
            stirs(tx, blog)
            _sink(tx, house, row, standing, read_at, now)
        elif row["standing"] == Standing.PENDING and standing is Standing.PUBLIC:
            stirs(tx, blog)  # approved, and too old for any page: it is announced as it read when it waited
            _rise(tx, house, row, now, initialised=bool(sources.of(tx, blog)["initialised"]))


def _has_sunk(before: str, standing: Standing, *, sees_pending: bool) -> bool:
    """Whether a comment stands worse than before; who sees no pending ones cannot tell those from hidden ones."""
    if before == Standing.PUBLIC:
        return standing is not Standing.PUBLIC
    return before == Standing.PENDING and (standing is Standing.GONE or (sees_pending and standing is Standing.HIDDEN))


def _within(row: Row, stretches: Collection[Covers]) -> bool:
    return any(
        covers.first <= row["position"] <= covers.last and covers.post in {None, row["native_post"]}
        for covers in stretches
    )


def _sees_pending(house: House, blog: str) -> bool:
    open_ = house.blogs.get(BlogName(blog))
    return open_ is not None and open_.can(BlogAbility.READ_PENDING)


def _read_to_the_end(house: House, blog: OpenBlog, patience: float, quiet: float, tx: Tx) -> Row:
    now = house.clock.now()
    first = not sources.of(tx, blog.name)["initialised"] and not schemes.taken_over(tx, blog.name)
    if first and blog.first_run:
        for row in comments.newest_public(tx, blog.name, blog.first_run):
            comments.announced(tx, row["id"])
        for row in tx.all(
            "SELECT * FROM comment WHERE blog = ? AND announced = 1 ORDER BY created, position", blog.name
        ):
            want_comment(tx, house, row, now)
    following = after_success(blog.beat, now, random.random(), patience, quiet)  # noqa: S311
    return sources.read(tx, blog.name, now, following)


def _missing(tx: Tx, blog: str, page: Page) -> list[CommentId]:
    shown = {comment.id for comment in page.comments}
    return [
        native
        for covers in page.covers
        for native in comments.expected_in(tx, blog, covers)
        if native not in shown and not _settled_since(tx, blog, native, page.read_at)
    ]


def _settled_since(tx: Tx, blog: str, native: str, read_at: float) -> bool:
    """Whether one of our own comments, or one that we moderated, came to stand only after the page was read."""
    row = tx.one(
        "SELECT max(coalesce(answer.settled_at, 0), comment.settled_at) AS at FROM comment LEFT JOIN answer"
        " ON answer.blog = comment.blog AND answer.comment = comment.native"
        " WHERE comment.blog = ? AND comment.native = ?",
        blog, native,
    )  # fmt: skip
    return row is not None and bool(row["at"]) and row["at"] >= read_at


def _refuse_reuse(tx: Tx, blog: str, comment: Comment, page: Page) -> None:
    if comments.by_native(tx, blog, comment.id) is not None:
        return  # we made it, or accepted it before; what stood there is about to be found gone
    for other in comments.standing_at(tx, blog, comment.position):
        above = any(shown.position > comment.position and _was_read(tx, blog, shown) for shown in page.comments)
        if reused(comment, other, above):
            raise BlogPaused(
                f"comment {comment.position} of {blog} is another one than before, while newer ones are unchanged: the"
                " comments were probably imported or restored. Look at the blog, then run `backchat resume {blog}`."
            )


def _was_read(tx: Tx, blog: str, comment: Comment) -> bool:
    """Whether it was read before: what we only published may be younger than a comment below that we have not read."""
    row = comments.by_native(tx, blog, comment.id)
    return row is not None and row["position"] == comment.position


def _record(tx: Tx, house: House, blog: str, comment: Comment, read_at: float, initialised: bool, now: float) -> None:
    row = comments.by_native(tx, blog, comment.id)
    open_ = _attempts(tx, blog, comment)
    mark = digest(comment.text)
    verdict = judge(comment, mark, read_at, _known(tx, row), open_)
    if verdict not in {Verdict.KNOWN, Verdict.WAIT}:
        stirs(tx, blog)
    if verdict is Verdict.MOVED and row is not None:
        comments.move(tx, row["id"], blog, comment)
        row = comments.by_native(tx, blog, comment.id)  # it may read or stand otherwise as well, and be told only once
        verdict = judge(comment, mark, read_at, _known(tx, row), open_)
    if verdict is Verdict.NEW:
        _arrived(tx, house, blog, comment, mark, initialised, now)
    elif verdict is Verdict.OURS:
        _ours(tx, house, blog, comment, open_, now)
    elif row is not None:
        _seen_again(tx, house, comment, row, verdict, initialised, now)


def _arrived(tx: Tx, house: House, blog: str, comment: Comment, mark: str, initialised: bool, now: float) -> None:
    origin = Origin.VISITOR if comment.account is None else Origin.AUTHOR
    id = comments.insert(tx, blog, comment, origin, now, mark=mark)
    if comment.standing in {Standing.PUBLIC, Standing.PENDING}:
        follow(tx, house, comments.get(tx, id), now, announce=initialised)


def _seen_again(
    tx: Tx, house: House, comment: Comment, row: Row, verdict: Verdict, initialised: bool, now: float
) -> None:
    if comments.refresh(tx, row["id"], comment):
        changed(tx, row["id"], now)
    if verdict is Verdict.EDITED:
        comments.edit(tx, row["id"], comment)
        changed(tx, row["id"], now)
    elif verdict is Verdict.EDITED_THERE:
        _edited_there(tx, row, comment, now)
    elif verdict in {Verdict.SUNK, Verdict.WAITS}:
        _reword(tx, row, comment)
        _sink(tx, house, row, comment.standing, now, now)
    elif verdict is Verdict.RISEN:
        _reword(tx, row, comment)
        _rise(tx, house, row, now, initialised=initialised)
    fresh = comments.get(tx, row["id"])
    if fresh["answer"] is not None:
        _learn(tx, house, comment, fresh["answer"], now)
        if fresh["standing"] == Standing.PUBLIC and not fresh["announced"]:
            want_comment(tx, house, fresh, now)


def _rise(tx: Tx, house: House, row: Row, now: float, *, initialised: bool) -> None:
    """A comment is public, and was not: it is announced, and its writer is told if it is ours."""
    _stand(tx, row, Standing.PUBLIC)
    if row["answer"] is not None:
        answer = answers.get(tx, row["answer"])
        if answer["state"] in {AnswerState.PENDING, AnswerState.GONE}:
            lives.move(tx, answer["id"], AnswerState.PUBLIC, now)
    follow(tx, house, comments.get(tx, row["id"]), now, announce=initialised)


def _reword(tx: Tx, row: Row, comment: Comment) -> None:
    """It may read otherwise as well, and is told only once."""
    if row["answer"] is None and digest(comment.text) != row["digest"]:
        comments.edit(tx, row["id"], comment)


def _stand(tx: Tx, row: Row, standing: Standing) -> None:
    comments.stand(tx, row["id"], standing, attributed(tx, row["id"], standing))


def _sink(tx: Tx, house: House, row: Row, standing: Standing, read_at: float, now: float) -> None:
    """A comment is public no more, or waits anew: its renderings go; if it is ours, its writer is told."""
    if row["answer"] is not None:
        answer = answers.get(tx, row["answer"])
        if (answer["settled_at"] or 0.0) >= read_at:
            return
        if answer["state"] in {AnswerState.PUBLIC, AnswerState.REVISING, AnswerState.PENDING, AnswerState.GONE}:
            _told_sunk(tx, answer["id"], standing, now)
    _stand(tx, row, standing)
    follow(tx, house, comments.get(tx, row["id"]), now)


def _told_sunk(tx: Tx, answer: int, standing: Standing, now: float) -> None:
    if standing is Standing.PENDING:
        lives.move(tx, answer, AnswerState.PENDING, now)
    else:
        lives.move(tx, answer, AnswerState.GONE, now, "It was removed on the blog.")


def _edited_there(tx: Tx, row: Row, comment: Comment, now: float) -> None:
    answer = answers.get(tx, row["answer"])
    tx.run("UPDATE answer SET blog_edited = 1 WHERE id = ?", answer["id"])
    comments.edit(tx, row["id"], comment)
    changed(tx, row["id"], now)
    note(tx, answer, "This answer was edited on the blog; what stands there now differs from the message here.", now)


def _ours(tx: Tx, house: House, blog: str, comment: Comment, open_: Sequence[Attempted], now: float) -> None:
    """An answer of ours, read before we knew that it stands: now we know."""
    attempt = claimed(comment, open_)
    assert attempt is not None
    delivery = tx.one(
        "SELECT target.subject FROM delivery JOIN target ON target.id = delivery.target"
        " WHERE delivery.key = ? AND delivery.step = 'publish' ORDER BY delivery.id DESC LIMIT 1",
        attempt.key,
    )
    assert delivery is not None
    comments.insert(tx, blog, comment, Origin.OURS, now, delivery["subject"])
    _learn(tx, house, comment, delivery["subject"], now)


def _learn(tx: Tx, house: House, comment: Comment, answer: int, now: float) -> None:
    """Where we are in doubt whether an answer was published: here it stands."""
    target = lives.target_of(tx, answer)
    delivery = None if target is None else targets.open_delivery(tx, target["id"])
    if delivery is None or delivery["step"] != "publish" or delivery["state"] == "sending":
        return
    result = {
        "comment": comment.id,
        "link": comment.link,
        "pending": comment.standing is not Standing.PUBLIC,
        "text": json.loads(delivery["sent"])["text"],
    }
    settle.learnt(tx, house, delivery, result, now)


def _attempts(tx: Tx, blog: str, comment: Comment) -> list[Attempted]:
    rows = tx.all(
        "SELECT delivery.key, delivery.sent FROM target JOIN delivery ON delivery.target = target.id"
        " WHERE target.kind = 'answer' AND target.subject IN (SELECT answer.id FROM answer JOIN post"
        " ON post.id = answer.post WHERE post.blog = ? AND post.native = ? AND answer.comment IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM comment WHERE comment.answer = answer.id))"
        " AND delivery.step = 'publish' AND delivery.state IN ('sending', 'unknown', 'parked', 'done')",
        blog, comment.post,
    )  # fmt: skip
    return [_attempted(row["key"], json.loads(row["sent"])) for row in rows]


def _attempted(key: str, sent: Mapping[str, Any]) -> Attempted:
    parent = None if sent["parent"] is None else CommentId(sent["parent"])
    return Attempted(key, load(sent["text"]), AccountName(sent["account"]), parent)


def _known(tx: Tx, row: Row | None) -> Known | None:
    if row is None:
        return None
    origin, standing = Origin(row["origin"]), Standing(row["standing"])
    if row["answer"] is None:
        return Known(row["digest"], standing, row["native_post"], origin, settled_at=row["settled_at"])
    answer = answers.get(tx, row["answer"])
    target = lives.target_of(tx, answer["id"])
    delivery = None if target is None else targets.open_delivery(tx, target["id"])
    sent = json.loads(delivery["sent"]).get("text") if delivery is not None else None
    return Known(
        row["digest"], standing, row["native_post"], origin,
        None if answer["standing_text"] is None else load(answer["standing_text"]),
        max(answer["settled_at"] or 0.0, row["settled_at"]), None if sent is None else load(sent),
        bool(answer["blog_edited"]),
    )  # fmt: skip
