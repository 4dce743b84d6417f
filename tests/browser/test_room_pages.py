"""The room in a real browser: what a person at the page sees and does."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from adapters.web_room import commands, live
from adapters.web_room.server import serving
from bridge.model import AnswerState, Receipt
from bridge.text import tree
from tests.browser.visiting import MARKS, NARROW, PHONE, Visit, playwright, visit
from tests.contracts.web_room.room_house import House, comment

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = MARKS


async def test_a_conversation_without_reload(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    await ana.whom("Nobody to answer yet")
    mara = await house.say(comment(text="Is it hot?"))
    await ana.message("Is it hot?")
    await ana.whom("Answering Mara")
    await ana.page.locator("#words").press_sequentially("It is **very** hot")
    await ana.page.keyboard.press("Enter")
    sent = await ana.message("It is very hot")
    await playwright.expect(sent.locator("strong")).to_have_text("very")
    assert await sent.get_attribute("data-addressed") == str(house.inside(mara))
    await playwright.expect(ana.page.locator("#words")).to_have_value("")
    await playwright.expect(sent).to_contain_text("Waiting for Backchat")
    ben = await visit(browser, house, "Ben", "member")
    await ben.whom("Stays in the room, not published")
    await ben.page.locator("#words").fill("one line")
    await ben.page.keyboard.press("Shift+Enter")
    await ben.page.keyboard.type("and another")
    await ben.page.keyboard.press("Control+Enter")
    await ana.message("and another")
    await house.room.edit(house.thread, mara, house.room.render(comment(text="Is it cold?"))[0])
    await ben.message("Is it cold?")
    await house.room.erase(house.thread, mara)
    for one in (ana, ben):
        await playwright.expect(one.page.locator(".message", has_text="Is it cold?")).to_have_count(0)
        assert one.complaints == []


async def test_a_held_answer_counts_down_and_can_be_undone(browser: Browser, house: House) -> None:
    mara = await house.say()
    ana = await visit(browser, house)
    await ana.page.locator("#words").fill("Too *hasty*")
    await ana.page.keyboard.press("Enter")
    await ana.held("Too hasty", answers=mara)
    countdown = ana.page.locator("[data-until]")
    await playwright.expect(countdown).to_have_text(re.compile(r"^\d+ s$"))
    first = await countdown.inner_text()
    await playwright.expect(countdown).not_to_have_text(first)
    assert int((await countdown.inner_text()).split()[0]) < int(first.split()[0])
    await ana.page.get_by_role("button", name="Undo").click()
    await playwright.expect(ana.page.locator("#words")).to_have_value("Too *hasty*")
    await playwright.expect(ana.page.locator(".message", has_text="Too hasty")).to_have_count(0)
    await ana.whom("Answering Mara")
    assert ana.complaints == []


async def test_an_answer_whose_time_is_over_says_that_it_waits_its_turn(browser: Browser, house: House) -> None:
    mara = await house.say()
    ana = await visit(browser, house)
    await ana.page.locator("#words").fill("The fourth within a minute")
    await ana.page.keyboard.press("Enter")
    await ana.held("The fourth within a minute", seconds=-60.0, answers=mara)
    answer = await ana.message("The fourth within a minute")
    await playwright.expect(answer).to_contain_text("Goes to the blog as soon as its turn comes")
    await ana.held("The fourth within a minute", answers=mara)
    await playwright.expect(answer).to_contain_text(re.compile(r"Goes to the blog in \d+ s"))
    assert ana.complaints == []


async def test_lines_that_are_one_answer_say_once_what_becomes_of_them(browser: Browser, house: House) -> None:
    mara = await house.say()
    ana = await visit(browser, house)
    for line in ("one of three", "two of three", "three of three"):
        await ana.page.locator("#words").fill(line)
        await ana.page.keyboard.press("Enter")
    until = time.time() + 60
    for line in ("one of three", "two of three", "three of three"):
        found = await ana.message(line)
        assert await found.get_attribute("data-addressed") == str(house.inside(mara))
        message = house.outside(int(await found.get_attribute("data-id")))
        await house.room.show(house.thread, message, Receipt(AnswerState.HELD, until=until, answers="Mara"))
    await playwright.expect(ana.page.locator("[data-until]")).to_have_count(3)
    await playwright.expect(ana.page.locator(".state:visible", has_text="Goes to the blog")).to_have_count(1)
    await playwright.expect(await ana.message("three of three")).to_contain_text("Undo")
    order = await ana.page.locator(".message.mine .text").all_inner_texts()
    assert [words.split()[0] for words in order] == ["one", "two", "three"]
    await ana.page.locator("#words").fill("// another one")
    await ana.page.keyboard.press("Enter")
    await ana.message("another one")
    await ana.page.locator("#words").fill("a draft")
    await ana.page.get_by_role("button", name="Undo").click()
    words = ana.page.locator("#words")
    await playwright.expect(words).to_have_value("one of three\ntwo of three\nthree of three\na draft")
    await playwright.expect(ana.page.locator(".message.mine")).to_have_count(1)
    await ana.whom("Answering Mara")
    assert ana.complaints == []


async def write(ana: Visit, *lines: str) -> None:
    for line in lines:
        await ana.page.locator("#words").fill(line)
        await ana.page.keyboard.press("Enter")
        await ana.message(line)


async def change(ana: Visit, words: str) -> None:
    """Press Edit on a message."""
    shown = await ana.message(words)
    await shown.hover()
    await shown.get_by_label("What to do with your message").click()
    await shown.get_by_role("button", name="Edit").click()
    await ana.whom("Changing your message")


async def test_editing_keeps_the_draft(browser: Browser, house: House) -> None:
    mara = await house.say(comment(text="Is it hot?"))
    await house.say(comment("Jo", "second"))
    ana = await visit(browser, house)
    words = ana.page.locator("#words")
    await write(ana, "older one", "newer one")
    kept = "sessionStorage.getItem(`backchat draft ${document.getElementById('log').dataset.thread}`)"
    for end in ("Escape", "Enter", "Reply"):
        await words.fill("half a thought")
        await change(ana, "older one")
        await playwright.expect(words).to_have_value(re.compile(r"^older one(, changed)?$"))
        await playwright.expect(ana.page.locator("#hint")).to_contain_text("Enter saves")
        assert "▾" not in await ana.page.locator("#whom").inner_text()
        await words.fill("older one, changed")
        if end == "Reply":
            comments = await ana.message("Is it hot?")
            await comments.hover()
            await comments.get_by_role("button", name="Reply").click()
            await ana.whom("Answering Mara")
        else:
            await words.press(end)
        await playwright.expect(words).to_have_value("half a thought")
        await playwright.expect(ana.page.locator("#hint")).to_contain_text("Enter sends")
        assert "▾" in await ana.page.locator("#whom").inner_text()
        assert await ana.page.evaluate(kept) == "half a thought"
        if end == "Enter":
            await ana.message("older one, changed")
    await words.press("Enter")
    sent = await ana.message("half a thought")
    assert await sent.locator(".quote").get_attribute("href") == f"#m{house.inside(mara)}"
    await words.fill("kept over a reload")
    await change(ana, "newer one")
    await ana.page.reload()
    await playwright.expect(words).to_have_value("kept over a reload")
    assert ana.complaints == []


async def test_undo_while_editing_leaves_the_edited_message_alone(browser: Browser, house: House) -> None:
    await house.say()
    ana = await visit(browser, house)
    words = ana.page.locator("#words")
    await write(ana, "stays as it is", "too hasty")
    await ana.held("too hasty")
    await words.fill("a draft")
    await change(ana, "stays as it is")
    await ana.page.get_by_role("button", name="Undo").click()
    await playwright.expect(words).to_have_value("too hasty\na draft")
    await ana.whom("Answering Mara")
    await words.press("Enter")
    await ana.message("too hasty")
    await ana.message("stays as it is")
    assert ana.complaints == []


async def test_a_refusal_while_editing_goes_to_the_draft(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    words = ana.page.locator("#words")
    await write(ana, "an older line")
    refused = asyncio.Event()

    async def refuse(route: Any) -> None:
        if route.request.method != "POST":
            await route.continue_()
            return
        await refused.wait()
        await route.fulfill(status=409, json={"error": "not now"})

    await ana.page.route("**/api/threads/*/messages", refuse)
    await words.fill("refused words")
    await words.press("Enter")
    await change(ana, "an older line")
    refused.set()
    await playwright.expect(ana.page.locator("#problem")).to_contain_text("not now")
    await playwright.expect(words).to_have_value("an older line")
    await words.press("Escape")
    await playwright.expect(words).to_have_value("refused words")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
async def test_what_got_no_receipt_says_so_after_a_moment(browser: Browser, house: House, motion: str) -> None:
    ana = await visit(browser, house, reduced_motion=motion)
    await write(ana, "who hears me?")
    ear = house.ear()
    ear.start(f"{house.file.instance}-0")
    line = (await ana.message("who hears me?")).locator(".settled")
    await playwright.expect(line).to_have_text("Stays in the room")
    for name, value in {"animation-name": "settled", "animation-delay": "3s", "animation-fill-mode": "both"}.items():
        await playwright.expect(line).to_have_css(name, value)
    begins = "(one) => one.getAnimations().map((moving) => moving.effect.getKeyframes()[0].opacity)"
    while await line.evaluate(begins) != ["0"]:  # the page may just have redrawn it
        await playwright.expect(line).to_have_text("Stays in the room")
    await playwright.expect(line).to_have_css("opacity", "1")
    assert ana.complaints == []


async def test_a_page_that_missed_very_much_reads_itself_again(browser: Browser, house: House) -> None:
    wire = Wire(int(house.address.rpartition(":")[2]))
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    try:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        gone = await house.say(comment(text="before"))
        ana = await visit(browser, replace(house, address=address))
        await ana.page.locator("#words").fill("typed meanwhile")
        wire.dead = True
        await playwright.expect(ana.page.locator("#connection")).to_contain_text("Reconnecting")
        await house.room.erase(house.thread, gone)
        for n in range(305):
            await house.say(comment(text=f"number {n}."))
        wire.mend()
        await ana.message("number 304.")
        await playwright.expect(ana.page.locator(".message[data-id]")).to_have_count(300)
        await playwright.expect(ana.page.locator(".earlier")).to_have_count(1)
        await playwright.expect(ana.page.locator("#connection")).to_be_hidden()
        await playwright.expect(ana.page.locator("#words")).to_have_value("typed meanwhile")
        await house.say(comment(text="and live again"))
        await ana.message("and live again")
        await ana.context.close()
    finally:
        wire.mend()
        server.close()
        await server.wait_closed()


async def test_a_public_answer_is_deleted_only_after_asking(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    await ana.page.locator("#words").fill("On the page")
    await ana.page.keyboard.press("Enter")
    message = await ana.held("On the page")
    receipt = Receipt(AnswerState.PUBLIC, answers="Mara", link=f"{house.address}/threads/1#c7")
    await house.room.show(house.thread, message, receipt)
    shown = await ana.message("On the page")
    await playwright.expect(shown.get_by_role("link", name="On the blog")).to_have_attribute("href", receipt.link)
    for answer, left in (("Keep it", 1), ("Delete", 0)):
        await shown.hover()
        await shown.get_by_label("What to do with your message").click()
        await shown.get_by_role("button", name="Delete").click()
        await playwright.expect(ana.page.locator("#sure-words")).to_contain_text("also removed from the blog")
        await ana.page.locator("#sure").get_by_role("button", name=answer).click()
        await playwright.expect(ana.page.locator(".message[data-id]")).to_have_count(left)
        focused = shown.locator("summary") if left else ana.page.locator("#words")
        await playwright.expect(focused).to_be_focused()
    assert ana.complaints == []


async def test_editing_in_the_box(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    await ana.page.locator("#words").fill("a **slip** of the pen")
    await ana.page.keyboard.press("Enter")
    await ana.message("a slip of the pen")
    await ana.page.locator("#words").press("ArrowUp")
    await playwright.expect(ana.page.locator("#words")).to_have_value("a **slip** of the pen")
    await ana.whom("Changing your message")
    await ana.page.locator("#words").fill("corrected")
    await ana.page.keyboard.press("Enter")
    shown = await ana.message("corrected")
    await playwright.expect(shown.locator(".edited")).to_be_visible()
    await ana.page.locator("#words").press("ArrowUp")
    await playwright.expect(ana.page.locator("#words")).to_have_value("corrected")
    await ana.page.keyboard.press("Escape")
    await playwright.expect(ana.page.locator("#words")).to_have_value("")
    assert ana.complaints == []


async def test_the_box_says_whom_it_answers(browser: Browser, house: House) -> None:
    mara = await house.say(comment("Mara", "first"))
    await house.say(comment("Jo", "second"))
    await house.say(comment("Ana", "mine", by_author=True))
    ana = await visit(browser, house)
    words = ana.page.locator("#words")
    await ana.whom("Answering Jo")
    await ana.whom("chosen for you")
    await words.press_sequentially("@m")
    names = ana.page.locator("#names [role=option]")
    await playwright.expect(names).to_have_count(1)
    await ana.page.keyboard.press("Enter")
    await playwright.expect(words).to_have_value("@Mara ")
    await ana.whom("Answering Mara")
    await words.press_sequentially("yes")
    await ana.page.keyboard.press("Enter")
    assert await (await ana.message("yes")).get_attribute("data-addressed") == str(house.inside(mara))
    await words.fill("// between us")
    await ana.whom("Stays in the room")
    await playwright.expect(ana.page.locator("#box")).to_have_class("box stays")
    await words.fill("")
    await ana.page.locator("#whom").click()
    await ana.page.locator("#choices [role=option]", has_text="Jo").click()
    await ana.whom("Answering Jo")
    first = await ana.message("first")
    await first.hover()
    await first.get_by_role("button", name="Reply").click()
    await ana.whom("Answering Mara")
    await playwright.expect(words).to_be_focused()
    await words.press("Escape")
    await words.fill("What a")
    await ana.whom("Answering")
    before = await ana.page.locator("#whom").inner_text()
    await house.say(comment("Kim", "third"))
    await ana.message("third")
    assert await ana.page.locator("#whom").inner_text() == before
    assert ana.complaints == []


async def test_a_request_whose_answer_is_lost_writes_one_message(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    lost = 0

    async def lose(route: Any) -> None:
        nonlocal lost
        if route.request.method == "POST" and lost < 2:
            lost += 1
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await ana.page.route("**/api/threads/*/messages", lose)
    await ana.page.locator("#words").fill("only once")
    await ana.page.keyboard.press("Enter")
    await playwright.expect(ana.page.get_by_text("Not sent yet, trying again")).to_be_visible()
    await playwright.expect(ana.page.locator(".sending")).to_have_count(0)
    await ana.message("only once")
    await ana.page.reload()
    await ana.message("only once")
    assert lost == 2


async def test_a_refusal_gives_the_words_back(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    await ana.page.evaluate("document.getElementById('words').maxLength = 20000")
    await ana.page.locator("#words").fill("x" * 10_001)
    await ana.page.keyboard.press("Enter")
    await playwright.expect(ana.page.locator("#problem")).to_contain_text("10,000 characters")
    await playwright.expect(ana.page.locator("#words")).to_have_value("x" * 10_001)


class Wire:
    """A network between browser and server that can swallow everything without a word."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self.dead = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open.add(far_writer)
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if not self.dead:
                    writer.write(data)
        except ConnectionError:
            pass
        writer.close()

    def mend(self) -> None:
        self.dead = False
        for writer in self._open:
            writer.close()
        self._open.clear()


