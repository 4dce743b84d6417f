"""What the bot may do in a channel: as Discord documents it, and as discord.py computes it from the same answers."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import permissions as p

GUILD, OWNER, BOT, ROLES = "100", "1", "2", ("201", "202", "203")
NOW = 1_790_000_000.0
LATER, BEFORE = "2030-01-01T00:00:00+00:00", "2026-01-01T00:00:00.000000+00:00"


def guild(everyone: int, *roles: int) -> dict[str, Any]:
    ids = (GUILD, *ROLES)
    listed = [
        {"id": id, "name": id, "permissions": str(bits)} for id, bits in zip(ids, (everyone, *roles), strict=False)
    ]
    return {"id": GUILD, "owner_id": OWNER, "roles": listed}


def member(*roles: str, id: str = BOT, until: str | None = None) -> dict[str, Any]:
    return {"user": {"id": id}, "roles": list(roles), "communication_disabled_until": until}


def channel(*overwrites: tuple[str, int, int, int]) -> dict[str, Any]:
    return {
        "permission_overwrites": [
            {"id": id, "type": kind, "allow": str(allow), "deny": str(deny)} for id, kind, allow, deny in overwrites
        ]
    }


ROLE, MEMBER = 0, 1
SEE_AND_SAY = p.VIEW_CHANNEL | p.SEND_MESSAGES


def test_what_is_meaningless_without_sending_is_not_told_beside_it() -> None:
    allowed = p.invited_with("bot") & ~p.SEND_MESSAGES & ~p.EMBED_LINKS
    assert [need.name for need in p.lacking(allowed, p.TEXT, "bot")] == ["Send Messages"]
    assert [need.name for need in p.lacking(p.invited_with("bot") & ~p.EMBED_LINKS, p.TEXT, "bot")] == ["Embed Links"]


@pytest.mark.parametrize(
    ("who", "rights"),
    [
        (member(), p.VIEW_CHANNEL),
        (member("201"), SEE_AND_SAY),
        (member("202"), p.ALL),
        (member(id=OWNER, until=LATER), p.ALL),
        (member("202", until=LATER), p.ALL),
        (member("201", until=LATER), p.VIEW_CHANNEL),
        (member("201", until=BEFORE), SEE_AND_SAY),
    ],
    ids=["everyone", "a role", "an administrator", "the owner", "an administrator timed out", "timed out", "no more"],
)
def test_rights_on_the_server(who: dict[str, Any], rights: int) -> None:
    assert p.permitted(guild(p.VIEW_CHANNEL, p.SEND_MESSAGES, p.ADMINISTRATOR), who, channel(), NOW) == rights


@pytest.mark.parametrize(
    ("overwrites", "rights"),
    [
        ([(GUILD, ROLE, 0, p.VIEW_CHANNEL)], 0),
        ([(GUILD, ROLE, 0, p.VIEW_CHANNEL), ("201", ROLE, p.VIEW_CHANNEL, 0)], SEE_AND_SAY),
        ([("201", ROLE, 0, p.SEND_MESSAGES), ("202", ROLE, p.SEND_MESSAGES, 0)], SEE_AND_SAY),
        ([("202", ROLE, p.SEND_MESSAGES, 0), ("201", ROLE, 0, p.SEND_MESSAGES)], SEE_AND_SAY),
        ([("203", ROLE, 0, p.SEND_MESSAGES)], SEE_AND_SAY),
        ([("201", ROLE, SEE_AND_SAY, 0), (BOT, MEMBER, 0, p.SEND_MESSAGES)], p.VIEW_CHANNEL),
        ([(BOT, MEMBER, p.SEND_MESSAGES, 0), (GUILD, ROLE, 0, p.SEND_MESSAGES)], SEE_AND_SAY),
        ([(GUILD, ROLE, p.ADMINISTRATOR, p.VIEW_CHANNEL)], 0),
    ],
    ids=[
        "closed", "opened for a role", "one role allows", "whatever the order", "a role of others",
        "the member's own counts last", "also where it stands first", "administrator is no channel's to give",
    ],
)  # fmt: skip
def test_overwrites_of_a_channel(overwrites: list[tuple[str, int, int, int]], rights: int) -> None:
    assert p.permitted(guild(SEE_AND_SAY, 0, 0), member("201", "202"), channel(*overwrites), NOW) == rights


def test_without_sending_nothing_can_be_embedded() -> None:
    allowed = p.VIEW_CHANNEL | p.EMBED_LINKS | p.ATTACH_FILES | p.SEND_MESSAGES_IN_THREADS
    assert p.permitted(guild(allowed), member(), channel(), NOW) == p.VIEW_CHANNEL | p.SEND_MESSAGES_IN_THREADS


def test_a_member_without_a_role_sees_what_everyone_sees() -> None:
    closed = channel((GUILD, ROLE, 0, p.VIEW_CHANNEL), (BOT, MEMBER, p.VIEW_CHANNEL, 0))
    assert p.stranger(guild(SEE_AND_SAY), channel()) & p.VIEW_CHANNEL
    assert not p.stranger(guild(SEE_AND_SAY), closed)


KNOWN = discord.Permissions.all().value
BITS = st.integers(0, KNOWN).map(lambda bits: bits & KNOWN)
OVERWRITES = st.lists(
    st.tuples(
        st.sampled_from([(GUILD, ROLE), *((id, ROLE) for id in ROLES), (BOT, MEMBER), (OWNER, MEMBER)]), BITS, BITS
    ),
    max_size=6,
    unique_by=lambda one: one[0],
)


@given(
    st.tuples(BITS, BITS, BITS, BITS), st.sets(st.sampled_from(ROLES)), OVERWRITES, st.sampled_from([OWNER, BOT]),
    st.booleans(), st.sampled_from([p.TEXT, p.FORUM]),
)  # fmt: skip
def test_discord_py_says_the_same(
    bits: tuple[int, ...], roles: set[str], listed: list[Any], id: str, timed_out: bool, kind: int
) -> None:
    server = guild(*bits)
    who = member(*roles, id=id, until=LATER if timed_out else None)
    there = channel(*((*about, allow, deny) for about, allow, deny in listed))
    ours = p.permitted(server, who, there, NOW)
    assert ours & IN_CHANNELS == _theirs(server, who, there, kind) & IN_CHANNELS


IN_CHANNELS = discord.Permissions.all_channel().value & ~discord.Permissions.voice().value
"""discord.py leaves the server's own rights as they are where nothing can be seen, and takes away those to speak."""


