"""The double's HTTP mode, with an app by hand: proof of the address, signatures, retries, and how an app stops them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web

from adapters.slack.double.hooks import signed
from tests.servers.slack_double import Double, Problem


@dataclass
class Heard:
    """An app that notes what it is posted, and answers as it is told to."""

    url: str = ""
    got: list[tuple[dict[str, str], str]] = field(default_factory=list)
    answer: Callable[[], web.Response] = web.Response

    async def serve(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.got.append((dict(request.headers), body))
        if request.content_type == "application/json" and "challenge" in json.loads(body):
            return web.Response(text=json.loads(body)["challenge"])
        return self.answer()


@asynccontextmanager
async def hearing() -> AsyncIterator[Heard]:
    heard, app = Heard(), web.Application()
    app.router.add_post("/slack/events", heard.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    heard.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        yield heard
    finally:
        await runner.cleanup()


async def test_it_proves_its_address_and_is_told_with_a_signature(slack: Double) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    async with hearing() as app:
        await slack.subscribe(app.url)
        ada.write(channel, "Hello ☕")
        await slack.deliveries.settled()
        headers, body = app.got[1]
        stamp = headers["X-Slack-Request-Timestamp"]
        assert signed(slack.signing_secret, body, float(stamp))["X-Slack-Signature"] == headers["X-Slack-Signature"]
        assert json.loads(body)["event"]["text"] == "Hello ☕" and "x-slack-retry-num" not in headers
        with pytest.raises(Problem, match="url_not_verified"):
            await slack.subscribe(app.url.replace("/slack/", "/elsewhere/"))


async def test_what_is_refused_comes_three_times_again_unless_the_app_says_no(slack: Double) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    slack.deliveries.pace = 0.0
    async with hearing() as app:
        await slack.subscribe(app.url)
        app.answer = lambda: web.Response(status=500)
        ada.write(channel, "Hello")
        await slack.deliveries.settled()
        numbers = [headers.get("x-slack-retry-num") for headers, _ in app.got[1:]]
        assert numbers == [None, "1", "2", "3"] and app.got[2][0]["x-slack-retry-reason"] == "http_error"
        assert len({json.loads(body)["event_id"] for _, body in app.got[1:]}) == 1
        app.got.clear()
        app.answer = lambda: web.Response(status=500, headers={"x-slack-no-retry": "1"})
        ada.write(channel, "Again")
        await slack.deliveries.settled()
        assert len(app.got) == 1 and [one.state for one in slack.deliveries.book] == ["dead", "dead"]
    ada.write(channel, "Nobody is there")
    await slack.deliveries.settled()
    assert {one.reason for one in slack.deliveries.book[-1].attempts} == {"connection_failed"}


async def test_redirects_and_slowness_are_named(slack: Double) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    slack.deliveries.pace = 0.0
    async with hearing() as app:
        await slack.subscribe(app.url)
        app.answer = lambda: web.Response(status=307, headers={"Location": app.url})
        ada.write(channel, "Hello")
        await slack.deliveries.settled()
        slack.http.patience = 0.0
        ada.write(channel, "Slow")
        await slack.deliveries.settled()
    reasons = [{made.reason for made in one.attempts} for one in slack.deliveries.book]
    assert reasons == [{"too_many_redirects"}, {"http_timeout"}]


async def test_clicks_and_commands_come_as_forms(slack: Double) -> None:
    slack.app.commands["/backchat"] = False
    slack.app.shortcuts["Why?"] = "why"
    channel, ada = slack.channel("blog"), slack.member("Ada")
    async with hearing() as app:
        await slack.subscribe(app.url)
        app.answer = lambda: web.json_response({"text": "All well"})
        asked = await ada.command(channel, "/backchat", "status")
        assert asked.words == "All well" and parse_qs(app.got[-1][1])["command"] == ["/backchat"]
        app.answer = web.Response
        await ada.shortcut(ada.write(channel, "Hm"), "Why?")
        payload: Any = next(
            json.loads(parse_qs(body)["payload"][0]) for _, body in app.got if body.startswith("payload=")
        )
        assert payload["callback_id"] == "why"
