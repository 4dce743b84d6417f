"""What Discord lets people and bots do: permissions, locked and archived threads, slow mode. Raises `Problem`."""

from __future__ import annotations

from adapters.discord.double import permissions
from adapters.discord.double.problems import problem
from adapters.discord.double.things import FORUM, TEXT, Channel, Guild, Message, User
from adapters.discord.double.world import World

_UNSLOWED = permissions.BYPASS_SLOWMODE


def need(world: World, user: User, channel: Channel, *bits: int) -> int:
    """Raise 50001 where the user does not see the channel, 50013 where they may not do this; what they may do."""
    have = world.permissions(user, channel)
    if not have & permissions.VIEW_CHANNEL:
        raise problem(50001)
    for bit in bits:
        if not have & bit:
            raise problem(50013)
    return have


def may_say(world: World, user: User, channel: Channel) -> int:
    """Raise unless the user may write here, now."""
    if channel.type == FORUM or (channel.thread is None and channel.type not in {TEXT, 5}):
        need(world, user, channel)
        raise problem(50008)
    sending = permissions.SEND_MESSAGES if channel.thread is None else permissions.SEND_MESSAGES_IN_THREADS
    have = need(world, user, channel, sending)
    unlocked(channel, have)
    room_for_one_more(world, channel)
    not_slowed(world, user, channel, have)
    return have


def unlocked(channel: Channel, have: int) -> None:
    """Raise 160005 where the thread is locked and the user no moderator of threads."""
    if channel.thread is not None and channel.thread.locked and not have & permissions.MANAGE_THREADS:
        raise problem(160005)


def open_thread(channel: Channel) -> None:
    """Raise 50083 where the thread is archived."""
    if channel.thread is not None and channel.thread.archived:
        raise problem(50083)


def room_for_one_more(world: World, channel: Channel, *, new: bool = False) -> None:
    """Raise 160006 where a thread would be made or opened that is one too many."""
    asleep = channel.thread is not None and channel.thread.archived
    if (new or asleep) and len(world.active(world.guild_of(channel))) >= world.active_threads:
        raise problem(160006)


def not_slowed(world: World, user: User, channel: Channel, have: int) -> None:
    """Raise 20016 where the user wrote here too short a while ago; bots are not slowed (nor are moderators)."""
    if not channel.slow or user.bot or have & (_UNSLOWED | permissions.MANAGE_MESSAGES | permissions.MANAGE_CHANNELS):
        return
    own = [one.created for one in world.messages[channel.id].values() if one.author.id == user.id]
    if own and max(own) + channel.slow > world.time.now():
        raise problem(20016)


def may_react(world: World, user: User, channel: Channel, message: Message, emoji: str) -> None:
    """Raise unless the user may put this reaction there: a new one, or one more of those that stand."""
    bits = [permissions.READ_MESSAGE_HISTORY]
    if emoji not in message.reactions:
        bits.append(permissions.ADD_REACTIONS)
    have = need(world, user, channel, *bits)
    open_thread(channel)
    unlocked(channel, have)
    known_emoji(emoji)
    if emoji not in message.reactions and len(message.reactions) >= 20:
        raise problem(30010)


_TEXT_BY_DEFAULT = frozenset("⚠❤☀✔✉🗑✏↩ℹ🖊🕵☑🖐")
"""Characters that are an emoji only with U+FE0F behind them: Discord knows them by that name alone."""


def known_emoji(emoji: str) -> None:
    """Raise 10014 for what is no emoji."""
    if ":" in emoji:
        if not emoji.rsplit(":", 1)[1].isdigit():
            raise problem(10014)
        return
    if not emoji or emoji.isascii() or len(emoji) > 12 or emoji.isspace() or emoji in _TEXT_BY_DEFAULT:
        raise problem(10014)


def may_delete(world: World, user: User, channel: Channel, message: Message) -> None:
    """Raise unless the message is the user's own, or they moderate messages."""
    own = message.author.id == user.id
    need(world, user, channel, *(() if own else (permissions.MANAGE_MESSAGES,)))


def in_guild(world: World, guild: Guild, user: User) -> int:
    """What the user may do in the guild, before any channel's overwrites."""
    return permissions.of_member(guild, guild.members[user.id], world.time.now())
