"""What could keep a channel, its people and its threads from working, told from what Discord says about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.discord import permissions
from adapters.discord.api import Api, ApiRefusal
from adapters.discord.ids import MODE
from adapters.discord.permissions import FORUMS, MANAGE_THREADS, SEND_MESSAGES_IN_THREADS, THREADS, VIEW_CHANNEL
from bridge.model import Finding

MOST_THREADS = 1000
"""Active threads that a server may have. Discord's documents name no number; from the next one on it answers 160006."""
_NEARLY = 950
ARCHIVED = 100
"""Archived threads of a channel that are looked at: those that were archived last."""
_REQUIRES_TAG = 1 << 4
"""A flag of forums: https://docs.discord.com/developers/resources/channel#channel-object-channel-flags."""
_OTHERS = {2: "a voice channel", 4: "a category of channels", 13: "a stage channel"}
COPY = f"{MODE}, then right-click and copy the id"
_PERMISSIONS = "in Discord under Edit Channel, Permissions"


def good(what: str) -> Finding:
    """Something that is as it should be."""
    return Finding(what, good=True)


def bad(what: str, remedy: str) -> Finding:
    """Something that a person has to mend."""
    return Finding(what, good=False, remedy=remedy)


@dataclass(slots=True)
class Server:
    """A server as Discord's API gives it, with the bot's own membership. `channels` are those that routes name."""

    api: Api
    guild: Mapping[str, Any]
    me: Mapping[str, Any]
    now: float
    channels: list[Mapping[str, Any]] = field(default_factory=list)
    _members: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.guild["name"])

    @property
    def roles(self) -> Mapping[str, str]:
        """The names of its roles by id."""
        return {role["id"]: role["name"] for role in self.guild["roles"]}

    def allowed(self, channel: Mapping[str, Any], member: Mapping[str, Any] | None = None) -> int:
        """What a member, or else the bot, may do in a channel."""
        return permissions.permitted(self.guild, member or self.me, channel, self.now)

    async def member(self, id: str) -> Mapping[str, Any] | None:
        """Whoever has this id; None for those who are not on the server."""
        if id not in self._members:
            try:
                self._members[id] = await self.api.call(
                    "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=self.guild["id"], user_id=id
                )
            except ApiRefusal as refusal:
                if refusal.status != 404:
                    raise
                self._members[id] = None
        return self._members[id]


# --- A channel --------------------------------------------------------------------------------------------------------


def not_a_room(channel: Mapping[str, Any]) -> Finding | None:
    """Say what a channel is that cannot be a room; None for those that can."""
    if channel["type"] in permissions.ROOMS:
        return None
    name = channel.get("name") or channel["id"]
    if channel["type"] in THREADS:
        return bad(f"“{name}” is a thread", f'write the id of the channel that it is in: "{channel["parent_id"]}"')
    kind = _OTHERS.get(channel["type"], "no channel of a server")
    return bad(f"“{name}” is {kind}", f"write the id of a text channel or a forum: {COPY}")


def of_room(server: Server, channel: Mapping[str, Any], identity: str, *, closed: bool) -> Sequence[Finding]:
    """What there is to say about a channel. `closed`: it is a moderation room."""
    kind = "a forum" if channel["type"] in FORUMS else "a text channel"
    lacks = permissions.lacking(server.allowed(channel), channel["type"], identity)
    whole = good(f"#{channel['name']} on “{server.name}” is {kind}, and the bot has all its permissions there")
    found = [_lack(channel, need) for need in lacks] or [whole]
    if closed:
        found.append(_privacy(server, channel))
    return (*found, *_tags(channel), *_slow(channel))


def _lack(channel: Mapping[str, Any], need: permissions.Need) -> Finding:
    name = need.named(channel["type"])
    return bad(f"the bot lacks {name} in #{channel['name']}: {need.without}", f"give its role {name} {_PERMISSIONS}")


def _privacy(server: Server, channel: Mapping[str, Any]) -> Finding:
    name = f"#{channel['name']}"
    if not permissions.stranger(server.guild, channel) & VIEW_CHANNEL:
        return good(f"{name} is a private channel, as a moderation room should be")
    remedy = f"make it a private channel {_PERMISSIONS}, and add the moderators and the bot"
    return bad(f"everybody on “{server.name}” can read in {name} what waits for approval", remedy)


def _tags(channel: Mapping[str, Any]) -> Sequence[Finding]:
    wanted = channel["type"] in FORUMS and int(channel.get("flags") or 0) & _REQUIRES_TAG
    if not wanted or any(not tag.get("moderated") for tag in channel.get("available_tags") or ()):
        return ()
    what = f"#{channel['name']} wants a tag on every post, and has none that not only moderators may give"
    return (bad(what, "add a tag to the forum, or no longer require people to select tags when posting"),)


