"""The double's rate limits and faults: what headers say, what is shared, and each kind of fault by hand."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from adapters.discord.double.limits import Limits
from bridge.testing.clock import DrivenClock
from tests.servers.discord_bare import Bare, Said, bare
from tests.servers.discord_double import Double, discord_double

MESSAGES = "/channels/{channel_id}/messages"


def counted(limits: Limits, method: str, path: str, at: float, major: str = "1") -> tuple[int, float | None]:
    one = limits.count(method, path, major, at)
    return one.before, one.retry_after


def test_a_bucket_is_full_again_when_its_window_ends() -> None:
    limits = Limits(everywhere=None)
    assert [counted(limits, "POST", MESSAGES, at)[0] for at in (0, 1, 2, 3, 4)] == [5, 4, 3, 2, 1]
    assert counted(limits, "POST", MESSAGES, 4.0) == (0, 1.0)
    assert counted(limits, "POST", MESSAGES, 5.0) == (5, None)


def test_each_channel_has_its_own_and_some_routes_share_one() -> None:
    limits = Limits(everywhere=None, rules={"reactions": (1, 1.0)})
    reaction = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"
    assert counted(limits, "PUT", reaction, 0.0) == (1, None)
    assert counted(limits, "DELETE", reaction, 0.0) == (0, 1.0)
    assert counted(limits, "DELETE", reaction, 0.0, "2") == (1, None)


def test_the_global_limit_counts_everything_but_answers_to_interactions() -> None:
    limits = Limits(everywhere=(2, 1.0))
    callback = "/interactions/{interaction_id}/{interaction_token}/callback"
    assert [counted(limits, "GET", f"/{n}", 0.0)[1] for n in range(3)] == [None, None, 1.0]
    assert counted(limits, "POST", callback, 0.0) == (1, None)
    one = limits.count("GET", "/3", "", 0.5)
    assert one.everywhere and one.scope == "global" and one.headers["X-RateLimit-Global"] == "true"


async def test_headers_say_what_remains_and_a_429_when_to_come_again(discord: Double, bot: Bare) -> None:
    discord.limits.rules[f"POST {MESSAGES}"] = (2, 60_000.0)
    channel = discord.channel("blog")
    said = [await bot.call("POST", f"/channels/{channel.id}/messages", {"content": f"{n}"}) for n in range(3)]
    assert [(one.status, one.remaining) for one in said] == [(200, 1), (200, 0), (429, 0)]
    assert len({one.headers["X-RateLimit-Bucket"] for one in said}) == 1
    assert 590 < said[2].body["retry_after"] <= 600 and said[2].body["global"] is False
    assert said[2].headers["Via"] and said[2].headers["X-RateLimit-Scope"] == "user"
    assert [one.before for one in discord.requests] == [2, 1, 0] and discord.too_soon() == discord.requests[2:]
    assert [one.content for one in discord.messages(channel)] == ["0", "1"]


async def test_who_is_refused_too_often_is_banned_by_cloudflare(discord: Double, bot: Bare) -> None:
    discord.limits.invalid_allowed = 2
    for _ in range(2):
        assert (await bot.call("GET", "/users/@me", token="wrong")).status == 401
    banned = await bot.call("GET", "/users/@me")
    assert banned.status == 429 and "Via" not in banned.headers and isinstance(banned.body, str)


# faults ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("commits", [False, True])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_status_before_or_after_the_work_is_done(
    discord: Double, bot: Bare, status: int, commits: bool
) -> None:
    channel = discord.channel("blog")
    fault = discord.fail("POST", "/channels/*/messages", status, commits=commits)
    said = [await bot.call("POST", f"/channels/{channel.id}/messages", {"content": f"{n}"}) for n in range(2)]
    assert [one.status for one in said] == [status, 200] and fault.hits == 1
    assert [one.content for one in discord.messages(channel)] == (["0", "1"] if commits else ["1"])
    assert [one.committed for one in discord.requests] == [commits, True]


@pytest.mark.parametrize("commits", [False, True])
async def test_a_connection_that_is_cut_before_or_after(discord: Double, bot: Bare, commits: bool) -> None:
    channel = discord.channel("blog")
    discord.fail("POST", "*", "reset", commits=commits)
    with pytest.raises(aiohttp.ClientError):
        await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x"})
    assert bool(discord.messages(channel)) is commits and discord.requests[0].status == -1


async def test_work_that_is_done_long_after_the_client_went() -> None:
    clock = DrivenClock()
    async with discord_double(clock=clock) as discord, bare(discord) as bot:
        channel = discord.channel("blog")
        fault = discord.fail("POST", "*", "reset", commits=60.0)
        with pytest.raises(aiohttp.ClientError):
            await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x"})
        await asyncio.sleep(0)
        clock.advance(59)
        assert not discord.messages(channel)
        clock.advance(1)
        await fault.committed.wait()
        assert discord.messages(channel)[0].created == clock.now()


async def test_late_work_that_is_refused_by_then_is_not_done() -> None:
    clock = DrivenClock()
    async with discord_double(clock=clock) as discord, bare(discord) as bot:
        channel = discord.channel("blog")
        discord.bot_role.permissions |= 1 << 4
        fault = discord.fail("POST", "*", 504, commits=60.0)
        assert (await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x"})).status == 504
        await bot.call("DELETE", f"/channels/{channel.id}")
        clock.advance(60)
        await fault.committed.wait()
        assert not discord.requests[0].committed


async def test_an_answer_that_waits_until_it_is_let_go_while_the_event_is_there(discord: Double, bot: Bare) -> None:
    channel = discord.channel("blog")
    fault = discord.fail("POST", "*", commits=True, hold=True)
    async with bot.wire() as wire:
        await bot.identified(wire)
        asked = asyncio.ensure_future(bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x"}))
        heard = await wire.until("MESSAGE_CREATE")
        assert fault.reached.is_set() and not asked.done()
        fault.release()
        assert (await asked).body["id"] == heard["id"]


async def test_a_request_that_waits_before_its_work_is_done(discord: Double, bot: Bare) -> None:
    channel = discord.channel("blog")
    fault = discord.fail("POST", "*", hold=True)
    asked = asyncio.ensure_future(bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x"}))
    await fault.reached.wait()
    assert not discord.messages(channel)
    fault.release()
    assert (await asked).status == 200 and discord.messages(channel)


async def test_a_request_that_is_never_answered(discord: Double, bot: Bare) -> None:
    channel = discord.channel("blog")
    fault = discord.fail("POST", "*", "hang", commits=True)
    asked = asyncio.ensure_future(bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x"}))
    await fault.reached.wait()
    assert discord.messages(channel) and not asked.done()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_a_429_of_each_kind(discord: Double, bot: Bare) -> None:
    async def limited(**kind: object) -> Said:
        discord.fail("GET", "/users/@me", 429, retry_after=7.0, **kind)  # type: ignore[arg-type]
        return await bot.call("GET", "/users/@me")

    user, shared, everywhere, cloudflare = (
        await limited(), await limited(scope="shared"), await limited(scope="global"), await limited(via=False),
    )  # fmt: skip
    assert [one.headers.get("X-RateLimit-Scope") for one in (user, shared, everywhere)] == ["user", "shared", "global"]
    assert [one.body["global"] for one in (user, shared, everywhere)] == [False, False, True]
    assert "Via" in user.headers and "Via" not in cloudflare.headers and cloudflare.headers["Retry-After"] == "7"


async def test_a_fault_meets_what_it_names_and_as_often_as_it_says(discord: Double, bot: Bare) -> None:
    one, other = discord.channel("one"), discord.channel("other")
    discord.fail("POST", f"/channels/{one.id}/*", 503, times=2, when=lambda body: "hit" in body["content"])

    async def say(channel: str, words: str) -> int:
        return (await bot.call("POST", f"/channels/{channel}/messages", {"content": words})).status

    assert [await say(other.id, "hit"), await say(one.id, "pass")] == [200, 200]
    assert [await say(one.id, "hit") for _ in range(3)] == [503, 503, 200]
    discord.fail("*", "*", 500, times=99)
    discord.faults.clear()
    assert await say(one.id, "hit") == 200
