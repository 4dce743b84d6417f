"""The table `[chats.NAME]` of a Discord chat, and where discord.py sends what we ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.discord.ids import no_person
from bridge.errors import Refused
from bridge.ports import Surroundings, Table

IDENTITIES = ("bot", "webhook")
ATTACHMENTS = ("link", "omit")
MARK = "\N{POSTBOX}"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person writes down about a Discord chat. `api` and `gateway` are for proxies; None is Discord itself.

    `identity`: whether the bot speaks itself, or webhooks under the commenters' names. `mark` is the reaction by which
    people mark a message of their own to be published.
    """

    name: str
    token: str = field(repr=False)
    state: Path
    identity: str = "bot"
    attachments: str = "link"
    operators: frozenset[str] = frozenset()
    mark: str = MARK
    api: str | None = None
    gateway: str | None = None


def settings(table: Table, surroundings: Surroundings) -> Settings:
    """Read the table; problems go to it."""
    token = table.secret("token")
    if token is None:
        table.problem(
            "token", 'is missing: write token = { file = "secrets/discord-token" }, with the bot\'s token there'
        )
    operators, mark = table.texts("operators"), table.text("mark", MARK)
    for wrong in filter(None, map(no_person, operators)):
        table.problem("operators", wrong)
    if not mark.strip() or mark.isascii() or "<" in mark:
        table.problem("mark", f"{mark!r} is no emoji that everybody has: write one, such as {MARK}")
    return Settings(
        name=surroundings.name, token=token or "", state=surroundings.state,
        identity=table.choice("identity", IDENTITIES, "bot"),
        attachments=table.choice("attachments", ATTACHMENTS, "link"),
        operators=frozenset(operators), mark=mark,
        api=table.maybe_address("api"), gateway=table.maybe_text("gateway"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Pointed:
    """The hosts that an open chat wants, and those of discord.py before any was opened."""

    wanted: tuple[str | None, str | None]
    before: tuple[str, Any]


_pointed: list[_Pointed] = []


def point(chosen: Settings) -> Callable[[], None]:
    """Send what discord.py asks to the hosts of the settings, until the returned function is called.

    There is one Discord for the whole process. Raises `Refused` where another open chat has other hosts, or discord.py
    has no such places any more.
    """
    import discord
    from discord.gateway import DiscordWebSocket
    from discord.http import Route
    from yarl import URL

    wanted = (chosen.api, chosen.gateway)
    if any(other.wanted != wanted for other in _pointed):
        raise Refused(f"chats.{chosen.name}.api and gateway differ from another Discord chat's: all must have the same")
    if not isinstance(getattr(Route, "BASE", None), str) or not isinstance(
        getattr(DiscordWebSocket, "DEFAULT_GATEWAY", None), URL
    ):
        raise Refused(
            f"discord.py {discord.__version__} is not one that Backchat knows: install backchat[discord] anew"
        )
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY) if not _pointed else _pointed[0].before
    mine = _Pointed(wanted, before)
    _pointed.append(mine)
    if chosen.api is not None:
        Route.BASE = chosen.api
    if chosen.gateway is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = URL(chosen.gateway)

    def back() -> None:
        _pointed.remove(mine)
        if not _pointed:
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before

    return back