def _slow(channel: Mapping[str, Any]) -> Sequence[Finding]:
    """Slow mode is for people: bots are not slowed."""
    in_threads = int(channel.get("default_thread_rate_limit_per_user") or 0)
    if not in_threads:
        return ()
    what = f"slow mode lets people write once in {in_threads} s in new threads of #{channel['name']}, authors too"
    return (good(f"{what}, unless they have Bypass Slowmode"),)


# --- People -----------------------------------------------------------------------------------------------------------


async def of_people(server: Server, channel: Mapping[str, Any], listed: Collection[str]) -> Sequence[Finding]:
    """Who of those that may answer or moderate in a channel cannot: people's ids, or `@` and a role's id."""
    found = [
        _role(server, name) if name.startswith("@") else await _person(server, channel, name) for name in sorted(listed)
    ]
    wrong = [about for about in found if about is not None]
    if wrong or not found:
        return wrong
    return (good(f"whoever may answer or moderate in #{channel['name']} is known, and can write there"),)


def _role(server: Server, name: str) -> Finding | None:
    id = name.removeprefix("@")
    if id == server.guild["id"]:
        return bad(
            f"{name} is the role @everyone, which Discord names for nobody", "name a role that you gave, or people"
        )
    if id in server.roles:
        return None
    known = next((role for role, called in server.roles.items() if called.lower() == id.lower()), None)
    remedy = f'write "@{known}"' if known else f"write @ and the id of a role of the server: {COPY}"
    return bad(f"{name} is no role on “{server.name}”", remedy)


async def _person(server: Server, channel: Mapping[str, Any], id: str) -> Finding | None:
    if not id.isdecimal():
        return bad(f"{id!r} is nobody's id on Discord", f"write the person's number, a long one: {COPY}")
    if id in server.roles:
        return bad(f"{id} is the role {server.roles[id]}, and no person", f'write "@{id}"')
    member = await server.member(id)
    if member is None:
        return bad(f"nobody on “{server.name}” has the id {id}", f"invite them, or write another id: {COPY}")
    allowed = server.allowed(channel, member)
    for need in permissions.needs(channel["type"], "bot"):
        if need.bit in {VIEW_CHANNEL, SEND_MESSAGES_IN_THREADS} and not allowed & need.bit:
            lacks = f"{member['user']['username']} lacks {need.named(channel['type'])} in #{channel['name']}"
            return bad(lacks, f"give them or a role of theirs that permission {_PERMISSIONS}")
    return None


# --- Threads ----------------------------------------------------------------------------------------------------------


def of_threads(
    server: Server, active: Sequence[Mapping[str, Any]], archived: Sequence[Mapping[str, Any]]
) -> Sequence[Finding]:
    """How near a server is to Discord's bound, and which of our threads nobody can write in."""
    many = f"{len(active)} active thread{'' if len(active) == 1 else 's'}"
    what = f"the bot sees {many} on “{server.name}”; Discord allows {MOST_THREADS}"
    remedy = "close some that nobody needs: in a full server Backchat archives its own oldest ones for each new one"
    found = [good(what) if len(active) < _NEARLY else bad(what, remedy)]
    for channel in server.channels:
        there, rest = ([one for one in threads if _ours(server, channel, one)] for threads in (active, archived))
        found += [_counted(channel, len(there), len(rest))] if there or rest else []
        found += _locked(server, channel, [one for one in (*there, *rest) if one["thread_metadata"].get("locked")])
    return found


def _counted(channel: Mapping[str, Any], active: int, archived: int) -> Finding:
    """What was asked of the archived ones is their first page."""
    more = " or more" if archived >= ARCHIVED else ""
    what = f"Backchat's threads in #{channel['name']}: {active} active, {archived}{more} archived"
    return good(f"{what}, which a new comment opens again" if archived else what)


def _ours(server: Server, channel: Mapping[str, Any], thread: Mapping[str, Any]) -> bool:
    return bool(thread.get("parent_id") == channel["id"] and thread.get("owner_id") == server.me["user"]["id"])


def _locked(server: Server, channel: Mapping[str, Any], locked: Sequence[Mapping[str, Any]]) -> Sequence[Finding]:
    if not locked:
        return ()
    names = ", ".join(f"“{thread['name']}”" for thread in locked[:3])
    more = f" and {len(locked) - 3} more" if len(locked) > 3 else ""
    what = f"locked threads in #{channel['name']}: {names}{more}"
    if server.allowed(channel) & MANAGE_THREADS:
        return (good(f"{what}; the bot may write there all the same, people may not"),)
    return (bad(f"{what}: new comments on these posts are not shown", "unlock them, or give the bot Manage Threads"),)
