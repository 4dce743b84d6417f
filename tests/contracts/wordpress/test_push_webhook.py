"""The webhook endpoint, called as real plugins call, and as those do who know nothing."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp
import pytest

from adapters.wordpress.push import Push
from adapters.wordpress.settings import Settings
from adapters.wordpress.webhook import proven
from bridge.fetch import Fetch
from bridge.mounts import Mounts
from bridge.testing.clock import DrivenClock
from tests.servers.mounted import mounted

SECRET = "correct-horse-battery"
BODY = b'{"comment_ID": 45, "comment_content": "caf\xc3\xa9"}'
DIGEST = hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()
TIME = "1800000000"
TIMED = hmac.new(SECRET.encode(), TIME.encode() + b"." + BODY, hashlib.sha256).hexdigest()
BASE64 = b64encode(DIGEST).decode()


@dataclass(slots=True)
class Scene:
    """A blog's webhook, and how often it was heard."""

    hook: str
    clock: DrivenClock
    session: aiohttp.ClientSession
    remarks: tuple[str, ...] = ()
    told: list[float] = field(default_factory=list)

    async def call(self, headers: Mapping[str, str] | None = None, body: bytes = BODY, path: str = "") -> int:
        """Call it; the status."""
        async with self.session.post(self.hook + path, data=body, headers=headers) as answer:
            return answer.status


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with (
        mounted() as (mounts, address), Fetch("test") as fetch, aiohttp.ClientSession() as session, AsyncExitStack() as
        stack,
    ):  # fmt: skip
        one = Scene(f"{address}/in/blogs/garden/hook", DrivenClock(), session)
        one.remarks = await opened(mounts, fetch, one, stack, SECRET)
        yield one


async def opened(mounts: Mounts, fetch: Fetch, scene: Scene, stack: AsyncExitStack, secret: str) -> tuple[str, ...]:
    settings = Settings("blogs.garden", "http://127.0.0.1:9", webhook_secret=secret)
    mount, told = mounts.at("blogs", "garden"), scene.told
    push = Push(settings, fetch, mount, scene.clock, [], lambda: told.append(scene.clock.now()))
    return await push.open(stack)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-WP-Webhook-Signature": BASE64},
        {"X-WC-Webhook-Signature": BASE64, "X-WC-Webhook-Topic": "action.comment_post"},
        {"X-Hub-Signature-256": f"sha256={DIGEST.hex()}"},
        {"X-Hub-Signature": "sha1=" + "0" * 40, "X-Hub-Signature-256": f"sha256={DIGEST.hex().upper()}"},
        {"X-Webhook-Signature": DIGEST.hex()},
        {"x-sow-signature": f"sha256={TIMED}", "X-SOW-Timestamp": TIME},
        {"X-Webhook-Signature": f"t={TIME},v1={TIMED}"},
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": "Basic " + b64encode(f"anybody:{SECRET}".encode()).decode()},
        {"X-Api-Key": SECRET},
    ],
    ids=lambda headers: next(iter(headers)),
)
async def test_whoever_knows_the_secret_is_heard(scene: Scene, headers: dict[str, str]) -> None:
    assert await scene.call(headers) == 200
    assert len(scene.told) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-WP-Webhook-Signature": b64encode(bytes(32)).decode()},
        {"X-WP-Webhook-Signature": "!" * 44},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + "é" * 64},
        {"X-Hub-Signature-256": f"sha256={TIMED}"},
        {"X-SOW-Signature": f"sha256={TIMED}", "X-SOW-Timestamp": "1800000001"},
        {"X-SOW-Signature": f"sha256={TIMED}", "X-Other-Timestamp": TIME},
        {"X-Hub-Signature": "sha1=" + hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong-horse-battery"},
        {"Authorization": "Basic ####"},
        {"Authorization": "Basic " + b64encode(SECRET.encode()).decode()},
        {"X-Api-Key": ""},
        {"Cookie": SECRET},
    ],
)
async def test_whoever_does_not_is_told_so_and_nothing_happens(scene: Scene, headers: dict[str, str]) -> None:
    assert await scene.call(headers) == 401
    assert scene.told == []


