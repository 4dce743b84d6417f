"""What Discord does to mirrors of comments: the traps that others fell into, with real connections."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.double import permissions, threads
from adapters.discord.double.things import Overwrite
from bridge.model import Relay
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    async with discord_stage(tmp_path) as stage:
        yield stage


# Threads heal ---------------------------------------------------------------------------------------------------------


async def test_a_comment_opens_an_archived_thread_and_people_are_heard_there(stage: DiscordStage) -> None:
    await stage.begun()
    stage.gus.archive(stage.thread())
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.shown("And hydrangeas?")
    stage.gus.archive(stage.thread())
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "✅")


async def test_a_thread_that_discord_archived_by_itself_goes_on(stage: DiscordStage) -> None:
    await stage.begun()
    stage.clock.advance(8 * 86_400)
    stage.discord.settle()
    part = stage.thread().thread
    assert part is not None
    assert part.archived
    await stage.listening()
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.shown("And hydrangeas?")
    assert not part.archived


async def test_edits_and_receipts_in_an_archived_thread_leave_it_archived(stage: DiscordStage) -> None:
    comment = await stage.begun()
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "✅")
    stage.gus.archive(stage.thread())
    stage.blog.edit(comment, "How do you prune old roses?")
    await stage.until(lambda: bool(stage.found("old roses")), "the edit")
    part = stage.thread().thread
    assert part is not None
    await stage.until(lambda: part.archived, "the thread to rest again")
    stage.blog.remove(comment)
    await stage.until(lambda: not stage.found("old roses"), "the deletion")
    assert part.archived


async def test_a_locked_thread_waits_in_words_until_it_is_unlocked(stage: DiscordStage) -> None:
    await stage.begun()
    stage.discord.bot_role.permissions &= ~permissions.MANAGE_THREADS
    thread = stage.thread()
    assert thread.thread is not None
    thread.thread.locked = True
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.waits("locked")
    thread.thread.locked = False
    await stage.until(lambda: bool(stage.found("And hydrangeas?")), "the comment", 2_000)


async def test_a_thread_that_a_person_deleted_is_opened_anew_with_the_next_comment(stage: DiscordStage) -> None:
    await stage.begun()
    stage.discord.permit(stage.channel, stage.gus, allow=permissions.MANAGE_THREADS)
    stage.gus.delete_thread(stage.thread())
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.shown("And hydrangeas?")
    await stage.at_rest()
    assert len(stage.threads()) == 1
    assert stage.found(ROSES) == []


async def test_a_renamed_thread_stays_the_posts(stage: DiscordStage) -> None:
    await stage.begun()
    stage.discord.permit(stage.channel, stage.gus, allow=permissions.MANAGE_THREADS)
    stage.gus.rename(stage.thread(), "Roses!")
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.shown("And hydrangeas?")
    assert [thread.name for thread in stage.threads()] == ["Roses!"]


@pytest.mark.parametrize("forum", [False, True], ids=["text", "forum"])
async def test_a_full_server_makes_room_by_archiving_threads_of_ours(tmp_path: Path, forum: bool) -> None:
    async with discord_stage(tmp_path, forum=forum) as stage:
        stage.discord.world.active_threads = 3
        await stage.first_reading()
        for number in range(6):
            stage.blog.post(f"/{number}/", f"Post {number}")
            stage.blog.comment(f"Comment {number}.", post=f"/{number}/")
            await stage.shown(f"Comment {number}.")
        await stage.at_rest()
        assert len(stage.threads()) == 6
        assert len(stage.standing()) == 6


async def test_a_server_full_of_other_peoples_threads_is_said_and_waited_for(stage: DiscordStage) -> None:
    general = stage.discord.channel("general")
    stage.discord.world.active_threads = 2
    others = [stage.gus.open_thread(general, f"Talk {number}") for number in range(2)]
    await stage.first_reading()
    stage.blog.comment(ROSES)
    await stage.waits("active threads")
    stage.gus.archive(others[0])
    await stage.until(lambda: bool(stage.found(ROSES)), "the comment", 2_000)
    await stage.at_rest()
    assert len(stage.threads()) == 1
    assert len(stage.discord.messages(stage.channel)) == 1


async def test_a_deleted_channel_is_said_and_nothing_else_is_held_up(stage: DiscordStage) -> None:
    await stage.begun()
    threads.delete(stage.discord.world, stage.channel)
    stage.blog.post("/second/", "Second post")
    stage.blog.comment("And hydrangeas?", post="/second/")
    await stage.waits("the channel is gone")


async def test_a_permission_that_was_lost_is_named_and_all_goes_on_when_it_is_given_back(stage: DiscordStage) -> None:
    await stage.begun()
    stage.channel.overwrites[stage.discord.bot_role.id] = Overwrite(False, 0, permissions.SEND_MESSAGES_IN_THREADS)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.waits("Send Messages in Threads")
    del stage.channel.overwrites[stage.discord.bot_role.id]
    await stage.until(lambda: bool(stage.found("And hydrangeas?")), "the comment", 2_000)
    assert [one.status for one in stage.discord.requests].count(403) < 5


# Titles, texts and ids ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forum", [False, True], ids=["text", "forum"])
@pytest.mark.parametrize("title", ["", "   ", "x" * 300, "# *A* <@1>\n\n`b`", "🌹" * 150])
async def test_every_title_opens_a_thread(tmp_path: Path, title: str, forum: bool) -> None:
    async with discord_stage(tmp_path, forum=forum) as stage:
        stage.blog.post(title=title)
        await stage.begun()
        (thread,) = stage.threads()
        assert 1 <= len(thread.name) <= 100


@pytest.mark.parametrize("words", ["", "‎", "x" * 9_000, "```\n" * 900, "🌹" * 4_000])
async def test_every_text_is_shown(stage: DiscordStage, words: str) -> None:
    await stage.first_reading()
    stage.blog.comment(words)
    await stage.until(lambda: bool(stage.standing()), "the comment")
    await stage.at_rest()
    assert all(0 < len(message.content) <= 2_000 for message in stage.standing())


# Connections ----------------------------------------------------------------------------------------------------------


async def test_the_message_stands_before_we_hear_of_it_and_the_process_dies(stage: DiscordStage) -> None:
    """An answer held back by an emptied bucket: a crash in between loses the id, though the message exists."""
    await stage.begun()
    held = stage.discord.fail("POST", "/channels/*/messages", commits=True, hold=True)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.until(held.committed.is_set, "the message")
    await stage.crash()
    held.release()
    await stage.start()
    await stage.at_rest()
    assert len(stage.found("And hydrangeas?")) == 1


async def test_law_06_an_echo_that_comes_first_is_known_as_ours(stage: DiscordStage) -> None:
    await stage.begun()
    held = stage.discord.fail("POST", "/channels/*/messages", commits=True, hold=True)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.until(held.committed.is_set, "the message")
    message = stage.ours("And hydrangeas?")
    answer = stage.ada.write(stage.thread(), "In April.", reply_to=message)
    held.release()
    await stage.receives(answer, "✅")
    (ours,) = [one for one in stage.blog.public() if one.parent is not None]
    assert next(one for one in stage.blog.public() if one.id == ours.parent).commenter.name == "Walter"


async def _lose(stage: DiscordStage, how: str) -> None:
    gate = stage.discord.gate
    if how == "reconnect":
        gate.reconnect()
    elif how == "cut":
        gate.cut()
    elif how == "invalid":
        gate.invalidate()
    elif how == "forgotten":
        gate.forget()
        gate.cut()
    else:
        gate.close(4_009)


@pytest.mark.parametrize("how", ["reconnect", "cut", "invalid", "forgotten", "timed out"])
async def test_what_is_written_while_a_connection_is_lost_is_published_once(stage: DiscordStage, how: str) -> None:
    await stage.begun()
    await _lose(stage, how)
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    gone = stage.ada.write(stage.thread(), "In May.", reply_to=stage.ours(ROSES))
    stage.ada.edit(answer, "In April.")
    stage.ada.delete(gone)
    await stage.receives(answer, "✅")
    await stage.at_rest()
    assert stage.blog.said() == [ROSES, "In April."]


async def test_an_event_that_was_dropped_is_found_by_the_next_session(stage: DiscordStage) -> None:
    await stage.begun()
    stage.discord.spoil("MESSAGE_CREATE", "drop")
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    stage.discord.gate.invalidate()
    await stage.receives(answer, "✅")


async def test_a_mark_on_a_message_from_before_the_start_is_heard(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        said = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
        await stage.pass_time(30)
        await stage.again()
        stage.ada.react(said, "📮")
        await stage.receives(said, "✅")


async def test_a_mark_that_was_set_while_we_were_away_is_found(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        said = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
        await stage.pass_time(30)
        await stage.stop()
        stage.ada.react(said, "📮")
        await stage.start()
        await stage.receives(said, "✅")


async def test_deletions_and_edits_while_we_were_away_are_followed(stage: DiscordStage) -> None:
    await stage.begun()
    edited = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.receives(edited, "✅")
    deleted = stage.ada.write(stage.thread(), "In May.", reply_to=stage.ours(ROSES))
    await stage.receives(deleted, "✅")
    await stage.stop()
    stage.ada.edit(edited, "In April.")
    stage.ada.delete(deleted)
    await stage.start()
    await stage.until(lambda: stage.blog.said() == [ROSES, "In April."], "the edit and the withdrawal")


async def test_nothing_of_the_past_is_replayed_at_the_first_start(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, started=False) as stage:
        thread = stage.ada.open_thread(stage.channel, "Older than Backchat")
        stage.ada.write(thread, "Years ago.")
        stage.clock.advance(3_600)
        await stage.start()
        await stage.begun()
        await stage.at_rest()
        assert stage.blog.said() == [ROSES]


@pytest.mark.parametrize("skew", [-90.0, 90.0])
async def test_a_discord_whose_clock_is_off_loses_and_doubles_nothing(tmp_path: Path, skew: float) -> None:
    async with discord_stage(tmp_path, started=False) as stage:
        stage.discord.world.time.skew = skew
        await stage.start()
        await stage.begun()
        await stage.pass_time(100)  # what is older than the route's permission, by Discord's clock, is none of its own
        stage.discord.fail("POST", "/channels/*/messages", 500, commits=True)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await stage.shown("And hydrangeas?")
        answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
        await stage.receives(answer, "✅")
        await stage.stop()
        away = stage.ada.write(stage.thread(), "In April.", reply_to=stage.ours("And hydrangeas?"))
        await stage.start()
        await stage.receives(away, "✅")
        await stage.at_rest()
        assert len(stage.standing()) == 2


# Order and limits -----------------------------------------------------------------------------------------------------


async def _drained(stage: DiscordStage, posts: int, each: int) -> None:
    await stage.first_reading()
    for number in range(each):
        for post in range(posts):
            stage.blog.comment(f"Comment {number:03} on {post}.", post=f"/{post}/")
    for post in range(posts):
        stage.blog.post(f"/{post}/", f"Post {post}")
    await stage.until(lambda: len(stage.standing()) == posts * each, "the burst to be shown")
    for thread in stage.threads():
        said = [message.content for message in stage.ours_in(thread)]
        order = [next(n for n in range(each) if f"Comment {n:03} on" in words) for words in said]
        assert order == list(range(each))


@pytest.mark.parametrize("chosen", [{}, {"forum": True}, {"identity": "webhook"}], ids=["text", "forum", "webhook"])
async def test_law_04_a_burst_drains_in_order_and_nothing_is_sent_while_none_remain(
    tmp_path: Path, chosen: dict[str, Any]
) -> None:
    async with discord_stage(tmp_path, **chosen) as stage:
        stage.discord.limits.pace = 1.0  # as long as limits are: with short ones a late answer is about the next window
        stage.adapter.api._sender.patience = 60.0  # what is given up on a busy machine is not counted by discord.py
        await _drained(stage, 3, 7)  # more than a window takes: five hundred drain in test_limits.py
        assert stage.discord.too_soon() == []
        assert [one.status for one in stage.discord.requests if one.status == 429] == []


async def test_law_04_one_stuck_thread_holds_no_other_up(stage: DiscordStage) -> None:
    await stage.begun()
    first = stage.thread()
    stage.discord.fail("POST", f"/channels/{first.id}/messages", 503, times=10_000)
    stage.blog.comment("Stuck.")
    stage.blog.post("/second/", "Second post")
    stage.blog.comment("Free.", post="/second/")
    await stage.shown("Free.")
    assert stage.found("Stuck.") == []
    stage.discord.faults.clear()
    await stage.shown("Stuck.")
    await stage.at_rest()
    assert len(stage.found("Stuck.")) == 1
