"""What happens to messages, with the events of it. What a person or a bot may do is asked before, in `rules`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from adapters.discord.double import permissions, shapes, threads
from adapters.discord.double.things import (
    DEFAULT,
    EPHEMERAL,
    PINNED,
    REPLY,
    Channel,
    Member,
    Message,
    User,
)  # fmt: skip
from adapters.discord.double.world import GUILDS, MESSAGES, REACTIONS, Eyes, Happening, World

_MENTION = re.compile(r"<@!?(\d+)>|<@&(\d+)>|@(everyone|here)")


@dataclass(frozen=True, slots=True)
class Allowed:
    """`allowed_mentions` (https://docs.discord.com/developers/resources/message#allowed-mentions-object)."""

    parse: frozenset[str] = frozenset({"users", "roles", "everyone"})
    users: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    replied_user: bool = True

    @classmethod
    def of(cls, given: dict[str, Any] | None) -> Allowed:
        """As a request says it; a message without it mentions whomever it names."""
        if given is None:
            return cls()
        return cls(
            frozenset(given.get("parse") or ()), frozenset(given.get("users") or ()),
            frozenset(given.get("roles") or ()), bool(given.get("replied_user", False)),
        )  # fmt: skip


def say(
    world: World, channel: Channel, author: User, content: str, *, allowed: Allowed | None = None,
    reply_to: Message | None = None, member: Member | None = None, **more: Any,
) -> Message:  # fmt: skip
    """Say something: un-archives a thread, reaches those whom it mentions, and is told to everyone who looks."""
    if more.get("seen_by") is None:
        threads.wake(world, channel)
    if reply_to is not None:
        more.setdefault("type", REPLY)
        more.setdefault("reference", refer(channel, reply_to))
    message = world.new_message(channel, author, content, **more)
    _mention(world, message, allowed or Allowed(), reply_to, member)
    if message.seen_by is None:
        _reach(world, channel, message)
    else:
        message.flags |= EPHEMERAL
    told(world, "MESSAGE_CREATE", message)
    return message


def refer(channel: Channel, to: Message) -> dict[str, Any]:
    """A `message_reference` to a message of the channel."""
    return {"type": 0, "channel_id": channel.id, "message_id": to.id, "guild_id": channel.guild}


def told(world: World, event: str, message: Message) -> None:
    """Tell everyone who sees the channel how the message stands; an ephemeral one is told to nobody."""
    if message.seen_by is not None:
        return
    channel = world.channels[message.channel]
    world.tell(Happening(event, MESSAGES, lambda eyes: shapes.event_message(world, message, eyes), channel))


def _mention(world: World, message: Message, allowed: Allowed, reply_to: Message | None, member: Member | None) -> None:
    """Note whom the message mentions: those it names and may, and whom it replies to."""
    channel = world.channels[message.channel]
    guild = world.guild_of(channel)
    may_all = member is None or bool(world.permissions(member.user, channel) & permissions.MENTION_EVERYONE)
    users: dict[str, None] = {}
    roles: dict[str, None] = {}
    everyone = False
    for user, role, all_of in _MENTION.findall(message.content):
        if user and user in world.users and ("users" in allowed.parse or user in allowed.users):
            users[user] = None
        if role and role in guild.roles and ("roles" in allowed.parse or role in allowed.roles):
            roles[role] = None
        everyone = everyone or bool(all_of and may_all and "everyone" in allowed.parse)
    if reply_to is not None and allowed.replied_user and reply_to.author.id in world.users:
        users[reply_to.author.id] = None
    message.mentions, message.mention_roles, message.everyone = list(users), list(roles), everyone
    rung = set(users) | {
        one.user.id for one in guild.members.values()
        if everyone or any(role in one.roles and (may_all or guild.roles[role].mentionable) for role in roles)
    }  # fmt: skip
    message.pinged = [id for id in sorted(rung) if id != message.author.id and _sees(world, id, channel)]


def _sees(world: World, user_id: str, channel: Channel) -> bool:
    return bool(world.permissions(world.users[user_id], channel) & permissions.VIEW_CHANNEL)


def _reach(world: World, channel: Channel, message: Message) -> None:
    world.pinged.extend((id, message) for id in message.pinged)
    if channel.thread is not None:
        for id in [*message.mentions, message.author.id]:
            if id in world.users and _sees(world, id, channel):
                threads.join(world, channel, world.users[id])


def edit(world: World, message: Message, *, allowed: Allowed | None = None, **changes: Any) -> None:
    """Change a message; whom it mentions is noted anew, and nobody is told of that."""
    for name, value in changes.items():
        setattr(message, name, value)
    if "flags" not in changes or len(changes) > 1:
        message.edited = world.time.now()
    if "content" in changes:
        channel = world.channels[message.channel]
        to = world.messages[channel.id].get((message.reference or {}).get("message_id", ""))
        member = world.guild_of(channel).members.get(message.author.id)
        pinged = message.pinged
        keeps_ping = to is not None and allowed is None and to.author.id in message.mentions
        _mention(world, message, allowed or Allowed(replied_user=keeps_ping), to, member)
        message.pinged = pinged
    told(world, "MESSAGE_UPDATE", message)


def delete(world: World, message: Message) -> None:
    """Delete a message; a thread that was made from it stays."""
    channel = world.channels[message.channel]
    del world.messages[channel.id][message.id]
    if message.seen_by is not None:
        return
    if channel.thread is not None and message.position is not None:
        channel.thread.count -= 1
    gone = {"id": message.id, "channel_id": channel.id, "guild_id": channel.guild}
    world.tell(Happening("MESSAGE_DELETE", MESSAGES, lambda _eyes: dict(gone), channel))


def react(world: World, message: Message, user: User, emoji: str) -> bool:
    """Put a reaction there; False where it stands already."""
    who = message.reactions.setdefault(emoji, {})
    if user.id in who:
        return False
    who[user.id] = world.time.now()
    channel = world.channels[message.channel]
    member = world.guild_of(channel).members.get(user.id)
    event = _reaction(message, channel, user.id, emoji)
    if member is not None:
        event["member"] = shapes.member(member)
    if message.webhook is None:
        event["message_author_id"] = message.author.id
    world.tell(Happening("MESSAGE_REACTION_ADD", REACTIONS, lambda _eyes: dict(event), channel))
    return True


def unreact(world: World, message: Message, user_id: str, emoji: str) -> bool:
    """Take a reaction away; False where there is none."""
    who = message.reactions.get(emoji, {})
    if user_id not in who:
        return False
    del who[user_id]
    if not who:
        del message.reactions[emoji]
    channel = world.channels[message.channel]
    event = _reaction(message, channel, user_id, emoji)
    world.tell(Happening("MESSAGE_REACTION_REMOVE", REACTIONS, lambda _eyes: dict(event), channel))
    return True


def clear(world: World, message: Message, emoji: str | None = None) -> None:
    """Take all reactions away, or all with one emoji."""
    channel = world.channels[message.channel]
    event = {"channel_id": channel.id, "message_id": message.id, "guild_id": channel.guild}
    if emoji is None:
        message.reactions.clear()
        world.tell(Happening("MESSAGE_REACTION_REMOVE_ALL", REACTIONS, lambda _eyes: dict(event), channel))
        return
    message.reactions.pop(emoji, None)
    event_of_one = {**event, "emoji": shapes.emoji(emoji)}
    world.tell(Happening("MESSAGE_REACTION_REMOVE_EMOJI", REACTIONS, lambda _eyes: dict(event_of_one), channel))


def _reaction(message: Message, channel: Channel, user_id: str, emoji: str) -> dict[str, Any]:
    return {
        "user_id": user_id, "channel_id": channel.id, "message_id": message.id, "guild_id": channel.guild,
        "emoji": shapes.emoji(emoji), "burst": False, "type": 0,
    }  # fmt: skip


def pin(world: World, message: Message, user: User) -> None:
    """Pin a message: a system message says so."""
    channel = world.channels[message.channel]
    message.pinned, channel.last_pin = True, world.time.now()
    told(world, "MESSAGE_UPDATE", message)
    pins = {"channel_id": channel.id, "guild_id": channel.guild}
    world.tell(Happening("CHANNEL_PINS_UPDATE", GUILDS, lambda _eyes: dict(pins), channel))
    system(world, channel, user, PINNED, reference=refer(channel, message))


def system(world: World, channel: Channel, user: User, type: int, content: str = "", **more: Any) -> Message:
    """A message that Discord itself writes in somebody's name."""
    message = world.new_message(channel, user, content, type=type, **more)
    told(world, "MESSAGE_CREATE", message)
    return message


def shown(world: World, channel: Channel, eyes: Eyes, ids: Iterable[str]) -> list[dict[str, Any]]:
    """Messages of a channel as REST gives them."""
    return [shapes.message(world, world.messages[channel.id][id], eyes) for id in ids]


def is_plain(message: Message) -> bool:
    """Whether a person or a bot said it, rather than Discord."""
    return message.type in {DEFAULT, REPLY, 20, 23}