async def test_a_signature_is_of_the_bytes_that_came(scene: Scene) -> None:
    signed = {"X-WP-Webhook-Signature": BASE64}
    assert await scene.call(signed, BODY + b" ") == 401
    assert await scene.call(signed, BODY.replace(b"\xc3\xa9", b"\\u00e9")) == 401
    large = b"x" * 1_000_000
    digest = hmac.new(SECRET.encode(), large, hashlib.sha256).hexdigest()
    assert await scene.call({"X-Hub-Signature-256": f"sha256={digest}"}, large) == 200
    assert len(scene.told) == 1


async def test_what_can_send_no_header_calls_an_address_that_ends_in_the_secret(scene: Scene) -> None:
    assert await scene.call(path=f"/{SECRET}", body=b"hook=comment_post&comment_ID=45") == 200
    assert await scene.call(path=f"/{SECRET}x") == await scene.call(path="/") == await scene.call(path="/hook") == 404
    assert await scene.call(path=f"?key={SECRET}") == 401, "queries stand in too many logs"
    assert len(scene.told) == 1


async def test_the_ping_of_woocommerce_finds_an_address_that_works_and_is_no_news(scene: Scene) -> None:
    assert await scene.call(body=b"webhook_id=12") == 200
    assert await scene.call(body=b"webhook_id=12&more=1") == 401
    assert scene.told == []


@pytest.mark.parametrize("path", ["", f"/{SECRET}"])
async def test_only_posts_are_calls(scene: Scene, path: str) -> None:
    async with scene.session.get(scene.hook + path, headers={"Authorization": f"Bearer {SECRET}"}) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert scene.told == []


async def test_law_10_no_secret_is_logged_and_forgers_fill_no_log(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for _ in range(20):
        await scene.call({"Authorization": "Bearer wrong"})
    await scene.call(path=f"/{SECRET}")
    await scene.call({"Authorization": f"Bearer {SECRET}"})
    told = [record.getMessage() for record in caplog.records if record.name.startswith("backchat")]
    assert told == ["blogs.garden: somebody called the webhook without knowing its secret"]
    assert SECRET not in caplog.text
    scene.clock.advance(3600)
    await scene.call()
    assert caplog.text.count("without knowing its secret") == 2


async def test_a_flood_is_answered_and_each_call_is_a_word_and_no_more(scene: Scene) -> None:
    calls = [scene.call({"Authorization": f"Bearer {SECRET}"}) for _ in range(100)]
    statuses = await asyncio.gather(*calls)
    assert set(statuses) <= {200, 503} and statuses.count(200) == len(scene.told) > 0


async def test_the_operator_is_told_where_it_is_and_what_is_wrong_with_it(scene: Scene) -> None:
    assert scene.remarks == (f"webhooks are taken at {scene.hook}",)
    async with Fetch("test") as fetch, AsyncExitStack() as stack:
        (useless,) = await Push(
            Settings("blogs.garden", "http://x", webhook_secret=SECRET), fetch, None, scene.clock, [], lambda: None
        ).open(stack)
        assert useless == "blogs.garden.webhook_secret is of no use while nobody can call: set listen in [web]"
        local, short = await opened(Mounts(None), fetch, scene, stack, "short")
        assert local.endswith("set public in [web], so that others can call") and "is short" in short


async def test_a_short_secret_is_no_address_and_nothing_is_there_after_the_end(scene: Scene) -> None:
    async with mounted() as (mounts, address), Fetch("test") as fetch:
        scene.hook = f"{address}/in/blogs/garden/hook"
        async with AsyncExitStack() as stack:
            await opened(mounts, fetch, scene, stack, "short")
            assert await scene.call(path="/short") == 404 and await scene.call({"X-Api-Key": "short"}) == 200
        assert await scene.call({"X-Api-Key": "short"}) == 404


async def test_the_secret_of_a_proof_may_have_any_letters() -> None:
    secret = "pässwörd mit Ümlaut"
    digest = hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
    assert await proven(secret, {"X-Signature": digest}, BODY)