async def test_a_connection_that_fell_silent_is_noticed_and_catches_up(browser: Browser, house: House) -> None:
    wire = Wire(int(house.address.rpartition(":")[2]))
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    try:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ana = await visit(browser, replace(house, address=address))
        await house.say(comment(text="before"))
        await ana.message("before")
        wire.dead = True
        await playwright.expect(ana.page.locator("#connection")).to_contain_text("Reconnecting")
        await house.say(comment(text="meanwhile"))
        await ana.page.locator("#words").fill("typed in the dark")
        await ana.page.keyboard.press("Enter")
        wire.mend()
        await ana.message("meanwhile")
        await ana.message("typed in the dark")
        await playwright.expect(ana.page.locator("#connection")).to_be_hidden()
        await ana.context.close()
    finally:
        wire.mend()
        server.close()
        await server.wait_closed()


async def test_a_restarted_server_is_found_again(browser: Browser, house: House) -> None:
    async with serving(house.file, "127.0.0.1", 0, beat=0.5) as second:
        ana = await visit(browser, replace(house, address=second))
        port = int(second.rpartition(":")[2])
    await playwright.expect(ana.page.locator("#connection")).to_contain_text("Reconnecting")
    await house.say(comment(text="while it was down"))
    async with serving(house.file, "127.0.0.1", port, beat=0.5):
        await ana.message("while it was down")
        await ana.context.close()


