"""Publishing, finding, revising and withdrawing, against the real Isso."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.isso.blog import IssoBlog
from adapters.isso.settings import Account
from bridge.errors import MaybeDone, NotThatComment, Refused, RetryLater
from bridge.model import CommentId, Guarantee, Published, Standing
from bridge.ports import BLOG_ABILITIES, BlogAbility
from bridge.text.tree import CodeBlock, Text, paragraph, wording
from tests.servers.isso import RunningIsso, real_isso
from tests.servers.isso_blog import KEY, MARA, OTHER_KEY, RAIN, TEA, comments, opened
from tests.servers.isso_proxy import proxied

ANSWER = paragraph("Darjeeling, of course.")
BETTER = paragraph("Assam, on second thought.")


async def published(blog: IssoBlog, text: Text = ANSWER) -> Published:
    return await blog.publish(MARA, TEA, None, text, KEY)


async def test_an_answer_stands_under_the_comment_in_the_authors_name(isso: RunningIsso) -> None:
    number = await isso.visitor("Vera").comment("Which tea?")
    async with opened(isso) as (blog, _):
        asked = (await comments(blog))[number]
        made = await blog.publish(MARA, TEA, asked.id, ANSWER, KEY)
        answer = (await comments(blog))[number + 1]
    assert answer.id == made.comment and answer.link == made.link and not made.pending
    assert answer.parent == asked.id and answer.key == KEY
    assert answer.commenter.name == "Mara" and answer.commenter.address == "https://mara.example/"
    assert answer.link == f"{isso.site}/tea/#isso-{number + 1}"


async def test_an_answer_is_found_by_its_key_as_it_stands(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        made = await published(blog)
        found = await blog.find(MARA, TEA, [OTHER_KEY, KEY])
        assert await blog.find(MARA, TEA, [OTHER_KEY]) == []
        assert await blog.find(MARA, RAIN, [KEY]) == []
    assert [(f.comment, f.key, wording(f.text)) for f in found] == [(made.comment, KEY, wording(ANSWER))]


async def test_an_answer_to_a_comment_that_is_gone_is_refused_and_nothing_is_posted(isso: RunningIsso) -> None:
    vera = isso.visitor("Vera")
    number = await vera.comment("Which tea?")
    async with opened(isso) as (blog, _):
        asked = (await comments(blog))[number].id
        await vera.delete(number)
        assert await isso.visitor("Sam").comment("Something else") == number
        with pytest.raises(Refused, match="no longer on the blog"):
            await blog.publish(MARA, TEA, asked, ANSWER, KEY)
    assert len(isso.texts()) == 1


@pytest.mark.parametrize(("text", "words"), [("ok", "three characters"), ("x" * 65_536, "too long")])
async def test_what_isso_would_not_take_is_refused_before_it_is_sent(isso: RunningIsso, text: str, words: str) -> None:
    async with opened(isso) as (blog, _):
        with pytest.raises(Refused, match=words):
            await published(blog, paragraph(text))
    assert isso.texts() == {}


async def test_names_keep_their_letters_and_an_address_with_an_ampersand_keeps_its_key(isso: RunningIsso) -> None:
    await isso.visitor("Ünal & <Söhne>").comment("Grüße", website="https://uenal.example/?a=1&b=2")
    async with opened(isso) as (blog, _):
        (comment,) = (await comments(blog)).values()
    assert comment.commenter.name == "Ünal & <Söhne>"
    assert comment.commenter.address == "https://uenal.example/?a=1&b=2"


# --- Revise -----------------------------------------------------------------------------------------------------------


async def test_a_revised_answer_keeps_its_identity_and_its_key(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        made = await published(blog)
        revised = await blog.revise(MARA, TEA, made.comment, ANSWER, BETTER, OTHER_KEY)
        (found,) = await blog.find(MARA, TEA, [KEY])
    assert revised == made
    assert found.comment == made.comment and wording(found.text) == wording(BETTER)


async def test_revising_twice_is_done_once(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        made = await published(blog)
        for _ in range(2):
            assert await blog.revise(MARA, TEA, made.comment, ANSWER, BETTER, KEY) == made


async def test_what_somebody_changed_on_the_blog_is_not_written_over(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        made = await published(blog)
        isso.sql("UPDATE comments SET text = 'the moderator was here'")
        with pytest.raises(NotThatComment):
            await blog.revise(MARA, TEA, made.comment, ANSWER, BETTER, KEY)
        with pytest.raises(NotThatComment):
            await blog.withdraw(MARA, TEA, made.comment, ANSWER)
    assert isso.texts() == {1: "the moderator was here"}


async def test_formatted_answers_can_be_revised_and_withdrawn(isso: RunningIsso) -> None:
    formatted = (*paragraph("Some 1. *stars* and <b>tags</b>"), CodeBlock("if a < b:\n    *pass*", "python"))
    async with opened(isso) as (blog, _):
        made = await published(blog, formatted)
        await blog.revise(MARA, TEA, made.comment, formatted, (*formatted, *BETTER), KEY)
        await blog.withdraw(MARA, TEA, made.comment, (*formatted, *BETTER))
    assert isso.texts() == {}


async def test_an_answer_that_is_gone_is_not_revised(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        made = await published(blog)
        await blog.withdraw(MARA, TEA, made.comment, ANSWER)
        with pytest.raises(NotThatComment):
            await blog.revise(MARA, TEA, made.comment, ANSWER, BETTER, KEY)


# --- Withdraw, and numbers given out twice ----------------------------------------------------------------------------


async def test_withdrawing_twice_is_done_once(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        made = await published(blog)
        await blog.withdraw(MARA, TEA, made.comment, ANSWER)
        await blog.withdraw(MARA, TEA, made.comment, ANSWER)
        assert await blog.find(MARA, TEA, [KEY]) == []


async def test_a_late_withdraw_does_not_hit_the_stranger_who_got_the_number(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        made = await published(blog)
        await blog.withdraw(MARA, TEA, made.comment, ANSWER)
        number = await isso.visitor("Sam").comment(wording(ANSWER))
        assert made.comment.startswith(f"{number}@")
        await blog.withdraw(MARA, TEA, made.comment, ANSWER)
        with pytest.raises(NotThatComment):
            await blog.revise(MARA, TEA, made.comment, ANSWER, BETTER, KEY)
        stands = (await comments(blog))[number]
        assert await blog.look([made.comment, stands.id]) == {made.comment: Standing.GONE, stands.id: Standing.PUBLIC}
    assert isso.texts() == {number: wording(ANSWER)}


async def test_an_answer_with_replies_leaves_an_empty_place_and_counts_as_gone(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        made = await published(blog)
        reply = await isso.visitor("Vera").comment("Thanks!", under=1)
        await blog.withdraw(MARA, TEA, made.comment, ANSWER)
        read = await comments(blog)
        assert set(read) == {reply} and read[reply].parent == made.comment
        assert await blog.look([made.comment]) == {made.comment: Standing.GONE}
        await blog.withdraw(MARA, TEA, made.comment, ANSWER)


# --- Moderation -------------------------------------------------------------------------------------------------------


async def test_our_own_answer_is_approved_with_the_admin_password(moderated: RunningIsso) -> None:
    async with opened(moderated) as (blog, ready):
        made = await published(blog)
        (found,) = await blog.find(MARA, TEA, [KEY])
    assert not made.pending and not found.pending
    assert ready.guarantee is Guarantee.ONE


async def test_without_the_password_our_answer_waits_and_its_absence_proves_nothing(moderated: RunningIsso) -> None:
    async with opened(moderated, admin_password=None) as (blog, ready):
        made = await published(blog)
        assert made.pending
        with pytest.raises(Refused, match="moderator"):
            await blog.find(MARA, TEA, [KEY])
    assert ready.guarantee is Guarantee.ONE_OR_PARKED


async def test_an_operator_who_said_unmoderated_wrongly_is_not_believed_for_long(moderated: RunningIsso) -> None:
    async with opened(moderated, admin_password=None, moderated=False) as (blog, ready):
        assert ready.guarantee is Guarantee.ONE
        assert (await published(blog)).pending
        with pytest.raises(Refused, match="moderator"):
            await blog.find(MARA, TEA, [KEY])


async def test_a_pending_answer_is_found_revised_and_withdrawn_with_the_password(moderated: RunningIsso) -> None:
    async with opened(moderated, admin_password=None) as (blog, _):
        made = await published(blog)
    async with opened(moderated) as (blog, _):
        (found,) = await blog.find(MARA, TEA, [KEY])
        assert found.pending and found.comment == made.comment
        assert (await blog.revise(MARA, TEA, made.comment, ANSWER, BETTER, KEY)).pending
        await blog.withdraw(MARA, TEA, made.comment, BETTER)
    assert moderated.texts() == {}


async def test_a_visitors_pending_comment_cannot_be_answered_yet(moderated: RunningIsso) -> None:
    number = await moderated.visitor("Vera").comment("Which tea?")
    async with opened(moderated) as (blog, _):
        waiting = (await comments(blog))[number]
        with pytest.raises(Refused):
            await blog.publish(MARA, TEA, waiting.id, ANSWER, KEY)


# --- Isso's guard -----------------------------------------------------------------------------------------------------


async def test_the_guards_rate_limit_asks_for_a_minute(guarded: RunningIsso) -> None:
    for words in ("First comment", "Second comment"):
        await guarded.visitor("Vera").comment(words)
    async with opened(guarded) as (blog, _):
        with pytest.raises(RetryLater, match="minute") as caught:
            await published(blog)
        assert caught.value.after == 60
        guarded.age(61)
        await published(blog)


async def test_the_guard_lets_us_answer_a_neighbour_only_once_their_edit_time_is_over(guarded: RunningIsso) -> None:
    await guarded.visitor("Vera").comment("Which tea?")
    guarded.age(300)
    async with opened(guarded) as (blog, _):
        asked = (await comments(blog))[1].id
        with pytest.raises(RetryLater, match="no longer be edited"):
            await blog.publish(MARA, TEA, asked, ANSWER, KEY)
        guarded.age(601)
        asked = (await comments(blog))[1].id
        await blog.publish(MARA, TEA, asked, ANSWER, KEY)


async def test_the_guard_lets_us_answer_a_visitor_from_elsewhere_at_once(guarded: RunningIsso) -> None:
    await guarded.visitor("Vera", "127.0.9.1").comment("Which tea?")
    async with opened(guarded) as (blog, _):
        await blog.publish(MARA, TEA, (await comments(blog))[1].id, ANSWER, KEY)


async def test_a_fourth_comment_directly_on_a_post_is_refused_for_good(guarded: RunningIsso) -> None:
    async with opened(guarded) as (blog, _):
        for _ in range(3):
            await published(blog)
            guarded.age(61)
        with pytest.raises(Refused, match="directly"):
            await published(blog)
        assert len(guarded.texts()) == 3


async def test_what_isso_demands_of_commenters_is_said(tmp_path: Path) -> None:
    async with real_isso(tmp_path, guard={"require-email": "true"}) as isso:
        nameless = {MARA: Account("Mara", None, "https://mara.example/")}
        async with opened(isso, accounts=nameless) as (blog, ready):
            assert any("e-mail" in remark for remark in ready.remarks)
            with pytest.raises(Refused, match="e-mail"):
                await published(blog)


async def test_a_first_comment_on_a_page_that_isso_cannot_reach_is_tried_again(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        isso.posts.pop("/rain/")
        with pytest.raises(RetryLater, match="cannot reach"):
            await blog.publish(MARA, RAIN, None, ANSWER, KEY)


# --- What came of it is unknown ---------------------------------------------------------------------------------------


async def test_a_cut_connection_leaves_it_unknown_and_the_answer_is_found(isso: RunningIsso) -> None:
    async with proxied(isso.address) as proxy, opened(isso, address=proxy.address) as (blog, _):
        proxy.swallow_answer_to("POST /new")
        with pytest.raises(MaybeDone):
            await published(blog)
        (found,) = await blog.find(MARA, TEA, [KEY])
    assert wording(found.text) == wording(ANSWER)
    assert len(isso.texts()) == 1


async def test_a_request_that_did_not_arrive_is_unknown_too_and_nothing_is_found(isso: RunningIsso) -> None:
    async with proxied(isso.address) as proxy, opened(isso, address=proxy.address) as (blog, _):
        proxy.swallow_request("POST /new")
        with pytest.raises(MaybeDone):
            await published(blog)
        assert await blog.find(MARA, TEA, [KEY]) == []


@pytest.mark.parametrize("action", ["edit", "delete"])
async def test_a_cut_connection_while_changing_is_unknown_and_repeating_is_safe(isso: RunningIsso, action: str) -> None:
    async with proxied(isso.address) as proxy, opened(isso, address=proxy.address) as (blog, _):
        made = await published(blog)
        proxy.swallow_answer_to(f"POST /id/1/{action}")
        for failing in (True, False):
            try:
                if action == "edit":
                    await blog.revise(MARA, TEA, made.comment, ANSWER, BETTER, KEY)
                else:
                    await blog.withdraw(MARA, TEA, made.comment, ANSWER)
            except MaybeDone:
                assert failing
            else:
                assert not failing
    assert list(isso.texts().values()) == ([] if action == "delete" else ["Assam, on second thought."])


async def test_no_isso_at_the_address_is_certainly_not_done(isso: RunningIsso) -> None:
    async with proxied(isso.address) as proxy, opened(isso, address=proxy.address) as (blog, _):
        await proxy.close()
        with pytest.raises(RetryLater):
            await published(blog)


# --- Opening ----------------------------------------------------------------------------------------------------------


async def test_abilities_are_backed_and_shrink_without_the_password(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, ready):
        assert all(isinstance(blog, BLOG_ABILITIES.get(ability, object)) for ability in ready.abilities)
        assert ready.abilities == frozenset(BlogAbility) - {BlogAbility.MODERATE}
        assert (ready.limits.depth, ready.limits.min_text) == (1, 3)
    async with opened(isso, admin_password=None, accounts={}) as (_, ready):
        assert ready.abilities == {BlogAbility.FIND}
        assert any("admin_password" in remark for remark in ready.remarks)


async def test_a_wrong_password_is_refused_and_never_shown(isso: RunningIsso) -> None:
    with pytest.raises(Refused, match=r"blogs\.garden\.admin_password") as caught:
        async with opened(isso, admin_password="hunter2"):
            pass
    assert "hunter2" not in str(caught.value)


async def test_an_admin_page_that_is_off_is_refused(tmp_path: Path) -> None:
    async with real_isso(tmp_path, admin=False) as isso:
        with pytest.raises(Refused, match="switched off"):
            async with opened(isso):
                pass


async def test_latest_that_is_off_is_refused_in_words(tmp_path: Path) -> None:
    async with real_isso(tmp_path, latest=False) as isso:
        with pytest.raises(Refused, match="latest-enabled = true"):
            async with opened(isso):
                pass


async def test_no_isso_at_all_is_tried_again(isso: RunningIsso) -> None:
    with pytest.raises(RetryLater):
        async with opened(isso, address="http://127.0.0.1:1"):
            pass


async def test_another_server_is_no_isso(isso: RunningIsso) -> None:
    with pytest.raises(RetryLater, match="does not answer like Isso"):
        async with opened(isso, address=isso.site):
            pass


async def test_opening_again_and_a_lapsed_session_change_nothing(isso: RunningIsso) -> None:
    async with AsyncExitStack() as stack, opened(isso) as (blog, ready):
        assert await blog.open(stack) == ready
        made = await published(blog)
        admin = blog._now().admin
        assert admin is not None
        admin._session = "lapsed"
        await blog.withdraw(MARA, TEA, made.comment, ANSWER)
    assert isso.texts() == {}


async def test_an_unknown_name_is_refused(isso: RunningIsso) -> None:
    async with opened(isso) as (blog, _):
        with pytest.raises(Refused):
            await blog.look([CommentId("from-elsewhere")])
