"""Our messages on Slack: where they land, how they are edited and erased, and how people's are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.slack.double.faults import Answered
from adapters.slack.ids import message_id, parted
from bridge.errors import MaybeDone, Refused, RetryLater, StepError, ThreadLost
from bridge.model import MessageId, Notice, PersonId, ThreadId
from bridge.testing.chat_contract import DECIDED, WAITING
from bridge.text.tree import paragraph, wording
from tests.contracts.chat_scene import post_card
from tests.contracts.slack.scene import OpenScene, opened, read

POST, UPDATE, DELETE = "chat.postMessage", "chat.update", "chat.delete"
UNKNOWN: list[Answered] = [500, 503, "reset", "hang", "html", "internal_error", "fatal_error"]


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=1.5) as scene:
        yield scene


def beside(on: OpenScene) -> list[str]:
    """What we said in the channel itself, cards of posts aside."""
    return [one.text for one in on.slack.messages(on.scene.channel) if one.bot and not one.text.startswith("💬")]


def lose(on: OpenScene, thread: ThreadId) -> None:
    """Somebody deletes the message that a thread hangs on; over replies a stone is left."""
    on.scene.eve.delete(on.scene.root(thread))


# Who says it ----------------------------------------------------------------------------------------------------------


async def test_a_comment_has_its_writers_name_and_picture(on: OpenScene) -> None:
    thread = await on.thread()
    part = on.part(avatar="https://pictures.example/vera.png")
    message = on.scene.message(await on.chat.say(thread, part, on.key()))
    assert (message.username, message.icons) == ("Vera", {"image_64": "https://pictures.example/vera.png"})
    assert message.thread == parted(thread)[1]


async def test_where_the_app_may_have_no_names_the_message_itself_says_whose_words_they_are(on: OpenScene) -> None:
    thread = await on.thread()
    on.slack.app.scopes.remove("chat:write.customize")
    first, second = await on.say(thread), await on.say(thread, "And lavender?")
    assert len(on.slack.asked(POST)) == 4  # once it was refused, and never tried again
    await on.chat.edit(thread, first, on.part("In spring?"))
    for id, words in ((first, "In spring?"), (second, "And lavender?")):
        message = on.scene.message(id)
        assert message.username is None
        assert "*Vera*" in read(message.blocks) and words in read(message.blocks)


async def test_a_name_stays_the_senders_in_an_edit_by_the_next_process(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    again = await on.scene.restart(on.stack)
    await again.edit(thread, message, on.part("In spring?"))
    standing = on.scene.message(message)
    assert standing.username == "Vera" and "Vera" not in read(standing.blocks)


async def test_law_09_a_name_that_slack_would_read_calls_nobody_in_the_message_either(on: OpenScene) -> None:
    thread = await on.thread()
    on.slack.app.scopes.remove("chat:write.customize")
    (part,) = on.chat.render(replace(WAITING, name="<!channel> *Eve* @here"))
    await on.chat.say(thread, part, on.key())
    assert on.slack.pinged == []


async def test_a_notice_tells_only_whom_it_concerns(on: OpenScene) -> None:
    (part,) = on.chat.render(Notice(paragraph("@channel It was refused"), None, person=PersonId(on.scene.ada.id)))
    await on.chat.say(await on.thread(), part, on.key())
    assert {who for who, _ in on.slack.pinged} == {on.scene.ada.id}


# Where it lands -------------------------------------------------------------------------------------------------------


async def test_law_03_a_reply_whose_parent_vanished_is_taken_back_and_the_thread_is_lost(on: OpenScene) -> None:
    thread = await on.thread()
    lose(on, thread)
    with pytest.raises(ThreadLost, match="hung on"):
        await on.say(thread)
    assert beside(on) == []


@pytest.mark.parametrize("takes", [False, True])
async def test_law_03_nothing_is_said_below_a_stone_nor_left_beside_it(on: OpenScene, takes: bool) -> None:
    on.slack.world.stones_take_replies = takes
    thread = await on.thread()
    message = await on.say(thread)
    lose(on, thread)
    with pytest.raises(ThreadLost, match="hung on"):
        await on.say(thread)
    assert beside(on) == []
    assert [message_id(one.channel, one.ts) for one in on.scene.ours(thread)] == [message]


async def test_what_landed_beside_a_lost_thread_and_was_not_answered_is_taken_back_by_the_search(
    on: OpenScene,
) -> None:
    thread, key = await on.thread(), on.key()
    await on.say(thread)
    lose(on, thread)
    on.slack.fail(POST, "reset", commits=True)
    with pytest.raises(MaybeDone):
        await on.say(thread, key=key)
    assert len(beside(on)) == 1
    assert await on.chat.find(thread, [key], 0.0) == {}
    assert beside(on) == []


async def test_a_thread_that_is_wholly_gone_is_searched_beside_it(on: OpenScene) -> None:
    thread, key = await on.thread(), on.key()
    lose(on, thread)
    on.slack.fail(POST, 500, commits=True)
    with pytest.raises(MaybeDone):
        await on.say(thread, key=key)
    assert await on.chat.find(thread, [key], 0.0) == {}
    assert beside(on) == []


@pytest.mark.parametrize("answer", [429, 500, "reset", "token_revoked"])
async def test_law_03_what_cannot_be_taken_back_now_is_in_doubt_until_the_search_has_taken_it_back(
    on: OpenScene, answer: Answered
) -> None:
    thread, key = await on.thread(), on.key()
    await on.say(thread)
    lose(on, thread)
    on.slack.fail(DELETE, answer)
    with pytest.raises(MaybeDone, match="taken back"):
        await on.say(thread, key=key)
    assert len(beside(on)) == 1
    on.clock.advance(60)
    assert await on.chat.find(thread, [key], 0.0) == {}
    assert beside(on) == []


async def test_what_cannot_be_taken_back_is_said(on: OpenScene, caplog: pytest.LogCaptureFixture) -> None:
    thread = await on.thread()
    lose(on, thread)
    on.slack.fail(DELETE, "cant_delete_message")
    with pytest.raises(ThreadLost):
        await on.say(thread)
    assert "delete it by hand" in caplog.text


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ("is_archived", RetryLater, "unarchived"),
        ("not_in_channel", RetryLater, "/invite"),
        ("channel_not_found", RetryLater, "no such channel"),
        ("restricted_action_thread_locked", RetryLater, "unlocked"),
        ("restricted_action_non_threadable_channel", RetryLater, "no threads"),
        ("restricted_action_read_only_channel", RetryLater, "Posting permissions"),
        ("message_limit_exceeded", RetryLater, "plan"),
        ("thread_not_found", ThreadLost, "deleted"),
        ("cannot_reply_to_message", ThreadLost, "deleted"),
        ("msg_too_long", Refused, "too long"),
        ("msg_blocks_too_long", Refused, "too long"),
        ("invalid_blocks", Refused, "shape"),
        ("no_text", Refused, "empty"),
        ("some_new_error", Refused, "some_new_error"),
    ],
)
async def test_every_refusal_says_what_to_do(
    on: OpenScene, error: str, kind: type[StepError], words: str
) -> None:  # fmt: skip
    thread = await on.thread()
    on.slack.fail(POST, error)
    with pytest.raises(kind, match=words) as caught:
        await on.say(thread)
    assert type(caught.value) is kind
    assert on.scene.ours(thread) == []


async def test_a_locked_thread_waits_until_it_is_unlocked(on: OpenScene) -> None:
    thread = await on.thread()
    on.scene.eve.lock(on.scene.root(thread))
    with pytest.raises(RetryLater, match="unlocked"):
        await on.say(thread)
    on.scene.eve.lock(on.scene.root(thread), False)
    await on.say(thread)


# Doubt ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", UNKNOWN)
async def test_law_02_what_is_said_in_doubt_is_found_where_it_stands_and_only_there(
    on: OpenScene, answer: Answered
) -> None:
    thread, lost, never = await on.thread(), on.key(), on.key()
    on.slack.fail(POST, answer, commits=True)
    on.slack.fail(POST, answer)
    for key in (lost, never):
        with pytest.raises(MaybeDone):
            await on.say(thread, key=key)
    (standing,) = on.scene.ours(thread)
    assert await on.chat.find(thread, [lost, never], 0.0) == {lost: message_id(standing.channel, standing.ts)}


async def test_law_02_what_comes_a_minute_late_is_found_before_it_is_taken_to_be_lost(on: OpenScene) -> None:
    thread, key = await on.thread(), on.key()
    ready = await on.chat.open(on.stack)
    fault = on.slack.fail(POST, "hang", commits=60.0)
    with pytest.raises(MaybeDone):
        await on.say(thread, key=key)
    assert await on.chat.find(thread, [key], 0.0) == {}
    on.clock.advance(60.0)
    await fault.committed.wait()
    assert ready.limits.settle_after > 60.0
    assert list(await on.chat.find(thread, [key], 0.0)) == [key]


async def test_law_06_of_two_copies_the_older_is_the_one_and_the_other_can_go(on: OpenScene) -> None:
    thread, key = await on.thread(), on.key()
    first, second = await on.say(thread, key=key), await on.say(thread, key=key)
    assert await on.chat.find(thread, [key], 0.0) == {key: first}
    await on.chat.erase(thread, second)
    assert [message_id(one.channel, one.ts) for one in on.scene.ours(thread)] == [first]


@pytest.mark.parametrize("answer", UNKNOWN)
async def test_law_06_an_edit_in_doubt_may_be_repeated_and_lets_no_other_pass(on: OpenScene, answer: Answered) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    on.slack.fail(UPDATE, answer, commits=True)
    with pytest.raises(MaybeDone):
        await on.chat.edit(thread, message, on.part("In spring?"))
    with pytest.raises(RetryLater, match="earlier change"):
        await on.chat.edit(thread, message, on.part("In autumn?"))
    await on.chat.edit(thread, message, on.part("In spring?"))
    on.clock.advance(80.0)
    await on.chat.edit(thread, message, on.part("In autumn?"))
    assert "In autumn?" in read(on.scene.message(message).blocks)


# Editing, erasing -----------------------------------------------------------------------------------------------------


async def test_an_edit_keeps_the_key_for_searches_and_for_echoes(on: OpenScene) -> None:
    thread, key = await on.thread(), on.key()
    message = await on.say(thread, key=key)
    await on.chat.edit(thread, message, on.part("In spring?"))
    standing = on.scene.message(message)
    assert standing.metadata is not None and standing.metadata["event_payload"] == {"key": key}
    assert {str(block["block_id"]).split(":")[1] for block in standing.blocks} == {key}
    (sent,) = on.sent(UPDATE)
    assert sent["parse"] == "none" and "link_names" not in sent and len(sent["text"]) <= 4_000


async def test_an_edit_whose_picture_slack_cannot_fetch_is_made_without_it(on: OpenScene) -> None:
    thread = await on.thread()
    (part,) = on.chat.render(DECIDED)
    message = await on.chat.say(thread, part, on.key())
    on.slack.fail(UPDATE, "invalid_blocks")
    with pytest.raises(Refused, match="shape"):  # nothing in it could be left out
        await on.chat.edit(thread, message, part)
    assert len(on.slack.asked(UPDATE)) == 1


async def test_where_slack_counts_bytes_an_edit_says_less_in_its_notification_and_all_in_its_blocks(
    on: OpenScene,
) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    on.slack.fail(UPDATE, "msg_too_long")
    await on.chat.edit(thread, message, on.part("日本語 " * 700))
    sent = on.sent(UPDATE)[-1]
    assert len(sent["text"].encode()) <= 4_000 and sent["text"].startswith("Vera: 日本語")
    assert read(on.scene.message(message).blocks).count("日本語") == 700
    on.slack.fail(UPDATE, "msg_too_long")
    with pytest.raises(Refused, match="too long"):
        await on.chat.edit(thread, message, on.part("In spring?"))


@pytest.mark.parametrize("known", [True, False])
async def test_what_was_deleted_or_is_not_ours_is_not_edited(on: OpenScene, known: bool) -> None:
    thread = await on.thread()
    message, theirs = await on.say(thread), await on.scene.write(thread, "In March")
    chat = on.chat if known else await on.scene.restart(on.stack)
    with pytest.raises(Refused, match="own"):
        await chat.edit(thread, theirs, on.part())
    await on.scene.delete(thread, message)
    with pytest.raises(Refused, match="deleted"):
        await chat.edit(thread, message, on.part())
    assert on.scene.message(theirs).text == "In March"


@pytest.mark.parametrize("answer", UNKNOWN)
async def test_law_02_an_erasure_in_doubt_may_be_repeated(on: OpenScene, answer: Answered) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    on.slack.fail(DELETE, answer, commits=True)
    with pytest.raises(MaybeDone):
        await on.chat.erase(thread, message)
    await on.chat.erase(thread, message)
    assert on.scene.ours(thread) == []


async def test_nothing_of_a_persons_is_erased(on: OpenScene) -> None:
    thread = await on.thread()
    theirs = await on.scene.write(thread, "In March")
    with pytest.raises(Refused, match="own"):
        await on.chat.erase(thread, theirs)
    assert on.scene.message(theirs)


async def test_a_long_thread_is_searched_to_its_end(on: OpenScene) -> None:
    thread = await on.thread()
    on.slack.world.pages = 3
    for number in range(12):
        await on.scene.write(thread, f"Line {number}")
    key = on.key()
    message = await on.say(thread, key=key)
    on.slack.limits.on = on.slack.limits.slow = True
    on.slack.limits.rules["conversations.replies"] = (1_000, 1.0)
    assert await on.chat.find(thread, [key], 0.0) == {key: message}


# Reading --------------------------------------------------------------------------------------------------------------


async def test_law_08_a_message_is_read_as_it_stands_with_names_for_ids(on: OpenScene) -> None:
    thread = await on.thread()
    written = on.scene.ada.reply(on.scene.root(thread), "", text=f"Ask <@{on.scene.eve.id}>")
    message = message_id(written.channel, written.ts)
    found = await on.chat.read(thread, message)
    assert found is not None
    assert (found.thread, found.message, found.writer.id) == (thread, message, on.scene.person)
    assert found.writer.name == "Ada" and wording(found.text) == "Ask @Eve"


async def test_law_08_a_guest_of_another_company_is_nobody_who_may_speak(on: OpenScene) -> None:
    thread = await on.thread()
    guest = on.slack.guest("Gil", on.scene.channel)
    written = guest.reply(on.scene.root(thread), "In March")
    found = await on.chat.read(thread, message_id(written.channel, written.ts))
    assert found is not None and found.writer.id == f"{guest.user.team.id}/{guest.id}"


async def test_what_is_gone_is_not_read(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    await on.scene.delete(thread, message)
    assert await on.chat.read(thread, message) is None
    lose(on, thread)
    assert await on.chat.read(thread, message) is None
    assert await on.chat.read(thread, MessageId("form:V1")) is None


async def test_a_message_below_a_stone_is_read(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    lose(on, thread)
    found = await on.chat.read(thread, message)
    assert found is not None and wording(found.text) == "In March"


async def test_a_post_of_the_same_title_is_another_thread(on: OpenScene) -> None:
    first = await on.chat.start_thread(on.scene.room, post_card(), on.key())
    assert await on.chat.start_thread(on.scene.room, post_card(), on.key()) != first


@pytest.mark.parametrize("attachments", ["omit", "link"])
async def test_a_message_of_a_file_alone_is_empty_where_files_are_not_named(tmp_path: Path, attachments: str) -> None:
    async with opened(tmp_path, attachments=attachments) as on:
        thread = await on.thread()
        written = on.scene.ada.reply(on.scene.root(thread), "", files=("cat.png",))
        found = await on.chat.read(thread, message_id(written.channel, written.ts))
        assert (found is None) == (attachments == "omit")
