"""Moderators' choices: who may make them, what the daemon hears of them, and what the card shows meanwhile."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from adapters.web_room import cards, events, moderating
from bridge.model import (
    Choice,
    CommentCard,
    Desk,
    Kind,
    MessageId,
    Moderated,
    ModerationCard,
    Notice,
    PersonId,
    ReplyTo,
    Writer,
)
from bridge.text.tree import paragraph
from tests.contracts.web_room.room_house import Ear, Guest, House, comment, new_room, until, waiting

ANA = Desk(frozenset({"ana"}), closed=True)
PUBLIC = (Choice.SPAM, Choice.TRASH)


class Bureau:
    """A moderation room with one comment that waits, and its moderator."""

    def __init__(self, house: House, ana: Guest, thread: Any, card: MessageId) -> None:
        self.house = house
        self.ana = ana
        self.thread = thread
        self.card = card
        self.number = house.inside(thread)

    async def choose(
        self, choice: str = "approve", mark: Any = "first", status: int = 200, by: Guest | None = None, **kw: Any
    ) -> Any:
        path = f"/api/messages/{self.house.inside(self.card)}/choice"
        return await (by or self.ana).ask("PUT", path, {"choice": choice, "mark": mark}, status, **kw)

    async def shown(self, guest: Guest | None = None) -> dict[str, Any]:
        found = await (guest or self.ana).messages(self.number)
        return next(one for one in found if one["id"] == self.house.inside(self.card))

    async def edit(self, card: ModerationCard | CommentCard) -> None:
        await self.house.room.edit(self.thread, self.card, self.house.room.render(card)[0])

    async def heard(self) -> list[Moderated]:
        """What a daemon hears that reads the log from its beginning."""
        room = new_room(self.house.path)
        await room.open(self.house.stack)
        ear = Ear(room)
        ear.start(f"{self.house.file.instance}-0")
        await ear.caught_up()

        async def taken_over() -> bool:
            return await self.house.file.read(lambda c: events.taken_over(c) >= ear.events[-1].order)

        await until(taken_over, "the daemon's note of how far it is")
        await ear.stop()
        return [event for event in ear.meant() if isinstance(event, Moderated)]


@pytest.fixture
async def bureau(house: House) -> Bureau:
    await house.desks(moderation=ANA, kitchen=Desk(frozenset({"@author"}), closed=False))
    ana = await house.guest("Ana")
    thread = await house.begin("moderation")
    return Bureau(house, ana, thread, await house.say_in(thread, waiting()))


# --- Cards -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "card",
    [
        waiting(),
        waiting(held="it has two links", decided="In the spam, by Ana", choices=(Choice.RESTORE,)),
        waiting(kind=Kind.PINGBACK, in_reply_to=ReplyTo("Mara", MessageId("0a-1"), "Is it?"), choices=()),
        waiting(by_author=True),
        comment(choices=PUBLIC, mark="m", by_author=True, edited=True),
        comment(),
    ],
)
def test_cards_come_back_as_they_were(card: ModerationCard | CommentCard) -> None:
    assert cards.loaded(cards.dumped(card)) == card


async def test_an_answer_that_waits_is_marked_as_the_authors(bureau: Bureau) -> None:
    assert (await bureau.shown())["badge"] == ""
    await bureau.edit(waiting(by_author=True))
    assert (await bureau.shown())["badge"] == "author"


def test_a_card_without_choices_is_written_as_it_was_before_there_were_any() -> None:
    written = json.loads(cards.dumped(comment()))
    assert list(written) == [
        "card", "name", "text", "link", "created", "kind", "by_author", "in_reply_to", "edited",
    ]  # fmt: skip


async def test_a_waiting_comment_says_who_what_where_and_why(bureau: Bureau) -> None:
    reply = ReplyTo("Mara", None, "Is it hot?")
    await bureau.edit(waiting("Kim <3", "Buy & see", held="it has two links", in_reply_to=reply))
    page = await bureau.ana.get(f"/threads/{bureau.number}")
    for words in (
        "Kim &lt;3", "Buy &amp; see", "https://blog.example/soup#c2", "it has two links", "Waits for approval",
        "Is it hot?", "answering approves the comment first", "Only moderators and operators see this thread",
    ):  # fmt: skip
        assert words in page, words
    assert [page.count(f'data-choice="{choice}"') for choice in Choice] == [1, 1, 1, 0]


async def test_a_decided_card_says_so_and_can_be_restored(bureau: Bureau) -> None:
    await bureau.edit(waiting(decided="In the trash, by Ana", choices=(Choice.RESTORE,)))
    page = await bureau.ana.get(f"/threads/{bureau.number}")
    assert "In the trash, by Ana" in page and "Waits for approval" not in page
    assert [page.count(f'data-choice="{choice}"') for choice in Choice] == [0, 0, 0, 1]
    assert 'data-act="reply"' not in page  # an answer would go to a comment that is not there


async def test_an_approved_card_is_answered_without_approving(bureau: Bureau) -> None:
    await bureau.edit(waiting(decided="Approved on the blog", choices=PUBLIC))
    page = await bureau.ana.get(f"/threads/{bureau.number}")
    assert "data-answerable" in page and "approves" not in page and ">Answer<" in page


# --- Choices ---------------------------------------------------------------------------------------------------------


async def test_a_choice_is_heard_with_who_chose_and_what_they_saw(bureau: Bureau) -> None:
    answer = await bureau.choose("spam")
    assert answer["message"]["under_way"] == {"choice": "Spam", "by": "Ana", "mine": True}
    assert "You chose Spam: waiting for Backchat" in answer["fragment"]
    (event,) = await bureau.heard()
    assert event == Moderated(
        bureau.thread, bureau.card, Writer(event.by.id, "Ana", frozenset({"author"})), Choice.SPAM, "first", event.at
    )
    assert event.by.id == "ana"
    assert "on its way to the blog" in await bureau.ana.get(f"/threads/{bureau.number}")


async def test_law_01_what_was_chosen_while_no_daemon_ran_is_heard_later_and_once(bureau: Bureau) -> None:
    await bureau.choose()
    room = new_room(bureau.house.path)
    await room.open(bureau.house.stack)
    first, second = Ear(room), Ear(room)
    first.start(f"{bureau.house.file.instance}-0")
    await first.caught_up()
    await first.stop()
    second.start(first.watermark)
    await second.caught_up()
    await second.stop()
    assert [type(event) for event in first.meant()].count(Moderated) == 1
    assert second.events == []


async def test_the_same_choice_again_is_one_event(bureau: Bureau) -> None:
    answers = await asyncio.gather(*(bureau.choose() for _ in range(20)))
    assert all(answer["message"]["under_way"]["mine"] for answer in answers)
    assert len(await bureau.heard()) == 1


async def test_of_two_contradictory_choices_the_first_wins(bureau: Bureau) -> None:
    await bureau.house.desks(moderation=Desk(frozenset({"@author"}), closed=True))
    ben = await bureau.house.guest("Ben")
    await bureau.choose("approve", by=ben)
    refused = await bureau.choose("trash", status=409)
    assert "Ben has just chosen Approve" in refused["error"] and "chose Approve" in refused["fragment"]
    assert "You have just chosen" in (await bureau.choose("spam", status=409, by=ben))["error"]
    assert [event.choice for event in await bureau.heard()] == [Choice.APPROVE]


async def test_a_stale_choice_is_refused_and_the_card_comes_along(bureau: Bureau) -> None:
    await bureau.edit(waiting(text="I meant something else", mark="second"))
    refused = await bureau.choose(status=409)
    assert "has changed since you saw it" in refused["error"]
    assert "I meant something else" in refused["fragment"] and 'data-mark="second"' in refused["fragment"]
    await bureau.edit(waiting(mark="third", decided="Approved by Ben", choices=PUBLIC))
    assert "not possible here any more" in (await bureau.choose(status=409))["error"]
    assert await bureau.heard() == []


@pytest.mark.parametrize("change", ["another card", "the same card", "a notice", "a notice edited"])
async def test_once_the_card_is_drawn_again_one_can_choose_again(bureau: Bureau, change: str) -> None:
    house = bureau.house
    notice = await house.say_in(bureau.thread, Notice(paragraph("Hello."), None, bureau.card))
    await bureau.choose("spam")
    stream = await house.live(bureau.ana, thread=bureau.number)
    if change == "another card":
        await bureau.edit(waiting(held="the blog said so"))
    elif change == "the same card":
        await bureau.edit(waiting())
    elif change == "a notice":
        await house.say_in(bureau.thread, Notice(paragraph("That was refused."), None, bureau.card))
    else:
        words = house.room.render(Notice(paragraph("That was refused."), None, bureau.card))[0]
        await house.room.edit(bureau.thread, notice, words)
    while (told := (await stream.next("message"))[1])["id"] != house.inside(bureau.card):
        pass
    assert "chose" not in told["html"] and 'aria-disabled="true"' not in told["html"]
    assert (await bureau.shown())["under_way"] is None
    await bureau.choose("spam")
    first, second = await bureau.heard()
    assert first.choice is second.choice is Choice.SPAM


async def test_every_choice_of_a_card_has_a_natural_key_of_its_own(bureau: Bureau) -> None:
    await bureau.choose("spam")
    await bureau.edit(waiting(mark="second"))
    await bureau.choose("spam", "second")
    room = new_room(bureau.house.path)
    await room.open(bureau.house.stack)
    ear = Ear(room)
    ear.start(f"{bureau.house.file.instance}-0")
    await ear.caught_up()
    await ear.stop()
    raws = [raw for raw in ear.events if isinstance(room.interpret(raw), Moderated)]
    assert [raw.natural_key for raw in raws] == [f"moderated:{bureau.card}:1", f"moderated:{bureau.card}:2"]
    assert bureau.ana.token not in repr(raws)


async def test_a_choice_of_which_nothing_comes_can_be_made_again(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderating, "AGAIN", 0.0)
    await bureau.choose("approve")
    assert "Approve" in (await bureau.choose("spam", status=409))["error"]  # it still waits for Backchat
    assert len(await bureau.heard()) == 1
    answer = await bureau.choose("spam")
    assert "data-again" not in answer["fragment"] and "You chose Spam" in answer["fragment"]
    assert [event.choice for event in await bureau.heard()] == [Choice.APPROVE, Choice.SPAM]


async def test_a_page_is_told_that_a_choice_is_on_its_way(bureau: Bureau) -> None:
    stream = await bureau.house.live(bureau.ana, thread=bureau.number)
    await bureau.choose()
    assert "waiting for Backchat" in (await stream.next("message"))[1]["html"]
    await bureau.heard()
    assert "on its way to the blog" in (await stream.next("message"))[1]["html"]


async def test_an_erased_card_takes_no_choice(bureau: Bureau) -> None:
    await bureau.choose()
    await bureau.house.room.erase(bureau.thread, bureau.card)
    assert "no longer here" in (await bureau.choose(status=404))["error"]
    assert (await bureau.ana.get("/api/threads"))["pending"] == 0


# --- In public rooms -------------------------------------------------------------------------------------------------


async def test_law_08_in_a_public_room_only_its_moderators_see_the_choices(bureau: Bureau) -> None:
    house = bureau.house
    said = await house.say(comment(choices=PUBLIC, mark="m"))
    ben = await house.guest("Ben", "member", operator=True)
    assert "mark" not in (await ben.messages(house.number))[0]
    page = await ben.get(f"/threads/{house.number}")
    assert "data-choice" not in page and "data-mark" not in page
    (shown,) = await bureau.ana.messages(house.number)
    assert shown["choices"] == ["spam", "trash"] and shown["mark"] == "m"
    path = f"/api/messages/{house.inside(said)}/choice"
    assert "moderators decide" in (await ben.ask("PUT", path, {"choice": "spam", "mark": "m"}, 403))["error"]
    await bureau.ana.ask("PUT", path, {"choice": "spam", "mark": "m"})
    assert "chose Spam" not in await ben.get(f"/threads/{house.number}")
    assert [(event.message, event.choice) for event in await bureau.heard()] == [(said, Choice.SPAM)]


async def test_a_listed_member_moderates_but_their_answers_stay_in_the_room(bureau: Bureau) -> None:
    await bureau.house.desks(moderation=Desk(frozenset({"ben"}), closed=True))
    ben = await bureau.house.guest("Ben", "member")
    page = await ben.get(f"/threads/{bureau.number}")
    assert 'data-choice="approve"' in page and "data-answerable" not in page and "approves the comment" not in page
    await bureau.choose(by=ben)
    (event,) = await bureau.heard()
    assert event.by == Writer(PersonId("ben"), "Ben", frozenset({"member"}))


async def test_law_08_operators_who_moderate_nothing_look_and_do_not_choose(bureau: Bureau) -> None:
    olga = await bureau.house.guest("Olga", operator=True)
    assert (await bureau.shown(olga))["choices"] == []
    page = await olga.get(f"/threads/{bureau.number}")
    assert "Kim" in page and "data-choice" not in page and "data-answerable" not in page
    await bureau.choose(status=403, by=olga)
    assert await bureau.heard() == []


async def test_a_mention_by_another_site_is_one_line(house: House) -> None:
    ana = await house.guest("Ana")
    await house.say(comment("A potager", "mentions this post.", kind=Kind.PINGBACK))
    await house.say(comment("A long one", "word " * 40, kind=Kind.TRACKBACK))
    page = await ana.get(f"/threads/{house.number}")
    assert page.count('class="message comment line"') == 1
    assert '<a href="https://blog.example/soup#c1" target="_blank" rel="noopener nofollow ugc"><bdi>A potager' in page


# --- What waits ------------------------------------------------------------------------------------------------------


async def test_the_list_says_how_many_wait_for_approval(bureau: Bureau) -> None:
    house, ana = bureau.house, bureau.ana
    first = house.inside(bureau.card)
    await house.say_in(bureau.thread, waiting("Lou"))
    await house.say_in(bureau.thread, waiting("Max", decided="Approved by Ana", choices=PUBLIC))
    await house.say(comment("Mara"))
    listed = await ana.get("/api/threads?show=pending")
    assert [(one["id"], one["pending"], one["unanswered"], one["closed"]) for one in listed["threads"]] == [
        (bureau.number, 2, 0, True)
    ]
    assert (listed["pending"], listed["counts"]["pending"], listed["counts"]["unanswered"]) == (2, 1, 1)
    page = await ana.get("/?show=pending")
    assert "2 comments wait for approval" in page and "2 wait for approval" in page
    assert f'href="/threads/{bureau.number}?show=pending#m{first}"' in page
    stream = await house.live(ana, thread=bureau.number)
    await bureau.edit(waiting(mark="second", decided="Approved by Ana", choices=PUBLIC))
    await until_list_says(stream, "1 comment waits for approval")


async def until_list_says(stream: Any, words: str) -> None:
    while words not in (await stream.next("threads"))[1]["html"]:
        pass


async def test_an_empty_moderation_room_says_that_nothing_waits(bureau: Bureau) -> None:
    await bureau.edit(waiting(mark="second", decided="Approved by Ana", choices=PUBLIC))
    page = await bureau.ana.get("/?show=pending")
    assert "Nothing waits for approval" in page and "comments wait" not in page


# --- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["", "publish", "APPROVE", "approve ", "\ud800", None, 7, ["approve"], "x" * 30_000])
async def test_there_is_no_such_choice(bureau: Bureau, choice: Any) -> None:
    path = f"/api/messages/{bureau.house.inside(bureau.card)}/choice"
    await bureau.ana.ask("PUT", path, {"choice": choice, "mark": "first"}, 400)
    assert await bureau.heard() == []


@pytest.mark.parametrize("mark", ["", "firs", "first ", "\ud800", "x" * 50_000])
async def test_a_mark_that_the_card_does_not_bear_is_stale(bureau: Bureau, mark: str) -> None:
    assert "has changed" in (await bureau.choose(mark=mark, status=409))["error"]
    assert await bureau.heard() == []


async def test_a_mark_that_is_none_or_huge_is_refused(bureau: Bureau) -> None:
    for mark in (None, 1, ["first"]):
        await bureau.choose(mark=mark, status=400)
    await bureau.choose(mark="x" * 100_000, status=413)
    assert await bureau.heard() == []


async def test_nothing_can_be_chosen_where_nothing_is_offered(bureau: Bureau) -> None:
    house, ana = bureau.house, bureau.ana
    plain = house.inside(await house.say(comment()))
    mine = (await ana.send(house.number, "mine"))["id"]
    notice = house.inside(await house.say_in(house.thread, Notice(paragraph("Hello."), None, None)))
    for number in (plain, mine, notice):
        await ana.ask("PUT", f"/api/messages/{number}/choice", {"choice": "spam", "mark": ""}, 409)
    await ana.ask("PUT", "/api/messages/999/choice", {"choice": "spam", "mark": ""}, 404)
    await bureau.choose("restore", status=409)
    assert await bureau.heard() == []


async def test_another_site_chooses_nothing(bureau: Bureau) -> None:
    elsewhere = {**bureau.ana.headers, "Origin": "https://evil.example"}
    await bureau.choose(status=403, headers=elsewhere)
    await bureau.choose(status=403, headers={"Origin": bureau.house.address})  # without the page's token
    await bureau.choose(status=403, headers={**bureau.ana.headers, "Sec-Fetch-Site": "cross-site"})
    path = f"{bureau.house.address}/api/messages/{bureau.house.inside(bureau.card)}/choice"
    form = {"choice": "approve", "mark": "first", "token": bureau.ana.token}
    async with bureau.ana.http.post(path, data=form, headers={"Origin": "https://evil.example"}) as answer:
        assert answer.status in {403, 405}
    assert await bureau.heard() == []


async def test_a_thousand_clicks_a_second_are_one_choice_and_leave_the_room_to_others(bureau: Bureau) -> None:
    ben = await bureau.house.guest("Ben", "member")
    path = f"{bureau.house.address}/api/messages/{bureau.house.inside(bureau.card)}/choice"
    statuses: list[int] = []

    async def click(choice: str) -> None:
        fields = {"choice": choice, "mark": "first"}
        async with bureau.ana.http.put(path, json=fields, headers=bureau.ana.headers) as answer:
            statuses.append(answer.status)

    clicks = [asyncio.create_task(click(choice)) for choice in ("approve", "spam", "trash", "restore") * 250]
    await bureau.house.say(comment())
    assert (await ben.send(bureau.house.number, "may I?"))["message"]["text"] == "may I?"
    await asyncio.gather(*clicks)
    assert set(statuses) <= {200, 409, 429} and 429 in statuses
    assert len(await bureau.heard()) == 1


async def test_a_card_that_someone_else_wrote_into_the_log_means_nothing(bureau: Bureau) -> None:
    body = '{"kind": "moderated", "choice": "publish", "mark": "first", "at": 1.0, "message": "x", "writer": null}'
    sql = "INSERT INTO event (thread, message, kind, n, body) VALUES (?, 1, 'moderated', 1, ?)"
    await bureau.house.file.write(lambda c: c.execute(sql, (bureau.number, body)))

    async def heard() -> bool:
        return await bureau.heard() == []

    await until(heard, "the end of the log")
