"""What the double lets people and bots do, and what becomes of it: messages, threads, forums, reactions, webhooks."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.discord.double import Problem, permissions
from adapters.discord.double.things import Channel
from bridge.testing.clock import DrivenClock
from tests.servers.discord_bare import Bare, bare
from tests.servers.discord_double import Double, discord_double


@pytest.fixture(autouse=True)
def unlimited(discord: Double) -> None:
    discord.limits.off()


def messages_of(channel: Channel) -> str:
    return f"/channels/{channel.id}/messages"


def button(custom_id: str, label: str = "x") -> dict[str, object]:
    return {"type": 2, "style": 1, "label": label, "custom_id": custom_id}


async def test_words_are_trimmed_and_counted_in_code_points(discord: Double, bot: Bare) -> None:
    path = messages_of(discord.channel("blog"))
    assert (
        await bot.call("POST", path, {"content": "  " + "\N{OPEN MAILBOX WITH LOWERED FLAG}" * 2000 + "\n"})
    ).status == 200
    assert (await bot.call("POST", path, {"content": "x" * 2001})).code == 50035
    assert (await bot.call("POST", path, {"content": " \n "})).code == 50006


@pytest.mark.parametrize(
    "body",
    [
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4096}, {"description": "x" * 1905}]},
        {"embeds": [{"description": "x"}] * 11},
        {"embeds": [{"title": "x", "url": "javascript:1"}]},
        {"content": "x", "components": [{"type": 1, "components": []}]},
        {"content": "x", "components": [{"type": 1, "components": [button("x" * 101)]}]},
        {"content": "x", "components": [{"type": 1, "components": [button("x"), button("x")]}]},
        {"content": "x", "components": [button("x")]},
        {"content": "x", "components": [{"type": 1, "components": [button("x", label="")]}]},
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        {"content": "x", "message_reference": {"message_id": "1"}},
        {"content": "x", "nonce": "n" * 26},
        {"content": 5},
    ],
)  # fmt: skip
async def test_forms_that_discord_refuses(discord: Double, bot: Bare, body: object) -> None:
    refused = await bot.call("POST", messages_of(discord.channel("blog")), body)
    assert (refused.status, refused.code) == (400, 50035) and refused.body["errors"]


async def test_the_same_nonce_says_nothing_twice_until_its_window_is_over() -> None:
    clock = DrivenClock()
    async with discord_double(clock=clock) as discord, bare(discord) as bot:
        channel, other = discord.channel("blog"), discord.channel("other")
        body = {"content": "Hello", "nonce": "key", "enforce_nonce": True}
        first = (await bot.call("POST", messages_of(channel), body)).body
        assert (await bot.call("POST", messages_of(channel), body)).body["id"] == first["id"]
        assert (await bot.call("POST", messages_of(other), {**body, "content": "Else"})).body["id"] == first["id"]
        assert (await bot.call("POST", messages_of(channel), {"content": "x", "nonce": "key"})).body["id"] != first[
            "id"
        ]
        clock.advance(discord.world.nonces.window)
        again = (await bot.call("POST", messages_of(channel), body)).body
        assert again["id"] != first["id"] and len(discord.messages(channel)) == 3


async def test_the_nonce_of_what_was_deleted_answers_that_it_is_unknown(discord: Double, bot: Bare) -> None:
    channel = discord.channel("blog")
    body = {"content": "Hello", "nonce": "key", "enforce_nonce": True}
    first = (await bot.call("POST", messages_of(channel), body)).body
    await bot.call("DELETE", f"{messages_of(channel)}/{first['id']}")
    assert (await bot.call("POST", messages_of(channel), body)).code == 10008


async def test_who_is_pinged_is_what_is_allowed(discord: Double, bot: Bare) -> None:
    role = discord.role("Readers", mentionable=True)
    channel, ada, eve = discord.channel("blog"), discord.member("Ada"), discord.member("Eve", role)
    words = ada.write(channel, "Hi")
    content = f"@everyone <@{ada.id}> <@&{role.id}>"
    for allowed, expected in (
        (None, {ada.id, eve.id}),
        ({"parse": []}, set()),
        ({"parse": [], "users": [ada.id]}, {ada.id}),
        ({"parse": ["roles"]}, {eve.id}),
        ({"parse": [], "replied_user": True}, {ada.id}),
    ):
        discord.pinged.clear()
        body: dict[str, object] = {
            "content": content,
            "message_reference": {"message_id": words.id},
            "allowed_mentions": allowed,
        }
        await bot.call("POST", messages_of(channel), {key: value for key, value in body.items() if value is not None})
        assert {who for who, _ in discord.pinged} == expected
    discord.permit(channel, discord.bot, allow=permissions.MENTION_EVERYONE)
    discord.pinged.clear()
    said = await bot.call("POST", messages_of(channel), {"content": "@here"})
    assert said.body["mention_everyone"] and len(discord.pinged) == 3
    discord.pinged.clear()
    await bot.call("PATCH", f"{messages_of(channel)}/{said.body['id']}", {"content": f"<@{ada.id}>"})
    assert not discord.pinged, "an edit rings nobody"


async def test_pages_of_messages(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    ids = [ada.write(channel, f"{n}").id for n in range(10)]

    async def page(**query: Any) -> list[str]:
        return [one["id"] for one in (await bot.call("GET", messages_of(channel), **query)).body]

    assert await page(limit=3) == ids[:-4:-1]
    assert await page(limit=3, after=ids[2]) == [ids[5], ids[4], ids[3]]
    assert await page(limit=3, before=ids[5]) == [ids[4], ids[3], ids[2]]
    assert await page(limit=3, after=0) == [ids[2], ids[1], ids[0]]
    assert await page(limit=4, around=ids[5]) == [ids[6], ids[5], ids[4], ids[3]]
    assert (await bot.call("GET", messages_of(channel), limit=101)).code == 50035


async def test_only_ones_own_message_can_be_edited_and_old_ones_not_too_often() -> None:
    clock = DrivenClock()
    async with discord_double(clock=clock) as discord, bare(discord) as bot:
        channel, ada = discord.channel("blog"), discord.member("Ada")
        other = ada.write(channel, "mine")
        assert (await bot.call("PATCH", f"{messages_of(channel)}/{other.id}", {"content": "yours"})).code == 50005
        mine = (await bot.call("POST", messages_of(channel), {"content": "x"})).body["id"]
        clock.advance(3601)
        discord.world.edits.at_most = 2
        codes = [
            (await bot.call("PATCH", f"{messages_of(channel)}/{mine}", {"content": f"{n}"})).body.get("code")
            for n in range(3)
        ]
        assert codes == [None, None, 30046]


async def test_a_reaction_is_known_by_its_whole_name(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    path = f"{messages_of(channel)}/{ada.write(channel, 'Hi').id}/reactions"
    for emoji, code in (("\N{WARNING SIGN}", 10014), ("ok", 10014), ("name:x", 10014)):
        assert (await bot.call("PUT", f"{path}/{emoji}/@me")).code == code
    for _ in range(2):
        assert (await bot.call("PUT", f"{path}/\N{WARNING SIGN}\N{VARIATION SELECTOR-16}/@me")).status == 204
    for n in range(19):
        assert (await bot.call("PUT", f"{path}/{chr(0x1F600 + n)}/@me")).status == 204
    assert (await bot.call("PUT", f"{path}/{chr(0x1F680)}/@me")).code == 30010
    listed = (await bot.call("GET", messages_of(channel))).body[0]["reactions"]
    assert len(listed) == 20 and all(one["me"] and one["count"] == 1 for one in listed)


# threads --------------------------------------------------------------------------------------------------------------


async def started(discord: Double, bot: Bare, channel: Channel) -> Channel:
    anchor = (await bot.call("POST", messages_of(channel), {"content": "A post"})).body["id"]
    made = await bot.call("POST", f"{messages_of(channel)}/{anchor}/threads", {"name": "A post"})
    return discord.world.channels[made.body["id"]]


async def test_names_are_1_to_100_characters(discord: Double, bot: Bare) -> None:
    channel = discord.channel("blog")
    thread = await started(discord, bot, channel)
    for name in ("", " ", "x" * 101):
        assert (await bot.call("PATCH", f"/channels/{thread.id}", {"name": name})).code == 50035
    assert (await bot.call("PATCH", f"/channels/{thread.id}", {"name": "x" * 100})).status == 200


async def test_a_thread_is_seldom_renamed(discord: Double, bot: Bare) -> None:
    thread = await started(discord, bot, discord.channel("blog"))
    said = [await bot.call("PATCH", f"/channels/{thread.id}", {"name": f"{n}"}) for n in range(3)]
    assert [one.status for one in said] == [200, 200, 429]
    assert said[2].body["retry_after"] > 500 and said[2].remaining > 0, "no header tells of it"


async def test_an_archived_thread_takes_words_but_no_edits_and_no_reactions(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    thread = await started(discord, bot, channel)
    mine = (await bot.call("POST", messages_of(thread), {"content": "x"})).body["id"]
    where = f"{messages_of(thread)}/{mine}"
    ada.archive(thread)
    for method, path, body in (
        ("PATCH", where, {"content": "y"}), ("PUT", f"{where}/reactions/✅/@me", None),
        ("DELETE", f"{where}/reactions/✅/@me", None), ("PUT", f"/channels/{thread.id}/thread-members/{ada.id}", None),
        ("PATCH", f"/channels/{thread.id}", {"name": "x"}), ("PATCH", f"/channels/{thread.id}", {"locked": True}),
    ):  # fmt: skip
        assert (await bot.call(method, path, body)).code == 50083, path
    assert (await bot.call("DELETE", where)).status == 204
    assert thread.thread and thread.thread.archived
    assert (await bot.call("POST", messages_of(thread), {"content": "z"})).status == 200
    assert not thread.thread.archived


async def test_in_a_locked_thread_only_moderators_write(discord: Double, bot: Bare) -> None:
    channel, moderator = discord.channel("blog"), discord.member("Mo", discord.role("Mods", permissions.MANAGE_THREADS))
    thread, ada = await started(discord, bot, channel), discord.member("Ada")
    moderator.lock(thread)
    with pytest.raises(Problem, match="160005"):
        ada.write(thread, "Hello?")
    assert (await bot.call("POST", messages_of(thread), {"content": "x"})).status == 200, "the bot may manage threads"
    discord.bot_role.permissions &= ~permissions.MANAGE_THREADS
    assert (await bot.call("POST", messages_of(thread), {"content": "x"})).code == 160005
    assert (await bot.call("PATCH", f"/channels/{thread.id}", {"locked": False})).code == 160005
    moderator.archive(thread)
    assert (await bot.call("POST", messages_of(thread), {"content": "x"})).code == 160005


async def test_what_is_silent_is_archived_by_the_doubles_clock() -> None:
    clock = DrivenClock()
    async with discord_double(clock=clock) as discord, bare(discord) as bot:
        thread = await started(discord, bot, discord.channel("blog"))
        clock.advance(4320 * 60 - 1)
        discord.settle()
        assert thread.thread and not thread.thread.archived
        clock.advance(1)
        shown = await bot.call("GET", f"/channels/{thread.id}")
        assert shown.body["thread_metadata"]["archived"] is True


async def test_one_thread_too_many_is_neither_made_nor_opened(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    thread = await started(discord, bot, channel)
    discord.world.active_threads = 1
    anchor = (await bot.call("POST", messages_of(channel), {"content": "Another"})).body["id"]
    assert (await bot.call("POST", f"{messages_of(channel)}/{anchor}/threads", {"name": "x"})).code == 160006
    ada.archive(thread)
    assert (await bot.call("POST", f"{messages_of(channel)}/{anchor}/threads", {"name": "x"})).status == 201
    assert (await bot.call("POST", messages_of(thread), {"content": "x"})).code == 160006
    assert (await bot.call("PATCH", f"/channels/{thread.id}", {"archived": False})).code == 160006


async def test_archived_threads_are_listed_by_the_instant_at_which_they_were() -> None:
    clock = DrivenClock()
    async with discord_double(clock=clock) as discord, bare(discord) as bot:
        channel, ada, made = discord.channel("blog"), discord.member("Ada"), []
        for _ in range(5):
            made.append(await started(discord, bot, channel))
            clock.advance(60)
            ada.archive(made[-1])
        path, found = f"/channels/{channel.id}/threads/archived/public", []
        before: dict[str, str] = {}
        while True:
            page = (await bot.call("GET", path, limit=2, **before)).body
            found += [one["id"] for one in page["threads"]]
            if not page["has_more"]:
                break
            before = {"before": page["threads"][-1]["thread_metadata"]["archive_timestamp"]}
        assert found == [one.id for one in reversed(made)]


async def test_a_thread_says_of_itself_who_came_and_how_it_is_called(discord: Double, bot: Bare) -> None:
    channel, ada, eve = discord.channel("blog"), discord.member("Ada"), discord.member("Eve")
    thread = await started(discord, bot, channel)
    await bot.call("PUT", f"/channels/{thread.id}/thread-members/{ada.id}")
    await bot.call("PUT", f"/channels/{thread.id}/thread-members/{ada.id}")
    await bot.call("PATCH", f"/channels/{thread.id}", {"name": "Renamed"})
    await bot.call("POST", messages_of(thread), {"content": f"<@{eve.id}>"})
    assert [one.type for one in discord.messages(thread, system=True)] == [21, 1, 4, 0]
    assert thread.thread and set(thread.thread.members) == {discord.bot.id, ada.id, eve.id}
    assert [one.content for one in discord.messages(thread)] == [f"<@{eve.id}>"]


async def test_who_cannot_see_the_channel_cannot_be_added(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog", private=True), discord.member("Ada")
    thread = await started(discord, bot, channel)
    assert (await bot.call("PUT", f"/channels/{thread.id}/thread-members/{ada.id}")).code == 50001
    discord.permit(channel, ada, allow=permissions.VIEW_CHANNEL)
    assert (await bot.call("PUT", f"/channels/{thread.id}/thread-members/{ada.id}")).status == 204


async def test_a_forum_wants_a_message_and_its_tags(discord: Double, bot: Bare) -> None:
    forum = discord.forum("posts", "tea", "staff", require_tag=True, moderated=("staff",))
    tea, staff = forum.tags
    path, starter = f"/channels/{forum.id}/threads", {"content": "Starter"}
    assert (await bot.call("POST", messages_of(forum), {"content": "x"})).code == 50008
    assert (await bot.call("POST", path, {"name": "A post"})).code == 50035
    assert (await bot.call("POST", path, {"name": "A post", "message": starter})).code == 40067
    assert (await bot.call("POST", path, {"name": "x", "message": starter, "applied_tags": ["1"]})).code == 40066
    made = await bot.call("POST", path, {"name": "A post", "message": starter, "applied_tags": [tea.id, staff.id]})
    assert made.status == 201 and made.body["message"]["id"] == made.body["id"]
    discord.bot_role.permissions &= ~permissions.MANAGE_THREADS
    refused = await bot.call("POST", path, {"name": "A post", "message": starter, "applied_tags": [staff.id]})
    assert refused.code == 50013
    assert len(discord.threads(forum)) == 1, "what is refused leaves nothing"


async def test_a_deleted_channel_takes_its_threads_and_webhooks_with_it(discord: Double, bot: Bare) -> None:
    channel = discord.channel("blog")
    thread = await started(discord, bot, channel)
    discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS | permissions.MANAGE_CHANNELS
    hook = (await bot.call("POST", f"/channels/{channel.id}/webhooks", {"name": "x"})).body
    assert (await bot.call("DELETE", f"/channels/{channel.id}")).status == 200
    assert (await bot.call("POST", messages_of(thread), {"content": "x"})).code == 10003
    assert (await bot.call("POST", f"/webhooks/{hook['id']}/{hook['token']}", {"content": "x"})).code == 10015


async def test_slow_mode_slows_people_and_no_bots() -> None:
    clock = DrivenClock()
    async with discord_double(clock=clock) as discord, bare(discord) as bot:
        channel, ada = discord.channel("blog", slow=10), discord.member("Ada")
        ada.write(channel, "one")
        with pytest.raises(Problem, match="20016"):
            ada.write(channel, "two")
        for _ in range(2):
            assert (await bot.call("POST", messages_of(channel), {"content": "x"})).status == 200
        clock.advance(10)
        ada.write(channel, "two")


async def test_pins_leave_a_message_of_discords(discord: Double) -> None:
    channel, mo = discord.channel("blog"), discord.member("Mo", discord.role("Mods", permissions.PIN_MESSAGES))
    mo.pin(mo.write(channel, "Read this"))
    assert [one.type for one in discord.messages(channel, system=True)] == [0, 6]


async def test_a_file_has_an_address_that_expires(discord: Double) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    address = ada.write(channel, "Look", files=("cat.png",)).attachments[0]["url"]
    assert all(f"{name}=" in address for name in ("ex", "is", "hm")) and "/cat.png?" in address


# webhooks -------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def hook(discord: Double, bot: Bare) -> str:
    discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS
    discord.channel("blog")
    return await made_hook(bot, next(iter(discord.world.channels.values())))


async def made_hook(bot: Bare, channel: Channel) -> str:
    made = (await bot.call("POST", f"/channels/{channel.id}/webhooks", {"name": "Backchat"})).body
    return f"/webhooks/{made['id']}/{made['token']}"


@pytest.mark.parametrize("name", ["", "x" * 81, "Discord fan", "Mr cLyde", "everyone", "Here"])
async def test_names_under_which_no_webhook_speaks(bot: Bare, hook: str, name: str) -> None:
    assert (await bot.call("POST", hook, {"content": "x", "username": name}, token=None)).code == 50035


async def test_a_webhook_speaks_in_threads_of_its_channel_only(discord: Double, bot: Bare, hook: str) -> None:
    channel, other, ada = next(iter(discord.world.channels.values())), discord.channel("other"), discord.member("Ada")
    thread, elsewhere = await started(discord, bot, channel), await started(discord, bot, other)
    ada.archive(thread)
    said = await bot.call("POST", hook, {"content": "x"}, token=None, wait="true", thread_id=thread.id)
    assert said.body["channel_id"] == thread.id and thread.thread and not thread.thread.archived
    assert (await bot.call("POST", hook, {"content": "x"}, token=None, thread_id=elsewhere.id)).code == 10003
    there = f"{hook}/messages/{said.body['id']}"
    assert (await bot.call("PATCH", there, {"content": "y"}, token=None)).code == 10008
    assert (await bot.call("PATCH", there, {"content": "y"}, token=None, thread_id=thread.id)).status == 200
    assert (await bot.call("POST", hook, {"content": "x", "thread_name": "x"}, token=None)).code == 220003
    nonce = {"content": "x", "nonce": "key", "enforce_nonce": True}
    ids = {(await bot.call("POST", hook, nonce, token=None, wait="true")).body["id"] for _ in range(2)}
    assert len(ids) == 2, "webhooks know no nonce"


async def test_a_forums_webhook_opens_a_post_or_speaks_in_one(discord: Double, bot: Bare) -> None:
    discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS
    forum = discord.forum("posts")
    hook = await made_hook(bot, forum)
    assert (await bot.call("POST", hook, {"content": "x"}, token=None)).code == 220001
    said = await bot.call("POST", hook, {"content": "x", "thread_name": "A post"}, token=None, wait="true")
    assert said.body["id"] == said.body["channel_id"]
    both = {"content": "x", "thread_name": "A post"}
    assert (await bot.call("POST", hook, both, token=None, thread_id=said.body["id"])).code == 220002


async def test_a_channel_has_15_webhooks(discord: Double, bot: Bare, hook: str) -> None:
    channel = next(iter(discord.world.channels.values()))
    path = f"/channels/{channel.id}/webhooks"
    codes = [(await bot.call("POST", path, {"name": "x"})).body.get("code") for _ in range(15)]
    assert codes == [None] * 14 + [30007]
    assert (await bot.call("GET", f"{hook[:-1]}x", token=None)).code == 50027


# people ---------------------------------------------------------------------------------------------------------------


async def test_people_are_held_to_the_same_rules(discord: Double) -> None:
    channel, ada, eve = discord.channel("blog"), discord.member("Ada"), discord.member("Eve")
    words = ada.write(channel, "Hello")
    with pytest.raises(Problem, match="50013"):
        eve.delete(words)
    discord.permit(channel, None, deny=permissions.SEND_MESSAGES)
    with pytest.raises(Problem, match="50013"):
        eve.write(channel, "Me too")
    eve.leave()
    with pytest.raises(Problem, match="50001"):
        eve.react(words, "✅")


async def test_ids_say_when_and_only_grow_also_when_the_clock_is_off() -> None:
    clock = DrivenClock(1_800_000_000.0)
    async with discord_double(clock=clock) as discord:
        channel, ada = discord.channel("blog"), discord.member("Ada")
        first = ada.write(channel, "one")
        discord.world.time.skew = -30.0
        second = ada.write(channel, "two")
        assert int(second.id) > int(first.id) and second.created == 1_799_999_970.0
        clock.advance(100)
        assert (int(ada.write(channel, "three").id) >> 22) + 1_420_070_400_000 == 1_800_000_070_000
