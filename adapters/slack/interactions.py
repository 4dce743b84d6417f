"""What people press: buttons, windows and the shortcuts of messages. Who may is asked at once, by id.

Slack gives three seconds, and tells nothing twice but a window that is sent again. So what was pressed is recorded
before Slack hears that we took it, and each button has a second way: a shortcut that reads what the message offers.
https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.slack import events, forms, shortcuts
from adapters.slack.api import Api
from adapters.slack.forms import About
from adapters.slack.ids import instant, message_id, micro, thread_id, ts_at
from adapters.slack.lines import Told, told
from adapters.slack.markup import mentioned
from adapters.slack.people import People
from adapters.slack.responses import Ack, Answering, Body, Later
from adapters.slack.settings import Settings
from bridge.chats import fates, meaning, phrases, pressed
from bridge.chats.intake import Intake, NotRecorded
from bridge.chats.lines import Line, line
from bridge.chats.pressed import Answer, Back, Change, Do, Pressed
from bridge.chats.pressing import Keep, Press, Pressing, Rewrite, Say, Write
from bridge.chats.rooms import Rooms
from bridge.errors import LedgerError, StepError
from bridge.model import Choice, MessageId, RawEvent, RoomId, ThreadId
from bridge.ports import Office

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that finding out somebody's name may take, of the three that Slack gives."""


@dataclass(frozen=True, slots=True)
class _Pressed:
    """One interaction: `what` everybody would know of it, and `body`, as Slack told it, which is kept nowhere."""

    what: Press
    body: Body
    message: Mapping[str, Any]
    """The message on which it was pressed, as it stands there; empty for a window."""

    @property
    def id(self) -> MessageId:
        """Its message's id."""
        return message_id(self.what.room, str(self.message.get("ts") or ""))


