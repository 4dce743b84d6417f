"""Receipts on Slack: the bot's own reactions, exactly the wanted ones, and the reason for the writer alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.double.faults import Answered
from adapters.slack.receipts import KEPT, NAMES, UNDER_WAY
from bridge.answers import UNDER_WAY as CORES
from bridge.chats.marks import MARKS, OURS
from bridge.errors import MaybeDone, Refused, RetryLater
from bridge.model import AnswerState, MessageId, Receipt, ThreadId
from tests.contracts.slack.scene import OpenScene, opened

REFUSED = Receipt(AnswerState.REFUSED, answers="Vera", reason="The blog does not want it <!here>.")


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path) as scene:
        yield scene


async def answer(on: OpenScene) -> tuple[ThreadId, MessageId]:
    """A message of Ada's in a thread of ours."""
    thread = await on.thread()
    return thread, await on.scene.write(thread, "In March")


def names(state: AnswerState) -> list[str]:
    return sorted(NAMES[mark] for mark in MARKS[state])


def told(on: OpenScene) -> list[str]:
    return [one.text for one in on.scene.ada.whispers()]


def test_every_mark_has_a_name_and_what_is_under_way_is_what_the_core_holds_to_be() -> None:
    assert set(NAMES) == OURS and UNDER_WAY == CORES


@pytest.mark.parametrize("state", AnswerState)
async def test_every_state_has_its_reactions_and_nothing_else(on: OpenScene, state: AnswerState) -> None:
    thread, message = await answer(on)
    for shown in (*AnswerState, state):
        await on.chat.show(thread, message, Receipt(shown))
    assert await on.scene.receipt(thread, message) == names(state)


async def test_peoples_reactions_and_other_ones_of_ours_stay(on: OpenScene) -> None:
    thread, message = await answer(on)
    there = on.scene.message(message)
    for name in ("white_check_mark", "tada"):
        on.scene.eve.react(there, name)
    await on.api.call("reactions.add", channel=there.channel, timestamp=there.ts, name="eyes")
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    await on.chat.show(thread, message, None)
    eve, bot = on.scene.eve.id, on.slack.bot.id
    assert {name: list(who) for name, who in there.reactions.items() if who} == {
        "white_check_mark": [eve], "tada": [eve], "eyes": [bot],
    }  # fmt: skip


async def test_what_is_shown_already_is_asked_for_once(on: OpenScene) -> None:
    thread, message = await answer(on)
    for _ in range(3):
        await on.chat.show(thread, message, REFUSED)
    assert len(on.sent("reactions.add")) == 1 and on.sent("reactions.remove") == []
    assert len(on.sent("chat.postEphemeral")) == 1


async def test_the_reason_is_said_to_the_writer_alone_and_anew_when_it_changes(on: OpenScene) -> None:
    thread, message = await answer(on)
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLISHING, reason="The blog is slow."))
    assert told(on) == []
    await on.chat.show(thread, message, REFUSED)
    [whisper] = on.scene.ada.whispers()
    assert (whisper.channel, whisper.thread) == tuple(thread.split(":"))
    assert whisper.text.startswith("⚠️ not published: The blog does not want it &lt;!here&gt;.")
    assert whisper.text.endswith("your answer to *Vera*") and on.scene.eve.whispers() == []
    await on.chat.show(thread, message, Receipt(AnswerState.PARKED, reason="Nobody knows."))
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    await on.chat.show(thread, message, REFUSED)
    assert [words.partition(" ")[0] for words in told(on)] == ["⚠️", "❓", "⚠️"]


async def test_what_was_told_is_remembered_for_the_newest_messages_only(on: OpenScene) -> None:
    thread, message = await answer(on)
    remembered = on.chat._receipts._told
    remembered.update({str(number): REFUSED for number in range(KEPT)})
    await on.chat.show(thread, message, REFUSED)
    assert len(remembered) == KEPT and "0" not in remembered and message in remembered


async def test_a_writer_who_has_left_is_told_nothing(on: OpenScene) -> None:
    thread, message = await answer(on)
    on.slack.remove(on.scene.channel, on.scene.ada)
    await on.chat.show(thread, message, REFUSED)
    assert told(on) == [] and await on.scene.receipt(thread, message) == names(AnswerState.REFUSED)


