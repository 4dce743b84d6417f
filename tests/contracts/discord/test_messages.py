"""Our messages on Discord: whom they may tell, how they are edited and erased, and how people's are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.double.faults import Answered
from bridge.errors import MaybeDone, Refused, RetryLater, ThreadLost
from bridge.model import AnswerState, MessageId, Notice, PersonId, Receipt, ReplyTo, Written
from bridge.ports import ChatAbility
from bridge.testing.chat_contract import DECIDED, WAITING, Ear, comment
from bridge.text.tree import paragraph, plain, wording
from tests.contracts.discord.scene import OpenScene, opened
from tests.servers.discord_double import Double

EDIT = "/channels/{channel_id}/messages/{message_id}"
SUPPRESS_EMBEDS = 1 << 2


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=1.5) as scene:
        yield scene


PICTURE = "https://pictures.example/vera.png"


# Pictures -------------------------------------------------------------------------------------------------------------


async def test_a_picture_that_stands_there_is_not_sent_again(on: OpenScene) -> None:
    thread = await on.thread()
    part = on.part(avatar=PICTURE)
    message = await on.chat.say(thread, part, on.key())
    await on.chat.edit(thread, message, part)
    assert on.sent("PATCH", EDIT) == []


async def test_a_picture_comes_and_goes_with_an_edit(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    for avatar in (PICTURE, None):
        await on.chat.edit(thread, message, on.part(avatar=avatar))
        standing = on.scene.message(thread, message)
        assert [one["author"]["icon_url"] for one in standing.embeds] == ([avatar] if avatar else [])
        assert bool(standing.flags & SUPPRESS_EMBEDS) == (avatar is None)


async def test_a_picture_that_discord_does_not_take_costs_only_the_picture(on: OpenScene) -> None:
    thread = await on.thread()
    refused: dict[str, Any] = {"code": 50035, "message": "Invalid Form Body"}
    on.discord.fail("POST", "/channels/*/messages", 400, body=refused)
    message = await on.chat.say(thread, on.part(avatar=PICTURE), on.key())
    assert "How do you prune roses?" in on.scene.message(thread, message).content
    assert on.scene.message(thread, message).embeds == []
    on.discord.fail("PATCH", "/channels/*/messages/*", 400, body=refused)
    await on.chat.edit(thread, message, on.part("In March?", avatar=PICTURE))
    assert "In March?" in on.scene.message(thread, message).content


async def test_what_discord_does_not_take_without_a_picture_either_is_refused(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.fail("POST", "/channels/*/messages", 400, body={"code": 50035, "message": "No"}, times=2)
    with pytest.raises(Refused, match="No"):
        await on.chat.say(thread, on.part(avatar=PICTURE), on.key())


# Whom a message tells -------------------------------------------------------------------------------------------------


async def test_law_09_no_message_of_ours_tells_anybody_whatever_a_visitor_writes(on: OpenScene) -> None:
    thread = await on.thread("@everyone")
    words = f"@everyone @here <@{on.scene.ada.id}> <@&{on.discord.bot_role.id}>"
    await on.chat.say(thread, on.part(words, name=words), on.key())
    message = await on.say(thread)
    await on.chat.edit(thread, message, on.part(words, name=words))
    assert on.discord.pinged == []
    bodies = [one.body for one in on.discord.requests if isinstance(one.body, dict) and "content" in one.body]
    assert [body["allowed_mentions"] for body in bodies] == [{"parse": [], "replied_user": False}] * 4


async def test_law_09_a_reply_to_a_persons_message_tells_them_nothing(on: OpenScene) -> None:
    thread = await on.thread()
    theirs = await on.scene.write(thread, "In March")
    part = on.part("Thank you", in_reply_to=ReplyTo("Ada", theirs))
    message = await on.chat.say(thread, part, on.key())
    reference = on.scene.message(thread, message).reference
    assert reference is not None
    assert reference["message_id"] == theirs
    assert on.discord.pinged == []


async def test_a_notice_tells_the_person_whom_it_is_for_and_nobody_else(on: OpenScene) -> None:
    thread = await on.thread()
    theirs = await on.scene.write(thread, "In March")
    notice = Notice(paragraph("@everyone: the blog does not take it"), None, theirs, PersonId(on.scene.ada.id))
    for part in on.chat.render(notice):
        await on.chat.say(thread, part, on.key())
    assert {who for who, _ in on.discord.pinged} == {on.scene.ada.id}


async def test_a_reply_to_what_was_deleted_is_said_all_the_same(on: OpenScene) -> None:
    thread = await on.thread()
    theirs = await on.scene.write(thread, "In March")
    await on.scene.delete(thread, theirs)
    await on.chat.say(thread, on.part("Thank you", in_reply_to=ReplyTo("Ada", theirs)), on.key())
    assert len(on.scene.ours(thread)) == 1


async def test_law_09_what_visitors_link_to_is_not_shown_beside_their_words(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.say(thread, "See https://evil.example/")
    assert on.scene.message(thread, message).flags & SUPPRESS_EMBEDS
    await on.chat.edit(thread, message, on.part("See https://worse.example/"))
    assert on.scene.message(thread, message).flags & SUPPRESS_EMBEDS


# Editing and erasing --------------------------------------------------------------------------------------------------


async def test_what_reads_as_it_should_is_not_edited(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    await on.chat.edit(thread, message, on.part())
    assert on.sent("PATCH", EDIT) == []
    await on.chat.edit(thread, message, on.part(answerable=True))
    assert on.sent("PATCH", EDIT) == [200]
    await on.chat.edit(thread, message, on.part(answerable=True))
    assert on.sent("PATCH", EDIT) == [200]
    await on.chat.edit(thread, message, on.part())
    assert on.scene.message(thread, message).components == []


async def test_a_message_of_somebody_else_is_never_edited(on: OpenScene) -> None:
    thread = await on.thread()
    theirs = await on.scene.write(thread, "In March")
    with pytest.raises(Refused, match="not Backchat's own"):
        await on.chat.edit(thread, theirs, on.part())
    assert on.sent("PATCH", EDIT) == []


async def test_old_messages_that_may_not_be_edited_for_a_while_are_edited_later(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    on.discord.world.edits.at_most = 0
    on.clock.advance(7_200)
    with pytest.raises(RetryLater, match="old messages"):
        await on.chat.edit(thread, message, on.part("Anew"))
    on.discord.world.edits.at_most = 1
    await on.chat.edit(thread, message, on.part("Anew"))
    assert "Anew" in (await on.scene.standing(thread))[0][1]


@pytest.mark.parametrize("commits", [True, False], ids=["after it happened", "before it happened"])
@pytest.mark.parametrize("answer", [500, 502, 503, "reset", "hang"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_law_02_an_edit_or_erasure_without_a_good_answer_is_unknown_and_can_be_repeated(
    on: OpenScene, method: str, answer: Answered, commits: bool
) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    fault = on.discord.fail(method, "*", answer, commits=commits, times=2 if method == "DELETE" else 1)
    for attempt in range(2):
        try:
            if method == "PATCH":
                await on.chat.edit(thread, message, on.part("Anew"))
            else:
                await on.chat.erase(thread, message)
        except MaybeDone:
            assert attempt == 0
            fault.release()
            on.discord.faults.requests.clear()
    standing = [words for _, words in await on.scene.standing(thread)]
    assert ["Anew" in words for words in standing] == ([True] if method == "PATCH" else [])


async def test_law_04_an_edit_that_may_still_happen_is_not_overtaken(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    fault = on.discord.fail("PATCH", "*", 504, commits=60.0)
    with pytest.raises(MaybeDone):
        await on.chat.edit(thread, message, on.part("First"))
    await on.chat.edit(thread, message, on.part("First"))  # the core repeats what is unknown
    with pytest.raises(RetryLater) as caught:
        await on.chat.edit(thread, message, on.part("Second"))
    assert caught.value.after == 75
    on.clock.advance(75)
    await fault.committed.wait()
    await on.chat.edit(thread, message, on.part("Second"))
    assert "Second" in (await on.scene.standing(thread))[0][1]


async def test_a_message_that_was_split_keeps_its_key_in_every_part(on: OpenScene) -> None:
    thread = await on.thread()
    keys = []
    for part in on.chat.render(comment("Roses want sharp shears. " * 300)):
        keys.append(on.key())
        await on.chat.say(thread, part, keys[-1])
    assert len(keys) > 2
    assert list((await on.chat.find(thread, keys, 0.0)).values()) == [one.id for one in on.scene.ours(thread)]


async def test_looking_again_reads_only_what_is_new(on: OpenScene) -> None:
    thread, began = await on.thread(), on.clock.now()
    keys = [on.key() for _ in range(3)]
    for number in range(250):
        on.scene.ada.write(on.scene.thread(thread), f"Line {number}")
    on.clock.advance(600)
    message = await on.say(thread, key=keys[0])
    assert await on.chat.find(thread, keys, began) == {keys[0]: message}
    before = len(on.discord.asked("GET", "/channels/{channel_id}/messages"))
    assert await on.chat.find(thread, [keys[0]], began) == {keys[0]: message}
    assert len(on.discord.asked("GET", "/channels/{channel_id}/messages")) == before + 1
    await on.scene.delete(thread, message)
    assert await on.chat.find(thread, [keys[0]], began) == {}


async def test_a_message_is_found_though_the_clocks_differ(on: OpenScene) -> None:
    """The core asks for what is younger than its own clock's instant, less what clocks may differ by."""
    on.discord.world.time.skew = -240.0
    thread, key, began = await on.thread(), on.key(), on.clock.now()
    message = await on.say(thread, key=key)
    assert await on.chat.find(thread, [key], began - 300) == {key: message}


