"""How `backchat init` sets a Slack chat up: with a person, from no app at all to a channel and its author."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.slack.api import Api, ApiRefusal
from adapters.slack.credentials import no_app_token, no_bot_token
from adapters.slack.examining import UNSEEN, app_of
from adapters.slack.examining_rooms import Workspace, called, of_room, words
from adapters.slack.ids import person_id
from adapters.slack.knows_ids import no_person, no_room
from adapters.slack.manifest import link
from adapters.slack.scopes import APP_SCOPE, lacking
from adapters.slack.settings import SLACK, Settings
from bridge.clock import WallClock
from bridge.errors import Refused, StepError
from bridge.model import ChatOffer, PersonId, RoomId
from bridge.ports import Dialogue

API = "BACKCHAT_SLACK_API"
"""Where it is set, it is the setting `api` from the first request on: for GovSlack, and those behind a proxy."""
SHOWN = 25
"""Channels that are listed; all others are chosen by their names or ids."""
_NAME = "slack"
_APP = """
Slack needs an app of your own, which speaks in your workspace with the rights that you give it.
  1. Open this link, choose your workspace, press Next and Create. It asks for what Backchat needs, and nothing more:
     {link}
  2. On the app's page, under Install App, press Install to Workspace, and Allow.
  3. There, copy the Bot User OAuth Token. It begins with xoxb-: write it here, and nowhere else."""
_SOCKET = """
  4. Under Basic Information, App-Level Tokens, press Generate Token and Scopes, give it any name, add the scope
     {scope}, press Generate, and copy the token. It begins with xapp-."""
_CONFIG = """\
adapter = "slack"
# The bot's token and the app-level one; new ones come from api.slack.com/apps, your app, Install App and
# Basic Information.
token = {token}
app_token = {app_token}
# Who may use /backchat status, unanswered, parked, backfill, pause and resume: people's ids.
operators = {operators}\
"""
_HOST = """
# Where Slack is reached; this was set when this was written.
api = {api}\
"""

Channel = Mapping[str, Any]


async def offer(dialogue: Dialogue) -> ChatOffer:
    """See `bridge.ports.OffersChats`. Raises `Refused` where nobody is there to be asked."""
    if not dialogue.attended:
        raise Refused(
            "Slack cannot be set up without somebody to ask for the app's tokens and the channel: run `backchat init`"
            " at a terminal without --yes, or write the table yourself as docs/slack.md shows it; nothing was written"
        )
    try:
        async with AsyncExitStack() as stack:
            api = await _connected(dialogue, stack)
            return await _Setting(api, dialogue, await _workspace(api)).offer(await _app_token(api, dialogue))
    except ApiRefusal as refusal:
        raise Refused(
            f"Slack does not let the bot look ({refusal.method}): {words(refusal)}; nothing was written"
        ) from None


# --- The app ----------------------------------------------------------------------------------------------------------


async def _connected(dialogue: Dialogue, stack: AsyncExitStack) -> Api:
    """Ask for the bot's token until Slack takes it."""
    _tell(dialogue, _APP.format(link=link()))
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    while True:
        token = dialogue.ask_secret("The bot's token (it is not shown)").strip()
        if not token:
            dialogue.tell("  ! Without the token nothing can be set up. Ctrl-C leaves, and nothing is written.")
            continue
        if (wrong := no_bot_token(token)) is not None:
            dialogue.tell(f"  ! This {wrong}.")
            continue
        api = Api(_settings(token, folder), WallClock())
        try:
            await api.open(stack)
        except StepError as error:
            dialogue.tell(f"  ! {_sentence(error.reason)}")
            continue
        return api


def _settings(token: str, state: Path) -> Settings:
    """What is known so far; nothing is kept while a chat is only set up."""
    return Settings(name=_NAME, token=token, state=state, api=f"{(os.environ.get(API) or SLACK).rstrip('/')}/")


async def _workspace(api: Api) -> Workspace:
    said = await api.call("auth.test")
    return Workspace(api, str(said["team"]), str(said["user"]))


