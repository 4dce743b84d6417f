"""What people press: buttons, forms and commands. Who may is asked at once, by id; what they did is recorded first.

Discord waits three seconds for an answer to each, and takes none of it twice. A button works however old it is: all
that it needs stands in its custom id, and in the message that it stands on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import discord

from adapters.discord import events, forms, responses
from adapters.discord.commands import Commands
from adapters.discord.responses import Interaction
from adapters.discord.snowflakes import instant
from bridge.chats import phrases, pressed
from bridge.chats.intake import Happened
from bridge.chats.pressing import Keep, Press, Pressing, Rewrite, Say, Write
from bridge.chats.rooms import Rooms
from bridge.model import Choice, MessageId, PersonId, RawEvent, RoomId, ThreadId, Writer
from bridge.ports import Clock

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds until Discord is told that we are at it: it gives up after three."""


@dataclass(frozen=True, slots=True)
class _Press:
    """One interaction: `what` everybody would know of it, and its `data` as Discord wrote them."""

    interaction: Interaction
    what: Press
    data: dict[str, Any]


@dataclass(slots=True)
class Interactions:
    """Answers what people press in the rooms of one chat. `links`: attachments are named, with a link."""

    rooms: Rooms
    commands: Commands
    clock: Clock
    links: bool = True
    _pressing: Pressing = field(init=False)

    def __post_init__(self) -> None:
        self._pressing = Pressing(self.rooms)

    async def handle(self, interaction: Interaction) -> None:
        """Answer one interaction; a fault of ours in one ends no other."""
        try:
            await self._answered(interaction)
        except Exception:
            log.exception("what somebody pressed on Discord failed through a fault of ours")
            await responses.say(interaction, phrases.FAULT)

    async def _answered(self, interaction: Interaction) -> None:
        press = _press(interaction)
        match interaction.type:
            case discord.InteractionType.component:
                await self._button(press)
            case discord.InteractionType.modal_submit:
                await self._form(press)
            case discord.InteractionType.autocomplete:
                await self.commands.suggest(interaction)
            case discord.InteractionType.application_command if press.data["name"] == phrases.PUBLISH:
                await self._publish(press)
            case discord.InteractionType.application_command:
                await self.commands.run(interaction)

    # Buttons and forms -----------------------------------------------------------------------------------------------

    async def _button(self, press: _Press) -> None:
        assert press.interaction.message is not None  # a button stands on one
        message, what = MessageId(str(press.interaction.message.id)), pressed.read(press.data["custom_id"])
        match reply := self._pressing.button(press.what, what, message):
            case Write(message):
                window = forms.to_answer(message, press.what.id, approves=_waits(press))
                await responses.show(press.interaction, window)
            case Rewrite(change, words):
                window = forms.to_change(change, _standing(press) if words is None else words)
                await responses.show(press.interaction, window)
            case Say() | Keep():
                await self._carry_out(press, reply)

    async def _form(self, press: _Press) -> None:
        words, what = forms.words_in(press.data), pressed.read(press.data["custom_id"])
        if isinstance(what, pressed.Sent) and not what.form.isdecimal():
            what = None  # Discord gives no window such a name
        await self._carry_out(press, self._pressing.form(press.what, what, words, {"content": words}))

    # The command on a message ----------------------------------------------------------------------------------------

    async def _publish(self, press: _Press) -> None:
        """A person's own message is marked. Discord shows us its words here, though it may have kept them from us."""
        message = press.data["resolved"]["messages"][press.data["target_id"]]
        refusal = _unpublishable(press, message)
        known = [] if refusal else self._as_told(press, message)
        await self._carry_out(press, self._pressing.publish(press.what, MessageId(str(message["id"])), known, refusal))

    def _as_told(self, press: _Press, message: events.Payload) -> list[RawEvent]:
        """The message as the gateway would have told of it; nothing where there is nothing to it."""
        assert press.interaction.client.user is not None
        user, application = press.interaction.client.user.id, press.interaction.application_id
        us = events.Us(str(user), str(application), self.links)
        guild = press.interaction.guild_id
        whole = {
            **message,
            "channel_id": press.what.thread,
            "guild_id": str(guild),
            "member": {"nick": press.what.by.name},
        }
        raws = [make(us, whole, roles=press.what.by.roles) for make in (events.written, events.edited)]
        return [one for one in raws if one is not None]

    # Recording -------------------------------------------------------------------------------------------------------

    async def _carry_out(self, press: _Press, reply: Say | Keep) -> None:
        if isinstance(reply, Say):
            await responses.say(press.interaction, reply.words)
        else:
            await self._record(press, reply.raws, reply.words)

    async def _record(self, press: _Press, happened: Sequence[RawEvent], words: str | None) -> None:
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
    id, thread = str(interaction.id), ThreadId(str(interaction.channel_id))
    what = Press(id, by, thread, RoomId(str(room)), interaction.id, instant(interaction.id))
    return _Press(interaction, what, dict(interaction.data or {}))


def _standing(press: _Press) -> str | None:
    """What a form sent, as far as our message says it: the button may stand on the last of several messages."""
    copy = press.interaction.message
    first = copy is not None and (copy.reference is not None or copy.webhook_id is not None)
    # The first part replies, if the bot says it.
    return forms.standing(copy.content, press.what.by.name) if copy is not None and first else None


def _waits(press: _Press) -> bool:
    """Whether the message that a button stands on shows a comment that waits for approval."""
    rows = [] if press.interaction.message is None else press.interaction.message.components
    ids = [getattr(one, "custom_id", None) or "" for row in rows for one in getattr(row, "children", ())]
    return any(isinstance(do := pressed.read(id), pressed.Do) and do.choice is Choice.APPROVE for id in ids)


def _unpublishable(press: _Press, message: events.Payload) -> str:
    """Why a message cannot be marked, in words; "" if it can."""
    channel, me = press.interaction.channel, press.interaction.client.user
    if not isinstance(channel, discord.Thread) or me is None or channel.owner_id != me.id:
        return phrases.NO_THREAD
    if not events.is_persons(message) or str(message["author"]["id"]) != press.what.by.id:
        return phrases.NOT_YOUR_MESSAGE
    return ""
