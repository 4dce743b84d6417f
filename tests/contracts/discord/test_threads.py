"""Threads on Discord: on a post's card, or as a forum post; half begun, archived, locked, deleted, and too many."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.double import permissions
from adapters.discord.double.faults import Answered
from adapters.discord.double.things import THREAD_CREATED
from bridge.errors import MaybeDone, Refused, RetryLater, ThreadLost
from bridge.model import MessageId, PersonId, PostCard, RoomId, ThreadId
from tests.contracts.chat_scene import post_card
from tests.contracts.discord.scene import OpenScene, opened

ANCHOR = "/channels/*/messages"
OPEN = "/channels/*/messages/*/threads"
POST = "/channels/*/threads"
ADD = "/channels/*/thread-members/*"
STARTER, MESSAGES = "/channels/{channel_id}/messages/{message_id}", "/channels/{channel_id}/messages"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=1.5) as scene:
        yield scene


@pytest.fixture
async def forum(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=1.5, forum=True) as scene:
        yield scene


@pytest.fixture(params=["text channel", "forum"])
async def either(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=1.5, forum=request.param == "forum") as scene:
        yield scene


@pytest.fixture(params=["text channel", "forum"])
async def patient(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=20, forum=request.param == "forum") as scene:
        yield scene


def names(on: OpenScene) -> list[str]:
    return [thread.name for thread in on.discord.threads(on.scene.channel)]


async def test_a_picture_that_discord_does_not_take_costs_only_the_card_below_the_title(either: OpenScene) -> None:
    def has_picture(body: dict[str, Any]) -> bool:
        return bool(body.get("message", body)["embeds"])

    either.discord.fail("POST", "*", 400, body={"code": 50035, "message": "Invalid Form Body"}, when=has_picture)
    post = replace(post_card("Roses").post, picture="https://pictures.example/rose.png")
    thread = await either.chat.start_thread(either.scene.room, PostCard(post), either.key())
    assert names(either) == ["Roses"]
    first = either.discord.world.messages[
        thread if thread in either.discord.world.messages[thread] else either.scene.room
    ]
    assert first[thread].embeds == []


# Titles, people, tags -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Roses", "Roses"), ("", "Untitled"), (" \n ", "Untitled"), ("a  b\nc", "a b c"), ("x" * 100, "x" * 100),
        ("x" * 101, "x" * 99 + "…"), ("😀" * 200, "😀" * 99 + "…"),
    ],
)  # fmt: skip
async def test_a_thread_is_named_like_its_post_as_far_as_discord_takes_it(
    either: OpenScene, title: str, name: str
) -> None:
    await either.thread(title)
    assert names(either) == [name]


async def test_those_who_answer_are_added_and_who_cannot_be_keeps_nobody_else_out(either: OpenScene) -> None:
    people = (PersonId("1"), PersonId(either.scene.ada.id))
    thread = await either.thread(notify=people)
    part = either.scene.thread(thread).thread
    assert part is not None
    assert set(part.members) == {either.scene.ada.id, either.discord.bot.id}


@pytest.mark.parametrize(
    ("tags", "moderated", "required", "applied"),
    [
        (("News", "Garden"), (), False, ["Garden"]),
        (("News",), (), False, []),
        (("News", "Other"), ("News",), True, ["Other"]),
        (("Garden", "Other"), ("Garden",), True, ["Other"]),
    ],
)
async def test_a_forum_post_has_the_blogs_tag_and_one_where_it_must_have_one(
    forum: OpenScene, tags: tuple[str, ...], moderated: tuple[str, ...], required: bool, applied: list[str]
) -> None:
    channel = forum.discord.forum("tagged", *tags, require_tag=required, moderated=moderated)
    thread = await forum.chat.start_thread(RoomId(channel.id), post_card(blog="garden"), forum.key())
    part = forum.scene.thread(thread).thread
    assert part is not None
    assert [tag.name for tag in channel.tags if tag.id in part.applied_tags] == applied


async def test_a_forum_that_wants_a_tag_and_has_none_for_us_says_so(forum: OpenScene) -> None:
    channel = forum.discord.forum("tagged", "News", require_tag=True, moderated=("News",))
    with pytest.raises(RetryLater, match="tag"):
        await forum.chat.start_thread(RoomId(channel.id), post_card(), forum.key())


# Half begun, and unknown ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("commits", [True, False], ids=["after it happened", "before it happened"])
@pytest.mark.parametrize("answer", [500, 503, "reset", "hang"])
@pytest.mark.parametrize("step", [ANCHOR, OPEN, ADD])
async def test_law_02_a_thread_half_begun_is_found_and_finished(
    on: OpenScene, step: str, answer: Answered, commits: bool
) -> None:
    key, people = on.key(), (PersonId(on.scene.ada.id),)
    fault = on.discord.fail(
        "PUT" if step == ADD else "POST", step, answer, commits=commits, times=2 if step == ADD else 1
    )
    with pytest.raises(MaybeDone):
        await on.thread("Roses", key, notify=people)
    fault.release()
    on.discord.faults.requests.clear()
    found = await on.found(key, "Roses", notify=people)
    if step == ANCHOR and not commits:
        assert found is None
        found = await on.thread("Roses", key, notify=people)
    assert found is not None
    assert await on.found(key, "Roses", notify=people) == found
    assert names(on) == ["Roses"]
    assert len(on.discord.messages(on.scene.channel)) == 1
    part = on.scene.thread(found).thread
    assert part is not None
    assert on.scene.ada.id in part.members


async def test_law_02_a_thread_half_begun_is_finished_by_the_next_process(on: OpenScene) -> None:
    key = on.key()
    on.discord.fail("POST", OPEN, 500)
    card = post_card("Roses & *lilies*", notify=(PersonId(on.scene.ada.id),))
    with pytest.raises(MaybeDone):
        await on.chat.start_thread(on.scene.room, card, key)
    later = await on.scene.restart(on.stack)
    found = await later.find_thread(on.scene.room, card, key, 0.0)
    assert found is not None
    part = on.scene.thread(found).thread
    assert part is not None
    assert on.scene.ada.id in part.members
    assert names(on) == ["Roses & *lilies*"]


async def test_law_02_a_thread_that_must_not_be_opened_is_opened_once_it_may(on: OpenScene) -> None:
    key = on.key()
    on.discord.permit(on.scene.channel, None, deny=permissions.CREATE_PUBLIC_THREADS)
    with pytest.raises(MaybeDone, match="Create Public Threads"):
        await on.thread("Roses", key)
    with pytest.raises(RetryLater):
        await on.found(key, "Roses")
    on.discord.permit(on.scene.channel, None)
    on.clock.advance(120)
    found = await on.found(key, "Roses")
    assert found is not None
    assert names(on) == ["Roses"]


@pytest.mark.parametrize("commits", [True, False], ids=["after it happened", "before it happened"])
@pytest.mark.parametrize("answer", [500, 502, 503, 504, "reset", "hang"])
async def test_law_02_a_forum_post_without_a_good_answer_is_sent_once_and_looked_for(
    forum: OpenScene, answer: Answered, commits: bool
) -> None:
    """discord.py alone would write it twice (facts 2.4, 6)."""
    key = forum.key()
    fault = forum.discord.fail("POST", POST, answer, commits=commits)
    with pytest.raises(MaybeDone):
        await forum.thread("Roses", key)
    fault.release()
    assert len(names(forum)) == int(commits)
    found = await forum.found(key, "Roses")
    assert (found is not None) == commits


async def test_law_02_a_late_forum_post_is_found(forum: OpenScene) -> None:
    key, began = forum.key(), forum.clock.now()
    fault = forum.discord.fail("POST", POST, 504, commits=60.0)
    with pytest.raises(MaybeDone):
        await forum.thread("Roses", key)
    assert await forum.found(key, "Roses", began) is None
    forum.clock.advance(60)
    await fault.committed.wait()
    found = await forum.found(key, "Roses", began)
    assert found == forum.discord.threads(forum.scene.channel)[0].id


async def test_law_02_a_forum_post_that_was_archived_meanwhile_is_found_among_many(forum: OpenScene) -> None:
    key, began = forum.key(), forum.clock.now()
    wanted = await forum.thread("Roses", key)
    forum.scene.ada.archive(forum.scene.thread(wanted))
    for number in range(120):
        forum.clock.advance(1)
        other = forum.scene.ada.open_thread(forum.scene.channel, f"Other {number}")
        forum.scene.ada.archive(other)
    assert await forum.found(key, "Roses", began) == wanted
    assert await forum.found(forum.key(), "Roses", began) is None


async def test_of_two_threads_with_one_key_the_older_is_found(forum: OpenScene) -> None:
    key = forum.key()
    first = await forum.thread("Roses", key)
    forum.clock.advance(1)
    await forum.thread("Roses", key)
    assert await forum.found(key, "Roses") == first


async def test_law_02_a_forum_post_that_people_renamed_is_found(forum: OpenScene) -> None:
    key = forum.key()
    wanted = await forum.thread("Roses", key)
    for number in range(3):
        await forum.thread(f"Other {number}")
    forum.scene.eve.rename(forum.scene.thread(wanted), "All about roses")
    later = await forum.scene.restart(forum.stack)
    assert await later.find_thread(forum.scene.room, post_card("Roses"), key, 0.0) == wanted


async def test_a_forum_post_whose_first_message_was_deleted_is_no_more(forum: OpenScene) -> None:
    key = forum.key()
    thread = await forum.thread("Roses", key)
    forum.scene.eve.delete(forum.discord.world.messages[thread][thread])
    assert await forum.found(key, "Roses") is None


async def test_of_a_forums_posts_only_those_are_read_that_can_be_the_one(forum: OpenScene) -> None:
    """Ours, named like it, and begun since: the list itself tells all of that."""
    forum.discord.limits.rules["threads"] = (1000, 1.0)
    old = await forum.thread("Roses")
    forum.clock.advance(600)
    began, key = forum.clock.now(), forum.key()
    for _ in range(8):
        forum.scene.ada.open_thread(forum.scene.channel, "Roses")
        await forum.thread("Lilies")
    wanted = await forum.thread("Roses", key)
    later = await forum.scene.restart(forum.stack)
    forum.discord.requests.clear()
    assert await later.find_thread(forum.scene.room, post_card("Roses"), key, began) == wanted
    assert [one.path for one in forum.discord.asked("GET", STARTER)] == [f"/channels/{wanted}/messages/{wanted}"]
    # What is nowhere is looked for in all that is ours, and that only once.
    for _ in range(3):
        assert await later.find_thread(forum.scene.room, post_card("Roses"), forum.key(), began) is None
    assert len(forum.discord.asked("GET", STARTER)) == 9
    assert f"/channels/{old}/messages/{old}" not in {one.path for one in forum.discord.requests}


async def test_many_look_ups_at_once_read_the_list_for_all_of_them(patient: OpenScene) -> None:
    """As after a restart in the middle of the opening of many."""
    patient.discord.limits.rules["threads"] = (1000, 1.0)
    keys = [patient.key() for _ in range(50)]
    cards = [post_card(f"Post {number}") for number in range(50)]
    started = [
        await patient.chat.start_thread(patient.scene.room, card, key) if number % 2 else None
        for number, (card, key) in enumerate(zip(cards, keys, strict=True))
    ]
    later = await patient.scene.restart(patient.stack)
    patient.discord.requests.clear()
    room = patient.scene.room
    found = await asyncio.gather(
        *(later.find_thread(room, card, key, 0.0) for card, key in zip(cards, keys, strict=True))
    )
    assert found == started
    for list_ in ("/guilds/{guild_id}/threads/active", "/channels/{channel_id}/threads/archived/public", MESSAGES):
        assert len(patient.discord.asked("GET", list_)) < 10, list_
    read = Counter(one.path for one in patient.discord.asked("GET", STARTER))
    assert len(read) == 25 and max(read.values()) <= 2


async def test_law_02_a_look_up_sees_what_came_to_be_while_an_earlier_one_was_under_way(patient: OpenScene) -> None:
    """What one of them was told is older than the other's question."""
    key, forum = patient.key(), patient.scene.channel.type == 15
    path = "/channels/*/threads/archived/public" if forum else "/channels/*/messages"
    slow = patient.discord.fail("GET", path, hold=True, commits=True)
    earlier = asyncio.create_task(patient.found(patient.key(), "Lilies"))
    await slow.reached.wait()
    wanted = await patient.thread("Roses", key)
    later = asyncio.create_task(patient.found(key, "Roses"))
    slow.release()
    assert (await earlier, await later) == (None, wanted)


