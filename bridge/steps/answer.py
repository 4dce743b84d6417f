"""An answer as it should stand on the blog: published, revised, withdrawn."""

from __future__ import annotations

from collections.abc import Sequence

from bridge import answers as lives
from bridge import moderation
from bridge.authorise import only_read
from bridge.errors import Refused
from bridge.house import SOON, House, OpenBlog, read_at_once
from bridge.keys import key
from bridge.ledger import answers, comments, decisions, inbox, runs, sources, targets, threads
from bridge.ledger.decisions import Moderator
from bridge.mirror import changed, follow, note
from bridge.model import (
    AccountName,
    AnswerState,
    BlogName,
    ChatName,
    Choice,
    Comment,
    Commenter,
    CommentId,
    Found,
    Key,
    MessageId,
    Origin,
    PostId,
    Published,
    Standing,
    ThreadId,
    Written,
)
from bridge.outcome import Ways
from bridge.ports import BlogAbility, ChatAbility, Finds, Publishes, ReadsMessages, Revises, Row, Tx, Withdraws
from bridge.steps.shape import (
    Ambiguous,
    Check,
    Impossible,
    Later,
    Nothing,
    Plain,
    Plan,
    Planned,
    Sent,
    Work,
    unreached,
)
from bridge.text.tree import digest, load, same_words

CLOCKS = 2.0
"""Seconds by which a blog's clock may be behind ours, and by which it rounds."""