def _theirs(server: dict[str, Any], who: dict[str, Any], there: dict[str, Any], kind: int) -> int:
    state = discord.Client(intents=discord.Intents(guilds=True))._connection
    roles = [{**role, "position": n, "flags": 0} for n, role in enumerate(server["roles"])]
    guild = discord.Guild(data={"name": "", **server, "roles": roles}, state=state)  # type: ignore[typeddict-item]
    user = {**who["user"], "username": "bot", "discriminator": "0", "avatar": None}
    member = discord.Member(data={"flags": 0, **who, "user": user}, guild=guild, state=state)  # type: ignore[typeddict-item]
    data = {"id": "9", "type": kind, "name": "", "position": 0, **there}
    make = discord.ForumChannel if kind == p.FORUM else discord.TextChannel
    return make(state=state, guild=guild, data=data).permissions_for(member).value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("identity", "integer"),
    [("bot", 326417632320 - p.ATTACH_FILES), ("webhook", 326417632320 + 536870912 - p.ATTACH_FILES)],
)
def test_the_invite_asks_for_what_is_needed_and_no_more(identity: str, integer: int) -> None:
    assert p.invited_with(identity) == integer
    named = {name for name, on in discord.Permissions(integer) if on}
    assert named - {"manage_webhooks"} == {
        "add_reactions", "create_public_threads", "embed_links", "manage_threads", "read_message_history",
        "read_messages", "send_messages", "send_messages_in_threads",
    }  # fmt: skip


def test_each_kind_of_channel_has_its_needs_by_the_names_that_its_settings_show() -> None:
    assert [need.named(p.TEXT) for need in p.needs(p.TEXT, "bot")] == [
        "View Channel", "Send Messages", "Create Public Threads", "Send Messages in Threads", "Embed Links",
        "Read Message History", "Add Reactions", "Manage Threads",
    ]  # fmt: skip
    assert [need.named(p.FORUM) for need in p.needs(p.FORUM, "webhook")] == [
        "View Channel", "Create Posts", "Send Messages in Posts", "Embed Links", "Read Post History", "Add Reactions",
        "Manage Posts", "Manage Webhooks",
    ]  # fmt: skip


def test_what_lacks_is_named_and_who_sees_nothing_is_told_just_that() -> None:
    whole = p.invited_with("bot")
    assert p.lacking(whole, p.TEXT, "bot") == p.lacking(whole, p.FORUM, "bot") == ()
    (webhooks,) = p.lacking(whole, p.TEXT, "webhook")
    assert webhooks.name == "Manage Webhooks"
    without = whole & ~(p.ADD_REACTIONS | p.CREATE_PUBLIC_THREADS)
    assert [need.name for need in p.lacking(without, p.TEXT, "bot")] == ["Create Public Threads", "Add Reactions"]
    assert [need.name for need in p.lacking(without, p.FORUM, "bot")] == ["Add Reactions"]
    assert [need.name for need in p.lacking(0, p.TEXT, "webhook")] == ["View Channel"]
