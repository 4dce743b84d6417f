"""Discord's gateway through discord.py: what it tells is put in line at once, in order, and read by `listening`.

Every frame is taken as it came, before discord.py makes anything of it: nothing depends on its caches, and an event
that its parsers cannot bear is heard all the same. What concerns nobody is not put in line.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import discord

from adapters.discord.line import Frame, Line
from bridge.chats.intake import Happened, Intake
from bridge.ports import Clock

log = logging.getLogger(__name__)

_DISPATCH, _INVALID_SESSION = 0, 9
"""What frames are: https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-opcodes"""
_UNPARSED = ("THREAD_CREATE", "THREAD_UPDATE")
"""What discord.py would make objects of that it keeps, and nobody asks for: `Places` knows of threads what we need."""


class SessionLost(Exception):
    """Discord has forgotten the session, and what happened since it told of anything.

    discord.py would begin another one by itself; each has to be paid from the day's budget, and the past read again.
    """


Heeds = Callable[[str, Mapping[str, Any]], bool]
"""Takes in a dispatch by its name and its description; whether anything of it may have to be recorded."""


class Presses(Protocol):
    """Whoever answers buttons, forms and commands."""

    async def handle(self, interaction: discord.Interaction[Gateway]) -> None:
        """Answer one interaction; what has to be recorded goes to `interaction.client.tell`.

        It waits for that, and for Discord: each interaction needs a task of its own, or one would delay the next.
        """
        ...


class Gateway(discord.Client):
    """One session's client, which keeps neither messages nor members.

    `line` is worked off by `ear`, and `intake`, which has what people press, beside it. `heard_at` is when anything
    last came, `gone_at` when the connection was lost that is not `connected` now. `heeds` is asked of every dispatch,
    in order, whether it is to wait in line.
    """

    def __init__(self, clock: Clock, intents: discord.Intents, heeds: Heeds | None = None) -> None:
        super().__init__(
            intents=intents, max_messages=None, member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False, allowed_mentions=discord.AllowedMentions.none(), guild_ready_timeout=0.0,
            enable_debug_events=True, max_ratelimit_timeout=30.0,
        )  # fmt: skip
        for name in _UNPARSED:
            self._connection.parsers.pop(name, None)
        self.line = Line()
        self.intake: Intake[discord.Interaction[Gateway]] = Intake()
        self.heard_at = self.gone_at = clock.now()
        self.connected = False
        self._clock, self._session, self._heeds = clock, "", heeds

    def tell(self, happened: Happened) -> None:
        """Have something recorded, and then acknowledged."""
        self.intake.tell(happened)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Take what discord.py tells, in the order in which it comes; no task of its own is made for any of it.

        What this raises ends `connect`.
        """
        if event == "socket_raw_receive":
            self._received(args[0])
        elif event == "interaction":
            self.intake.press(args[0])
        elif event == "disconnect" and self.connected:
            self.connected, self.gone_at = False, self._clock.now()

    def _received(self, words: str | bytes) -> None:
        self.heard_at = self._clock.now()
        try:
            frame = json.loads(words)
            op, data = frame["op"], frame.get("d")
            if op == _DISPATCH:
                self._told(str(frame["t"]), int(frame["s"]), data, words)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            log.warning("Discord's gateway sent what nobody can read: %r", error)
            return
        if op == _INVALID_SESSION and not data:
            raise SessionLost

    def _told(self, name: str, seq: int, data: Mapping[str, Any], words: str | bytes) -> None:
        if name == "READY":
            self._session = str(data["session_id"])
        begins = name in {"READY", "RESUMED"}
        self.connected = self.connected or begins
        if begins or self._heeds is None or self._heeds(name, data):
            frame = Frame(name, self._session, seq, words.encode() if isinstance(words, str) else words)
            (self.line.tell if begins else self.line.put)(frame)


def wanted_intents(words: bool) -> discord.Intents:
    """What the gateway has to tell; `words`: people's words too that are not to the bot, if its application may."""
    return discord.Intents(guilds=True, guild_messages=True, guild_reactions=True, message_content=words)
