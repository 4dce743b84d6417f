"""What moderators get on Discord: what waits for approval, with buttons that work whenever and only for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord.double.things import Message
from bridge.model import Choice, CommentId, Standing
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    async with discord_stage(tmp_path, moderated=True) as stage:
        stage.discord.permit(stage.backroom, stage.mod, allow=1 << 10 | 1 << 16 | 1 << 38)
        yield stage


async def _waiting(stage: DiscordStage, words: str = ROSES, **fields: str) -> tuple[CommentId, Message]:
    """A visitor's comment waits for approval, and stands in the moderation room."""
    await stage.first_reading()
    comment = stage.blog.comment(words, standing=Standing.PENDING, **fields)  # type: ignore[arg-type]
    return comment, await stage.shown(words)


def _fate(card: Message) -> str:
    return card.content.splitlines()[0]


async def test_what_waits_stands_in_the_backroom_alone_and_says_so(stage: DiscordStage) -> None:
    _, card = await _waiting(stage)
    await stage.at_rest()
    assert stage.discord.world.channels[card.channel].parent == stage.backroom.id
    assert _fate(card) == "⏳ Waits for approval"
    assert stage.labels(card) == ["Approve", "Spam", "Trash", "Answer"]
    assert stage.threads() == []


@pytest.mark.parametrize(
    ("label", "standing", "offered"),
    [
        ("Approve", Standing.PUBLIC, ["Spam", "Trash"]),
        ("Spam", Standing.HIDDEN, ["Restore"]),
        ("Trash", Standing.HIDDEN, ["Restore"]),
    ],
)
async def test_a_button_decides_and_the_card_says_who_did_it(
    stage: DiscordStage, label: str, standing: Standing, offered: list[str]
) -> None:
    comment, card = await _waiting(stage)
    pressed = await stage.mod.click(card, stage.custom_id(card, label))
    assert pressed.said == []
    await stage.until(lambda: stage.blog._get(comment).standing is standing, "the decision on the blog")
    await stage.until(lambda: _fate(card).startswith("☑️"), "the card's change")
    assert "Mo" in _fate(card)
    assert [one for one in stage.labels(card) if one != "Answer"] == offered
    if standing is Standing.PUBLIC:
        await stage.until(lambda: bool(stage.threads()), "the thread in the public room")


async def test_what_was_put_away_is_restored(stage: DiscordStage) -> None:
    comment, card = await _waiting(stage)
    await stage.mod.click(card, stage.custom_id(card, "Trash"))
    await stage.until(lambda: "Restore" in stage.labels(card), "the way back")
    await stage.mod.click(card, stage.custom_id(card, "Restore"))
    await stage.until(lambda: stage.blog._get(comment).standing is Standing.PENDING, "the comment to wait again")


async def test_buttons_work_after_a_restart(stage: DiscordStage) -> None:
    comment, card = await _waiting(stage)
    button = stage.custom_id(card, "Approve")
    await stage.again()
    await stage.mod.click(card, button)
    await stage.until(lambda: stage.blog._get(comment).standing is Standing.PUBLIC, "the approval")


async def test_law_08_who_is_no_moderator_decides_nothing_and_is_told_alone(stage: DiscordStage) -> None:
    stage.discord.permit(stage.backroom, stage.ada, allow=1 << 10 | 1 << 16 | 1 << 38)
    comment, card = await _waiting(stage)
    refused = await stage.ada.click(card, stage.custom_id(card, "Approve"))
    assert refused.ephemeral
    assert stage.ada.id in refused.words
    await stage.at_rest()
    assert stage.blog._get(comment).standing is Standing.PENDING


async def test_pressing_twice_decides_once(stage: DiscordStage) -> None:
    comment, card = await _waiting(stage)
    button = stage.custom_id(card, "Approve")
    first, second = await stage.mod.click(card, button, wait=False), await stage.mod.click(card, button, wait=False)
    await first.answered()
    await second.answered()
    await stage.at_rest()
    assert [choice for _, choice in stage.blog.moderations] == [Choice.APPROVE]
    assert stage.blog._get(comment).standing is Standing.PUBLIC
    assert "Mo" in _fate(card)


async def test_a_button_acts_on_the_revision_that_was_shown_else_the_card_is_drawn_anew(stage: DiscordStage) -> None:
    comment, card = await _waiting(stage)
    button = stage.custom_id(card, "Approve")
    stage.blog.edit(comment, "Buy my pills!")
    await stage.mod.click(card, button)
    await stage.until(lambda: "Buy my pills!" in card.content, "the card's new words")
    await stage.at_rest()
    assert stage.blog._get(comment).standing is Standing.PENDING
    assert stage.labels(card) == ["Approve", "Spam", "Trash", "Answer"]


async def test_what_is_decided_on_the_blog_changes_the_card(stage: DiscordStage) -> None:
    comment, card = await _waiting(stage)
    stage.blog.stand(comment, Standing.HIDDEN)
    await stage.until(lambda: _fate(card).startswith("☑️"), "the card's change")
    assert "Approve" not in stage.labels(card)


async def test_what_is_approved_on_the_blog_reaches_the_public_room(stage: DiscordStage) -> None:
    comment, card = await _waiting(stage)
    stage.blog.stand(comment, Standing.PUBLIC)
    await stage.until(lambda: _fate(card).startswith("☑️"), "the card's change")
    await stage.until(lambda: bool(stage.threads()) and len(stage.found(ROSES)) == 2, "the comment in public")


async def test_the_answer_button_at_the_desk_approves_and_answers(stage: DiscordStage) -> None:
    comment, card = await _waiting(stage)
    form = await stage.mod.click(card, stage.custom_id(card, "Answer"))
    await stage.mod.submit(form, "You may.")
    await stage.until(lambda: len(stage.blog.public()) == 2, "the comment and its answer")
    asked, ours = stage.blog.public()
    assert (asked.id, ours.parent) == (comment, comment)


async def test_a_press_while_backchat_is_away_does_nothing_and_hurts_nothing(stage: DiscordStage) -> None:
    comment, card = await _waiting(stage)
    button = stage.custom_id(card, "Approve")
    await stage.stop()
    lost = await stage.mod.click(card, button, wait=False)
    await stage.start()
    assert lost.answer is None
    await stage.mod.click(card, button)
    await stage.until(lambda: stage.blog._get(comment).standing is Standing.PUBLIC, "the approval")


async def test_a_press_whose_acknowledgement_is_lost_is_carried_out_once(stage: DiscordStage) -> None:
    comment, card = await _waiting(stage)
    stage.discord.fail("POST", "/interactions/*", "reset")
    await stage.mod.click(card, stage.custom_id(card, "Approve"), wait=False)
    await stage.until(lambda: stage.blog._get(comment).standing is Standing.PUBLIC, "the approval")
    await stage.at_rest()
    assert [choice for _, choice in stage.blog.moderations] == [Choice.APPROVE]