async def _app_token(api: Api, dialogue: Dialogue) -> str:
    """Ask for the app-level token until Slack opens Socket Mode with it."""
    from adapters.slack.preflight import socket_address

    dialogue.tell("  ✓ Slack takes it.")
    for scope in lacking(api.scopes):
        dialogue.tell(f"  ! The bot lacks the scope {scope.name}: {scope.without}.")
    _tell(dialogue, _SOCKET.format(scope=APP_SCOPE))
    while True:
        token = dialogue.ask_secret("The app-level token (it is not shown)").strip()
        wrong = no_app_token(token) if token else "is needed, for Slack to tell Backchat what happens"
        if wrong is None and api.us.app and app_of(token) not in {None, api.us.app}:
            wrong = "belongs to another app: copy it from the page of the one that you just made"
        if wrong is not None:
            dialogue.tell(f"  ! This {wrong}.")
            continue
        try:
            await socket_address(api.client, _NAME, token)
        except StepError as error:
            dialogue.tell(f"  ! {_sentence(error.reason)}")
            continue
        dialogue.tell("  ✓ Slack takes it, and Socket Mode is on.")
        return token


# --- Channels and people ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Setting:
    """What is chosen on a workspace, together with the person."""

    api: Api
    dialogue: Dialogue
    there: Workspace

    async def offer(self, app_token: str) -> ChatOffer:
        """Ask everything, then enter the public channels that were chosen."""
        room = await self._room("Which channel shows the comments: its number, name or id?")
        desk = await self._desk(room)
        author = await self._author(room)
        chosen = [(room, False)] if desk is None else [(room, False), (desk, True)]
        steps = [step for channel, closed in chosen for step in await self._lacks(channel, closed=closed)]
        return ChatOffer(
            config=self._config(app_token, author),
            room=RoomId(room["id"]),
            desk=None if desk is None else RoomId(desk["id"]),
            people=() if author is None else (author,),
            steps=tuple(steps),
        )

    def _config(self, app_token: str, author: PersonId | None) -> str:
        settings = self.api.settings
        table = _CONFIG.format(
            token=self.dialogue.keep("slack-token", settings.token),
            app_token=self.dialogue.keep("slack-app-token", app_token),
            operators=json.dumps([] if author is None else [author]),
        )
        return table if settings.api == SLACK else table + _HOST.format(api=json.dumps(settings.api.rstrip("/")))

    async def _room(self, question: str) -> Channel:
        while True:
            channels = await self._listed()
            typed = self.dialogue.ask(question if channels else "Its id, or Enter to look again").strip()
            if typed and (found := await self._chosen(channels, typed)) is not None:
                return found

    async def _desk(self, room: Channel) -> Channel | None:
        """The channel of the moderators, which is not that of the comments; None for none."""
        question = "Which one shows moderators what waits for approval: a private one's number, name or id? [none]"
        while typed := self.dialogue.ask(question).strip():
            found = await self._chosen(await self._channels(), typed)
            if found is not None and found["id"] != room["id"]:
                return found
            if found is not None:
                self.dialogue.tell(f"  ! #{room['name']} shows the comments: choose another one, or press Enter.")
        return None

    async def _listed(self) -> Sequence[Channel]:
        channels = await self._channels()
        if not channels:
            self.dialogue.tell(f"  ! The bot sees no channel on “{self.there.name}”: make one for the comments.")
        else:
            self.dialogue.tell(f"Channels on “{self.there.name}”:")
        for number, channel in enumerate(channels[:SHOWN], 1):
            private = " (private)" if channel.get("is_private") else ""
            self.dialogue.tell(f"  {number}. #{channel['name']}{private}")
        if len(channels) > SHOWN:
            self.dialogue.tell(f"  … and {len(channels) - SHOWN} more, which can be named")
        self.dialogue.tell(f"  A private channel is seen once somebody wrote /invite @{self.there.handle} in it.")
        return channels

    async def _channels(self) -> Sequence[Channel]:
        """Those that the bot is in stand first."""
        found = [one async for one in self.there.channels()]
        return sorted(found, key=lambda one: (not one.get("is_member"), one["name"]))

    async def _chosen(self, channels: Sequence[Channel], typed: str) -> Channel | None:
        name = typed.removeprefix("#").casefold()
        numbered = channels[int(typed) - 1 : int(typed)] if typed.isascii() and typed.isdigit() and int(typed) else ()
        for found in (*(one for one in channels if one["name"].casefold() == name or one["id"] == typed), *numbered):
            return found
        if no_room(typed) is None:
            try:
                found = dict((await self.api.call("conversations.info", channel=typed))["channel"])
            except ApiRefusal as refusal:
                if refusal.error not in UNSEEN:
                    self.dialogue.tell(f"  ! The bot cannot look at {typed}: {words(refusal)}.")
                    return None
            else:
                if not found.get("is_archived"):
                    return found
                self.dialogue.tell(f"  ! #{found['name']} is archived: unarchive it first, or choose another one.")
                return None
        self.dialogue.tell(
            f"  ! The bot sees no channel {typed[:40]!r}; if it is private, write /invite @{self.there.handle} in it."
        )
        return None

    async def _lacks(self, channel: Channel, *, closed: bool) -> Sequence[str]:
        """Enter a public channel; what is left to be done for one."""
        if not channel.get("is_member") and not channel.get("is_private") and not channel.get("is_archived"):
            try:
                channel = (await self.api.call("conversations.join", channel=channel["id"]))["channel"]
                self.dialogue.tell(f"  ✓ The bot has joined #{channel['name']}.")
            except (ApiRefusal, StepError) as error:
                self.dialogue.tell(f"  ! The bot could not join #{channel['name']}: {_why(error)}.")
        lacks = [finding for finding in of_room(self.there, channel, closed=closed) if not finding.good]
        for finding in lacks:
            self.dialogue.tell(f"  ! {finding.what}.")
        return [f"{_sentence(finding.what)} {_sentence(finding.remedy)}" for finding in lacks]

    async def _author(self, room: Channel) -> PersonId | None:
        """Who answers: whoever made the channel, or somebody else who is named; None if nobody does yet."""
        maker = await self._by_id(str(room.get("creator") or ""))
        offered = "nobody yet" if maker is None else f"{called(maker)}, who made #{room['name']}"
        while True:
            typed = self.dialogue.ask(f"Who answers? A name, or the member ID from their profile [{offered}]").strip()
            user = maker if not typed else await self._named(typed)
            if user is not None:
                self.dialogue.tell(f"  ✓ That is {called(user)} ({user['id']}).")
                return person_id(str(user["id"]), str(user.get("team_id") or ""), self.api.us)
            if not typed:
                return None

    async def _named(self, typed: str) -> Mapping[str, Any] | None:
        """Somebody by their id, or by a name that nobody else has; says so where there is not exactly one."""
        if no_person(typed) is None:
            found = [user] if (user := await self._by_id(typed.rpartition("/")[2])) is not None else []
        else:
            name = typed.removeprefix("@").casefold()
            found = [user async for user in self.there.users() if _answers(user) and name in _names(user)]
        if len(found) == 1:
            return found[0]
        if not found:
            self.dialogue.tell(f"  ! Nobody on “{self.there.name}” is {typed[:40]!r}.")
        else:
            ids = ", ".join(str(user["id"]) for user in found[:5])
            self.dialogue.tell(f"  ! Several people are called {typed[:40]!r}: write one of their ids, {ids}.")
        return None

    async def _by_id(self, id: str) -> Mapping[str, Any] | None:
        user = await self.there.user(id) if id else None
        return user if user is not None and _answers(user) else None


def _answers(user: Mapping[str, Any]) -> bool:
    """Whether this is a person who could answer: no bot, which Slackbot is though it is not called one."""
    return not (user.get("deleted") or user.get("is_bot") or user["id"] == "USLACKBOT")


def _names(user: Mapping[str, Any]) -> frozenset[str]:
    profile = user.get("profile") or {}
    names = (user.get("name"), profile.get("display_name"), profile.get("real_name"))
    return frozenset(str(name).casefold() for name in names if name)


def _why(error: ApiRefusal | StepError) -> str:
    return words(error) if isinstance(error, ApiRefusal) else error.reason


def _tell(dialogue: Dialogue, text: str) -> None:
    for line in text.splitlines():
        dialogue.tell(line)


def _sentence(said: str) -> str:
    return f"{said[:1].upper()}{said[1:]}."
