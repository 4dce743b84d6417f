"""Interactions of the double by hand: first answers, what follows, how long, and what people see of it."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.discord.double import Person, Problem, permissions
from adapters.discord.double.interactions import Interaction
from adapters.discord.double.things import Message
from bridge.testing.clock import DrivenClock
from tests.servers.discord_bare import Bare, Said, bare
from tests.servers.discord_double import Double, discord_double

ANSWER = {"type": 2, "style": 1, "label": "Answer", "custom_id": "bc1:answer"}
LINK = {"type": 2, "style": 5, "label": "Blog", "url": "https://blog.example"}
ROW = [{"type": 1, "components": [ANSWER, LINK]}]
FIELD = {"type": 4, "custom_id": "words", "style": 2, "label": "Your answer", "min_length": 2, "max_length": 10}
FORM = {"title": "Answer", "custom_id": "bc1:form", "components": [{"type": 1, "components": [FIELD]}]}


async def answer(bot: Bare, one: Interaction, kind: int, data: Any = None, **query: str) -> Said:
    path = f"/interactions/{one.id}/{one.token}/callback"
    return await bot.call("POST", path, {"type": kind, "data": data}, token=None, **query)


async def card(discord: Double, bot: Bare) -> tuple[Message, Person]:
    channel = discord.channel("blog")
    path = f"/channels/{channel.id}/messages"
    made = await bot.call("POST", path, {"content": "A comment", "components": ROW})
    return discord.world.messages[channel.id][made.body["id"]], discord.member("Ada")


async def test_a_press_tells_the_bot_who_where_and_on_which_message(discord: Double, bot: Bare) -> None:
    message, ada = await card(discord, bot)
    async with bot.wire() as wire:
        await bot.identified(wire, intents=0)
        pressed = await ada.click(message, "bc1:answer", wait=False)
        heard = await wire.until("INTERACTION_CREATE")
    assert (heard["id"], heard["token"], heard["type"]) == (pressed.id, pressed.token, 3)
    assert heard["data"]["custom_id"] == "bc1:answer" and heard["message"]["id"] == message.id
    assert heard["member"]["user"]["id"] == ada.id and heard["channel"]["id"] == message.channel


async def test_words_for_one_are_seen_by_one(discord: Double, bot: Bare) -> None:
    message, ada = await card(discord, bot)
    pressed = await ada.click(message, "bc1:answer", wait=False)
    said = await answer(bot, pressed, 4, {"content": "Only authors answer here", "flags": 64}, with_response="true")
    assert said.body["interaction"]["response_message_ephemeral"] is True
    assert (pressed.words, pressed.ephemeral) == ("Only authors answer here", True)
    assert discord.messages(message.channel) == [message]
    listed = (await bot.call("GET", f"/channels/{message.channel}/messages")).body
    assert [one["id"] for one in listed] == [message.id]


async def test_one_answers_once(discord: Double, bot: Bare) -> None:
    message, ada = await card(discord, bot)
    pressed = await ada.click(message, "bc1:answer", wait=False)
    assert (await answer(bot, pressed, 6)).status == 204
    assert (await answer(bot, pressed, 4, {"content": "x"})).code == 40060
    assert pressed.refused == [40060] and pressed.deferred


async def test_one_answers_within_3_seconds_and_follows_within_15_minutes() -> None:
    clock = DrivenClock()
    async with discord_double(clock=clock) as discord, bare(discord) as bot:
        message, ada = await card(discord, bot)
        late = await ada.click(message, "bc1:answer", wait=False)
        clock.advance(3.1)
        assert (await answer(bot, late, 6)).code == 10062
        pressed = await ada.click(message, "bc1:answer", wait=False)
        follow = f"/webhooks/{discord.world.application.id}/{pressed.token}"
        assert (await bot.call("POST", follow, {"content": "x"}, token=None)).code == 10015
        await answer(bot, pressed, 6)
        clock.advance(800)
        assert (await bot.call("POST", follow, {"content": "x"}, token=None)).status == 200
        clock.advance(101)
        assert (await bot.call("POST", follow, {"content": "x"}, token=None)).code == 50027


async def test_who_thinks_first_speaks_in_the_same_place(discord: Double, bot: Bare) -> None:
    message, ada = await card(discord, bot)
    pressed = await ada.click(message, "bc1:answer", wait=False)
    await answer(bot, pressed, 5, {"flags": 64})
    assert (pressed.words, pressed.deferred, pressed.ephemeral) == ("", True, True)
    original = f"/webhooks/{discord.world.application.id}/{pressed.token}/messages/@original"
    await bot.call("PATCH", original, {"content": "Sent"}, token=None)
    assert await pressed.spoke() == "Sent" and len(pressed.said) == 1 and not pressed.said[0].flags & 1 << 7
    await bot.call("DELETE", original, token=None)
    assert (pressed.words, (await bot.call("GET", original, token=None)).code) == ("", 10008)


async def test_the_message_itself_is_changed(discord: Double, bot: Bare) -> None:
    message, ada = await card(discord, bot)
    pressed = await ada.click(message, "bc1:answer", wait=False)
    await answer(bot, pressed, 7, {"content": "Approved by Ada", "components": []})
    assert message.content == "Approved by Ada" and not message.components
    with pytest.raises(AssertionError, match="0 buttons"):
        await ada.click(message, "bc1:answer")


async def test_a_form_is_opened_filled_and_sent(discord: Double, bot: Bare) -> None:
    message, ada = await card(discord, bot)
    pressed = await ada.click(message, "bc1:answer", wait=False)
    await answer(bot, pressed, 9, FORM)
    assert pressed.modal == FORM
    for words in ("x", "x" * 11):
        with pytest.raises(AssertionError, match="Discord takes 2 to 10 characters"):
            await ada.submit(pressed, words)
    async with bot.wire() as wire:
        await bot.identified(wire)
        sent = await ada.submit(pressed, "Thanks", wait=False)
        heard = await wire.until("INTERACTION_CREATE")
    field = heard["data"]["components"][0]["components"][0]
    assert (heard["type"], heard["data"]["custom_id"]) == (5, "bc1:form")
    assert (field["custom_id"], field["value"], heard["message"]["id"]) == ("words", "Thanks", message.id)
    assert (await answer(bot, sent, 9, FORM)).code == 50035, "no form answers a form"


async def test_a_form_in_labels_comes_back_in_labels(discord: Double, bot: Bare) -> None:
    message, ada = await card(discord, bot)
    pressed = await ada.click(message, "bc1:answer", wait=False)
    field = {key: value for key, value in FIELD.items() if key != "label"}
    await answer(bot, pressed, 9, {**FORM, "components": [{"type": 18, "label": "Your answer", "component": field}]})
    sent = await ada.submit(pressed, "Thanks", wait=False)
    assert sent.data["components"][0]["component"]["value"] == "Thanks"


@pytest.mark.parametrize(
    "form",
    [
        {**FORM, "title": "x" * 46}, {**FORM, "custom_id": "x" * 101}, {**FORM, "components": []},
        {**FORM, "components": [{"type": 1, "components": [{**FIELD, "label": "x" * 46}]}]},
        {**FORM, "components": [{"type": 1, "components": [{**FIELD, "max_length": 4001}]}]},
    ],
)  # fmt: skip
async def test_forms_that_discord_refuses(discord: Double, bot: Bare, form: Any) -> None:
    message, ada = await card(discord, bot)
    pressed = await ada.click(message, "bc1:answer", wait=False)
    assert (await answer(bot, pressed, 9, form)).code == 50035
    assert (await answer(bot, pressed, 9, FORM)).status == 204, "what was refused was no answer"


async def test_commands_are_found_as_they_were_registered(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    option = {"type": 3, "name": "blog", "description": "Which", "required": True}
    pause = {"type": 1, "name": "pause", "description": "Pause", "options": [option]}
    publish = {"name": "Publish as answer", "type": 3, "default_member_permissions": str(permissions.MANAGE_MESSAGES)}
    body = [{"name": "backchat", "description": "Backchat", "options": [pause]}, publish]
    await bot.call("PUT", f"/applications/{discord.world.application.id}/commands", body)
    used = await ada.command(channel, "backchat pause", blog="tea", wait=False)
    assert used.data["options"] == [
        {"type": 1, "name": "pause", "options": [{"type": 3, "name": "blog", "value": "tea"}]}
    ]
    with pytest.raises(AssertionError, match="needs blog"):
        await ada.command(channel, "backchat pause")
    with pytest.raises(AssertionError, match="no command 'else'"):
        await ada.command(channel, "else")
    with pytest.raises(AssertionError, match="not shown"):
        await ada.message_command("Publish as answer", ada.write(channel, "x"))


async def test_a_messages_command_carries_its_content_whatever_the_intents(discord: Double, bot: Bare) -> None:
    discord.world.application.content = False
    channel, ada = discord.channel("blog"), discord.member("Ada")
    body = [{"name": "Publish as answer", "type": 3}]
    await bot.call("PUT", f"/applications/{discord.world.application.id}/commands", body)
    words = ada.write(channel, "A thought")
    chosen = await ada.message_command("Publish as answer", words, wait=False)
    assert chosen.data["resolved"]["messages"][words.id]["content"] == "A thought"
    thread = ada.open_thread(channel, "x")
    inside = ada.write(thread, "y")
    ada.archive(thread)
    with pytest.raises(Problem, match="50083"):
        await ada.message_command("Publish as answer", inside)


async def test_who_waits_for_an_answer_that_does_not_come_is_told_what_came(discord: Double, bot: Bare) -> None:
    message, ada = await card(discord, bot)
    pressed = await ada.click(message, "bc1:answer", wait=False)
    with pytest.raises(AssertionError, match="waited for the bot's first answer; there came: first answer None"):
        await pressed.answered(seconds=0.01)
