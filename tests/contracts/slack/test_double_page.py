"""The double's page: a person sees what is said, and writes, replies, reacts, presses, fills in windows, commands."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.slack.double import Person
from adapters.slack.double.things import Channel, Message
from tests.servers.page_browser import Browser, texts
from tests.servers.slack_bare import Bare
from tests.servers.slack_double import Double

BUTTONS = {"type": "actions", "elements": [
    {"type": "button", "text": {"type": "plain_text", "text": "Answer"}, "action_id": "answer"},
    {"type": "button", "text": {"type": "plain_text", "text": "Look"}, "url": "https://blog.example", "action_id": "l"},
]}  # fmt: skip
CARD = [
    {"type": "header", "text": {"type": "plain_text", "text": "On <tea>"}},
    {"type": "context", "elements": [
        {"type": "mrkdwn", "text": "by *Vera* · <https://blog.example/#c-1|via blog>", "verbatim": True},
        {"type": "image", "image_url": "https://blog.example/vera.png", "alt_text": "Vera"},
    ]},
    {"type": "rich_text", "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "<script>alert(1)</script>"}]}
    ]},
    {"type": "image", "image_url": "https://blog.example/tea.png", "alt_text": "\"><img src=x onerror=alert(1)>"},
    BUTTONS,
]  # fmt: skip
WINDOW = {
    "type": "modal", "callback_id": "bc1:form", "title": {"type": "plain_text", "text": "Answer"},
    "submit": {"type": "plain_text", "text": "Send"}, "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "To *Vera*"}},
        {"type": "input", "block_id": "said", "label": {"type": "plain_text", "text": "Your answer"},
         "element": {"type": "plain_text_input", "action_id": "words", "multiline": True, "max_length": 10}},
    ],
}  # fmt: skip


@pytest.fixture
async def ada(slack: Double, app: Bare) -> Browser[Person]:
    return Browser(slack.address, app.session, slack.member("Ada"))


async def said(slack: Double, app: Bare, channel: Channel, **more: Any) -> Message:
    answer = await app.call("chat.postMessage", channel=channel.id, text="A comment", **more)
    return slack.message(channel, str(answer["ts"]))


async def test_it_shows_what_is_said_as_slack_does(slack: Double, app: Bare, ada: Browser[Person]) -> None:
    channel = slack.channel("blog")
    message = await said(slack, app, channel, blocks=CARD, username="Vera", icon_url="https://blog.example/v.png")
    ada.me.react(message, "mega")
    ada.me.write(channel, "*Yes* <script>", files=("cat.png",))
    page = await ada.look(channel)
    assert texts(page, ".header") == ["On <tea>"] and texts(page, ".head strong") == ["Vera", "Ada"]
    assert texts(page, ".words") == ["<script>alert(1)</script>", "Yes <script>"] and len(page.css("script")) == 1
    assert texts(page, ".words strong") == ["Yes"] and texts(page, ".context strong") == ["Vera"]
    assert [one.attributes["href"] for one in page.css(".context a")] == ["https://blog.example/#c-1"]
    assert texts(page, ".row button") == ["Answer"] and texts(page, ".row a") == ["Look ↗"]
    assert texts(page, ".reactions button") == ["📣 1"] and texts(page, ".file")[1] == "📎 cat.png"
    assert not page.css("img"), "pictures are named, not fetched"


async def test_a_thread_stands_beside_its_channel(slack: Double, ada: Browser[Person]) -> None:
    channel, eve = slack.channel("blog"), slack.member("Eve")
    root = eve.write(channel, "A post")
    eve.reply(root, "In the thread")
    eve.reply(root, "In both", broadcast=True)
    page = await ada.look(channel)
    assert texts(page, "main .words") == ["A post", "In both"] and texts(page, ".thread") == ["2 replies ›"]
    assert not page.css("aside")
    page = await ada.look(channel, thread=root.ts)
    assert texts(page, "aside .words") == ["A post", "In the thread", "In both"]
    async with ada.session.get(f"{slack.address}/look?as={ada.me.id}") as response:
        assert (response.url.path, response.url.query["thread"]) == (f"/look/{channel.id}", root.ts)


async def test_one_writes_replies_edits_reacts_and_deletes(slack: Double, ada: Browser[Person]) -> None:
    channel, eve = slack.channel("blog"), slack.member("Eve")
    root = eve.write(channel, "Hello")
    page = await ada.send(channel, "say", root.ts, thread=root.ts, words="Hi\r\n@Eve &amp; <all>")
    (mine,) = slack.thread(root)
    assert (mine.text, mine.user) == (f"Hi\n<@{eve.id}> &amp;amp; &lt;all&gt;", ada.me.id)
    assert texts(page, "aside .words")[1] == "Hi@Eve &amp; <all>", "the thread stays open"
    assert texts(await ada.look(channel, thread=root.ts, edit=mine.ts), "#changed") == ["Hi @Eve &amp; <all>"]
    await ada.send(channel, "edit", root.ts, message=mine.ts, words="Hi!")
    await ada.send(channel, f"{root.ts}/react", emoji="+1")
    assert (mine.text, root.reactions) == ("Hi!", {"+1": [ada.me.id]})
    await ada.send(channel, f"{root.ts}/react", emoji="+1")
    await ada.send(channel, f"{mine.ts}/delete")
    await ada.send(channel, "say", root.ts, thread=root.ts, words="To all", broadcast="on")
    assert not root.reactions and [one.broadcast for one in slack.thread(root)] == [True]


async def test_what_slack_refuses_is_said(slack: Double, ada: Browser[Person]) -> None:
    channel, eve = slack.channel("blog"), slack.member("Eve")
    root = eve.write(channel, "Hello")
    assert texts(await ada.send(channel, f"{root.ts}/delete"), ".refused") == ["Slack refuses: cant_delete_message"]
    page = await ada.send(channel, "say", root.ts, thread=root.ts, words="/backchat status")
    assert texts(page, ".refused") == ["Slack refuses: /backchat is not supported in threads. Sorry!"]
    page = await ada.send(channel, "say", words="/nothing")
    assert texts(page, ".refused") == ["/nothing is not a valid command; there are:"]
    slack.archive(channel)
    assert not (await ada.look(channel)).css(".say") and texts(await ada.look(channel), "header p") == ["archived"]


async def test_a_button_opens_a_window_that_is_sent(slack: Double, app: Bare, ada: Browser[Person]) -> None:
    channel = slack.channel("blog")
    message = await said(slack, app, channel, blocks=CARD)
    async with app.wire(acks=False) as wire:

        async def opens() -> None:
            frame = await wire.envelope("interactive")
            await app.call("views.open", trigger_id=frame["payload"]["trigger_id"], view=WINDOW)
            await wire.ack(frame)

        page, _ = await both(ada.send(channel, f"{message.ts}/press", action="answer"), opens())
        assert texts(page, ".modal h2") == ["Answer"] and texts(page, ".modal .words strong") == ["Vera"]
        field, hidden = page.css_first(".modal textarea"), page.css_first(".modal input[name=form]")
        assert field is not None and hidden is not None and not page.css(".say")
        assert (field.attributes["name"], field.attributes["maxlength"]) == ("field:words", "10")
        form = {"form": str(hidden.attributes["value"]), "field:words": "No."}

        async def answers(payload: dict[str, Any] | None) -> dict[str, Any]:
            frame = await wire.envelope("interactive")
            await wire.ack(frame, payload)
            return dict(frame["payload"])

        wrong = {"response_action": "errors", "errors": {"said": "Too <short>"}}
        page, _ = await both(ada.send(channel, "submit", **form), answers(wrong))
        assert texts(page, ".modal .wrong") == ["Too <short>"] and texts(page, ".modal textarea") == ["No."]
        sent: dict[str, Any]
        page, sent = await both(ada.send(channel, "submit", **{**form, "field:words": "Thanks"}), answers(None))
    assert sent["view"]["state"]["values"]["said"]["words"]["value"] == "Thanks"
    assert not page.css(".modal") and page.css(".say")


async def both(*works: Any) -> list[Any]:
    return list(await asyncio.gather(*works))


async def test_a_window_is_seen_by_who_opened_it_and_can_be_closed(
    slack: Double, app: Bare, ada: Browser[Person]
) -> None:
    channel, eve = slack.channel("blog"), slack.member("Eve")
    message = await said(slack, app, channel, blocks=CARD)
    async with app.wire(acks=False) as wire:
        click = asyncio.ensure_future(ada.me.click(message, "answer"))
        frame = await wire.envelope("interactive")
        await app.call("views.open", trigger_id=frame["payload"]["trigger_id"], view=WINDOW)
        await wire.ack(frame)
        window = await (await click).opened()
    others = Browser(slack.address, app.session, eve)
    assert (await ada.look(channel)).css(".modal") and not (await others.look(channel)).css(".modal")
    await others.send(channel, "close", form=window.id)
    assert window.open, "somebody else closed it"
    assert not (await ada.send(channel, "close", form=window.id)).css(".modal")


async def test_commands_are_typed_and_shortcuts_are_in_the_menu(slack: Double, app: Bare, ada: Browser[Person]) -> None:
    channel = slack.channel("blog")
    slack.app.commands["/backchat"], slack.app.shortcuts["Why?"] = True, "why"
    words = ada.me.write(channel, "A thought")
    assert "Why?" in texts(await ada.look(channel), ".menu button")
    async with app.wire(acks=False) as wire:

        async def answers(kind: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
            frame = await wire.envelope(kind)
            await wire.ack(frame, payload)
            return dict(frame["payload"])

        page, heard = await both(
            ada.send(channel, "say", words="/backchat pause tea"), answers("slash_commands", {"text": "Done"})
        )
        assert (heard["command"], heard["text"]) == ("/backchat", "pause tea")
        assert texts(page, "li.only .words") == ["Done"] and texts(page, "p.only") == ["Only visible to you"]
        _, heard = await both(ada.send(channel, f"{words.ts}/command", name="Why?"), answers("interactive"))
        assert (heard["callback_id"], heard["message_ts"]) == ("why", words.ts)
    eve = Browser(slack.address, app.session, slack.member("Eve"))
    assert not texts(await eve.look(channel), "li.only")


async def test_what_one_does_not_see_does_not_stand_there(slack: Double, ada: Browser[Person]) -> None:
    channel, eve = slack.channel("blog"), slack.member("Eve")
    staff = slack.channel("staff", private=True)
    slack.remove(staff, ada.me)
    assert texts(await ada.look(channel), "nav li") == ["# blog"]
    async with ada.session.get(f"{slack.address}/look/{staff.id}?as={ada.me.id}") as response:
        assert response.url.path == f"/look/{channel.id}"
    theirs = Browser(slack.address, ada.session, eve)
    assert texts(await theirs.look(channel), "nav li") == ["# blog", "🔒 staff"]


async def test_what_changes_changes_the_mark(slack: Double, app: Bare, ada: Browser[Person]) -> None:
    channel = slack.channel("blog")
    first = await ada.mark(channel)
    assert await ada.mark(channel) == first
    ada.me.write(channel, "Hello")
    second = await ada.mark(channel)
    assert second != first
    await app.call("chat.postEphemeral", channel=channel.id, user=ada.me.id, text="Only for you")
    assert await ada.mark(channel) != second


async def test_no_other_page_can_use_it(slack: Double, ada: Browser[Person]) -> None:
    channel = slack.channel("blog")
    await ada.is_for_no_other_page(channel)
    assert not slack.messages(channel)
