"""The double's clicks, windows, shortcuts and commands, by hand: what the app is told, and what people see of it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.testing.clock import DrivenClock
from tests.servers.slack_bare import Bare, Wire, bare
from tests.servers.slack_double import Double, Problem, slack_double

BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Answer"}, "action_id": "answer", "value": "c1"}
ROW: list[dict[str, Any]] = [{"type": "actions", "block_id": "bc1", "elements": [BUTTON]}]
FIELD = {"type": "plain_text_input", "action_id": "words", "multiline": True, "max_length": 3000}
FORM: dict[str, Any] = {
    "type": "modal", "callback_id": "form", "title": {"type": "plain_text", "text": "Answer"},
    "submit": {"type": "plain_text", "text": "Send"}, "private_metadata": "c1",
    "blocks": [{"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Words"}, "element": FIELD}],
}  # fmt: skip


async def clicked(slack: Double, app: Bare, wire: Wire) -> tuple[Any, dict[str, Any]]:
    """Somebody clicks the button of a message; the click, and what the app was told."""
    channel, ada = slack.channel("blog"), slack.member("Ada")
    said = await app.post(channel, "A comment", blocks=ROW)
    click = await ada.click(slack.message(channel, said["ts"]), "answer", wait=False)
    return click, (await wire.envelope("interactive"))["payload"]


async def test_a_click_opens_a_window_once_which_is_sent_off(slack: Double, app: Bare) -> None:
    async with app.wire() as wire:
        click, told = await clicked(slack, app, wire)
        assert told["type"] == "block_actions" and told["actions"][0]["value"] == "c1"
        assert told["container"]["message_ts"] == told["message"]["ts"] and told["message"]["blocks"][0]["block_id"]
        opened = await app.call("views.open", trigger_id=told["trigger_id"], view=FORM)
        assert (await app.call("views.open", trigger_id=told["trigger_id"], view=FORM)).error == "exchanged_trigger_id"
        view = await click.opened()
        assert view.title == "Answer" and opened["view"]["id"] == view.id
        ada = next(one for one in slack.world.users.values() if one.name == "Ada")
        person = type(slack.bot)(slack.world, ada, slack.pressing)
        wire.acks = False
        first = await person.submit(click, "My answer", wait=False)
        frame = await wire.envelope("interactive")
        assert frame["accepts_response_payload"]
        assert frame["payload"]["view"]["state"]["values"]["b"]["words"]["value"] == "My answer"
        assert frame["payload"]["view"]["private_metadata"] == "c1"
        await wire.ack(frame, {"response_action": "errors", "errors": {"b": "Too short"}})
        await first.answered()
        assert view.open and view.errors == {"b": "Too short"}
        second = await person.submit(click, "My longer answer", wait=False)
        again = await wire.envelope("interactive")
        assert again["payload"]["view"]["id"] == frame["payload"]["view"]["id"]
        await wire.ack(again)
        await second.answered()
    assert not view.open


async def test_a_trigger_is_good_for_three_seconds() -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock) as slack, bare(slack) as app, app.wire() as wire:
        _, told = await clicked(slack, app, wire)
        clock.advance(4)
        assert (await app.call("views.open", trigger_id=told["trigger_id"], view=FORM)).error == "expired_trigger_id"
        assert (await app.call("views.open", trigger_id="1.2.3", view=FORM)).error == "invalid_trigger_id"


async def test_windows_are_held_to_their_limits(slack: Double, app: Bare) -> None:
    async with app.wire() as wire:
        _, told = await clicked(slack, app, wire)
    long = {"type": "plain_text", "text": "x" * 25}
    for wrong in ({"title": long}, {"submit": long}, {"private_metadata": "x" * 3001}, {"callback_id": "x" * 256}):
        view = {**FORM, **wrong}
        assert (await app.call("views.open", trigger_id=told["trigger_id"], view=view)).error == "invalid_arguments"
    field = {**FORM["blocks"][0], "element": {**FIELD, "max_length": 3001}}
    view = {**FORM, "blocks": [field]}
    assert (await app.call("views.open", trigger_id=told["trigger_id"], view=view)).error == "invalid_blocks"
    assert (await app.call("views.open", trigger_id=told["trigger_id"], view=FORM))["ok"]


async def test_a_click_that_nobody_takes_is_not_tried_again(slack: Double, app: Bare) -> None:
    slack.gate.patience, slack.deliveries.pace = 0.05, 0.0
    async with app.wire(acks=False) as wire:
        click, _ = await clicked(slack, app, wire)
        await click.answered()
        await slack.deliveries.settled()
    assert "trouble connecting" in click.failed and len(slack.deliveries.events("message")) == 1
    assert [len(one.attempts) for one in slack.deliveries.book if one.kind == "interactive"] == [1]


async def test_a_shortcut_brings_the_message_and_commands_take_no_threads(slack: Double, app: Bare) -> None:
    slack.app.shortcuts["Publish as answer"] = "publish"
    slack.app.commands["/backchat"] = False
    channel, ada = slack.channel("blog"), slack.member("Ada")
    words = ada.write(channel, "A thought")
    async with app.wire() as wire:
        await ada.shortcut(words, "Publish as answer", wait=False)
        told = (await wire.envelope("interactive"))["payload"]
        assert (told["type"], told["callback_id"], told["message"]["ts"]) == ("message_action", "publish", words.ts)
        wire.acks = False
        asked = await ada.command(channel, "/backchat", "status", wait=False)
        frame = await wire.envelope("slash_commands")
        assert frame["payload"]["text"] == "status" and frame["payload"]["is_enterprise_install"] == "false"
        await wire.ack(frame, {"text": "All well", "response_type": "ephemeral"})
        assert await asked.spoke() == "All well" and asked.ephemeral
        with pytest.raises(Problem, match="not supported in threads"):
            await ada.command(channel, "/backchat", "status", thread=words)
        with pytest.raises(AssertionError, match="no shortcut"):
            await ada.shortcut(words, "Nothing")


async def test_a_response_url_is_good_five_times_for_half_an_hour() -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock) as slack, bare(slack) as app, app.wire() as wire:
        click, told = await clicked(slack, app, wire)

        async def answer(**body: Any) -> int:
            async with app.session.post(told["response_url"], json=body) as response:
                return response.status

        assert await answer(text="Only you") == 200 and click.ephemeral
        assert await answer(text="All", response_type="in_channel") == 200 and not click.ephemeral
        assert await answer(text="New", replace_original=True) == 200
        assert click.message is not None and click.message.text == "New"
        assert await answer() == 400
        assert await answer(delete_original=True) == 200 and click.deleted
        assert await answer(text="Sixth") == 404 and click.refused == ["used_url"]
        channel = slack.world.channel(told["channel"]["id"])
        assert [one.text for one in slack.messages(channel)] == ["All"]
        slack.app.commands["/backchat"] = False
        asked = await slack.admin.command(channel, "/backchat", wait=False)
        told = (await wire.envelope("slash_commands"))["payload"]
        clock.advance(1801)
        assert await answer(text="Late") == 404 and asked.refused == ["expired_url"]


async def test_waiting_says_what_came_instead(slack: Double, app: Bare) -> None:
    slack.app.commands["/backchat"] = False
    asked = await slack.admin.command(slack.channel("blog"), "/backchat")
    assert "operation_timeout" in asked.failed
    with pytest.raises(AssertionError, match="operation_timeout"):
        await asked.until(lambda: asked.acked, "an ack", seconds=0.01)
