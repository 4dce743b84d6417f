"""Moderating on Discord: buttons under what waits, for moderators by their id, and cards that show who did what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.discord.double.interactions import DEFERRED_UPDATE, Interaction
from adapters.discord.double.people import Person
from adapters.discord.double.problems import Problem
from adapters.discord.double.things import Message
from bridge.model import AccountName, Choice, CommentId, PersonId, Standing
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.flows.stories import ROSES

MAY_LOOK = 1 << 10 | 1 << 38
"""View Channel, Send Messages in Threads."""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    async with discord_stage(tmp_path, moderated=True) as stage:
        stage.discord.permit(stage.backroom, stage.mod, allow=MAY_LOOK)
        yield stage


async def waiting(stage: DiscordStage, words: str = ROSES, **fields: Any) -> CommentId:
    """A visitor's comment waits for approval, and stands in the moderation room."""
    await stage.first_reading()
    comment = stage.blog.comment(words, standing=Standing.PENDING, **fields)
    await stage.shown(words)
    return comment


def in_private(stage: DiscordStage) -> list[Message]:
    return [one for thread in stage.discord.threads(stage.backroom) for one in stage.ours_in(thread)]


def card(stage: DiscordStage) -> Message:
    """The only card in the moderation room."""
    (found,) = [one for one in in_private(stage) if one.content.startswith(("⏳", "☑️"))]
    return found


def in_public(stage: DiscordStage) -> list[str]:
    return [one.content for thread in stage.threads() for one in stage.ours_in(thread)]


async def press(stage: DiscordStage, label: str, who: Person | None = None) -> Interaction:
    return await (who or stage.mod).click(card(stage), stage.custom_id(card(stage), label))


async def says(stage: DiscordStage, words: str) -> None:
    await stage.until(lambda: card(stage).content.startswith(words), f"{words!r} on the card")


async def test_what_waits_is_approved_by_its_button_and_announced(stage: DiscordStage) -> None:
    await waiting(stage, name="Vera", held="it is Vera's first comment")
    assert card(stage).content.startswith("⏳ Waits for approval: it is Vera's first comment\n**Vera**")
    assert stage.labels(card(stage)) == ["Approve", "Spam", "Trash", "Answer"]
    assert in_public(stage) == []
    told = await press(stage, "Approve")
    assert (told.answer, told.said) == (DEFERRED_UPDATE, [])
    await says(stage, "☑️ Approved by Mo")
    await stage.until(lambda: len(in_public(stage)) == 1, "the announcement")
    assert stage.blog.moderations == [("ada", Choice.APPROVE)]
    assert stage.labels(card(stage)) == ["Spam", "Trash", "Answer"]


@pytest.mark.parametrize(("label", "words"), [("Spam", "☑️ In the spam, by Mo"), ("Trash", "☑️ In the trash, by Mo")])
async def test_what_is_put_away_is_restored_by_its_button(stage: DiscordStage, label: str, words: str) -> None:
    await waiting(stage)
    await press(stage, label)
    await says(stage, words)
    assert stage.labels(card(stage))[-1] == "Restore"
    await press(stage, "Restore")
    await says(stage, "⏳ Waits for approval")
    assert in_public(stage) == []


async def test_buttons_work_after_a_restart(stage: DiscordStage) -> None:
    await waiting(stage)
    await stage.again()
    await press(stage, "Approve")
    await says(stage, "☑️ Approved by Mo")


async def test_law_03_a_button_pressed_again_and_again_decides_once(stage: DiscordStage) -> None:
    await waiting(stage)
    stage.discord.spoil("INTERACTION_CREATE", "twice")
    first, id = card(stage), stage.custom_id(card(stage), "Approve")
    for _ in range(3):
        await stage.mod.click(first, id)
    await says(stage, "☑️ Approved by Mo")
    await stage.at_rest()
    assert stage.blog.moderations == [("ada", Choice.APPROVE)]
    assert len(in_public(stage)) == 1


