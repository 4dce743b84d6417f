"""The double's gateway by hand: identifying, events, resuming, op 7 and 9, close codes, intents, and its faults."""

from __future__ import annotations

import aiohttp
import pytest

from adapters.discord.double import permissions
from bridge.testing.clock import DrivenClock
from tests.servers.discord_bare import INTENTS, Bare, bare
from tests.servers.discord_double import Double, discord_double


async def test_who_identifies_hears_who_they_are_and_what_their_guild_has(discord: Double, bot: Bare) -> None:
    channel, hidden = discord.channel("blog"), discord.channel("hidden")
    discord.permit(hidden, None, deny=permissions.VIEW_CHANNEL)
    discord.permit(hidden, discord.bot_role, deny=permissions.VIEW_CHANNEL)
    async with bot.wire() as wire:
        ready = await bot.identified(wire)
        guild = await wire.until("GUILD_CREATE")
    assert ready["user"]["id"] == discord.bot.id
    assert ready["guilds"] == [{"id": discord.home.id, "unavailable": True}]
    assert [one["id"] for one in guild["channels"]] == [channel.id]
    assert [one["user"]["id"] for one in guild["members"]] == [discord.bot.id]


@pytest.mark.parametrize("compress", ["zlib-stream", ""])
async def test_events_are_numbered_one_by_one_compressed_or_not(discord: Double, bot: Bare, compress: str) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with bot.wire(compress=compress) as wire:
        await bot.identified(wire)
        for n in range(20):
            ada.write(channel, f"words {n}")
        for n in range(20):
            assert (await wire.until("MESSAGE_CREATE"))["content"] == f"words {n}"
        assert [one["s"] for one in wire.got if one["op"] == 0] == list(range(1, len(wire.got)))


async def test_a_message_carries_its_writers_roles_and_ones_own_comes_back_with_its_nonce(
    discord: Double, bot: Bare
) -> None:
    role = discord.role("Authors")
    channel, ada = discord.channel("blog"), discord.member("Ada", role)
    async with bot.wire() as wire:
        await bot.identified(wire)
        ada.write(channel, "Hello")
        assert (await wire.until("MESSAGE_CREATE"))["member"]["roles"] == [role.id]
        await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x", "nonce": "key"})
        echo = await wire.until("MESSAGE_CREATE")
        assert echo["nonce"] == "key" and echo["author"]["id"] == discord.bot.id


async def test_a_heart_that_beats_is_answered(discord: Double, bot: Bare) -> None:
    async with bot.wire() as wire:
        await wire.send(1, None)
        assert (await wire.receive())["op"] == 11


async def test_a_heart_that_stops_is_let_go_with_4009(discord: Double, bot: Bare) -> None:
    discord.gate.heartbeat = 20
    async with bot.wire() as wire:
        assert await wire.receive() == {"op": "close", "d": 4009}


