"""Answers that are revised and withdrawn, by roles that may and by roles that may not."""

from __future__ import annotations

import pytest

from adapters.wordpress.keys import key_of
from bridge.errors import NotThatComment, Refused
from bridge.model import AccountName, CommentId
from bridge.text.tree import Code, Link, Paragraph, Plain, Text, paragraph, same_words
from tests.contracts.wordpress.answering import (
    ANSWER,
    BETTER,
    EDITOR,
    JANE,
    KEY,
    ON_RAIN,
    ON_TEA,
    Desk,
    asked,
    desk,
)
from tests.servers.wordpress import RunningWordPress

CODED = (Paragraph((Plain("It's "), Code("C:\\tea"), Plain(" -- see ")
                    , Link("https://tea.example/?a=1&b=2", (Plain("tea"),)))),)  # fmt: skip


async def published(here: Desk, account: AccountName, text: Text = ANSWER) -> CommentId:
    return (await here.writer.publish(account, ON_TEA, None, text, KEY)).comment


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_an_answer_is_revised_where_it_stands_and_keeps_its_key(wordpress: RunningWordPress, login: str) -> None:
    account = AccountName(login)
    async with desk(wordpress, login) as here:
        comment = await published(here, account)
        made = await here.writer.revise(account, ON_TEA, comment, ANSWER, CODED)
        again = await here.writer.revise(account, ON_TEA, comment, ANSWER, CODED)
        entry = await here.entry(comment)
        assert same_words(await here.shown(comment), CODED)
    assert made == again and made.comment == comment and made.link == entry["link"] and not made.pending
    assert key_of(entry["author_url"]) == KEY and entry["author"] == wordpress.users[login].number
    assert "<code>C:\\tea</code>" in entry["content"]["rendered"].replace("&#092;", "\\").replace("&#92;", "\\")


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_a_change_of_signs_alone_is_a_change(wordpress: RunningWordPress, login: str) -> None:
    account = AccountName(login)
    async with desk(wordpress, login) as here:
        comment = await published(here, account)
        await here.writer.revise(account, ON_TEA, comment, ANSWER, paragraph("Darjeeling: of course!"))
        rendered = (await here.entry(comment))["content"]["rendered"]
    assert "Darjeeling: of course!" in rendered


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_what_somebody_changed_on_the_blog_is_left_alone(wordpress: RunningWordPress, login: str) -> None:
    account = AccountName(login)
    async with desk(wordpress, login) as here:
        comment = await published(here, account)
        await wordpress.edit(int(comment), "Coffee, really.")
        with pytest.raises(NotThatComment, match="changed the answer"):
            await here.writer.revise(account, ON_TEA, comment, ANSWER, BETTER)
        with pytest.raises(NotThatComment, match="changed the answer"):
            await here.writer.withdraw(account, ON_TEA, comment, ANSWER)
    assert (await wordpress.row(int(comment))).words == "Coffee, really."


async def test_somebody_elses_comment_is_never_changed(wordpress: RunningWordPress) -> None:
    question = await asked(wordpress, "Darjeeling, of course.")
    async with desk(wordpress, "editor") as here:
        with pytest.raises(NotThatComment, match="somebody else"):
            await here.writer.revise(EDITOR, ON_TEA, question, ANSWER, BETTER)
        with pytest.raises(NotThatComment, match="somebody else"):
            await here.writer.withdraw(EDITOR, ON_TEA, question, ANSWER)
    assert (await wordpress.row(int(question))).words == "Darjeeling, of course."


async def test_a_held_answer_is_revised_and_stays_pending(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane") as here:
        comment = await published(here, JANE)
        await wordpress.hold(int(comment))
        made = await here.writer.revise(JANE, ON_TEA, comment, ANSWER, BETTER)
    row = await wordpress.row(int(comment))
    assert made.pending and (row.status, row.words) == ("hold", "Assam, on second thought.")


@pytest.mark.parametrize("fate", ["spam", "trash", "delete"])
async def test_what_a_moderator_removed_is_not_revised(wordpress: RunningWordPress, fate: str) -> None:
    async with desk(wordpress, "jane") as here:
        comment = await published(here, JANE)
        await getattr(wordpress, fate)(int(comment))
        with pytest.raises(NotThatComment):
            await here.writer.revise(JANE, ON_TEA, comment, ANSWER, BETTER)


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_an_answer_is_withdrawn_into_the_trash_once_or_twice(wordpress: RunningWordPress, login: str) -> None:
    account = AccountName(login)
    async with desk(wordpress, login) as here:
        comment = await published(here, account)
        await here.writer.withdraw(account, ON_TEA, comment, ANSWER)
        await here.writer.withdraw(account, ON_TEA, comment, ANSWER)
    assert (await wordpress.row(int(comment))).status == "trash"


async def test_where_there_is_no_trash_an_answer_is_withdrawn_for_good(wordpress: RunningWordPress) -> None:
    await wordpress.switch(no_trash=True)
    async with desk(wordpress, "jane") as here:
        comment = await published(here, JANE)
        await here.writer.withdraw(JANE, ON_TEA, comment, ANSWER)
        await here.writer.withdraw(JANE, ON_TEA, comment, ANSWER)
    assert await wordpress.rows() == []


async def test_what_is_gone_for_good_is_withdrawn(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane") as here:
        comment = await published(here, JANE)
        await wordpress.delete(int(comment))
        await here.writer.withdraw(JANE, ON_TEA, comment, ANSWER)
    assert await wordpress.rows() == []


async def test_an_author_on_anothers_post_may_not_change_what_it_wrote(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane") as here:
        made = await here.writer.publish(JANE, ON_RAIN, None, ANSWER, KEY)
        with pytest.raises(Refused, match="only editors"):
            await here.writer.revise(JANE, ON_RAIN, made.comment, ANSWER, BETTER)
        with pytest.raises(Refused, match="only editors"):
            await here.writer.withdraw(JANE, ON_RAIN, made.comment, ANSWER)
    assert (await wordpress.row(int(made.comment))).words == "Darjeeling, of course."


async def test_there_an_editors_account_lends_its_hand_and_not_its_name(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane", "editor") as here:
        made = await here.writer.publish(JANE, ON_RAIN, None, ANSWER, KEY)
        await here.writer.revise(JANE, ON_RAIN, made.comment, ANSWER, BETTER)
        entry = await here.entry(made.comment)
        await here.writer.withdraw(JANE, ON_RAIN, made.comment, BETTER)
    assert entry["author"] == 3 and entry["author_name"] == "Jane Doe" and "Assam" in entry["content"]["rendered"]
    assert (await wordpress.row(int(made.comment))).status == "trash"


async def test_a_revoked_password_is_told_and_nothing_is_changed(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane") as here:
        comment = await published(here, JANE)
        await wordpress.change_password("jane")
        with pytest.raises(Refused, match="for a stranger"):
            await here.writer.revise(JANE, ON_TEA, comment, ANSWER, BETTER)
        with pytest.raises(Refused, match="for a stranger"):
            await here.writer.withdraw(JANE, ON_TEA, comment, ANSWER)
    row = await wordpress.row(int(comment))
    assert (row.status, row.words) == ("approved", "Darjeeling, of course.")
