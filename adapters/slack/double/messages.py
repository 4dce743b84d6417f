"""What becomes of messages, and the events that tell of it (https://docs.slack.dev/reference/events/message)."""

from __future__ import annotations

import copy
from typing import Any

from adapters.slack.double import blocks as block_kit
from adapters.slack.double import mrkdwn, shapes
from adapters.slack.double.problems import Problem
from adapters.slack.double.things import Channel, Message, User
from adapters.slack.double.world import World

SLACKBOT = "USLACKBOT"


def say(world: World, channel: Channel, message: Message) -> Message:
    """A message stands from now on: what it replies to is found, who is mentioned is told, and the app hears of it."""
    message.thread = _parent(world, channel, message.thread)
    message.broadcast = message.broadcast and message.thread is not None
    if message.broadcast:
        message.subtype = "thread_broadcast"
    world.messages[channel.id][message.ts] = message
    mentioned = list(dict.fromkeys(_whom(message)))
    world.pinged += [(each, message) for each in mentioned]
    shape = _event(channel, shapes.message(world, message), message.ts)
    tell(world, channel, shape)
    if world.app.user.id in mentioned and message.bot != world.app.bot_id:
        mention = {key: value for key, value in shape.items() if key not in {"subtype", "channel_type"}}
        world.tell("app_mention", {**mention, "type": "app_mention"}, channel)
    return message


def _parent(world: World, channel: Channel, ts: str | None) -> str | None:
    """Where a reply is filed: below the parent of what it names; nowhere (silently) where that is gone."""
    if ts is None:
        return None
    target = world.find(channel, ts)
    if target is None or (target.tombstone and not world.stones_take_replies):
        return None
    return target.thread or target.ts


def _whom(message: Message) -> list[str]:
    """Whom a message mentions, in its blocks or in the text that stands in for them: the double takes both at word."""
    return [*block_kit.whom(message.blocks), *mrkdwn.mentions(message.text)]


def _event(channel: Channel, shape: dict[str, Any], ts: str) -> dict[str, Any]:
    kind = "group" if channel.private else "channel"
    return {**shape, "channel": channel.id, "event_ts": ts, "channel_type": kind}


def tell(world: World, channel: Channel, event: dict[str, Any]) -> None:
    """Tell of something in a channel; events bear no metadata of messages."""
    world.tell("message.groups" if channel.private else "message.channels", event, channel)


def _changed(world: World, channel: Channel, now: dict[str, Any], before: dict[str, Any]) -> None:
    ts = world.time.ts()
    event = {
        "type": "message", "subtype": "message_changed", "hidden": True, "message": now, "previous_message": before,
        "ts": ts,
    }  # fmt: skip
    tell(world, channel, _event(channel, event, ts))


def edit(
    world: World, channel: Channel, message: Message, by: str | None, *, text: str | None = None,
    blocks: list[dict[str, Any]] | None = None, **more: Any,
) -> None:  # fmt: skip
    """Change a message: text without blocks drops the blocks; `by` (None: no mark) is who edited it."""
    before = shapes.message(world, message)
    if text is not None:
        message.text = text
        message.blocks = [] if blocks is None else message.blocks
    if blocks is not None:
        message.blocks = blocks
    for name, value in more.items():
        setattr(message, name, value)
    if by is not None:
        message.edited = (by, world.time.ts())
    world.pinged += [(each, message) for each in dict.fromkeys(_whom(message))]
    _changed(world, channel, shapes.message(world, message), before)


def unfurl(world: World, channel: Channel, message: Message, title: str, address: str) -> None:
    """Slack unfolds a link of a message: the event looks like an edit, without `edited` and with the same text."""
    before = shapes.message(world, message)
    message.attachments = [{"id": 1, "from_url": address, "title": title, "title_link": address, "fallback": title}]
    _changed(world, channel, shapes.message(world, message), before)


def delete(world: World, channel: Channel, message: Message) -> None:
    """Remove a message; over replies a stone is left, and every reply is told of again, unchanged."""
    before = shapes.message(world, message)
    replies = world.replies(channel, message.ts)
    if replies and not message.tombstone:
        _stone(message)
        _changed(world, channel, {**shapes.message(world, message), "hidden": True}, before)
        for reply in replies:
            shape = shapes.message(world, reply)
            _changed(world, channel, shape, copy.deepcopy(shape))
        return
    del world.messages[channel.id][message.ts]
    ts = world.time.ts()
    event = {
        "type": "message", "subtype": "message_deleted", "hidden": True, "deleted_ts": message.ts,
        "previous_message": before, "ts": ts,
    }  # fmt: skip
    tell(world, channel, _event(channel, event, ts))
    parent = world.find(channel, message.thread) if message.thread else None
    if parent is not None and parent.tombstone and not world.replies(channel, parent.ts):
        delete(world, channel, parent)


def _stone(message: Message) -> None:
    message.subtype, message.text, message.user = "tombstone", shapes.STONE, SLACKBOT
    message.bot = message.app = message.username = message.icons = message.metadata = message.edited = None
    message.client_id = None
    message.blocks, message.attachments, message.files, message.reactions = [], [], [], {}


def react(world: World, channel: Channel, message: Message, user: User, name: str) -> None:
    """Put a reaction on a message; raises already_reacted, too_many_emoji."""
    who = message.reactions.setdefault(name, [])
    if user.id in who:
        raise Problem("already_reacted")
    if len(message.reactions) > 23:
        del message.reactions[name]
        raise Problem("too_many_emoji")
    who.append(user.id)
    _reaction(world, channel, message, user, name, "reaction_added")


def unreact(world: World, channel: Channel, message: Message, user: User, name: str) -> None:
    """Take a reaction back; raises no_reaction."""
    who = message.reactions.get(name, [])
    if user.id not in who:
        raise Problem("no_reaction")
    who.remove(user.id)
    if not who:
        del message.reactions[name]
    _reaction(world, channel, message, user, name, "reaction_removed")


def _reaction(world: World, channel: Channel, message: Message, user: User, name: str, kind: str) -> None:
    item = {"type": "message", "channel": channel.id, "ts": message.ts}
    event: dict[str, Any] = {"type": kind, "user": user.id, "reaction": name, "item": item}
    if message.user is not None:
        event["item_user"] = message.user
    world.tell(kind, {**event, "event_ts": world.time.ts()}, channel)


def system(world: World, channel: Channel, user: str, subtype: str, text: str) -> Message:
    """What Slack itself writes into a channel: that somebody joined, that it has another name."""
    return say(world, channel, Message(world.time.ts(), channel.id, user, text, subtype=subtype))
