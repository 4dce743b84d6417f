"""What raw events whose bodies are `bodies` mean to the core. Pure, but for a line in the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from bridge.model import (
    Choice,
    Edited,
    Erased,
    Event,
    Key,
    Marked,
    MessageId,
    Moderated,
    PersonId,
    RawEvent,
    ThreadId,
    Writer,
    Written,
)
from bridge.text.tree import Text

log = logging.getLogger(__name__)

OURS = Writer(PersonId("us"), "Backchat")
"""The writer of our own messages, which is on no list."""
FORM = "form:"
"""Before a form's id in the message id of what it sent."""

Fields = Mapping[str, Any]
Reads = Callable[[Fields], Text]
"""Reads what a person said, from what the adapter put into the body for that."""


def interpret(raw: RawEvent, reads: Reads) -> Event | None:
    """Read an event; None, and a line in the log, for one that nobody here wrote."""
    try:
        fields = json.loads(raw.body)
        return _event(raw.thread, fields["kind"], fields, reads)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("the chat's event %s means nothing to us: %r", raw.event_id, error)
        return None


def _event(thread: ThreadId, kind: str, fields: Fields, reads: Reads) -> Event:
    at: float = fields["at"]
    if kind in {"form", "form changed", "form taken back"}:
        return _of_a_form(thread, kind, fields, reads)
    message = MessageId(fields["message"])
    match kind:
        case "ours":
            return Written(thread, message, OURS, (), at, key=Key(fields["key"]))
        case "written":
            return Written(
                thread, message, _writer(fields), reads(fields), at,
                reply_to=_optional(fields, "reply_to"), to_person=fields["to_person"],
            )  # fmt: skip
        case "edited":
            return Edited(thread, message, _writer(fields), reads(fields), at)
        case "erased":
            return Erased(thread, message, at)
        case "marked":
            return Marked(thread, message, _writer(fields), at, fields["on"])
        case "moderated":
            return Moderated(thread, message, _writer(fields), Choice(fields["choice"]), fields["mark"], at)
    raise ValueError(f"there is no kind {kind!r}")


def _of_a_form(thread: ThreadId, kind: str, fields: Fields, reads: Reads) -> Event:
    form, by, at = MessageId(FORM + fields["form"]), _writer(fields), fields["at"]
    if kind == "form taken back":
        return Erased(thread, form, at, by)
    if kind == "form changed":
        return Edited(thread, form, by, reads(fields), at)
    return Written(thread, form, by, reads(fields), at, reply_to=MessageId(fields["message"]), form=True)


def _writer(fields: Fields) -> Writer:
    writer = fields["writer"]
    return Writer(PersonId(writer["id"]), writer["name"], frozenset(writer["roles"]))


def _optional(fields: Fields, name: str) -> MessageId | None:
    value = fields.get(name)
    return None if value is None else MessageId(value)