async def test_law_06_only_what_the_bot_itself_said_begins_a_thread(on: OpenScene) -> None:
    """Neither what a webhook of ours says, which are visitors' words, nor Discord's own line that quotes a title."""
    key, world = on.key(), on.discord.world
    words = f"-# [on the blog](<https://blog.example/first/#:~:bc={key}>)"
    world.new_message(on.scene.channel, on.discord.bot.user, words, webhook="77", application=world.application.id)
    world.new_message(on.scene.channel, on.discord.bot.user, f"Roses:~:bc={key}", type=THREAD_CREATED)
    assert await on.found(key, "Roses") is None
    wanted = await on.thread("Roses", key)
    assert await on.found(key, "Roses") == wanted


async def test_law_06_no_title_carries_another_posts_key(either: OpenScene) -> None:
    """The key of a post stands below its card, where everybody can read it."""
    key, other = either.key(), either.key()
    address = f"https://blog.example/second/#:~:bc={key}"
    hostile = replace(post_card().post, title=f"{address} :~:bc={key}", author=address, address=address)
    await either.chat.start_thread(either.scene.room, PostCard(hostile), other)
    assert await either.found(key, hostile.title) is None
    wanted = await either.thread(hostile.title, key)
    assert await either.found(key, hostile.title) == wanted


