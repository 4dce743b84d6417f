"""What a line of the room's event log means to the core. Pure."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from adapters.web_room.people import OURS
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
from bridge.text import markdown_in, tree

log = logging.getLogger(__name__)


def meaning(raw: RawEvent) -> Event | None:
    """Read an event that `chat.listen` recorded; None for one that is of no interest, or that we did not write."""
    try:
        fields = json.loads(raw.body)
        return _MEANINGS[fields["kind"]](raw.thread, MessageId(fields["message"]), fields)
    except (KeyError, TypeError, ValueError) as error:
        log.warning("the room's event %s means nothing to us: %r", raw.event_id, error)
        return None


def written(thread: ThreadId, message: MessageId, fields: Mapping[str, Any]) -> Written:
    """Make of the log's fields what was written.

    What a member writes talks to the people in the room, whoever the configuration lists: the page promised it.
    """
    return Written(
        thread=thread,
        message=message,
        writer=_writer(fields),
        text=_text(fields),
        at=fields["at"],
        reply_to=_optional(fields, "reply_to"),
        addressed=_optional(fields, "addressed"),
        to_person=_by_member(fields) or fields.get("to_person", False),
        key=_key(fields),
    )


def _edited(thread: ThreadId, message: MessageId, fields: Mapping[str, Any]) -> Edited:
    return Edited(thread, message, _writer(fields), _text(fields), fields["at"], _key(fields))


def _erased(thread: ThreadId, message: MessageId, fields: Mapping[str, Any]) -> Erased:
    return Erased(thread, message, fields["at"])


def _marked(thread: ThreadId, message: MessageId, fields: Mapping[str, Any]) -> Marked | None:
    return None if _by_member(fields) else Marked(thread, message, _writer(fields), fields["at"], fields["on"])


def _moderated(thread: ThreadId, message: MessageId, fields: Mapping[str, Any]) -> Moderated:
    return Moderated(thread, message, _writer(fields), Choice(fields["choice"]), fields["mark"], fields["at"])


_MEANINGS: Mapping[str, Callable[[ThreadId, MessageId, Mapping[str, Any]], Event | None]] = {
    "written": written,
    "edited": _edited,
    "erased": _erased,
    "marked": _marked,
    "moderated": _moderated,
}


def _writer(fields: Mapping[str, Any]) -> Writer:
    writer = fields.get("writer")
    if writer is None:
        return Writer(PersonId(OURS), "Backchat")
    return Writer(PersonId(writer["id"]), writer["name"], frozenset(writer["roles"]))


def _by_member(fields: Mapping[str, Any]) -> bool:
    """Whether the person was a member at that moment; one who became an author later may mark what they wrote."""
    writer = fields.get("writer")
    return writer is not None and "author" not in writer["roles"]


def _text(fields: Mapping[str, Any]) -> tree.Text:
    return tree.load(fields["tree"]) if "tree" in fields else markdown_in.parse(fields["source"])


def _optional(fields: Mapping[str, Any], name: str) -> MessageId | None:
    value = fields.get(name)
    return None if value is None else MessageId(value)


def _key(fields: Mapping[str, Any]) -> Key | None:
    value = fields.get("key")
    return None if value is None else Key(value)
