"""Ways through the room: filters, links to messages, the keyboard, a screen reader's view, the operators' page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.ledger import sources
from bridge.model import AnswerState, Receipt, RoomId
from bridge.office import FileOffice
from tests.browser.visiting import MARKS, Visit, playwright, visit
from tests.contracts.web_room.doubtful import doubtful
from tests.contracts.web_room.room_house import POST, House, comment, new_key, open_house

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = MARKS
expect = playwright.expect


async def focused(one: Visit, number: int) -> None:
    """Wait until this message has the focus."""
    await expect(one.page.locator(f"#m{number}")).to_be_focused()


async def test_filters_follow_what_happens_and_stay_in_the_address(browser: Browser, house: House) -> None:
    mara = await house.say(comment(text="Is it hot?"))
    ana = await visit(browser, house)
    await ana.page.get_by_role("link", name="Unanswered 1", exact=True).click()
    await expect(ana.page).to_have_url(f"{house.address}/?show=unanswered")
    listed = ana.page.locator(".threads a")
    await expect(listed).to_have_count(1)
    await listed.click()
    await expect(ana.page).to_have_url(f"{house.address}/threads/1?show=unanswered#m{house.inside(mara)}")
    await focused(ana, house.inside(mara))
    question = await ana.message("Is it hot?")
    await expect(question.locator(".badge.waits")).to_be_visible()
    await ana.page.locator("#words").fill("Very")
    await ana.page.keyboard.press("Enter")
    await ana.held("Very", answers=mara)
    await expect(question.locator(".badge.waits")).to_have_count(0)
    await expect(ana.page.get_by_role("link", name="Unanswered 0", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    await expect(listed).to_have_count(1)  # where one is stays listed
    await ana.page.get_by_role("link", name="Unanswered 0", exact=True).click()
    await expect(ana.page.get_by_text("Nobody waits for an answer.")).to_be_visible()
    await house.say(comment("Jo", "And I?"))
    await expect(listed).to_have_count(1)
    assert ana.complaints == []


async def test_who_comes_for_a_comment_that_waits_answers_that_one(browser: Browser, house: House) -> None:
    mara = house.inside(await house.say(comment(text="Is it hot?")))
    await house.say(comment("Jo", "And newer."))
    ana = await visit(browser, house)
    await ana.whom("Answering Jo")
    await ana.page.get_by_role("link", name="Unanswered 1", exact=True).click()
    await ana.page.locator(".threads a").click()
    await focused(ana, mara)
    await ana.whom("Answering Mara")
    await ana.page.locator("#words").fill("Very")
    await ana.page.reload()
    await expect(ana.page.locator("#words")).to_have_value("Very")
    await ana.whom("Answering Mara")
    await ana.page.locator("#words").press("Enter")
    assert await (await ana.message("Very")).get_attribute("data-addressed") == str(mara)
    await ana.page.get_by_role("button", name="Cancel").wait_for(state="hidden")
    assert ana.complaints == []


async def test_a_link_to_a_message_is_copied_and_leads_there(browser: Browser, house: House) -> None:
    mara = house.inside(await house.say(comment(text="Is it hot?")))
    for n in range(40):
        await house.say(comment(text=f"number {n}."))
    ana = await visit(browser, house, permissions=["clipboard-read", "clipboard-write"])
    await ana.page.locator(f"#m{mara}").focus()
    await ana.page.keyboard.press("l")
    await expect(ana.page.get_by_text("Link copied.")).to_be_visible()
    link = await ana.page.evaluate("navigator.clipboard.readText()")
    assert link == f"{house.address}/threads/1#m{mara}"
    ben = await visit(browser, house, "Ben", "member")
    await ben.page.goto("about:blank")
    await ben.page.goto(link)
    await focused(ben, mara)
    await expect(ben.page.locator(f"#m{mara}")).to_be_in_viewport(ratio=1)
    await expect(ben.page.locator(f"#m{mara}")).to_have_class(re.compile("found"))
    await ben.page.evaluate(f"location.hash = '#m{mara + 40}'")
    await focused(ben, mara + 40)
    await ben.page.go_back()
    await focused(ben, mara)
    assert ana.complaints == ben.complaints == []


async def test_a_link_reaches_behind_the_newest_page_and_says_what_is_gone(browser: Browser, house: House) -> None:
    first = house.inside(await house.say(comment(text="the very first")))
    for n in range(360):
        await house.say(comment(text=f"number {n}."))
    gone = await house.say(comment(text="regretted"))
    await house.room.erase(house.thread, gone)
    ana = await visit(browser, house)
    await ana.page.goto(f"{house.address}/threads/1?show=unread#m{first}")
    await focused(ana, first)
    assert f"before={first + 50}" in ana.page.url and "show=unread" in ana.page.url
    await ana.page.goto(f"{house.address}/threads/1#m{house.inside(gone)}")
    await expect(ana.page.get_by_text("That message is no longer here.")).to_be_visible()
    await expect(ana.page.locator("#words")).to_be_enabled()
    assert ana.complaints == []


async def test_a_link_waits_for_signing_in(browser: Browser, house: House) -> None:
    mara = house.inside(await house.say(comment(text="Is it hot?")))
    for n in range(30):
        await house.say(comment(text=f"number {n}."))
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{house.address}/threads/1?show=unread#m{mara}")
    await expect(page.get_by_role("heading", name="Please sign in")).to_be_visible()
    personal = await context.new_page()  # from the mail, in a tab of its own
    await personal.goto(f"{house.address}/in/{await house.secret('Ana')}")
    await personal.get_by_role("button", name="Enter the room").click()
    await expect(personal).to_have_url(f"{house.address}/threads/1?show=unread#m{mara}")
    await expect(personal.locator(f"#m{mara}")).to_be_focused()
    await context.close()


async def test_a_quote_leads_to_its_message_and_back_leads_back(browser: Browser, house: House) -> None:
    mara = house.inside(await house.say(comment(text="Is it hot?")))
    ana = await visit(browser, house)
    sent = await (await house.guest("Ben", "member")).send(house.number, "it is", reply_to=mara)
    await (await ana.message("it is")).locator(".quote").click()
    await focused(ana, mara)
    await expect(ana.page).to_have_url(f"{house.address}/threads/1#m{mara}")
    await ana.page.evaluate(f"location.hash = '#m{sent['id']}'")
    await focused(ana, sent["id"])
    await ana.page.go_back()
    await focused(ana, mara)


# --- The keyboard ----------------------------------------------------------------------------------------------------


async def test_the_conversation_is_a_feed(browser: Browser, house: House) -> None:
    numbers = [house.inside(await house.say(comment(text=f"number {n}."))) for n in range(5)]
    ana = await visit(browser, house)
    feed = ana.page.get_by_role("feed", name="Conversation")
    await expect(feed.get_by_role("article")).to_have_count(5)
    for place, number in enumerate(numbers, 1):
        one = ana.page.locator(f"#m{number}")
        await expect(one).to_have_attribute("aria-posinset", str(place))
        await expect(one).to_have_attribute("aria-setsize", "5")
        await expect(one).to_have_accessible_name("Mara")
        await expect(one).to_have_accessible_description(re.compile(rf"^number {place - 1}\. "))
    await expect(feed.locator('.message[tabindex="0"]')).to_have_count(1)
    await ana.page.locator(f"#m{numbers[-1]}").focus()
    for number in (*numbers[-2::-1], numbers[0]):
        await ana.page.keyboard.press("PageUp")
        await focused(ana, number)
        await expect(ana.page.locator(f"#m{number}")).to_be_in_viewport(ratio=1)
        await expect(feed.locator('.message[tabindex="0"]')).to_have_attribute("id", f"m{number}")
    await ana.page.keyboard.press("PageDown")
    await focused(ana, numbers[1])
    await ana.page.keyboard.press("Control+End")
    await expect(ana.page.locator("#words")).to_be_focused()
    await ana.page.locator(f"#m{numbers[1]}").focus()
    await ana.page.keyboard.press("Control+Home")
    await expect(ana.page.get_by_role("link", name="Read the post")).to_be_focused()
    later = house.inside(await house.say(comment(text="number 5.")))
    await expect(ana.page.locator(f"#m{later}")).to_have_attribute("aria-posinset", "6")
    await expect(ana.page.locator(f"#m{numbers[0]}")).to_have_attribute("aria-setsize", "6")
    assert ana.complaints == []


async def test_a_message_is_read_author_text_time(browser: Browser, house: House) -> None:
    await house.say(comment(text="Is it hot?"))
    ana = await visit(browser, house)
    parts = "Array.from(document.querySelectorAll('.message :is(.name, .text, .stamp)')).map((one) => one.className)"
    assert await ana.page.evaluate(parts) == ["name", "text", "stamp"]
    seen = "Array.from(document.querySelectorAll('h1, h2, h3')).filter((one) => one.checkVisibility())"
    assert await ana.page.evaluate(f"{seen}.map((one) => one.tagName)") == ["H1", "H2", "H2", "H3"]


async def test_news_is_read_aloud_once(browser: Browser, house: House) -> None:
    old = await house.say(comment(text="an old one"))
    ana = await visit(browser, house)
    heard = ana.page.get_by_role("log", name="What is new")
    await house.say(comment("Jo", "a new one"))
    await expect(heard).to_have_text("Jo: a new one")
    await ana.page.locator("#words").fill("my own")
    await ana.page.keyboard.press("Enter")
    message = await ana.held("my own", answers=old)
    await expect(heard).to_contain_text("Goes to the blog")
    await house.room.show(house.thread, message, Receipt(AnswerState.PUBLIC, answers="Mara", answers_message=old))
    await expect(heard).to_contain_text("On the blog · answers Mara")
    assert "my own" not in await heard.inner_text() and "an old one" not in await heard.inner_text()
    assert await heard.evaluate("(one) => one.closest('[role=feed]')") is None


async def test_shortcuts_are_listed_and_can_be_switched_off(browser: Browser, house: House) -> None:
    mara = house.inside(await house.say(comment(text="Is it hot?")))
    ana = await visit(browser, house)
    dialog = ana.page.get_by_role("dialog", name="Keyboard shortcuts")
    words = ana.page.locator("#words")
    await words.press_sequentially("why?")
    await expect(words).to_have_value("why?")
    await expect(dialog).to_be_hidden()
    await words.fill("")
    await ana.page.locator(f"#m{mara}").focus()
    await ana.page.keyboard.press("?")
    await expect(dialog).to_be_visible()
    await ana.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await focused(ana, mara)
    await ana.page.keyboard.press("r")
    await expect(words).to_be_focused()
    await ana.whom("Answering Mara")
    await ana.page.locator(".me > summary").click()
    await ana.page.get_by_role("button", name="Keyboard shortcuts").click()
    await dialog.get_by_role("checkbox").uncheck()
    await ana.page.keyboard.press("Escape")
    await ana.page.reload()
    await ana.page.wait_for_selector("#words:enabled")
    await ana.page.locator(f"#m{mara}").focus()
    await ana.page.keyboard.press("r")
    await ana.page.keyboard.press("?")
    await focused(ana, mara)
    await expect(dialog).to_be_hidden()
    assert ana.complaints == []


async def test_the_first_tab_skips_to_the_conversation(browser: Browser, house: House) -> None:
    await house.say()
    ana = await visit(browser, house)
    await ana.page.reload()
    await ana.page.wait_for_selector("#words:enabled")
    await ana.page.keyboard.press("Tab")
    skip = ana.page.get_by_role("link", name="Skip to the conversation")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport(ratio=1)
    await expect(skip).not_to_have_css("outline-style", "none")
    await ana.page.keyboard.press("Enter")
    await expect(ana.page.locator("#main")).to_be_focused()
    await ana.page.keyboard.press("Tab")
    assert await ana.page.evaluate("document.querySelector('#main').contains(document.activeElement)")


async def test_without_script_one_can_read_and_choose(browser: Browser, house: House) -> None:
    await house.say(comment(text="Is it hot?"))
    await house.room.start_thread(RoomId("kitchen"), POST, new_key())
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{house.address}/in/{await house.secret('Ana')}")
    await page.get_by_role("button", name="Enter the room").click()
    await page.get_by_role("link", name="Unanswered 1", exact=True).click()
    await expect(page.locator(".threads a")).to_have_count(1)
    await page.locator(".threads a").click()
    await expect(page.locator(".message:target")).to_contain_text("Is it hot?")
    for nothing_without_script in ("#words", '[data-act="reply"]'):
        await expect(page.locator(nothing_without_script)).to_be_hidden()
    await context.close()


async def test_what_was_asked_too_fast_is_sent_by_itself_later(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    refused = 0

    async def refuse(route: Any) -> None:
        nonlocal refused
        if route.request.method == "POST" and refused < 2:
            refused += 1
            await route.fulfill(status=429, json={"error": "too fast"})
        else:
            await route.continue_()

    await ana.page.route("**/api/threads/*/messages", refuse)
    await ana.page.locator("#words").fill("patience")
    await ana.page.keyboard.press("Enter")
    await ana.message("patience")
    assert refused == 2


# --- The operators' page ---------------------------------------------------------------------------------------------


async def test_an_operator_sees_and_decides(browser: Browser, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    async with doubtful(ledger) as stage, open_house(tmp_path / "room.db", FileOffice(ledger)) as house:
        await house.secret("Ana", operator=True)
        ana = await visit(browser, house)
        await ana.page.get_by_role("link", name="Operator").click()
        await expect(ana.page.locator(".case", has_text="In March, with <sharp> shears.")).to_be_visible()
        retry = ana.page.get_by_role("button", name="Try again no.")
        await retry.click()
        await expect(ana.page.locator("#sure-words")).to_contain_text("Try this again?")
        await expect(ana.page.locator("#sure-what")).to_contain_text("on garden")
        await ana.page.keyboard.press("Escape")
        await expect(retry).to_be_focused()
        assert (await FileOffice(ledger).overview()).counts["unjudged"] == 0
        await retry.press("Enter")
        await ana.page.locator("#sure").get_by_role("button", name="Try again").click()
        await expect(ana.page.get_by_text("It will be tried again")).to_be_visible()
        stage.ledger.wake("inbox")
        await stage.pass_time(20)
        await expect(ana.page.get_by_text("Nothing is parked or refused.")).to_be_visible()  # by itself
        assert stage.blog.said().count("In March, with <sharp> shears.") == 1
        assert ana.complaints == []


async def test_what_stays_the_same_on_the_operators_page_is_not_disturbed(browser: Browser, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    async with doubtful(ledger) as stage, open_house(tmp_path / "room.db", FileOffice(ledger)) as house:
        await house.secret("Ana", operator=True)
        ana = await visit(browser, house)
        await ana.page.get_by_role("link", name="Operator").click()
        await ana.page.locator(".case blockquote").select_text()
        numbers = ana.page.locator("#office > section:last-child")
        await numbers.evaluate("one => one.dataset.old = 'yes'")
        await expect(ana.page.locator("[data-old]")).to_have_count(0)  # it has read itself again
        assert await ana.page.evaluate("String(getSelection())") == "In March, with <sharp> shears."
        await stage.ask(lambda tx: sources.pause(tx, "garden", "its numbers have changed"))
        await expect(ana.page.get_by_text("its numbers have changed")).to_be_visible()
        assert ana.complaints == []