# Reading --------------------------------------------------------------------------------------------------------------


async def test_without_the_content_intent_nothing_is_read_and_that_is_said(tmp_path: Path) -> None:
    async with opened(tmp_path, content=False) as on:
        async_ready = await on.chat.open(on.stack)
        assert ChatAbility.READ not in async_ready.abilities
        assert any("Message Content Intent" in remark for remark in async_ready.remarks)


async def test_an_empty_message_is_never_taken_for_what_a_person_wrote(on: OpenScene) -> None:
    thread = await on.thread()
    theirs = await on.scene.write(thread, "In March")
    on.discord.take_content()
    with pytest.raises(RetryLater, match="does not show us"):
        await on.chat.read(thread, theirs)


async def test_what_a_form_sent_is_not_asked_for(on: OpenScene) -> None:
    thread = await on.thread()
    assert await on.chat.read(thread, MessageId("form:1")) is None


async def test_a_message_is_read_with_what_it_replies_to(on: OpenScene) -> None:
    thread = await on.thread()
    ours = await on.say(thread)
    theirs = await on.scene.write(thread, "In *March*", reply_to=ours)
    read = await on.chat.read(thread, theirs)
    assert read is not None
    assert (wording(read.text), read.reply_to) == ("In March", ours)


async def test_law_08_a_message_is_read_as_it_was_heard(on: OpenScene) -> None:
    """Else it would look as if its writer had changed it since."""
    thread, scene = await on.thread(), on.scene
    nicked = scene.eve.member(scene.channel)
    assert nicked is not None
    nicked.nick = "Evie"
    words = f"See <#{scene.channel.id}>, <@{scene.eve.id}> and <@&{on.discord.bot_role.id}> <:rose:123456789012345678>"
    ear = Ear(on.chat)
    async with ear.listening(None):
        await ear.up()
        theirs = MessageId(scene.ada.write(scene.thread(thread), words, files=("rose.png",)).id)
        await ear.until(lambda: bool(ear.about(theirs)), "the message")
        (heard,) = ear.about(theirs)
        read = await on.chat.read(thread, theirs)
    assert isinstance(heard, Written)
    assert read is not None
    assert read.text == heard.text
    assert "See #blog, @Eve and @Backchat :rose:" in plain(read.text)


