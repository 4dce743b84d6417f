"""What happened in a chat as the bodies of raw events have it, in words that no chat owns; read by `meaning`.

A body holds what `meaning` needs and no more: no short-lived token, no address that carries one, no picture of anybody.
What a person wrote is the adapter's own: it has `said`, and beside that what the adapter needs to read the words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from bridge.model import Choice, Key, Writer

Body = dict[str, object]


def ours(message: str, key: Key) -> Body:
    """A message of ours is there."""
    return {"kind": "ours", "message": message, "key": key}


def said(message: str, by: Writer, *, to_person: bool, reply_to: str | None) -> Body:
    """What a person said: all that is known of it beside the words; for `written` and `edited`."""
    fields: Body = {"message": message, "writer": dumped(by), "to_person": to_person}
    return fields if reply_to is None else {**fields, "reply_to": reply_to}


def written(fields: Mapping[str, object]) -> Body:
    """A person wrote a message."""
    return {"kind": "written", **fields}


def edited(fields: Mapping[str, object]) -> Body:
    """A person changed a message."""
    return {"kind": "edited", **fields}


def erased(message: str) -> Body:
    """A message was deleted."""
    return {"kind": "erased", "message": message}


def marked(message: str, by: Writer, *, on: bool) -> Body:
    """A person marked a message to be published, or took the mark off."""
    return {"kind": "marked", "message": message, "writer": dumped(by), "on": on}


def form_sent(message: str, form: str, by: Writer, words: Mapping[str, object]) -> Body:
    """A person sent the form `form` that our message offered; `words` are read as what a person wrote."""
    return {"kind": "form", "message": message, "form": form, "writer": dumped(by), **words}


def form_changed(form: str, by: Writer, words: Mapping[str, object]) -> Body:
    """A person sent other words in place of what the form `form` had sent."""
    return {"kind": "form changed", "form": form, "writer": dumped(by), **words}


def form_taken_back(form: str, by: Writer) -> Body:
    """A person took back what the form `form` had sent."""
    return {"kind": "form taken back", "form": form, "writer": dumped(by)}


def chosen(message: str, by: Writer, choice: Choice, mark: str) -> Body:
    """A moderator chose something on the card that our message is; `mark` is the one that it bore."""
    return {"kind": "moderated", "message": message, "writer": dumped(by), "choice": str(choice), "mark": mark}


def dumped(writer: Writer) -> Body:
    """Who did it."""
    return {"id": writer.id, "name": writer.name, "roles": sorted(writer.roles)}


def body(fields: Mapping[str, object], at: float) -> str:
    """The body of a raw event about what happened at that instant."""
    whole = json.dumps({**fields, "at": at}, ensure_ascii=False)
    return whole.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be kept