async def test_of_two_moderators_the_first_decides_and_the_card_shows_it(stage: DiscordStage) -> None:
    other = stage.discord.member("Bo")
    stage.discord.permit(stage.backroom, other, allow=MAY_LOOK)
    stage.routes = (
        replace(stage.routes[0], desks=tuple(
            replace(desk, moderators={**desk.moderators, PersonId(other.id): AccountName("ada")})
            for desk in stage.routes[0].desks
        )),
    )  # fmt: skip
    await stage.again()
    await waiting(stage)
    approve, spam = (stage.custom_id(card(stage), label) for label in ("Approve", "Spam"))
    await stage.mod.click(card(stage), approve)
    await other.click(card(stage), spam)
    await stage.at_rest()
    assert stage.blog.moderations == [("ada", Choice.APPROVE)]
    assert card(stage).content.startswith("☑️ Approved by Mo")
    (told,) = [one for one in in_private(stage) if one is not card(stage)]
    refused = "Bo, your choice (Spam) was not carried out. "
    # The second press may come while the first one is carried out, or just after that.
    assert told.content.startswith((refused + "Mo has chosen otherwise", refused + "That comment has changed"))


async def test_law_01_a_choice_survives_a_crash_at_once_after_it_was_confirmed(stage: DiscordStage) -> None:
    await waiting(stage)
    assert (await press(stage, "Spam")).answer == DEFERRED_UPDATE
    await stage.crash()
    await stage.start()
    await says(stage, "☑️ In the spam, by Mo")
    assert stage.blog.moderations == [("ada", Choice.SPAM)]


async def test_law_08_rights_are_the_ids_and_no_names(stage: DiscordStage) -> None:
    await waiting(stage)
    namesake = stage.discord.member("Mo")
    with pytest.raises(Problem):  # Discord itself lets nobody in who may not see the room
        await press(stage, "Approve", namesake)
    stage.discord.permit(stage.backroom, namesake, allow=MAY_LOOK)
    told = await press(stage, "Approve", namesake)
    assert told.ephemeral
    assert namesake.id in told.words
    await stage.at_rest()
    assert stage.blog.moderations == []


async def test_a_change_made_on_the_blog_shows_on_the_card(stage: DiscordStage) -> None:
    comment = await waiting(stage)
    stage.blog.stand(comment, Standing.PUBLIC)
    await says(stage, "☑️ Approved on the blog")
    await stage.until(lambda: len(in_public(stage)) == 1, "the announcement")
    assert stage.labels(card(stage)) == ["Spam", "Trash", "Answer"]


async def test_a_choice_is_good_for_the_words_that_were_shown(stage: DiscordStage) -> None:
    comment = await waiting(stage)
    id = stage.custom_id(card(stage), "Approve")
    stage.blog.edit(comment, "Buy roses!")
    await stage.mod.click(card(stage), id)
    await stage.until(lambda: "Buy roses!" in card(stage).content, "the card as it reads now")
    await stage.at_rest()
    assert stage.blog.moderations == []
    assert in_public(stage) == []
    await press(stage, "Approve")
    await says(stage, "☑️ Approved by Mo")


async def test_law_03_a_card_that_a_person_deleted_is_never_shown_again(stage: DiscordStage) -> None:
    await waiting(stage)
    stage.discord.permit(stage.backroom, stage.mod, allow=MAY_LOOK | 1 << 13)  # Manage Messages
    shown = card(stage)
    stage.mod.delete(shown)
    await stage.at_rest()
    assert in_private(stage) == []


async def test_a_public_comment_is_taken_off_the_blog_from_where_it_stands(stage: DiscordStage) -> None:
    [place] = stage.routes[0].places
    moderators = {stage.mod.id: AccountName("ada")}
    stage.routes = (replace(stage.routes[0], places=(replace(place, moderators=moderators),)),)
    await stage.again()
    await stage.begun()
    comment = stage.ours(ROSES)
    assert stage.labels(comment) == ["Spam", "Trash", "Answer"]
    refused = await stage.ada.click(comment, "bc1:do:trash")  # she may answer here, and no more
    assert stage.ada.id in refused.words
    await stage.mod.click(comment, "bc1:do:trash")
    await stage.until(lambda: in_public(stage) == [], "the end of it in the thread")
    assert stage.blog.moderations == [("ada", Choice.TRASH)]