@dataclass(slots=True)
class Interactions:
    """Answers what people press in the rooms of one chat. `office` knows receipts; None where there is none."""

    settings: Settings
    api: Api
    rooms: Rooms
    people: People
    office: Office | None
    _pressing: Pressing = field(init=False)

    def __post_init__(self) -> None:
        self._pressing = Pressing(self.rooms)

    async def answer(self, body: Body, ack: Ack, intake: Intake[Later]) -> None:
        """Answer one interaction; Slack is told that it was taken once all that must last is durable."""
        answering = Answering(body, ack, intake, self.api, self.api.clock.now())
        try:
            await self._answered(body, answering)
        except NotRecorded:
            raise  # so that Slack says that it was not taken
        except StepError as error:
            log.info("what somebody pressed on Slack was not taken: %s", error)
            await answering.say(phrases.NOT_NOW)
        except Exception:
            log.exception("what somebody pressed on Slack failed through a fault of ours")
            await answering.say(phrases.FAULT)

    async def _answered(self, body: Body, answering: Answering) -> None:
        match body.get("type"):
            case "block_actions" if body.get("message"):
                await self._button(await self._pressed(body), answering)
            case "view_submission":
                await self._window(body, answering)
            case "message_action":
                await self._shortcut(await self._pressed(body), answering)
            case _:  # a window that was closed, or what no app of ours has
                await answering.ack()

    # Buttons and windows ---------------------------------------------------------------------------------------------

    async def _button(self, press: _Pressed, answering: Answering) -> None:
        action: Mapping[str, Any] = next(iter(press.body.get("actions") or ()), {})
        await self._judged(press, pressed.read(str(action.get("value") or "")), answering)

    async def _judged(self, press: _Pressed, what: Pressed | None, answering: Answering) -> None:
        about = About(press.what.thread, press.id)
        match reply := self._pressing.button(press.what, what, press.id):
            case Write():
                waits = any(isinstance(one, Do) and one.choice is Choice.APPROVE for one in _offered(press.message))
                await answering.window(forms.to_answer(about, approves=waits))
            case Rewrite(change, words):
                words = forms.standing(press.message) if words is None else words
                await answering.window(forms.to_change(about, change, words))
            case Say() | Keep():
                await answering.carry_out(reply)

    async def _window(self, body: Body, answering: Answering) -> None:
        view = body["view"]
        about, typed = forms.about_of(view), forms.words_in(view)
        if about is None:
            await answering.carry_out(Say(phrases.STRANGE))
            return
        press = (await self._pressed(body, about)).what
        if view.get("callback_id") != forms.MODERATE:
            reply = self._pressing.form(press, forms.sent_from(view), typed, forms.as_mrkdwn(typed))
        else:
            reply = self._chosen(press, about, pressed.read(typed))
        await answering.carry_out(reply)

    def _chosen(self, press: Press, about: About, what: Pressed | None) -> Say | Keep:
        """Judge what somebody chose in a window: the same as by its button."""
        reply = self._pressing.button(press, what if isinstance(what, Back | Do) else None, about.message)
        assert isinstance(reply, Say | Keep)  # neither opens a window
        return reply

    # Shortcuts -------------------------------------------------------------------------------------------------------

    async def _shortcut(self, press: _Pressed, answering: Answering) -> None:
        match press.body.get("callback_id"):
            case shortcuts.PUBLISH.id:
                await answering.carry_out(await self._published(press))
            case shortcuts.ANSWER.id:
                await self._to_answer(press, answering)
            case shortcuts.MODERATE.id:
                await self._to_choose(press, answering)
            case shortcuts.WHY.id:
                await answering.say(await self._why(press))
            case _:
                await answering.carry_out(Say(phrases.STRANGE))

    async def _published(self, press: _Pressed) -> Say | Keep:
        """A person's own message is marked: with it, as it stands, in case that nothing was heard of it."""
        refusal = self._unpublishable(press)
        known = [] if refusal else await self._as_told(press)
        return self._pressing.publish(press.what, press.id, known, refusal)

    def _unpublishable(self, press: _Pressed) -> str:
        """Why a message cannot be marked, in words; "" if it can."""
        message = press.message
        parent = message.get("parent_user_id")
        if press.what.thread == thread_id(press.what.room, str(message.get("ts"))) or parent not in {
            None,
            self.api.us.user,
        }:
            return phrases.NO_THREAD
        if not events.is_persons(message) or message.get("user") != press.body["user"]["id"]:
            return phrases.NOT_YOUR_MESSAGE
        return ""

    async def _as_told(self, press: _Pressed) -> list[RawEvent]:
        """The message as an event would have told of it; nothing where there is nothing to it."""
        names = await self.people.names(mentioned(press.message), within=PATIENCE)
        links = self.settings.attachments == "link"
        raws = [
            make(self.api.us, press.what.room, press.message, press.what.by, names, links=links)
            for make in (events.written, events.edited)
        ]
        return [one for one in raws if one is not None]

    async def _to_answer(self, press: _Pressed, answering: Answering) -> None:
        refused = self._pressing.no_author(press.what)
        offered = [one for one in self._offers(press) if isinstance(one, Answer | Change)]
        if refused is not None or not offered:
            await answering.carry_out(refused or Say(phrases.NOT_ANSWERABLE))
        else:
            await self._judged(press, offered[0], answering)

    async def _to_choose(self, press: _Pressed, answering: Answering) -> None:
        """Open a window with what this message offers to this person, as its buttons stand now."""
        about = About(press.what.thread, press.id)
        offered = [one for one in self._offers(press) if isinstance(one, Back | Do)]
        judged = [(one, self._chosen(press.what, about, one)) for one in offered]
        allowed = [one for one, reply in judged if isinstance(reply, Keep)]
        if allowed:
            await answering.window(forms.to_choose(about, allowed))
        else:
            refused = next((reply for _, reply in judged), Say(phrases.NOTHING_TO_CHOOSE))
            await answering.carry_out(refused)

    async def _why(self, press: _Pressed) -> Told:
        """What became of a message, for whoever wrote it, and for those who answer or moderate there."""
        asks, about = press.what, press.id
        if asks.room not in self.rooms.known:
            return told([line(phrases.NO_THREAD)])
        if self._is_ours(press):
            changed = next((one for one in self._offers(press) if isinstance(one, Change)), None)
            if changed is None:
                return told([line(phrases.OURS)])
            about = MessageId(meaning.FORM + changed.form)
        elif not (self._is_theirs(press) or self._pressing.no_author(asks) is None or self._moderates(asks)):
            return told([line(phrases.NOT_YOURS_TO_ASK)])
        return told(await self._standing(press, about))

    async def _standing(self, press: _Pressed, message: MessageId) -> list[Line]:
        if self.office is None:
            return [line(phrases.NO_RECEIPTS)]
        try:
            receipt = await self.office.receipt(self.settings.name, message)
        except LedgerError as error:
            log.warning("what became of a message cannot be told: %s", error)
            return [line(phrases.NO_RECEIPTS)]
        refused = self._pressing.no_author(press.what) if self._is_theirs(press) else None
        reason = phrases.ASIDE if refused is None else refused.words
        return [fates.state(receipt, reason if receipt is None else "")]

    def _offers(self, press: _Pressed) -> list[Pressed]:
        """What the buttons of a message of ours do; nobody else's can look like them."""
        return _offered(press.message) if self._is_ours(press) else []

    def _moderates(self, press: Press) -> bool:
        return self._pressing.no_moderator(press) is None

    def _is_ours(self, press: _Pressed) -> bool:
        return events.is_ours(self.api.us, press.message)

    def _is_theirs(self, press: _Pressed) -> bool:
        return events.is_persons(press.message) and press.message.get("user") == press.body["user"]["id"]

    # Who pressed, and where ------------------------------------------------------------------------------------------

    async def _pressed(self, body: Body, about: About | None = None) -> _Pressed:
        """What was pressed. `about`: what a window is about, which tells no place of itself."""
        message: Mapping[str, Any] = body.get("message") or {}
        user = body["user"]
        # `team` is that of the app, and who pressed may be of another one.
        by = await self.people.writer(user["id"], events.workspace(user.get("team_id")), within=PATIENCE)
        room, thread = _place(message, self.api.moved.known(str((body.get("channel") or {}).get("id") or "")), about)
        ts = _when(body) or ts_at(self.api.clocks.theirs(self.api.clock.now()))
        return _Pressed(Press(_id(body), by, thread, room, micro(ts), instant(ts)), body, message)


def _place(message: Mapping[str, Any], channel: str, about: About | None) -> tuple[RoomId, ThreadId]:
    if about is None:
        return RoomId(channel), thread_id(channel, str(message.get("thread_ts") or message.get("ts") or ""))
    return RoomId(about.thread.partition(":")[0]), about.thread


def _offered(message: Mapping[str, Any]) -> list[Pressed]:
    """What the buttons of a message do."""
    rows = [block.get("elements") or () for block in message.get("blocks") or () if block.get("type") == "actions"]
    found = [pressed.read(str(element.get("value") or "")) for row in rows for element in row]
    return [one for one in found if one is not None]


def _when(body: Body) -> str:
    """When it was pressed, by Slack's clock; "" for a window, of which that is not told."""
    action = next(iter(body.get("actions") or ()), body)
    return str(action.get("action_ts") or "")


def _id(body: Body) -> str:
    """What tells one press from every other. What Slack calls it opens windows, so that nobody may read it here."""
    return hashlib.sha256(str(body["trigger_id"]).encode()).hexdigest()[:24]
