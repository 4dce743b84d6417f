"""Two things at once, of which the second must not take back the first."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from bridge.errors import RetryLater
from bridge.ledger import comments
from bridge.model import MessageId, Page, PostId, ThreadId, Written
from bridge.ports import Tx
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_chat import FakeChat
from bridge.testing.stage import Stage
from bridge.text.tree import load, paragraph
from bridge.watch import record_page
from tests.flows.stories import begun


async def test_law_07_a_comment_that_moved_and_was_edited_at_once_is_both_though_it_is_told_once() -> None:
    """A feed tells a change in one reading, and its cursor vouches for it."""
    async with Stage() as stage:
        await begun(stage)
        comment = stage.blog.public()[0]
        moved = replace(comment, post=PostId("/second/"), text=paragraph("How do you prune lavender?"))
        page = Page((moved,), (), (), "told", stage.clock.now())
        await stage.ask(partial(record_page, stage.house, "garden", page))
        row = await stage.ask(lambda tx: comments.by_native(tx, "garden", moved.id))
        assert row is not None
        assert (row["native_post"], load(row["body"]), row["edited"]) == ("/second/", moved.text, 1)
        assert await stage.ask(lambda tx: tx.one("SELECT 1 FROM target WHERE kind = 'comment' AND wanted > applied"))


async def test_an_edit_while_the_chat_is_asked_in_vain_keeps_its_whole_undo_delay() -> None:
    clock = DrivenClock()
    chat = _Interrupting(clock)
    chat.stage = stage = Stage(chats={"lounge": chat}, clock=clock)
    async with stage:
        await begun(stage)
        chat.write(chat.thread(), "Prune in Febuary.", reply_to=chat.ours("roses"))
        await stage.until(lambda: chat.interrupted is not None, "the chat to be asked what stands there")
        assert chat.interrupted is not None
        while stage.clock.now() < chat.interrupted + 9:
            await stage.pass_time(0.5)
            assert stage.blog.said() == ["How do you prune roses?"], "it was edited less than 10 s ago"
        await stage.until(lambda: "Prune in February." in stage.blog.said(), "the edited answer")


async def test_what_waits_for_a_chat_that_is_configured_no_more_is_not_planned_every_other_second(
    tmp_path: Path,
) -> None:
    stage = Stage(ledger=tmp_path / "ledger.db")
    async with stage:
        await begun(stage)
        stage.blog.edit(stage.blog.public()[0].id, "How do you prune lavender?")
        kept, stage.chats = stage.chats, {"attic": FakeChat(stage.clock)}
        await stage.stop()
        await stage.start()
        reads = stage.blog.reads
        await stage.until(lambda: stage.blog.reads > reads + 1, "the edit to be read and recorded")
        waiting = await stage.ask(lambda tx: tx.one("SELECT * FROM target WHERE kind = 'comment' AND state = 'ready'"))
        assert waiting is not None and waiting["not_before"] > stage.clock.now() + 200
        assert waiting["reason"] == "the chat lounge is not in the configuration any more"
        stage.chats = kept
        await stage.stop()
        await stage.start()
        await stage.until(lambda: "Vera: How do you prune lavender?" in stage.chat.standing(), "the edit", within=400)


class _Interrupting(FakeChat):
    """The first question is cut off, just after the message was edited and the edit was judged."""

    stage: Stage
    interrupted: float | None = None

    async def read(self, thread: ThreadId, message: MessageId) -> Written | None:
        """See `bridge.ports.ReadsMessages`."""
        if self.interrupted is not None:
            return await super().read(thread, message)
        self.interrupted = self.stage.clock.now()
        self.edit_message(message, "Prune in February.")
        while not await self.stage.ask(_rewritten):
            pass
        raise RetryLater("the connection broke")


def _rewritten(tx: Tx) -> bool:
    return tx.one("SELECT 1 FROM answer WHERE rev > 1") is not None
