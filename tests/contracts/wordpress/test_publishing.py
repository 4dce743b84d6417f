"""Answers on the blog: under the right comment, in the author's name, once, and told apart."""

from __future__ import annotations

import pytest

from adapters.wordpress.accounts import FLOOD_PACE
from adapters.wordpress.keys import key_of, without_key
from adapters.wordpress.settings import Account
from bridge.errors import Refused, RetryLater
from bridge.model import AccountName, CommentId, Key, PostId
from bridge.text.tree import Code, Emphasis, LineBreak, Link, Paragraph, Plain, Strong, paragraph, same_words
from tests.contracts.wordpress.answering import (
    ANSWER,
    BETTER,
    EDITOR,
    JANE,
    KEY,
    ON_RAIN,
    ON_TEA,
    OTHER_KEY,
    SAM,
    THIRD_KEY,
    TOM,
    Desk,
    asked,
    desk,
)
from tests.servers.wordpress import CLOSED, LOCKED, PAGE, PRIVATE, RAIN, TEA, RunningWordPress, comment


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_an_answer_stands_under_the_comment_in_the_authors_name(wordpress: RunningWordPress, login: str) -> None:
    question = await asked(wordpress)
    user = wordpress.users[login]
    async with desk(wordpress, login) as here:
        made = await here.writer.publish(AccountName(login), ON_TEA, question, ANSWER, KEY)
        entry = await here.entry(made.comment)
    assert not made.pending and made.link == entry["link"] == wordpress.link(TEA, int(made.comment))
    assert (entry["post"], str(entry["parent"]), entry["author"]) == (TEA, question, user.number)
    assert entry["author_name"] == user.name and entry["content"]["rendered"].strip() == "<p>Darjeeling, of course.</p>"
    assert key_of(entry["author_url"]) == KEY
    assert (without_key(entry["author_url"]) or "").rstrip("/") == (user.url or wordpress.address)


async def test_the_authors_link_is_the_configured_page_and_its_fragment_keeps_working(
    wordpress: RunningWordPress,
) -> None:
    page = "https://jane.example/about#me"
    account = Account(JANE, "jane", wordpress.users["jane"].application_password, page)
    async with desk(wordpress, accounts={JANE: account}) as here:
        made = await here.writer.publish(JANE, ON_TEA, None, ANSWER, KEY)
        url = (await here.entry(made.comment))["author_url"]
        assert [found.comment for found in await here.writer.find(JANE, ON_TEA, [KEY])] == [made.comment]
    assert url.startswith(f"{page}:~:") and without_key(url) == page


async def test_a_page_too_long_for_wordpress_gives_way_to_the_blogs(wordpress: RunningWordPress) -> None:
    account = Account(JANE, "jane", wordpress.users["jane"].application_password, "https://jane.example/" + "a" * 170)
    async with desk(wordpress, accounts={JANE: account}) as here:
        made = await here.writer.publish(JANE, ON_TEA, None, ANSWER, KEY)
        url = (await here.entry(made.comment))["author_url"]
    assert key_of(url) == KEY and (without_key(url) or "").rstrip("/") == wordpress.address


async def test_an_answer_on_a_page_and_one_without_a_parent(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "editor") as here:
        made = await here.writer.publish(EDITOR, PostId(str(PAGE)), None, ANSWER, KEY)
        entry = await here.entry(made.comment)
    assert (entry["post"], entry["parent"]) == (PAGE, 0)


async def test_what_wordpress_holds_is_pending_though_it_says_created(wordpress: RunningWordPress) -> None:
    await wordpress.switch(hold_everyone=True)
    async with desk(wordpress, "jane") as here:
        made = await here.writer.publish(JANE, ON_TEA, None, ANSWER, KEY)
        (found,) = await here.writer.find(JANE, ON_TEA, [KEY])
    assert made.pending and found.pending and found.comment == made.comment
    assert (await wordpress.row(int(made.comment))).status == "hold"


async def test_an_author_on_anothers_post_waits_until_one_of_its_comments_was_approved(
    wordpress: RunningWordPress,
) -> None:
    await wordpress.option("comment_previously_approved", 1)
    async with desk(wordpress, "tom") as here:
        first = await here.writer.publish(TOM, ON_RAIN, None, ANSWER, KEY)
        await wordpress.approve(int(first.comment))
        await wordpress.age(60)
        second = await here.writer.publish(TOM, ON_RAIN, None, BETTER, OTHER_KEY)
    assert first.pending and not second.pending


