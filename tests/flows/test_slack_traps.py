"""What Slack does to mirrors of comments: the traps that others fell into, with real connections.

Letters and numbers are those of the facts about Slack that the traps come from: what Bolt and the SDK do, and the
issues of other people's bridges.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.model import AccountName, Place, Relay, RoomId
from bridge.text.tree import wording
from tests.flows.slack_stage import CHAT, SlackStage, slack_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SlackStage]:
    async with slack_stage(tmp_path) as stage:
        yield stage


async def _another(stage: SlackStage, words: str = "And hydrangeas?") -> None:
    """Another comment on the same post."""
    stage.blog.comment(words, name="Walter")
    await stage.shown(words)


# Threads heal ---------------------------------------------------------------------------------------------------------


async def test_a_thread_whose_root_a_person_deleted_is_opened_anew_and_no_stray_stays(stage: SlackStage) -> None:
    """Slack silently un-threads a reply to a vanished parent (slack-go/slack#1571)."""
    await stage.begun()
    root = stage.thread()
    stage.slack.admin.delete(stage.ours(ROSES))
    stage.slack.admin.delete(root)
    await _another(stage)
    await stage.at_rest()
    assert stage.named("First post") == 1
    assert stage.thread().ts != root.ts
    assert [stage.title(one) for one in stage.roots()] == ["First post"]
    assert len(stage.found("And hydrangeas?")) == 1


@pytest.mark.parametrize("takes_replies", [False, True])
async def test_replayed_replies_of_a_deleted_root_change_nothing(stage: SlackStage, takes_replies: bool) -> None:
    """Deleting a root replays all its replies as edits (42wim/matterbridge#1959)."""
    stage.slack.world.stones_take_replies = takes_replies
    await stage.begun()
    answer = stage.ada.reply(stage.thread(), "In March.")
    await stage.receives(answer, "✅")
    revisions = len(stage.blog.publications)
    stage.slack.admin.delete(stage.thread())
    await stage.at_rest()
    assert stage.blog.said() == [ROSES, "In March."]
    assert len(stage.blog.publications) == revisions
    await _another(stage)
    await stage.at_rest()
    assert stage.named("First post") == 1
    assert len(stage.found("And hydrangeas?")) == 1


async def test_a_reply_that_landed_in_the_channel_unheard_is_taken_back(stage: SlackStage) -> None:
    await stage.begun()
    stage.slack.admin.delete(stage.ours(ROSES))
    held = stage.slack.fail("chat.postMessage", "reset", commits=True)
    stage.slack.spoil("message", "drop", times=3)
    stage.slack.admin.delete(stage.thread())
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.until(lambda: bool(held.hits), "the reply")
    await stage.shown("And hydrangeas?")
    await stage.at_rest()
    assert [stage.title(one) for one in stage.roots()] == ["First post"]
    assert len(stage.found("And hydrangeas?")) == 1


async def test_an_archived_channel_is_said_and_waited_for(stage: SlackStage) -> None:
    await stage.begun()
    stage.slack.archive(stage.channel)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.waits("archived")
    stage.slack.archive(stage.channel, archived=False)
    await stage.until(lambda: bool(stage.found("And hydrangeas?")), "the comment", 2_000)


async def test_a_bot_that_was_removed_says_so_and_goes_on_when_it_is_invited_again(stage: SlackStage) -> None:
    """Membership is the usual fault of a first run (chatwoot/chatwoot#4397)."""
    await stage.begun()
    stage.slack.remove(stage.channel)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.waits("/invite")
    missed = stage.ada.reply(stage.thread(), "In March.")
    stage.slack.invite(stage.channel)
    await stage.until(lambda: bool(stage.found("And hydrangeas?")), "the comment", 2_000)
    await stage.receives(missed, "✅")


async def test_a_locked_thread_waits_in_words_until_it_is_unlocked(stage: SlackStage) -> None:
    await stage.begun()
    stage.slack.admin.lock(stage.thread())
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.waits("locked")
    stage.slack.admin.lock(stage.thread(), locked=False)
    await stage.until(lambda: bool(stage.found("And hydrangeas?")), "the comment", 2_000)
    assert stage.named("First post") == 1


async def test_a_renamed_channel_stays_the_routes(stage: SlackStage) -> None:
    await stage.begun()
    stage.slack.rename(stage.channel, "comments")
    await _another(stage)
    assert stage.named("First post") == 1


@pytest.mark.parametrize("away", [False, True], ids=["while we listen", "while we are away"])
async def test_a_channel_that_gets_another_id_keeps_its_threads(tmp_path: Path, away: bool) -> None:
    async with slack_stage(tmp_path, private=True) as stage:
        await stage.begun()
        stage.slack.move(stage.channel)
        if away:
            await stage.again()
        await _another(stage)
        answer = stage.ada.reply(stage.thread(), "@Walter in March.")
        await stage.receives(answer, "✅")
        await stage.again()
        await _another(stage, "And tulips?")
        await stage.at_rest()
        assert stage.named("First post") == 1


async def test_a_route_that_moves_to_another_channel_keeps_what_stands_in_the_old_one(stage: SlackStage) -> None:
    """Changing the channel broke existing threads (papercups-io/papercups#365)."""
    comment = await stage.begun()
    other = stage.slack.channel("other")
    await stage.stop()
    there = Place(CHAT, RoomId(other.id), {stage.ada.id: AccountName("ada")}, ())
    stage.routes = tuple(type(route)(route.name, route.blog, (there,), route.relay, route.hold, route.join)
                         for route in stage.routes)  # fmt: skip
    await stage.start()
    stage.blog.edit(comment, "How do you prune old roses?")
    await stage.until(lambda: bool(stage.found("old roses")), "the edit in the old channel")
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.until(lambda: len(stage.roots(other)) == 1, "a thread in the new one")


async def test_a_scope_that_is_lacking_is_named_and_all_goes_on_when_it_is_given(stage: SlackStage) -> None:
    await stage.begun()
    stage.slack.app.scopes.remove("chat:write")
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.waits("chat:write")
    stage.slack.app.scopes.append("chat:write")
    await stage.until(lambda: bool(stage.found("And hydrangeas?")), "the comment", 2_000)


# Echoes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signed", [False, True], ids=["nobody signs", "the bot's user signs"])
async def test_d_law_06_our_own_doings_come_back_and_mean_nothing(tmp_path: Path, signed: bool) -> None:
    """Own edits re-entered as people's (42wim/matterbridge#1039, openclaw/openclaw#25524)."""
    async with slack_stage(tmp_path, started=False) as stage:
        stage.slack.world.nobody_signs = not signed
        await stage.start()
        comment = await stage.begun()
        stage.blog.edit(comment, "How do you prune old roses?")
        await stage.until(lambda: bool(stage.found("old roses")), "the edit")
        stage.slack.unfurl(stage.standing()[0])
        await stage.at_rest()
        stage.blog.remove(comment)
        await stage.until(lambda: stage.standing() == [], "the deletion")
        await stage.at_rest()
        assert stage.blog.publications == []


@pytest.mark.parametrize("signed", [False, True], ids=["nobody signs", "the bot's user signs"])
async def test_d_law_03_a_message_of_ours_that_a_person_deletes_stays_deleted(tmp_path: Path, signed: bool) -> None:
    async with slack_stage(tmp_path, started=False) as stage:
        stage.slack.world.nobody_signs = not signed
        await stage.start()
        comment = await stage.begun()
        stage.slack.admin.delete(stage.ours(ROSES))
        await stage.at_rest()
        stage.blog.edit(comment, "How do you prune old roses?")
        await stage.at_rest()
        assert stage.standing() == []


async def test_law_06_an_echo_that_comes_first_is_known_as_ours(stage: SlackStage) -> None:
    await stage.begun()
    stage.give_up_after(60.0)
    held = stage.slack.fail("chat.postMessage", commits=True, hold=True)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.until(held.committed.is_set, "the message")
    answer = stage.ada.reply(stage.thread(), "@Walter in April.")
    held.release()
    await stage.receives(answer, "✅")
    (ours,) = [one for one in stage.blog.public() if one.parent is not None]
    assert next(one for one in stage.blog.public() if one.id == ours.parent).commenter.name == "Walter"


async def test_the_message_stands_before_we_hear_of_it_and_the_process_dies(stage: SlackStage) -> None:
    await stage.begun()
    held = stage.slack.fail("chat.postMessage", commits=True, hold=True)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.until(held.committed.is_set, "the message")
    await stage.crash()
    held.release()
    await stage.start()
    await stage.at_rest()
    assert len(stage.found("And hydrangeas?")) == 1


# Events ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["twice", "again", "later"])
async def test_868_an_event_that_is_told_more_than_once_or_late_counts_once(stage: SlackStage, how: Any) -> None:
    """The same event comes again, even with retry_attempt 0 (slackapi/bolt-python#868)."""
    await stage.begun()
    stage.slack.spoil("message", how, times=2, when=lambda event: event.get("user") == stage.ada.id)
    answer = stage.ada.reply(stage.thread(), "In March.")
    stage.ada.edit(answer, "In April.")
    stage.gus.reply(stage.thread(), "I see.")
    await stage.receives(answer, "✅")
    await stage.at_rest()
    assert stage.blog.said() == [ROSES, "In April."]


async def test_a_mention_that_comes_as_two_events_is_one_message(stage: SlackStage) -> None:
    await stage.begun()
    answer = stage.ada.reply(stage.thread(), "In March, says @Backchat")
    await stage.receives(answer, "✅")
    await stage.at_rest()
    assert len(stage.blog.public()) == 2


async def test_a_reply_that_is_also_sent_to_the_channel_is_an_answer_once(stage: SlackStage) -> None:
    """thread_broadcast was lost by others (mautrix/slack#14)."""
    await stage.begun()
    answer = stage.ada.reply(stage.thread(), "In March.", broadcast=True)
    await stage.receives(answer, "✅")
    stage.ada.edit(answer, "In April.")
    await stage.on_blog("In April.")
    await stage.at_rest()
    assert stage.blog.said() == [ROSES, "In April."]


async def test_588_an_edit_of_a_message_that_nobody_heard_of_publishes_nothing_anew(stage: SlackStage) -> None:
    """An edit of an unknown message was posted anew by others (42wim/matterbridge#588)."""
    await stage.begun()
    lost = stage.slack.spoil("message", "drop")
    answer = stage.ada.reply(stage.thread(), "In March.")
    assert lost.hits == 1
    stage.ada.edit(answer, "In April.")
    await stage.at_rest()
    assert stage.blog.said().count("In April.") <= 1
    await stage.again()
    await stage.at_rest()
    assert stage.blog.said().count("In April.") + stage.blog.said().count("In March.") <= 1


async def test_a_preview_of_a_link_in_an_answer_is_no_edit(stage: SlackStage) -> None:
    await stage.begun()
    answer = stage.ada.reply(stage.thread(), "See https://example.org/ for it.")
    await stage.receives(answer, "✅")
    published = len(stage.blog.publications)
    stage.slack.unfurl(answer)
    await stage.at_rest()
    assert len(stage.blog.publications) == published
    assert len(stage.blog.public()) == 2


def _refused(stage: SlackStage) -> None:
    stage.slack.gate.refuse(408, 500)
    stage.slack.gate.kill()


LOSSES: dict[str, Callable[[SlackStage], None]] = {
    "refresh": lambda stage: stage.slack.gate.disconnect("refresh_requested"),
    "warning": lambda stage: stage.slack.gate.disconnect("warning"),
    "closed": lambda stage: stage.slack.gate.close(),
    "killed": lambda stage: stage.slack.gate.kill(),
    "handshakes refused": _refused,
}


@pytest.mark.parametrize("how", LOSSES)
async def test_e_f_what_is_written_while_a_connection_is_lost_is_published_once(stage: SlackStage, how: str) -> None:
    """Clients of others hang after one failed handshake (slackapi/python-slack-sdk#1110, #1446, #1462)."""
    await stage.begun()
    LOSSES[how](stage)
    answer = stage.ada.reply(stage.thread(), "In March.")
    gone = stage.ada.reply(stage.thread(), "In May.")
    stage.ada.edit(answer, "In April.")
    stage.ada.delete(gone)
    await stage.receives(answer, "✅")
    await stage.at_rest()
    assert stage.blog.said() == [ROSES, "In April."]


@pytest.mark.parametrize("how", ["refresh", "killed"])
async def test_what_was_lost_for_good_is_found_after_the_next_connection(stage: SlackStage, how: str) -> None:
    await stage.begun()
    stage.slack.spoil("message", "drop", times=3)
    LOSSES[how](stage)
    answer = stage.ada.reply(stage.thread(), "In March.")
    await stage.receives(answer, "✅")


# Texts ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["", "   ", "x" * 300, "# *A* <@U1>\n\n`b` &amp;", "🌹" * 150])
async def test_every_title_opens_a_thread(stage: SlackStage, title: str) -> None:
    stage.blog.post(title=title)
    await stage.begun()
    (root,) = stage.roots()
    assert 1 <= len(stage.title(root)) <= 150


@pytest.mark.parametrize("words", ["", "‎", "x" * 50_000, "```\n" * 900, "🌹" * 9_000, "<&>" * 5_000, "\n" * 3_000])
async def test_every_text_is_shown(stage: SlackStage, words: str) -> None:
    await stage.first_reading()
    stage.blog.comment(words)
    await stage.until(lambda: bool(stage.standing()), "the comment")
    await stage.at_rest()
    assert all(one.blocks and one.text for one in stage.standing())


# Order and limits -----------------------------------------------------------------------------------------------------


async def test_law_04_a_burst_drains_in_order_and_slack_is_not_asked_too_often(stage: SlackStage) -> None:
    stage.slack.limits.pace = stage.adapter.api.pacing.second = 0.2  # long beside what a busy machine adds to it
    await stage.first_reading()
    for number in range(8):
        for post in range(3):
            stage.blog.comment(f"Comment {number} on {post}.", post=f"/{post}/")
    for post in range(3):
        stage.blog.post(f"/{post}/", f"Post {post}")
    await stage.until(lambda: len(stage.standing()) == 24, "the burst to be shown", 2_000)
    for root in stage.roots():
        said = [stage.words(message) for message in stage.ours_in(root)]
        assert [next(n for n in range(8) if f"Comment {n} on" in words) for words in said] == list(range(8))
    assert [one.method for one in stage.slack.requests if one.status == 429] == []


async def test_law_04_one_stuck_thread_holds_no_other_up(stage: SlackStage) -> None:
    await stage.begun()
    first = stage.thread().ts
    stage.slack.fail("chat.postMessage", 503, times=10_000, when=lambda args: args.get("thread_ts") == first)
    stage.blog.comment("Stuck.")
    stage.blog.post("/second/", "Second post")
    stage.blog.comment("Free.", post="/second/")
    await stage.shown("Free.")
    assert stage.found("Stuck.") == []
    stage.slack.faults.clear()
    await stage.shown("Stuck.")
    await stage.at_rest()
    assert len(stage.found("Stuck.")) == 1


async def test_h_a_limit_is_waited_for_without_another_request(stage: SlackStage) -> None:
    await stage.begun()
    limited = stage.slack.fail("chat.postMessage", 429, retry_after=120)
    stage.blog.comment("And hydrangeas?", name="Walter")
    await stage.until(lambda: bool(limited.hits), "the limit")
    asked, at = len(stage.slack.asked("chat.postMessage")), stage.clock.now()
    await stage.shown("And hydrangeas?")
    assert len(stage.slack.asked("chat.postMessage")) == asked + 1
    assert stage.clock.now() >= at + 119


async def test_h1_an_answer_that_got_lost_is_not_posted_twice(stage: SlackStage) -> None:
    """The SDK's own retry posts twice (openclaw/openclaw#22780)."""
    await stage.begun()
    before = len(stage.slack.asked("chat.postMessage"))
    stage.slack.fail("chat.postMessage", "reset", commits=True)
    await _another(stage)
    await stage.at_rest()
    assert len(stage.slack.asked("chat.postMessage")) == before + 1
    assert len(stage.found("And hydrangeas?")) == 1


# Roots that are not ours ----------------------------------------------------------------------------------------------


async def test_a_message_that_copies_our_card_is_not_taken_for_it(stage: SlackStage) -> None:
    await stage.begun()
    card = stage.thread()
    stage.gus.write(stage.channel, text=card.text, blocks=card.blocks)
    stage.blog.post("/second/", "Second post")
    stage.slack.fail("chat.postMessage", "hang")
    stage.blog.comment("Two.", post="/second/")
    await stage.shown("Two.")
    await stage.at_rest()
    assert stage.named("Second post") == 1


@pytest.mark.parametrize("relay", [Relay.AUTHORS, Relay.MARKED])
async def test_a_workspace_that_may_read_once_a_minute_still_gets_everything(tmp_path: Path, relay: Relay) -> None:
    async with slack_stage(tmp_path, relay=relay, limited=True, started=False) as stage:
        stage.slack.limits.slow = True
        await stage.start()
        await stage.begun()
        answer = stage.ada.reply(stage.thread(), "In March.")
        if relay is Relay.MARKED:
            stage.ada.react(answer, "mega")
        await stage.receives(answer, "✅")
        await stage.stop()
        away = stage.ada.reply(stage.thread(), "In April.")
        if relay is Relay.MARKED:
            stage.ada.react(away, "mega")
        await stage.start(connected=False)
        await stage.until(lambda: stage.receipt(away) == {"✅"}, "what was said meanwhile", 3_000)
        assert wording(stage.blog.public()[-1].text) == "In April."
