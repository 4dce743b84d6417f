"""The double's page: a person sees what is said, and writes, replies, reacts, presses, fills in forms, commands."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.discord.double import Person
from adapters.discord.double.things import Channel, Message
from tests.contracts.discord.test_double_interactions import FORM, ROW, answer
from tests.servers.discord_bare import Bare
from tests.servers.discord_double import Double
from tests.servers.page_browser import Browser, texts


@pytest.fixture
async def ada(discord: Double, bot: Bare) -> Browser[Person]:
    return Browser(discord.address, bot.session, discord.member("Ada"))


async def card(discord: Double, bot: Bare, channel: Channel) -> Message:
    made = await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "**Vera**", "components": ROW})
    return discord.world.messages[channel.id][made.body["id"]]


async def test_it_shows_what_is_said_as_discord_does(discord: Double, bot: Bare, ada: Browser[Person]) -> None:
    channel = discord.channel("blog")
    await bot.call("POST", f"/channels/{channel.id}/messages", {
        "content": f"**Vera** <@{ada.me.id}>\n-# [on the blog](<https://blog.example/#c-1>)",
        "embeds": [{"title": "On tea", "url": "https://blog.example", "description": "Leaves"}],
        "components": ROW,
    })  # fmt: skip
    message = discord.messages(channel)[0]
    ada.me.react(message, "📮")
    ada.me.write(channel, "<script>alert(1)</script>", reply_to=message, files=("cat.png",))
    page = await ada.look(channel)
    assert texts(page, ".words strong") == ["Vera"] and texts(page, ".words .mention") == ["@Ada"]
    assert [one.attributes["href"] for one in page.css(".words a")] == ["https://blog.example/#c-1"]
    assert texts(page, ".embed p") == ["On tea", "Leaves"] and texts(page, ".row button") == ["Answer"]
    assert texts(page, ".reactions button") == ["📮 1"] and texts(page, ".file") == ["📎 cat.png"]
    assert texts(page, ".words")[1] == "<script>alert(1)</script>" and len(page.css("script")) == 1
    assert texts(page, "p.reply")[0].startswith("↱ Backchat Vera @Ada")


async def test_one_writes_replies_edits_reacts_and_deletes(discord: Double, ada: Browser[Person]) -> None:
    channel, eve = discord.channel("blog"), discord.member("Eve")
    first = eve.write(channel, "Hello")
    assert texts(await ada.look(channel, reply=first.id), ".say strong") == ["Eve"]
    await ada.send(channel, "say", words="Hi\r\nEve", reply_to=first.id)
    mine = discord.messages(channel)[1]
    assert (mine.content, mine.author.id, mine.mentions) == ("Hi\nEve", ada.me.id, [eve.id])
    await ada.send(channel, "edit", message=mine.id, words="Hi!")
    await ada.send(channel, f"{first.id}/react", emoji="✅")
    assert (mine.content, list(first.reactions)) == ("Hi!", ["✅"])
    await ada.send(channel, f"{first.id}/react", emoji="✅")
    await ada.send(channel, f"{mine.id}/delete")
    assert not first.reactions and discord.messages(channel) == [first]


async def test_what_discord_refuses_is_said(discord: Double, ada: Browser[Person]) -> None:
    channel, eve = discord.channel("blog"), discord.member("Eve")
    page = await ada.send(channel, f"{eve.write(channel, 'Hello').id}/delete")
    assert texts(page, ".refused") == ["Discord refuses: Missing Permissions"]


async def test_a_button_opens_a_form_that_is_sent(discord: Double, bot: Bare, ada: Browser[Person]) -> None:
    channel = discord.channel("blog")
    message = await card(discord, bot, channel)
    sent: list[Any] = []

    async with bot.wire() as wire:
        await bot.identified(wire)

        async def answered(kind: int, data: Any) -> None:
            heard = await wire.until("INTERACTION_CREATE")
            sent.append(heard["data"])
            await answer(bot, discord.world.interactions.open[heard["token"]], kind, data)

        page, _ = await both(ada.send(channel, f"{message.id}/press", custom_id="bc1:answer"), answered(9, FORM))
        field = page.css_first(".modal textarea, .modal input:not([type=hidden])")
        hidden = page.css_first(".modal input[name=form]")
        assert field is not None and hidden is not None and texts(page, ".modal h2") == ["Answer"]
        assert (field.attributes["name"], field.attributes["maxlength"]) == ("field:words", "10")
        form = {"form": str(hidden.attributes["value"]), "field:words": "Thanks"}
        page, _ = await both(ada.send(channel, "submit", **form), answered(4, {"content": "Sent", "flags": 64}))
    assert sent[1]["components"][0]["components"][0]["value"] == "Thanks"
    assert texts(page, "li.only .words") == ["Sent"] and texts(page, "p.only") == ["Only you can see this"]
    eve = Browser(discord.address, bot.session, discord.member("Eve"))
    assert not texts(await eve.look(channel), "li.only")


async def both(*works: Any) -> list[Any]:
    return list(await asyncio.gather(*works))


async def test_commands_are_typed_or_in_the_menu(discord: Double, bot: Bare, ada: Browser[Person]) -> None:
    channel = discord.channel("blog")
    option = {"type": 3, "name": "blog", "description": "Which"}
    pause = {"type": 1, "name": "pause", "description": "Pause", "options": [option]}
    body = [{"name": "backchat", "description": "B", "options": [pause]}, {"name": "Publish as answer", "type": 3}]
    await bot.call("PUT", f"/applications/{discord.world.application.id}/commands", body)
    words = ada.me.write(channel, "A thought")
    assert texts(await ada.look(channel), ".menu button")[-2] == "Publish as answer"
    async with bot.wire() as wire:
        await bot.identified(wire)

        async def answered() -> dict[str, Any]:
            heard = await wire.until("INTERACTION_CREATE")
            await answer(bot, discord.world.interactions.open[heard["token"]], 4, {"content": "Done", "flags": 64})
            return dict(heard["data"])

        page, heard = await both(ada.send(channel, "say", words="/backchat pause blog:tea"), answered())
        assert heard["options"][0]["options"][0]["value"] == "tea" and texts(page, "li.only .words") == ["Done"]
        _, heard = await both(ada.send(channel, f"{words.id}/command", name="Publish as answer"), answered())
        assert heard["target_id"] == words.id
    page = await ada.send(channel, "say", words="/nothing")
    assert texts(page, ".refused") == ["there is no command 'nothing'"]


async def test_threads_stand_below_their_channels_and_what_one_does_not_see_does_not(
    discord: Double, ada: Browser[Person]
) -> None:
    channel = discord.channel("blog")
    discord.channel("staff", private=True)
    thread = ada.me.open_thread(channel, "A post", on=ada.me.write(channel, "A post"))
    page = await ada.look(thread)
    assert texts(page, "nav li") == ["# blog", "↳ A post"] and texts(page, "main h1") == ["A post"]
    assert texts(page, ".words") == ["A post"], "what the thread is about stands on top of it"
    async with ada.session.get(f"{discord.address}/look?as={ada.me.id}") as response:
        assert response.url.path == f"/look/{thread.id}"


async def test_what_changes_changes_the_mark(discord: Double, ada: Browser[Person]) -> None:
    channel = discord.channel("blog")
    first = await ada.mark(channel)
    assert await ada.mark(channel) == first
    ada.me.write(channel, "Hello")
    assert await ada.mark(channel) != first


async def test_no_other_page_can_use_it(discord: Double, ada: Browser[Person]) -> None:
    channel = discord.channel("blog")
    await ada.is_for_no_other_page(channel)
    assert not discord.messages(channel)
