"""The laws that no other story shows as plainly: where the work is done, what is durable when, what the core knows."""

from __future__ import annotations

import ast
import asyncio
import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

import bridge
from bridge.model import (
    AccountName,
    Card,
    CommentId,
    Event,
    Key,
    MessageId,
    Part,
    PostCard,
    PostId,
    Published,
    RawEvent,
    RoomId,
    ThreadId,
)
from bridge.ports import Record
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from bridge.text.tree import Text
from tests.flows.stories import answered, begun, shown

CORE = Path(bridge.__file__).parent
PLATFORMS = ("isso", "discord", "slack", "wordpress", "web_room", "webroom")
FRAMES = {"demo", "testing"}
"""The demonstration that a person asked for, and samples of hostile words: neither is the core's knowledge."""


# Law 1 ---------------------------------------------------------------------------------------------------------------


def committed(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What another process would see in the ledger at this moment."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


class WitnessBlog(FakeBlog):
    """Looks into the ledger's file at the moment of every effect."""

    path: Path
    intents: list[tuple[object, ...]]

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        self.intents += committed(self.path, "SELECT step, key FROM delivery WHERE state = 'sending'")
        assert ("publish", key) in self.intents
        return await super().publish(account, post, parent, text, key)


class WitnessChat(FakeChat):
    """Looks into the ledger's file at the moment of every effect, and at every acknowledgement."""

    path: Path
    intents: list[tuple[object, ...]]

    async def start_thread(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        self.intents += committed(self.path, "SELECT step, key FROM delivery WHERE state = 'sending'")
        assert ("start", key) in self.intents
        return await super().start_thread(room, card, key)

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        self.intents += committed(self.path, "SELECT step, key FROM delivery WHERE state = 'sending'")
        assert ("say", key) in self.intents
        return await super().say(thread, part, key)

    async def listen(self, since: str | None, record: Record) -> None:
        async def watched(
            events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
        ) -> None:
            await record(events, watermark, caught_up, missed=missed, gap=gap)
            known = {row[0] for row in committed(self.path, "SELECT event_id FROM inbox")}
            assert {event.event_id for event in events} <= known, "acknowledged before it was durable"
            self.intents += [("heard", event.event_id) for event in events]

        await super().listen(since, watched)


@pytest.fixture
def witnessed(tmp_path: Path) -> Stage:
    clock = DrivenClock()
    blog, chat = WitnessBlog(clock), WitnessChat(clock)
    blog.path = chat.path = tmp_path / "ledger.db"
    blog.intents = chat.intents = []
    return Stage(clock=clock, blog=blog, chats={"lounge": chat}, ledger=blog.path)


async def test_law_01_every_effect_has_a_committed_intent_and_every_event_is_durable_first(witnessed: Stage) -> None:
    async with witnessed as stage:
        await begun(stage)
        await answered(stage)
        assert isinstance(stage.chat, WitnessChat)
        assert {"start", "say", "publish", "heard"} <= {what for what, _ in stage.chat.intents}


async def test_law_01_the_fact_and_what_follows_from_it_are_committed_together(tmp_path: Path) -> None:
    """However early it ends after a comment was seen, the comment is wanted in its room."""
    path = tmp_path / "ledger.db"
    async with Stage(ledger=path) as stage:
        stage.blog.post()
        await stage.pass_time(6)
        stage.chat.line.hold = asyncio.Event()
        stage.blog.comment("How do you prune roses?")
        while not committed(path, "SELECT 1 FROM comment"):
            stage.clock.advance(0.5)  # again and again: a reading may have been under way just now
            await stage.ledger.transact(lambda tx: None)
        assert committed(path, "SELECT 1 FROM target WHERE kind = 'comment'")
        stage.chat.line.hold.set()


# Law 10 --------------------------------------------------------------------------------------------------------------


async def test_law_10_the_instance_key_is_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.faults.extend([Fault.LATER, Fault.LOST_BEFORE])
        await answered(stage)
        secret = stage.house.secret
        said = [caplog.text, repr(stage.house), str(stage.house)]
        tables = await stage.ask(lambda tx: tx.all("SELECT name FROM sqlite_master WHERE type = 'table'"))
        for name in {row["name"] for row in tables} - {"meta"}:
            said += [repr(tuple(row)) for row in await stage.ask(lambda tx, name=name: tx.all(f"SELECT * FROM {name}"))]  # type: ignore[misc]
        assert not any(secret.hex() in words or repr(secret) in words for words in said)


# Law 11 --------------------------------------------------------------------------------------------------------------


def core_files() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(CORE.rglob("*.py")):
        yield path, ast.parse(path.read_text("utf-8"))


def spoken(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every name and every text of a module that does something; docstrings do nothing."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute):
            yield node.lineno, node.attr
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg | ast.keyword) and node.arg:
            yield node.lineno, node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def test_law_11_the_core_names_no_platform() -> None:
    named = [
        f"{path.relative_to(CORE)}:{line} says {words!r}"
        for path, tree in core_files()
        if not FRAMES & set(path.relative_to(CORE).parts)
        for line, words in spoken(tree)
        if any(platform in words.casefold() for platform in PLATFORMS)
    ]
    assert named == []


def test_law_11_the_core_imports_no_adapter() -> None:
    imported = [
        f"{path.relative_to(CORE)} imports {name}"
        for path, tree in core_files()
        for node in ast.walk(tree)
        for name in _imports(node)
        if name.partition(".")[0] in {"adapters", "discord", "slack_bolt", "slack_sdk", "isso"}
    ]
    assert imported == []


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


# Law 12 --------------------------------------------------------------------------------------------------------------


class ThreadedChat(FakeChat):
    """Remembers on which threads it was asked to work."""

    workers: set[int]

    def render(self, card: Card) -> tuple[Part, ...]:
        self.workers.add(threading.get_ident())
        return super().render(card)

    def interpret(self, raw: RawEvent) -> Event | None:
        self.workers.add(threading.get_ident())
        return super().interpret(raw)


async def test_law_12_rendering_interpreting_and_judging_are_done_off_the_event_loop() -> None:
    clock = DrivenClock()
    chat = ThreadedChat(clock, part_size=60_000)
    chat.workers = set()
    async with Stage(clock=clock, blog=FakeBlog(clock), chats={"lounge": chat}) as stage:
        await begun(stage)
        await answered(stage)
        stage.blog.comment("long " * 40_000, name="Walter")
        await shown(stage, "long")
        await stage.pass_time(5)
        assert chat.workers and threading.get_ident() not in chat.workers
        assert "".join(chat.standing()[1:]).count("long") == 40_000


async def test_law_12_the_ledgers_work_is_done_off_the_event_loop(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        workers = {
            await stage.ledger.transact(lambda tx: threading.get_ident()),
            await stage.ledger.view(lambda tx: threading.get_ident()),
        }
        assert threading.get_ident() not in workers
