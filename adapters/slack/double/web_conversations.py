"""Methods about channels, and what stands in them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from adapters.slack.double import shapes
from adapters.slack.double.asked import Call, method
from adapters.slack.double.problems import Problem
from adapters.slack.double.things import Channel, Message
from adapters.slack.double.time import micro

T = TypeVar("T")

_HISTORY = ("channels:history", "groups:history")
_READ = ("channels:read", "groups:read")


@method("conversations.info", *_READ, tier=3)
def conversations_info(call: Call) -> dict[str, Any]:
    """A channel."""
    channel = call.channel
    call.scope(*_READ, channel)
    shape = shapes.channel(call.world, channel, call.user.id)
    if call.flag("include_num_members"):
        shape["num_members"] = len(channel.members)
    return {"channel": shape}


@method("conversations.list", *_READ, tier=2)
def conversations_list(call: Call) -> dict[str, Any]:
    """The channels that the bot sees."""
    kinds = (call.text("types") or "public_channel").split(",")
    mine = call.user.id
    seen = [
        one for one in call.world.channels.values()
        if ("private_channel" in kinds if one.private else "public_channel" in kinds)
        and (not one.private or mine in one.members) and not (one.archived and call.flag("exclude_archived"))
    ]  # fmt: skip
    page, cursor = _page(call, seen, call.number("limit", 100, 1000))
    shown = [{**shapes.channel(call.world, one, mine), "num_members": len(one.members)} for one in page]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


@method("conversations.members", *_READ, tier=4)
def conversations_members(call: Call) -> dict[str, Any]:
    """Who is in a channel."""
    page, cursor = _page(call, call.channel.members, call.number("limit", 100, 1000))
    return {"members": list(page), "response_metadata": {"next_cursor": cursor}}


@method("conversations.join", "channels:join", tier=3)
def conversations_join(call: Call) -> dict[str, Any]:
    """The bot enters a public channel."""
    channel = call.channel
    if channel.private:
        raise Problem("method_not_supported_for_channel_type")
    if channel.archived:
        raise Problem("is_archived")
    shape: dict[str, Any] = {}
    if call.user.id in channel.members:
        shape = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    else:
        channel.members.append(call.user.id)
    return {"channel": shapes.channel(call.world, channel, call.user.id), **shape}


@method("conversations.history", *_HISTORY, tier=3)
def conversations_history(call: Call) -> dict[str, Any]:
    """What stands in a channel, newest first: parents, and replies that were sent to the channel too."""
    channel = _readable(call)
    stand = [one for one in call.world.messages[channel.id].values() if one.thread is None or one.broadcast]
    chosen = _between(call, sorted(stand, key=lambda one: -micro(one.ts)))
    page, cursor = _page(call, chosen, call.number("limit", 100, 999))
    answer: dict[str, Any] = {
        "messages": _shown(call, page), "has_more": bool(cursor), "pin_count": 0, "channel_actions_ts": None,
        "channel_actions_count": 0,
    }  # fmt: skip
    return {**answer, "response_metadata": {"next_cursor": cursor}} if cursor else answer


@method("conversations.replies", *_HISTORY, tier=3)
def conversations_replies(call: Call) -> dict[str, Any]:
    """A thread, oldest first: its parent stands first on every page."""
    channel = _readable(call)
    call.instant("ts", "thread_not_found")
    named = call.world.find(channel, call.need("ts"))
    if named is None:
        raise Problem("thread_not_found")
    parent = named if named.thread is None else call.world.find(channel, named.thread)
    if parent is None:
        raise Problem("thread_not_found")
    chosen = _between(call, call.world.replies(channel, parent.ts))
    page, cursor = _page(call, chosen, max(1, call.number("limit", 1000, 1000) - 1))
    answer = {"messages": _shown(call, [parent, *page]), "has_more": bool(cursor)}
    return {**answer, "response_metadata": {"next_cursor": cursor}} if cursor else answer


def _readable(call: Call) -> Channel:
    channel = call.channel
    call.scope(*_HISTORY, channel)
    call.world.see(channel, call.user.id)
    return channel


def _shown(call: Call, messages: Sequence[Message]) -> list[dict[str, Any]]:
    whole = "all" if call.flag("include_all_metadata") else "type"
    return [shapes.message(call.world, one, metadata=whole) for one in messages]


def _between(call: Call, messages: list[Message]) -> list[Message]:
    oldest, latest = call.instant("oldest", "invalid_ts_oldest"), call.instant("latest", "invalid_ts_latest")
    edge = call.flag("inclusive")
    return [
        one for one in messages
        if (oldest is None or micro(one.ts) > oldest or (edge and micro(one.ts) == oldest))
        and (latest is None or micro(one.ts) < latest or (edge and micro(one.ts) == latest))
    ]  # fmt: skip


def _page(call: Call, things: Sequence[T], limit: int) -> tuple[Sequence[T], str]:
    """A page, and the cursor of the next one, which is empty where there is none.

    A cursor names the first thing of the next page, so that what comes in between moves nothing.
    """
    limit = min(limit, call.world.pages)
    names = [_named(one) for one in things]
    first = _first(call, names)
    last = first + limit
    if last >= len(things):
        return things[first:], ""
    return things[first:last], base64.b64encode(f"next:{names[last]}".encode()).decode()


def _first(call: Call, names: list[str]) -> int:
    given = call.text("cursor")
    if given is None:
        return 0
    try:
        word, _, name = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Problem("invalid_cursor") from None
    if word != "next" or name not in names:
        raise Problem("invalid_cursor")
    return names.index(name)


def _named(thing: object) -> str:
    return thing.ts if isinstance(thing, Message) else thing.id if isinstance(thing, Channel) else str(thing)
