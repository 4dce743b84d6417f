"""Discord's REST interface as the rest of the adapter asks it: errors as the ports have them, nothing sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord
from discord.http import Route

from adapters.discord.doors import LIMITED, Doors
from adapters.discord.events import Us
from adapters.discord.quiet import keep_quiet, masked
from adapters.discord.sending import KEEPS, LONGEST, Answer, Sender, Unanswered
from adapters.discord.settings import Settings, point
from bridge.chats.clocks import Clocks
from bridge.errors import MaybeDone, OpenAgain, Refused, RetryLater
from bridge.ports import Clock

BAN = 60.0
"""Seconds for which nothing is sent after a 429 that names no time: Cloudflare's, before Discord was reached."""
TOO_MANY = 429
FORBIDDEN = frozenset({50001, 50013})
"""What stays forbidden until a person changes it: missing access, missing permissions."""
WEBHOOK_TOKEN = 50027
"""It is a webhook's token that is not valid, and not the bot's."""
CONTENT_FLAGS = (1 << 18) | (1 << 19)
"""The application may see message content, as a big one or as a small one.

https://docs.discord.com/developers/resources/application#application-object-application-flags
"""


class ApiRefusal(Exception):
    """Discord answered that it does not do this: `code` is its own, 0 where the answer had none.

    The codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
    """

    def __init__(self, status: int, code: int, message: str, after: float | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message, self.after = status, code, message, after


@dataclass(slots=True)
class Api:
    """One login with a bot's token, for requests only; the gateway has a client of its own."""

    settings: Settings
    clock: Clock
    patience: float = LONGEST
    """Seconds until a request is given up."""
    flags: int = 0
    """The application's flags, as `open` found them."""
    _us: Us | None = None
    _client: discord.Client | None = None
    _sender: Sender = field(default_factory=Sender)
    clocks: Clocks = field(init=False)
    _doors: Doors = field(init=False)

    def __post_init__(self) -> None:
        self.clocks, self._doors = Clocks(self.clock, "Discord"), Doors(self.clock)

    async def open(self, stack: AsyncExitStack) -> None:
        """Log in, or see whether the login still holds.

        Raises `RetryLater` where Discord cannot be reached, `Refused` where the token is not valid.
        """
        async with AsyncExitStack() as opening:  # closes at once what a failure leaves half open
            if self._client is None:
                opening.callback(point(self.settings))
                await self._log_in(opening)
            await self._see_application()
            stack.push_async_exit(opening.pop_all())

    async def _log_in(self, stack: AsyncExitStack) -> None:
        keep_quiet()
        self._sender = Sender(self.patience)
        client = discord.Client(
            intents=discord.Intents(guilds=True), http_trace=self._sender.trace(), max_ratelimit_timeout=KEEPS,
            max_messages=None, allowed_mentions=discord.AllowedMentions.none(),
        )  # fmt: skip
        stack.push_async_callback(client.close)
        stack.push_async_callback(self._sender.close)
        try:
            async with asyncio.timeout(self.patience):
                await client.login(self.settings.token)
        except discord.LoginFailure:
            raise Refused(self._bad_token()) from None
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise unreached(error) from None
        assert client.user is not None
        links = self.settings.attachments == "link"
        self._us = Us(str(client.user.id), str(client.application_id), links)
        self._client = client
        stack.callback(self._closed)

    def _closed(self) -> None:
        self._client = None

    async def _see_application(self) -> None:
        try:
            self.flags = int((await self.call("GET", "/applications/@me")).get("flags") or 0)
        except OpenAgain as error:
            raise Refused(error.reason) from None
        except ApiRefusal as refusal:
            raise RetryLater(f"Discord does not tell what the bot may do: {refusal.message}") from None

    @property
    def reads_content(self) -> bool:
        """Whether Discord shows the bot what people write that is not to it."""
        return bool(self.flags & CONTENT_FLAGS)

    @property
    def us(self) -> Us:
        """Who we are on Discord, as the last login told."""
        assert self._us is not None, "open() comes first"
        return self._us

    @property
    def me(self) -> int:
        """The bot's own user id."""
        return int(self.us.user)

    @property
    def application(self) -> int:
        """The id of the bot's application."""
        return int(self.us.application)

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        params: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        **ids: str | int,
    ) -> Any:
        """Send one request; what Discord answered, decoded.

        `path` names the ids in braces, as Discord's documentation does: `/channels/{channel_id}/messages`. Raises
        `ApiRefusal` for what Discord refuses (4xx), and as the ports do where it was not reached, or did not answer.
        """
        what = (method, path, str(ids.get("channel_id", ids.get("guild_id", ids.get("webhook_id", "")))))
        self._doors.pass_(what)
        more: dict[str, Any] = {} if json is None else {"json": json}
        if params is not None:
            more["params"] = params
        answer = await self._answer(Route(method, path, metadata=None, **ids), more)
        self.clocks.hear(answer.headers)
        if answer.rest > KEEPS:
            self._doors.rest(what, answer.rest)
        if answer.status < 300:
            self._doors.open(what)
            if not answer.legible:
                raise _unsure(method, "Discord's answer cannot be read")
            return answer.decoded()
        error = self._refusal(method, answer)
        if isinstance(error, ApiRefusal) and error.code in FORBIDDEN:
            error.after = self._doors.close(what, _forbidden(error))
        raise error

    async def _answer(self, route: Route, more: dict[str, Any]) -> Answer:
        if self._client is None:
            raise OpenAgain("the connection to Discord is closed")
        try:
            return await self._sender.send(self._client, route, more)
        except Unanswered as silence:
            if silence.sent:
                raise _unsure(route.method, "Discord did not answer in time") from None
            raise RetryLater(LIMITED, silence.after) from None
        except discord.RateLimited as error:
            raise RetryLater(LIMITED, error.retry_after) from None
        except discord.HTTPException:  # it gave up after several 429s, and nothing else
            raise RetryLater(LIMITED) from None
        except aiohttp.ClientConnectorError as error:
            raise RetryLater(f"Discord cannot be reached: {_said(error)}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise _unsure(route.method, f"the connection to Discord broke: {_said(error)}") from None

    def _refusal(self, method: str, answer: Answer) -> Exception:
        if answer.stranger:
            after, words = _retry_after(answer), "Discord lets nothing of ours through for a while"
            self._doors.close_all(after, words)
            return RetryLater(words, after)
        said = answer.decoded()
        if answer.status == 401 and not (isinstance(said, dict) and said.get("code") == WEBHOOK_TOKEN):
            return OpenAgain(self._bad_token())
        if answer.status >= 500:
            return _unsure(method, f"Discord answered {answer.status}")
        if not isinstance(said, dict):
            return _unsure(method, f"something between us and Discord answered {answer.status}")
        words = _told(said) or f"status {answer.status}"
        return ApiRefusal(answer.status, int(said.get("code") or 0), words, answer.again_in or None)

    def _bad_token(self) -> str:
        return (
            f"Discord does not accept the bot's token (chats.{self.settings.name}.token): make a new one in Discord's"
            " developer portal, under Bot, and put it where the configuration points"
        )


def unreached(error: Exception) -> RetryLater:
    """What became of a login that failed for another reason than its token."""
    if isinstance(error, discord.RateLimited):
        return RetryLater(LIMITED, error.retry_after)
    if isinstance(error, discord.HTTPException):  # its words can be a whole page of HTML
        return RetryLater(f"Discord answered {error.status}", BAN if error.status == TOO_MANY else None)
    return RetryLater(f"Discord cannot be reached: {_said(error)}")


def _forbidden(refusal: ApiRefusal) -> str:
    return f"Discord forbade it a moment ago ({refusal.message}): `backchat doctor` says which permission is lacking"


def _told(said: Mapping[str, Any]) -> str:
    """What Discord said, with the fields of a form that it did not like."""
    fields = [f"{name}: {words}" for name, words in _faults("", said.get("errors"))]
    return ", ".join([str(said.get("message") or ""), *fields])


def _faults(name: str, errors: object) -> list[tuple[str, str]]:
    if not isinstance(errors, Mapping):
        return []
    own = [(name, str(error.get("message", ""))) for error in errors.get("_errors", ())]
    inner = (_faults(f"{name}.{key}".lstrip("."), below) for key, below in errors.items() if key != "_errors")
    return [*own, *(fault for found in inner for fault in found)]


def _unsure(method: str, words: str) -> MaybeDone | RetryLater:
    """Reading may be repeated; what changes something may have happened."""
    return RetryLater(words) if method == "GET" else MaybeDone(words)


def _retry_after(answer: Answer) -> float:
    try:
        return max(BAN, float(answer.headers.get("Retry-After", "")))
    except ValueError:
        return BAN


def _said(error: Exception) -> str:
    return masked(str(error)) or type(error).__name__