@pytest.mark.parametrize(
    "error",
    [
        "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_locked", "not_in_channel",
        "messages_tab_disabled", "user_not_in_channel", "is_archived",
    ],
)  # fmt: skip
async def test_words_that_nobody_can_be_told_there_are_not_tried_for_ever(on: OpenScene, error: str) -> None:
    thread, message = await answer(on)
    on.slack.fail("chat.postEphemeral", error, times=9)
    for _ in range(2):
        await on.chat.show(thread, message, REFUSED)
    assert len(on.slack.asked("chat.postEphemeral")) == 1
    assert await on.scene.receipt(thread, message) == names(AnswerState.REFUSED)


async def test_a_message_that_is_gone_is_done(on: OpenScene) -> None:
    thread, message = await answer(on)
    await on.scene.delete(thread, message)
    await on.chat.show(thread, message, REFUSED)
    for method, error in (("reactions.add", "message_not_found"), ("reactions.get", "message_not_found")):
        _, other = await answer(on)
        on.slack.fail(method, error)
        await on.chat.show(thread, other, REFUSED)
    assert told(on) == []


@pytest.mark.parametrize("error", ["already_reacted", "no_reaction"])
async def test_what_stands_as_it_should_is_done(on: OpenScene, error: str) -> None:
    thread, message = await answer(on)
    await on.chat.show(thread, message, Receipt(AnswerState.HELD))
    on.slack.fail("reactions.add", "already_reacted", commits=True)
    on.slack.fail("reactions.remove", "no_reaction", commits=True)
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    assert await on.scene.receipt(thread, message) == names(AnswerState.PUBLIC)


async def test_law_05_a_missing_right_is_named(on: OpenScene) -> None:
    thread, message = await answer(on)
    on.slack.app.scopes.remove("reactions:write")
    with pytest.raises(RetryLater, match="reactions:write"):
        await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    on.slack.app.scopes.append("reactions:write")
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))


@pytest.mark.parametrize(("error", "kind"), [("is_archived", RetryLater), ("too_many_reactions", Refused)])
async def test_law_05_what_slack_refuses_is_said(on: OpenScene, error: str, kind: type[Exception]) -> None:
    thread, message = await answer(on)
    on.slack.fail("reactions.add", error)
    with pytest.raises(kind):
        await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))


async def test_what_a_form_sent_bears_no_reactions(on: OpenScene) -> None:
    before = len(on.slack.requests)
    await on.chat.show(await on.thread(), MessageId("form:V1"), REFUSED)
    assert not [one for one in on.slack.requests[before:] if "reactions" in one.method or "Ephemeral" in one.method]


@pytest.mark.parametrize("commits", [True, False], ids=["after it happened", "before it happened"])
@pytest.mark.parametrize("fault", [500, 503, "reset", "fatal_error"])
@pytest.mark.parametrize("method", ["reactions.add", "reactions.remove", "chat.postEphemeral"])
async def test_law_02_a_receipt_without_a_good_answer_is_unknown_and_can_be_repeated(
    on: OpenScene, method: str, fault: Answered, commits: bool
) -> None:
    thread, message = await answer(on)
    await on.chat.show(thread, message, Receipt(AnswerState.HELD))
    on.slack.fail(method, fault, commits=commits)
    with pytest.raises(MaybeDone):
        await on.chat.show(thread, message, REFUSED)
    await on.chat.show(thread, message, REFUSED)
    assert await on.scene.receipt(thread, message) == names(AnswerState.REFUSED)
    assert 1 <= len(told(on)) <= 2  # words may be said twice, but not lost


async def test_law_04_a_receipt_that_may_still_come_is_not_overtaken(on: OpenScene) -> None:
    thread, message = await answer(on)
    fault = on.slack.fail("reactions.add", 504, commits=60.0)
    with pytest.raises(MaybeDone):
        await on.chat.show(thread, message, Receipt(AnswerState.HELD))
    with pytest.raises(RetryLater):
        await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    on.clock.advance(75)
    await fault.committed.wait()
    await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    assert await on.scene.receipt(thread, message) == names(AnswerState.PUBLIC)


async def test_a_limit_is_waited_for(on: OpenScene) -> None:
    thread, message = await answer(on)
    on.slack.fail("reactions.add", 429, retry_after=7)
    with pytest.raises(RetryLater) as later:
        await on.chat.show(thread, message, REFUSED)
    assert later.value.after == 7
