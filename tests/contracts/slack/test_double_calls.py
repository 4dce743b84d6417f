"""The double's Web API: how arguments come, who may call what, channels and people, limits and faults."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bridge.testing.clock import DrivenClock
from tests.servers.slack_bare import Bare, bare
from tests.servers.slack_double import Double, slack_double


@pytest.mark.parametrize("how", ["json", "form", "multipart", "query"])
async def test_arguments_come_in_every_way(slack: Double, app: Bare, how: str) -> None:
    channel = slack.channel("blog")
    blocks = [{"type": "divider"}]
    meta = {"event_type": "x", "event_payload": {"n": 1}}
    verb = "GET" if how == "query" else "POST"
    said = await app.call(
        "chat.postMessage", how=how, verb=verb, channel=channel.id, text="Hi", blocks=blocks, metadata=meta,
        team_id="T1", unfurl_links=False,
    )  # fmt: skip
    assert said["message"]["blocks"][0]["type"] == "divider" and said["message"]["metadata"] == meta


async def test_json_without_a_charset_is_warned_of_and_what_is_no_json_is_refused(slack: Double, app: Bare) -> None:
    bearer = {"Authorization": f"Bearer {slack.token}"}
    for body, kind, key, word in (
        ("{}", "application/json", "warning", "missing_charset"),
        ("{", "application/json; charset=utf-8", "error", "invalid_json"),
        ("[]", "application/json; charset=utf-8", "error", "json_not_object"),
        ("x", "text/plain", "error", "invalid_post_type"),
        ("a=1", "application/x-www-form-urlencoded; charset=utf-8", "warning", "superfluous_charset"),
    ):
        headers = {**bearer, "Content-Type": kind}
        async with app.session.post(slack.api + "auth.test", data=body, headers=headers) as response:
            assert (await response.json())[key] == word


async def test_tokens(slack: Double, app: Bare) -> None:
    assert (await app.call("auth.test", token=None)).error == "not_authed"
    assert (await app.call("auth.test", token="xoxb-wrong")).error == "invalid_auth"
    assert (await app.call("auth.test", token=slack.app_token)).error == "not_allowed_token_type"
    assert (await app.call("apps.connections.open")).error == "not_allowed_token_type"
    assert (await app.call("auth.test", token=None, how="form")).error == "not_authed"
    async with app.session.post(slack.api + "auth.test", data={"token": slack.token}) as response:
        assert (await response.json())["ok"]
    async with app.session.get(slack.api + "auth.test", params={"token": slack.token}) as response:
        assert (await response.json())["error"] == "invalid_auth"
    assert (await app.call("no.such")).error == "unknown_method"
    good = await app.call("auth.test")
    assert good["bot_id"] == slack.app.bot_id and good["user_id"] == slack.bot.id
    assert good.headers["x-oauth-scopes"].split(",") == slack.app.scopes
    slack.app.scopes.remove("users:read")
    refused = await app.call("users.info", user=slack.admin.id)
    assert (refused.error, refused["needed"]) == ("missing_scope", "users:read")
    slack.revoke("account_inactive")
    assert (await app.call("auth.test")).error == "account_inactive"
    assert slack.token not in repr(slack.requests)


async def test_where_the_bot_is_not(slack: Double, app: Bare) -> None:
    away, secret = slack.channel("away", bot=False), slack.channel("secret", private=True, bot=False)
    assert (await app.post(away)).error == "not_in_channel"
    assert (await app.post(secret)).error == "channel_not_found"
    assert (await app.call("conversations.history", channel=away.id)).error == "not_in_channel"
    assert (await app.call("conversations.info", channel=secret.id)).error == "channel_not_found"
    assert not (await app.call("conversations.info", channel=away.id))["channel"]["is_member"]
    assert (await app.call("conversations.join", channel=away.id))["channel"]["is_member"]
    assert (await app.call("conversations.join", channel=away.id))["warning"] == "already_in_channel"
    assert (await app.post(away))["ok"]
    slack.archive(away)
    assert (await app.post(away)).error == "is_archived"
    assert (await app.call("conversations.info", channel=away.id))["channel"]["is_archived"]
    old = away.id
    slack.move(away)
    assert (await app.call("conversations.info", channel=old)).error == "channel_not_found"
    listed = await app.call("conversations.list", types="public_channel,private_channel")
    assert [one["id"] for one in listed["channels"]] == [away.id]
    slack.invite(secret)
    slack.app.scopes.remove("groups:history")
    assert (await app.call("conversations.history", channel=secret.id))["needed"] == "groups:history"


async def test_people_and_guests(slack: Double, app: Bare) -> None:
    channel = slack.channel("blog")
    slack.member("Ada", display_name="<!channel> ada")
    eve = slack.guest("Eve", channel, letter="W")
    shape = (await app.call("users.info", user=eve.id))["user"]
    assert shape["team_id"] == channel.teams[0].id and shape["is_stranger"] and eve.id.startswith("W")
    assert (await app.call("conversations.info", channel=channel.id))["channel"]["is_ext_shared"]
    names = [one["profile"]["display_name"] for one in (await app.call("users.list"))["members"]]
    assert "<!channel> ada" in names
    async with app.wire() as wire:
        eve.write(channel, "Hello")
        envelope = await wire.envelope()
    assert envelope["payload"]["is_ext_shared_channel"]
    assert envelope["payload"]["event"]["user_team"] == channel.teams[0].id
    assert (await app.call("users.info", user="U0")).error == "user_not_found"
    assert (await app.call("bots.info", bot=slack.app.bot_id))["bot"]["user_id"] == slack.bot.id


async def test_reactions_and_locked_threads(slack: Double, app: Bare) -> None:
    channel = slack.channel("blog")
    said = await app.post(channel)
    where = {"channel": channel.id, "timestamp": said["ts"]}
    assert (await app.call("reactions.add", name="eyes", **where))["ok"]
    assert (await app.call("reactions.add", name="eyes", **where)).error == "already_reacted"
    assert (await app.call("reactions.add", name="✅", **where)).error == "invalid_name"
    seen = (await app.call("reactions.get", **where))["message"]["reactions"]
    assert seen == [{"name": "eyes", "users": [slack.bot.id], "count": 1}]
    assert (await app.call("reactions.remove", name="eyes", **where))["ok"]
    assert (await app.call("reactions.remove", name="eyes", **where)).error == "no_reaction"
    slack.admin.lock(slack.message(channel, said["ts"]))
    assert (await app.post(channel, thread_ts=said["ts"])).error == "restricted_action_thread_locked"
    assert (await app.call("reactions.add", name="eyes", **where)).error == "thread_locked"
    link = await app.call("chat.getPermalink", channel=channel.id, message_ts=said["ts"])
    assert said["ts"].replace(".", "") in link["permalink"]


async def test_pages_of_history(slack: Double, app: Bare) -> None:
    slack.limits.off()
    channel = slack.channel("blog")
    for n in range(5):
        await app.post(channel, str(n))
    first = await app.call("conversations.history", channel=channel.id, limit=2)
    await app.post(channel, "between")
    cursor = first["response_metadata"]["next_cursor"]
    second = await app.call("conversations.history", channel=channel.id, limit=9, cursor=cursor)
    assert [one["text"] for one in (*first["messages"], *second["messages"])] == ["4", "3", "2", "1", "0"]
    since = await app.call("conversations.history", channel=channel.id, oldest=first["messages"][0]["ts"])
    assert [one["text"] for one in since["messages"]] == ["between"]
    assert (await app.call("conversations.history", channel=channel.id, cursor="?")).error == "invalid_cursor"


async def test_limits_slide_by_method_and_messages_by_channel() -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock, pace=1.0) as slack, bare(slack) as app:
        slack.limits.now = clock.now
        here, there = slack.channel("here"), slack.channel("there")
        answers = [(await app.post(here)).status for _ in range(6)]
        assert answers == [200, 200, 200, 200, 429, 429]
        late = await app.post(here)
        assert late.headers["Retry-After"] == "1" and late.error == "ratelimited"
        assert (await app.post(there)).status == (await app.call("auth.test")).status == 200
        clock.advance(1)
        assert [(await app.post(here)).status for _ in range(2)] == [200, 429]
        slack.limits.rules["users.info"] = (2, 60.0)
        asked = [(await app.call("users.info", user=slack.admin.id)).status for _ in range(3)]
        assert asked == [200, 200, 429]
        clock.advance(59)
        assert (await app.call("users.info", user=slack.admin.id)).headers["Retry-After"] == "1"
        clock.advance(1)
        assert (await app.call("users.info", user=slack.admin.id)).status == 200


async def test_an_app_outside_of_the_marketplace_reads_fifteen_objects_a_minute() -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock, pace=1.0) as slack, bare(slack) as app:
        slack.limits.now, slack.limits.slow, slack.limits.burst = clock.now, True, 99
        channel = slack.channel("blog")
        for n in range(20):
            assert (await app.post(channel, str(n)))["ok"]
        first = await app.call("conversations.history", channel=channel.id, limit=999)
        assert len(first["messages"]) == 15 and first["has_more"]
        assert (await app.call("conversations.history", channel=channel.id)).headers["Retry-After"] == "60"
        clock.advance(60)
        cursor = first["response_metadata"]["next_cursor"]
        rest = await app.call("conversations.history", channel=channel.id, limit=999, cursor=cursor)
        assert len(rest["messages"]) == 5


@pytest.mark.parametrize("commits", [False, True])
@pytest.mark.parametrize(
    ("answer", "status"), [(500, 500), (429, 429), ("html", 200), ("internal_error", 200), ("reset", -1)]
)
async def test_a_fault_answers_untruly_and_the_work_is_done_or_not(
    slack: Double, app: Bare, answer: int | str, status: int, commits: bool
) -> None:
    channel = slack.channel("blog")
    fault = slack.fail("chat.*", answer, commits=commits, when=lambda args: args["text"] == "Hi")
    if answer == "reset":
        with pytest.raises(aiohttp.ClientError):
            await app.post(channel, "Hi")
    else:
        said = await app.post(channel, "Hi")
        assert said.status == status
        assert ("Retry-After" in said.headers) is (answer == 429)
        assert answer != "html" or str(said.body).startswith("<!DOCTYPE html>")
        assert answer != "internal_error" or said.error == answer
    assert fault.hits == 1 and slack.requests[-1].status == status
    assert [one.text for one in slack.messages(channel)] == (["Hi"] if commits else [])
    assert slack.asked("chat.postMessage")[0].committed is commits
    assert (await app.post(channel, "Hi"))["ok"]


async def test_a_late_commit_comes_after_the_client_has_gone() -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock) as slack, bare(slack) as app:
        channel = slack.channel("blog")
        fault = slack.fail("chat.postMessage", "hang", commits=60.0)
        asking = asyncio.create_task(app.post(channel, "Hi"))
        await fault.reached.wait()
        asking.cancel()
        assert slack.messages(channel) == []
        clock.advance(60)
        await fault.committed.wait()
        assert [one.text for one in slack.messages(channel)] == ["Hi"]


async def test_an_answer_is_held_while_its_event_goes_before(slack: Double, app: Bare) -> None:
    channel = slack.channel("blog")
    fault = slack.fail("chat.postMessage", commits=True, hold=True)
    async with app.wire() as wire:
        asking = asyncio.create_task(app.post(channel, "Hi"))
        assert (await wire.event())["text"] == "Hi" and not asking.done()
        fault.release()
        assert (await asking)["ok"]
