"""What moderators get on Slack: what waits for approval, with buttons, and a second way for each, only for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.double.interactions import View
from adapters.slack.double.things import Message
from bridge.model import Choice, CommentId, Standing
from tests.flows.slack_stage import SlackStage, slack_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SlackStage]:
    async with slack_stage(tmp_path, moderated=True) as stage:
        yield stage


async def _waiting(stage: SlackStage, words: str = ROSES) -> tuple[CommentId, Message]:
    """A visitor's comment waits for approval, and stands in the moderation room."""
    await stage.first_reading()
    comment = stage.blog.comment(words, standing=Standing.PENDING)
    return comment, await stage.shown(words)


def _fate(stage: SlackStage, card: Message) -> str:
    return stage.words(card).splitlines()[0]


def _choice(view: View, label: str) -> str:
    """The value of what a window offers under this label."""
    for block in view.given["blocks"]:
        for option in block.get("element", {}).get("options", ()):
            if option["text"]["text"].startswith(label):
                return str(option["value"])
    raise AssertionError(f"the window does not offer {label}: {view.given}")


async def test_what_waits_stands_in_the_backroom_alone_and_says_so(stage: SlackStage) -> None:
    _, card = await _waiting(stage)
    await stage.at_rest()
    assert card.channel == stage.backroom.id
    assert _fate(stage, card).startswith("⏳ Waits for approval")
    assert stage.labels(card) == ["Approve", "Spam", "Trash", "Answer"]
    assert stage.roots() == []


CHOICES = [
    ("Approve", Standing.PUBLIC, ["Spam", "Trash"]),
    ("Spam", Standing.HIDDEN, ["Restore"]),
    ("Trash", Standing.HIDDEN, ["Restore"]),
]


@pytest.mark.parametrize(("label", "standing", "offered"), CHOICES)
async def test_a_button_decides_and_the_card_says_who_did_it(
    stage: SlackStage, label: str, standing: Standing, offered: list[str]
) -> None:
    comment, card = await _waiting(stage)
    pressed = await stage.mod.click(card, label)
    assert (pressed.acked, pressed.said) == (True, [])
    await stage.until(lambda: stage.blog._get(comment).standing is standing, "the decision on the blog")
    await stage.until(lambda: _fate(stage, card).startswith("☑️"), "the card's change")
    assert "Mo" in _fate(stage, card)
    assert [one for one in stage.labels(card) if one != "Answer"] == offered
    if standing is Standing.PUBLIC:
        await stage.until(lambda: bool(stage.roots()), "the thread in the public room")


@pytest.mark.parametrize(("label", "standing"), [(label, standing) for label, standing, _ in CHOICES])
async def test_the_shortcut_decides_where_a_click_was_lost(stage: SlackStage, label: str, standing: Standing) -> None:
    comment, card = await _waiting(stage)
    stage.slack.gate.ghosts = 1
    lost = [await stage.mod.click(card, label, wait=False) for _ in range(2)]
    stage.slack.gate.ghosts = 0
    view = await (await stage.mod.shortcut(card, "Moderate…")).opened()
    await stage.mod.submit(view, _choice(view, label))
    await stage.until(lambda: stage.blog._get(comment).standing is standing, "the decision on the blog")
    await stage.until(lambda: _fate(stage, card).startswith("☑️"), "the card's change")
    for one in lost:
        await one.until(lambda one=one: one.acked or one.failed)  # type: ignore[misc]
    await stage.at_rest()
    assert len(stage.blog.moderations) == 1


async def test_what_was_put_away_is_restored(stage: SlackStage) -> None:
    comment, card = await _waiting(stage)
    await stage.mod.click(card, "Trash")
    await stage.until(lambda: "Restore" in stage.labels(card), "the way back")
    await stage.mod.click(card, "Restore")
    await stage.until(lambda: stage.blog._get(comment).standing is Standing.PENDING, "the comment to wait again")


async def test_buttons_are_drawn_from_the_ledger_and_work_after_a_restart(stage: SlackStage) -> None:
    comment, card = await _waiting(stage)
    await stage.again()
    await stage.mod.click(card, "Approve")
    await stage.until(lambda: stage.blog._get(comment).standing is Standing.PUBLIC, "the approval")


async def test_law_08_who_is_no_moderator_decides_nothing_and_is_told_alone(stage: SlackStage) -> None:
    comment, card = await _waiting(stage)
    assert stage.ada.id in await stage.told(stage.ada, stage.ada.click(card, "Approve"))
    assert stage.ada.id in await stage.told(stage.ada, stage.ada.shortcut(card, "Moderate…"))
    await stage.at_rest()
    assert stage.blog._get(comment).standing is Standing.PENDING


async def test_pressing_twice_decides_once(stage: SlackStage) -> None:
    comment, card = await _waiting(stage)
    pressed = [await stage.mod.click(card, "Approve", wait=False) for _ in range(2)]
    for one in pressed:
        await one.answered()
    await stage.at_rest()
    assert [choice for _, choice in stage.blog.moderations] == [Choice.APPROVE]
    assert stage.blog._get(comment).standing is Standing.PUBLIC
    assert "Mo" in _fate(stage, card)


async def test_a_button_acts_on_the_revision_that_was_shown_else_the_card_is_drawn_anew(stage: SlackStage) -> None:
    comment, card = await _waiting(stage)
    stage.blog.edit(comment, "Buy my pills!")
    await stage.mod.click(card, "Approve")
    await stage.until(lambda: "Buy my pills!" in stage.words(card), "the card's new words")
    await stage.at_rest()
    assert stage.blog._get(comment).standing is Standing.PENDING
    assert stage.labels(card) == ["Approve", "Spam", "Trash", "Answer"]


async def test_what_is_decided_on_the_blog_changes_the_card(stage: SlackStage) -> None:
    comment, card = await _waiting(stage)
    stage.blog.stand(comment, Standing.HIDDEN)
    await stage.until(lambda: _fate(stage, card).startswith("☑️"), "the card's change")
    assert "Approve" not in stage.labels(card)


async def test_what_is_approved_on_the_blog_reaches_the_public_room(stage: SlackStage) -> None:
    comment, card = await _waiting(stage)
    stage.blog.stand(comment, Standing.PUBLIC)
    await stage.until(lambda: _fate(stage, card).startswith("☑️"), "the card's change")
    await stage.until(lambda: bool(stage.roots()) and len(stage.found(ROSES)) == 2, "the comment in public")


async def test_the_answer_button_at_the_desk_approves_and_answers(stage: SlackStage) -> None:
    comment, card = await _waiting(stage)
    await stage.mod.submit(await stage.mod.click(card, "Answer"), "You may.")
    await stage.until(lambda: len(stage.blog.public()) == 2, "the comment and its answer")
    asked, ours = stage.blog.public()
    assert (asked.id, ours.parent) == (comment, comment)


async def test_a_press_while_backchat_is_away_is_refused_to_the_person_and_the_next_one_counts(
    stage: SlackStage,
) -> None:
    comment, card = await _waiting(stage)
    await stage.stop()
    lost = await stage.mod.click(card, "Approve")
    assert lost.failed
    await stage.start()
    await stage.at_rest()
    assert stage.blog._get(comment).standing is Standing.PENDING
    await stage.mod.click(card, "Approve")
    await stage.until(lambda: stage.blog._get(comment).standing is Standing.PUBLIC, "the approval")