# --- what is refused, in words ----------------------------------------------------------------------------------------


async def refused(wordpress: RunningWordPress, here: Desk, post: int, parent: CommentId | None = None) -> str:
    """Why an answer is refused; nothing has been written then."""
    (account,) = here.settings.accounts
    before = await wordpress.rows()
    with pytest.raises(Refused) as caught:
        await here.writer.publish(account, PostId(str(post)), parent, ANSWER, KEY)
    assert await wordpress.rows() == before
    return caught.value.reason


async def test_posts_that_take_no_answer_are_told(wordpress: RunningWordPress) -> None:
    soon_gone = await wordpress.write_post("Soon gone")
    await wordpress.change_post(soon_gone, status="trash")
    async with desk(wordpress, "tom") as here:
        assert await refused(wordpress, here, CLOSED) == "comments are closed on this post"
        assert await refused(wordpress, here, 99_999) == "the post is no longer on the blog"
        assert "it is private, or has a password" in await refused(wordpress, here, PRIVATE)
        assert "it is private, or has a password" in await refused(wordpress, here, LOCKED)
        assert "trash" in await refused(wordpress, here, soon_gone)
    async with desk(wordpress, "editor") as here:
        assert await refused(wordpress, here, CLOSED) == "comments are closed on this post"


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_an_answer_to_a_comment_that_nobody_sees_is_refused(wordpress: RunningWordPress, login: str) -> None:
    told = {
        "hold": "waits for the blog's moderator",
        "spam": "in the spam or the trash",
        "trash": "in the spam or the trash",
        "delete": "no longer on the blog",
    }
    async with desk(wordpress, login) as here:
        for fate, words in told.items():
            question = await asked(wordpress, f"To be: {fate}")
            await getattr(wordpress, fate)(int(question))
            assert words in await refused(wordpress, here, TEA, question)


async def test_an_answer_to_a_hidden_comment_on_anothers_post_is_refused(wordpress: RunningWordPress) -> None:
    question = await asked(wordpress, post=RAIN)
    await wordpress.hold(int(question))
    async with desk(wordpress, "jane") as here:
        assert "not public" in await refused(wordpress, here, RAIN, question)


async def test_an_answer_that_would_be_an_orphan_is_refused(wordpress: RunningWordPress) -> None:
    question = await asked(wordpress, post=RAIN)
    async with desk(wordpress, "editor") as here:
        assert "another post" in await refused(wordpress, here, TEA, question)
        assert "no longer on the blog" in await refused(wordpress, here, TEA, CommentId("99999"))


async def test_empty_and_endless_answers_are_told_before_anything_is_sent(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "editor") as here:
        with pytest.raises(Refused, match="without words"):
            await here.writer.publish(EDITOR, ON_TEA, None, paragraph("  "), KEY)
        with pytest.raises(Refused, match="too long"):
            await here.writer.publish(EDITOR, ON_TEA, None, paragraph("ü" * 32_763), KEY)
        longest = await here.writer.publish(EDITOR, ON_TEA, None, paragraph("ü" * 32_762), KEY)
    assert [row.number for row in await wordpress.rows()] == [int(longest.comment)]


