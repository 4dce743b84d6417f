"""Comments under their writers' names: one webhook of ours in each channel, and what Discord does not know of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.double import permissions
from adapters.discord.double.faults import Answered
from adapters.discord.webhooks import name_for
from bridge.errors import MaybeDone, RetryLater
from bridge.model import Guarantee, ThreadId
from tests.contracts.discord.scene import OpenScene, opened

EXECUTE = "/webhooks/*/*"
CREATE = "/channels/*/webhooks"


@pytest.fixture(params=["text channel", "forum"])
async def on(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[OpenScene]:
    forum = request.param == "forum"
    async with opened(tmp_path, patience=5, forum=forum, identity="webhook") as scene:
        yield scene


def webhooks(on: OpenScene) -> list[str]:
    return list(on.discord.world.webhooks)


async def test_a_comment_stands_under_its_writers_name_and_picture(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.chat.say(thread, on.part(name="Vera", avatar="https://pictures.example/vera.png"), on.key())
    there = on.discord.seen(on.scene.message(thread, message))
    assert there["author"]["username"] == "Vera"
    assert there["webhook_id"] in webhooks(on)


async def test_a_picture_that_discord_does_not_take_costs_only_the_picture(on: OpenScene) -> None:
    thread = await on.thread()
    await on.chat.say(thread, on.part(), on.key())
    refused = {"code": 50035, "message": "Invalid Form Body"}
    on.discord.fail("POST", "/webhooks/*/*", 400, body=refused, when=lambda body: "avatar_url" in body)
    message = await on.chat.say(thread, on.part(name="Vera", avatar="https://pictures.example/vera.png"), on.key())
    assert on.discord.seen(on.scene.message(thread, message))["author"]["username"] == "Vera"


async def test_one_webhook_is_made_and_found_again_by_the_next_process(on: OpenScene) -> None:
    thread = await on.thread()
    await asyncio.gather(*(on.say(thread, f"Words {number}") for number in range(4)))
    later = await on.scene.restart(on.stack)
    await later.say(thread, on.part(), on.key())
    assert len(webhooks(on)) == 1
    assert len(on.scene.ours(thread)) == 5


async def test_a_webhook_of_somebody_else_is_left_alone(on: OpenScene) -> None:
    world = on.discord.world
    await on.say(await on.thread())
    (ours,) = world.webhooks.values()
    ours.application = "1"
    later = await on.scene.restart(on.stack)
    await later.say(await on.thread("Other"), on.part(), on.key())
    assert len(webhooks(on)) == 2


async def test_a_webhook_that_somebody_deleted_is_made_anew(on: OpenScene) -> None:
    thread = await on.thread()
    message = await on.say(thread)
    on.discord.world.webhooks.clear()
    with pytest.raises(RetryLater, match="deleted Backchat's webhook"):
        await on.say(thread)
    await on.say(thread)
    assert len(webhooks(on)) == 1
    assert len(on.scene.ours(thread)) == 2
    assert message in {one.id for one in on.scene.ours(thread)}


async def test_a_webhook_whose_token_changed_is_looked_up_again(on: OpenScene) -> None:
    thread = await on.thread()
    await on.say(thread)
    (webhook,) = on.discord.world.webhooks.values()
    webhook.token = f"{webhook.token}x"
    with pytest.raises(RetryLater, match="another token"):
        await on.say(thread)
    await on.say(thread)
    assert len(webhooks(on)) == 1
    assert len(on.scene.ours(thread)) == 2


async def test_a_channel_that_is_full_of_webhooks_is_said(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.fail("POST", CREATE, 400, body={"code": 30007, "message": "Maximum number of webhooks reached (15)"})
    with pytest.raises(RetryLater, match="as many webhooks as Discord allows"):
        await on.say(thread)
    await on.say(thread)


async def test_law_05_the_missing_right_is_named(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.bot_role.permissions &= ~permissions.MANAGE_WEBHOOKS
    with pytest.raises(RetryLater, match="Manage Webhooks"):
        await on.say(thread)


@pytest.mark.parametrize("commits", [True, False], ids=["after it happened", "before it happened"])
@pytest.mark.parametrize("answer", [500, 502, 503, "reset"])
async def test_law_02_what_a_webhook_said_without_a_good_answer_is_sent_once_and_looked_for(
    on: OpenScene, answer: Answered, commits: bool
) -> None:
    thread, key = await on.thread(), on.key()
    await on.say(thread, "Before")
    on.discord.fail("POST", EXECUTE, answer, commits=commits)
    with pytest.raises(MaybeDone):
        await on.say(thread, key=key)
    assert len(on.scene.ours(thread)) == 1 + commits
    found = await on.chat.find(thread, [key], 0.0)
    assert list(found.values()) == ([on.scene.ours(thread)[1].id] if commits else [])


async def test_law_02_making_a_webhook_without_an_answer_says_nothing_and_makes_no_second_one(on: OpenScene) -> None:
    thread = await on.thread()
    on.discord.fail("POST", CREATE, 500, commits=True)
    with pytest.raises(RetryLater):
        await on.say(thread)
    await on.say(thread)
    assert len(webhooks(on)) == 1
    assert len(on.scene.ours(thread)) == 1


async def test_law_02_a_webhook_that_may_still_be_made_is_waited_for(on: OpenScene) -> None:
    thread = await on.thread()
    late = on.discord.fail("POST", CREATE, 504, commits=60.0)
    for after in (None, 75.0):
        with pytest.raises(RetryLater) as caught:
            await on.say(thread)
        assert caught.value.after == after
    on.clock.advance(75)
    await late.committed.wait()
    await on.say(thread)
    assert len(webhooks(on)) == 1


async def test_what_a_webhook_said_is_edited_and_erased_in_archived_threads_too(on: OpenScene) -> None:
    thread = await on.thread()
    message, other = await on.say(thread), await on.say(thread, "And lavender?")
    on.scene.ada.archive(on.scene.thread(thread))
    await on.chat.edit(thread, message, on.part("And lilies?"))
    for _ in range(2):
        await on.chat.erase(thread, other)
    ((stands, words),) = await on.scene.standing(thread)
    assert stands == message
    assert "And lilies?" in words


async def test_saying_something_opens_an_archived_thread(on: OpenScene) -> None:
    thread = await on.thread()
    await on.say(thread)
    on.scene.ada.archive(on.scene.thread(thread))
    await on.say(thread)
    assert len(on.scene.ours(thread)) == 2


async def test_the_guarantee_tells_the_price(on: OpenScene) -> None:
    assert (await on.chat.open(on.stack)).guarantee is Guarantee.ONE_AFTER_A_SWEEP


async def test_law_10_no_log_names_the_webhooks_token(on: OpenScene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    thread: ThreadId = await on.thread()
    await on.say(thread)
    on.discord.fail("POST", EXECUTE, 429, retry_after=0.01)
    await on.say(thread)
    (token,) = [webhook.token for webhook in on.discord.world.webhooks.values()]
    said = [record.getMessage() for record in caplog.records]
    assert any("rate limited" in words for words in said)
    assert not [words for words in said if token in words]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Vera", "Vera"), ("", "Somebody"), ("  \n", "Somebody"), ("everyone", "e.veryone"), ("HERE", "H.ERE"),
        ("Discord staff", "D.iscord staff"), ("clyde", "c.lyde"), ("x" * 200, "x" * 80), ("a  b\nc", "a b c"),
    ],
)  # fmt: skip
def test_names_are_made_such_that_discord_takes_them(name: str, shown: str) -> None:
    assert name_for(name) == shown


@given(st.text())
def test_every_name_can_be_taken(name: str) -> None:
    shown = name_for(name)
    assert 1 <= len(shown) <= 80
    assert shown == shown.strip()
    assert not {word for word in ("discord", "clyde") if word in shown.lower()}
    assert shown.lower() not in {"everyone", "here"}
