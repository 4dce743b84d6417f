"""One call of Slack's Web API: what became of it in each way that it can end, before and after its effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.api import Api, ApiRefusal
from adapters.slack.double.faults import Answered
from adapters.slack.double.things import Channel
from adapters.slack.pacing import BURST, LONGEST_QUEUE
from bridge.errors import MaybeDone, OpenAgain, Refused, RetryLater
from bridge.testing.clock import DrivenClock
from tests.contracts.slack.scene import settings_on
from tests.servers.slack_double import Double

POST = "chat.postMessage"
READ = "conversations.history"


@dataclass
class Asking:
    """An open Api on a double, both on a driven clock."""

    slack: Double
    api: Api
    clock: DrivenClock
    channel: Channel

    async def post(self, words: str = "Hello") -> dict[str, Any]:
        return await self.api.call(POST, channel=self.channel.id, text=words)

    async def read(self) -> dict[str, Any]:
        return await self.api.call(READ, channel=self.channel.id)

    def standing(self) -> list[str]:
        return [one.text for one in self.slack.messages(self.channel)]

    def asked(self, method: str = POST) -> int:
        return len(self.slack.asked(method))


@pytest.fixture
async def on(slack: Double, tmp_path: Path) -> AsyncIterator[Asking]:
    async with AsyncExitStack() as stack:
        clock = DrivenClock(slack.world.time.now())
        api = Api(settings_on(slack, tmp_path), clock, patience=1.5)
        api.pacing.second = 0.0
        await api.open(stack)
        slack.limits.off()
        yield Asking(slack, api, clock, slack.channel("blog"))


def named(kind: type[Exception], *pieces: str) -> Any:
    return pytest.raises(kind, match=".*".join(pieces))


def twice(answer: Answered) -> int:
    """How often a reading is asked: aiohttp itself asks again where a connection breaks that it had used before."""
    return 2 if answer == "reset" else 1


# Logging in -----------------------------------------------------------------------------------------------------------


async def test_logging_in_tells_who_we_are_and_what_we_may_do(on: Asking) -> None:
    app = on.slack.app
    us = on.api.us
    assert (us.bot, us.app, us.user, us.team) == (app.bot_id, app.id, app.user.id, on.slack.world.team.id)
    assert on.api.scopes == set(app.scopes)
    app.scopes.remove("chat:write.customize")
    await on.read()
    assert "chat:write.customize" not in on.api.scopes


@pytest.mark.parametrize("token", ["xoxp-1-2-3", "xoxe.xoxb-1-abc", "xapp-1-A1-1-ab", "hunter2", ""])
async def test_law_10_a_token_of_the_wrong_kind_is_refused_in_words_before_anybody_sees_it(
    slack: Double, tmp_path: Path, token: str
) -> None:
    async with AsyncExitStack() as stack:
        with named(Refused, r"chats\.slack\.token", "manifest" if token.startswith("xoxe") else "xoxb-") as caught:
            await Api(settings_on(slack, tmp_path, token=token), DrivenClock()).open(stack)
    assert slack.requests == []
    assert not token or token not in caught.value.reason


async def test_a_token_that_slack_does_not_know_is_refused(slack: Double, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        with named(Refused, "does not accept", r"chats\.slack\.token", "invalid_auth"):
            await Api(settings_on(slack, tmp_path, token="xoxb-1-2-nobody"), DrivenClock()).open(stack)


async def test_an_app_of_a_whole_organisation_is_refused(slack: Double, tmp_path: Path) -> None:
    slack.app.enterprise = True
    async with AsyncExitStack() as stack:
        with named(Refused, "whole organisation"):
            await Api(settings_on(slack, tmp_path), DrivenClock()).open(stack)


@pytest.mark.parametrize("error", ["team_added_to_org", "org_login_required", "accesslimited", 500, "reset", 429])
async def test_what_passes_is_tried_again(slack: Double, tmp_path: Path, error: Answered) -> None:
    slack.fail("auth.test", error, times=twice(error))
    async with AsyncExitStack() as stack:
        api = Api(settings_on(slack, tmp_path), clock := DrivenClock())
        with pytest.raises(RetryLater):
            await api.open(stack)
        clock.advance(60.0)
        await api.open(stack)
        assert api.us.bot == slack.app.bot_id


async def test_a_bot_that_may_not_look_itself_up_is_known_all_the_same(slack: Double, tmp_path: Path) -> None:
    slack.app.scopes.remove("users:read")
    async with AsyncExitStack() as stack:
        api = Api(settings_on(slack, tmp_path), DrivenClock())
        await api.open(stack)
        assert (api.us.bot, api.us.app) == (slack.app.bot_id, "")


async def test_nothing_is_asked_once_it_is_closed(slack: Double, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        api = Api(settings_on(slack, tmp_path), DrivenClock())
        await api.open(stack)
    asked = len(slack.requests)
    with pytest.raises(OpenAgain):
        await api.call("auth.test")
    assert len(slack.requests) == asked


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive", "invalid_auth", "token_expired"])
async def test_a_token_that_is_good_no_more_asks_to_be_opened_again(on: Asking, error: str) -> None:
    on.slack.fail("chat.*", error)
    with named(OpenAgain, "does not accept the bot's token", error):
        await on.post()


# Calls ----------------------------------------------------------------------------------------------------------------

UNKNOWN: list[Answered] = [500, 502, 503, 504, "reset", "hang", "html", "internal_error", "fatal_error"]


@pytest.mark.parametrize("commits", [False, True])
@pytest.mark.parametrize("answer", UNKNOWN)
async def test_law_02_a_post_without_a_trustworthy_answer_may_be_done_and_is_sent_once(
    on: Asking, answer: Answered, commits: bool
) -> None:
    on.slack.fail(POST, answer, commits=commits)
    with pytest.raises(MaybeDone):
        await on.post()
    assert (on.asked(), len(on.standing())) == (1, int(commits))


NO_ANSWERS = ["<html>", '"ok"', "[]", "{}", '{"ok":"yes"}', " ", "\xff"]
TYPES = ["application/json", "text/html", "text/plain", "application/octet-stream"]


@pytest.mark.parametrize("status", [200, 404, 502])
async def test_law_02_what_is_no_answer_of_slacks_leaves_a_post_in_doubt_and_a_reading_for_later(
    on: Asking, status: int
) -> None:
    answer: Answered = "html" if status == 200 else status
    shapes = [(body, kind) for body in NO_ANSWERS for kind in TYPES]
    for body, kind in shapes:
        for method in (POST, READ):
            on.slack.fail(method, answer, commits=True, body=body, type=kind)
        with pytest.raises(MaybeDone):
            await on.post()
        with pytest.raises(RetryLater):
            await on.read()
    assert len(on.standing()) == len(shapes)


@pytest.mark.parametrize("answer", UNKNOWN)
async def test_reading_without_an_answer_is_for_later(on: Asking, answer: Answered) -> None:
    on.slack.fail(READ, answer, times=twice(answer))
    with pytest.raises(RetryLater):
        await on.read()
    assert on.asked(READ) == twice(answer)
    assert (await on.read())["messages"] == []


async def test_where_nobody_listens_nothing_happened(slack: Double, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        api = Api(settings_on(slack, tmp_path, api="http://127.0.0.1:9/api/"), DrivenClock())
        with named(RetryLater, "cannot be reached"):
            await api.open(stack)


@pytest.mark.parametrize("answer", [429, "ratelimited", "rate_limited"])
async def test_a_limit_closes_one_method_for_as_long_as_slack_says(on: Asking, answer: Answered) -> None:
    other = on.slack.channel("other")
    on.slack.fail(POST, answer, retry_after=7)
    with pytest.raises(RetryLater) as caught:
        await on.post()
    after = caught.value.after
    assert after is not None and after == (30.0 if answer == "rate_limited" else 7.0)
    on.clock.advance(after - 1.0)
    with pytest.raises(RetryLater) as early:
        await on.post()
    assert early.value.after == pytest.approx(1.0)
    assert on.asked() == 1
    await on.read()
    await on.api.call(POST, channel=other.id, text="Hello")
    on.clock.advance(1.0)
    await on.post()
    assert on.standing() == ["Hello"]


async def test_messages_wait_for_their_turn_in_a_channel_and_not_in_another(on: Asking) -> None:
    other = on.slack.channel("other")
    on.api.pacing.second = 1.0
    for _ in range(BURST):
        await on.post()
    late = asyncio.ensure_future(on.post("late"))
    await on.api.call(POST, channel=other.id, text="Hello")
    assert on.standing() == ["Hello"] * BURST
    on.clock.advance(1.0)
    await late
    assert on.standing()[-1] == "late"


async def test_who_would_wait_too_long_comes_again(on: Asking) -> None:
    on.api.pacing.second = 1.0
    at_most = BURST + int(LONGEST_QUEUE)
    posts = [asyncio.ensure_future(on.post(str(n))) for n in range(at_most + 2)]
    await asyncio.wait(posts, return_when=asyncio.FIRST_EXCEPTION)
    for _ in range(at_most):
        on.clock.advance(1.0)
    ended = await asyncio.gather(*posts, return_exceptions=True)
    assert len(on.standing()) == sum(isinstance(one, dict) for one in ended) == at_most
    for one in ended[at_most:]:
        assert isinstance(one, RetryLater) and one.after is not None and 0 < one.after <= 2.0


async def test_a_refusal_says_what_was_lacking(on: Asking) -> None:
    on.slack.app.scopes.remove("chat:write")
    with pytest.raises(ApiRefusal) as caught:
        await on.post()
    assert (caught.value.error, caught.value.needed) == ("missing_scope", "chat:write")


async def test_a_refusal_says_which_argument_slack_does_not_like(on: Asking) -> None:
    with pytest.raises(ApiRefusal) as caught:
        await on.api.call(POST, channel=on.channel.id, text="x", blocks=[{"type": "spinner"}])
    assert caught.value.error == "invalid_blocks"
    assert "/blocks/0" in caught.value.details


async def test_a_channel_that_has_another_id_is_called_by_that(on: Asking) -> None:
    first = on.channel.id
    new = on.slack.move(on.channel)
    on.api.moved.learn(first, new)
    await on.api.call(POST, channel=first, text="Hello")
    assert on.standing() == ["Hello"]


async def test_the_clocks_are_compared(on: Asking) -> None:
    on.clock.advance(600.0)
    await on.read()
    assert on.api.clocks.remark is not None and "10 minutes fast" in on.api.clocks.remark


async def test_the_clock_of_whoever_answers_in_slacks_place_is_not_slacks(on: Asking) -> None:
    await on.read()
    on.clock.advance(600.0)  # what the double says of the time is now wrong for whoever hears it from a proxy
    on.slack.fail("conversations.history", "html")
    with pytest.raises(RetryLater):
        await on.read()
    assert on.api.clocks.ahead == 0.0


# Proxies --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("surroundings", "chosen", "through"),
    [
        ({}, None, None),
        ({"http_proxy": "http://127.0.0.1:9"}, None, "http://127.0.0.1:9"),
        ({"http_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.1"}, None, None),
        ({"http_proxy": "http://127.0.0.1:9", "no_proxy": "*"}, "http://127.0.0.1:8", "http://127.0.0.1:8"),
        ({"https_proxy": "http://127.0.0.1:9"}, None, None),
    ],
)
async def test_a_proxy_is_one_of_the_settings_or_of_the_surroundings(
    slack: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, surroundings: dict[str, str], chosen: str | None,
    through: str | None,
) -> None:  # fmt: skip
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    async with AsyncExitStack() as stack:
        api = Api(settings_on(slack, tmp_path, proxy=chosen), DrivenClock())
        if through is None:
            await api.open(stack)
            assert api.client.proxy is None
        else:
            with named(RetryLater, "cannot be reached", through.rpartition(":")[2]):
                await api.open(stack)