class AnswerSteps(Plain):
    """`publish`, `revise` and `withdraw` one answer."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """What the blog lacks of the answer."""
        answer = answers.get(tx, target["subject"])
        if target["tombstone"]:
            return Nothing()
        blog = house.blogs.get(BlogName(answer["blog"]))
        if blog is None or blog.ready is None:
            return unreached(f"the blog {answer['blog']}", blog is not None, now)
        paused = sources.paused(tx, answer["blog"])
        if paused is not None:
            return Later(now + 60.0, f"the blog is paused: {paused}")
        wanted = answer["comment"] is not None or not target["absent"]
        if wanted and (beyond := lives.out_of_reach(tx, answer)) is not None:
            return Impossible(beyond)
        if target["absent"]:
            return self._withdraw(tx, blog, answer, now)
        if answer["comment"] is not None:
            asked = self._check(tx, house, answer, now) if answer["recheck"] else None
            return asked or self._revise(tx, house, blog, answer, target, now)
        return self._check(tx, house, answer, now) or self._publish(tx, house, blog, answer, target, now)

    def _check(self, tx: Tx, house: House, answer: Row, now: float) -> Planned | None:
        """Nothing is published from a thread that is not caught up, nor a text that stands there no more."""
        thread = threads.get(tx, answer["thread"])
        chat = house.chats.get(ChatName(answer["chat"]))
        if chat is None or chat.ready is None:
            return unreached(f"the chat {answer['chat']}", chat is not None, now, aside=True)
        if not inbox.caught_up(tx, answer["chat"], house.ledger.run, str(thread["native"])):
            return Later(now + 0.5, "the thread is still being caught up", aside=True)
        if not chat.can(ChatAbility.READ):
            return None
        messages = [row["native"] for row in answers.sources(tx, answer["id"]) if not row["form"]]
        return Check({"chat": answer["chat"], "thread": thread["native"], "messages": messages})

    async def check(self, house: House, work: Work) -> object:
        """The answer's messages as they stand in the chat at this moment."""
        adapter = house.chat(work.sent["chat"]).adapter
        assert isinstance(adapter, ReadsMessages)
        thread = ThreadId(work.sent["thread"])
        return {native: await adapter.read(thread, MessageId(native)) for native in work.sent["messages"]}

    def checked(self, tx: Tx, house: House, target: Row, seen: object, now: float) -> Planned:
        """Publish if the text still stands; else take over what stands, as if its event had come."""
        assert isinstance(seen, dict)
        tx.run("UPDATE answer SET recheck = 0 WHERE id = ?", target["subject"])
        answer = answers.get(tx, target["subject"])
        if target["absent"] or target["held_until"] > now:
            return Later(now)
        if [row["native"] for row in answers.sources(tx, answer["id"]) if not row["form"]] != list(seen):
            return Later(now)
        for native, written in seen.items():
            taken = self._taken_over(tx, house, answer, native, written, now)
            if taken is not None:
                return taken
        blog = house.blog(answer["blog"])
        if answer["comment"] is not None:
            return self._revise(tx, house, blog, answer, target, now)
        return self._publish(tx, house, blog, answer, target, now)

    def _taken_over(
        self, tx: Tx, house: House, answer: Row, native: str, written: Written | None, now: float
    ) -> Planned | None:
        message = threads.message(tx, answer["chat"], native)
        assert message is not None
        if written is None:
            lives.removed(tx, house, message, now)
            return Later(now)
        if load(message["body"]) == written.text:
            return None
        silenced = not lives.speaks(tx, house, answer, written.writer)
        if silenced and answer["comment"] is None:
            return Impossible(lives.SILENCED)
        lives.revised(tx, house, message, written.text, written.writer, now)
        return None if silenced else Later(now)

    def _publish(self, tx: Tx, house: House, blog: OpenBlog, answer: Row, target: Row, now: float) -> Planned:
        ready = blog.opened()
        route = house.route(answer["route"])
        if route is None:
            return Impossible("Its route was removed from Backchat's configuration.")
        if route.blog != answer["blog"]:
            return Impossible("Its route serves another blog now, so it was not published.")
        if not lives.may_speak(tx, house, answer):
            return Impossible("Its writer speaks for this route no more, so it was not published.")
        if not blog.can(BlogAbility.PUBLISH):
            return Impossible(_only_read(tx, answer))
        if answer["account"] not in ready.accounts:
            return Impossible(f"The blog has no account {answer['account']}: the operator must configure it.")
        return self._approval(tx, answer, target, now) or self._sent(tx, house, blog, answer, target)

    def _approval(self, tx: Tx, answer: Row, target: Row, now: float) -> Planned | None:
        """What has to happen before an answer from a moderation room: the comment that it answers is approved."""
        row = comments.by_native(tx, answer["blog"], answer["addressed"]) if answer["approves"] else None
        if row is None or row["standing"] == Standing.PUBLIC:
            return None
        if row["standing"] != Standing.PENDING:
            return Impossible("The comment that it answers was taken off the blog meanwhile.")
        if row["digest"] != answer["approves"]:
            return Impossible("The comment that it answers has changed meanwhile: look at it, and answer again.")
        open_ = decisions.open_for(tx, row["id"])
        if open_ is not None and open_["choice"] != Choice.APPROVE:
            return Later(now + SOON, "a moderator has decided about the comment that it answers", aside=True)
        first = self._decision(tx, open_) if open_ is not None else self._decided(tx, answer, row, now)
        targets.need(tx, target["id"], first)
        lives.move(tx, answer["id"], AnswerState.PUBLISHING, now, "The comment that it answers is approved first.")
        return Later(now)

    def _decision(self, tx: Tx, open_: Row) -> int:
        found = targets.find(tx, "moderation", open_["id"], open_["thread"])
        assert found is not None
        return int(found["id"])

    def _decided(self, tx: Tx, answer: Row, comment: Row, now: float) -> int:
        """Whoever answers from a moderation room has decided: the comment is approved, in their name."""
        first = answers.all_sources(tx, answer["id"])[0]
        by = Moderator(answer["author"], first["name"] or answer["author"], answer["speaker"], answer["account"])
        return moderation.begin(tx, comment, answer["thread"], first["id"], by, Choice.APPROVE, now, now)

    def _sent(self, tx: Tx, house: House, blog: OpenBlog, answer: Row, target: Row) -> Plan:
        ready = blog.opened()
        made = _key(tx, house, answer, target)
        sent = {**_where(tx, answer), "parent": answer["parent"], "text": answer["body"]}
        pace = f"{answer['blog']}/{answer['account']}"
        spacing = ready.paces.get(AccountName(answer["account"]), ready.limits.pace)
        since = self._doubt(tx, blog, answer, target)
        doubt = None if since is None else "looking whether it is there already"
        sent |= {} if since is None else {"since": since}
        return Plan("publish", made, sent, 0, ready.limits.settle_after, pace, spacing, doubt)

    def _doubt(self, tx: Tx, blog: OpenBlog, answer: Row, target: Row) -> float | None:
        """When it was written, if that was before this run: it may be published, and the ledger restored since."""
        first = answers.all_sources(tx, answer["id"])[0]
        if first["at"] > runs.began(tx) or targets.tried(tx, target["id"], "publish"):
            return None
        return float(first["at"]) if blog.can(BlogAbility.FIND) else None

    def _revise(self, tx: Tx, house: House, blog: OpenBlog, answer: Row, target: Row, now: float) -> Planned:
        if answer["standing_text"] == answer["body"]:
            lives.rest(tx, answer["id"], now)
            return Nothing()
        if not blog.can(BlogAbility.REVISE):
            return Impossible("A published comment cannot be edited on this blog from here.")
        made = _key(tx, house, answer, target)
        return Plan("revise", made, {**_standing(tx, answer), "text": answer["body"]})

    def _withdraw(self, tx: Tx, blog: OpenBlog, answer: Row, now: float) -> Planned:
        if answer["comment"] is None:
            lives.move(tx, answer["id"], AnswerState.CANCELLED, now)
            return Nothing()
        if answer["state"] in {AnswerState.GONE, AnswerState.WITHDRAWN}:
            return Nothing()
        if not blog.can(BlogAbility.WITHDRAW):
            return Impossible("It cannot be removed from the blog from here.")
        return Plan("withdraw", "", _standing(tx, answer))

    async def perform(self, house: House, work: Work) -> Sent:
        """Publish, revise or withdraw."""
        blog = house.blog(work.sent["blog"])
        blog.opened()
        account, post = AccountName(work.sent["account"]), PostId(work.sent["post"])
        adapter = blog.adapter
        if work.step == "publish":
            assert isinstance(adapter, Publishes)
            parent = None if work.sent["parent"] is None else CommentId(work.sent["parent"])
            return _published(
                await adapter.publish(account, post, parent, load(work.sent["text"]), Key(work.key)), work.sent["text"]
            )
        comment, expected = CommentId(work.sent["comment"]), load(work.sent["expected"])
        if work.step == "revise":
            assert isinstance(adapter, Revises)
            text = load(work.sent["text"])
            return _published(
                await adapter.revise(account, post, comment, expected, text, Key(work.key)), work.sent["text"]
            )
        assert isinstance(adapter, Withdraws)
        await adapter.withdraw(account, post, comment, expected)
        return {}

    async def look(self, house: House, work: Work) -> Sent | None:
        """The comment that carries one of the keys that were tried, with the text that was sent under that key."""
        blog = house.blog(work.sent["blog"])
        blog.opened()
        if not isinstance(blog.adapter, Finds):
            raise Refused("this blog cannot be searched")
        keys = [Key(tried) for tried, _ in work.tried]
        found = await blog.adapter.find(AccountName(work.sent["account"]), PostId(work.sent["post"]), keys)
        ours = [one for one in found if _is_ours(one, work)] or await _by_words(house, found, work)
        if len(ours) > 1:
            raise Ambiguous("several comments on the blog could be it")
        return next((_found(one, work) for one in ours), None)

    def ways(self, house: House, target: Row, step: str) -> Ways:
        """Revising and withdrawing read first, so they can be repeated; publishing must be looked up."""
        blog = house.blogs.get(BlogName(_blog_of(target)))
        can = blog is None or blog.ready is None or blog.can(BlogAbility.FIND)
        return Ways(repeatable=step != "publish", searchable=can)

    def begun(self, tx: Tx, target: Row, step: str, now: float) -> None:
        """The undo delay is over: the writer sees that it is on its way."""
        if step == "publish":
            lives.move(tx, target["subject"], AnswerState.PUBLISHING, now)

    def done(self, tx: Tx, house: House, target: Row, work: Work, result: Sent, now: float) -> bool:
        """What stands on the blog now, for the writer, for the other rooms, and for the next reading."""
        answer = answers.get(tx, target["subject"])
        if work.step == "withdraw":
            self._withdrawn(tx, answer, now)
            return True
        text = load(result["text"])
        answers.stands(tx, answer["id"], result["comment"], result["link"], text, now)
        self._remember(tx, house, answer, result, now)
        state = AnswerState.PENDING if result["pending"] else AnswerState.PUBLIC
        if target["absent"]:
            state = AnswerState.WITHDRAWING
        elif result["text"] != answer["body"]:
            state = AnswerState.REVISING
        lives.move(tx, answer["id"], state, now)
        read_at_once(tx, answer["blog"])
        return not target["absent"] and result["text"] == answer["body"]

    def _withdrawn(self, tx: Tx, answer: Row, now: float) -> None:
        tx.run("UPDATE answer SET settled_at = ? WHERE id = ?", now, answer["id"])
        lives.move(tx, answer["id"], AnswerState.WITHDRAWN, now)
        row = comments.by_native(tx, answer["blog"], answer["comment"]) if answer["comment"] else None
        if row is not None:
            comments.stand(tx, row["id"], Standing.GONE)
            changed(tx, row["id"], now)

    def _remember(self, tx: Tx, house: House, answer: Row, result: Sent, now: float) -> None:
        """Our comment's row: so that the next reading knows it as ours (law 6), and shows it in the other rooms."""
        row = comments.by_native(tx, answer["blog"], result["comment"])
        standing = Standing.PENDING if result["pending"] else Standing.PUBLIC
        if row is None:
            post = comments.post(tx, answer["post"])
            comment = Comment(
                CommentId(result["comment"]), PostId(post["native"]), 0, _parent(answer), Commenter(answer["account"]),
                load(result["text"]), now, result["link"], standing=standing,
            )  # fmt: skip
            id = comments.insert(tx, answer["blog"], comment, Origin.OURS, now, answer["id"])
        else:
            id = row["id"]
            tx.run(
                "UPDATE comment SET origin = 'ours', answer = ?, standing = ?, body = ?, digest = ?, rev = rev + 1"
                " WHERE id = ?",
                answer["id"], standing, result["text"], digest(load(result["text"])), id,
            )  # fmt: skip
            changed(tx, id, now)
        if standing is Standing.PENDING:
            follow(tx, house, comments.get(tx, id), now)

    def waiting(self, tx: Tx, target: Row, work: Work, reason: str, now: float) -> None:
        """The writer sees why it takes longer."""
        answer = answers.get(tx, target["subject"])
        lives.move(tx, answer["id"], AnswerState(answer["state"]), now, reason)

    def stopped(self, tx: Tx, target: Row, state: str, reason: str, now: float) -> None:
        """The writer sees why it cannot be published, changed or removed, or that we cannot tell."""
        answer = answers.get(tx, target["subject"])
        if state == "parked":
            reason = lives.IN_DOUBT
            lives.move(tx, answer["id"], AnswerState.PARKED, now, reason)
        else:
            lives.rest(tx, answer["id"], now, reason)
        if target["absent"] and (state == "parked" or answer["comment"] is not None):
            note(tx, answer, reason, now)  # its messages are gone, and their receipts with them