async def test_law_06_a_persons_message_with_our_key_is_no_thread_of_ours(either: OpenScene) -> None:
    key = either.key()
    words = f"https://blog.example/first/#:~:bc={key}"
    if either.scene.channel.type == 15:
        thread = either.scene.ada.open_thread(either.scene.channel, "Roses")
        either.scene.ada.write(thread, words)
    else:
        either.scene.ada.write(either.scene.channel, words)
    assert await either.found(key, "Roses") is None


# Rooms that are not what they were ------------------------------------------------------------------------------------


async def test_a_channel_that_is_gone_is_said(on: OpenScene) -> None:
    with pytest.raises(RetryLater, match="channel is gone"):
        await on.chat.start_thread(RoomId("123456789012345678"), post_card(), on.key())


async def test_a_channel_that_is_no_channel_for_threads_is_refused(on: OpenScene) -> None:
    voice = on.discord.channel("voices", type=2)
    with pytest.raises(Refused, match="voices is neither a text nor a forum channel"):
        await on.chat.start_thread(RoomId(voice.id), post_card(), on.key())


async def test_a_channel_that_the_bot_may_not_see_is_said_until_it_may(either: OpenScene) -> None:
    either.discord.permit(either.scene.channel, None, deny=permissions.VIEW_CHANNEL)
    with pytest.raises(RetryLater, match="View Channel") as caught:
        await either.thread()
    assert caught.value.after == 60
    either.discord.permit(either.scene.channel, None)
    either.clock.advance(60)
    await either.thread()


