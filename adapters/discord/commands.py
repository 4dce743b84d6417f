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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from adapters.discord import lines, responses
from adapters.discord.api import ApiRefusal
from adapters.discord.responses import Interaction
from adapters.discord.settings import Settings
from bridge.chats import office as offices
from bridge.chats.office import BLOG, LAST, MOST, NO_OPERATOR, Command
from bridge.chats.phrases import PUBLISH
from bridge.chats.rooms import Rooms
from bridge.errors import MaybeDone, RetryLater
from bridge.ports import Office

log = logging.getLogger(__name__)

Definition = Mapping[str, Any]

SUGGESTED, LONGEST = 25, 100
"""Suggestions that Discord shows at most, and the characters that one may have."""

_SLASH, _ON_A_MESSAGE = 1, 3
_SUBCOMMAND, _TEXT, _NUMBER = 1, 3, 4
_TAKEN: Mapping[str, Definition] = {
    BLOG: {
        "type": _TEXT, "name": BLOG, "description": "The blog, as the configuration calls it", "required": True,
        "autocomplete": True,
    },
    LAST: {
        "type": _NUMBER, "name": LAST, "description": "How many of its newest comments", "required": True,
        "min_value": 1, "max_value": MOST,
    },
}  # fmt: skip


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
        options = [_subcommand(command) for command in offices.COMMANDS]
        found.append({"type": _SLASH, "name": offices.NAME, "description": "Backchat's office", "options": options})
    return [{**one, "contexts": [0], "integration_types": [0]} for one in found]


def _subcommand(command: Command) -> Definition:
    options = [_TAKEN[one] for one in command.takes]
    return {"type": _SUBCOMMAND, "name": command.name, "description": command.does, "options": options}


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
        chosen, by = _chosen(interaction), interaction.user.display_name
        told = await offices.ask(self.office, chosen["name"], _options(interaction), by)
        await responses.say(interaction, lines.message(told))

    async def suggest(self, interaction: Interaction) -> None:
        """Suggest the names of blogs to an operator who is typing one."""
        typed = str(_options(interaction).get(BLOG, ""))
        names = await offices.blogs(self.office, typed) if self._may(interaction) else []
        await responses.suggest(interaction, [name for name in names if len(name) <= LONGEST][:SUGGESTED])

    def _may(self, interaction: Interaction) -> bool:
        return str(interaction.user.id) in self.settings.operators


def _chosen(interaction: Interaction) -> Mapping[str, Any]:
    data: dict[str, Any] = dict(interaction.data or {})
    return dict(data["options"][0])


def _options(interaction: Interaction) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in _chosen(interaction).get("options", ())}
