"""Opening threads on Slack, finding them again by their keys, and taking second ones away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.slack.double.faults import Answered
from adapters.slack.double.things import Message
from adapters.slack.ids import parted, thread_id
from bridge.errors import MaybeDone, Refused, RetryLater
from bridge.model import Key, MessageId, PersonId, RoomId, ThreadId
from tests.contracts.chat_scene import post_card
from tests.contracts.slack.scene import OpenScene, opened

POST = "chat.postMessage"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=1.5) as scene:
        yield scene


def roots(on: OpenScene) -> list[Message]:
    return [one for one in on.slack.messages(on.scene.channel) if one.bot is not None]


async def test_a_thread_hangs_on_the_posts_card_with_its_key_in_two_places(on: OpenScene) -> None:
    key = on.key()
    thread = await on.thread("Roses", key)
    (root,) = roots(on)
    assert parted(thread) == (on.scene.channel.id, root.ts)
    assert root.metadata == {"event_type": "backchat", "event_payload": {"key": key}}
    assert all(str(block["block_id"]).startswith(f"bc1:{key}:") for block in root.blocks)
    assert "Roses" in root.text


async def test_whoever_is_to_be_told_is_mentioned_and_nobody_else(on: OpenScene) -> None:
    await on.thread("@channel <!here> Roses", notify=(PersonId(on.scene.ada.id), PersonId("@everyone")))
    assert {who for who, _ in on.slack.pinged} == {on.scene.ada.id}


async def test_law_09_slack_is_never_asked_to_read_anything_into_what_we_say(on: OpenScene) -> None:
    await on.say(await on.thread())
    for sent in on.sent(POST):
        assert (sent["parse"], sent["unfurl_links"], sent["unfurl_media"]) == ("none", False, False)
        assert sent["reply_broadcast"] is False
        assert "link_names" not in sent and "icon_emoji" not in sent


async def test_law_06_a_thread_is_found_by_its_key_and_not_by_anybody_elses(on: OpenScene) -> None:
    key, imitated = on.key(), on.key()
    thread = await on.thread(key=key)
    words = {"type": "section", "block_id": f"bc1:{imitated}:0", "text": {"type": "mrkdwn", "text": "Roses"}}
    on.scene.ada.write(on.scene.channel, text="Roses", blocks=[words])
    assert await on.found(key) == thread
    assert await on.found(imitated) is None


async def test_of_two_threads_with_one_key_the_older_is_found_and_the_other_can_go(on: OpenScene) -> None:
    key = on.key()
    first, second = await on.thread(key=key), await on.thread(key=key)
    assert await on.found(key) == first
    await on.chat.erase(second, MessageId(second))
    assert [thread_id(one.channel, one.ts) for one in roots(on)] == [first]
    await on.chat.erase(second, MessageId(second))


async def test_a_second_thread_in_which_people_wrote_stays(on: OpenScene) -> None:
    thread = await on.thread()
    await on.say(thread)
    await on.scene.write(thread, "In March")
    with pytest.raises(Refused, match="by hand"):
        await on.chat.erase(thread, MessageId(thread))
    assert len(roots(on)) == 1


@pytest.mark.parametrize("answer", [500, "reset", "hang", "html", "internal_error"])
async def test_law_06_a_thread_whose_answer_was_lost_is_found_and_not_opened_twice(
    on: OpenScene, answer: Answered
) -> None:
    key = on.key()
    on.slack.fail(POST, answer, commits=True)
    with pytest.raises(MaybeDone):
        await on.thread(key=key)
    (root,) = roots(on)
    assert await on.found(key) == f"{root.channel}:{root.ts}"


@pytest.mark.parametrize("answer", [500, "reset", "hang", "fatal_error"])
async def test_law_06_a_thread_that_came_late_is_found_once_it_is_there(on: OpenScene, answer: Answered) -> None:
    key = on.key()
    fault = on.slack.fail(POST, answer, commits=60.0)
    with pytest.raises(MaybeDone):
        await on.thread(key=key)
    assert await on.found(key) is None
    on.clock.advance(60.0)
    await fault.committed.wait()
    assert await on.found(key) is not None


async def test_only_what_is_young_enough_is_read(on: OpenScene) -> None:
    old = on.key()
    await on.thread(key=old)
    on.clock.advance(3_600.0)
    since, young = on.clock.now() - 60.0, on.key()
    thread = await on.thread(key=young)
    assert await on.found(young, since=since) == thread
    assert await on.found(old, since=since) is None
    assert {one["metadata"]["event_payload"]["key"] for one in on.slack.asked("conversations.history")[0].answer[
        "messages"]} == {young}  # fmt: skip


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("is_archived", "archived"),
        ("not_in_channel", "/invite"),
        ("channel_not_found", "no such channel"),
        ("restricted_action", "administrator"),
        ("restricted_action_read_only_channel", "Posting permissions"),
        ("restricted_action_thread_only_channel", "begin threads"),
        ("message_limit_exceeded", "plan"),
        ("missing_scope", "scope"),
    ],
)
async def test_what_only_a_person_can_mend_is_said_and_tried_again(on: OpenScene, error: str, words: str) -> None:
    on.slack.fail(POST, error)
    with pytest.raises(RetryLater, match=words) as caught:
        await on.thread()
    assert caught.value.after is not None and caught.value.after >= 60.0
    await on.thread()


async def test_what_really_is_wrong_with_a_channel_is_said(on: OpenScene) -> None:
    for spoil, words in ((on.slack.archive, "archived"), (on.slack.remove, "/invite"), (on.slack.delete, "no such")):
        channel = on.slack.channel("other")
        spoil(channel)
        with pytest.raises(RetryLater, match=words):
            await on.chat.start_thread(RoomId(channel.id), post_card(), on.key())


async def test_a_card_whose_picture_slack_cannot_fetch_opens_its_thread_without_it(on: OpenScene) -> None:
    plain = post_card()
    card = replace(plain, post=replace(plain.post, picture="https://pictures.example/rose.png"))
    on.slack.fail(POST, "invalid_blocks")
    thread = await on.chat.start_thread(on.scene.room, card, on.key())
    first, second = on.sent(POST)
    assert "image" in {block["type"] for block in first["blocks"]}
    assert "image" not in {block["type"] for block in second["blocks"]}
    assert on.scene.root(thread).blocks


async def test_a_channel_that_got_another_id_keeps_its_threads(on: OpenScene) -> None:
    key = on.key()
    thread = await on.thread(key=key)
    first = on.scene.channel.id
    on.api.moved.learn(first, on.slack.move(on.scene.channel))
    assert await on.found(key) == thread
    message = await on.say(thread)
    assert parted(message)[0] == first
    assert (await on.thread(title="Second")).startswith(first)


# Workspaces that let an app read once a minute, and 15 things ---------------------------------------------------------


async def test_a_long_channel_is_read_where_slack_gives_little(on: OpenScene) -> None:
    key = on.key()
    thread = await on.thread(key=key)
    for number in range(60):
        on.clock.advance(60.0)
        on.scene.ada.write(on.scene.channel, f"Talk {number}")
    slack = on.slack
    slack.limits.on, slack.limits.slow, slack.limits.pace, slack.limits.now = True, True, 1.0, on.clock.now
    young = await on.thread(key=(other := on.key()))
    assert await at_last(on, key) == thread
    assert await at_last(on, other) == young
    calls = on.slack.asked("conversations.history")
    assert max(len(one.answer.get("messages", ())) for one in calls) == 15


async def at_last(on: OpenScene, key: Key) -> ThreadId | None:
    """The thread, once Slack has let us read that far."""
    for _ in range(12):
        try:
            return await on.found(key)
        except RetryLater as later:
            on.clock.advance(later.after or 0.0)
    raise AssertionError("never read to the end")
