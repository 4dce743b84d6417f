"""What most stories have in common: how they begin, and what a writer sees."""

from __future__ import annotations

from typing import Any

from bridge.model import AnswerState, CommentId, MessageId, Receipt
from bridge.ports import Row, Tx
from bridge.testing.fake_chat import FakeChat
from bridge.testing.stage import Stage

ROSES = "How do you prune roses?"


async def first_reading(stage: Stage) -> None:
    """The blog has been read once."""
    if not stage.blog.posts:
        stage.blog.post()
    await stage.until(lambda: stage.blog.reads > 0, "the first reading")


async def begun(stage: Stage, words: str = ROSES, **fields: Any) -> CommentId:
    """A visitor's comment stands in the first room for long enough to be answered unsaid."""
    await first_reading(stage)
    comment = stage.blog.comment(words, **fields)
    await shown(stage, words)
    await stage.pass_time(11)
    return comment


async def shown(stage: Stage, words: str, chat: FakeChat | None = None) -> None:
    """These words stand in a chat, said by us."""
    chat = chat or stage.chat
    await stage.until(lambda: any(words in said for said in chat.standing()), f"{words!r} in the room")


def receipt(chat: FakeChat, message: MessageId) -> Receipt:
    """The receipt on a message, which there is."""
    found = chat.messages[message].receipt
    assert found is not None, f"no receipt on {message}"
    return found


def state(chat: FakeChat, message: MessageId) -> AnswerState | None:
    """The state that the receipt on a message shows."""
    found = chat.messages[message].receipt
    return None if found is None else found.state


async def becomes(stage: Stage, message: MessageId, wanted: AnswerState, chat: FakeChat | None = None) -> None:
    """The receipt on a message comes to show this state."""
    there = chat or stage.chat
    await stage.until(lambda: state(there, message) is wanted, f"{wanted} on {message}")


async def answered(stage: Stage, words: str = "In March.", **fields: Any) -> MessageId:
    """The author's answer is public."""
    message = stage.chat.write(stage.chat.thread(), words, **fields)
    await becomes(stage, message, AnswerState.PUBLIC)
    return message


def states(chat: FakeChat, message: MessageId) -> list[AnswerState | None]:
    """Every state that the receipts on a message have shown, each once in a row."""
    found: list[AnswerState | None] = []
    for one in chat.messages[message].receipts:
        now = None if one is None else one.state
        if not found or found[-1] is not now:
            found.append(now)
    return found


async def stopped(stage: Stage) -> list[Row]:
    """The targets that go no further by themselves."""

    def look(tx: Tx) -> list[Row]:
        return list(tx.all("SELECT * FROM target WHERE state IN ('parked', 'refused') ORDER BY id"))

    return await stage.ask(look)
