"""The things as Discord writes them in JSON. What a thing has not is absent, not null, where Discord does so."""

from __future__ import annotations

from typing import Any

from adapters.discord.double import permissions
from adapters.discord.double.things import (
    FORUM,
    THREAD_CREATED,
    Channel,
    Guild,
    Member,
    Message,
    Role,
    User,
    Webhook,
)  # fmt: skip
from adapters.discord.double.time import stamp
from adapters.discord.double.world import Eyes, World

Json = dict[str, Any]


def user(one: User) -> Json:
    """A user as others see it."""
    shape: Json = {
        "id": one.id, "username": one.name, "avatar": one.avatar, "discriminator": "0000", "public_flags": 0,
        "flags": 0, "global_name": None if one.bot else one.name, "primary_guild": None, "banner": None,
        "accent_color": None, "avatar_decoration_data": None, "collectibles": None,
    }  # fmt: skip
    if one.bot:
        shape["bot"] = True
    return shape


def me(one: User) -> Json:
    """A bot as it sees itself."""
    return {
        **user(one), "mfa_enabled": True, "locale": "en-US", "verified": True, "email": None, "premium_type": 0,
        "bio": "",
    }  # fmt: skip


def role(one: Role) -> Json:
    """A role."""
    return {
        "id": one.id, "name": one.name, "permissions": str(one.permissions),
        "position": one.position, "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}, "hoist": False,
        "managed": one.managed, "mentionable": one.mentionable, "icon": None, "unicode_emoji": None, "flags": 0,
    }  # fmt: skip


def member(one: Member, *, with_user: bool = True) -> Json:
    """A member; in a message's `member` the user is left out, which stands beside it."""
    shape: Json = {
        "avatar": None, "banner": None,
        "communication_disabled_until": stamp(one.timeout_until) if one.timeout_until else None, "flags": 0,
        "joined_at": stamp(one.joined), "nick": one.nick, "pending": False, "premium_since": None,
        "roles": list(one.roles), "mute": False, "deaf": False,
    }  # fmt: skip
    return {**shape, "user": user(one.user)} if with_user else shape


def channel(one: Channel, eyes: Eyes | None = None) -> Json:
    """A channel or a thread; a thread with the own membership of who looks."""
    if one.thread is not None:
        return _thread(one, eyes)
    shape: Json = {
        "id": one.id, "type": one.type, "guild_id": one.guild, "name": one.name, "position": one.position,
        "topic": one.topic, "flags": one.flags, "last_message_id": one.last_message, "parent_id": one.parent,
        "rate_limit_per_user": one.slow, "nsfw": False,
        "permission_overwrites": [
            {"id": id, "type": int(over.member), "allow": str(over.allow), "deny": str(over.deny)}
            for id, over in one.overwrites.items()
        ],
    }  # fmt: skip
    if one.last_pin is not None:
        shape["last_pin_timestamp"] = stamp(one.last_pin)
    if one.type == FORUM:
        shape |= {
            "available_tags": [
                {"id": tag.id, "name": tag.name, "moderated": tag.moderated, "emoji_id": None, "emoji_name": None}
                for tag in one.tags
            ],
            "default_reaction_emoji": None, "default_sort_order": None, "default_forum_layout": 0, "template": "",
        }  # fmt: skip
    return shape


def _thread(one: Channel, eyes: Eyes | None) -> Json:
    part = one.thread
    assert part is not None
    shape: Json = {
        "id": one.id, "type": one.type, "guild_id": one.guild, "name": one.name, "parent_id": one.parent,
        "owner_id": part.owner, "flags": one.flags, "last_message_id": one.last_message,
        "rate_limit_per_user": one.slow, "message_count": part.count, "member_count": min(50, len(part.members)),
        "total_message_sent": part.sent,
        "thread_metadata": {
            "archived": part.archived, "archive_timestamp": stamp(part.archive_timestamp),
            "auto_archive_duration": part.auto_archive, "locked": part.locked,
            "create_timestamp": stamp(part.created),
        },
    }  # fmt: skip
    if one.type == 12:
        shape["thread_metadata"]["invitable"] = part.invitable
    if part.applied_tags:
        shape["applied_tags"] = list(part.applied_tags)
    if eyes is not None and eyes.user.id in part.members:
        shape["member"] = thread_member(one, eyes.user.id)
    return shape


def thread_member(one: Channel, user_id: str) -> Json:
    """Somebody's membership in a thread."""
    assert one.thread is not None
    return {"id": one.id, "user_id": user_id, "join_timestamp": stamp(one.thread.members[user_id]), "flags": 1}


def hides_content(one: Message, eyes: Eyes) -> bool:
    """Whether Discord blanks the message for these eyes: without the intent, but for the exceptions that it makes.

    Those are: the bot's own, and what mentions it, as a reply with its ping on does. Messages of our own webhooks are
    blanked: Discord's exceptions do not name them.
    """
    return not (eyes.content or one.author.id == eyes.user.id or eyes.user.id in one.mentions)


