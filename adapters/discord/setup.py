"""How `backchat init` sets a Discord chat up: with a person, from no bot at all to a channel and its author."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.discord.api import Api, ApiRefusal
from adapters.discord.examining_rooms import Server, of_room
from adapters.discord.invitation import PORTAL, invitation
from adapters.discord.permissions import FORUMS, ROOMS
from adapters.discord.settings import Settings
from bridge.clock import WallClock
from bridge.errors import Refused, RetryLater
from bridge.model import ChatOffer, PersonId, RoomId
from bridge.ports import Dialogue

API, GATEWAY = "BACKCHAT_DISCORD_API", "BACKCHAT_DISCORD_GATEWAY"
"""Where they are set, they are the settings `api` and `gateway` from the first request on: for those behind a proxy."""
_NAME = "discord"
_BOT = """
Discord needs a bot of your own, which speaks in your server with the rights that you give it.
  1. Open this page, press New Application, and give it the name under which the comments are to appear:
     {portal}
  2. Under Bot, switch on Message Content Intent if authors shall be able to answer by plain writing too;
     Discord's Reply, the Answer button and the command work without it. Save.
  3. Under Bot, press Reset Token. The token is shown once: write it here, and nowhere else."""
_INVITE = """
  4. Open this link and choose your server. It asks for what Backchat needs there, and for nothing more:
     {link}"""
_CONFIG = """\
adapter = "discord"
# The bot's token; a new one comes from discord.com/developers/applications, Bot, Reset Token.
token = {token}
# Who may use /backchat status, unanswered, parked, backfill, pause and resume: people's ids.
operators = {operators}\
"""
_HOSTS = """
# Where Discord is reached; these were set when this was written.\
"""


@dataclass(frozen=True, slots=True)
class _Place:
    """The server that was chosen, with its channels that can be rooms, in the order in which Discord shows them."""

    server: Server
    channels: Sequence[Mapping[str, Any]]


async def offer(dialogue: Dialogue) -> ChatOffer:
    """See `bridge.ports.OffersChats`. Raises `Refused` where nobody is there to be asked."""
    if not dialogue.attended:
        raise Refused(
            "Discord cannot be set up without somebody to ask for the bot's token and the channel: run `backchat init`"
            " at a terminal without --yes, or write the table yourself as docs/discord.md shows it; nothing was written"
        )
    try:
        async with AsyncExitStack() as stack:
            api = await _connected(dialogue, stack)
            place = await _place(api, dialogue)
            return await _offer(api, place, dialogue)
    except ApiRefusal as refusal:
        raise Refused(f"Discord does not let the bot look: {refusal.message}; nothing was written") from None


async def _offer(api: Api, place: _Place, dialogue: Dialogue) -> ChatOffer:
    room = _chosen(place, dialogue, "Which channel shows the comments", default=1)
    assert room is not None
    desk = _desk(place, room, dialogue)
    author = await _author(api, place.server, dialogue)
    lacks = [finding for finding in of_room(place.server, room, "bot", closed=False) if not finding.good]
    if desk is not None:
        lacks += [finding for finding in of_room(place.server, desk, "bot", closed=True) if not finding.good]
    for finding in lacks:
        dialogue.tell(f"  ! {finding.what}.")
    return ChatOffer(
        config=_config(api.settings, dialogue.keep("discord-token", api.settings.token), author),
        room=RoomId(room["id"]),
        desk=None if desk is None else RoomId(desk["id"]),
        people=() if author is None else (author,),
        steps=tuple(f"{_sentence(finding.what)} {_sentence(finding.remedy)}" for finding in lacks),
    )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _config(settings: Settings, token: str, author: PersonId | None) -> str:
    hosts = {"api": settings.api, "gateway": settings.gateway}
    lines = [f"{key} = {json.dumps(value)}" for key, value in hosts.items() if value]
    table = _CONFIG.format(token=token, operators=json.dumps([] if author is None else [author]))
    return "\n".join([table + _HOSTS, *lines]) if lines else table


# --- The bot ----------------------------------------------------------------------------------------------------------


async def _connected(dialogue: Dialogue, stack: AsyncExitStack) -> Api:
    """Ask for the token until Discord takes it."""
    for line in _BOT.format(portal=PORTAL).splitlines():
        dialogue.tell(line)
    while True:
        token = dialogue.ask_secret("The bot's token (it is not shown)").removeprefix("Bot ").strip()
        if not token:
            dialogue.tell("  ! Without the token nothing can be set up. Ctrl-C leaves, and nothing is written.")
            continue
        api = Api(_settings(token), WallClock())
        try:
            await api.open(stack)
        except Refused:
            dialogue.tell("  ! Discord does not know this token: copy it whole, or press Reset Token again.")
        except RetryLater as error:
            dialogue.tell(f"  ! It cannot be tried now: {error.reason}.")
        else:
            user = await api.call("GET", "/users/@me")
            dialogue.tell(f"  ✓ This is the token of {user['username']}.")
            return api


def _settings(token: str) -> Settings:
    """What is known so far; nothing is kept in the folder while a chat is only set up."""
    return Settings(_NAME, token, Path(), api=os.environ.get(API) or None, gateway=os.environ.get(GATEWAY) or None)


# --- The server -------------------------------------------------------------------------------------------------------


async def _place(api: Api, dialogue: Dialogue) -> _Place:
    """Have the bot invited, and choose among the servers that it is on by then."""
    for line in _INVITE.format(link=invitation(api.us.application, api.settings.identity)).splitlines():
        dialogue.tell(line)
    while True:
        dialogue.ask("Press Enter once the bot is on your server")
        try:
            servers = await api.call("GET", "/users/@me/guilds")
            if not servers:
                dialogue.tell("  ! The bot is on no server yet: open the link above, choose your server and agree.")
                continue
            place = await _there(api, _of_several(servers, dialogue))
        except (ApiRefusal, RetryLater) as error:
            reason = error.message if isinstance(error, ApiRefusal) else error.reason
            dialogue.tell(f"  ! The server cannot be looked at now: {reason}.")
            continue
        if place.channels:
            return place
        dialogue.tell(f"  ! “{place.server.name}” has neither a text channel nor a forum: make one for the comments.")


def _of_several(servers: Sequence[Mapping[str, Any]], dialogue: Dialogue) -> str:
    if len(servers) == 1:
        return str(servers[0]["id"])
    for number, server in enumerate(servers, 1):
        dialogue.tell(f"  {number}. {server['name']}")
    return str(servers[_number(dialogue, f"Which server, 1 to {len(servers)}? [1]", len(servers), 1) - 1]["id"])


async def _there(api: Api, id: str) -> _Place:
    guild = await api.call("GET", "/guilds/{guild_id}", guild_id=id)
    me = await api.call("GET", "/guilds/{guild_id}/members/{user_id}", guild_id=id, user_id=api.us.user)
    channels = await api.call("GET", "/guilds/{guild_id}/channels", guild_id=id)
    above = {channel["id"]: channel.get("position", 0) for channel in channels}
    rooms = [channel for channel in channels if channel["type"] in ROOMS]
    rooms.sort(key=lambda channel: (above.get(channel.get("parent_id"), -1), channel.get("position", 0)))
    return _Place(Server(api, guild, me, api.clock.now()), rooms)


def _chosen(place: _Place, dialogue: Dialogue, question: str, *, default: int | None) -> Mapping[str, Any] | None:
    """A channel by its number in the list, which is shown with the first question; None for none."""
    many = len(place.channels)
    if default is not None:
        dialogue.tell(f"Channels on “{place.server.name}”:")
        for number, channel in enumerate(place.channels, 1):
            dialogue.tell(f"  {number}. #{channel['name']}{' (a forum)' if channel['type'] in FORUMS else ''}")
    number = _number(dialogue, f"{question}, 1 to {many}? [{default or 'none'}]", many, default or 0)
    return place.channels[number - 1] if number else None


def _desk(place: _Place, room: Mapping[str, Any], dialogue: Dialogue) -> Mapping[str, Any] | None:
    """The channel of the moderators, which is not that of the comments; None for none."""
    while True:
        desk = _chosen(place, dialogue, "Which one shows moderators what waits for approval", default=None)
        if desk is not room:
            return desk
        dialogue.tell(f"  ! #{room['name']} shows the comments: choose another one, or press Enter for none.")


def _number(dialogue: Dialogue, question: str, many: int, default: int) -> int:
    """A number from 1 to `many`, asked for until it is one; `default` where nothing is typed."""
    while typed := dialogue.ask(question).strip():
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= many:
            return int(typed)
        dialogue.tell(f"  ! Write a number from 1 to {many}, or press Enter alone.")
    return default


# --- The author -------------------------------------------------------------------------------------------------------


async def _author(api: Api, server: Server, dialogue: Dialogue) -> PersonId | None:
    """Who answers: whoever owns the bot, or a member whose id is given; None if nobody does yet."""
    owner = await _named(server, _owner(await api.call("GET", "/applications/@me")))
    question = "Who answers? A member's user id, from the menu that a right click shows in Developer Mode"
    while True:
        typed = dialogue.ask(f"{question} [{'nobody yet' if owner is None else f'{owner[1]}, who owns the bot'}]")
        found = await _named(server, typed) if typed else owner
        if found is not None:
            dialogue.tell(f"  ✓ That is {found[1]}.")
            return found[0]
        if not typed:
            return None
        dialogue.tell(f"  ! {typed} is the id of nobody on “{server.name}”.")


def _owner(application: Mapping[str, Any]) -> str:
    """An application that belongs to a team has that team's owner."""
    team = application.get("team")
    return str(team["owner_user_id"]) if team else str((application.get("owner") or {}).get("id", ""))


async def _named(server: Server, id: str) -> tuple[PersonId, str] | None:
    member = await server.member(id) if id.isascii() and id.isdigit() else None
    return None if member is None else (PersonId(id), str(member["user"]["username"]))
