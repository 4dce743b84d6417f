"""Answering on Discord by the button and its window: said by us in the thread, changed there, and taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.double.faults import Fault, Spoiled
from adapters.discord.double.interactions import MESSAGE, Interaction
from adapters.discord.double.people import Person
from adapters.discord.double.things import Message
from bridge.chats import phrases
from bridge.model import CommentId, Relay, Standing
from bridge.text.tree import wording
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.flows.stories import ROSES

PLACES: dict[str, dict[str, Any]] = {
    "text channel": {}, "forum": {"forum": True}, "webhook": {"identity": "webhook"},
}  # fmt: skip


@pytest.fixture(params=PLACES)
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DiscordStage]:
    async with discord_stage(tmp_path, relay=Relay.MARKED, **PLACES[request.param]) as stage:
        yield stage


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    async with discord_stage(tmp_path, relay=Relay.MARKED) as stage:
        yield stage


async def sends(stage: DiscordStage, who: Person, words: str, about: str = ROSES) -> Interaction:
    """Somebody presses Answer under a comment, writes, and sends it."""
    comment = stage.ours(about)
    return await who.submit(await who.click(comment, stage.custom_id(comment, "Answer")), words)


async def copy(stage: DiscordStage, words: str, whose: str = "Ada") -> Message:
    """Our only message about what somebody sent by a form, once it has these words."""

    def copies() -> list[Message]:
        return [one for one in stage.standing() if one.content.startswith(f"**{whose}**")]

    await stage.until(lambda: any(words in one.content for one in copies()), f"{words!r} in our copy")
    (found,) = copies()
    return found


async def public(stage: DiscordStage, words: str) -> Message:
    """What a form sent is public, and our copy of it says so; the copy."""
    await stage.on_blog(words)
    return await copy(stage, "✅")


async def test_a_form_is_published_under_the_comment_that_offered_it_and_said_there(
    stage: DiscordStage,
) -> None:
    walter = await stage.begun("And hydrangeas?", name="Walter")
    await stage.begun()
    told = await sends(stage, stage.ada, "In **April**.", "And hydrangeas?")
    assert (told.answer, told.words, told.ephemeral) == (MESSAGE, phrases.SENT, True)
    said = await public(stage, "In April.")
    assert said.content.startswith("**Ada** answers **Walter**\nIn **April**.\n-# ✅ [public](<https://blog.example/")
    assert stage.labels(said) == ["Edit", "Take back"]
    (ours,) = [one for one in stage.blog.public() if wording(one.text) == "In April."]
    assert ours.parent == walter
    await stage.at_rest()
    assert len(stage.standing()) == 3


async def test_a_form_is_changed_and_taken_back_where_it_stands(stage: DiscordStage) -> None:
    await stage.begun()
    await sends(stage, stage.ada, "In March.")
    said = await public(stage, "In March.")
    form = await stage.ada.click(said, stage.custom_id(said, "Edit"))
    await stage.ada.submit(form, "In April.")
    said = await public(stage, "In April.")
    assert stage.blog.said() == [ROSES, "In April."]
    await stage.ada.click(said, stage.custom_id(said, "Take back"))
    await stage.until(lambda: stage.blog.said() == [ROSES], "the withdrawal")
    await stage.at_rest()
    assert len(stage.standing()) == 1


async def test_what_is_changed_after_a_restart_is_in_the_window(stage: DiscordStage) -> None:
    await stage.begun()
    await sends(stage, stage.ada, "In **March**,\nor so.")
    said = await public(stage, "In March, or so.")
    await stage.again()
    form = await stage.ada.click(said, stage.custom_id(said, "Edit"))
    [row] = (form.modal or {})["components"]
    assert row["component"]["value"] == "In **March**,\nor so."
    await stage.ada.submit(form, row["component"]["value"].replace("March", "April"))
    await public(stage, "In April, or so.")


async def test_who_deletes_our_copy_takes_the_answer_back(plain: DiscordStage) -> None:
    await plain.begun()
    await sends(plain, plain.ada, "In March.")
    said = await public(plain, "In March.")
    plain.discord.permit(plain.channel, plain.ada, allow=1 << 13)  # Manage Messages
    plain.ada.delete(said)
    await plain.until(lambda: plain.blog.said() == [ROSES], "the withdrawal")
    await plain.at_rest()
    assert len(plain.standing()) == 1


async def test_a_form_works_after_a_restart_and_without_the_content_intent(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, started=False, relay=Relay.MARKED) as stage:
        stage.discord.take_content()
        await stage.start()
        await stage.begun()
        form = await stage.ada.click(stage.ours(ROSES), "bc1:answer")
        await stage.again()
        await stage.ada.submit(form, "In March.")
        said = await public(stage, "In March.")
        await stage.again()
        form = await stage.ada.click(said, stage.custom_id(said, "Edit"))
        assert "In March." in str(form.modal)
        await stage.ada.submit(form, "In April.")
        await public(stage, "In April.")


async def test_law_01_a_form_survives_a_crash_at_once_after_it_was_confirmed(plain: DiscordStage) -> None:
    await plain.begun()
    told = await sends(plain, plain.ada, "In March.")
    assert told.words == phrases.SENT
    await plain.crash()
    await plain.start()
    await public(plain, "In March.")
    await plain.at_rest()
    assert (plain.blog.said(), len(plain.standing())) == ([ROSES, "In March."], 2)


async def test_law_03_a_form_that_discord_tells_twice_is_one(plain: DiscordStage) -> None:
    await plain.begun()
    form = await plain.ada.click(plain.ours(ROSES), "bc1:answer")
    plain.discord.spoil("INTERACTION_CREATE", "twice")
    await plain.ada.submit(form, "In March.")
    await public(plain, "In March.")
    await plain.at_rest()
    assert (plain.blog.said(), len(plain.standing())) == ([ROSES, "In March."], 2)


@pytest.mark.parametrize("then", ["at once", "after a crash"])
async def test_law_03_a_form_that_was_not_answered_and_is_sent_again_is_one_answer(
    plain: DiscordStage, then: str
) -> None:
    """It was recorded, but Discord never heard so: it shows an error, and leaves the window open to send it again."""
    await plain.begun()
    form = await plain.ada.click(plain.ours(ROSES), "bc1:answer")
    lost = plain.discord.fail("POST", "/interactions/*/callback", "reset", times=9)
    unanswered = await plain.ada.submit(form, "In March.", wait=False)
    await lost.reached.wait()
    await copy(plain, "In March.")
    if then == "after a crash":
        await plain.crash()
        await plain.start()
    plain.discord.faults.clear()
    told = await plain.ada.submit(form, "In March.")
    assert (unanswered.answer, told.words) == (None, phrases.SENT)
    await public(plain, "In March.")
    await plain.at_rest()
    assert (plain.blog.said(), len(plain.standing())) == ([ROSES, "In March."], 2)


@pytest.mark.parametrize("recorded", [True, False])
async def test_law_02_a_form_that_is_sent_again_with_other_words_says_the_later_ones(
    plain: DiscordStage, recorded: bool
) -> None:
    await plain.begun()
    form = await plain.ada.click(plain.ours(ROSES), "bc1:answer")
    lost: Fault | Spoiled
    if recorded:
        lost = plain.discord.fail("POST", "/interactions/*/callback", "reset", times=9)
    else:
        lost = plain.discord.spoil("INTERACTION_CREATE", "drop")
    await plain.ada.submit(form, "In March.", wait=False)
    await lost.reached.wait()
    if recorded:
        await copy(plain, "In March.")
    plain.discord.faults.clear()
    await plain.ada.submit(form, "In **April**.")
    await public(plain, "In April.")
    await plain.at_rest()
    assert (plain.blog.said(), len(plain.standing())) == ([ROSES, "In April."], 2)


async def test_what_is_sent_from_another_window_is_said_besides(plain: DiscordStage) -> None:
    await plain.begun()
    first, other = [await plain.ada.click(plain.ours(ROSES), "bc1:answer") for _ in range(2)]
    await plain.ada.submit(first, "In March.")
    await plain.ada.submit(other, "Or in April.")
    await plain.until(lambda: plain.blog.said() == [ROSES, "In March.", "Or in April."], "two answers")


async def test_law_05_a_form_that_cannot_be_published_keeps_its_words_and_says_why(plain: DiscordStage) -> None:
    await plain.begun()
    await sends(plain, plain.ada, "OK")
    said = await copy(plain, "⚠️")
    assert "\nOK\n" in said.content
    assert "fewer than 3 characters" in said.content
    form = await plain.ada.click(said, "bc1:change:")
    await plain.ada.submit(form, "OK, in March.")
    await public(plain, "OK, in March.")


async def test_law_08_who_is_no_author_gets_no_window(plain: DiscordStage) -> None:
    await plain.begun()
    told = await plain.gus.click(plain.ours(ROSES), "bc1:answer")
    assert told.modal is None
    assert told.ephemeral
    assert plain.gus.id in told.words
    await plain.at_rest()
    assert plain.blog.said() == [ROSES]


async def test_law_08_who_lost_the_right_while_the_form_was_on_its_way_is_not_published(plain: DiscordStage) -> None:
    """The list is the ledger's word at the moment when it is judged, whatever the button thought."""
    await plain.begun()
    rooms = plain.adapter.rooms
    rooms.speakers = {room: listed | {plain.gus.id} for room, listed in rooms.speakers.items()}
    await sends(plain, plain.gus, "In June.")
    said = await copy(plain, "In June.", "Gus")
    assert "not an author of this route" in said.content
    await plain.at_rest()
    assert plain.blog.said() == [ROSES]