async def test_who_resumes_hears_what_they_missed_and_then_that_they_resumed(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with bot.wire() as wire:
        ready = await bot.identified(wire)
        ada.write(channel, "heard")
        await wire.until("MESSAGE_CREATE")
        discord.gate.close(4000)
        assert (await wire.receive())["op"] == "close"
        seq = wire.seq
    ada.write(channel, "missed")
    async with bot.wire(ready["resume_gateway_url"]) as wire:
        await bot.resume(wire, ready["session_id"], seq)
        assert (await wire.until("MESSAGE_CREATE"))["content"] == "missed"
        await wire.until("RESUMED")
    assert discord.gate.connections == ["/", "/resume"] and discord.gate.resumed == [ready["session_id"]]


@pytest.mark.parametrize("how", ["unknown", "goodbye", "too far", "future"])
async def test_a_session_that_cannot_be_resumed_is_not_valid(discord: Double, bot: Bare, how: str) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with bot.wire() as wire:
        ready = await bot.identified(wire)
        session = next(iter(discord.gate.sessions.values()))
        if how == "unknown":
            discord.gate.forget()
        if how == "goodbye":
            await wire.socket.close(code=1000)
        else:
            discord.gate.cut()
        await discord.disconnected()
    if how == "too far":
        session.told = type(session.told)(session.told, maxlen=3)
        for n in range(5):
            ada.write(channel, f"{n}")
    async with bot.wire() as wire:
        await bot.resume(wire, ready["session_id"], 9999 if how == "future" else 1)
        assert (await wire.receive()) | {"s": 0, "t": 0} == {"op": 9, "d": False, "s": 0, "t": 0}


async def test_one_is_asked_to_come_again_and_told_that_the_session_is_not_valid(discord: Double, bot: Bare) -> None:
    async with bot.wire() as wire:
        await bot.identified(wire)
        await wire.until("GUILD_CREATE")
        discord.gate.reconnect()
        assert (await wire.receive())["op"] == 7
        discord.gate.invalidate(resumable=True)
        frame = await wire.receive()
        assert (frame["op"], frame["d"], len(discord.gate.sessions)) == (9, True, 1)
        discord.gate.invalidate()
        frame = await wire.receive()
        assert (frame["op"], frame["d"], len(discord.gate.sessions)) == (9, False, 0)


async def test_wrong_tokens_and_intents_close_with_their_codes(discord: Double, bot: Bare) -> None:
    for token, intents, code in (("wrong", INTENTS, 4004), (None, -1, 4013), (None, INTENTS | 1 << 1, 4014)):
        async with bot.wire() as wire:
            await bot.identify(wire, intents, token)
            assert await wire.receive() == {"op": "close", "d": code}
    discord.world.application.content = False
    async with bot.wire() as wire:
        await bot.identify(wire)
        assert await wire.receive() == {"op": "close", "d": 4014}


async def test_what_is_no_frame_closes(discord: Double, bot: Bare) -> None:
    for op, data, code in ((99, None, 4003), (2, {"x": "y" * 5000}, 4002)):
        async with bot.wire() as wire:
            await wire.send(op, data)
            assert await wire.receive() == {"op": "close", "d": code}
    async with bot.wire() as wire:
        await bot.identified(wire)
        await bot.identify(wire)
        assert (await wire.until_closed()) == 4005


async def test_who_sends_too_much_is_closed(discord: Double, bot: Bare) -> None:
    discord.gate.sends_per_minute = 3
    async with bot.wire() as wire:
        for _ in range(4):
            await wire.send(1, None)
        assert await wire.until_closed() == 4008


async def test_intents_choose_what_is_heard(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with bot.wire() as wire:
        await bot.identified(wire, intents=1 << 10)
        message = ada.write(channel, "unheard")
        ada.react(message, "📮")
        added = await wire.until("MESSAGE_REACTION_ADD")
    assert added["emoji"]["name"] == "📮" and added["member"]["user"]["id"] == ada.id
    assert {one["t"] for one in wire.got if one["op"] == 0} == {"READY", "MESSAGE_REACTION_ADD"}


async def test_what_one_does_not_see_one_does_not_hear(discord: Double, bot: Bare) -> None:
    seen, hidden, ada = discord.channel("seen"), discord.channel("hidden"), discord.member("Ada")
    discord.permit(hidden, discord.bot, deny=permissions.VIEW_CHANNEL)
    async with bot.wire() as wire:
        await bot.identified(wire)
        ada.write(hidden, "unheard")
        ada.write(seen, "heard")
        assert (await wire.until("MESSAGE_CREATE"))["content"] == "heard"


async def test_without_the_intent_content_comes_only_where_discord_says(discord: Double, bot: Bare) -> None:
    discord.world.application.content = False
    channel, ada = discord.channel("blog"), discord.member("Ada")
    path = f"/channels/{channel.id}/messages"
    async with bot.wire() as wire:
        await bot.identified(wire, INTENTS & ~(1 << 15))
        mine = await bot.call("POST", path, {"content": "mine"})
        ours = discord.messages(channel)[0]
        assert (await wire.until("MESSAGE_CREATE"))["content"] == "mine"
        ada.write(channel, "plain", files=("cat.png",))
        ada.write(channel, f"<@{discord.bot.id}> called")
        ada.write(channel, "replied", reply_to=ours)
        ada.write(channel, "silent", reply_to=ours, ping=False)
        heard = [await wire.until("MESSAGE_CREATE") for _ in range(4)]
    assert [one["content"] for one in heard] == ["", f"<@{discord.bot.id}> called", "replied", ""]
    assert heard[0]["attachments"] == []
    listed = (await bot.call("GET", path)).body
    assert [one["content"] for one in listed] == ["", "replied", f"<@{discord.bot.id}> called", "", "mine"]
    assert mine.body["content"] == "mine"


async def test_a_thread_is_opened_again_before_the_message_that_opens_it(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    thread = ada.open_thread(channel, "A post", on=ada.write(channel, "A post"))
    ada.archive(thread)
    async with bot.wire() as wire:
        await bot.identified(wire)
        guild = await wire.until("GUILD_CREATE")
        ada.write(thread, "again")
        await wire.until("MESSAGE_CREATE")
    assert guild["threads"] == []
    assert [one["t"] for one in wire.got if one["op"] == 0][2:] == ["THREAD_UPDATE", "MESSAGE_CREATE"]


async def test_beginning_sessions_is_counted_and_too_often_resets_the_token(discord: Double, bot: Bare) -> None:
    discord.gate.identifies_left = 2
    for left in (1, 0):
        async with bot.wire() as wire:
            await bot.identified(wire)
        limit = (await bot.call("GET", "/gateway/bot")).body["session_start_limit"]
        assert (limit["remaining"], limit["total"]) == (left, 1000)
    old = discord.token
    async with bot.wire() as wire:
        await bot.identify(wire)
        assert await wire.receive() == {"op": "close", "d": 4004}
    assert discord.token != old and (await bot.call("GET", "/users/@me", token=old)).status == 401


async def test_sessions_begun_too_soon_after_each_other_are_not_valid(discord: Double, bot: Bare) -> None:
    discord.gate.spacing = 60.0
    async with bot.wire() as wire, bot.wire() as second:
        await bot.identified(wire)
        await bot.identify(second)
        assert (await second.receive())["op"] == 9


async def test_a_revoked_token_closes_what_it_opened(discord: Double, bot: Bare) -> None:
    old = discord.token
    async with bot.wire() as wire:
        await bot.identified(wire)
        discord.revoke()
        assert await wire.until_closed() == 4004
    assert (await bot.call("GET", "/users/@me", token=old)).status == 401
    assert (await bot.call("GET", "/users/@me")).status == 200


async def test_an_intent_that_is_taken_away_closes_who_has_it(discord: Double, bot: Bare) -> None:
    async with bot.wire() as wire:
        await bot.identified(wire)
        discord.take_content()
        assert await wire.until_closed() == 4014
    assert (await bot.call("GET", "/applications/@me")).body["flags"] == 0


async def test_a_dead_resume_address_takes_nobody_while_the_main_one_does(discord: Double, bot: Bare) -> None:
    discord.gate.resume_dead = True
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        async with bot.wire(discord.gate.resume_url):
            pass
    async with bot.wire() as wire:
        await bot.identified(wire)


async def test_events_are_dropped_doubled_held_late_and_malformed(discord: Double, bot: Bare) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with bot.wire() as wire:
        await bot.identified(wire)
        await wire.until("GUILD_CREATE")
        discord.spoil("MESSAGE_CREATE", "drop", when=lambda data: data["content"] == "dropped")
        discord.spoil("MESSAGE_CREATE", "twice", when=lambda data: data["content"] == "twice")
        discord.spoil("MESSAGE_CREATE", "later", when=lambda data: data["content"] == "late")
        held = discord.spoil("MESSAGE_CREATE", "hold", when=lambda data: data["content"] == "held")
        discord.spoil("MESSAGE_CREATE", "malformed", when=lambda data: data["content"] == "bad")
        for words in ("held", "dropped", "twice", "late", "plain", "bad"):
            ada.write(channel, words)
        assert held.reached.is_set()
        held.release()
        heard = [(await wire.receive())["d"].get("content") for _ in range(6)]
    assert heard == ["twice", "twice", "plain", "late", None, "held"]


async def test_sessions_that_nobody_hears_are_forgotten() -> None:
    clock = DrivenClock()
    async with discord_double(clock=clock) as discord, bare(discord) as bot:
        kept = []
        for _ in range(7):
            async with bot.wire() as wire:
                kept.append((await bot.identified(wire))["session_id"])
                discord.gate.cut()
                await discord.disconnected()
            clock.advance(1)
        discord.channel("blog")
        assert list(discord.gate.sessions) == kept[2:]
        clock.advance(300)
        async with bot.wire() as wire:
            await bot.resume(wire, kept[-1], 1)
            assert (await wire.receive())["op"] == 9
        assert not discord.gate.sessions


async def test_what_is_taken_from_the_bot_is_told(discord: Double, bot: Bare) -> None:
    channel = discord.channel("blog")
    async with bot.wire() as wire:
        await bot.identified(wire)
        discord.grant(discord.bot_role, permissions.VIEW_CHANNEL)
        assert (await wire.until("GUILD_ROLE_UPDATE"))["role"]["permissions"] == str(permissions.VIEW_CHANNEL)
        discord.remove(channel)
        assert (await wire.until("CHANNEL_DELETE"))["id"] == channel.id
        discord.expel()
        assert await wire.until("GUILD_DELETE") == {"id": discord.home.id}
    assert (await bot.call("GET", f"/guilds/{discord.home.id}")).code == 50001