async def test_a_deleted_thread_is_lost_for_messages_and_everything_in_it_is_gone(either: OpenScene) -> None:
    thread = await either.thread()
    message = await either.say(thread)
    either.scene.eve.delete_thread(either.scene.thread(thread))
    with pytest.raises(ThreadLost):
        await either.say(thread)
    with pytest.raises(ThreadLost):
        await either.chat.edit(thread, message, either.part("Anew"))
    await either.chat.erase(thread, message)
    await either.chat.show(thread, message, None)
    assert await either.chat.read(thread, message) is None
    assert await either.chat.find(thread, [either.key()], 0.0) == {}


async def test_a_locked_thread_is_said_and_written_in_once_it_is_open_again(either: OpenScene) -> None:
    thread = await either.thread()
    either.discord.bot_role.permissions &= ~permissions.MANAGE_THREADS
    either.scene.eve.lock(either.scene.thread(thread))
    with pytest.raises(RetryLater, match="locked") as caught:
        await either.say(thread)
    assert caught.value.after == 600
    either.scene.eve.lock(either.scene.thread(thread), locked=False)
    await either.say(thread)


async def test_saying_something_opens_an_archived_thread(either: OpenScene) -> None:
    thread = await either.thread()
    either.scene.ada.archive(either.scene.thread(thread))
    await either.say(thread)
    part = either.scene.thread(thread).thread
    assert part is not None
    assert not part.archived


