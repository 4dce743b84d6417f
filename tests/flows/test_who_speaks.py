from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridge.model import AnswerState, Relay, ThreadId
from bridge.ports import Tx
from bridge.testing.stage import Stage, place, route
from tests.flows.stories import answered, becomes, begun, receipt, state


async def test_law_08_a_member_stays_in_the_room_whatever_they_are_called() -> None:
    async with Stage() as stage:
        await begun(stage)
        for who in ("ADA", "ada ", "mallory"):
            message = stage.chat.write(stage.chat.thread(), "I am the author!", who=who)
            stage.chat.edit_message(message, "I really am the author!")
            stage.chat.mark(message, who=who)
            await stage.pass_time(13)
            assert state(stage.chat, message) is None
        assert stage.blog.publications == []


async def test_law_08_a_role_that_is_listed_speaks_for_its_account() -> None:
    listed = place(**{"@editors": "ada"})
    async with Stage(routes=[route(listed)]) as stage:
        await begun(stage)
        without = stage.chat.write(stage.chat.thread(), "Let me answer.", who="bob", roles=["readers"])
        await answered(stage, "In March.", who="bob", roles=["editors"])
        assert stage.blog.said()[1:] == ["In March."] and state(stage.chat, without) is None


async def test_law_08_a_new_author_publishes_nothing_that_was_written_before(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db") as stage:
        await begun(stage)
        await stage.stop()
        early = stage.chat.write(stage.chat.thread(), "In May.", who="bob")
        stage.clock.advance(60)
        stage.routes = (route(place(ada="ada", bob="ada")),)
        await stage.start()
        stage.chat.edit_message(early, "In June.")
        await stage.pass_time(30)
        assert stage.blog.publications == []
        await answered(stage, "In March.", who="bob")
        assert stage.blog.said()[1:] == ["In March."]


async def test_law_08_a_new_mode_publishes_nothing_that_was_written_before(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db", routes=[route(relay=Relay.OFF)]) as stage:
        await begun(stage)
        stage.chat.write(stage.chat.thread(), "In May.")
        await stage.pass_time(2)
        await stage.stop()
        stage.chat.write(stage.chat.thread(), "In June.")
        stage.clock.advance(60)
        stage.routes = (route(),)
        await stage.start()
        await stage.pass_time(30)
        assert stage.blog.publications == []
        await answered(stage, "In March.")


async def test_law_08_who_speaks_no_more_changes_nothing_that_is_public(tmp_path: Path) -> None:
    async with Stage(ledger=tmp_path / "ledger.db", routes=[route(place(ada="ada", bob="ada"))]) as stage:
        await begun(stage)
        message = await answered(stage, "In March.", who="bob")
        await stage.stop()
        stage.routes = (route(),)
        await stage.start()
        stage.chat.edit_message(message, "Buy my roses!")
        await stage.pass_time(20)
        assert stage.blog.said()[1:] == ["In March."]
        assert "speaks for this route no more" in (receipt(stage.chat, message).reason or "")


async def test_law_08_what_is_held_is_not_published_once_its_writer_speaks_no_more(tmp_path: Path) -> None:
    speakers = [route(place(ada="ada", bob="ada"), hold=30)]
    async with Stage(ledger=tmp_path / "ledger.db", routes=speakers) as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.", who="bob")
        await becomes(stage, message, AnswerState.HELD)
        await stage.stop()
        stage.routes = (route(),)
        await stage.start()
        await becomes(stage, message, AnswerState.REFUSED)
        assert stage.blog.publications == []
        assert "speaks for this route no more" in (receipt(stage.chat, message).reason or "")


async def test_with_relay_off_nothing_is_published() -> None:
    async with Stage(routes=[route(relay=Relay.OFF)]) as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.", reply_to=stage.chat.ours("roses"))
        stage.chat.mark(message)
        await stage.pass_time(30)
        assert stage.blog.publications == [] and state(stage.chat, message) is None


async def test_with_relay_marked_only_what_its_writer_marks_is_published() -> None:
    async with Stage(routes=[route(relay=Relay.MARKED)]) as stage:
        vera = await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.", reply_to=stage.chat.ours("roses"))
        await stage.pass_time(15)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.pass_time(25)
        stage.chat.mark(message, who="bob")
        await stage.pass_time(15)
        assert stage.blog.publications == []
        stage.chat.mark(message)
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.public()[-1].parent == vera, "it answers what it replied to, however late it is marked"
        stage.chat.mark(message, on=False)
        await stage.pass_time(10)
        assert len(stage.blog.public()) == 2 and state(stage.chat, message) is None


async def test_a_marked_line_answers_what_was_newest_when_it_was_written() -> None:
    async with Stage(routes=[route(relay=Relay.MARKED)]) as stage:
        vera = await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.pass_time(30)
        stage.chat.mark(message)
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.public()[-1].parent == vera


async def test_a_mark_makes_an_answer_of_an_aside_and_its_edit_stays_one() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "// In May.")
        stage.chat.mark(message)
        await becomes(stage, message, AnswerState.PUBLIC)
        stage.chat.edit_message(message, "// In March.")
        await stage.pass_time(10)
        assert stage.blog.said()[1:] == ["// In March."]


async def test_what_begins_with_two_slashes_stays_in_the_room() -> None:
    async with Stage() as stage:
        await begun(stage)
        aside = stage.chat.write(stage.chat.thread(), "// does anybody know?")
        await stage.pass_time(15)
        stage.chat.edit_message(aside, "does anybody know?")
        await stage.pass_time(15)
        assert stage.blog.publications == [] and state(stage.chat, aside) is None


@pytest.mark.parametrize("public", [False, True])
async def test_two_slashes_added_by_an_edit_cancel_or_withdraw(public: bool) -> None:
    async with Stage() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PUBLIC if public else AnswerState.HELD)
        stage.chat.edit_message(message, "// In March.")
        await stage.pass_time(20)
        assert len(stage.blog.public()) == 1 and state(stage.chat, message) is None
        stage.chat.edit_message(message, "In March.")
        await stage.pass_time(20)
        assert len(stage.blog.public()) == 1, "an aside never becomes an answer by an edit"


