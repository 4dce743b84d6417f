"""How requests end: each fault of the wire as the port tells errors apart, and nothing sent blindly twice."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.double import permissions
from adapters.discord.double.faults import Answered
from adapters.discord.quiet import masked
from bridge.errors import MaybeDone, OpenAgain, Refused, RetryLater
from bridge.model import AnswerState, Key, Receipt
from tests.contracts.discord.scene import OpenScene, chat_on, opened

SAY = "/channels/{channel_id}/messages"
ONE = "/channels/{channel_id}/messages/{message_id}"
SAID = "/channels/*/messages"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path, patience=1.5) as scene:
        yield scene


# Faults of the wire ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("commits", [True, False], ids=["after it happened", "before it happened"])
@pytest.mark.parametrize("answer", [500, 502, 503, 504, 520, "reset", "hang"])
async def test_law_02_a_message_without_a_good_answer_is_unknown_and_sent_once(
    on: OpenScene, answer: Answered, commits: bool
) -> None:
    thread, key = await on.thread(), on.key()
    before = len(on.sent("POST", SAY))
    fault = on.discord.fail("POST", SAID, answer, commits=commits)
    with pytest.raises(MaybeDone):
        await on.say(thread, key=key)
    fault.release()
    assert len(on.sent("POST", SAY)) == before + 1
    again = await on.say(thread, key=key)
    assert [one.id for one in on.scene.ours(thread)] == [again]


@pytest.mark.parametrize("answer", [500, 503, "hang"])
async def test_reading_without_a_good_answer_is_tried_later(on: OpenScene, answer: Answered) -> None:
    thread, key = await on.thread(), on.key()
    message = await on.say(thread, key=key)
    fault = on.discord.fail("GET", SAID, answer)
    with pytest.raises(RetryLater):
        await on.chat.find(thread, [key], 0.0)
    fault.release()
    assert await on.chat.find(thread, [key], 0.0) == {key: message}


async def test_discord_that_cannot_be_reached_has_done_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as on:
        thread = await on.thread()
        Route.BASE = "http://127.0.0.1:1/api/v10"
        with pytest.raises(RetryLater, match="cannot be reached"):
            await on.say(thread)


async def test_law_02_what_was_answered_by_too_many_requests_is_sent_again(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.fail("POST", SAID, 429, retry_after=0.01)
    message = await on.say(thread)
    assert [one.id for one in on.scene.ours(thread)] == [message]
    assert on.sent("POST", SAY)[-2:] == [429, 200]


async def test_law_02_a_server_error_after_too_many_requests_is_unknown(on: OpenScene) -> None:
    thread = await on.thread()
    before = len(on.sent("POST", SAY))
    on.discord.fail("POST", SAID, 429, retry_after=0.01)
    on.discord.fail("POST", SAID, 500, commits=True)
    with pytest.raises(MaybeDone):
        await on.say(thread)
    assert on.sent("POST", SAY)[before:] == [429, 500]
    assert len(on.scene.ours(thread)) == 1


async def test_a_global_limit_stops_every_request_and_ends(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.fail("POST", SAID, 429, retry_after=0.01, scope="global")
    await asyncio.gather(*(on.say(thread, f"Words {number}") for number in range(3)))
    assert len(on.scene.ours(thread)) == 3


async def test_a_limit_longer_than_we_wait_is_told_with_its_length(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.fail("POST", SAID, 429, retry_after=40.0)
    with pytest.raises(RetryLater) as caught:
        await on.say(thread)
    assert caught.value.after == 40.0


async def test_limits_that_do_not_end_are_told_in_the_end(tmp_path: Path) -> None:
    async with opened(tmp_path) as on:
        thread = await on.thread()
        on.discord.fail("POST", SAID, 429, retry_after=0.01, times=9)
        with pytest.raises(RetryLater, match="only so much"):
            await on.say(thread)
        assert on.scene.ours(thread) == []


async def test_what_only_waits_for_its_turn_was_not_sent(on: OpenScene) -> None:
    on.discord.limits.rules[f"POST {SAY}"] = (1, 500.0)  # a hundredth of it: longer than the adapter's patience
    thread = await on.thread()
    await on.say(thread)
    before = len(on.discord.requests)
    with pytest.raises(RetryLater, match="only so much"):
        await on.say(thread)
    assert len(on.discord.requests) == before


async def test_a_long_rest_that_a_header_tells_is_kept(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.limits.rules[f"POST {SAY}"] = (1, 6_000.0)
    await on.say(thread)
    before = len(on.discord.requests)
    with pytest.raises(RetryLater) as caught:
        await on.say(thread)
    assert caught.value.after is not None
    assert 30 < caught.value.after <= 60
    assert len(on.discord.requests) == before


async def test_the_answer_that_empties_a_bucket_is_given_back_before_the_bucket_is_full_again(on: OpenScene) -> None:
    """discord.py 2.7.1 keeps it until then; whoever dies meanwhile has lost the message's id (facts 2.4, 3)."""
    thread = await on.thread()
    on.discord.limits.rules[f"POST {SAY}"] = (1, 2_000.0)
    message = await on.say(thread)
    (ends,) = [
        b.ends for (name, major), b in on.discord.limits._buckets.items() if major.startswith(thread) and b.limit == 1
    ]
    assert time.monotonic() < ends
    assert [one.id for one in on.scene.ours(thread)] == [message]