async def test_a_revoked_person_is_told(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    await commands.revoke(house.path, "Ana")
    await playwright.expect(ana.page.locator("#connection")).to_contain_text("no longer signed in")
    await playwright.expect(ana.page.locator("#words")).to_be_disabled()


async def test_law_09_hostile_words_run_nothing(browser: Browser, house: House) -> None:
    hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    await house.say(comment(name=hostile, text=hostile))
    ana = await visit(browser, house, name="<b onclick=alert(3)>Ana")
    ana.page.on("dialog", lambda dialog: ana.complaints.append(dialog.message))
    await house.say(comment(name=hostile, text=hostile + "2"))
    await ana.message(hostile + "2")
    await ana.page.locator("#whom").click()
    await playwright.expect(ana.page.locator("#choices")).to_contain_text("onerror")
    await ana.page.keyboard.press("Escape")
    await ana.page.locator("#words").press_sequentially('@"')
    await playwright.expect(ana.page.locator("#names [role=option]")).to_have_count(1)
    await ana.page.keyboard.press("Tab")
    await ana.whom(hostile)
    assert await ana.page.locator("main img, main script").count() == 0
    assert ana.complaints == []


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["390", "360"])
async def test_a_phone_scrolls_only_up_and_down(browser: Browser, house: House, size: Any) -> None:
    long = "w" * 400
    mara = await house.say(comment(name="Maximiliane-" * 5, text=f"{long} https://blog.example/{long}"))
    await house.say(comment(text="```\n" + "code " * 60 + "\n```"))
    await house.say(comment("ليلى", (tree.NumberedList((tree.paragraph("متى أزرع الورد؟"),)),)))
    ana = await visit(browser, house, viewport=size, is_mobile=True, has_touch=True)
    await ana.page.locator("#words").fill(f"mine {long}")
    await ana.page.locator("#send").click()
    await ana.held("mine www", answers=mara)
    await playwright.expect(ana.page.locator("[data-until]")).to_be_visible()
    wide = "document.documentElement.scrollWidth"  # innerWidth grows with what is too wide
    assert await ana.page.evaluate(wide) == size["width"]
    await ana.page.get_by_label("All threads").click()
    await ana.page.wait_for_selector(".threads")
    assert await ana.page.evaluate(wide) == size["width"]
    await ana.page.go_back()
    await ana.page.wait_for_selector("#words:enabled")
    assert ana.complaints == []
    await commands.revoke(house.path, "Ana")
    await playwright.expect(ana.page.locator("#connection")).to_contain_text("no longer signed in")
    assert await ana.page.evaluate(wide) == size["width"]


