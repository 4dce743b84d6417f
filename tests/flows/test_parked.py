from __future__ import annotations

from pathlib import Path

import pytest

from bridge.ledger import inbox
from bridge.model import AnswerState, MessageId
from bridge.ports import BlogAbility
from bridge.testing.fake_blog import EVERYTHING
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from tests.flows.stories import answered, becomes, begun, receipt, shown, state, stopped


async def ask(stage: Stage, what: str) -> None:
    """A person asks for it on the command line, for the one thing that is stopped."""
    [target] = await stopped(stage)
    await stage.ask(lambda tx: inbox.ask(tx, stage.clock.now(), {"do": what, "target": target["id"]}))
    stage.ledger.wake("inbox")
    await stage.pass_time(3)


async def in_doubt(stage: Stage) -> MessageId:
    await begun(stage)
    stage.blog.line.faults.append(Fault.LOST_BEFORE)
    message = stage.chat.write(stage.chat.thread(), "In March.")
    await becomes(stage, message, AnswerState.PARKED)
    return message


def unsearchable(**fields: object) -> Stage:
    stage = Stage(**fields)  # type: ignore[arg-type]
    stage.blog.abilities = EVERYTHING - {BlogAbility.FIND}
    return stage


async def test_a_parked_answer_that_is_tried_again_is_published() -> None:
    async with unsearchable() as stage:
        message = await in_doubt(stage)
        await ask(stage, "retry")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert len(stage.blog.public()) == 2 and await stopped(stage) == []


async def test_a_parked_answer_that_is_edited_is_published_as_the_newest_once_it_is_tried_again() -> None:
    async with unsearchable() as stage:
        message = await in_doubt(stage)
        stage.chat.edit_message(message, "In April.")
        await stage.pass_time(20)
        assert state(stage.chat, message) is AnswerState.PARKED
        await ask(stage, "retry")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.said()[1:] == ["In April."]


async def test_a_parked_answer_that_is_deleted_is_not_published_by_trying_again() -> None:
    async with unsearchable() as stage:
        message = await in_doubt(stage)
        stage.chat.delete(message)
        await stage.pass_time(5)
        await ask(stage, "retry")
        await stage.pass_time(20)
        assert len(stage.blog.public()) == 1 and await stopped(stage) == []


@pytest.mark.parametrize(("what", "wanted"), [("drop", AnswerState.REFUSED), ("done", AnswerState.PUBLIC)])
@pytest.mark.parametrize("then", ["edit", "delete"])
async def test_what_the_operator_decided_stays_so(what: str, wanted: AnswerState, then: str) -> None:
    async with unsearchable() as stage:
        message = await in_doubt(stage)
        await ask(stage, what)
        assert state(stage.chat, message) is wanted
        assert "operator" in (receipt(stage.chat, message).reason or "")
        if then == "edit":
            stage.chat.edit_message(message, "In April.")
            await stage.pass_time(30)
            assert state(stage.chat, message) is wanted
        else:
            stage.chat.delete(message)
            await stage.pass_time(30)
        assert len(stage.blog.public()) == 1 and await stopped(stage) == []
        busy = await stage.ask(lambda tx: tx.all("SELECT * FROM answer WHERE state IN ('withdrawing', 'held')"))
        assert list(busy) == []


async def test_a_request_that_was_made_while_the_daemon_was_down_is_granted_at_the_next_start(tmp_path: Path) -> None:
    async with unsearchable(ledger=tmp_path / "ledger.db") as stage:
        message = await in_doubt(stage)
        [target] = await stopped(stage)
        await stage.ask(lambda tx: inbox.ask(tx, 0.0, {"do": "retry", "target": target["id"]}))
        await stage.stop()
        await stage.start()
        await becomes(stage, message, AnswerState.PUBLIC)


async def test_a_request_for_what_is_not_parked_any_more_changes_nothing() -> None:
    async with Stage() as stage:
        await begun(stage)
        await answered(stage)
        for what in ("retry", "drop", "done"):
            for number in range(1, 12):
                await stage.ask(
                    lambda tx, what=what, number=number: inbox.ask(tx, 0.0, {"do": what, "target": number})  # type: ignore[misc]
                )
        stage.ledger.wake("inbox")
        await stage.pass_time(20)
        assert len(stage.blog.public()) == 2 and len(stage.chat.standing()) == 1


async def test_a_thread_that_cannot_be_started_is_tried_again_by_a_person() -> None:
    async with Stage() as stage:
        stage.blog.post()
        stage.chat.line.faults.append(Fault.NEVER)
        stage.blog.comment("How do you prune roses?")
        await stage.pass_time(20)
        assert [row["kind"] for row in await stopped(stage)] == ["thread"] and stage.chat.standing() == []
        await ask(stage, "retry")
        await shown(stage, "roses")


async def test_a_thread_that_is_dropped_takes_with_it_what_waited_for_it() -> None:
    async with Stage() as stage:
        stage.blog.post()
        stage.chat.line.faults.append(Fault.NEVER)
        stage.blog.comment("How do you prune roses?")
        await stage.pass_time(20)
        await ask(stage, "drop")
        await stage.pass_time(20)
        assert stage.chat.threads == {} and await stopped(stage) == []
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas")
        assert len(stage.chat.standing()) == 1


async def test_a_message_that_the_chat_refuses_is_shown_to_the_operator_and_the_next_one_is_said() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.chat.line.faults.append(Fault.NEVER)
        stage.blog.comment("And hydrangeas?", name="Walter")
        stage.blog.comment("And dahlias?", name="Xenia")
        await shown(stage, "dahlias")
        [row] = await stopped(stage)
        assert (row["kind"], row["reason"]) == ("comment", "the platform does not want it")
