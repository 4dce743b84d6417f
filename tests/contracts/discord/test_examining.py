"""What `backchat doctor` says of a Discord chat: what is as it should be, what is not, and how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import permissions
from adapters.discord.api import Api
from adapters.discord.examining import examine
from adapters.discord.settings import Settings
from bridge.chats.rooms import Rooms
from bridge.clock import WallClock
from bridge.model import Desk, Finding, RoomId
from tests.contracts.chat_examining import Examined
from tests.servers.discord_double import Double, Person, discord_double


@dataclass
class Scene(Examined):
    """A server with a channel and an author; what `doctor` is told of it, and what it then says."""

    discord: Double
    stack: AsyncExitStack
    author: Person
    room: RoomId
    rooms: Rooms = field(default_factory=Rooms)
    identity: str = "bot"

    async def findings(self) -> Sequence[Finding]:
        settings = Settings(
            "discord", self.discord.token, Path(), self.identity, api=self.discord.api, gateway=self.discord.gateway
        )
        async with AsyncExitStack() as stack:
            api = Api(settings, WallClock())
            await api.open(stack)
            asked = len(self.discord.requests)
            found = await examine(settings, api, self.rooms, WallClock())
            assert {one.method for one in self.discord.requests[asked:]} == {"GET"}  # nothing is changed
        assert all(finding.good or finding.remedy for finding in found)
        return found


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with discord_double() as discord, AsyncExitStack() as stack:
        author, room = discord.member("Ada"), RoomId(discord.channel("comments").id)
        yield Scene(discord, stack, author, room, Rooms(speakers={room: frozenset({author.id})}))


async def test_what_is_in_order_is_said(scene: Scene) -> None:
    assert await scene.good() == [
        "the token is that of Backchat, the bot of the application “Backchat”",
        "Message Content Intent is on: what people write can be read",
        "1000 of the 1000 sign-ins that Discord allows it in a day are left",
        "#comments on “Home” is a text channel, and the bot has all its permissions there",
        "whoever may answer or moderate in #comments is known, and can write there",
        "the bot sees 0 active threads on “Home”; Discord allows 1000",
    ]


async def test_a_forum_and_a_private_moderation_channel_are_in_order(scene: Scene) -> None:
    forum = scene.discord.forum("posts")
    desk = scene.discord.channel("waiting", private=True)
    editors = scene.discord.role("editors", allow=permissions.VIEW_CHANNEL)
    scene.rooms = Rooms(
        {RoomId(desk.id): Desk(frozenset({f"@{editors.id}"}), closed=True)}, {RoomId(forum.id): frozenset()}
    )
    said = await scene.good()
    assert "#posts on “Home” is a forum, and the bot has all its permissions there" in said
    assert "#waiting is a private channel, as a moderation room should be" in said


async def test_a_bot_on_no_server_is_told_once(scene: Scene) -> None:
    other = RoomId(scene.discord.channel("other").id)
    scene.rooms = Rooms(speakers={**scene.rooms.speakers, other: frozenset()})
    scene.discord.bot.leave()
    (found,) = [finding for finding in await scene.findings() if not finding.good]
    assert found.what == "the bot is on no server"


async def test_without_a_route_there_is_nothing_to_look_at(scene: Scene) -> None:
    scene.rooms = Rooms()
    assert await scene.bad() == {
        "no route names a channel of this chat": "write a channel's id as `room` in a route",
    }


# --- The bot ----------------------------------------------------------------------------------------------------------


async def test_without_the_content_intent_it_says_what_works(scene: Scene) -> None:
    scene.discord.take_content()
    (said,) = [what for what in await scene.good() if "Intent" in what]
    assert said.startswith("Message Content Intent is off: replies to the bot's messages, Answer and Publish as answer")
    assert "discord.com/developers/applications" in said


async def test_webhooks_need_the_content_intent(scene: Scene) -> None:
    scene.discord.take_content()
    scene.identity = "webhook"
    remedy = (await scene.bad())[
        "Message Content Intent is off: replies to what webhooks say arrive without their words"
    ]
    assert "under Bot" in remedy and 'identity = "bot"' in remedy


async def test_few_sign_ins_are_told(scene: Scene) -> None:
    scene.discord.gate.identifies_left = 12
    (what,) = await scene.bad()
    assert what.startswith("only 12 of 1000 sign-ins are left for ")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("interactions_endpoint_url", "https://elsewhere.example/", "Interactions Endpoint URL is set"),
        ("bot_require_code_grant", True, "Requires OAuth2 Code Grant is on"),
    ],
)
async def test_an_application_that_is_set_up_for_something_else_is_told(
    scene: Scene, key: str, value: Any, words: str
) -> None:
    application = {"id": scene.discord.bot.id, "name": "Backchat", "flags": 1 << 19, key: value}
    scene.discord.fail("GET", "/applications/@me", 200, body=application, times=2)
    (what,) = await scene.bad()
    assert what.startswith(words)


# --- Channels ---------------------------------------------------------------------------------------------------------


async def test_what_is_no_channel_is_told(scene: Scene) -> None:
    voice = scene.discord.channel("stammtisch", type=2)
    channel = scene.discord.channel("other")
    thread = scene.author.open_thread(channel, "Tea")
    rooms = ("comments", "123", voice.id, thread.id)
    scene.rooms = Rooms(speakers={RoomId(room): frozenset() for room in rooms})
    bad = await scene.bad()
    assert set(bad) == {
        "'comments' is no channel's id", "there is no channel 123", "“stammtisch” is a voice channel",
        "“Tea” is a thread",
    }  # fmt: skip
    assert bad["“Tea” is a thread"] == f'write the id of the channel that it is in: "{channel.id}"'
    assert "Developer Mode" in bad["there is no channel 123"]


async def test_a_bot_on_no_server_is_told_with_the_link(scene: Scene) -> None:
    scene.discord.bot.leave()
    remedy = (await scene.bad())["the bot is on no server"]
    asked = f"scope=bot+applications.commands&permissions={permissions.invited_with('bot')}"
    assert f"https://discord.com/oauth2/authorize?client_id={scene.discord.bot.id}&{asked} " in remedy


async def test_a_channel_that_the_bot_may_not_see_is_told(scene: Scene) -> None:
    elsewhere = scene.discord.guild("Elsewhere", with_bot=False)
    hidden, theirs = scene.discord.channel("hidden"), scene.discord.channel("far", guild=elsewhere)
    scene.discord.permit(hidden, None, deny=permissions.VIEW_CHANNEL)
    scene.rooms = Rooms(speakers={RoomId(hidden.id): frozenset(), RoomId(theirs.id): frozenset()})
    bad = await scene.bad()
    assert set(bad) == {f"the bot may not see the channel {id}; it is on “Home”" for id in (hidden.id, theirs.id)}
    assert all("View Channel; or invite it to that server: https://discord.com/" in remedy for remedy in bad.values())


@pytest.mark.parametrize("need", permissions.needs(permissions.TEXT, "bot")[1:], ids=lambda need: need.name)
async def test_each_permission_that_a_channel_denies_is_told_by_its_name(scene: Scene, need: permissions.Need) -> None:
    scene.discord.permit(scene.discord.world.channel(scene.room), scene.discord.bot, deny=need.bit)
    assert await scene.bad() == {
        f"the bot lacks {need.name} in #comments: {need.without}":
            f"give its role {need.name} in Discord under Edit Channel, Permissions",
    }  # fmt: skip


@pytest.mark.parametrize("need", permissions.needs(permissions.FORUM, "webhook")[1:], ids=lambda need: need.in_forum)
async def test_a_forum_names_them_otherwise(scene: Scene, need: permissions.Need) -> None:
    scene.identity, forum = "webhook", scene.discord.forum("posts")
    scene.discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS
    scene.discord.permit(forum, scene.discord.bot, deny=need.bit)
    scene.rooms = Rooms(speakers={RoomId(forum.id): frozenset()})
    assert f"the bot lacks {need.in_forum} in #posts: {need.without}" in await scene.bad()


async def test_a_bot_in_time_out_lacks_nearly_all(scene: Scene) -> None:
    scene.discord.home.members[scene.discord.bot.id].timeout_until = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
    bad = await scene.bad()
    assert any(what.startswith("the bot lacks Send Messages in #comments") for what in bad)


async def test_the_double_computes_the_same_permissions(scene: Scene) -> None:
    """The double has its own reckoning, which decides what it lets the bot do."""
    world, home = scene.discord.world, scene.discord.home
    role = scene.discord.role("writers", allow=permissions.MANAGE_WEBHOOKS)
    scene.author.in_roles(role)
    channel = world.channel(scene.room)
    scene.discord.permit(channel, None, deny=permissions.SEND_MESSAGES | permissions.ADD_REACTIONS)
    scene.discord.permit(channel, role, allow=permissions.SEND_MESSAGES, deny=permissions.READ_MESSAGE_HISTORY)
    scene.discord.permit(channel, scene.author, allow=permissions.READ_MESSAGE_HISTORY, deny=permissions.EMBED_LINKS)
    async with AsyncExitStack() as stack:
        api = Api(
            Settings("discord", scene.discord.token, Path(), api=scene.discord.api, gateway=scene.discord.gateway),
            WallClock(),
        )
        await api.open(stack)
        guild = await api.call("GET", "/guilds/{guild_id}", guild_id=home.id)
        shown = await api.call("GET", "/channels/{channel_id}", channel_id=scene.room)
        for who in (scene.author, scene.discord.bot):
            path = "/guilds/{guild_id}/members/{user_id}"
            member = await api.call("GET", path, guild_id=home.id, user_id=who.id)
            assert permissions.permitted(guild, member, shown, 0.0) == world.permissions(who.user, channel)


async def test_a_moderation_channel_that_everybody_sees_is_told(scene: Scene) -> None:
    scene.rooms = replace(scene.rooms, desks={scene.room: Desk(frozenset({scene.author.id}), closed=True)})
    bad = await scene.bad()
    remedy = bad["everybody on “Home” can read in #comments what waits for approval"]
    assert remedy.startswith("make it a private channel")
    scene.rooms = replace(scene.rooms, desks={scene.room: Desk(frozenset({scene.author.id}), closed=False)})
    await scene.good()


async def test_a_forum_that_wants_a_tag_has_to_have_one(scene: Scene) -> None:
    without = scene.discord.forum("posts", "secret", require_tag=True, moderated=("secret",))
    having = scene.discord.forum("more", "secret", "blog", require_tag=True, moderated=("secret",))
    scene.rooms = Rooms(speakers={RoomId(without.id): frozenset(), RoomId(having.id): frozenset()})
    assert list(await scene.bad()) == [
        "#posts wants a tag on every post, and has none that not only moderators may give"
    ]


async def test_slow_mode_is_mentioned_and_is_no_fault(scene: Scene) -> None:
    shape = {
        "id": scene.room, "type": 0, "name": "comments", "guild_id": scene.discord.home.id, "permission_overwrites": [],
        "default_thread_rate_limit_per_user": 30,
    }  # fmt: skip
    scene.discord.fail("GET", f"/channels/{scene.room}", 200, body=shape)
    assert (
        "slow mode lets people write once in 30 s in new threads of #comments, authors too, unless they have"
        " Bypass Slowmode"
    ) in await scene.good()


# --- People -----------------------------------------------------------------------------------------------------------


async def test_people_who_cannot_answer_are_told_one_by_one(scene: Scene) -> None:
    channel = scene.discord.world.channel(scene.room)
    blind, mute, gone = (scene.discord.member(name) for name in ("Bob", "Cleo", "Dora"))
    gone.leave()
    scene.discord.permit(channel, blind, deny=permissions.VIEW_CHANNEL)
    scene.discord.permit(channel, mute, deny=permissions.SEND_MESSAGES_IN_THREADS)
    listed = frozenset({scene.author.id, blind.id, mute.id, gone.id, "ada"})
    scene.rooms = Rooms(speakers={scene.room: listed})
    bad = await scene.bad()
    assert set(bad) == {
        "Bob lacks View Channel in #comments", "Cleo lacks Send Messages in Threads in #comments",
        f"nobody on “Home” has the id {gone.id}", "'ada' is nobody's id on Discord",
    }  # fmt: skip
    assert "Developer Mode" in bad["'ada' is nobody's id on Discord"]


async def test_roles_are_named_by_their_ids(scene: Scene) -> None:
    editors = scene.discord.role("editors")
    home = scene.discord.home.id
    scene.rooms = Rooms(speakers={scene.room: frozenset({"@Editors", "@77", f"@{home}", editors.id, f"@{editors.id}"})})
    assert await scene.bad() == {
        "@Editors is no role on “Home”": f'write "@{editors.id}"',
        "@77 is no role on “Home”": (await scene.bad())["@77 is no role on “Home”"],
        f"@{home} is the role @everyone, which Discord names for nobody": "name a role that you gave, or people",
        f"{editors.id} is the role editors, and no person": f'write "@{editors.id}"',
    }


# --- Threads ----------------------------------------------------------------------------------------------------------


async def test_locked_threads_matter_where_the_bot_may_not_write_in_them(scene: Scene) -> None:
    world, channel = scene.discord.world, scene.discord.world.channel(scene.room)
    names = ["Tea", "Mint", "Salt", "Rain"]
    for name in names:
        thread = scene.discord.bot.open_thread(channel, name)
        assert thread.thread is not None
        thread.thread.locked = True
    scene.discord.bot.archive(next(iter(scene.discord.threads(channel))))
    open_to_all = scene.author.open_thread(channel, "Small talk")
    assert open_to_all.thread is not None
    open_to_all.thread.locked = True
    good = await scene.good()
    assert "Backchat's threads in #comments: 3 active, 1 archived, which a new comment opens again" in good
    (said,) = [what for what in good if "locked" in what]
    assert "and 1 more; the bot may write there all the same" in said and "Small talk" not in said
    scene.discord.permit(channel, scene.discord.bot, deny=permissions.MANAGE_THREADS)
    assert any("locked threads" in what and "are not shown" in what for what in await scene.bad())
    assert world.active_threads == 1000


async def test_a_server_that_is_nearly_full_is_told(scene: Scene) -> None:
    channel = scene.discord.world.channel(scene.room)
    for number in range(950):
        scene.author.open_thread(channel, str(number))
    assert list(await scene.bad()) == ["the bot sees 950 active threads on “Home”; Discord allows 1000"]


# --- Trouble ----------------------------------------------------------------------------------------------------------


async def test_what_cannot_be_asked_hides_nothing_else(scene: Scene) -> None:
    other = RoomId(scene.discord.channel("other").id)
    scene.rooms = Rooms(speakers={**scene.rooms.speakers, other: frozenset()})
    scene.discord.fail("GET", f"/channels/{scene.room}", 500)
    scene.discord.fail("GET", "/guilds/*/threads/active", 403, body={"code": 50001, "message": "Missing Access"})
    bad = await scene.bad()
    assert set(bad) == {
        f"the channel {scene.room} cannot be looked at: Discord answered 500",
        "the threads on “Home” cannot be looked at: Missing Access",
    }