async def test_a_revoked_password_is_told_at_the_first_answer(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane") as here:
        await wordpress.change_password("jane")
        with pytest.raises(Refused, match="takes jane for a stranger"):
            await here.writer.publish(JANE, ON_TEA, None, ANSWER, KEY)
        with pytest.raises(Refused, match="takes jane for a stranger"):
            await here.writer.publish(JANE, ON_TEA, None, ANSWER, KEY)
    assert await wordpress.rows() == []


async def test_a_moderators_revoked_password_is_told_and_not_that_the_comment_is_away(
    wordpress: RunningWordPress,
) -> None:
    asked = CommentId(str(await wordpress.visitor("Vera").comment("Which tea?")))
    async with desk(wordpress, "editor") as here:
        await wordpress.change_password("editor")
        with pytest.raises(Refused, match="takes editor for a stranger"):
            await here.writer.publish(EDITOR, ON_TEA, asked, ANSWER, KEY)


# --- the flood rule ---------------------------------------------------------------------------------------------------


async def test_an_author_who_answers_too_quickly_is_told_when_again(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane") as here:
        await here.writer.publish(JANE, ON_TEA, None, ANSWER, KEY)
        with pytest.raises(RetryLater, match="15 seconds") as caught:
            await here.writer.publish(JANE, ON_TEA, None, BETTER, OTHER_KEY)
        await wordpress.age(FLOOD_PACE)
        await here.writer.publish(JANE, ON_TEA, None, BETTER, OTHER_KEY)
    assert caught.value.after == FLOOD_PACE and len(await wordpress.rows()) == 2


async def test_editors_are_exempt(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "editor") as here:
        for number, key in enumerate((KEY, OTHER_KEY, THIRD_KEY)):
            await here.writer.publish(EDITOR, ON_TEA, None, paragraph(f"Number {number}"), key)
    assert len(await wordpress.rows()) == 3


# --- the same words twice ---------------------------------------------------------------------------------------------

SAME = (Paragraph((Plain("Thanks, "), Strong((Plain("Vera"),)), Plain(" & all: C:\\tea"), LineBreak(), Plain("!"))),)


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_law_03_the_same_words_as_on_the_web_a_minute_before_stand_too_and_are_told_apart(
    wordpress: RunningWordPress, login: str
) -> None:
    account, question = AccountName(login), await asked(wordpress)
    async with desk(wordpress, login) as here:
        for text in (SAME, paragraph("👍"), paragraph("ok")):
            written = await here.writer.publish(account, ON_TEA, question, text, THIRD_KEY)
            await wordpress.age(60)
            made = await here.writer.publish(account, ON_TEA, question, text, KEY)
            found = [one for one in await here.writer.find(account, ON_TEA, [KEY]) if one.comment == made.comment]
            assert made.comment != written.comment and len(found) == 1
            for comment_ in (written.comment, made.comment):
                assert same_words(await here.shown(comment_), text)
            await here.writer.withdraw(account, ON_TEA, made.comment, text)
            await wordpress.delete(int(made.comment))
            await wordpress.age(60)


async def test_law_03_the_same_words_without_a_key_are_not_taken_for_ours(
    wordpress: RunningWordPress,
) -> None:
    await wordpress.switch(strip_author_url=True)
    async with desk(wordpress, "editor") as here:
        written = await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, OTHER_KEY)
        made = await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, KEY)
    assert [row.number for row in await wordpress.rows()] == [int(written.comment), int(made.comment)]


async def test_words_that_stand_there_in_every_spelling_are_refused(wordpress: RunningWordPress) -> None:
    keys = iter([Key(KEY[:-1] + letter) for letter in "abcdefghi"])
    made: set[CommentId] = set()

    async def again_and_again() -> None:
        for key in keys:
            made.add((await here.writer.publish(EDITOR, ON_TEA, None, paragraph("Thank you."), key)).comment)

    async with desk(wordpress, "editor") as here:
        with pytest.raises(Refused, match="other words"):
            await again_and_again()
    assert len(made) == 5 == len(await wordpress.rows())


# --- find -------------------------------------------------------------------------------------------------------------


async def test_an_answer_is_found_by_its_key_as_it_stands_on_its_own_post_only(wordpress: RunningWordPress) -> None:
    text = (Paragraph((Plain("Back\\slash, "), Emphasis((Plain("5 < 6"),)), Code("a && b"))),)
    async with desk(wordpress, "jane") as here:
        made = await here.writer.publish(JANE, ON_TEA, None, text, KEY)
        (found,) = await here.writer.find(JANE, ON_TEA, [OTHER_KEY, KEY])
        assert await here.writer.find(JANE, ON_TEA, [OTHER_KEY]) == []
        assert await here.writer.find(JANE, ON_RAIN, [KEY]) == []
    assert (found.comment, found.link, found.key, found.pending) == (made.comment, made.link, KEY, False)
    assert same_words(found.text, text) and found.created is not None


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_an_answer_is_found_wherever_a_moderator_put_it(wordpress: RunningWordPress, login: str) -> None:
    account = AccountName(login)
    async with desk(wordpress, login) as here:
        made = await here.writer.publish(account, ON_TEA, None, ANSWER, KEY)
        for fate in ("hold", "spam", "unspam", "trash"):
            await getattr(wordpress, fate)(int(made.comment))
            (found,) = await here.writer.find(account, ON_TEA, [KEY])
            assert found.comment == made.comment and found.pending


async def test_an_answer_is_found_behind_hundreds_of_others(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "jane") as here:
        made = await here.writer.publish(JANE, ON_TEA, None, ANSWER, KEY)
        await wordpress.add_many([comment(f"Line {number}", user="jane") for number in range(205)])
        assert [one.comment for one in await here.writer.find(JANE, ON_TEA, [KEY])] == [made.comment]


