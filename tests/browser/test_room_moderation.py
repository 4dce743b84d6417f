"""Moderators at work in a real browser: choosing, answering, and what becomes of it on everybody's page."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bridge.model import Choice, Desk, MessageId, Moderated, Notice, ThreadId, Written
from bridge.text.tree import paragraph
from tests.browser.visiting import MARKS, PHONE, Visit, playwright, visit
from tests.contracts.web_room.room_house import Ear, House, comment, waiting

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = MARKS
PUBLIC = (Choice.SPAM, Choice.TRASH)


@pytest.fixture
async def desk(house: House) -> ThreadId:
    await house.desks(
        moderation=Desk(frozenset({"ana", "ben"}), closed=True), kitchen=Desk(frozenset({"ana"}), closed=False)
    )
    return await house.begin("moderation")


async def enter(one: Visit, thread: ThreadId) -> None:
    await one.page.goto(f"{one.house.address}/threads/{one.house.inside(thread)}")
    await one.page.wait_for_selector("#words:enabled")


def standing(one: Visit, message: MessageId) -> Any:
    """A message, whatever it says by now."""
    return one.page.locator(f"#m{one.house.inside(message)}")


async def redrawn(house: House, thread: ThreadId, message: MessageId, **fields: Any) -> None:
    await house.room.edit(thread, message, house.room.render(waiting(mark="second", **fields))[0])


async def listening(house: House) -> Ear:
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    return ear


async def test_a_moderator_approves_and_everybody_there_sees_it(browser: Browser, house: House, desk: ThreadId) -> None:
    card = await house.say_in(desk, waiting(held="it has two links"))
    ear = await listening(house)
    ana, ben = await visit(browser, house), await visit(browser, house, "Ben")
    await enter(ana, desk)
    await enter(ben, desk)
    here, there = await ana.message("May I?"), await ben.message("May I?")
    await playwright.expect(here).to_contain_text("Waits for approval: it has two links")
    await here.locator("[data-choice=approve]").click()
    await playwright.expect(here).to_contain_text("You chose Approve: on its way to the blog")
    await playwright.expect(there).to_contain_text("Ana chose Approve: on its way to the blog")
    for page in (here, there):
        await playwright.expect(page.locator("[data-choice=spam]")).to_have_attribute("aria-disabled", "true")
    await there.locator("[data-choice=spam]").click(force=True)
    await playwright.expect(here.locator("[data-choice=approve]")).to_be_focused()
    await redrawn(house, desk, card, decided="Approved by Ana", choices=PUBLIC)
    for page in (here, there):
        await playwright.expect(page).to_contain_text("Approved by Ana")
        await playwright.expect(page.locator("[data-choice=approve]")).to_have_count(0)
    await playwright.expect(ana.page.locator("#heard")).to_contain_text("Approved by Ana: Kim")
    assert [event.choice for event in ear.meant() if isinstance(event, Moderated)] == [Choice.APPROVE]
    assert ana.complaints == ben.complaints == []


async def test_a_double_click_is_one_choice(browser: Browser, house: House, desk: ThreadId) -> None:
    await house.say_in(desk, waiting())
    ear = await listening(house)
    ana = await visit(browser, house)
    await enter(ana, desk)
    card = await ana.message("May I?")
    await card.locator("[data-choice=trash]").dblclick()
    await playwright.expect(card).to_contain_text("You chose Trash: on its way")
    assert len([event for event in ear.meant() if isinstance(event, Moderated)]) == 1
    assert ana.complaints == []


async def test_a_stale_choice_is_refused_in_words_on_the_card(browser: Browser, house: House, desk: ThreadId) -> None:
    card = await house.say_in(desk, waiting())
    ana = await visit(browser, house)
    await enter(ana, desk)
    shown = standing(ana, card)
    await shown.evaluate("(one) => one.dataset.mark = 'what stood before'")
    await shown.locator("[data-choice=spam]").click()
    await playwright.expect(shown.get_by_role("alert")).to_contain_text("has changed since you saw it")
    await playwright.expect(shown.locator("[data-choice=spam]")).not_to_have_attribute("aria-disabled", "true")
    await redrawn(house, desk, card, text="Or may I not?")
    await playwright.expect(shown).to_contain_text("Or may I not?")
    await shown.locator("[data-choice=spam]").click()
    await playwright.expect(shown).to_contain_text("You chose Spam")
    ana.complaints.remove("Failed to load resource: the server responded with a status of 409 (Conflict)")
    assert ana.complaints == []


async def test_what_is_said_about_a_choice_gives_the_buttons_back(
    browser: Browser, house: House, desk: ThreadId
) -> None:
    card = await house.say_in(desk, waiting())
    ana = await visit(browser, house)
    await enter(ana, desk)
    shown = standing(ana, card)
    await shown.locator("[data-choice=approve]").click()
    await playwright.expect(shown).to_contain_text("waiting for Backchat")
    await house.say_in(desk, Notice(paragraph("The blog refused that."), None, card))
    approve = shown.locator("[data-choice=approve]")
    await playwright.expect(approve).not_to_have_attribute("aria-disabled", "true")
    await approve.click()
    await playwright.expect(shown).to_contain_text("You chose Approve")


async def test_answering_a_card_says_that_it_approves(browser: Browser, house: House, desk: ThreadId) -> None:
    card = await house.say_in(desk, waiting())
    ear = await listening(house)
    ana = await visit(browser, house)
    await enter(ana, desk)
    await ana.whom("Stays in the room")
    shown = await ana.message("May I?")
    await shown.get_by_role("button", name="Answer").click()
    await ana.whom("Answering Kim")
    await ana.whom("Answering approves the comment first")
    await ana.page.keyboard.type("Of course.")
    await ana.page.keyboard.press("Enter")
    said = await ana.message("Of course.")
    await playwright.expect(said.locator(".quote")).to_contain_text("Kim")
    await ana.whom("Stays in the room")
    await ana.page.keyboard.type("only between us")
    await ana.page.keyboard.press("Enter")
    aside = await ana.message("only between us")
    await playwright.expect(aside).to_contain_text("Stays in the room")
    await ear.until(lambda: len(ear.events) == 2, "both messages")
    first, second = (event for event in ear.meant() if isinstance(event, Written))
    assert (first.reply_to, second.reply_to, second.addressed) == (card, None, None)
    assert ana.complaints == []


async def test_the_box_offers_the_cards_that_can_be_answered(browser: Browser, house: House, desk: ThreadId) -> None:
    await house.say_in(desk, waiting("Kim"))
    await house.say_in(desk, waiting("Lou", decided="In the spam, by Ana", choices=(Choice.RESTORE,)))
    ana = await visit(browser, house)
    await enter(ana, desk)
    await ana.page.locator("#whom").click()
    options = ana.page.locator("#choices li .who")
    await playwright.expect(options).to_have_text(["Nobody", "Kim"])
    await options.last.click()
    await ana.whom("Answering Kim")
    await ana.page.get_by_role("button", name="Cancel").click()
    await ana.whom("Stays in the room")


async def test_a_decided_card_that_one_was_about_to_answer_is_answered_no_more(
    browser: Browser, house: House, desk: ThreadId
) -> None:
    card = await house.say_in(desk, waiting())
    ana = await visit(browser, house)
    await enter(ana, desk)
    await (await ana.message("May I?")).get_by_role("button", name="Answer").click()
    await ana.page.keyboard.type("Of course.")
    await redrawn(house, desk, card, decided="In the trash, by Ben", choices=(Choice.RESTORE,))
    await playwright.expect(await ana.message("May I?")).to_contain_text("In the trash")
    await ana.whom("Stays in the room")
    await playwright.expect(ana.page.locator("#words")).to_have_value("Of course.")


async def test_restoring_by_keyboard(browser: Browser, house: House, desk: ThreadId) -> None:
    await house.say_in(desk, waiting(decided="In the trash, by Ben", choices=(Choice.RESTORE,)))
    ear = await listening(house)
    ana = await visit(browser, house)
    await enter(ana, desk)
    card = await ana.message("May I?")
    await card.focus()
    while not await card.locator("[data-choice=restore]").evaluate("(one) => one === document.activeElement"):
        await ana.page.keyboard.press("Tab")
    await ana.page.keyboard.press("Enter")
    await playwright.expect(card).to_contain_text("You chose Restore")
    await ear.until(lambda: any(isinstance(event, Moderated) for event in ear.meant()), "the choice")


async def test_in_a_public_room_a_menu_takes_a_comment_off_the_blog(
    browser: Browser, house: House, desk: ThreadId
) -> None:
    await house.say(comment("Mara", choices=PUBLIC, mark="m"))
    ear = await listening(house)
    ana, eve = await visit(browser, house), await visit(browser, house, "Eve", "member")
    mara = await ana.message("Is it hot?")
    await mara.hover()
    await mara.get_by_label("More about this message by Mara").click()
    await mara.locator("[data-choice=spam]").click()
    await playwright.expect(mara).to_contain_text("You chose Spam: on its way to the blog")
    assert [event.choice for event in ear.meant() if isinstance(event, Moderated)] == [Choice.SPAM]
    hers = await eve.message("Is it hot?")
    await hers.hover()
    await hers.get_by_label("More about this message by Mara").click()
    await playwright.expect(hers.get_by_text("Copy link")).to_be_visible()
    await playwright.expect(hers.locator("[data-choice=spam]")).to_have_count(0)
    await playwright.expect(hers).not_to_contain_text("chose")
    assert ana.complaints == eve.complaints == []


async def test_the_list_leads_a_moderator_to_what_waits(browser: Browser, house: House, desk: ThreadId) -> None:
    await house.say_in(desk, waiting(decided="Approved by Ben", choices=PUBLIC))
    card = await house.say_in(desk, waiting("Lou", "And I?"))
    ana = await visit(browser, house, viewport=PHONE, is_mobile=True, has_touch=True)
    await ana.page.goto(house.address)
    await ana.page.get_by_role("link", name="1 comment waits for approval").tap()
    await ana.page.locator(".threads a", has_text="1 waits for approval").tap()
    await ana.page.wait_for_selector("#words:enabled")
    assert ana.page.url.endswith(f"?show=pending#m{house.inside(card)}")
    await playwright.expect(await ana.message("And I?")).to_be_in_viewport()
    eve = await visit(browser, house, "Eve", "member")
    await playwright.expect(eve.page.get_by_text("approval")).to_have_count(0)


async def test_the_list_comes_back_to_who_moderates_no_more_though_the_network_fails_once(
    browser: Browser, house: House, desk: ThreadId
) -> None:
    ana = await visit(browser, house)
    await enter(ana, desk)
    lost = 0

    async def fail_twice(route: Any) -> None:
        nonlocal lost
        lost += 1
        await (route.abort("internetdisconnected") if lost <= 2 else route.continue_())

    await ana.page.route(f"{house.address}/", fail_twice)
    await house.desks(moderation=Desk(frozenset({"ben"}), closed=True))
    await playwright.expect(ana.page.locator("#connection")).to_contain_text("not open to you any more")
    await playwright.expect(ana.page.locator("#threads")).to_contain_text("All")
    assert lost == 3


@pytest.mark.parametrize("connected", [True, False])
async def test_who_moderates_no_more_sees_nothing_of_it_any_more(
    browser: Browser, house: House, desk: ThreadId, connected: bool
) -> None:
    await house.say_in(desk, waiting())
    ana = await visit(browser, house)
    await enter(ana, desk)
    await ana.message("May I?")
    if not connected:
        await ana.context.set_offline(True)
    await house.desks(moderation=Desk(frozenset({"ben"}), closed=True))
    await ana.context.set_offline(False)
    await playwright.expect(ana.page.locator("#connection")).to_contain_text("not open to you any more")
    await playwright.expect(ana.page.locator("#log")).to_be_empty()
    await playwright.expect(ana.page.locator("#words")).to_be_disabled()
    await playwright.expect(ana.page.locator("#threads")).to_contain_text("All")
    await playwright.expect(ana.page.locator("#threads")).not_to_contain_text("May I?")
    await playwright.expect(ana.page.locator("body")).not_to_contain_text("for approval")
    await asyncio.gather(ana.context.close())