async def test_law_08_a_changed_message_is_read_with_the_roles_that_its_writer_has_now(on: OpenScene) -> None:
    thread, scene = await on.thread(), on.scene
    authors = on.discord.role("Authors")
    scene.ada.in_roles(authors)
    scene.chat.speakers({scene.room: frozenset({f"@{authors.id}"})})
    theirs = scene.ada.write(scene.thread(thread), "In March")
    scene.ada.edit(theirs, "In April")
    read = await on.chat.read(thread, MessageId(theirs.id))
    assert read is not None and read.writer.roles == {authors.id}
    scene.ada.leave()
    read = await on.chat.read(thread, MessageId(theirs.id))
    assert read is not None and read.writer.roles == frozenset()


@pytest.mark.parametrize("room", [{}, {"forum": True}, {"identity": "webhook"}], ids=["text", "forum", "webhook"])
async def test_every_request_is_as_discord_describes_it(
    tmp_path: Path, room: dict[str, Any], described: Callable[[Double], None]
) -> None:
    async with opened(tmp_path, patience=20, **room) as on:
        described(on.discord)
        await everything(on)


async def everything(on: OpenScene) -> None:
    """All that we ask of Discord in threads, as it goes well and as it goes wrong."""
    thread, key = await on.thread("Roses", notify=(PersonId(on.scene.ada.id),)), on.key()
    theirs = await on.scene.write(thread, "In March")
    for card in (comment("Thank you"), replace(comment(), in_reply_to=ReplyTo("Ada", theirs), answerable=True)):
        await on.chat.say(thread, on.chat.render(card)[0], on.key())
    message = await on.chat.say(thread, on.chat.render(WAITING)[0], key)
    notice = Notice(paragraph("The blog does not take it"), None, theirs, PersonId(on.scene.ada.id))
    await on.chat.say(thread, on.chat.render(notice)[0], on.key())
    on.scene.ada.archive(on.scene.thread(thread))
    await on.chat.edit(thread, message, on.chat.render(DECIDED)[0])
    for receipt in (Receipt(AnswerState.HELD), Receipt(AnswerState.PUBLIC), None):
        await on.chat.show(thread, theirs, receipt)
    assert await on.chat.find(thread, [key], 0.0) == {key: message}
    assert await on.found(key) is None
    assert await on.chat.read(thread, theirs) is not None
    for _ in range(2):
        await on.chat.erase(thread, message)
    on.scene.eve.delete_thread(on.scene.thread(thread))
    with pytest.raises(ThreadLost):
        await on.say(thread)
