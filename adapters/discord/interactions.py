"""What people press: buttons, forms and commands. Who may is asked at once, by id; what they did is recorded first.

Discord waits three seconds for an answer to each, and takes none of it twice. A button works however old it is: all
that it needs stands in its custom id, and in the message that it stands on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import discord

from adapters.discord import events, forms, pressed, responses
from adapters.discord.commands import PUBLISH, Commands
from adapters.discord.forms import Drafts
from adapters.discord.gateway import Happened
from adapters.discord.responses import Interaction
from adapters.discord.rooms import Rooms
from bridge.model import Choice, MessageId, PersonId, RawEvent, RoomId, Writer
from bridge.ports import Clock

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds until Discord is told that we are at it: it gives up after three."""
BY_ID = "Whoever runs Backchat lists people by their id; yours is {id}."
NO_AUTHOR = f"Only the authors of this blog can answer from here. {BY_ID}"
NO_MODERATOR = f"Only the moderators of this blog can decide that. {BY_ID}"
NOT_YOURS = "Only whoever sent this answer can change it or take it back."
NOT_YOUR_MESSAGE = "Only whoever wrote a message can publish it."
NO_THREAD = "This is no thread of Backchat's, so there is no comment that the message could answer."
NOTHING = "There is nothing in it that could be published."
STRANGE = "This Backchat does not know that button: it is from another one, or from a later one."
SENT = "Sent. What becomes of it stands in this thread."
MARKED = "Marked as an answer. The reactions on it tell what becomes of it."
FAULT = "Backchat itself failed here; its log says how."


@dataclass(frozen=True, slots=True)
class _Press:
    """One interaction: who pressed, with the roles that they have now, and where. `data` is as Discord wrote it."""

    interaction: Interaction
    id: str
    by: Writer
    thread: str
    room: RoomId
    data: dict[str, Any]


@dataclass(slots=True)
class Interactions:
    """Answers what people press in the rooms of one chat. `links`: attachments are named, with a link."""

    rooms: Rooms
    commands: Commands
    clock: Clock
    links: bool = True
    _drafts: Drafts = field(default_factory=Drafts)

    async def handle(self, interaction: Interaction) -> None:
        """Answer one interaction; a fault of ours in one ends no other."""
        try:
            await self._answered(interaction)
        except Exception:
            log.exception("what somebody pressed on Discord failed through a fault of ours")
            await responses.say(interaction, FAULT)

    async def _answered(self, interaction: Interaction) -> None:
        press = _press(interaction)
        match interaction.type:
            case discord.InteractionType.component:
                await self._button(press)
            case discord.InteractionType.modal_submit:
                await self._form(press)
            case discord.InteractionType.autocomplete:
                await self.commands.suggest(interaction)
            case discord.InteractionType.application_command if press.data["name"] == PUBLISH:
                await self._publish(press)
            case discord.InteractionType.application_command:
                await self.commands.run(interaction)

    # Buttons and forms -----------------------------------------------------------------------------------------------

    async def _button(self, press: _Press) -> None:
        assert press.interaction.message is not None  # a button stands on one
        message = MessageId(str(press.interaction.message.id))
        match pressed.read(press.data["custom_id"]):
            case pressed.Answer():
                if await self._may_speak(press):
                    await responses.show(press.interaction, forms.to_answer(message, press.id, approves=_waits(press)))
            case pressed.Do(choice, mark):
                if await self._may_moderate(press):
                    await self._record(press, events.chosen(press.thread, message, press.by, choice, mark, press.id))
            case pressed.Change() as change:
                if await _is_theirs(press, change.writer):
                    await responses.show(press.interaction, forms.to_change(change, self._words(press, change)))
            case pressed.Back(form, writer):
                if await _is_theirs(press, writer):
                    await self._record(press, events.form_taken_back(press.thread, form, press.by, press.id))
            case _:
                await responses.say(press.interaction, STRANGE)

    async def _form(self, press: _Press) -> None:
        words = forms.words_in(press.data)
        match pressed.read(press.data["custom_id"]):
            case pressed.Sent() | pressed.Change() if not words:
                await responses.say(press.interaction, NOTHING)
            case pressed.Sent(message, form):
                if await self._may_speak(press):
                    self._drafts.keep(form, press.by.id, words)
                    sent = events.form_sent(press.thread, message, form, press.by, words, press.id)
                    # It may be known already: Discord has whoever saw no answer of ours send it again, perhaps changed.
                    changed = events.form_changed(press.thread, form, press.by, words, press.id)
                    await self._record(press, sent, changed, words=SENT)
            case pressed.Change(form, writer):
                if await _is_theirs(press, writer):
                    self._drafts.keep(form, press.by.id, words)
                    changed = events.form_changed(press.thread, form, press.by, words, press.id)
                    await self._record(press, changed, words=SENT)
            case _:
                await responses.say(press.interaction, STRANGE)

    def _words(self, press: _Press, change: pressed.Change) -> str | None:
        """What is to be changed, as far as it is at hand: the button may stand on the last of several messages."""
        copy = press.interaction.message
        if (draft := self._drafts.of(change.form, press.by.id)) is not None or copy is None:
            return draft
        first = copy.reference is not None or copy.webhook_id is not None  # the first part replies, if the bot says it
        return forms.standing(copy.content, press.by.name) if first else None

    # The command on a message ----------------------------------------------------------------------------------------

    async def _publish(self, press: _Press) -> None:
        """A person's own message is marked. Discord shows us its words here, though it may have kept them from us."""
        message = press.data["resolved"]["messages"][press.data["target_id"]]
        if not await self._may_speak(press):
            return
        told = [] if (refusal := _unpublishable(press, message)) else self._as_told(press, message)
        if refusal or not told:
            await responses.say(press.interaction, refusal or NOTHING)
            return
        mark = events.published(press.thread, str(message["id"]), press.by, press.id)
        await self._record(press, *told, mark, words=MARKED)

    def _as_told(self, press: _Press, message: events.Payload) -> list[RawEvent]:
        """The message as the gateway would have told of it; nothing where there is nothing to it."""
        assert press.interaction.client.user is not None
        user, application = press.interaction.client.user.id, press.interaction.application_id
        us = events.Us(str(user), str(application), self.links)
        guild = press.interaction.guild_id
        whole = {**message, "channel_id": press.thread, "guild_id": str(guild), "member": {"nick": press.by.name}}
        told = [make(us, whole, roles=press.by.roles) for make in (events.written, events.edited)]
        return [one for one in told if one is not None]

    # Rights ----------------------------------------------------------------------------------------------------------

    async def _may_speak(self, press: _Press) -> bool:
        return await _is_listed(press, self.rooms.speakers.get(press.room, ()), NO_AUTHOR)

    async def _may_moderate(self, press: _Press) -> bool:
        desk = self.rooms.desks.get(press.room)
        return await _is_listed(press, () if desk is None else desk.moderators, NO_MODERATOR)

    # Recording -------------------------------------------------------------------------------------------------------

    async def _record(self, press: _Press, *happened: RawEvent, words: str | None = None) -> None:
        """Have it recorded, and only then say so: in words, or by letting the button come to rest."""
        durable = asyncio.Event()

        async def acknowledge() -> None:
            durable.set()

        for one in happened[:-1]:
            press.interaction.client.tell(Happened(one))
        press.interaction.client.tell(Happened(happened[-1], acknowledge))
        await self.clock.wait(PATIENCE, durable)
        if not durable.is_set():
            await (responses.rest if words is None else responses.wait)(press.interaction)
            await durable.wait()
        if words is not None:
            await responses.say(press.interaction, words)
        elif not press.interaction.response.is_done():
            await responses.rest(press.interaction)


