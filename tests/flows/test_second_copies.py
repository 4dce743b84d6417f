"""Law 3: should a second copy of something ever stand, it is seen by its key, and the one without replies goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model import AnswerState, MessageId, RawEvent, ThreadId
from bridge.testing.stage import Stage
from bridge.text.tree import wording
from tests.flows.stories import ROSES, becomes, begun, stopped


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        yield stage


def committed_late(stage: Stage, words: str = ROSES) -> MessageId:
    """The platform carries out once more what it seemed to have lost: a second copy stands, under the same key."""
    chat = stage.chat
    first = chat.messages[chat.ours(words)]
    copy = chat._message(first.thread, "backchat", first.body, first.key)
    chat._event("written", copy, {"words": first.body, "who": "backchat", "key": first.key})
    return copy


async def test_law_03_a_second_copy_is_erased(stage: Stage) -> None:
    await begun(stage)
    first, copy = stage.chat.ours(ROSES), committed_late(stage)
    await stage.until(lambda: stage.chat.messages[copy].deleted, "one copy")
    await stage.pass_time(30)
    assert not stage.chat.messages[first].deleted
    assert await stopped(stage) == []


async def test_law_03_the_copy_that_people_replied_to_stays(stage: Stage) -> None:
    await begun(stage)
    await stage.stop()
    first, copy = stage.chat.ours(ROSES), committed_late(stage)
    stage.chat.write(stage.chat.thread(), "Me too!", who="gus", reply_to=copy)
    await stage.start()
    await stage.until(lambda: stage.chat.messages[first].deleted, "one copy")
    await stage.pass_time(30)
    assert not stage.chat.messages[copy].deleted
    answer = stage.chat.write(stage.chat.thread(), "In March.", reply_to=copy)
    await becomes(stage, answer, AnswerState.PUBLIC)
    stage.blog.edit(stage.blog.public()[0].id, "How do you prune old roses?")
    await stage.until(lambda: "old roses" in stage.chat.messages[copy].body, "the edit in the copy that is left")


async def test_an_answer_to_the_copy_that_goes_is_published_under_the_comment(stage: Stage) -> None:
    await begun(stage, "And hydrangeas?", name="Walter")
    await begun(stage)
    stage.chat.write(stage.chat.thread(), "me too", who="gus", reply_to=stage.chat.ours("hydrangeas"))
    copy = committed_late(stage, "hydrangeas")
    answer = stage.chat.write(stage.chat.thread(), "In April.", reply_to=copy)
    await becomes(stage, answer, AnswerState.PUBLIC)
    walter, _, ours = stage.blog.public()
    assert (ours.parent, wording(ours.text)) == (walter.id, "In April.")


def thread_committed_late(stage: Stage) -> MessageId:
    """The same with the thread of a post: its first message."""
    chat = stage.chat
    (key,) = [key for key, made in chat._keys.items() if made == chat.thread()]
    copy = chat._message(ThreadId("t-late"), "backchat", "First post", key)
    body = {"kind": "written", "message": copy, "at": stage.clock.now(), "words": "", "who": "backchat", "key": key}
    chat.log.append(RawEvent("late", "written/late", ThreadId("t-late"), len(chat.log), json.dumps(body)))
    chat._moved.set()
    return copy


async def test_law_03_a_second_thread_is_erased(stage: Stage) -> None:
    await begun(stage)
    copy = thread_committed_late(stage)
    await stage.until(lambda: stage.chat.messages[copy].deleted, "one thread")


async def test_law_03_a_second_thread_is_erased_though_another_one_is_on_its_way(stage: Stage) -> None:
    await begun(stage)
    under_way, ended = asyncio.Event(), asyncio.Event()

    async def stay() -> None:
        if not under_way.is_set():
            under_way.set()
            await ended.wait()

    stage.chat.line.before_effect = stay
    stage.blog.post("/second/", "Second post")
    stage.blog.comment("And hydrangeas?", post="/second/")
    await stage.until(under_way.is_set, "another thread's start")
    copy = thread_committed_late(stage)
    await stage.until(lambda: stage.chat.messages[copy].deleted, "one thread")
    ended.set()
