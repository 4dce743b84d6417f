"""Somebody presses or commands something, and the bot is told: INTERACTION_CREATE, as Discord shapes it."""

from __future__ import annotations

import secrets
from typing import Any

from adapters.discord.double import permissions, shapes
from adapters.discord.double.interactions import COMPONENT, MODAL_SUBMIT, Interaction
from adapters.discord.double.things import Channel, Message, User
from adapters.discord.double.world import Eyes, Happening, World


def begin(
    world: World, type: int, user: User, channel: Channel, data: dict[str, Any], *,
    message: Message | None = None, target: Message | None = None, before: Interaction | None = None,
) -> Interaction:  # fmt: skip
    """Something was pressed: the bot is told, by the gateway, whatever its intents and permissions are."""
    one = Interaction(
        world.time.id(), secrets.token_urlsafe(120), type, user, channel, data, world.time.now(),
        message, target, before,
    )  # fmt: skip
    world.interactions.add(one)
    shape = _shape(world, one)
    world.tell(Happening("INTERACTION_CREATE", 0, lambda _eyes: dict(shape), only=world.bot.id))
    return one


def _shape(world: World, one: Interaction) -> dict[str, Any]:
    channel = one.channel
    member = world.guild_of(channel).members[one.user.id]
    have = permissions.in_channel(world.guild_of(channel), channel, world.parent(channel), member, world.time.now())
    shape: dict[str, Any] = {
        "id": one.id, "application_id": world.application.id, "type": one.type, "token": one.token, "version": 1,
        "guild_id": channel.guild, "guild": {"id": channel.guild, "locale": "en-US", "features": []},
        "channel_id": channel.id,
        "channel": {**shapes.channel(channel), "permissions": str(have)}, "data": one.data,
        "member": {**shapes.member(member), "permissions": str(have)}, "locale": "en-US", "guild_locale": "en-US",
        "app_permissions": str(world.permissions(world.bot, channel)), "entitlements": [],
        "authorizing_integration_owners": {"0": channel.guild}, "context": 0,
        "attachment_size_limit": 10 << 20,
    }  # fmt: skip
    if one.message is not None:
        shape["message"] = shapes.message(world, one.message, Eyes(world.bot))
    return shape


def metadata(one: Interaction) -> dict[str, Any]:
    """`interaction_metadata` of the messages that answer."""
    meta: dict[str, Any] = {
        "id": one.id, "type": one.type, "user": shapes.user(one.user),
        "authorizing_integration_owners": {"0": one.channel.guild},
    }  # fmt: skip
    if one.type == COMPONENT and one.message is not None:
        meta["interacted_message_id"] = one.message.id
    if one.type == MODAL_SUBMIT and one.before is not None:
        meta["triggering_interaction_metadata"] = metadata(one.before)
    if one.target is not None:
        meta["target_message_id"] = one.target.id
    return meta
