"""Methods about reactions."""

from __future__ import annotations

import re
from typing import Any

from adapters.slack.double import messages, shapes
from adapters.slack.double.asked import Call, method
from adapters.slack.double.problems import Problem
from adapters.slack.double.things import Channel, Message

_NAME = re.compile(r"[^\s:A-Z]+(::skin-tone-[2-6])?")


def _item(call: Call) -> tuple[Channel, Message, str]:
    """What is reacted to, and with what."""
    name = call.need("name").strip(":")
    if not _NAME.fullmatch(name) or any(ord(letter) >= 0x2600 for letter in name):
        raise Problem("invalid_name")
    if call.text("channel") is None or call.text("timestamp") is None:
        raise Problem("no_item_specified")
    channel = call.channel
    call.instant("timestamp", "bad_timestamp")
    message = call.message(channel, "timestamp")
    call.world.see(channel, call.user.id)
    if channel.archived:
        raise Problem("is_archived")
    return channel, message, name


@method("reactions.add", "reactions:write", tier=3)
def reactions_add(call: Call) -> dict[str, Any]:
    """Put a reaction on a message."""
    channel, message, name = _item(call)
    parent = message if message.thread is None else call.world.find(channel, message.thread)
    if message.tombstone:
        raise Problem("not_reactable")
    if parent is not None and parent.locked:
        raise Problem("thread_locked")
    messages.react(call.world, channel, message, call.user, name)
    return {}


@method("reactions.remove", "reactions:write", tier=2)
def reactions_remove(call: Call) -> dict[str, Any]:
    """Take a reaction back."""
    channel, message, name = _item(call)
    messages.unreact(call.world, channel, message, call.user, name)
    return {}


@method("reactions.get", "reactions:read", tier=3)
def reactions_get(call: Call) -> dict[str, Any]:
    """A message with its reactions."""
    channel = call.channel
    message = call.message(channel, "timestamp")
    return {"type": "message", "channel": channel.id, "message": shapes.message(call.world, message, metadata="type")}
