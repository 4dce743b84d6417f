"""A ledger that an earlier Backchat left goes on where it was: nothing is shown, said or published twice.

`ledgers/0001.sql` was written by Backchat 0.1.0 itself, whose schema was 1: a comment and its public answer, a reply to
that comment, and an answer to the reply that was still held when it stopped.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bridge.errors import LedgerError
from bridge.ledger.migrations import APPLICATION_ID
from bridge.ledger.sqlite import look_only
from bridge.model import (
    AnswerState,
    Comment,
    Commenter,
    CommentId,
    MessageId,
    Post,
    PostCard,
    PostId,
    RawEvent,
    RoomId,
    Standing,
    ThreadId,
)
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog, Stored
from bridge.testing.fake_chat import FakeChat, Message
from bridge.testing.stage import Stage
from bridge.text.tree import load
from tests.flows.stories import becomes, shown, state

LEFT = Path(__file__).parent / "ledgers" / "0001.sql"
STOPPED = 1_800_000_046.0
"""When the Backchat that wrote it was stopped, by its clock: the held answer is due seven seconds later."""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(LEFT.read_text("utf-8"))
        old.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;")
    return path


def rows(ledger: Path, table: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(ledger)) as old:
        old.row_factory = sqlite3.Row
        return old.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def blog_of(ledger: Path, clock: DrivenClock) -> FakeBlog:
    """The blog as it stands, from what was read of it."""
    blog = FakeBlog(clock)
    blog.post()
    for row in rows(ledger, "comment"):
        comment = Comment(
            CommentId(row["native"]), PostId("/first/"), row["position"], row["parent"], Commenter(row["name"]),
            load(row["body"]), row["created"], row["link"],
        )  # fmt: skip
        blog.stored[row["position"]] = Stored(comment, Standing.PUBLIC)
    return blog


def chat_of(ledger: Path, clock: DrivenClock) -> FakeChat:
    """The chat as it stands, from what was heard in it."""
    chat = FakeChat(clock)
    thread = ThreadId("t1")
    chat.threads[thread] = PostCard(Post(PostId("/first/"), "https://blog.example/first/", "First post"))
    chat.rooms[thread] = RoomId("garden")
    for row in rows(ledger, "inbox"):
        chat.log.append(RawEvent(row["event_id"], row["natural_key"], thread, row["ord"], row["body"]))
        told = json.loads(row["body"])
        chat.messages[MessageId(told["message"])] = Message(thread, told["who"], told["words"], told.get("key"))
    return chat


def old_house(ledger: Path) -> Stage:
    clock = DrivenClock(STOPPED)
    return Stage(ledger=ledger, clock=clock, blog=blog_of(ledger, clock), chats={"lounge": chat_of(ledger, clock)})


async def test_law_07_an_old_ledger_shows_and_publishes_nothing_twice(ledger: Path) -> None:
    async with old_house(ledger) as stage:
        before = stage.chat.standing()
        await becomes(stage, MessageId("m4"), AnswerState.PUBLIC)
        await stage.pass_time(60)
        assert stage.chat.standing() == before and len(stage.chat.threads) == 1
        assert [words for words, _ in stage.blog.publications] == ["@Otto In autumn."]
        assert stage.remarks == []  # the adapter is the one that wrote it


async def test_what_an_old_ledger_knows_can_still_be_changed(ledger: Path) -> None:
    async with old_house(ledger) as stage:
        stage.chat.edit_message(MessageId("m2"), "In April.")
        await stage.until(lambda: "In April." in stage.blog.said(), "the revision")
        stage.blog.edit(CommentId("1@1800000000.000"), "How do you prune old roses?")
        await shown(stage, "old roses")
        stage.blog.comment("And dahlias?", under=CommentId("3@1800000026.500"))
        await shown(stage, "to Otto: And dahlias?")
        assert len(stage.chat.standing()) == 3 and state(stage.chat, MessageId("m2")) is AnswerState.PUBLIC


async def test_an_old_ledger_can_be_taken_over_by_another_adapter(ledger: Path) -> None:
    async with old_house(ledger) as stage:
        await stage.stop()
        stage.scheme = "other"
        await stage.start()
        await stage.pass_time(30)
        known = await stage.ask(lambda tx: [(row["scheme"], row["native"]) for row in tx.all("SELECT * FROM comment")])
        assert ("fake", "fake\x1f1@1800000000.000") in known and ("", "1@1800000000.000") in known
        assert len(stage.chat.standing()) == 2 and stage.blog.publications == []


def test_commands_that_only_look_say_who_brings_an_old_ledger_up_to_date(ledger: Path) -> None:
    with pytest.raises(LedgerError, match=r"was left by an older Backchat: `backchat run` brings it up to date"):
        look_only(ledger, lambda tx: tx.all("SELECT * FROM comment"))
    assert len(rows(ledger, "comment")) == 3
