"""A person at the room's pages in a real browser, and everything that the browser complained about."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from bridge.model import AnswerState, MessageId, Receipt
from tests.contracts.web_room.room_house import House

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

PATIENCE = 20_000
"""Milliseconds after which something that should happen at once counts as never, on a busy machine too."""
playwright.expect.set_options(timeout=PATIENCE)
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
WIDE = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 780}
NARROW = {"width": 360, "height": 640}


@dataclass
class Visit:
    """One person's page in the room, and everything that the browser complained about."""

    house: House
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    async def message(self, words: str) -> Any:
        """Wait for a message with these words."""
        found = self.page.locator(".message[data-id]", has_text=words)
        await playwright.expect(found).to_have_count(1)
        return found

    async def held(self, words: str, seconds: float = 60.0, answers: MessageId | None = None) -> MessageId:
        """Do what the daemon does with an answer: hold it."""
        found = await self.message(words)
        message = self.house.outside(int(await found.get_attribute("data-id")))
        receipt = Receipt(AnswerState.HELD, until=time.time() + seconds, answers="Mara", answers_message=answers)
        await self.house.room.show(self.house.thread, message, receipt)
        return message

    async def whom(self, words: str) -> None:
        """Wait until the box says this."""
        await playwright.expect(self.page.locator(".whom-row")).to_contain_text(words)


async def visit(browser: Browser, house: House, name: str = "Ana", role: str = "author", **look: Any) -> Visit:
    """Sign in with the personal link, as a person does, and open the thread."""
    look.setdefault("viewport", WIDE)
    context = await browser.new_context(**look)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    found = Visit(house, context, page)
    page.on("console", lambda said: found.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("request", lambda asked: _only_ours(found, asked.url))
    await page.goto(f"{house.address}/in/{await house.secret(name, role)}")
    await page.get_by_role("button", name="Enter the room").click()
    await page.locator(f'#threads a[href="/threads/{house.number}"]').click()
    await page.wait_for_selector("#words:enabled")
    return found


def _only_ours(found: Visit, address: str) -> None:
    if not address.startswith((found.house.address, "data:", "blob:")):
        found.complaints.append(f"asked elsewhere: {address}")
