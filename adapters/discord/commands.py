"""`/backchat …` for operators, and the command on a message by which people publish what they wrote themselves.

Which commands there are is told to Discord when that has changed, not at every start.
https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from adapters.discord import responses, sayings
from adapters.discord.api import ApiRefusal
from adapters.discord.responses import Interaction
from adapters.discord.rooms import Rooms
from adapters.discord.settings import Settings
from bridge.errors import LedgerError, MaybeDone, RetryLater
from bridge.ports import Office
from bridge.text.names import defused

log = logging.getLogger(__name__)

Definition = Mapping[str, Any]

PUBLISH = "Publish as answer"
OFFICE = "backchat"
MOST = 1000
"""Comments that one backfill shows at most, as on the command line."""
SUGGESTED, LONGEST = 25, 100
"""Suggestions that Discord shows at most, and the characters that one may have."""
NO_OPERATOR = "Only Backchat's operators can do that. Whoever runs it lists them by their id; yours is {id}."
NO_OFFICE = "Nothing can be asked of Backchat from here; use its command line."

_SLASH, _ON_A_MESSAGE = 1, 3
_SUBCOMMAND, _TEXT, _NUMBER = 1, 3, 4
_BLOG: Definition = {
    "type": _TEXT, "name": "blog", "description": "The blog, as the configuration calls it", "required": True,
    "autocomplete": True,
}  # fmt: skip
_LAST: Definition = {
    "type": _NUMBER, "name": "last", "description": "How many of its newest comments", "required": True,
    "min_value": 1, "max_value": MOST,
}  # fmt: skip
_SUBCOMMANDS: tuple[tuple[str, str, Sequence[Definition]], ...] = (
    ("status", "How everything stands", ()),
    ("unanswered", "The comments that wait for an author", ()),
    ("backfill", "Show comments that stood on a blog before", (_BLOG, _LAST)),
    ("pause", "Neither read nor write a blog until it is resumed", (_BLOG,)),
    ("resume", "Go on with a blog that was paused", (_BLOG,)),
)


class Calls(Protocol):
    """What sends a request to Discord, such as `adapters.discord.api.Api`."""

    async def call(
        self, method: str, path: str, *, json: object = None,
        params: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None, **ids: str | int,
    ) -> Any:  # fmt: skip
        """Send one request; what Discord answered."""
        ...


def definitions(rooms: Rooms, operators: frozenset[str]) -> list[Definition]:
    """The commands that somebody can use; only in servers, and only where the bot itself is a member."""
    found: list[dict[str, Any]] = []
    if any(rooms.speakers.values()):
        found.append({"type": _ON_A_MESSAGE, "name": PUBLISH})
    if operators:
        options = [
            {"type": _SUBCOMMAND, "name": name, "description": what, "options": list(given)}
            for name, what, given in _SUBCOMMANDS
        ]
        found.append({"type": _SLASH, "name": OFFICE, "description": "Backchat's office", "options": options})
    return [{**one, "contexts": [0], "integration_types": [0]} for one in found]


@dataclass(slots=True)
class Commands:
    """The commands of one chat. `office` is where operators see and decide; None where there is none."""

    settings: Settings
    rooms: Rooms
    office: Office | None

    # Which there are -------------------------------------------------------------------------------------------------

    async def sync(self, api: Calls, application: int) -> str | None:
        """Tell Discord which commands there are, unless it knows; why it does not know yet, in words."""
        wanted = definitions(self.rooms, self.settings.operators)
        known = {"application": str(application), "commands": hashlib.sha256(json.dumps(wanted).encode()).hexdigest()}
        if await asyncio.to_thread(self._told) == known:
            return None
        try:
            await api.call("PUT", "/applications/{application_id}/commands", json=wanted, application_id=application)
        except ApiRefusal as error:
            return f"Discord does not take Backchat's commands: {error.message}"
        except (RetryLater, MaybeDone) as error:
            return f"Discord may not know Backchat's commands yet, which the next start mends: {error.reason}"
        await asyncio.to_thread(self._remember, known)
        return None

    @property
    def _file(self) -> Path:
        return self.settings.state / f"discord-{self.settings.name}-commands.json"

    def _told(self) -> object:
        try:
            return json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def _remember(self, known: Mapping[str, str]) -> None:
        try:
            self.settings.state.mkdir(parents=True, exist_ok=True)
            self._file.write_text(json.dumps(known), "utf-8")
        except OSError as error:
            log.warning("which commands Discord knows cannot be kept, so it is told again at every start: %s", error)

    # Using them ------------------------------------------------------------------------------------------------------

    async def run(self, interaction: Interaction) -> None:
        """Carry out an operator's command, and answer so that nobody else sees it."""
        if not self._may(interaction):
            await responses.say(interaction, NO_OPERATOR.format(id=interaction.user.id))
            return
        await responses.wait(interaction)
        try:
            words = await self._said(interaction)
        except LedgerError as error:
            words = sayings.trouble(str(error))
        await responses.say(interaction, words)

    async def suggest(self, interaction: Interaction) -> None:
        """Suggest the names of blogs to an operator who is typing one."""
        typed = str(_options(interaction).get("blog", "")).casefold()
        names: list[str] = []
        if self._may(interaction) and self.office is not None:
            with suppress(LedgerError):  # the command itself says why
                names = [blog.name for blog in (await self.office.overview()).blogs if typed in blog.name.casefold()]
        await responses.suggest(interaction, [name for name in names if len(name) <= LONGEST][:SUGGESTED])

    def _may(self, interaction: Interaction) -> bool:
        return str(interaction.user.id) in self.settings.operators

    async def _said(self, interaction: Interaction) -> str:
        if self.office is None:
            return NO_OFFICE
        given = _options(interaction)
        blog = str(given.get("blog", ""))
        match _subcommand(interaction)["name"]:
            case "status":
                return sayings.status(await self.office.overview())
            case "unanswered":
                return sayings.unanswered(await self.office.unanswered())
            case "backfill":
                done = await self.office.backfill(blog, int(given["last"]))
                return sayings.backfilled(blog, int(given["last"])) if done else await self._no_blog(blog)
            case "pause":
                by = defused(interaction.user.display_name)
                return sayings.paused(blog) if await self.office.pause(blog, by) else await self._no_blog(blog)
            case "resume":
                return sayings.resumed(blog) if await self.office.resume(blog) else await self._not_paused(blog)
        return NO_OFFICE

    async def _no_blog(self, blog: str) -> str:
        assert self.office is not None
        return sayings.no_blog(blog, [one.name for one in (await self.office.overview()).blogs])

    async def _not_paused(self, blog: str) -> str:
        assert self.office is not None
        known = [one.name for one in (await self.office.overview()).blogs]
        return sayings.not_paused(blog) if blog in known else sayings.no_blog(blog, known)


def _subcommand(interaction: Interaction) -> Mapping[str, Any]:
    data: dict[str, Any] = dict(interaction.data or {})
    return dict(data["options"][0])


def _options(interaction: Interaction) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in _subcommand(interaction).get("options", ())}