async def test_editing_and_erasing_leave_an_archived_thread_archived(either: OpenScene) -> None:
    thread = await either.thread()
    message, other = await either.say(thread), await either.say(thread, "And lavender?")
    either.scene.ada.archive(either.scene.thread(thread))
    await either.chat.edit(thread, message, either.part("And lilies?"))
    await either.chat.erase(thread, other)
    part = either.scene.thread(thread).thread
    assert part is not None
    assert part.archived
    ((_, words),) = await either.scene.standing(thread)
    assert "And lilies?" in words


# Too many threads -----------------------------------------------------------------------------------------------------


async def test_where_the_server_is_full_our_oldest_threads_make_room(patient: OpenScene) -> None:
    threads = []
    for number in range(12):
        patient.clock.advance(1)
        threads.append(await patient.thread(f"Post {number}"))
    patient.clock.advance(1)
    await patient.say(threads[0])  # it is not the one that has rested the longest any more
    theirs = patient.scene.ada.open_thread(patient.discord.channel("talk"), "Theirs")
    patient.discord.world.active_threads = 13
    await patient.thread("One more")
    open_ = {one.name for one in patient.discord.world.active(patient.discord.home)}
    assert open_ == {"Post 0", "Post 11", "One more", theirs.name}
    await patient.say(threads[5])


async def test_where_the_server_is_full_of_others_threads_that_is_said(either: OpenScene) -> None:
    for number in range(3):
        either.scene.ada.open_thread(either.discord.channel("talk"), f"Theirs {number}")
    either.discord.world.active_threads = 3
    with pytest.raises((RetryLater, MaybeDone), match="as many active threads as Discord allows"):
        await either.thread()


# Second copies --------------------------------------------------------------------------------------------------------


async def test_law_03_a_second_copy_of_a_forum_post_goes_whole(forum: OpenScene) -> None:
    key = forum.key()
    first, second = await forum.thread("Roses", key), await forum.thread("Roses", key)
    for _ in range(2):
        await forum.chat.erase(second, _starter(second))
    assert [thread.id for thread in forum.discord.threads(forum.scene.channel)] == [first]


async def test_law_03_a_second_copy_in_which_people_have_written_stays(forum: OpenScene) -> None:
    second = await forum.thread("Roses")
    await forum.scene.write(second, "In March")
    with pytest.raises(Refused, match="delete one of them by hand"):
        await forum.chat.erase(second, _starter(second))
    assert names(forum) == ["Roses"]


def _starter(thread: ThreadId) -> MessageId:
    return MessageId(thread)


async def test_many_threads_are_started_at_once(patient: OpenScene) -> None:
    patient.discord.limits.rules["threads"] = (1000, 1.0)
    keys = [patient.key() for _ in range(12)]
    started = await asyncio.gather(*(patient.thread(f"Post {number}", key) for number, key in enumerate(keys)))
    assert len(set(started)) == 12
    assert [await patient.found(key, f"Post {number}") for number, key in enumerate(keys)] == started
