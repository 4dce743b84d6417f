"""Permissions as the double computes them: as Discord documents, and as discord.py does, which others wrote."""

from __future__ import annotations

import discord as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.double import permissions, shapes
from adapters.discord.double.things import Channel, Guild, Member, Overwrite, Role, ThreadPart, User
from tests.servers.discord_bare import Bare
from tests.servers.discord_double import Double

NAMED = [
    permissions.ADMINISTRATOR, permissions.VIEW_CHANNEL, permissions.SEND_MESSAGES, permissions.EMBED_LINKS,
    permissions.ATTACH_FILES, permissions.MENTION_EVERYONE, permissions.READ_MESSAGE_HISTORY,
    permissions.MANAGE_THREADS, permissions.SEND_MESSAGES_IN_THREADS, permissions.ADD_REACTIONS,
]  # fmt: skip
BITS = st.lists(st.sampled_from(NAMED), unique=True).map(sum)
FEW = st.lists(st.sampled_from(NAMED[1:]), unique=True).map(sum)
NOW = 1_800_000_000.0


@st.composite
def guilds(draw: st.DrawFn) -> tuple[Guild, Channel, Member]:
    user = User("3", "Ada")
    guild = Guild("1", "Home", draw(st.sampled_from(["2", "3"])))
    guild.roles = {"1": Role("1", "@everyone", draw(FEW))}
    for id in ("11", "12"):
        guild.roles[id] = Role(id, id, draw(BITS), int(id))
    member = Member(user, draw(st.lists(st.sampled_from(["11", "12"]), unique=True)), NOW)
    member.timeout_until = draw(st.sampled_from([0.0, 4e9]))
    guild.members = {"3": member}
    channel = Channel("5", "1", 0, "blog")
    for id in draw(st.lists(st.sampled_from(["1", "11", "12", "3"]), unique=True)):
        channel.overwrites[id] = Overwrite(id == "3", draw(FEW), draw(FEW))
    return guild, channel, member


@given(guilds())
def test_channels_are_as_discord_py_computes_them(given_: tuple[Guild, Channel, Member]) -> None:
    guild, channel, member = given_
    state = library.Client(intents=library.Intents.none())._connection
    theirs = library.Guild(data={**shapes.guild(guild), "member_count": 1}, state=state)  # type: ignore[typeddict-item]
    there = library.TextChannel(state=state, guild=theirs, data=shapes.channel(channel))  # type: ignore[arg-type]
    who = library.Member(data=shapes.member(member), guild=theirs, state=state)  # type: ignore[arg-type]
    known = sum(NAMED) & library.Permissions.all_channel().value
    expected = there.permissions_for(who).value & known
    assert permissions.in_channel(guild, channel, None, member, NOW) & known == expected


def thread_of(guild: Guild, parent: Channel, kind: int = 11) -> Channel:
    return Channel("6", guild.id, kind, "thread", parent=parent.id, thread=ThreadPart("2", NOW, NOW, NOW))


def made(everyone: int, **overwrites: Overwrite) -> tuple[Guild, Channel, Member]:
    guild = Guild("1", "Home", "2", {"1": Role("1", "@everyone", everyone)})
    member = Member(User("3", "Ada"))
    guild.members["3"] = member
    return guild, Channel("5", "1", 0, "blog", overwrites={id[1:]: one for id, one in overwrites.items()}), member


def test_a_thread_has_its_parents_overwrites_and_a_permission_of_its_own_to_write() -> None:
    both = permissions.VIEW_CHANNEL | permissions.SEND_MESSAGES | permissions.EMBED_LINKS
    guild, parent, member = made(both | permissions.SEND_MESSAGES_IN_THREADS)
    thread = thread_of(guild, parent)
    parent.overwrites["1"] = Overwrite(member=False, deny=permissions.SEND_MESSAGES)
    have = permissions.in_channel(guild, thread, parent, member, NOW)
    assert have & permissions.SEND_MESSAGES_IN_THREADS and have & permissions.EMBED_LINKS
    assert not permissions.in_channel(guild, parent, None, member, NOW) & permissions.EMBED_LINKS
    parent.overwrites["1"] = Overwrite(member=False, deny=permissions.SEND_MESSAGES_IN_THREADS)
    assert not permissions.in_channel(guild, thread, parent, member, NOW) & permissions.EMBED_LINKS
    parent.overwrites["1"] = Overwrite(member=False, deny=permissions.VIEW_CHANNEL)
    assert permissions.in_channel(guild, thread, parent, member, NOW) == 0