def message(world: World, one: Message, eyes: Eyes, *, nested: bool = False) -> Json:
    """A message as REST gives it."""
    blank = hides_content(one, eyes)
    shape: Json = {
        "id": one.id, "channel_id": one.channel, "type": one.type, "content": "" if blank else one.content,
        "author": user(one.author), "timestamp": stamp(one.created),
        "edited_timestamp": stamp(one.edited) if one.edited is not None else None, "tts": one.tts,
        "mention_everyone": one.everyone, "mentions": [user(world.users[id]) for id in one.mentions],
        "mention_roles": list(one.mention_roles), "attachments": [] if blank else list(one.attachments),
        "embeds": [] if blank else list(one.embeds), "pinned": one.pinned, "flags": one.flags,
        "components": [] if blank else list(one.components),
    }  # fmt: skip
    for key, value in (
        ("nonce", one.nonce), ("webhook_id", one.webhook), ("application_id", one.application),
        ("message_reference", one.reference), ("interaction_metadata", one.interaction), ("position", one.position),
    ):  # fmt: skip
        if value is not None:
            shape[key] = value
    if one.reactions:
        shape["reactions"] = [_reaction(emoji, who, eyes) for emoji, who in one.reactions.items()]
    if one.id in world.channels and one.channel != one.id:
        shape["thread"] = channel(world.channels[one.id], eyes)
    if one.reference is not None and one.type != THREAD_CREATED and not nested:
        _refer(world, one, eyes, shape)
    return shape


def _refer(world: World, one: Message, eyes: Eyes, shape: Json) -> None:
    assert one.reference is not None
    there = world.messages.get(one.reference["channel_id"], {}).get(one.reference.get("message_id", ""))
    shape["referenced_message"] = None if there is None else message(world, there, eyes, nested=True)


def emoji(name: str) -> Json:
    """An emoji: a character, or `name:id` for one of a guild's own."""
    if ":" in name:
        word, id = name.rsplit(":", 1)
        return {"id": id, "name": word}
    return {"id": None, "name": name}


def _reaction(name: str, who: dict[str, float], eyes: Eyes) -> Json:
    return {
        "emoji": emoji(name), "count": len(who), "count_details": {"burst": 0, "normal": len(who)}, "burst_colors": [],
        "me_burst": False, "burst_me": False, "me": eyes.user.id in who, "burst_count": 0,
    }  # fmt: skip


def event_message(world: World, one: Message, eyes: Eyes) -> Json:
    """A message as the gateway gives it: with its guild, and its writer's roles."""
    guild = world.guilds[world.channels[one.channel].guild]
    shape = {**message(world, one, eyes), "guild_id": guild.id, "channel_type": world.channels[one.channel].type}
    writer = guild.members.get(one.author.id)
    if writer is not None and one.webhook is None:
        shape["member"] = member(writer, with_user=False)
    shape["mentions"] = [
        {**shown, "member": member(guild.members[shown["id"]], with_user=False)}
        if shown["id"] in guild.members else shown
        for shown in shape["mentions"]
    ]  # fmt: skip
    return shape


def webhook(world: World, one: Webhook, *, secret: bool = True) -> Json:
    """An incoming webhook."""
    shape: Json = {
        "id": one.id, "type": 1, "guild_id": one.guild, "channel_id": one.channel, "name": one.name,
        "avatar": one.avatar, "application_id": one.application, "user": user(world.users[one.creator]),
    }  # fmt: skip
    if secret:
        shape |= {"token": one.token}
    return shape


def guild(one: Guild) -> Json:
    """A guild as REST gives it."""
    return {
        "id": one.id, "name": one.name, "icon": None, "description": None, "home_header": None, "splash": None,
        "discovery_splash": None, "features": [], "banner": None, "owner_id": one.owner, "application_id": None,
        "region": "deprecated", "afk_channel_id": None, "afk_timeout": 300, "system_channel_id": None,
        "system_channel_flags": 0, "widget_enabled": False, "widget_channel_id": None, "verification_level": 0,
        "roles": [role(each) for each in one.roles.values()], "default_message_notifications": 0, "mfa_level": 0,
        "explicit_content_filter": 0, "max_presences": None, "max_members": 500000,
        "max_stage_video_channel_users": 50, "max_video_channel_users": 25, "vanity_url_code": None,
        "premium_tier": 0, "premium_subscription_count": 0, "preferred_locale": "en-US", "rules_channel_id": None,
        "safety_alerts_channel_id": None, "public_updates_channel_id": None, "premium_progress_bar_enabled": False,
        "premium_progress_bar_enabled_user_updated_at": None, "nsfw": False, "nsfw_level": 0, "emojis": [],
        "stickers": [], "incidents_data": None,
    }  # fmt: skip


def event_guild(world: World, one: Guild, eyes: Eyes) -> Json:
    """GUILD_CREATE: everything of the guild that who looks may see; archived threads are left out."""

    def seen(each: Channel) -> bool:
        return bool(world.permissions(eyes.user, each) & permissions.VIEW_CHANNEL)

    channels = [each for each in world.channels.values() if each.guild == one.id and each.thread is None]
    return {
        **guild(one), "joined_at": stamp(one.members[eyes.user.id].joined), "large": False,
        "unavailable": False, "member_count": len(one.members), "voice_states": [],
        "members": [member(one.members[eyes.user.id])], "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [],
        "channels": [_unplaced(channel(each, eyes)) for each in channels if seen(each)],
        "threads": [_unplaced(channel(each, eyes)) for each in world.active(one) if seen(each)],
    }  # fmt: skip


def _unplaced(shape: Json) -> Json:
    return {key: value for key, value in shape.items() if key != "guild_id"}


def application(world: World) -> Json:
    """The application as its own bot sees it."""
    one = world.application
    return {
        "id": one.id, "name": one.name, "icon": None, "description": "", "type": None, "bot_public": True,
        "bot_require_code_grant": False, "verify_key": "0" * 64, "flags": one.flags, "flags_new": str(one.flags),
        "redirect_uris": [], "interactions_endpoint_url": None, "role_connections_verification_url": None,
        "owner": user(one.owner), "approximate_guild_count": len(world.guilds), "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0, "explicit_content_filter": 0, "team": None,
        "eligible_oauth2_scopes": [], "bot": user(world.bot), "integration_types_config": {"0": {}},
    }  # fmt: skip
