"""slack_bolt and slack_sdk, unmodified, on the double: they work, and they fail as they do before Slack itself.

The letters are those by which the traps of both libraries are known to us; what the adapter does about each stands in
its own tests.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack_double import Double

Start = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def client(slack: Double, **more: Any) -> AsyncWebClient:
    return AsyncWebClient(token=slack.token, base_url=slack.api, **more)


def bolt(slack: Double, **more: Any) -> AsyncApp:
    """An app that asks nobody who it is."""
    found = AuthorizeResult(
        enterprise_id=None, team_id=slack.world.team.id, bot_token=slack.token, bot_id=slack.app.bot_id,
        bot_user_id=slack.bot.id,
    )  # fmt: skip

    async def authorize(**_: Any) -> AuthorizeResult:
        return found

    return AsyncApp(client=AsyncWebClient(base_url=slack.api), authorize=authorize, **more)


@asynccontextmanager
async def made(slack: Double, app: AsyncApp, token: str | None = None) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(app, token or slack.app_token, ping_interval=0.05)
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def connected(slack: Double, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    async with made(slack, app) as handler:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await slack.connected()
        yield handler


@asynccontextmanager
async def connecting(slack: Double, app: AsyncApp, token: str | None = None) -> AsyncIterator[tuple[Any, Any]]:
    """A client that tries to connect, and the task in which it does."""
    async with made(slack, app, token) as handler:
        task = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]
        try:
            yield handler, task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


class Heard(list[str]):
    """The texts of the events that were handled."""

    def __init__(self) -> None:
        super().__init__()
        self.turned = asyncio.Event()

    def note(self, word: str) -> None:
        self.append(word)
        self.turned.set()
        self.turned = asyncio.Event()

    async def until(self, *words: str) -> None:
        async with asyncio.timeout(20):
            while not all(word in self for word in words):
                await self.turned.wait()


async def test_it_talks_and_hears_and_answers(slack: Double) -> None:
    slack.app.commands["/backchat"] = False
    channel, ada, heard = slack.channel("blog"), slack.member("Ada"), Heard()
    app = bolt(slack, process_before_response=True)

    @app.event(re.compile(".*"))
    async def event(body: dict[str, Any]) -> None:
        heard.note(body["event"].get("text", body["event"]["type"]))

    @app.action(re.compile(".*"))
    async def action(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        block = {"type": "input", "label": {"type": "plain_text", "text": "Words"},
                 "element": {"type": "plain_text_input", "action_id": "words"}}  # fmt: skip
        word = {"type": "plain_text", "text": "Answer"}
        view = {"type": "modal", "callback_id": "form", "title": word, "submit": word, "blocks": [block]}
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view(re.compile(".*"))
    async def view(ack: Any, view: dict[str, Any]) -> None:
        await ack()
        [values] = view["state"]["values"].values()
        heard.note("sent " + values["words"]["value"])

    @app.command(re.compile(".*"))
    async def command(ack: Any, respond: Any, command: dict[str, Any]) -> None:
        await ack(f"{command['text']}: well")
        await respond("and more")

    text = {"type": "plain_text", "text": "Answer"}
    row = {"type": "actions", "elements": [{"type": "button", "text": text, "action_id": "answer", "value": "1"}]}
    async with connected(slack, app):
        said = await client(slack).chat_postMessage(channel=channel.id, text="A comment", blocks=[row])
        root = slack.message(channel, said["ts"])
        ada.react(ada.reply(root, "Thanks"), "mega")
        await heard.until("Thanks", "reaction_added")
        click = await ada.click(root, "answer")
        await click.opened()
        await ada.submit(click, "My answer")
        assert "sent My answer" in heard
        asked = await ada.command(channel, "/backchat", "status")
        await asked.until(lambda: len(asked.said) == 2)
        assert {one.text for one in asked.said} == {"status: well", "and more"}
    assert not slack.asked("auth.test")
    history = await client(slack).conversations_replies(channel=channel.id, ts=root.ts)
    assert [one["text"] for one in history["messages"]] == ["A comment", "Thanks"]
    assert slack.asked("conversations.replies")[0].verb == "GET"


async def test_a_events_are_acknowledged_before_the_listener_runs_unless_it_is_told_not_to(slack: Double) -> None:
    slack.deliveries.pace = 0.0
    channel, ada = slack.channel("blog"), slack.member("Ada")
    for early, attempts in ((True, 1), (False, 4)):
        slack.gate.patience = 3.0 if early else 0.2
        app = bolt(slack, process_before_response=not early)
        made = 0

        @app.event("message")
        async def fails() -> None:
            nonlocal made
            made += 1
            raise OSError("the disk is full")

        async with connected(slack, app):
            ada.write(channel, "Hello")
            await slack.deliveries.settled()
        await slack.disconnected()
        assert len(slack.deliveries.book[-1].attempts) == attempts
    assert [one.state for one in slack.deliveries.book] == ["acked", "dead"]


async def test_b_an_event_without_a_listener_is_not_acknowledged(slack: Double) -> None:
    slack.deliveries.pace, slack.gate.patience = 0.0, 0.1
    async with connected(slack, bolt(slack)):
        slack.member("Ada").write(slack.channel("blog"), "Hello")
        await slack.deliveries.settled()
    assert [one.state for one in slack.deliveries.book] == ["dead"]


async def test_c_a_refused_auth_test_loses_the_event(slack: Double) -> None:
    channel, ada, heard = slack.channel("blog"), slack.member("Ada"), Heard()
    app = AsyncApp(client=client(slack))

    @app.event("message")
    async def note() -> None:
        heard.note("heard")

    slack.fail("auth.test", "internal_error", times=99)
    async with connected(slack, app):
        ada.write(channel, "Hello")
        await slack.deliveries.settled()
    assert slack.deliveries.book[0].state == "acked" and not heard
    assert slack.asked("auth.test")


async def test_d_our_own_message_that_a_person_deletes_is_swallowed_as_our_own(slack: Double) -> None:
    channel = slack.channel("blog")
    for ours in (True, False):
        heard = Heard()
        app = bolt(slack, ignoring_self_events_enabled=ours, process_before_response=True)

        @app.event("message")
        async def note(event: dict[str, Any]) -> None:
            heard.note(event.get("subtype", "message"))  # noqa: B023

        async with connected(slack, app):
            said = await client(slack).chat_postMessage(channel=channel.id, text="Ours")
            slack.admin.delete(slack.message(channel, said["ts"]))
            await slack.deliveries.settled()
        await slack.disconnected()
        assert ("message_deleted" in heard) is not ours


@pytest.mark.parametrize("how", ["refresh", "close", "kill", "half open"])
async def test_e_it_comes_back(slack: Double, how: str) -> None:
    channel, ada, heard = slack.channel("blog"), slack.member("Ada"), Heard()
    app = bolt(slack, process_before_response=True)

    @app.event("message")
    async def note(event: dict[str, Any]) -> None:
        heard.note(event["text"])

    async with connected(slack, app):
        ada.write(channel, "before")
        await heard.until("before")
        if how == "refresh":
            slack.gate.disconnect("warning")
            slack.gate.disconnect("refresh_requested")
        elif how == "close":
            slack.gate.close()
        elif how == "kill":
            slack.gate.kill()
        else:
            slack.gate.deafen()
        await slack.gate.until(lambda: slack.gate.opened >= 2 and slack.gate.connected, "another connection")
        ada.write(channel, "after")
        await heard.until("after")


async def test_f_one_failed_handshake_hangs_it_until_it_forgets_the_address(slack: Double) -> None:
    slack.gate.refuse(500)
    async with connecting(slack, bolt(slack)) as (handler, task):
        await slack.gate.until(lambda: len(slack.gate.refused) >= 4, "handshakes with a used ticket")
        assert slack.gate.refused[:4] == [500, 408, 408, 408] and not task.done()
        assert len(slack.asked("apps.connections.open")) == 1
        handler.client.wss_uri = None
        await slack.connected()
        assert len(slack.asked("apps.connections.open")) == 2


async def test_g_a_wrong_token_is_tried_for_ever(slack: Double) -> None:
    async with connecting(slack, bolt(slack), "xapp-wrong") as (_, task):
        await slack.rest.until(lambda: len(slack.asked("apps.connections.open")) >= 4, "four calls")
        assert not task.done()
    assert {one.error for one in slack.requests} == {"invalid_auth"}


async def test_m_too_many_connections_are_asked_for_again_and_again_without_a_pause(slack: Double) -> None:
    slack.gate.cap = 0
    async with connecting(slack, bolt(slack)):
        await slack.gate.until(lambda: slack.gate.opened >= 20, "twenty connections")
    assert len(slack.asked("apps.connections.open")) >= 20


async def test_h_a_message_whose_answer_is_lost_is_said_twice_unless_it_may_not_retry(slack: Double) -> None:
    channel = slack.channel("blog")
    slack.fail("chat.postMessage", "reset", commits=True, times=2, when=lambda args: args["text"] == "once")
    slack.fail("chat.postMessage", "reset", commits=True, times=1, when=lambda args: args["text"] == "twice")
    assert (await client(slack).chat_postMessage(channel=channel.id, text="twice"))["ok"]
    with pytest.raises(Exception, match=r"(?i)disconnected|closed|reset"):
        await client(slack, retry_handlers=[]).chat_postMessage(channel=channel.id, text="once")
    assert [one.text for one in slack.messages(channel)] == ["twice", "twice", "once"]


async def test_h_what_it_makes_of_refusals(slack: Double) -> None:
    channel = slack.channel("blog")
    slack.fail("chat.postMessage", 429, retry_after=7)
    with pytest.raises(SlackApiError) as late:
        await client(slack).chat_postMessage(channel=channel.id, text="x")
    assert late.value.response.status_code == 429 and late.value.response.headers["Retry-After"] == "7"
    slack.fail("chat.postMessage", 502)
    with pytest.raises(SlackApiError) as broken:
        await client(slack).chat_postMessage(channel=channel.id, text="x")
    assert broken.value.response.status_code == 502 and "error" not in broken.value.response.data
    slack.fail("chat.postMessage", 502, type="application/json")
    with pytest.raises(SlackApiError) as claimed:
        await client(slack).chat_postMessage(channel=channel.id, text="x")
    assert isinstance(claimed.value.response, ClientResponse)  # a page that says it is JSON: the raw answer
    slack.app.scopes.remove("reactions:write")
    with pytest.raises(SlackApiError) as missing:
        await client(slack).reactions_add(channel=channel.id, name="eyes", timestamp="1.000000")
    assert missing.value.response["needed"] == "reactions:write"


async def test_k_events_are_handled_side_by_side(slack: Double) -> None:
    channel, ada, heard = slack.channel("blog"), slack.member("Ada"), Heard()
    app = bolt(slack, process_before_response=True)

    @app.event("message")
    async def note(event: dict[str, Any]) -> None:
        if event["text"] == "1":
            await heard.until("2", "3")
        heard.note(event["text"])

    async with connected(slack, app):
        for word in ("1", "2", "3"):
            ada.write(channel, word)
        await heard.until("1")
    assert heard[-1] == "1" and len(heard) == 3


async def test_http_mode_checks_the_signature_and_proves_the_address(slack: Double) -> None:
    from aiohttp import ClientSession, web

    slack.deliveries.pace = 0.0
    channel, ada, heard = slack.channel("blog"), slack.member("Ada"), Heard()
    app = bolt(slack, process_before_response=True, signing_secret=slack.signing_secret)

    @app.event("message")
    async def note(event: dict[str, Any]) -> None:
        heard.note(event["text"])

    runner = web.AppRunner(app.web_app(path="/slack/events"), shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        await slack.subscribe(url)
        ada.write(channel, "Hello ☕")
        await slack.deliveries.settled()
        assert heard == ["Hello ☕"]
        async with ClientSession() as session, session.post(url, json={"type": "event_callback"}) as forged:
            assert forged.status == 401
        slack.world.time.skew = -301
        ada.write(channel, "Old")
        await slack.deliveries.settled()
        assert slack.deliveries.book[-1].state == "dead" and heard == ["Hello ☕"]
    finally:
        await runner.cleanup()
