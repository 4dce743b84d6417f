"""REST: who one is, and what a guild has (https://docs.discord.com/developers/resources/guild)."""

from __future__ import annotations

from adapters.discord.double import rules, shapes
from adapters.discord.double.asked import Answer, Call, routes
from adapters.discord.double.problems import problem
from adapters.discord.double.things import Guild


@routes("GET", "/users/@me")
def me(call: Call) -> Answer:
    """The bot itself."""
    return Answer(200, shapes.me(call.user))


@routes("GET", "/users/@me/guilds")
def my_guilds(call: Call) -> Answer:
    """The guilds that the bot is in."""
    found = [one for one in call.world.guilds.values() if call.user.id in one.members]
    return Answer(200, [
        {
            "id": one.id, "name": one.name, "icon": None, "banner": None, "owner": one.owner == call.user.id,
            "features": [], "permissions": str(rules.in_guild(call.world, one, call.user)),
        }
        for one in found
    ])  # fmt: skip


@routes("GET", "/users/{user_id}")
def user(call: Call) -> Answer:
    """Any user."""
    found = call.world.users.get(call.ids["user_id"])
    if found is None:
        raise problem(10013)
    return Answer(200, shapes.user(found))


@routes("GET", "/oauth2/applications/@me")
@routes("GET", "/applications/@me")
def application(call: Call) -> Answer:
    """The bot's application."""
    return Answer(200, shapes.application(call.world))


def _guild(call: Call) -> Guild:
    found = call.world.guilds.get(call.ids["guild_id"])
    if found is None:
        raise problem(10004)
    if call.user.id not in found.members:
        raise problem(50001)
    return found


@routes("GET", "/guilds/{guild_id}")
def guild(call: Call) -> Answer:
    """A guild."""
    shape = shapes.guild(_guild(call))
    if call.query.get("with_counts") == "true":
        shape |= {"approximate_member_count": len(_guild(call).members), "approximate_presence_count": 1}
    return Answer(200, shape)


@routes("GET", "/guilds/{guild_id}/channels")
def channels(call: Call) -> Answer:
    """The guild's channels, also those that the bot does not see; no threads."""
    found = [
        one for one in call.world.channels.values() if one.guild == _guild(call).id and one.thread is None
    ]  # fmt: skip
    return Answer(200, [shapes.channel(one) for one in found])


@routes("GET", "/guilds/{guild_id}/roles")
def roles(call: Call) -> Answer:
    """The guild's roles."""
    return Answer(200, [shapes.role(one) for one in _guild(call).roles.values()])


@routes("GET", "/guilds/{guild_id}/members/{user_id}")
def member(call: Call) -> Answer:
    """A member, with roles."""
    found = _guild(call).members.get(call.ids["user_id"])
    if found is None:
        raise problem(10007 if call.ids["user_id"] in call.world.users else 10013)
    return Answer(200, shapes.member(found))