@pytest.mark.parametrize("first", [True, False])
async def test_a_joined_line_that_becomes_an_aside_leaves_the_answer(first: bool) -> None:
    async with Stage() as stage:
        await begun(stage)
        lines = [stage.chat.write(stage.chat.thread(), words) for words in ("In March.", "Or April.")]
        await becomes(stage, lines[1], AnswerState.PUBLIC)
        stage.chat.edit_message(lines[0 if first else 1], "// hm")
        await stage.pass_time(15)
        assert stage.blog.said()[1:] == ["Or April." if first else "In March."]
        assert state(stage.chat, lines[0 if first else 1]) is None
        stage.chat.delete(lines[1 if first else 0])
        await stage.pass_time(15)
        assert len(stage.blog.public()) == 1


async def test_a_refused_line_that_becomes_an_aside_shows_no_receipt_any_more() -> None:
    async with Stage() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "No")
        await becomes(stage, message, AnswerState.REFUSED)
        stage.chat.edit_message(message, "// No")
        await stage.pass_time(3)
        assert state(stage.chat, message) is None


async def test_what_is_said_to_a_person_in_the_chat_stays_there() -> None:
    async with Stage() as stage:
        await begun(stage)
        bob = stage.chat.write(stage.chat.thread(), "Nice question.", who="bob")
        own = stage.chat.write(stage.chat.thread(), "// let me think")
        await stage.pass_time(1)
        stage.chat.write(stage.chat.thread(), "Yes, is it not?", reply_to=bob)
        stage.chat.write(stage.chat.thread(), "Still thinking.", reply_to=own)
        stage.chat.write(stage.chat.thread(), "Bob, come over.", to_person=True)
        stage.chat.write(stage.chat.thread(), "ada pinned a message", system=True)
        await stage.pass_time(20)
        assert stage.blog.publications == []


