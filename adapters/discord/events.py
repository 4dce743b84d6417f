"""What happened on Discord as the raw events that the core keeps: made of its own descriptions, read by `meaning`.

A body holds what `meaning` needs and no more: no short-lived token, no address that carries one, no picture of anybody.
Messages: https://docs.discord.com/developers/resources/message#message-object, from the gateway and by request alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.discord.markers import key_in
from adapters.discord.snowflakes import first_at, instant
from bridge.chats import bodies
from bridge.model import Key, PersonId, RawEvent, ThreadId, Writer

Payload = Mapping[str, Any]
"""One of Discord's JSON objects."""

DEFAULT, REPLY = 0, 19
"""The types of messages that people write; all others are Discord's own lines."""
FORWARD = 1
"""The type of a reference to a message that was passed on, which is no reply."""
_KEY = re.compile(r"[a-z2-7]{24}")
_LAST = 2**63 - 1
"""The greatest id that can be kept; Discord's reach it in 2084."""
_PERSON = re.compile(r"\s*<@!?(\d+)>")
_CHANNEL = re.compile(r"<#(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are on Discord: the bot's user and its application. `links`: attachments are named, with a link."""

    user: str
    application: str
    links: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """The names of channels and roles by their ids, as far as they are known."""

    channels: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)


NOBODYS = Names()


def is_ours(us: Us, message: Payload) -> bool:
    """Whether we wrote it: the bot itself, or a webhook of its application. Discord vouches for both."""
    if message.get("webhook_id") is not None:
        return str(message.get("application_id")) == us.application
    return str(message["author"]["id"]) == us.user


def is_persons(message: Payload) -> bool:
    """Whether a person wrote it: no bot, no webhook, none of Discord's own lines."""
    author = message["author"]
    by_machine = author.get("bot") or author.get("system") or message.get("webhook_id") is not None
    return not by_machine and message.get("type", DEFAULT) in {DEFAULT, REPLY}


def key_of(message: Payload) -> Key | None:
    """The key of a message of ours: its nonce if it came along, else its marker; None for what carries none."""
    nonce = str(message.get("nonce") or "")
    return Key(nonce) if _KEY.fullmatch(nonce) else key_in(str(message.get("content") or ""))


def writer_of(author: Payload, member: Payload | None, roles: Iterable[str] | None = None) -> Writer:
    """Who did it. `roles` are the ids of the roles where they had to be asked for; without a member there are none."""
    name = (member or {}).get("nick") or author.get("global_name") or author.get("username") or "somebody"
    held = (member or {}).get("roles", ()) if roles is None else roles
    return Writer(PersonId(str(int(author["id"]))), str(name), frozenset(str(role) for role in held))


def edited_at(message: Payload) -> float | None:
    """When its words were last changed, by Discord's clock in whole milliseconds; None if they never were."""
    stamp = message.get("edited_timestamp")
    return None if stamp is None else int(datetime.fromisoformat(stamp).timestamp() * 1000) / 1000


def ours(message: Payload, thread: str) -> RawEvent | None:
    """A message of ours is there; None where it carries no key, and so was nothing that the core wanted said."""
    key = key_of(message)
    if key is None:
        return None
    id = str(message["id"])
    return _raw(f"m:{id}", thread, int(id), bodies.ours(id, key))


def written(us: Us, message: Payload, *, roles: Iterable[str] | None = None, names: Names = NOBODYS) -> RawEvent | None:
    """A person wrote a message; None where Discord shows none of it, or there is nothing to it."""
    fields = _said(us, message, roles, names)
    id = str(message["id"])
    return None if fields is None else _raw(f"m:{id}", message["channel_id"], int(id), bodies.written(fields))


def edited(us: Us, message: Payload, *, roles: Iterable[str] | None = None, names: Names = NOBODYS) -> RawEvent | None:
    """A person changed a message; None where its words are as they were written, or Discord does not show them."""
    at, fields = edited_at(message), _said(us, message, roles, names)
    if at is None or fields is None:
        return None
    id = str(message["id"])
    order = max(first_at(at), int(id) + 1)
    return _raw(f"e:{id}:{round(at * 1000)}", message["channel_id"], order, bodies.edited(fields))


def erased(thread: str, message: str, order: int, now: float) -> RawEvent:
    """A message was deleted. `order`: behind all that was heard of the thread before; `now` is our own clock's."""
    return _raw(f"d:{message}", thread, order, bodies.erased(message), now)


def marked(thread: str, message: str, by: Writer, on: bool, nature: str, order: int, now: float) -> RawEvent:
    """A person marked a message, or took the mark off. `nature` tells one time from another."""
    turned = "on" if on else "off"
    return _raw(f"r:{message}:{by.id}:{turned}:{nature}", thread, order, bodies.marked(message, by, on=on), now)


def _said(us: Us, message: Payload, roles: Iterable[str] | None, names: Names) -> dict[str, object] | None:
    """What a person said, as a body tells it; None for an empty message (law: what is not shown is not relayed)."""
    content, attached = str(message.get("content") or ""), message.get("attachments") or ()
    if not (content.strip() or attached):
        return None
    content, opening = _without_us(us, content)
    by = writer_of(message["author"], message.get("member"), roles)
    fields: dict[str, object] = {
        **bodies.said(str(message["id"]), by, to_person=opening, reply_to=_replied(message)),
        "content": content,
        "people": {str(who["id"]): writer_of(who, None).name for who in message.get("mentions") or ()},
        "channels": {id: names.channels[id] for id in _CHANNEL.findall(content) if id in names.channels},
        "roles": {id: names.roles[id] for id in _ROLE.findall(content) if id in names.roles},
        "attached": [str(file.get("filename") or "a file") for file in attached] if us.links else [],
    }
    if us.links and attached and message.get("guild_id"):
        fields["link"] = f"https://discord.com/channels/{message['guild_id']}/{message['channel_id']}/{message['id']}"
    return fields


def _replied(message: Payload) -> str | None:
    """The message that this one answers by Discord's own reply."""
    reference = message.get("message_reference")
    if message.get("type") != REPLY or not reference or reference.get("type", 0) == FORWARD:
        return None
    return str(reference["message_id"]) if reference.get("message_id") else None


def _without_us(us: Us, content: str) -> tuple[str, bool]:
    """Take a mention of the bot off the beginning; whether what remains begins with one of a person."""
    opening = _PERSON.match(content)
    if opening is not None and opening[1] == us.user:
        content = content[opening.end() :].lstrip()
        opening = _PERSON.match(content)
    return content, opening is not None


def _raw(nature: str, thread: str, order: int, fields: Mapping[str, object], now: float = 0.0) -> RawEvent:
    if not 0 < order <= _LAST:
        raise ValueError(f"no id of Discord's: {order}")
    return RawEvent(nature, nature, ThreadId(str(thread)), order, bodies.body(fields, max(now, instant(order))))
