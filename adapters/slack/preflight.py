"""Asking Slack for the address of a socket, which also proves the app-level token.

The client of slack_sdk asks for ever with a token that is no good, so we ask before anything is begun.
https://docs.slack.dev/reference/methods/apps.connections.open
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.credentials import WHERE_APP
from bridge.errors import Refused, RetryLater, StepError

PATIENCE = 15.0
"""Seconds for Slack's answer."""
_BAD = frozenset(
    {
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "not_allowed_token_type",
        "invalid_app_token", "missing_args", "no_permission",
    }
)  # fmt: skip
_OFF = frozenset({"socket_mode_not_enabled", "socket_mode_disabled", "not_enabled"})
SWITCHED_OFF = "Socket Mode is switched off: switch it on in the app's settings, under Socket Mode"


async def socket_address(client: AsyncWebClient, name: str, token: str) -> str:
    """The address of a new socket of the chat `name`; good for one connection, within seconds.

    Raises `Refused` in words where a person has to mend something, and `RetryLater` where it may work later.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await client.apps_connections_open(app_token=token)
        return str(answer["url"])
    except SlackApiError as error:
        raise _judged(error, name) from None
    except TimeoutError:
        raise RetryLater("Slack did not answer when it was asked for the address of a socket") from None
    except (aiohttp.ClientError, SlackClientError, OSError) as error:
        raise RetryLater(f"Slack cannot be reached: {str(error) or type(error).__name__}") from None
    except (AttributeError, KeyError, ValueError):  # of a page where an answer should be
        raise RetryLater("what answers in Slack's place gives no address for a socket") from None


def _judged(error: SlackApiError, name: str) -> StepError:
    code, status, headers = _told(error.response)
    if status == 429 or code == "ratelimited":
        return RetryLater("Slack wants its sockets asked for less often", _seconds(headers.get("Retry-After", "")))
    if code == "missing_scope":
        return Refused(
            f"the app-level token (chats.{name}.app_token) lacks connections:write: make a new one with it in the app's"
            " settings, under Basic Information, App-Level Tokens"
        )
    if code in _BAD:
        return Refused(f"Slack does not accept the app-level token (chats.{name}.app_token: {code}): {WHERE_APP}")
    if code in _OFF:
        return Refused(SWITCHED_OFF)
    if code == "forbidden_team":
        return Refused('Slack forbids this workspace to use Socket Mode: ask its administrators, or set mode = "http"')
    return RetryLater(f"Slack gives no address for a socket ({code or f'status {status}'})")


def _told(response: Any) -> tuple[str, int, Mapping[str, str]]:
    """The code, status and headers of an answer; what says to be JSON and is a page comes as aiohttp's own answer."""
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    return code, int(getattr(response, "status_code", getattr(response, "status", 0))), response.headers


def _seconds(words: str) -> float | None:
    return float(words) if words.isdecimal() else None
