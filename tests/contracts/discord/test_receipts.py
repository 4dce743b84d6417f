"""Receipts on Discord: the bot's own reactions, exactly the wanted ones, and nobody else's touched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord.double import permissions
from adapters.discord.double.faults import Answered
from bridge.chats.marks import MARKS
from bridge.errors import MaybeDone, RetryLater
from bridge.model import AnswerState, MessageId, Receipt
from tests.contracts.discord.scene import OpenScene, opened

PUT = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=5) as scene:
        yield scene


def bare(names: object) -> set[str]:
    assert isinstance(names, list)
    return {name.replace("\ufe0f", "") for name in names}


@pytest.mark.parametrize("state", AnswerState)
async def test_every_state_has_its_reactions_and_nothing_else(on: OpenScene, state: AnswerState) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    for shown in (*AnswerState, state):
        await on.chat.show(thread, message, Receipt(shown))
    assert bare(await on.scene.receipt(thread, message)) == bare(list(MARKS[state]))


async def test_peoples_reactions_and_other_ones_of_ours_stay(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    there = on.scene.message(thread, message)
    on.scene.eve.react(there, "✅")
    on.scene.eve.react(there, "🎉")
    await on.chat.show(thread, message, Receipt(AnswerState.HELD))
    await on.chat.show(thread, message, None)
    assert {emoji: list(who) for emoji, who in there.reactions.items()} == {
        "✅": [on.scene.eve.id], "🎉": [on.scene.eve.id],
    }  # fmt: skip


async def test_what_is_shown_already_asks_for_nothing(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    for _ in range(3):
        await on.chat.show(thread, message, Receipt(AnswerState.REFUSED, reason="The blog does not want it"))
    assert on.sent("PUT", PUT) == [204]
    assert on.sent("DELETE", PUT) == []


async def test_in_an_archived_thread_it_is_shown_and_the_thread_stays_archived(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    on.scene.ada.archive(on.scene.thread(thread))
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    assert bare(await on.scene.receipt(thread, message)) == {"✅"}
    part = on.scene.thread(thread).thread
    assert part is not None
    assert part.archived


async def test_law_05_a_missing_right_is_named(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    on.discord.permit(on.scene.channel, None, deny=permissions.ADD_REACTIONS)
    with pytest.raises(RetryLater, match="Add Reactions"):
        await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    on.discord.permit(on.scene.channel, None)
    on.clock.advance(60)
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))


async def test_what_a_form_sent_bears_no_reactions(on: OpenScene) -> None:
    before = len(on.discord.requests)
    await on.chat.show(await on.thread(), MessageId("form:1"), Receipt(AnswerState.PUBLIC))
    assert not [one for one in on.discord.requests[before:] if "reactions" in one.path]


@pytest.mark.parametrize("commits", [True, False], ids=["after it happened", "before it happened"])
@pytest.mark.parametrize("answer", [500, 503, "reset"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_law_02_a_receipt_without_a_good_answer_is_unknown_and_can_be_repeated(
    on: OpenScene, method: str, answer: Answered, commits: bool
) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    await on.chat.show(thread, message, Receipt(AnswerState.HELD))
    on.discord.fail(method, "*", answer, commits=commits, times=2)
    with pytest.raises(MaybeDone):
        await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    on.discord.faults.requests.clear()
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    assert bare(await on.scene.receipt(thread, message)) == {"✅"}


async def test_law_04_a_receipt_that_may_still_come_is_not_overtaken(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    fault = on.discord.fail("PUT", "*", 504, commits=60.0)
    with pytest.raises(MaybeDone):
        await on.chat.show(thread, message, Receipt(AnswerState.HELD))
    with pytest.raises(RetryLater):
        await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    on.clock.advance(75)
    await fault.committed.wait()
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    assert bare(await on.scene.receipt(thread, message)) == {"✅"}