async def test_nothing_is_sent_while_cloudflare_lets_nothing_through(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.fail("POST", SAID, 429, via=False, retry_after=90.0)
    with pytest.raises(RetryLater) as caught:
        await on.say(thread)
    assert caught.value.after == 90.0
    before = len(on.discord.requests)
    on.clock.advance(89)
    with pytest.raises(RetryLater) as caught:
        await on.chat.find(thread, [on.key()], 0.0)
    assert caught.value.after == 1.0
    assert len(on.discord.requests) == before
    on.clock.advance(1)
    await on.say(thread)


async def test_cancelling_leaves_no_task(on: OpenScene) -> None:
    thread = await on.thread()
    before = asyncio.all_tasks()
    fault = on.discord.fail("POST", SAID, "hang")
    saying = asyncio.create_task(on.say(thread))
    await fault.reached.wait()
    saying.cancel()
    await asyncio.wait([saying])
    assert saying.cancelled()
    fault.release()
    ours = {task for task in asyncio.all_tasks() - before if "aiohttp" not in repr(task.get_coro())}
    assert not ours or not (await asyncio.wait(ours, timeout=5))[1]


# Who we are, and what we may ------------------------------------------------------------------------------------------


async def test_law_10_a_token_that_is_not_valid_any_more_is_said_and_not_shown(on: OpenScene) -> None:
    thread, token = await on.thread(), on.discord.token
    on.discord.revoke()
    with pytest.raises(OpenAgain) as caught:
        await on.say(thread)
    with pytest.raises(Refused) as refused:
        await on.chat.open(on.stack)
    for error in (caught.value, refused.value):
        assert "chats.discord.token" in error.reason
        assert token not in error.reason


async def test_a_wrong_token_is_refused_in_words(on: OpenScene, tmp_path: Path) -> None:
    on.discord.revoke()
    chat = chat_on(on.discord, tmp_path)
    on.discord.revoke()
    async with AsyncExitStack() as stack:
        with pytest.raises(Refused, match="does not accept the bot's token"):
            await chat.open(stack)


async def test_what_is_forbidden_is_asked_ever_more_seldom(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.permit(on.scene.channel, None, deny=permissions.SEND_MESSAGES_IN_THREADS)
    for pause in (60, 120, 240, 480, 600, 600):
        before = len(on.sent("POST", SAY))
        with pytest.raises(RetryLater, match="Send Messages in Threads") as caught:
            await on.say(thread)
        assert caught.value.after == pause
        on.clock.advance(pause - 1)
        with pytest.raises(RetryLater):
            await on.say(thread)
        assert len(on.sent("POST", SAY)) == before + 1
        on.clock.advance(1)
    on.discord.permit(on.scene.channel, None)
    await on.say(thread)
    assert len(on.scene.ours(thread)) == 1


async def test_what_is_forbidden_in_one_way_closes_no_other(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.scene.write(thread, "In March")
    on.discord.permit(on.scene.channel, None, deny=permissions.ADD_REACTIONS)
    with pytest.raises(RetryLater, match="Add Reactions"):
        await on.chat.show(thread, message, Receipt(AnswerState.PUBLIC))
    await on.say(thread)


async def test_two_chats_cannot_ask_two_different_discords(on: OpenScene, tmp_path: Path) -> None:
    other = chat_on(on.discord, tmp_path)
    object.__setattr__(other.settings, "api", "http://127.0.0.1:1/api/v10")
    async with AsyncExitStack() as stack:
        with pytest.raises(Refused, match="differ from another Discord chat's"):
            await other.open(stack)


async def test_the_hosts_of_discord_py_are_given_back(tmp_path: Path) -> None:
    before = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)
    async with opened(tmp_path) as on:
        assert on.discord.api == Route.BASE
        assert str(DiscordWebSocket.DEFAULT_GATEWAY) == on.discord.gateway
        async with AsyncExitStack() as stack:
            await on.scene.restart(stack)
        assert on.discord.api == Route.BASE
    assert before == (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY)


def test_discord_py_has_the_places_at_which_it_is_pointed_elsewhere() -> None:
    assert Route.BASE == "https://discord.com/api/v10"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "wss://gateway.discord.gg/"


async def test_law_10_discord_py_logs_no_addresses(on: OpenScene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await on.say(await on.thread())
    assert logging.getLogger("discord.http").getEffectiveLevel() >= logging.INFO
    assert not [record for record in caplog.records if on.discord.api in record.getMessage()]


def test_law_10_no_error_names_the_token_of_a_webhook_or_an_interaction() -> None:
    """aiohttp names whole addresses in some of its errors, and what failed stands in the ledger."""
    for kind in ("webhooks", "interactions"):
        told = masked(f"0, message='', url='https://proxy.example/api/v10/{kind}/5/a-Secret.x_y?wait=true'")
        assert told == f"0, message='', url='https://proxy.example/api/v10/{kind}/5/…?wait=true'"


async def test_the_same_key_for_a_message_that_a_person_deleted_says_nothing_again(on: OpenScene) -> None:
    thread, key = await on.thread(), on.key()
    message = await on.say(thread, key=key)
    await on.scene.delete(thread, message)
    with pytest.raises(Refused, match="deleted"):
        await on.say(thread, key=key)
    assert on.scene.ours(thread) == []


async def test_law_02_a_late_message_and_its_repetition_are_one(on: OpenScene) -> None:
    thread, key = await on.thread(), on.key()
    fault = on.discord.fail("POST", SAID, 504, commits=60.0)
    with pytest.raises(MaybeDone):
        await on.say(thread, key=key)
    message = await on.say(thread, key=key)
    on.clock.advance(60)
    await fault.committed.wait()
    assert [one.id for one in on.scene.ours(thread)] == [message]
    assert await on.chat.find(thread, [key], 0.0) == {key: message}


async def test_law_02_a_late_message_is_found(on: OpenScene) -> None:
    thread, key = await on.thread(), on.key()
    fault = on.discord.fail("POST", SAID, 504, commits=60.0)
    with pytest.raises(MaybeDone):
        await on.say(thread, key=key)
    later = await on.say(thread, "Another comment")
    assert await on.chat.find(thread, [key], on.clock.now() - 60) == {}
    on.clock.advance(60)
    await fault.committed.wait()
    found = await on.chat.find(thread, [key], on.clock.now() - 120)
    assert found[key] != later
    assert [one.id for one in on.scene.ours(thread)] == [later, found[key]]


@pytest.mark.parametrize("other", [Key("z" * 24), Key("a" * 24)])
async def test_law_06_a_key_in_a_visitors_words_is_not_ours(on: OpenScene, other: Key) -> None:
    thread, key = await on.thread(), Key("k" * 24)
    message = await on.say(thread, f"See https://blog.example/#:~:bc={other} there", key=key)
    assert await on.chat.find(thread, [other, key], 0.0) == {key: message}
