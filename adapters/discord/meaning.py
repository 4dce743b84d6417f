"""What a raw event of Discord means to the core. Pure."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from adapters.discord import markup
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
from bridge.text import tree
from bridge.text.tree import Link, Paragraph, Plain, Text

log = logging.getLogger(__name__)

OURS = Writer(PersonId("us"), "Backchat")
"""The writer of our own messages, which is on no list."""
FORM = "form:"
"""Before the interaction's id in the message id of what a form sent."""

Fields = Mapping[str, Any]


def interpret(raw: RawEvent) -> Event | None:
    """Read an event that `listening` recorded; None for one that is of no interest, or that we did not write."""
    try:
        fields = json.loads(raw.body)
        return _MEANINGS[fields["kind"]](raw.thread, fields)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("Discord's event %s means nothing to us: %r", raw.event_id, error)
        return None


def _ours(thread: ThreadId, fields: Fields) -> Written:
    return Written(thread, MessageId(fields["message"]), OURS, (), fields["at"], key=Key(fields["key"]))


def _written(thread: ThreadId, fields: Fields) -> Written:
    reply_to = fields.get("reply_to")
    return Written(
        thread, MessageId(fields["message"]), _writer(fields), _text(fields), fields["at"],
        reply_to=None if reply_to is None else MessageId(reply_to), to_person=fields["to_person"],
    )  # fmt: skip


def _edited(thread: ThreadId, fields: Fields) -> Edited:
    return Edited(thread, MessageId(fields["message"]), _writer(fields), _text(fields), fields["at"])


def _erased(thread: ThreadId, fields: Fields) -> Erased:
    return Erased(thread, MessageId(fields["message"]), fields["at"])


def _marked(thread: ThreadId, fields: Fields) -> Marked:
    return Marked(thread, MessageId(fields["message"]), _writer(fields), fields["at"], fields["on"])


def _moderated(thread: ThreadId, fields: Fields) -> Moderated:
    choice = Choice(fields["choice"])
    return Moderated(thread, MessageId(fields["message"]), _writer(fields), choice, fields["mark"], fields["at"])


def _form(thread: ThreadId, fields: Fields) -> Written:
    return Written(
        thread, _form_id(fields), _writer(fields), _text(fields), fields["at"],
        reply_to=MessageId(fields["message"]), form=True,
    )  # fmt: skip


def _form_changed(thread: ThreadId, fields: Fields) -> Edited:
    return Edited(thread, _form_id(fields), _writer(fields), _text(fields), fields["at"])


def _form_taken_back(thread: ThreadId, fields: Fields) -> Erased:
    return Erased(thread, _form_id(fields), fields["at"], _writer(fields))


_MEANINGS: Mapping[str, Callable[[ThreadId, Fields], Event]] = {
    "ours": _ours,
    "written": _written,
    "edited": _edited,
    "erased": _erased,
    "marked": _marked,
    "moderated": _moderated,
    "form": _form,
    "form changed": _form_changed,
    "form taken back": _form_taken_back,
}


def _form_id(fields: Fields) -> MessageId:
    return MessageId(FORM + fields["form"])


def _writer(fields: Fields) -> Writer:
    writer = fields["writer"]
    return Writer(PersonId(writer["id"]), writer["name"], frozenset(writer["roles"]))


def _text(fields: Fields) -> Text:
    names = (fields.get(kind, {}) for kind in ("people", "channels", "roles"))
    said = markup.parse(fields["content"], *names)
    return (*said, *_attached(fields))


def _attached(fields: Fields) -> Text:
    """A line for each attachment, which leads to the message: Discord's own addresses of files expire within a day."""
    link = fields.get("link")
    names = [Plain(tree.cleaned(name)) for name in fields.get("attached", ())]
    return tuple(
        Paragraph((Plain("Attached in the chat: "), name if link is None else Link(link, (name,)))) for name in names
    )
