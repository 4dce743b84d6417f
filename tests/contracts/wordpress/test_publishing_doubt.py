"""Answers of which nobody knows whether they arrived: nothing is sent twice, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.wordpress.writing import Writer
from bridge.errors import MaybeDone, RetryLater
from bridge.model import AccountName, Choice, Standing
from bridge.steps.answer import CLOCKS
from bridge.text.tree import Code, Link, Paragraph, Plain, same_words
from tests.contracts.wordpress.answering import ANSWER, BETTER, EDITOR, KEY, ON_TEA, OTHER_KEY, Desk, asked, desk
from tests.servers.isso_proxy import Proxy, proxied
from tests.servers.wordpress import RunningWordPress

CHANGED_ON_THE_WAY = (
    Paragraph(
        (
            Plain('C:\\tea isn\'t "here" & 1 < 2 '),
            Link("https://tea.example/?a=1&b=2", (Plain("look"),)),
            Code("\\n"),
        )
    ),
)
"""What WordPress's own check for duplicates would not know again if it were sent as it is (facts 1.4)."""
NEW = "POST /wp-json/wp/v2/comments "


@asynccontextmanager
async def doubtful(wordpress: RunningWordPress, login: str = "editor") -> AsyncIterator[tuple[Desk, Proxy]]:
    """The blog behind a proxy that loses what it is told to lose."""
    async with proxied(wordpress.address) as proxy:
        api = f"{proxy.address}/wp-json"
        async with desk(wordpress, login, address=proxy.address, api=api) as here:
            yield here, proxy


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_law_02_an_answer_whose_receipt_was_lost_is_found_and_stands_once(
    wordpress: RunningWordPress, login: str
) -> None:
    account = AccountName(login)
    async with doubtful(wordpress, login) as (here, proxy):
        proxy.swallow_answer_to(NEW)
        with pytest.raises(MaybeDone):
            await here.writer.publish(account, ON_TEA, None, CHANGED_ON_THE_WAY, KEY)
        (found,) = await here.writer.find(account, ON_TEA, [KEY])
        await wordpress.age(60)
        # And even if it were sent again under the same key, WordPress takes it for the duplicate that it is.
        again = await here.writer.publish(account, ON_TEA, None, CHANGED_ON_THE_WAY, KEY)
    (row,) = await wordpress.rows()
    assert found.comment == again.comment == str(row.number)
    assert found.key == KEY and same_words(found.text, CHANGED_ON_THE_WAY)


async def test_law_02_a_request_that_was_lost_is_not_found_and_may_be_sent_again(wordpress: RunningWordPress) -> None:
    async with doubtful(wordpress) as (here, proxy):
        proxy.swallow_request(NEW)
        with pytest.raises(MaybeDone):
            await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, KEY)
        assert await here.writer.find(EDITOR, ON_TEA, [KEY]) == []
        made = await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, KEY)
    assert [str(row.number) for row in await wordpress.rows()] == [made.comment]


async def test_an_answer_that_is_no_json_leaves_it_open(wordpress: RunningWordPress) -> None:
    async with doubtful(wordpress) as (here, proxy):
        proxy.break_answers_to(NEW)
        with pytest.raises(MaybeDone, match="instead of WordPress's JSON"):
            await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, KEY)


async def test_a_parent_that_cannot_be_looked_at_stops_before_anything_is_sent(wordpress: RunningWordPress) -> None:
    question = await asked(wordpress)
    async with doubtful(wordpress) as (here, proxy):
        proxy.break_answers_to(f"GET /wp-json/wp/v2/comments/{question}")
        with pytest.raises(RetryLater):
            await here.writer.publish(EDITOR, ON_TEA, question, ANSWER, KEY)
        assert not any(line.startswith("POST") for line in proxy.requests)


async def test_a_blog_that_cannot_be_reached_has_certainly_not_got_it(wordpress: RunningWordPress) -> None:
    async with doubtful(wordpress) as (here, proxy):
        await proxy.close()
        with pytest.raises(RetryLater):
            await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, KEY)
        with pytest.raises(RetryLater):
            await here.writer.find(EDITOR, ON_TEA, [KEY])


async def test_revising_and_withdrawing_may_be_repeated_when_the_answer_was_lost(wordpress: RunningWordPress) -> None:
    async with doubtful(wordpress) as (here, proxy):
        made = await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, KEY)
        proxy.swallow_answer_to(f"POST /wp-json/wp/v2/comments/{made.comment}")
        with pytest.raises(MaybeDone):
            await here.writer.revise(EDITOR, ON_TEA, made.comment, ANSWER, BETTER)
        await here.writer.revise(EDITOR, ON_TEA, made.comment, ANSWER, BETTER)
        assert same_words(await here.shown(made.comment), BETTER)
        proxy.swallow_answer_to(f"DELETE /wp-json/wp/v2/comments/{made.comment}")
        with pytest.raises(MaybeDone):
            await here.writer.withdraw(EDITOR, ON_TEA, made.comment, BETTER)
        await here.writer.withdraw(EDITOR, ON_TEA, made.comment, BETTER)
    assert [row.status for row in await wordpress.rows()] == ["trash"]


async def test_moderating_may_be_repeated_when_the_answer_was_lost(wordpress: RunningWordPress) -> None:
    question = await asked(wordpress, "Darjeeling, of course.")
    async with doubtful(wordpress) as (here, proxy):
        for choice, method, standing in (
            (Choice.SPAM, "POST", Standing.HIDDEN),
            (Choice.RESTORE, "POST", Standing.PUBLIC),
            (Choice.TRASH, "DELETE", Standing.HIDDEN),
        ):
            proxy.swallow_answer_to(f"{method} /wp-json/wp/v2/comments/{question}")
            with pytest.raises(MaybeDone):
                await here.moderator.moderate(EDITOR, question, ANSWER, choice)
            assert await here.moderator.moderate(EDITOR, question, ANSWER, choice) is standing


async def test_a_second_answer_in_the_same_words_is_another_even_if_the_first_ones_receipt_was_lost(
    wordpress: RunningWordPress,
) -> None:
    async with doubtful(wordpress) as (here, proxy):
        proxy.swallow_answer_to(NEW)
        with pytest.raises(MaybeDone):
            await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, KEY)
        second = await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, OTHER_KEY)
        (first,) = await here.writer.find(EDITOR, ON_TEA, [KEY])
    assert first.comment != second.comment and len(await wordpress.rows()) == 2


@pytest.mark.parametrize("ahead", [-900.0, 0.0, 900.0])
async def test_law_02_an_answer_without_a_key_is_as_old_by_our_clock_as_it_is(
    wordpress: RunningWordPress, ahead: float
) -> None:
    """Where the site keeps no keys, age tells our answer from older ones; the blog's clock may go wrong, or ours."""
    await wordpress.switch(strip_author_url=True)
    async with desk(wordpress, "editor") as here:

        def now() -> float:
            return time.time() + ahead

        writer = Writer(here.settings, here.api, here.writer._accounts, now)
        before = now()
        await writer.publish(EDITOR, ON_TEA, None, ANSWER, KEY)
        (found,) = await writer.find(EDITOR, ON_TEA, [KEY])
    assert found.key is None and found.created is not None
    assert before - CLOCKS <= found.created <= now() + CLOCKS