def _press(interaction: Interaction) -> _Press:
    channel, user = interaction.channel, interaction.user
    room = channel.parent_id if isinstance(channel, discord.Thread) else interaction.channel_id
    roles = user.roles if isinstance(user, discord.Member) else ()
    held = frozenset(str(role.id) for role in roles if not role.is_default())
    by = Writer(PersonId(str(user.id)), user.display_name, held)
    data = dict(interaction.data or {})
    return _Press(interaction, str(interaction.id), by, str(interaction.channel_id), RoomId(str(room)), data)


def _waits(press: _Press) -> bool:
    """Whether the message that a button stands on shows a comment that waits for approval."""
    rows = [] if press.interaction.message is None else press.interaction.message.components
    ids = [getattr(one, "custom_id", None) or "" for row in rows for one in getattr(row, "children", ())]
    return any(isinstance(do := pressed.read(id), pressed.Do) and do.choice is Choice.APPROVE for id in ids)


async def _is_listed(press: _Press, listed: Collection[str], refusal: str) -> bool:
    if press.by.id in listed or any(f"@{role}" in listed for role in press.by.roles):
        return True
    await responses.say(press.interaction, refusal.format(id=press.by.id))
    return False


async def _is_theirs(press: _Press, writer: str) -> bool:
    if press.by.id != writer:
        await responses.say(press.interaction, NOT_YOURS)
    return press.by.id == writer


def _unpublishable(press: _Press, message: events.Payload) -> str | None:
    """Why a message cannot be marked, in words; None if it can."""
    channel, me = press.interaction.channel, press.interaction.client.user
    if not isinstance(channel, discord.Thread) or me is None or channel.owner_id != me.id:
        return NO_THREAD
    if not events.is_persons(message) or str(message["author"]["id"]) != press.by.id:
        return NOT_YOUR_MESSAGE
    return None