async def test_what_was_said_before_backchat_came_is_not_replayed() -> None:
    async with Stage() as stage:
        await begun(stage)
        assert [event for event in stage.chat.log if '"who": "ada"' in event.body] == []
    fresh = Stage(clock=stage.clock, blog=stage.blog, chats=stage.chats)
    stage.chat.write(stage.chat.thread(), "In May.")
    async with fresh:
        await fresh.pass_time(30)
        assert fresh.blog.publications == []


async def test_law_08_who_has_lost_a_role_changes_nothing_that_stands() -> None:
    listed = place(**{"@editors": "ada"})
    async with Stage(routes=[route(listed)]) as stage:
        await begun(stage)
        message = await answered(stage, "In March.", who="bob", roles=["editors"])
        stage.chat.roles["bob"] = ()
        stage.chat.edit_message(message, "Never, you fools.")
        await stage.until(lambda: receipt(stage.chat, message).reason is not None, "the reason")
        await stage.pass_time(30)
        assert stage.blog.said()[1:] == ["In March."]
        stage.chat.roles["bob"] = ("editors",)
        stage.chat.edit_message(message, "In April.")
        await stage.until(lambda: stage.blog.said()[1:] == ["In April."], "the change by an author")


async def test_law_08_who_loses_a_role_before_it_is_published_does_not_change_it_either() -> None:
    listed = place(**{"@editors": "ada"})
    async with Stage(routes=[route(listed)]) as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.", who="bob", roles=["editors"])
        await becomes(stage, message, AnswerState.HELD)
        stage.chat.roles["bob"] = ()
        stage.chat.edit_message(message, "Never, you fools.")
        await becomes(stage, message, AnswerState.REFUSED)
        await stage.pass_time(30)
        assert stage.blog.publications == []


async def test_law_08_an_edit_that_nobody_told_of_counts_only_from_an_author() -> None:
    listed = place(**{"@editors": "ada"})
    async with Stage(routes=[route(listed)]) as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.", who="bob", roles=["editors"])
        await becomes(stage, message, AnswerState.HELD)
        stage.chat.roles["bob"] = ()
        stage.chat.messages[message].body = "Never, you fools."
        await becomes(stage, message, AnswerState.REFUSED)
        await stage.pass_time(30)
        assert stage.blog.publications == []


async def test_law_08_the_rest_of_an_answer_does_not_bring_in_what_was_refused() -> None:
    listed = place(**{"@editors": "ada"})
    async with Stage(routes=[route(listed)]) as stage:
        await begun(stage)
        first = stage.chat.write(stage.chat.thread(), "In March.", who="bob", roles=["editors"])
        second = stage.chat.write(stage.chat.thread(), "Or in April.", who="bob", roles=["editors"])
        await becomes(stage, second, AnswerState.PUBLIC)
        stage.chat.roles["bob"] = ()
        stage.chat.edit_message(first, "Never, you fools.")
        await stage.until(lambda: receipt(stage.chat, first).reason is not None, "the reason")
        stage.chat.delete(second)
        await stage.pass_time(30)
        assert stage.blog.said()[1:] == ["In March."]


async def test_what_others_write_in_threads_of_their_own_is_looked_at_ever_more_seldom() -> None:
    """While a thread of ours is on its way any other might be that one; whoever fills many must not keep us busy."""
    async with Stage() as stage:
        stage.chat.line.hold = asyncio.Event()
        stage.blog.comment("How do you prune roses?")
        await stage.until(lambda: bool(stage.chat.threads), "a thread on its way")
        stage.chat.write(ThreadId("elsewhere"), "Just talking.", who="gus")
        await stage.pass_time(25)

        def looks(tx: Tx) -> int:
            row = tx.one("SELECT attempts FROM inbox WHERE thread = 'elsewhere'")
            assert row is not None
            return int(row["attempts"])

        assert 3 <= await stage.ask(looks) <= 9
        stage.chat.line.hold.set()
        stage.chat.line.hold = None
        judged = "SELECT 1 FROM inbox WHERE thread = 'elsewhere' AND state = 'done'"
        await stage.pass_time(5)
        assert await stage.ask(lambda tx: tx.one(judged)) is not None