def _key(tx: Tx, house: House, answer: Row, target: Row) -> Key:
    name = f"{answer['chat']}/{answers.first_message(tx, answer['id'])}"
    return key(house.secret, f"blog:{answer['blog']}", name, 0, answer["body"], target["generation"])


def _only_read(tx: Tx, answer: Row) -> str:
    """It was held before the blog had been reached, and told what it cannot do."""
    row = comments.by_native(tx, answer["blog"], answer["addressed"]) if answer["addressed"] else None
    return only_read(None if row is None else row["link"], comments.post(tx, answer["post"])["address"])


def _where(tx: Tx, answer: Row) -> Sent:
    post = comments.post(tx, answer["post"])
    return {"blog": answer["blog"], "account": answer["account"], "post": post["native"]}


def _standing(tx: Tx, answer: Row) -> Sent:
    return {**_where(tx, answer), "comment": answer["comment"], "expected": answer["standing_text"]}


def _parent(answer: Row) -> CommentId | None:
    return None if answer["parent"] is None else CommentId(answer["parent"])


def _published(published: Published, text: str) -> Sent:
    return {"comment": published.comment, "link": published.link, "pending": published.pending, "text": text}


def _found(found: Found, work: Work) -> Sent:
    text = next(text for key, text in reversed(_texts(work)) if _says(found, key, text))
    return {"comment": found.comment, "link": found.link, "pending": found.pending, "text": text}


