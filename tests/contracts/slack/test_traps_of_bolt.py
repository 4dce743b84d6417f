"""What Bolt and slack_sdk do by themselves, and what does not happen to us: rows of the facts by their letters.

`test_double_library.py` shows that they do it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.errors import RetryLater
from bridge.testing.chat_contract import PATIENCE
from tests.contracts.chat_waiting import until
from tests.contracts.slack.wired import Wired, wired
from tests.servers.slack_double import Double


@pytest.fixture
async def on(slack: Double, tmp_path: Path) -> AsyncIterator[Wired]:
    slack.deliveries.pace = 0.0
    async with wired(slack, tmp_path) as one:
        yield one


async def test_a_law_01_nothing_is_acknowledged_before_it_is_recorded(on: Wired) -> None:
    slack = on.slack
    slack.app.commands["/backchat"] = False
    channel, ada = slack.channel("blog"), slack.member("Ada")
    on.held = asyncio.Event()
    async with on.connected():
        ada.write(channel, "Hello")
        await until(lambda: on.asked == ["Hello"], "what is to be recorded")
        typed = await ada.command(channel, "/backchat", "status")  # its answer comes behind what was said before it
        assert typed.words == "status: well"
        assert on.states[0] == "open" and on.recorded == []
        on.held.set()
        await slack.deliveries.settled()
    assert on.states[0] == "acked" and on.recorded == ["Hello"]


async def test_a_law_01_what_could_not_be_recorded_is_told_again(on: Wired) -> None:
    slack = on.slack
    slack.gate.patience = 0.3
    channel, ada = slack.channel("blog"), slack.member("Ada")
    on.desks.refuse = [RetryLater("Slack did not say to which thread it belongs")]
    async with on.connected():
        ada.write(channel, "Hello")
        await until(lambda: not on.desks.refuse, "the first try")
        slack.gate.patience = PATIENCE  # the second one may take what time it needs
        await slack.deliveries.settled()
    [one] = slack.deliveries.book
    assert (one.state, len(one.attempts)) == ("acked", 2)
    assert on.recorded == ["Hello"] and on.line.doubtful and on.line.again == 1


async def test_a_law_01_a_full_disk_acknowledges_nothing(on: Wired) -> None:
    slack = on.slack
    slack.gate.patience = 0.2
    on.full = True
    async with on.connected():
        slack.member("Ada").write(slack.channel("blog"), "Hello")
        await slack.deliveries.settled()
    assert [one.state for one in slack.deliveries.book] == ["dead"] and on.recorded == []


async def test_b_every_kind_of_event_has_a_listener(on: Wired) -> None:
    slack = on.slack
    channel, ada = slack.channel("blog"), slack.member("Ada")
    async with on.connected():
        message = ada.write(channel, "Hi @Backchat")
        ada.react(message, "eyes")
        ada.edit(message, "Hello")
        slack.rename(channel, "blogs")
        slack.archive(channel)
        ada.delete(message)
        await slack.deliveries.settled()
    assert len(slack.deliveries.book) >= 6
    assert {(one.state, len(one.attempts)) for one in slack.deliveries.book} == {("acked", 1)}


async def test_c_nobody_is_asked_who_we_are_when_an_event_comes(on: Wired) -> None:
    slack = on.slack
    logins = len(slack.asked("auth.test"))
    slack.fail("auth.test", "internal_error", times=99)
    async with on.connected():
        slack.member("Ada").write(slack.channel("blog"), "Hello")
        await slack.deliveries.settled()
    assert on.recorded == ["Hello"] and len(slack.asked("auth.test")) == logins


async def test_d_a_person_who_deletes_a_message_of_ours_is_heard(on: Wired) -> None:
    slack = on.slack
    channel = slack.channel("blog")
    async with on.connected():
        said = await on.api.call("chat.postMessage", channel=channel.id, text="Ours", username="Bea")
        slack.admin.delete(slack.message(channel, said["ts"]))
        await slack.deliveries.settled()
    assert on.recorded == ["Ours", "message_deleted"]


async def test_k_law_04_events_are_recorded_in_the_order_in_which_they_came(on: Wired) -> None:
    slack = on.slack
    channel, ada = slack.channel("blog"), slack.member("Ada")
    async with on.connected():
        on.desks.held["1"] = asyncio.Event()
        for words in ("1", "2", "3"):
            ada.write(channel, words)
        await until(lambda: on.desks.got == ["1", "2", "3"], "all three, side by side")
        assert on.recorded == []
        on.desks.held["1"].set()
        await slack.deliveries.settled()
    assert on.recorded == ["1", "2", "3"]


async def test_k_an_event_that_fails_holds_no_other_up(on: Wired) -> None:
    slack = on.slack
    slack.gate.patience = 0.3
    channel, ada = slack.channel("blog"), slack.member("Ada")
    on.desks.refuse = [RetryLater("not now")]
    async with on.connected():
        ada.write(channel, "1")
        await until(lambda: not on.desks.refuse, "the first one")
        slack.gate.patience = PATIENCE
        ada.write(channel, "2")
        await slack.deliveries.settled()
    assert sorted(on.recorded) == ["1", "2"]


async def test_n_what_is_under_way_is_acknowledged_before_the_connection_is_closed(on: Wired) -> None:
    slack = on.slack
    channel, ada = slack.channel("blog"), slack.member("Ada")
    on.desks.held["slow"] = asyncio.Event()
    async with on.connected() as task:
        ada.write(channel, "slow")
        await until(lambda: "slow" in on.desks.got, "the event")
        task.cancel()
        on.desks.held["slow"].set()
        await asyncio.wait([task])
        await slack.deliveries.settled()
    assert [(one.state, len(one.attempts)) for one in slack.deliveries.book] == [("acked", 1)]


async def test_n_nothing_of_it_is_left_when_listening_ends(on: Wired) -> None:
    slack = on.slack
    before = asyncio.all_tasks()
    async with on.connected():
        on.desks.held["never"] = asyncio.Event()
        slack.member("Ada").write(slack.channel("blog"), "Hello")
        await on.until("Hello")
    await slack.disconnected()
    left = {task for task in asyncio.all_tasks() - before if "adapters/slack/double" not in repr(task)}
    assert not {task for task in left if "slack_sdk" in repr(task) or "sockets" in repr(task)}


async def test_clicks_windows_shortcuts_and_commands_all_have_a_listener(on: Wired) -> None:
    slack = on.slack
    slack.app.commands["/backchat"] = False
    slack.app.shortcuts["Why?"] = "why"
    channel, ada = slack.channel("blog"), slack.member("Ada")
    text = {"type": "plain_text", "text": "Answer"}
    row = {"type": "actions", "elements": [{"type": "button", "text": text, "action_id": "answer", "value": "1"}]}
    async with on.connected():
        said = await on.api.call("chat.postMessage", channel=channel.id, text="A comment", blocks=[row])
        root = slack.message(channel, said["ts"])
        clicked = await ada.click(root, "answer")
        chosen = await ada.shortcut(root, "Why?")
        typed = await ada.command(channel, "/backchat", "status")
    assert [clicked.failed, chosen.failed, typed.failed] == ["", "", ""]
    assert typed.words == "status: well"
    assert set(on.desks.got) >= {"block_actions", "message_action", "/backchat"}


async def test_whoever_pressed_what_is_not_taken_in_sees_it(on: Wired, caplog: pytest.LogCaptureFixture) -> None:
    slack = on.slack
    slack.gate.patience = 0.2
    slack.app.shortcuts["Why?"] = "why"
    slack.app.commands["/backchat"] = False
    channel, ada = slack.channel("blog"), slack.member("Ada")
    on.desks.broken = RetryLater("the ledger is busy")
    async with on.connected():
        chosen = await ada.shortcut(ada.write(channel, "Hm"), "Why?")
        typed = await ada.command(channel, "/backchat", "status")
    assert chosen.failed and typed.failed and not on.line.doubtful
    assert caplog.text.count("Slack says so to whoever pressed or typed it: the ledger is busy") == 2


async def test_law_10_no_word_of_a_person_and_no_address_for_answers_gets_into_the_log(
    on: Wired, caplog: pytest.LogCaptureFixture
) -> None:
    slack = on.slack
    slack.gate.patience = 0.2
    caplog.set_level(logging.DEBUG)
    channel, ada = slack.channel("blog"), slack.member("Ada")
    on.desks.refuse = [OSError("the disk is full")] * 9
    async with on.connected():
        ada.write(channel, "between us")
        await slack.deliveries.settled()
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("asyncio", "aiohttp"))]
    assert any("through a fault of ours" in words for words in ours)
    assert not [words for words in ours if "between us" in words or slack.app_token in words or "ticket=" in words]


async def test_bolt_leaves_the_core_its_log(on: Wired) -> None:
    """With each event Bolt sets the level of the logger that has the app's name, and the core's is `backchat`."""
    core = [logging.getLogger(name) for name in ("", "backchat", "backchat.deliver", "bridge", "adapters.slack")]
    before = [log.level for log in core]
    for log in core:
        log.setLevel(logging.INFO)
    try:
        async with on.connected():
            on.slack.member("Ada").write(on.slack.channel("blog"), "Hello")
            await on.slack.deliveries.settled()
        assert on.recorded == ["Hello"]
        assert [log.level for log in core] == [logging.INFO] * len(core)
    finally:
        for log, level in zip(core, before, strict=True):
            log.setLevel(level)
