"""The table `[chats.NAME]` of a Slack chat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from adapters.slack.credentials import (
    WHERE_APP,
    WHERE_BOT,
    WHERE_SECRET,
    no_app_token,
    no_bot_token,
    no_signing_secret,
)
from adapters.slack.knows_ids import no_person
from bridge.ports import Surroundings, Table

SLACK = "https://slack.com/api/"
SOCKET, HTTP = MODES = ("socket", "http")
ATTACHMENTS = ("link", "omit")
MARK = "mega"
EVENTS = "slack/events"
"""The path below our place on the daemon's own server where Slack calls in HTTP mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person writes down about a Slack chat.

    `mode`: whether we connect to Slack (`app_token` is for that), or Slack calls us (`signing_secret`). `api` is where
    Slack's methods are called, with a slash at its end; `proxy` what all of it goes through. `mark` is the name of the
    reaction by which people mark a message of their own to be published. `limited`: the workspace lets this app read
    once a minute, and 15 things at a time. `address` is where Slack calls us in HTTP mode, as the internet knows it.
    """

    name: str
    token: str = field(repr=False)
    state: Path
    mode: str = SOCKET
    app_token: str = field(default="", repr=False)
    signing_secret: str = field(default="", repr=False)
    api: str = SLACK
    proxy: str | None = None
    operators: frozenset[str] = frozenset()
    mark: str = MARK
    attachments: str = "link"
    limited: bool = False
    address: str | None = None


def settings(table: Table, surroundings: Surroundings) -> Settings:
    """Read the table; problems go to it."""
    mode = table.choice("mode", MODES, SOCKET)
    public = None if surroundings.mount is None else surroundings.mount.address
    if mode == HTTP and surroundings.mount is None:
        table.problem("mode", 'is "http", so Slack has to reach Backchat: write listen and public under [web]')
    elif mode == HTTP and public is None:
        table.problem("mode", 'is "http", so Slack needs an address to call: write public under [web], by https')
    return Settings(
        name=surroundings.name, state=surroundings.state, mode=mode,
        token=_secret(table, "token", WHERE_BOT, no_bot_token, needed=True),
        app_token=_secret(table, "app_token", WHERE_APP, no_app_token, needed=mode == SOCKET),
        signing_secret=_secret(table, "signing_secret", WHERE_SECRET, no_signing_secret, needed=mode == HTTP),
        api=f"{table.address('api', SLACK).rstrip('/')}/", proxy=_proxy(table),
        operators=_operators(table), mark=_mark(table),
        attachments=table.choice("attachments", ATTACHMENTS, "link"), limited=table.flag("limited", False),
        address=f"{public}/{EVENTS}" if mode == HTTP and public is not None else None,
    )  # fmt: skip


def _secret(table: Table, key: str, where: str, wrong: Callable[[str], str | None], *, needed: bool) -> str:
    """A secret of the right kind; "" where there is none, or where it cannot be had, which is a problem already."""
    found = table.secret(key)
    if found is None and needed:
        file = f"secrets/slack-{key.replace('_', '-')}"
        table.problem(key, f'is missing: write {key} = {{ file = "{file}" }}, and {where} into that file')
    why = wrong(found) if found else None
    if why is not None:
        table.problem(key, why)
    return found or ""


def _proxy(table: Table) -> str | None:
    """Whoever has a password for it gives that in the environment: what stands here is no secret."""
    proxy = table.maybe_address("proxy")
    if proxy is not None and urlsplit(proxy).username is not None:
        table.problem("proxy", "has a name or a password in it: set HTTPS_PROXY in Backchat's environment instead")
        return None
    return proxy or None


def _operators(table: Table) -> frozenset[str]:
    operators = table.texts("operators")
    for wrong in filter(None, map(no_person, operators)):
        table.problem("operators", wrong)
    return frozenset(operators)


def _mark(table: Table) -> str:
    mark = table.text("mark", MARK)
    if not is_reaction(mark):
        table.problem("mark", f"{mark[:40]!r} is no reaction's name: write it as Slack shows it, without the colons,"
                              f' such as "{MARK}"')  # fmt: skip
    return mark


def is_reaction(name: str) -> bool:
    """Whether this can be the name of an emoji, which is in lower case: https://docs.slack.dev/reference/methods/reactions.add."""
    plain = all(character.isalnum() or character in "_-+'" for character in name)
    return plain and bool(name) and name == name.lower()