def _texts(work: Work) -> list[tuple[str, str]]:
    """Every key that was tried, with the text that was sent under it, the oldest first."""
    return [(key, sent["text"]) for key, sent in work.tried]


def _says(found: Found, key: str, text: str) -> bool:
    """Whether it carries the key, or none, and says what was sent under it."""
    return found.key in {key, None} and same_words(found.text, load(text))


def _is_ours(found: Found, work: Work) -> bool:
    return found.key is not None and any(_says(found, key, text) for key, text in _texts(work))


async def _by_words(house: House, found: Sequence[Found], work: Work) -> list[Found]:
    """Those without a key that must be it: words, account and time fit, and nobody knows them for anything else."""
    since = min(work.first, work.sent.get("since", work.first)) - CLOCKS
    fit = [
        one
        for one in found
        if one.key is None
        and (one.created is None or one.created >= since)
        and any(_says(one, key, text) for key, text in _texts(work))
    ]
    if not fit:
        return []
    return await house.ledger.view(lambda tx: [one for one in fit if not _known_otherwise(tx, work, one)])


def _known_otherwise(tx: Tx, work: Work, found: Found) -> bool:
    """Whether it is known for something else than this answer.

    What this run was the first to read as the author's own may be an answer that a restored ledger has forgotten.
    """
    row = comments.by_native(tx, work.sent["blog"], found.comment)
    if row is None or row["answer"] == targets.get(tx, work.target)["subject"]:
        return False
    forgotten = "since" in work.sent and row["seen"] >= runs.began(tx)
    return not (forgotten and row["origin"] == Origin.AUTHOR and row["answer"] is None)


def _blog_of(target: Row) -> str:
    return str(target["lane"]).removeprefix("blog:").rpartition("/")[0]
