"""The page of the double of Slack, which the demo shows, in a real browser: it keeps up, and does what is pressed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.visiting import MARKS, PHONE
from tests.contracts.slack.test_double_page import CARD, WINDOW, said
from tests.servers.slack_bare import Bare, bare
from tests.servers.slack_double import Double, slack_double

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from adapters.slack.double import Person
    from adapters.slack.double.things import Channel

pytestmark = MARKS


@pytest.fixture
async def slack() -> AsyncIterator[Double]:
    async with slack_double() as double:
        yield double


@pytest.fixture
async def app(slack: Double) -> AsyncIterator[Bare]:
    async with bare(slack) as one:
        yield one


async def opened(browser: Browser, slack: Double, me: Person, **look: Any) -> tuple[Page, list[str]]:
    page, complaints = await browser.new_page(**look), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{slack.address}/look?as={me.id}")
    return page, complaints


def scene(slack: Double) -> tuple[Channel, Person, Person]:
    return slack.channel("blog"), slack.member("Ada"), slack.member("Sam")


async def test_what_others_write_appears_and_enter_sends(browser: Browser, slack: Double) -> None:
    channel, ada, sam = scene(slack)
    root = sam.write(channel, "A post")
    sam.reply(root, "And *milk*?")
    page, complaints = await opened(browser, slack, ada)
    await page.wait_for_selector("aside .words strong >> text=milk")
    await page.fill("#reply", "Two lines")
    await page.press("#reply", "Shift+Enter")
    await page.type("#reply", "of it")
    sam.reply(root, "Nobody is disturbed")
    await page.press("#reply", "Enter")
    await page.wait_for_selector("aside li >> text=Nobody is disturbed")
    assert [one.text for one in slack.thread(root) if one.user == ada.id] == ["Two lines\nof it"]
    sam.reply(root, "It keeps up")
    await page.wait_for_selector("aside li >> text=It keeps up")
    assert not complaints


async def test_a_button_opens_a_window(browser: Browser, slack: Double, app: Bare) -> None:
    channel, ada, _ = scene(slack)
    await said(slack, app, channel, blocks=CARD)
    page, complaints = await opened(browser, slack, ada)
    async with app.wire(acks=False) as wire:
        pressing = asyncio.ensure_future(page.click("button >> text=Answer"))
        frame = await wire.envelope("interactive")
        await wire.ack(frame)
        await pressing
        await app.call("views.open", trigger_id=frame["payload"]["trigger_id"], view=WINDOW)
        await page.fill(".modal [name='field:words']", "Thanks")
        sending = asyncio.ensure_future(page.click(".modal button >> text=Send"))
        frame = await wire.envelope("interactive")
        await wire.ack(frame)
        await sending
        await page.wait_for_selector("#words")
    assert frame["payload"]["view"]["state"]["values"]["said"]["words"]["value"] == "Thanks" and not complaints


async def test_the_menu_of_a_message_reacts_and_opens_the_thread(browser: Browser, slack: Double) -> None:
    channel, ada, sam = scene(slack)
    message = sam.write(channel, "Hello")
    page, complaints = await opened(browser, slack, ada, viewport=PHONE)
    await page.click(".menu summary")
    await page.click(".menu button >> text=👍")
    await page.wait_for_selector(".reactions .mine")
    await page.click(".menu summary")
    await page.click(".menu a >> text=Reply in thread")
    await page.fill("#reply", "Hi")
    await page.press("#reply", "Enter")
    await page.wait_for_selector("aside li >> text=Hi")
    assert not await page.locator("main .messages").is_visible(), "on a phone there is room for one of them"
    await page.click("aside header a")
    await page.wait_for_selector("main .thread >> text=1 reply")
    assert list(message.reactions) == ["+1"] and [one.text for one in slack.thread(message)] == ["Hi"]
    assert not complaints
