"""What moderators choose, done on the blog."""

from __future__ import annotations

import pytest

from adapters.wordpress.writing import text_of
from bridge.errors import NotThatComment, Refused
from bridge.model import AccountName, Choice, CommentId, Standing
from bridge.text.tree import paragraph
from tests.contracts.wordpress.answering import ANSWER, EDITOR, JANE, KEY, ON_TEA, Desk, asked, desk
from tests.servers.wordpress import RAIN, RunningWordPress

QUESTION = paragraph("Which tea?")
PUBLIC, PENDING, HIDDEN = Standing.PUBLIC, Standing.PENDING, Standing.HIDDEN


async def chosen(here: Desk, account: AccountName, comment: CommentId, *choices: Choice) -> list[Standing]:
    return [await here.moderator.moderate(account, comment, QUESTION, choice) for choice in choices]


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_a_held_comment_goes_all_the_ways(wordpress: RunningWordPress, login: str) -> None:
    account, comment = AccountName(login), await asked(wordpress)
    await wordpress.hold(int(comment))
    ways = (
        (Choice.SPAM, HIDDEN, "spam"),
        (Choice.SPAM, HIDDEN, "spam"),
        (Choice.RESTORE, PENDING, "hold"),
        (Choice.RESTORE, PENDING, "hold"),
        (Choice.TRASH, HIDDEN, "trash"),
        (Choice.TRASH, HIDDEN, "trash"),
        (Choice.RESTORE, PENDING, "hold"),
        (Choice.APPROVE, PUBLIC, "approved"),
        (Choice.APPROVE, PUBLIC, "approved"),
        (Choice.TRASH, HIDDEN, "trash"),
        (Choice.RESTORE, PUBLIC, "approved"),
        (Choice.SPAM, HIDDEN, "spam"),
        (Choice.RESTORE, PUBLIC, "approved"),
        (Choice.RESTORE, PUBLIC, "approved"),
    )
    async with desk(wordpress, login) as here:
        for choice, standing, status in ways:
            assert await chosen(here, account, comment, choice) == [standing]
            assert (await wordpress.row(int(comment))).status == status


async def test_a_comment_that_says_something_else_by_now_is_left_alone(wordpress: RunningWordPress) -> None:
    comment = await asked(wordpress)
    await wordpress.hold(int(comment))
    await wordpress.edit(int(comment), "Buy cheap tea!")
    async with desk(wordpress, "editor") as here:
        with pytest.raises(NotThatComment, match="changed on the blog"):
            await chosen(here, EDITOR, comment, Choice.APPROVE)
    assert (await wordpress.row(int(comment))).status == "hold"


async def test_a_link_that_leads_elsewhere_by_now_is_not_approved_unseen(wordpress: RunningWordPress) -> None:
    comment = await asked(wordpress, 'See <a href="https://harmless.example/">my notes</a>')
    await wordpress.hold(int(comment))
    async with desk(wordpress, "editor") as here:
        answer = await here.api.get(f"/wp/v2/comments/{comment}", None, here.accounts.account(EDITOR))
        seen = text_of(answer.json)
        await wordpress.edit(int(comment), 'See <a href="https://evil.example/">my notes</a>')
        with pytest.raises(NotThatComment, match="changed on the blog"):
            await here.moderator.moderate(EDITOR, comment, seen, Choice.APPROVE)
        assert (await wordpress.row(int(comment))).status == "hold"
        assert await here.moderator.moderate(EDITOR, comment, seen, Choice.SPAM) is HIDDEN, "away with it all the same"


@pytest.mark.parametrize("fate", ["spam", "trash"])
async def test_what_was_put_away_on_the_blog_meanwhile_is_not_approved(wordpress: RunningWordPress, fate: str) -> None:
    comment = await asked(wordpress)
    await wordpress.hold(int(comment))
    await wordpress.set_status(int(comment), fate)
    async with desk(wordpress, "editor") as here:
        with pytest.raises(NotThatComment, match=f"into the {fate} of the blog meanwhile"):
            await chosen(here, EDITOR, comment, Choice.APPROVE)
    assert (await wordpress.row(int(comment))).status == fate


async def test_where_there_is_no_trash_a_visitors_comment_is_not_deleted_for_good(wordpress: RunningWordPress) -> None:
    comment = await asked(wordpress)
    await wordpress.switch(no_trash=True)
    async with desk(wordpress, "editor") as here:
        with pytest.raises(Refused, match="keeps no trash"):
            await chosen(here, EDITOR, comment, Choice.TRASH)
    assert (await wordpress.row(int(comment))).status == "approved"


async def test_a_comment_that_is_gone_is_told(wordpress: RunningWordPress) -> None:
    comment = await asked(wordpress)
    await wordpress.delete(int(comment))
    async with desk(wordpress, "editor") as here:
        with pytest.raises(NotThatComment, match="no longer on the blog"):
            await chosen(here, EDITOR, comment, Choice.APPROVE)


async def test_an_author_may_not_moderate_on_anothers_post(wordpress: RunningWordPress) -> None:
    comment = await asked(wordpress, post=RAIN)
    async with desk(wordpress, "jane") as here:
        for choice in (Choice.SPAM, Choice.TRASH):
            with pytest.raises(Refused, match="only editors"):
                await chosen(here, JANE, comment, choice)
    assert (await wordpress.row(int(comment))).status == "approved"


async def test_a_revoked_password_is_told(wordpress: RunningWordPress) -> None:
    comment = await asked(wordpress)
    async with desk(wordpress, "editor") as here:
        await wordpress.change_password("editor")
        with pytest.raises(Refused, match="for a stranger"):
            await chosen(here, EDITOR, comment, Choice.SPAM)
        with pytest.raises(Refused, match="for a stranger"):
            await chosen(here, EDITOR, comment, Choice.SPAM)
    assert (await wordpress.row(int(comment))).status == "approved"


async def test_a_moderators_hand_leaves_no_trace_where_the_visitors_machine_is_noted(
    wordpress: RunningWordPress,
) -> None:
    comment = await asked(wordpress)
    await wordpress.hold(int(comment))
    async with desk(wordpress, "editor") as here:
        editor = here.settings.accounts[EDITOR]

        async def noted() -> tuple[str, str]:
            entry = (await here.api.get(f"/wp/v2/comments/{comment}", {"context": "edit"}, editor)).json
            return entry["author_ip"], entry["author_user_agent"]

        before = await noted()
        await chosen(here, EDITOR, comment, Choice.APPROVE, Choice.SPAM, Choice.RESTORE, Choice.TRASH)
        assert await noted() == before and before[0].startswith("198.51.100.")


async def test_an_answer_of_ours_that_waits_can_be_approved(wordpress: RunningWordPress) -> None:
    await wordpress.switch(hold_everyone=True)
    async with desk(wordpress, "jane", "editor") as here:
        made = await here.writer.publish(JANE, ON_TEA, None, ANSWER, KEY)
        assert await here.moderator.moderate(EDITOR, made.comment, ANSWER, Choice.APPROVE) is PUBLIC
        (found,) = await here.writer.find(JANE, ON_TEA, [KEY])
    assert made.pending and not found.pending