def test_a_private_thread_is_for_its_members_and_moderators() -> None:
    guild, parent, member = made(permissions.EVERYONE)
    thread = thread_of(guild, parent, kind=12)
    assert permissions.in_channel(guild, thread, parent, member, NOW) == 0
    assert thread.thread is not None
    thread.thread.members["3"] = NOW
    assert permissions.in_channel(guild, thread, parent, member, NOW) & permissions.VIEW_CHANNEL
    thread.thread.members.clear()
    guild.roles["1"].permissions |= permissions.MANAGE_THREADS
    assert permissions.in_channel(guild, thread, parent, member, NOW) & permissions.VIEW_CHANNEL


@pytest.mark.parametrize(
    ("missing", "method", "path", "body"),
    [
        (permissions.SEND_MESSAGES, "POST", "/channels/C/messages", {"content": "x"}),
        (permissions.EMBED_LINKS, "POST", "/channels/C/messages", {"embeds": [{"title": "x"}]}),
        (permissions.CREATE_PUBLIC_THREADS, "POST", "/channels/C/messages/M/threads", {"name": "x"}),
        (permissions.READ_MESSAGE_HISTORY, "GET", "/channels/C/messages/M", None),
        (permissions.READ_MESSAGE_HISTORY, "PUT", "/channels/C/messages/M/reactions/✅/@me", None),
        (permissions.ADD_REACTIONS, "PUT", "/channels/C/messages/M/reactions/✅/@me", None),
        (permissions.MANAGE_MESSAGES, "DELETE", "/channels/C/messages/M", None),
        (permissions.MANAGE_WEBHOOKS, "POST", "/channels/C/webhooks", {"name": "x"}),
        (permissions.MANAGE_CHANNELS, "PATCH", "/channels/C", {"name": "x"}),
        (permissions.SEND_MESSAGES_IN_THREADS, "POST", "/channels/T/messages", {"content": "x"}),
        (permissions.MANAGE_THREADS, "PATCH", "/channels/T", {"locked": True}),
        (permissions.SEND_MESSAGES, "POST", "/channels/F/threads", {"name": "x", "message": {"content": "x"}}),
    ],
)
async def test_each_permission_is_asked_for(
    discord: Double, bot: Bare, missing: int, method: str, path: str, body: object
) -> None:
    discord.limits.off()
    channel, forum, ada = discord.channel("blog"), discord.forum("posts"), discord.member("Ada")
    message = ada.write(channel, "Hi")
    thread = ada.open_thread(channel, "Beside")
    for name, id in (("/C", channel.id), ("/M", message.id), ("/F", forum.id), ("/T", thread.id)):
        path = path.replace(name, f"/{id}")
    discord.home.roles[discord.home.id].permissions = 0
    discord.bot_role.permissions = permissions.ALL & ~permissions.ADMINISTRATOR & ~missing
    assert (await bot.call(method, path, body)).code == 50013
    discord.bot_role.permissions |= missing
    assert (await bot.call(method, path, body)).status in {200, 201, 204}
    discord.permit(channel, discord.bot_role, deny=permissions.VIEW_CHANNEL)
    discord.permit(forum, discord.bot_role, deny=permissions.VIEW_CHANNEL)
    assert (await bot.call(method, path, body)).code == 50001


async def test_who_is_in_a_time_out_reads_only(discord: Double, bot: Bare) -> None:
    channel = discord.channel("blog")
    discord.home.members[discord.bot.id].timeout_until = discord.world.time.now() + 60
    assert (await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x"})).code == 50013
    assert (await bot.call("GET", f"/channels/{channel.id}/messages")).status == 200
