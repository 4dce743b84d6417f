"""Everybody can use the room: axe finds nothing on any page, fingers hit what they aim at, nothing is hidden."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.model import AnswerState, Choice, Desk, Kind, Receipt, ReplyTo, RoomId
from bridge.office import FileOffice
from tests.browser.access import needs_axe, violations
from tests.browser.visiting import MARKS, PHONE, WIDE, Visit, playwright, visit
from tests.contracts.web_room.doubtful import doubtful
from tests.contracts.web_room.room_house import POST, Guest, House, comment, new_key, open_house, waiting

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = MARKS
SIZES: dict[str, dict[str, Any]] = {
    "wide": {"viewport": WIDE},
    "phone": {"viewport": PHONE, "is_mobile": True, "has_touch": True},
}


@asynccontextmanager
async def busy_house(folder: Path) -> AsyncIterator[House]:
    """A room with everything in it that a page can show, and an office with something to decide."""
    async with (
        doubtful(folder / "ledger.db"),
        open_house(folder / "room.db", FileOffice(folder / "ledger.db")) as house,
    ):
        mara = await house.say(comment(text="Is it hot?"))
        await house.say(comment("Jo", "Mine is cold.", in_reply_to=ReplyTo("Mara", mara, "Is it hot?")))
        await house.say(comment("Ana", "It was.", by_author=True, edited=True))
        await house.say(comment("ليلى", "متى أزرع الورد؟"))
        ana, ben = await house.guest("Ana", operator=True), await house.guest("Ben", "member")
        await ben.send(house.number, "Between us: `code`, *stress*, [a link](https://blog.example/).")
        for state in AnswerState:
            sent = await ana.send(house.number, f"This one is {state}.", addressed=house.inside(mara))
            receipt = Receipt(
                state, until=2e9, answers="Mara", answers_message=mara, link="https://blog.example/", reason="so it is"
            )
            await house.room.show(house.thread, house.outside(sent["id"]), receipt)
        await ana.send(house.number, "// an aside")
        attic = await house.room.start_thread(RoomId("attic"), POST, new_key())
        await house.room.say(attic, house.room.render(comment(text="Anybody here?"))[0], new_key())
        await moderation(house, ana)
        yield house


async def moderation(house: House, ana: Guest) -> None:
    """A moderation room with a card in every state, and a mention by another site that can be moderated."""
    kitchen = Desk(frozenset({"ana"}), closed=False)
    await house.desks(moderation=Desk(frozenset({"ana"}), closed=True), kitchen=kitchen)
    spam = (Choice.SPAM, Choice.TRASH)
    await house.say(comment("A potager", "mentions this post.", kind=Kind.PINGBACK, choices=spam, mark="m"))
    desk = await house.begin("moderation")
    chosen = await house.say_in(desk, waiting("Lou", "Is it chosen?"))
    fields = {"choice": "trash", "mark": "first"}
    await ana.ask("PUT", f"/api/messages/{house.inside(chosen)}/choice", fields)
    for decided, choices in (("In the spam, by Ana", (Choice.RESTORE,)), ("Approved on the blog", spam)):
        await house.say_in(desk, waiting(decided=decided, choices=choices))
    await house.say_in(desk, waiting("Max", held="nobody of that name was approved before"))
    await ana.send(house.inside(desk), "between us")


async def opened(one: Visit, path: str) -> None:
    """Open a page, and wait until its script has made it what people use."""
    await one.page.goto(one.house.address + path)
    ready = {"/threads/": "#log .message[aria-posinset]", "/operator": "#fresh:has-text('refreshes')"}
    for start, shown in ready.items():
        if path.startswith(start):
            await one.page.wait_for_selector(shown)
    if path.startswith("/threads/") and "before" not in path:
        await one.page.wait_for_selector("#words:enabled")


PAGES = (
    "/",
    "/?show=unread",
    "/?show=unanswered",
    "/threads/1",
    "/threads/1?before=4",
    "/threads/2?show=unanswered",
    "/threads/3?show=pending",
    "/?show=pending",
    "/operator",
    "/in/nobodys",
    "/nowhere",
)


@needs_axe
@pytest.mark.parametrize("size", SIZES)
async def test_axe_finds_nothing_on_any_page(browser: Browser, tmp_path: Path, size: str) -> None:
    async with busy_house(tmp_path) as house:
        ana = await visit(browser, house, **SIZES[size])
        found: dict[str, list[str]] = {}
        for path in PAGES:
            await opened(ana, path)
            found[path] = await violations(ana.page)
        await ana.page.goto(f"{house.address}/in/{await house.secret('Ana')}")
        found["sign in"] = await violations(ana.page)
        await ana.context.clear_cookies()
        await ana.page.goto(f"{house.address}/operator")
        found["signed out"] = await violations(ana.page)
        assert {page: faults for page, faults in found.items() if faults} == {}


@needs_axe
async def test_axe_finds_nothing_in_what_opens(browser: Browser, tmp_path: Path) -> None:
    async with busy_house(tmp_path) as house:
        ana = await visit(browser, house)
        found: dict[str, list[str]] = {}
        await ana.page.locator("#whom").click()
        found["whom"] = await violations(ana.page)
        await ana.page.keyboard.press("Escape")
        await ana.page.locator("#words").press_sequentially("@m")
        found["names"] = await violations(ana.page)
        await ana.page.locator("#words").fill("")
        await ana.page.locator("[data-act=undo]").first.scroll_into_view_if_needed()
        menu = ana.page.get_by_label("What to do with your message").last
        await menu.click()
        found["menu"] = await violations(ana.page)
        await ana.page.get_by_role("button", name="Delete").last.click()
        found["dialog"] = await violations(ana.page)
        await ana.page.keyboard.press("Escape")
        await ana.page.locator(".me > summary").click()
        found["me"] = await violations(ana.page)
        await ana.page.keyboard.press("Escape")
        await ana.page.get_by_label("More about this message by A potager").click()
        found["moderator's menu"] = await violations(ana.page)
        await ana.page.locator(".me > summary").click()
        await ana.page.get_by_role("button", name="Keyboard shortcuts").click()
        found["keys"] = await violations(ana.page)
        await ana.page.goto(f"{house.address}/operator")
        await ana.page.get_by_role("button", name="Try again").first.click()
        found["operator's dialog"] = await violations(ana.page)
        assert {what: faults for what, faults in found.items() if faults} == {}


@needs_axe
async def test_axe_finds_nothing_in_an_empty_room(browser: Browser, house: House) -> None:
    await house.file.write(lambda c: c.execute("DELETE FROM event"))
    await house.file.write(lambda c: c.execute("DELETE FROM thread"))
    context = await browser.new_context()
    ana = Visit(house, context, await context.new_page())
    await ana.page.goto(f"{house.address}/in/{await house.secret('Ana', operator=True)}")
    await ana.page.get_by_role("button", name="Enter the room").click()
    await playwright.expect(ana.page.get_by_text("No threads yet")).to_be_visible()
    assert await violations(ana.page) == []
    await ana.page.goto(f"{house.address}/operator")
    await playwright.expect(ana.page.get_by_text("does not know where Backchat's ledger is")).to_be_visible()
    assert await violations(ana.page) == []


SMALL = """() => Array.from(document.querySelectorAll(
  'button, summary, [role=option], input:not([type=hidden]), .filters a, .threads a, .back, .brand-name, .to-operator,'
  + '.stamp a, a.quote, .menu-body a, .post-link a'
)).filter((one) => one.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .map((one) => [one, (one.closest('label') ?? one).getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 43.9 || box.height < 43.9))
  .map(([one, box]) => `${one.outerHTML.slice(0, 120)}: ${box.width} × ${box.height}`)"""
WIDER = "document.documentElement.scrollWidth - window.innerWidth"


async def test_fingers_hit_what_they_aim_at_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    async with busy_house(tmp_path) as house:
        ana = await visit(browser, house, **SIZES["phone"])
        assert await ana.page.evaluate(SMALL) == []
        await ana.page.get_by_label("What to do with your message").last.tap()
        assert await ana.page.evaluate(SMALL) == []
        for path in ("/", "/?show=unanswered", "/threads/3", "/operator"):
            await opened(ana, path)
            assert await ana.page.evaluate(SMALL) == [], path
            assert await ana.page.evaluate(WIDER) <= 0, path


async def test_the_box_stays_in_view_above_a_software_keyboard(browser: Browser, house: House) -> None:
    for n in range(30):
        await house.say(comment(text=f"number {n}."))
    ana = await visit(browser, house, **SIZES["phone"])
    await ana.page.evaluate("scrollTo(0, document.scrollingElement.scrollHeight)")
    await playwright.expect(ana.page.locator(".message").last).to_be_in_viewport(ratio=1)
    await ana.page.locator("#words").tap()
    await ana.page.set_viewport_size({"width": 390, "height": 420})  # what is left beside the keyboard
    for shown in (ana.page.locator("#words"), ana.page.locator("#send"), ana.page.locator(".message").last):
        await playwright.expect(shown).to_be_in_viewport(ratio=0.9)
    await ana.page.evaluate(  # where the keyboard lies over the page, only the visual viewport shrinks
        "() => { Object.defineProperty(visualViewport, 'height', {value: innerHeight - 150});"
        " visualViewport.dispatchEvent(new Event('resize')); }"
    )
    box = await ana.page.locator("#box").bounding_box()
    assert box is not None and box["y"] + box["height"] <= 420 - 150
    assert ana.complaints == []


@pytest.mark.parametrize(
    "viewport", [{"width": 640, "height": 430}, {"width": 320, "height": 256}], ids=["200 %", "400 %"]
)
async def test_at_great_zoom_words_are_seen_and_nothing_is_cut(
    browser: Browser, tmp_path: Path, viewport: dict[str, int]
) -> None:
    async with busy_house(tmp_path) as house:
        ana = await visit(browser, house, viewport=viewport)
        for path in ("/", "/threads/1", "/threads/3", "/operator"):
            await opened(ana, path)
            assert await ana.page.evaluate(WIDER) <= 0, path
        await opened(ana, "/threads/1")
        first = ana.page.locator(".message").first
        await first.focus()
        await playwright.expect(first.locator(".name")).to_be_in_viewport(ratio=0.9)
        covered = await first.locator(".name").evaluate(
            "(one) => { const box = one.getBoundingClientRect();"
            " return !one.closest('.message').contains(document.elementFromPoint(box.x + 4, box.y + 4)); }"
        )
        assert not covered


async def test_in_forced_colours_what_is_chosen_can_be_told_apart(browser: Browser, tmp_path: Path) -> None:
    async with busy_house(tmp_path) as house:
        ana = await visit(browser, house, forced_colors="active")
        chosen = ana.page.locator(".filters a[aria-current]")
        await playwright.expect(chosen).to_have_css("outline-style", "solid")
        await playwright.expect(ana.page.locator(".badge").first).to_have_css("border-top-style", "solid")


async def test_right_to_left_words_run_right_to_left(browser: Browser, tmp_path: Path) -> None:
    async with busy_house(tmp_path) as house:
        ana = await visit(browser, house)
        shown = await ana.message("متى أزرع الورد؟")
        await playwright.expect(shown.locator(".text")).to_have_css("direction", "rtl")
        await playwright.expect(shown.locator(".head")).to_have_css("direction", "ltr")


async def test_with_reduced_motion_nothing_moves(browser: Browser, house: House) -> None:
    said = await house.say()
    ana = await visit(browser, house, reduced_motion="reduce")
    await ana.page.goto(f"{house.address}/threads/1#m{house.inside(said)}")
    await playwright.expect(ana.page.locator(".message.found")).to_have_css("animation-name", "none")
