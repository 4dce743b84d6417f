"""Permissions computed as Discord documents (https://docs.discord.com/developers/topics/permissions).

Written for the double alone: what the adapter computes of them is another matter, and each is a check of the other.
"""

from __future__ import annotations

from adapters.discord.double.things import Channel, Guild, Member, Overwrite

CREATE_INSTANT_INVITE = 1 << 0
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
SEND_TTS = 1 << 12
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
MANAGE_ROLES = 1 << 28
MANAGE_WEBHOOKS = 1 << 29
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_MESSAGES_IN_THREADS = 1 << 38
MODERATE_MEMBERS = 1 << 40
PIN_MESSAGES = 1 << 51
BYPASS_SLOWMODE = 1 << 52
ALL = (1 << 53) - 1

EVERYONE = (
    CREATE_INSTANT_INVITE | ADD_REACTIONS | VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES
    | READ_MESSAGE_HISTORY | USE_EXTERNAL_EMOJIS | USE_APPLICATION_COMMANDS | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS | SEND_MESSAGES_IN_THREADS
)  # fmt: skip
"""What @everyone of a new guild may do, as far as it matters here."""
BOT = 326417599552
"""What the project asks for its bot: see docs/discord.md."""
_WITH_SENDING = SEND_TTS | EMBED_LINKS | ATTACH_FILES | MENTION_EVERYONE
_IN_TIMEOUT = VIEW_CHANNEL | READ_MESSAGE_HISTORY


def of_member(guild: Guild, member: Member, now: float) -> int:
    """What a member may do in the guild, before any channel's overwrites."""
    if member.user.id == guild.owner:
        return ALL
    have = guild.roles[guild.id].permissions
    for role in member.roles:
        have |= guild.roles[role].permissions
    if have & ADMINISTRATOR:
        return ALL
    return have & _IN_TIMEOUT if member.timeout_until > now else have


def in_channel(guild: Guild, channel: Channel, parent: Channel | None, member: Member, now: float) -> int:
    """What a member may do in a channel; in a thread, which has the permissions of its `parent`."""
    have = of_member(guild, member, now)
    if have == ALL:
        return ALL
    have = _overwritten(guild, (parent or channel).overwrites, member, have)
    if member.timeout_until > now:
        have &= _IN_TIMEOUT
    if not have & VIEW_CHANNEL:
        return 0
    if channel.thread is not None and channel.type == 12 and not _in_private(channel, member, have):
        return 0
    sending = SEND_MESSAGES_IN_THREADS if channel.thread is not None else SEND_MESSAGES
    return have if have & sending else have & ~_WITH_SENDING


def _in_private(channel: Channel, member: Member, have: int) -> bool:
    assert channel.thread is not None
    return member.user.id in channel.thread.members or bool(have & MANAGE_THREADS)


def _overwritten(guild: Guild, overwrites: dict[str, Overwrite], member: Member, have: int) -> int:
    """First @everyone's overwrite, then all roles' together, then the member's own."""
    everyone = overwrites.get(guild.id, Overwrite(member=False))
    have = have & ~everyone.deny | everyone.allow
    roles = [overwrites[role] for role in member.roles if role in overwrites]
    allow = deny = 0
    for one in roles:
        allow, deny = allow | one.allow, deny | one.deny
    have = have & ~deny | allow
    own = overwrites.get(member.user.id, Overwrite(member=True))
    return have & ~own.deny | own.allow
