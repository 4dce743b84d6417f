"""Slack's Web API as the rest of the adapter asks it: outcomes as the ports have them, nothing sent twice."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from adapters.slack.credentials import no_bot_token
from adapters.slack.ids import Us
from adapters.slack.moved import Moved
from adapters.slack.outcomes import READS, Answer, ApiRefusal, outcome, unsure
from adapters.slack.pacing import Pacing
from adapters.slack.settings import Settings
from bridge.chats.clocks import Clocks
from bridge.errors import OpenAgain, Refused, RetryLater
from bridge.ports import Clock

if TYPE_CHECKING:  # the SDK is dear to import, and only a chat that is opened needs it
    from slack_sdk.web.async_client import AsyncWebClient

__all__ = ["LONGEST", "Api", "ApiRefusal"]

LONGEST = 20.0
"""Seconds until a call is given up: before the core does, which could not tell whether it had left us."""
POSTING = "chat.postMessage"
CONNECTIONS = 50


@dataclass(slots=True)
class Api:
    """One login with a bot's token."""

    settings: Settings
    clock: Clock
    patience: float = LONGEST
    """Seconds until a call is given up."""
    scopes: frozenset[str] = frozenset()
    """What the bot may do, as Slack's last answer told."""
    said_at: float | None = None
    """When we began to say what Slack took last: it has to tell us of that, too."""
    answered: Counter[str] = field(default_factory=Counter)
    """How many calls of each method Slack has answered."""
    clocks: Clocks = field(init=False)
    pacing: Pacing = field(init=False)
    moved: Moved = field(init=False)
    """Which channels Slack calls by other ids than we do."""
    _us: Us | None = None
    _client: AsyncWebClient | None = None

    def __post_init__(self) -> None:
        self.clocks, self.pacing = Clocks(self.clock, "Slack"), Pacing(self.clock)
        self.moved = Moved(self.settings.state / "channels.json")

    async def open(self, stack: AsyncExitStack) -> None:
        """Log in, or see whether the login still holds.

        Raises `RetryLater` where Slack cannot be reached, `Refused` where the token is not valid, or of the wrong kind.
        """
        wrong = no_bot_token(self.settings.token)
        if wrong is not None:
            raise Refused(f"chats.{self.settings.name}.token {wrong}")
        async with AsyncExitStack() as opening:  # closes at once what a failure leaves half open
            if self._client is None:
                await self._connect(opening)
            await self._log_in()
            stack.push_async_exit(opening.pop_all())

    async def _connect(self, stack: AsyncExitStack) -> None:
        from slack_sdk.web.async_client import AsyncWebClient

        session = aiohttp.ClientSession(  # with a session given, the SDK's own timeout does not count
            timeout=aiohttp.ClientTimeout(total=self.patience, sock_connect=self.patience / 2),
            connector=aiohttp.TCPConnector(limit=CONNECTIONS), cookie_jar=aiohttp.DummyCookieJar(),
        )  # fmt: skip
        await stack.enter_async_context(session)
        quiet = logging.getLogger(f"{__name__}.sdk")
        quiet.setLevel(logging.INFO)  # at DEBUG it writes down everything that people say
        client = AsyncWebClient(
            self.settings.token, self.settings.api, session=session, retry_handlers=[], logger=quiet,
            timeout=int(self.patience) or 1,
        )  # fmt: skip
        client.proxy = _proxy(self.settings)
        self._client = client
        stack.callback(self._closed)

    def _closed(self) -> None:
        self._client = None

    async def _log_in(self) -> None:
        try:
            said = await self.call("auth.test")
            app = await self._app(said)
        except OpenAgain as error:
            raise Refused(error.reason) from None
        except ApiRefusal as refusal:
            raise Refused(f"Slack does not let the bot in ({refusal.error}): {self._bad_token()}") from None
        if said.get("is_enterprise_install"):
            raise Refused(
                "the app is installed in a whole organisation, and Backchat serves one workspace: install it in that"
            )
        self._us = Us(str(said["bot_id"]), app, str(said["user_id"]), str(said["team_id"]))

    async def _app(self, said: dict[str, Any]) -> str:
        """The app's id; "" where the bot may not ask for it. Raises `Refused` for a person's token."""
        if not said.get("bot_id"):
            raise Refused(f"chats.{self.settings.name}.token is a person's: use the Bot User OAuth Token (xoxb-…)")
        if self._us is not None and self._us.bot == said["bot_id"]:
            return self._us.app
        try:
            found = await self.call("bots.info", bot=said["bot_id"])
        except ApiRefusal:  # it takes users:read, and messages of ours are known by the bot as well
            return ""
        return str(found["bot"].get("app_id") or "")

    @property
    def us(self) -> Us:
        """Who we are on Slack, as the last login told."""
        assert self._us is not None, "open() comes first"
        return self._us

    @property
    def client(self) -> AsyncWebClient:
        """The SDK's client, which repeats nothing by itself."""
        assert self._client is not None, "open() comes first"
        return self._client

    async def call(self, method: str, /, **arguments: Any) -> dict[str, Any]:
        """Call one method; what Slack answered. Arguments that are None are left out.

        `channel` is the id by which we know the channel; an answer has the one by which Slack does.

        Raises `ApiRefusal` for what Slack refuses, and as the ports do where it was not reached, or did not answer.
        """
        if "channel" in arguments:
            arguments["channel"] = self.moved.now(str(arguments["channel"]))
        where = (method, str(arguments.get("channel", "")) if method == POSTING else "")
        self.pacing.pass_(where)
        if method == POSTING:
            await self.pacing.turn(where)
        began = self.clock.now()
        answer = await self._answer(method, {name: one for name, one in arguments.items() if one is not None})
        if answer.is_slacks:  # whoever else answers, a proxy say, may have another clock
            self.clocks.hear(answer.headers)
        if answer.is_limit:
            self.pacing.rest(where, answer.after)
        if "x-oauth-scopes" in answer.headers:
            self.scopes = frozenset(filter(None, answer.headers["x-oauth-scopes"].replace(" ", "").split(",")))
        said = outcome(method, answer, self._bad_token())
        self.answered[method] += 1
        if method == POSTING:
            self.said_at = began
        return said

    async def _answer(self, method: str, arguments: dict[str, Any]) -> Answer:
        if self._client is None:
            raise OpenAgain("the connection to Slack is closed")
        try:
            return await self._asked(self._client, method, arguments)
        except aiohttp.ClientConnectorError as error:
            raise RetryLater(f"Slack cannot be reached: {_said(error)}") from None
        except aiohttp.ConnectionTimeoutError:
            raise RetryLater("Slack cannot be reached: nobody answers there") from None
        except TimeoutError:
            raise unsure(method, "Slack did not answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise unsure(method, f"the connection to Slack broke: {_said(error)}") from None

    async def _asked(self, client: AsyncWebClient, method: str, arguments: dict[str, Any]) -> Answer:
        """Ask through the SDK, which raises for everything but `ok: true`, and what it raises has several shapes."""
        from slack_sdk.errors import SlackApiError

        reads = method in READS
        how: dict[str, Any] = {"http_verb": "GET", "params": arguments} if reads else {"json": arguments}
        try:
            response: Any = await client.api_call(method, **how)
        except SlackApiError as error:
            response = error.response
        except (AttributeError, ValueError):  # of an answer in plain text, or not in the letters that it names
            return Answer(200, {}, None)
        if isinstance(response, aiohttp.ClientResponse):  # it says to be JSON, and is none
            return Answer(response.status, response.headers, None)
        said = response.data if isinstance(response.data, dict) else None
        return Answer(int(response.status_code), response.headers, said)

    def _bad_token(self) -> str:
        return (
            f"Slack does not accept the bot's token (chats.{self.settings.name}.token): copy the Bot User OAuth Token"
            " anew from your app's page, under OAuth & Permissions, to where the configuration points"
        )


def _proxy(settings: Settings) -> str | None:
    """What all calls go through. The SDK itself reads HTTPS_PROXY, and does not look at NO_PROXY."""
    if settings.proxy is not None:
        return settings.proxy
    to = urlsplit(settings.api)
    return None if proxy_bypass(to.hostname or "") else getproxies().get(to.scheme)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
