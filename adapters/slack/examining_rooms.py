"""What could keep a channel and its people from working, told from what Slack says about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.slack.api import Api, ApiRefusal
from adapters.slack.ids import person_id
from adapters.slack.knows_ids import WHERE_PERSON, WHERE_ROOM, no_person, no_role
from bridge.model import Finding

PAGE = 200
"""Channels or people that are asked for at a time."""
MOST_PAGES = 10
"""Pages that are read at the most: what is beyond is not looked at."""
_NOBODY = frozenset({"user_not_found", "users_not_found", "user_not_visible"})


def good(what: str) -> Finding:
    """Something that is as it should be."""
    return Finding(what, good=True)


def bad(what: str, remedy: str) -> Finding:
    """Something that a person has to mend."""
    return Finding(what, good=False, remedy=remedy)


def words(refusal: ApiRefusal) -> str:
    """Why Slack does not tell something."""
    return f"the bot lacks the scope {refusal.needed}" if refusal.needed else f"Slack says {refusal.error}"


@dataclass(slots=True)
class Workspace:
    """A workspace as Slack's API gives it. `name` is what people call it, `handle` the bot's own."""

    api: Api
    name: str
    handle: str
    _users: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)

    async def user(self, id: str) -> Mapping[str, Any] | None:
        """Whoever has this id; None where Slack knows nobody of that id here."""
        if id not in self._users:
            try:
                self._users[id] = (await self.api.call("users.info", user=id))["user"]
            except ApiRefusal as refusal:
                if refusal.error not in _NOBODY:
                    raise
                self._users[id] = None
        return self._users[id]

    async def users(self) -> AsyncIterator[Mapping[str, Any]]:
        """Everybody of the workspace."""
        async for page in self._pages("users.list", "members"):
            yield page

    async def channels(self) -> AsyncIterator[Mapping[str, Any]]:
        """Every channel that the bot sees and that can be a room: public ones, and private ones that it is in."""
        async for page in self._pages(
            "conversations.list", "channels", types="public_channel,private_channel", exclude_archived=True
        ):
            yield page

    async def members(self, channel: str) -> frozenset[str]:
        """The ids of those who are in a channel."""
        return frozenset([str(id) async for id in self._pages("conversations.members", "members", channel=channel)])

    async def _pages(self, method: str, key: str, **arguments: Any) -> AsyncIterator[Any]:
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            answer = await self.api.call(method, limit=PAGE, cursor=cursor, **arguments)
            for one in answer[key]:
                yield one
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return


def called(user: Mapping[str, Any]) -> str:
    """What people call somebody."""
    profile = user.get("profile") or {}
    return str(profile.get("display_name") or profile.get("real_name") or user.get("name") or user["id"])


# --- A channel --------------------------------------------------------------------------------------------------------


def not_a_room(channel: Mapping[str, Any]) -> Finding | None:
    """Say what a conversation is that cannot be a room; None for those that can."""
    if not (channel.get("is_im") or channel.get("is_mpim")):
        return None
    return bad(f"{channel['id']} is a direct message, and no channel", f"write the id of a channel: {WHERE_ROOM}")


def of_room(there: Workspace, channel: Mapping[str, Any], *, closed: bool) -> Sequence[Finding]:
    """What there is to say about a channel. `closed`: it is a moderation room."""
    name = f"#{channel['name']}"
    kind = "private" if channel.get("is_private") else "public"
    found = []
    if channel.get("is_archived"):
        found.append(bad(f"{name} is archived: nothing can be said there", "unarchive it, or name another channel"))
    elif not channel.get("is_member"):
        found.append(bad(f"the bot is not in {name}", f"write /invite @{there.handle} in {name}"))
    elif channel.get("is_read_only"):
        found.append(
            bad(
                f"only some people may post in {name}",
                "let everybody post, in the channel's settings under Permissions",
            )
        )
    found += [*_shared(there, channel, closed=closed), *(_privacy(there, channel) if closed else ())]
    if any(not finding.good for finding in found):
        return found
    return (good(f"{name} on “{there.name}” is a {kind} channel, and the bot is in it"), *found)


def _shared(there: Workspace, channel: Mapping[str, Any], *, closed: bool) -> Sequence[Finding]:
    """By Slack Connect: https://docs.slack.dev/apis/slack-connect."""
    if not (channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")):
        return ()
    what = f"#{channel['name']} is shared with people outside “{there.name}”"
    if closed:
        return (bad(f"{what}, who can read what waits for approval", "moderate in a channel that is not shared"),)
    return (good(f"{what}: they speak for the blog only where they are listed by workspace and id, as T…/U…"),)


def _privacy(there: Workspace, channel: Mapping[str, Any]) -> Sequence[Finding]:
    name = f"#{channel['name']}"
    if channel.get("is_private"):
        return (good(f"{name} is a private channel, as a moderation room should be"),)
    what = f"everybody on “{there.name}” can read in {name} what waits for approval"
    return (bad(what, "change it to a private channel, in its settings, with the moderators and the bot in it"),)


# --- People -----------------------------------------------------------------------------------------------------------


async def of_people(there: Workspace, channel: Mapping[str, Any], listed: Collection[str]) -> Sequence[Finding]:
    """Who of those that may answer or moderate in a channel cannot: people's ids."""
    inside = await there.members(channel["id"]) if listed and channel.get("is_private") else None
    found = [await _person(there, channel, name, inside) for name in sorted(listed)]
    wrong = [about for about in found if about is not None]
    if wrong or not found:
        return wrong
    return (good(f"whoever may answer or moderate in #{channel['name']} is known, and can write there"),)


async def _person(
    there: Workspace, channel: Mapping[str, Any], listed: str, inside: Collection[str] | None
) -> Finding | None:
    if listed.startswith("@"):
        return bad(f"{listed} is listed for #{channel['name']}, and Slack has no roles", str(no_role(listed[1:])))
    if (wrong := no_person(listed)) is not None:
        return bad(f"{listed[:40]!r} is nobody's id on Slack", wrong.partition(": ")[2])
    team, _, id = listed.rpartition("/")
    user = await there.user(id)
    if user is None:
        return bad(f"nobody whom the bot sees has the id {listed}", f"write another id: {WHERE_PERSON}")
    name = called(user)
    if user.get("deleted"):
        return bad(f"the account of {name} ({listed}) is deactivated", "take them off the list")
    if user.get("is_bot"):
        return bad(f"{name} ({listed}) is a bot, and bots do not answer", f"write a person's id: {WHERE_PERSON}")
    right = person_id(id, str(user.get("team_id") or ""), there.api.us)
    if right != listed and not (team and user.get("is_stranger")):
        where = f"belongs to “{there.name}”" if right == id else "is of another company"
        return bad(f"{name}, listed as {listed}, {where}", f'write "{right}"')
    if inside is not None and id not in inside:
        return bad(f"{name} ({listed}) is not in #{channel['name']}, which is private", "add them to the channel")
    return None
