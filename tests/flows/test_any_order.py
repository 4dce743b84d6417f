"""Whatever people do, and whatever goes wrong, in any order: in the end everything stands once, and as it is wanted."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from bridge.model import AnswerState, Choice, CommentId, MessageId, Standing
from bridge.ports import Tx
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage, desk, place, route
from bridge.text.tree import wording
from tests.flows.stories import receipt

PICK = st.integers(0, 10**6)
FAULTS = st.sampled_from([Fault.LATER, Fault.LOST_BEFORE, Fault.LOST_AFTER])


class AnyOrder(RuleBasedStateMachine):
    """Two rooms and a moderation room, visitors, an author in the first room, a moderator, faults, crashes and time.

    No rule has a precondition: what stands where at a moment depends on threads, and what is drawn must not.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        clock = DrivenClock()
        self.blog, self.lounge, self.cellar = FakeBlog(clock), FakeChat(clock), FakeChat(clock)
        self.office = FakeChat(clock)
        self.stage = Stage(
            clock=clock, blog=self.blog, chats={"lounge": self.lounge, "cellar": self.cellar, "office": self.office},
            routes=[route(place("lounge"), place("cellar", bob="ada"), desks=[desk("office")])],
            ledger=Path(self.folder.name) / "ledger.db",
        )  # fmt: skip
        self.number = 0
        self.texts: dict[MessageId, str] = {}
        self.past: list[str] = []
        self.unwanted: set[str] = set()
        self.marks: list[str] = []
        self.blog.post()
        self.run(self.stage.start())
        self.run(self.stage.pass_time(6))

    def run(self, story: Coroutine[Any, Any, None]) -> None:
        self.stage.clock.advance(0.01)
        self.runner.run(story)

    def words(self) -> str:
        self.number += 1
        return f"words {self.number}."

    def visitors(self) -> list[CommentId]:
        return [s.comment.id for s in self.blog.stored.values() if s.comment.commenter.name != "ada"]

    # What people do --------------------------------------------------------------------------------------------------

    @rule(pick=PICK, under=st.booleans(), held=st.booleans())
    def a_visitor_comments(self, pick: int, under: bool, held: bool) -> None:
        ids = self.visitors()
        parent = ids[pick % len(ids)] if ids and under else None
        standing = Standing.PENDING if held else Standing.PUBLIC
        self.blog.comment(self.words(), name=f"Visitor {pick % 3}", under=parent, standing=standing)
        self.run(self.stage.settle())

    @rule(pick=PICK, choice=st.sampled_from(Choice), stale=st.booleans())
    def a_moderator_chooses(self, pick: int, choice: Choice, stale: bool) -> None:
        cards = [id for id in _ours(self.office) if self.office.offer(id)[0]]
        if not cards:
            return
        about = cards[pick % len(cards)]
        mark = self.marks[pick % len(self.marks)] if stale and self.marks else self.office.offer(about)[1]
        self.marks.append(mark)
        self.office.choose(about, choice, mark=mark)
        self.run(self.stage.settle())

    @rule(pick=PICK)
    def a_visitor_edits(self, pick: int) -> None:
        if ids := self.visitors():
            self.blog.edit(ids[pick % len(ids)], self.words())
        self.run(self.stage.settle())

    @rule(pick=PICK)
    def a_visitor_deletes(self, pick: int) -> None:
        if ids := self.visitors():
            self.blog.remove(ids[pick % len(ids)])
        self.run(self.stage.settle())

    @rule(pick=PICK, standing=st.sampled_from([Standing.PUBLIC, Standing.HIDDEN, Standing.PENDING]))
    def a_moderator_decides(self, pick: int, standing: Standing) -> None:
        if ids := self.visitors():
            self.blog.stand(ids[pick % len(ids)], standing)
        self.run(self.stage.settle())

    @rule(pick=PICK, plainly=st.booleans())
    def the_author_writes(self, pick: int, plainly: bool) -> None:
        ours = _ours(self.lounge)
        if not ours:
            return
        about = ours[pick % len(ours)]
        words = self.words()
        message = self.lounge.write(self.lounge.thread(), words, reply_to=None if plainly else about)
        self.texts[message] = words
        self.run(self.stage.settle())

    def answers(self) -> list[MessageId]:
        return [message for message, words in self.texts.items() if not words.startswith("//")]

    @rule(pick=PICK)
    def the_author_edits(self, pick: int) -> None:
        answers = self.answers()
        if not answers:
            return
        message = answers[pick % len(answers)]
        self.past.append(self.texts[message])
        self.texts[message] = self.words()
        self.lounge.edit_message(message, self.texts[message])
        self.run(self.stage.settle())

    @rule(pick=PICK, aside=st.booleans())
    def the_author_takes_back(self, pick: int, aside: bool) -> None:
        answers = self.answers()
        if not answers:
            return
        message = answers[pick % len(answers)]
        self.past.append(self.texts.pop(message))
        if aside:
            self.texts[message] = "// " + self.past[-1]
            self.lounge.edit_message(message, self.texts[message])
        else:
            self.lounge.delete(message)
        self.run(self.stage.settle())

    @rule(pick=PICK)
    def somebody_deletes_a_copy(self, pick: int) -> None:
        ours = _ours(self.cellar)
        if not ours:
            return
        message = ours[pick % len(ours)]
        self.unwanted.add(self.origin(message))
        self.cellar.delete(message)
        self.run(self.stage.settle())

    def origin(self, message: MessageId) -> str:
        """The number of the comment that a copy in the cellar shows, by the text that it had then."""
        key = self.cellar.messages[message].key
        return self.runner.run(self.stage.ask(lambda tx: _comment_under(tx, str(key))))

    # What goes wrong -------------------------------------------------------------------------------------------------

    @rule(
        faults=st.lists(FAULTS, min_size=1, max_size=3), where=st.sampled_from(["blog", "lounge", "cellar", "office"])
    )
    def the_line_is_bad(self, faults: list[Fault], where: str) -> None:
        lines = {"blog": self.blog.line, "lounge": self.lounge.line, "cellar": self.cellar.line,
                 "office": self.office.line}  # fmt: skip
        lines[where].faults.extend(faults)

    @rule(turns=st.integers(0, 40), down=st.sampled_from([1.0, 60.0, 4000.0]))
    def everything_crashes(self, turns: int, down: float) -> None:
        async def story() -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            await self.stage.crash()
            self.stage.clock.advance(down)
            await self.stage.start()

        self.stage.clock.advance(0.5)
        self.run(story())

    @rule(down=st.sampled_from([1.0, 60.0]))
    def it_is_stopped_and_started(self, down: float) -> None:
        async def story() -> None:
            await self.stage.stop()
            self.stage.clock.advance(down)
            await self.stage.start()

        self.run(story())

    @rule(seconds=st.sampled_from([0.5, 3.0, 11.0]))
    def time_passes(self, seconds: float) -> None:
        self.run(self.stage.pass_time(seconds))

    # In the end ------------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self.run(self.quiet())
            self.check()
        finally:
            self.runner.run(self.stage.stop())
            self.runner.close()
            self.folder.cleanup()

    async def quiet(self) -> None:
        """Let everything that is under way end, with no more faults."""
        for line in (self.blog.line, self.lounge.line, self.cellar.line, self.office.line):
            line.faults.clear()
        for _ in range(2):
            await self.stage.pass_time(12)
            for _ in range(60):
                if not await self.stage.ask(_busy):
                    break
                self.stage.clock.advance(20)
                await self.stage.pass_time(2)
            else:
                raise AssertionError("it never comes to rest")

    def check(self) -> None:
        public = {str(c.id): (wording(c.text), c.commenter.name) for c in self.blog.public()}
        visitors = [words for words, name in public.values() if name != "ada"]
        assert Counter(_said(self.lounge)) == Counter(visitors)
        wanted = [words for id, (words, _) in public.items() if id not in self.unwanted]
        assert Counter(_said(self.cellar)) == Counter(wanted)
        self.check_answers([words for words, name in public.values() if name == "ada"])
        self.check_cards()

    def check_cards(self) -> None:
        """Each comment that waits has one card that says so, and no other has one that does."""
        pending = [s.comment for s in self.blog.stored.values() if s.standing is Standing.PENDING]
        waits = [said.split(": ", 2)[2] for said in self.office.standing() if said.startswith("Waits: ")]
        assert Counter(waits) == Counter(wording(comment.text) for comment in pending)

    def check_answers(self, ours: list[str]) -> None:
        everything = " ".join(ours)
        links = set()
        for message in self.answers():
            seen = receipt(self.lounge, message)
            assert seen.state in {AnswerState.PUBLIC, AnswerState.REFUSED}, seen
            assert everything.count(self.texts[message]) == (seen.state is AnswerState.PUBLIC), seen
            if seen.state is AnswerState.PUBLIC:
                links.add(seen.link)
            else:
                assert seen.reason
        assert len(links) == len(ours)
        assert not any(words in everything for words in self.past)


def _ours(chat: FakeChat) -> list[MessageId]:
    return [id for id, m in chat.messages.items() if m.writer == "backchat" and not m.deleted]


def _said(chat: FakeChat) -> list[str]:
    return [" ".join(body.partition(": ")[2].split()) for body in chat.standing()]


def _comment_under(tx: Tx, key: str) -> str:
    row = tx.one(
        "SELECT comment.native FROM delivery JOIN target ON target.id = delivery.target"
        " JOIN comment ON comment.id = target.subject WHERE delivery.key = ?",
        key,
    )
    assert row is not None
    return str(row["native"])


def _busy(tx: Tx) -> bool:
    stuck = tx.one("SELECT 1 FROM target WHERE state IN ('ready', 'sending', 'unknown') LIMIT 1")
    return stuck is not None or tx.one("SELECT 1 FROM inbox WHERE state = 'new' LIMIT 1") is not None


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=80, stateful_step_count=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
