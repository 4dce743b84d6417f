"""The page of the double of Discord, which the demo shows, in a real browser: it keeps up, and does what is pressed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.visiting import MARKS
from tests.contracts.discord.test_double_interactions import FORM, ROW, answer
from tests.servers.discord_bare import Bare, bare
from tests.servers.discord_double import Double, discord_double

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

    from adapters.discord.double import Person
    from adapters.discord.double.things import Channel

pytestmark = MARKS


@pytest.fixture
async def discord() -> AsyncIterator[Double]:
    async with discord_double() as double:
        yield double


@pytest.fixture
async def bot(discord: Double) -> AsyncIterator[Bare]:
    async with bare(discord) as one:
        yield one


async def opened(browser: Browser, discord: Double, me: Person) -> tuple[Page, list[str]]:
    page, said = await browser.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{discord.address}/look?as={me.id}")
    return page, said


def scene(discord: Double) -> tuple[Channel, Person, Person]:
    return discord.channel("blog"), discord.member("Ada"), discord.member("Sam")


async def test_what_others_write_appears_and_enter_sends(browser: Browser, discord: Double) -> None:
    channel, ada, sam = scene(discord)
    page, said = await opened(browser, discord, ada)
    sam.write(channel, "And **milk**?")
    await page.wait_for_selector(".words strong >> text=milk")
    await page.fill("#words", "Two lines")
    await page.press("#words", "Shift+Enter")
    await page.type("#words", "of it")
    sam.write(channel, "Nobody is disturbed")
    await page.press("#words", "Enter")
    await page.wait_for_selector("li >> text=Nobody is disturbed")
    assert [one.content for one in discord.messages(channel) if one.author.id == ada.id] == ["Two lines\nof it"]
    assert not said


async def test_a_button_opens_a_form(browser: Browser, discord: Double, bot: Bare) -> None:
    channel, ada, _ = scene(discord)
    await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "A comment", "components": ROW})
    page, said = await opened(browser, discord, ada)
    async with bot.wire() as wire:
        await bot.identified(wire)
        pressing = asyncio.ensure_future(page.click("button >> text=Answer"))
        heard = await wire.until("INTERACTION_CREATE")
        await answer(bot, discord.world.interactions.open[heard["token"]], 9, FORM)
        await pressing
        await page.fill(".modal [name='field:words']", "Thanks")
        sending = asyncio.ensure_future(page.click(".modal button"))
        heard = await wire.until("INTERACTION_CREATE")
        await answer(bot, discord.world.interactions.open[heard["token"]], 4, {"content": "Sent", "flags": 64})
        await sending
        await page.wait_for_selector("li.only >> text=Sent")
    assert heard["data"]["components"][0]["components"][0]["value"] == "Thanks" and not said


async def test_the_menu_of_a_message_reacts_and_replies(browser: Browser, discord: Double) -> None:
    channel, ada, sam = scene(discord)
    message = sam.write(channel, "Hello")
    page, said = await opened(browser, discord, ada)
    await page.click(".menu summary")
    await page.click(".menu button >> text=👍")
    await page.wait_for_selector(".reactions .mine")
    await page.click(".menu summary")
    await page.click(".menu a >> text=Reply")
    await page.fill("#words", "Hi")
    await page.press("#words", "Enter")
    await page.wait_for_selector("p.reply >> text=Sam")
    assert list(message.reactions) == ["👍"] and discord.messages(channel)[1].mentions == [sam.id]
    assert not said