async def test_a_visitor_who_copies_a_key_is_not_found(wordpress: RunningWordPress) -> None:
    await wordpress.visitor("Mallory", url=f"https://jane.example/#bc-{KEY}").comment("Darjeeling, of course.")
    async with desk(wordpress, "jane") as here:
        assert await here.writer.find(JANE, ON_TEA, [KEY]) == []


async def test_a_subscriber_who_cannot_see_what_waits_says_so(wordpress: RunningWordPress) -> None:
    await wordpress.option("comment_moderation", 1)
    async with desk(wordpress, "sam") as here:
        made = await here.writer.publish(SAM, ON_TEA, None, ANSWER, KEY)
        with pytest.raises(Refused, match="whether the answer waits"):
            await here.writer.find(SAM, ON_TEA, [KEY])
        await wordpress.approve(int(made.comment))
        assert [one.comment for one in await here.writer.find(SAM, ON_TEA, [KEY])] == [made.comment]
    assert made.pending


async def test_law_06_a_stranger_who_copies_the_key_and_the_words_is_not_taken_for_a_subscriber(
    wordpress: RunningWordPress,
) -> None:
    await wordpress.visitor("Mallory", url=f"https://sam.example/#bc-{KEY}").comment("Darjeeling, of course.")
    async with desk(wordpress, "sam") as here:
        with pytest.raises(Refused, match="whether the answer waits"):
            await here.writer.find(SAM, ON_TEA, [KEY])


async def test_with_a_revoked_password_an_answer_is_still_found_where_the_public_sees_it(
    wordpress: RunningWordPress,
) -> None:
    async with desk(wordpress, "jane") as here:
        made = await here.writer.publish(JANE, ON_TEA, None, ANSWER, KEY)
        await wordpress.change_password("jane")
        assert [one.comment for one in await here.writer.find(JANE, ON_TEA, [KEY])] == [made.comment]
        with pytest.raises(Refused, match="whether the answer waits"):
            await here.writer.find(JANE, ON_TEA, [OTHER_KEY])


async def test_a_moderator_sees_for_the_subscriber(wordpress: RunningWordPress) -> None:
    await wordpress.option("comment_moderation", 1)
    async with desk(wordpress, "sam", "editor") as here:
        made = await here.writer.publish(SAM, ON_TEA, None, ANSWER, KEY)
        assert [one.comment for one in await here.writer.find(SAM, ON_TEA, [KEY, OTHER_KEY])] == [made.comment]
        assert await here.writer.find(SAM, ON_TEA, [OTHER_KEY]) == []


async def test_where_the_site_drops_the_authors_address_all_without_a_key_are_told(
    wordpress: RunningWordPress,
) -> None:
    await wordpress.switch(strip_author_url=True)
    async with desk(wordpress, "editor") as here:
        made = await here.writer.publish(EDITOR, ON_TEA, None, ANSWER, KEY)
        (found,) = await here.writer.find(EDITOR, ON_TEA, [KEY])
    async with desk(wordpress, "editor") as again:
        assert await again.writer.find(EDITOR, ON_TEA, [KEY]) == [found]
        assert await again.writer.find(EDITOR, ON_RAIN, [KEY]) == []
    assert (found.comment, found.key) == (made.comment, None) and same_words(found.text, ANSWER)
    assert found.created == (await wordpress.row(int(made.comment))).date


async def test_where_addresses_are_kept_what_was_written_on_the_web_is_not_told(wordpress: RunningWordPress) -> None:
    async with desk(wordpress, "editor") as here:
        await here.writer.publish(EDITOR, ON_RAIN, None, BETTER, OTHER_KEY)
    await wordpress.add_many([comment("Darjeeling, of course.", user="editor")])
    async with desk(wordpress, "editor") as again:
        assert await again.writer.find(EDITOR, ON_TEA, [KEY]) == []


async def test_words_with_links_stand_as_links(wordpress: RunningWordPress) -> None:
    question = await asked(wordpress)
    link = Link(f"{wordpress.link(TEA)}#comment-{question}", (Plain("@Vera"),))
    async with desk(wordpress, "jane") as here:
        made = await here.writer.publish(JANE, ON_TEA, question, (Paragraph((link, Plain(": yes"))),), KEY)
        rendered = (await here.entry(made.comment))["content"]["rendered"]
    assert f'<a href="{link.address}"' in rendered and ">@Vera</a>: yes" in rendered