async def test_unread_messages_are_marked_and_then_read(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    await ana.page.goto(house.address)
    await house.say(comment(text="look here"))
    await playwright.expect(ana.page.locator(".count")).to_contain_text("1")
    await ana.page.get_by_role("link", name="On soup").click()
    await playwright.expect(ana.page.locator(".split.new")).to_have_count(1)
    await playwright.expect(ana.page.locator(".count")).to_have_count(0)
    assert ana.complaints == []


async def test_everything_can_be_done_with_the_keyboard(browser: Browser, house: House) -> None:
    mara = await house.say(comment(text="Is it hot?"))
    await house.say(comment("Jo", "second"))
    ana = await visit(browser, house)
    reply = ana.page.locator(f"#m{house.inside(mara)} [data-act=reply]")
    await reply.focus()
    await playwright.expect(reply).to_be_visible()
    await ana.page.keyboard.press("Enter")
    await ana.page.keyboard.type("by keys")
    await ana.page.keyboard.press("Enter")
    shown = await ana.message("by keys")
    await playwright.expect(shown.locator(".quote")).to_contain_text("Is it hot?")
    await shown.locator(".quote").press("Enter")
    await playwright.expect(ana.page.locator(f"#m{house.inside(mara)}")).to_be_focused()
    await shown.locator("summary").press("Enter")
    await shown.get_by_role("button", name="Publish as answer").press("Enter")
    await playwright.expect(shown).to_contain_text("Marked to be published")
    await ana.page.locator("#whom").focus()
    await ana.page.keyboard.press("ArrowDown")
    await ana.page.keyboard.press("ArrowDown")
    await ana.page.keyboard.press("ArrowDown")
    await ana.page.keyboard.press("Enter")
    await ana.whom("Answering Mara")
    assert ana.complaints == []


async def test_a_page_in_too_many_tabs_is_told_and_can_still_send(browser: Browser, house: House) -> None:
    ana = await visit(browser, house)
    (cookie,) = await ana.context.cookies()
    guest = await house.stranger()
    guest.http.cookie_jar.update_cookies({cookie["name"]: cookie["value"]})
    others = [await house.live(guest) for _ in range(live.STREAMS)]
    await playwright.expect(ana.page.locator("#connection")).to_contain_text("too many tabs")
    await ana.page.locator("#words").fill("still sent")
    await ana.page.keyboard.press("Enter")
    await ana.message("still sent")
    for other in others:
        other.answer.close()
    await ana.page.reload()
    await playwright.expect(ana.page.locator("#connection")).to_be_hidden()
    assert ana.complaints == []
