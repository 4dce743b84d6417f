"""What goes by HTTP without a method: events to the app's address, its answers to response_urls, and files.

https://docs.slack.dev/apis/events-api/using-http-request-urls, https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from adapters.slack.double import blocks as block_kit
from adapters.slack.double import messages, mrkdwn
from adapters.slack.double.deliveries import PATIENCE, Attempt, Delivery, in_time
from adapters.slack.double.interactions import Interaction
from adapters.slack.double.problems import Problem
from adapters.slack.double.serving import encoded
from adapters.slack.double.things import Message, Whisper
from adapters.slack.double.world import World

LOGIN = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to your workspace</body></html>"
"""What a file's address answers to who has no good token, with status 200."""


def signed(secret: str, body: str, at: float) -> dict[str, str]:
    """The headers by which an app knows that a request is Slack's."""
    stamp = str(int(at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


@dataclass(slots=True, eq=False)
class Http:
    """Tells the app by HTTP, at one address for events, clicks and commands."""

    world: World
    session: aiohttp.ClientSession
    url: str = ""
    patience: float = PATIENCE

    async def verify(self, url: str) -> None:
        """Take the app's address, as Slack does where it is entered; raises `Problem` if it does not prove itself."""
        challenge = secrets.token_urlsafe(24)
        payload = {"token": self.world.app.verification, "challenge": challenge, "type": "url_verification"}
        body = encoded(payload)
        headers = {
            "Content-Type": "application/json",
            **signed(self.world.app.signing_secret, body, self.world.time.now()),
        }
        async with self.session.post(url, data=body, headers=headers) as response:
            said = await response.text()
            if response.status != 200 or challenge not in said:
                raise Problem("url_not_verified", f"{response.status} {said[:100]}")
        self.url = url

    async def attempt(self, delivery: Delivery, number: int, reason: str) -> Attempt:
        """Post once, and take the status for the ack."""
        made = Attempt(number, self.world.time.now())
        body, kind = _body(delivery)
        headers = {
            "Content-Type": kind, "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **signed(self.world.app.signing_secret, body, self.world.time.now()),
        }  # fmt: skip
        if number:
            headers |= {"x-slack-retry-num": str(number), "x-slack-retry-reason": reason}
        posting = asyncio.ensure_future(self._post(body, headers, made))
        if not await in_time(self.world.time, posting, self.patience):
            posting.cancel()
            made.reason = "http_timeout"
        await asyncio.gather(posting, return_exceptions=True)
        return made

    async def _post(self, body: str, headers: dict[str, str], made: Attempt) -> None:
        try:
            async with self.session.post(self.url, data=body.encode(), headers=headers, max_redirects=3) as response:
                said = await response.text()
                made.final = response.headers.get("x-slack-no-retry") == "1"
                made.acked = 200 <= response.status < 300
                made.reason = "" if made.acked else "http_error"
                made.answer = _answer(said, response.content_type)
        except aiohttp.TooManyRedirects:
            made.reason = "too_many_redirects"
        except aiohttp.ClientSSLError:
            made.reason = "ssl_error"
        except aiohttp.ClientError:
            made.reason = "connection_failed"


def _body(delivery: Delivery) -> tuple[str, str]:
    if delivery.kind == "events_api":
        return encoded(delivery.payload), "application/json"
    form = delivery.payload if delivery.kind == "slash_commands" else {"payload": encoded(delivery.payload)}
    return urlencode(form), "application/x-www-form-urlencoded"


def _answer(said: str, kind: str) -> Any:
    """What the body of an ack says: JSON, or the words of a command's answer."""
    if not said:
        return None
    return json.loads(said) if kind == "application/json" else {"text": said}


@dataclass(slots=True, eq=False)
class Hooks:
    """The addresses that Slack gives out: of answers, and of files."""

    world: World

    def mount(self, app: web.Application) -> None:
        """Put them on the server."""
        app.router.add_post("/hooks/{path}", self.respond)
        app.router.add_get("/files-pri/{id}/{name}", self.file)
        app.router.add_get("/files-pri/download/{id}/{name}", self.file)

    async def respond(self, request: web.Request) -> web.Response:
        """An answer by a response_url."""
        try:
            given = json.loads(await request.read())
            one = self.world.interactions.to_answer(request.match_info["path"], self.world.time.now())
            answered(self.world, one, given)
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        except Problem as refused:
            return web.json_response(refused.body, status=404 if refused.error.endswith("_url") else 400)
        return web.Response(text="ok")

    async def file(self, request: web.Request) -> web.Response:
        """A file, for who bears the bot's token and may read files; a page to sign in for others."""
        app = self.world.app
        found = self.world.files.get(request.match_info["id"].rpartition("-")[2])
        allowed = request.headers.get("Authorization") == f"Bearer {app.token}" and not app.revoked
        if not allowed or "files:read" not in app.scopes:
            return web.Response(text=LOGIN, content_type="text/html")
        if found is None or found.mode != "hosted":
            return web.Response(status=404, text="", content_type="text/html")
        return web.Response(body=found.content, content_type=found.type)


def answered(world: World, one: Interaction, given: dict[str, Any]) -> None:
    """The app answers what a person did: with words for them or for all, or about the message that they clicked."""
    if given.get("delete_original") in {True, "true"}:
        one.deleted = True
        if one.message is not None and one.channel is not None and world.find(one.channel, one.message.ts):
            messages.delete(world, one.channel, one.message)
        one.turn()
        return
    text = mrkdwn.stored(given.get("text") or "")
    blocks = block_kit.taken(given["blocks"]) if given.get("blocks") else []
    if not text and not blocks:
        raise Problem("no_text")
    assert one.channel is not None
    if given.get("replace_original") in {True, "true"} and one.message is not None:
        one.replaced = True
        messages.edit(world, one.channel, one.message, None, text=text, blocks=blocks or None)
    elif given.get("response_type") == "in_channel":
        app = world.app
        said = Message(world.time.ts(), one.channel.id, app.user.id, text, blocks, bot=app.bot_id, app=app.id)
        said.thread = given.get("thread_ts")
        one.said.append(messages.say(world, one.channel, said))
    else:
        whisper = Whisper(world.time.ts(), one.channel.id, one.user.id, text, blocks, given.get("thread_ts"))
        world.whispers.append(whisper)
        one.said.append(whisper)
    one.turn()
