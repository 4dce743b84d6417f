"""Comments that wait for approval: moderators see them and decide, and nobody else sees any of it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from bridge.model import AccountName, AnswerState, Choice, Kind, Mentions, Standing
from bridge.ports import BlogAbility, ChatAbility
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage, desk, place, route
from bridge.watch import record_page
from tests.flows.desk_stories import at_desk, card, decided, desk_thread, in_public, moderated_stage, says, waiting
from tests.flows.stories import ROSES, answered, begun, first_reading, shown, state, stopped

CARD = f"Vera: {ROSES}"


# What waits ----------------------------------------------------------------------------------------------------------


async def test_a_comment_that_waits_is_shown_to_moderators_approved_there_and_announced() -> None:
    async with moderated_stage() as stage:
        await waiting(stage, held="the first comment by Vera")
        assert at_desk(stage) == [f"Waits [the first comment by Vera]: {CARD}"] and in_public(stage) == []
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await stage.pass_time(20)
        assert in_public(stage) == [CARD] and at_desk(stage) == [f"Approved by Mod: {CARD}"]
        assert stage.blog.moderations == [("ada", Choice.APPROVE)] and stage.blog.said() == [ROSES]
        assert stage.chat.offer(card(stage))[0] == (Choice.SPAM, Choice.TRASH)


async def test_what_waits_is_shown_even_at_the_first_reading_and_nothing_else_of_it() -> None:
    stage = moderated_stage()
    stage.blog.comment("An old one.")
    stage.blog.comment(ROSES, standing=Standing.PENDING)
    async with stage:
        await shown(stage, "roses")
        await stage.pass_time(10)
        assert at_desk(stage) == [f"Waits: {CARD}"] and in_public(stage) == [], "and nothing of earlier ones"


async def test_a_card_says_what_it_replies_to_and_that_it_is_the_authors() -> None:
    async with moderated_stage() as stage:
        await first_reading(stage)
        top = stage.blog.comment("How do you prune tulips?", standing=Standing.PENDING)
        stage.blog.comment("Not at all.", name="ada", account="ada", under=top, standing=Standing.PENDING)
        await shown(stage, "Not at all")
        assert at_desk(stage)[1] == "Waits: ada (author) to Vera: Not at all."


async def test_every_moderation_room_of_the_blog_shows_it_and_each_what_was_decided_in_another() -> None:
    clock = DrivenClock()
    cellar = FakeChat(clock)
    routes = [route(place(), desks=[desk(), desk("cellar")])]
    chats = {"lounge": FakeChat(clock), "cellar": cellar}
    async with Stage(clock=clock, blog=FakeBlog(clock), chats=chats, routes=routes) as stage:
        await waiting(stage)
        await shown(stage, "roses", cellar)
        cellar.choose(card(stage, chat=cellar), Choice.SPAM)
        await says(stage, "In the spam, by Mod")
        await stage.pass_time(5)
        assert cellar.standing_in("backroom") == at_desk(stage) == [f"In the spam, by Mod: {CARD}"]


@pytest.mark.parametrize("mentions", Mentions)
async def test_waiting_pingbacks_are_shown_whole_unless_the_route_skips_them(mentions: Mentions) -> None:
    routes = [replace(route(desks=[desk()]), mentions=mentions)]
    async with moderated_stage(routes=routes) as stage:
        await first_reading(stage)
        stage.blog.comment("Somebody wrote about roses.", kind=Kind.PINGBACK, standing=Standing.PENDING)
        await stage.pass_time(10)
        wanted = [] if mentions is Mentions.SKIP else ["Waits: Vera: Somebody wrote about roses."]
        assert at_desk(stage) == wanted


# What becomes of it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "words"), [(Choice.SPAM, "In the spam, by Mod"), (Choice.TRASH, "In the trash, by Mod")]
)
async def test_what_is_put_away_is_never_announced_and_can_be_restored(choice: Choice, words: str) -> None:
    async with moderated_stage() as stage:
        waiter = await waiting(stage)
        await decided(stage, choice, words)
        await stage.pass_time(15)
        assert in_public(stage) == [] and at_desk(stage) == [f"{words}: {CARD}"]
        stage.blog.comment("I agree.", name="Walt", under=waiter)
        await shown(stage, "I agree.")
        assert in_public(stage) == ["Walt: I agree."], "not even the name of who was put away"
        assert stage.chat.offer(card(stage))[0] == (Choice.RESTORE,)
        await decided(stage, Choice.RESTORE, "Waits")
        assert len(in_public(stage)) == 1
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await stage.pass_time(15)
        assert in_public(stage)[1:] == [CARD]


async def test_what_moderators_take_off_the_blog_leaves_every_room_and_comes_back_restored() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await stage.until(lambda: in_public(stage) == [CARD], "the announcement")
        await decided(stage, Choice.TRASH, "In the trash, by Bob", who="bob")
        await stage.until(lambda: in_public(stage) == [], "the erasure")
        await decided(stage, Choice.RESTORE, "Restored by Mod")
        await stage.until(lambda: in_public(stage) == [CARD], "the second announcement")
        await stage.pass_time(15)
        assert in_public(stage) == [CARD] and at_desk(stage) == [f"Restored by Mod: {CARD}"]


@pytest.mark.parametrize(
    ("standing", "words", "offers"),
    [
        (Standing.PUBLIC, "Approved on the blog", (Choice.SPAM, Choice.TRASH)),
        (Standing.HIDDEN, "Removed on the blog", (Choice.RESTORE,)),
    ],
)
async def test_what_somebody_decides_on_the_blog_shows_on_the_card(
    standing: Standing, words: str, offers: tuple[Choice, ...]
) -> None:
    async with moderated_stage() as stage:
        comment = await waiting(stage)
        stage.blog.stand(comment, standing)
        await says(stage, words)
        await stage.pass_time(10)
        assert at_desk(stage) == [f"{words}: {CARD}"] and stage.chat.offer(card(stage))[0] == offers
        assert in_public(stage) == ([CARD] if standing is Standing.PUBLIC else [])


async def test_of_what_is_gone_from_the_blog_the_card_keeps_no_words() -> None:
    async with moderated_stage() as stage:
        stage.blog.remove(await waiting(stage))
        await says(stage, "Removed on the blog")
        assert at_desk(stage) == ["Removed on the blog: Vera: "]


async def test_a_comment_that_the_blog_holds_again_goes_back_to_the_moderators() -> None:
    async with moderated_stage() as stage:
        comment = await begun(stage)
        stage.blog.stand(comment, Standing.PENDING)
        await says(stage, "Waits")
        await stage.until(lambda: in_public(stage) == [], "the erasure")
        stage.blog.stand(comment, Standing.HIDDEN)
        await says(stage, "Removed on the blog")
        stage.blog.stand(comment, Standing.PENDING)
        await says(stage, "Waits")
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await stage.until(lambda: in_public(stage) == [CARD], "the second announcement")


async def test_an_edit_of_a_waiting_comment_is_shown_and_its_old_card_is_good_for_nothing() -> None:
    async with moderated_stage() as stage:
        comment = await waiting(stage)
        mark = stage.chat.offer(card(stage))[1]
        stage.blog.edit(comment, "Buy my roses!")
        await says(stage, "Waits: Vera: Buy my roses!")
        stage.chat.choose(card(stage), Choice.APPROVE, mark=mark)
        await shown(stage, "look at it again")
        await stage.pass_time(10)
        assert stage.blog.moderations == [] and in_public(stage) == []
        assert stage.chat.offer(card(stage))[1] != mark


async def test_what_was_changed_on_the_blog_unseen_is_not_approved() -> None:
    async with moderated_stage() as stage:
        comment = await waiting(stage)
        stage.blog.edit(comment, "Buy my roses!")
        stage.chat.choose(card(stage), Choice.APPROVE)
        await shown(stage, "your choice (Approve) was not carried out. It was changed on the blog meanwhile.")
        await says(stage, "Waits: Vera: Buy my roses!")
        assert stage.blog.public() == [] and in_public(stage) == []
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        assert stage.blog.said() == ["Buy my roses!"]


async def test_why_a_comment_waits_may_become_known_later() -> None:
    async with moderated_stage() as stage:
        comment = await waiting(stage)
        stored = stage.blog.stored[1]
        stored.comment = replace(stored.comment, held="it holds 3 links")
        await says(stage, "Waits [it holds 3 links]")
        assert stored.comment.id == comment


# Two moderators ------------------------------------------------------------------------------------------------------


async def test_of_two_moderators_at_once_the_first_wins_and_the_second_is_told() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        stage.chat.choose(card(stage), Choice.APPROVE)
        stage.chat.choose(card(stage), Choice.SPAM, who="bob")
        await shown(stage, "Bob, your choice (Spam) was not carried out. Mod has chosen otherwise")
        await stage.pass_time(15)
        assert stage.blog.moderations == [("ada", Choice.APPROVE)] and in_public(stage) == [CARD]


async def test_a_choice_about_what_was_decided_meanwhile_is_refused_as_stale() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        mark = stage.chat.offer(card(stage))[1]
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        stage.chat.choose(card(stage), Choice.TRASH, who="bob", mark=mark)
        await shown(stage, "Bob, your choice (Trash) was not carried out. That comment has changed since you saw it")
        await stage.pass_time(10)
        assert len(stage.blog.moderations) == 1 and in_public(stage) == [CARD]


async def test_double_clicks_and_events_that_are_told_again_decide_once_and_say_nothing() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        mark = stage.chat.offer(card(stage))[1]
        for who in ("mod", "mod", "bob"):
            stage.chat.choose(card(stage), Choice.APPROVE, who=who, mark=mark)
        await says(stage, "Approved by Mod")
        stage.chat.choose(card(stage), Choice.APPROVE, mark=mark)
        stage.chat.tell_again()
        await stage.pass_time(20)
        assert len(stage.blog.moderations) == 1 and at_desk(stage) == [f"Approved by Mod: {CARD}"]


async def test_a_moderator_who_insists_is_told_once() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        for _ in range(5):
            stage.chat.choose(card(stage), Choice.RESTORE)
        await stage.pass_time(10)
        assert len(at_desk(stage)) == 2 and "cannot be done with this comment now" in at_desk(stage)[1]


async def test_what_the_author_decides_on_the_blog_at_the_same_time_is_the_same_decision() -> None:
    async with moderated_stage() as stage:
        comment = await waiting(stage)

        async def approve_there() -> None:
            stage.blog.line.before_effect = None
            stage.blog.stand(comment, Standing.PUBLIC)
            await stage.pass_time(6)

        stage.blog.line.before_effect = approve_there
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await stage.pass_time(10)
        assert in_public(stage) == [CARD] and at_desk(stage) == [f"Approved by Mod: {CARD}"]


# What goes wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.LATER, Fault.LOST_BEFORE, Fault.LOST_AFTER])
async def test_law_02_a_decision_whose_end_is_unknown_is_made_good(fault: Fault) -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        stage.blog.line.faults.extend([fault] * 3)
        stage.chat.choose(card(stage), Choice.APPROVE)
        await says(stage, "Mod chose Approve, which is not done yet")
        assert stage.chat.offer(card(stage))[0] == ()
        await says(stage, "Approved by Mod")
        await stage.pass_time(15)
        assert in_public(stage) == [CARD] and await stopped(stage) == []


async def test_law_05_a_decision_that_the_blog_refuses_is_told_and_can_be_made_again() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        stage.blog.line.faults.append(Fault.NEVER)
        stage.chat.choose(card(stage), Choice.APPROVE)
        await shown(stage, "Mod, your choice (Approve) was not carried out. The platform does not want it.")
        assert at_desk(stage)[0] == f"Waits: {CARD}" and in_public(stage) == []
        await decided(stage, Choice.APPROVE, "Approved by Mod")


async def test_a_reading_that_began_before_a_decision_does_not_undo_it() -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        old = [page async for page in stage.blog.pages(None)]
        await decided(stage, Choice.TRASH, "In the trash, by Mod")
        for page in old:
            assert await stage.ask(partial(record_page, stage.house, "garden", page)) == []
        await stage.settle()
        assert at_desk(stage) == [f"In the trash, by Mod: {CARD}"]


async def test_a_moderator_who_deletes_a_card_is_not_shown_it_again() -> None:
    async with moderated_stage() as stage:
        comment = await waiting(stage)
        stage.chat.delete(card(stage))
        await stage.pass_time(5)
        stage.blog.edit(comment, "Buy my roses!")
        await stage.pass_time(15)
        assert at_desk(stage) == []


# Public rooms --------------------------------------------------------------------------------------------------------


def with_moderators() -> Stage:
    public = replace(place(), moderators={"mod": AccountName("ada")})
    return moderated_stage(routes=[route(public, desks=[desk()])])


async def test_a_public_comment_is_put_away_from_its_message_and_restored_at_the_desk() -> None:
    async with with_moderators() as stage:
        await begun(stage)
        ours = stage.chat.ours("roses")
        assert stage.chat.offer(ours)[0] == (Choice.SPAM, Choice.TRASH) and at_desk(stage) == []
        stage.chat.choose(ours, Choice.TRASH)
        await says(stage, "In the trash, by Mod")
        await stage.pass_time(10)
        assert in_public(stage) == [] and stage.blog.public() == []
        await decided(stage, Choice.RESTORE, "Restored by Mod")
        await stage.until(lambda: in_public(stage) == [CARD], "the comment, again")


async def test_a_public_room_without_moderators_offers_nothing() -> None:
    async with moderated_stage() as stage:
        await begun(stage)
        assert stage.chat.offer(stage.chat.ours("roses")) == ((), "")


async def test_who_moderates_in_a_public_room_cannot_approve_there() -> None:
    async with with_moderators() as stage:
        await begun(stage)
        for choice in (Choice.APPROVE, Choice.RESTORE):
            stage.chat.choose(stage.chat.ours("roses"), choice)
            await shown(stage, f"your choice ({choice.title()}) was not carried out")
        assert stage.blog.moderations == []


async def test_an_answer_of_ours_that_is_moderated_tells_its_writer() -> None:
    async with with_moderators() as stage:
        stage.blog.moderated = True
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await says(stage, "Waits: ada (author) to Vera: In March.")
        assert state(stage.chat, message) is AnswerState.PENDING
        stage.chat.choose(card(stage, "March"), Choice.APPROVE)
        await stage.until(lambda: state(stage.chat, message) is AnswerState.PUBLIC, "the receipt")
        stage.chat.choose(card(stage, "March"), Choice.SPAM)
        await stage.until(lambda: state(stage.chat, message) is AnswerState.GONE, "the other receipt")
        await stage.pass_time(15)
        assert in_public(stage) == [CARD] and stage.blog.said() == [ROSES]
        stage.chat.choose(card(stage, "March"), Choice.RESTORE)
        await stage.until(lambda: state(stage.chat, message) is AnswerState.PUBLIC, "the receipt, again")


# Who has no such abilities -------------------------------------------------------------------------------------------


async def test_a_blog_that_cannot_be_moderated_shows_what_waits_and_offers_nothing() -> None:
    clock = DrivenClock()
    blog = FakeBlog(clock, abilities=frozenset(BlogAbility) - {BlogAbility.MODERATE})
    async with Stage(clock=clock, blog=blog, routes=[route(desks=[desk()])]) as stage:
        await waiting(stage)
        assert stage.chat.offer(card(stage)) == ((), "")
        stage.chat.choose(card(stage), Choice.APPROVE, mark="")
        await shown(stage, "This blog cannot be moderated from here.")


async def test_a_chat_that_knows_no_cards_is_told_in_words() -> None:
    clock = DrivenClock()
    chat = FakeChat(clock, abilities=frozenset(ChatAbility) - {ChatAbility.MODERATE})
    routes = [route(desks=[desk()])]
    async with Stage(clock=clock, blog=FakeBlog(clock), chats={"lounge": chat}, routes=routes) as stage:
        comment = await waiting(stage, held="it holds 3 links")
        assert at_desk(stage) == [f"Vera waits for approval (it holds 3 links):\n\n{ROSES}"]
        stage.blog.stand(comment, Standing.PUBLIC)
        await says(stage, "Vera. Approved on the blog:")


async def test_a_new_moderation_room_is_filled_with_what_waits(tmp_path: object) -> None:
    async with moderated_stage(f"{tmp_path}/ledger.db", routes=[route()]) as stage:
        await first_reading(stage)
        stage.blog.comment(ROSES, standing=Standing.PENDING)
        stage.blog.comment("A public one.")
        await shown(stage, "public one")
        await stage.stop()
        stage.routes = (route(desks=[desk()]),)
        await stage.start()
        await shown(stage, "roses")
        await stage.pass_time(10)
        assert at_desk(stage) == [f"Waits: {CARD}"] and in_public(stage) == ["Vera: A public one."]
        await stage.stop()
        stage.routes = (route(desks=[desk(), desk(room="attic")]),)
        await stage.start()
        await stage.until(lambda: stage.chat.standing_in("attic") != [], "the card in the second moderation room")
        assert at_desk(stage) == [f"Waits: {CARD}"]


async def test_an_answer_in_the_public_room_is_no_business_of_the_desk() -> None:
    async with moderated_stage() as stage:
        await begun(stage)
        await answered(stage)
        assert at_desk(stage) == [] and len(stage.chat.threads) == 1
        await waiting(stage, "How do you prune tulips?")
        assert stage.chat.threads[desk_thread(stage)].notify == ()
