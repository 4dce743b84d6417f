"""Everybody can use the pages of the doubles, which the demo shows: axe finds nothing on them, nothing is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.access import needs_axe, violations
from tests.browser.visiting import MARKS, PHONE, WIDE
from tests.contracts.discord.test_double_interactions import ROW
from tests.contracts.slack.test_double_page import CARD, WINDOW, said
from tests.servers import slack_bare
from tests.servers.discord_bare import bare
from tests.servers.discord_double import discord_double
from tests.servers.slack_double import slack_double

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [*MARKS, needs_axe]
LONG = "x" * 300


async def looked_at(browser: Browser, address: str, size: Any) -> Page:
    page = await browser.new_page(viewport=size)
    await page.goto(address)
    return page


async def faults(page: Page) -> list[str]:
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*await violations(page), *([f"{wide} px stand out at the right"] if wide > 0 else [])]


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_slacks_page(browser: Browser, size: Any) -> None:
    async with slack_double() as slack, slack_bare.bare(slack) as app, app.wire(acks=False) as wire:
        channel, ada = slack.channel("blog"), slack.member("Ada")
        root = await said(slack, app, channel, blocks=CARD)
        ada.write(channel, "Hello", files=("cat.png",))
        ada.react(ada.reply(root, f"> {LONG}\n- a `{LONG}`\n```{LONG}```"), "mega")
        await app.call("chat.postEphemeral", channel=channel.id, user=ada.id, thread_ts=root.ts, text="Not published")
        page = await looked_at(browser, f"{slack.address}/look/{channel.id}?as={ada.id}", size)
        found = {"channel": await faults(page)}
        await page.goto(f"{slack.address}/look?as={ada.id}")
        found["thread"] = await faults(page)
        await page.locator("aside .menu summary").last.click()
        found["menu"] = await faults(page)
        one = await ada.click(root, "answer", wait=False)
        frame = await wire.envelope("interactive")
        await app.call("views.open", trigger_id=frame["payload"]["trigger_id"], view=WINDOW)
        await wire.ack(frame)
        await one.opened()
        await page.goto(f"{slack.address}/look?as={ada.id}")
        found["window"] = await faults(page)
        assert await page.locator(".modal").count() == 1
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_discords_page(browser: Browser, size: Any) -> None:
    async with discord_double() as discord, bare(discord) as bot:
        channel, ada = discord.channel("blog"), discord.member("Ada")
        card = {"content": f"**Vera**\n{LONG}\n-# small print", "components": ROW}
        await bot.call("POST", f"/channels/{channel.id}/messages", card)
        message = discord.messages(channel)[0]
        ada.react(message, "📮")
        ada.write(channel, f"> {LONG}\n```{LONG}```", reply_to=message, files=("cat.png",))
        page = await looked_at(browser, f"{discord.address}/look?as={ada.id}", size)
        found = {"channel": await faults(page)}
        await page.locator(".menu summary").last.click()
        found["menu"] = await faults(page)
    assert {where: what for where, what in found.items() if what} == {}