async def test_law_09_a_form_pings_nobody(plain: DiscordStage) -> None:
    await plain.begun()
    plain.discord.pinged.clear()
    await sends(plain, plain.ada, f"@everyone <@{plain.gus.id}> look here")
    await copy(plain, "✅")
    assert plain.discord.pinged == []


async def test_a_reply_to_our_copy_is_an_aside(tmp_path: Path) -> None:
    async with discord_stage(tmp_path) as stage:
        await stage.begun()
        await sends(stage, stage.ada, "In March.")
        said = await public(stage, "In March.")
        stage.ada.write(stage.thread(), "Well said!", reply_to=said)
        await stage.at_rest()
        assert stage.blog.said() == [ROSES, "In March."]


async def test_a_form_at_a_desk_approves_and_then_answers(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, moderated=True) as stage:
        stage.discord.permit(stage.backroom, stage.mod, allow=1 << 10 | 1 << 38)  # View Channel, Send in Threads
        await stage.first_reading()
        comment: CommentId = stage.blog.comment(ROSES, name="Walter", standing=Standing.PENDING)
        await stage.shown(ROSES)
        await sends(stage, stage.mod, "You may.")
        await stage.on_blog("You may.")
        (ours,) = [one for one in stage.blog.public() if wording(one.text) == "You may."]
        assert ours.parent == comment
        assert stage.blog.said() == [ROSES, "You may."]


async def test_a_message_is_published_by_its_command(stage: DiscordStage) -> None:
    await stage.begun()
    answer = stage.ada.write(stage.thread(), "In March.")
    await stage.at_rest()
    assert stage.blog.said() == [ROSES]
    told = await stage.ada.message_command("Publish as answer", answer)
    assert told.words == phrases.MARKED
    await stage.on_blog("In March.")
    await stage.receives(answer, "✅")


async def test_the_command_publishes_what_discord_kept_from_us(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, started=False, relay=Relay.MARKED) as stage:
        stage.discord.take_content()
        await stage.start()
        await stage.begun()
        answer = stage.ada.write(stage.thread(), "In **March**.")
        await stage.at_rest()
        await stage.ada.message_command("Publish as answer", answer)
        await stage.on_blog("In March.")
        await stage.receives(answer, "✅")
