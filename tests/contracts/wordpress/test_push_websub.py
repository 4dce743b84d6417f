"""The WebSub subscriber against a hub that behaves, and against all that hubs do otherwise."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp
import pytest

from adapters.wordpress.hub_links import topic
from adapters.wordpress.push import Push
from adapters.wordpress.settings import Settings
from adapters.wordpress.websub import DAY, ENDING, FIRST_PAUSE, SOONEST, VERIFIED_WITHIN, genuine, may_know
from bridge.fetch import Fetch
from bridge.mounts import Mounts
from bridge.testing.clock import DrivenClock
from tests.process.waiting import until
from tests.servers.mounted import mounted
from tests.servers.websub_hub import HUB, WebSubHub, websub_hub

LEASE = 864_000.0
RENEWED = 0.81


@dataclass(slots=True)
class Scene:
    """A blog's push, its hub, and how often it told of news."""

    hub: WebSubHub
    mounts: Mounts
    callbacks: str
    clock: DrivenClock
    fetch: Fetch
    push: AsyncExitStack
    told: list[float] = field(default_factory=list)

    async def open(self, **settings: object) -> tuple[str, ...]:
        """Start it."""
        mount = self.mounts.at("blogs", "garden")
        given = Settings("blogs.garden", self.hub.address, **settings)  # type: ignore[arg-type]
        push = Push(given, self.fetch, mount, self.clock, [self.hub.feed], lambda: self.told.append(self.clock.now()))
        return await push.open(self.push)

    async def subscribed(self, times: int = 1) -> dict[str, str]:
        """Wait until the hub has got its yes so many times; the newest subscription's form."""
        await until(lambda: self.hub.count("subscribe") >= times, f"subscription {times}")
        return self.hub.forms("subscribe")[-1]

    async def drive(self, condition: Callable[[], bool], what: str, step: float) -> None:
        """Move time on until it is so."""

        def look() -> bool:
            if not condition():
                self.clock.advance(step)
            return condition()

        await until(look, what)

    async def close(self) -> None:
        """Stop in order, while time goes on."""
        closing = asyncio.create_task(self.push.aclose())
        await self.drive(closing.done, "the end", ENDING)
        await closing


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with websub_hub() as hub, mounted() as (mounts, address), Fetch("test", trusted=[hub.address]) as fetch:
        one = Scene(hub, mounts, address, DrivenClock(), fetch, AsyncExitStack())
        yield one
        hub.verifies = True
        await one.close()


async def test_a_push_means_read_now_and_stopping_unsubscribes(scene: Scene) -> None:
    await scene.open()
    form = await scene.subscribed()
    assert form["hub.topic"] == scene.hub.feed and form["hub.lease_seconds"] == "864000"
    assert form["hub.callback"].startswith(f"{scene.callbacks}/in/blogs/garden/websub/")
    assert len(form["hub.callback"].rpartition("/")[2]) >= 40 and 40 <= len(form["hub.secret"]) < 200
    assert await scene.hub.deliver(form) == 202
    assert len(scene.told) == 1
    await scene.close()
    (ended,) = scene.hub.forms("unsubscribe")
    assert ended["hub.callback"] == form["hub.callback"] and scene.hub.count("unsubscribe") == 1
    assert await scene.hub.deliver(form) == 404, "nobody is there any more"


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_every_way_to_sign_is_believed_and_large_bodies_too(scene: Scene, method: str) -> None:
    await scene.open()
    form = await scene.subscribed()
    assert await scene.hub.deliver(form, method, body=b"x" * 1_000_000) == 202
    assert len(scene.told) == 1


async def test_what_is_not_signed_or_wrongly_is_thanked_for_and_ignored(scene: Scene) -> None:
    await scene.open()
    form = await scene.subscribed()
    assert await scene.hub.deliver(form, None) == 202
    assert await scene.hub.deliver(form, "md5") == 202
    assert await scene.hub.deliver(form, "sha256", secret="another") == 202
    assert await _signed_as_is(scene, form, "sha256=é") == await _signed_as_is(scene, form, "sha256") == 202
    assert scene.told == []


async def _signed_as_is(scene: Scene, form: dict[str, str], signature: str) -> int:
    headers = {"X-Hub-Signature": signature}
    async with scene.hub.session.post(form["hub.callback"], data=b"x", headers=headers) as answer:
        return answer.status


def test_signatures_cover_every_byte() -> None:
    signature = "sha256=" + hmac.new(b"secret", b"body", hashlib.sha256).hexdigest()
    assert genuine("secret", signature, b"body") and genuine("secret", signature.upper().replace("SHA", "sha"), b"body")
    assert not genuine("secret", signature, b"body ") and not genuine("Secret", signature, b"body")
    assert not genuine("secret", signature[:-1], b"body") and not genuine("secret", "", b"body")


async def test_only_what_we_asked_for_is_confirmed(scene: Scene) -> None:
    scene.hub.verifies = False
    await scene.open()
    await until(lambda: scene.hub.asked, "a request to subscribe")
    (form,) = scene.hub.asked
    assert await scene.hub.ask_back(form, topic="https://elsewhere.example/feed") == 404
    assert await scene.hub.ask_back(form, mode="unsubscribe") == 404, "nobody else ends it"
    assert await scene.hub.ask_back(form, challenge=None) == 404
    assert await scene.hub.ask_back({**form, "hub.callback": form["hub.callback"] + "x"}) == 404
    assert await scene.hub.deliver(form) == 404, "nothing is delivered before that"
    async with scene.hub.session.put(form["hub.callback"]) as answer:
        assert answer.status == 405
    assert await scene.hub.ask_back(form) == 200
    assert await scene.hub.ask_back(form) == 200, "it may not have heard us"
    assert await scene.hub.deliver(form) == 202
    assert len(scene.told) == 1 and scene.hub.count("subscribe") == 2


async def test_a_hub_that_verifies_late_is_waited_for_and_then_not_known_any_more(scene: Scene) -> None:
    scene.hub.verifies = False
    await scene.open()
    await until(lambda: scene.hub.asked, "a request to subscribe")
    scene.clock.advance(VERIFIED_WITHIN - 1)
    assert await scene.hub.ask_back(scene.hub.asked[0], topic="wrong") == 404
    await scene.drive(lambda: len(scene.hub.asked) == 2, "another request", FIRST_PAUSE)
    late, fresh = scene.hub.asked
    assert late["hub.callback"] != fresh["hub.callback"] and late["hub.secret"] != fresh["hub.secret"]
    assert await scene.hub.ask_back(late) == 404
    assert await scene.hub.ask_back(fresh) == 200


async def test_it_is_renewed_after_four_fifths_of_the_lease_at_a_new_callback(scene: Scene) -> None:
    await scene.open()
    first = await scene.subscribed()
    scene.clock.advance(LEASE * 0.79)
    assert await scene.hub.deliver(first) == 202
    assert len(scene.hub.asked) == 1
    scene.clock.advance(LEASE * 0.02)
    second = await scene.subscribed(2)
    assert second["hub.callback"] != first["hub.callback"] and second["hub.secret"] != first["hub.secret"]
    await until(lambda: scene.hub.count("unsubscribe") == 1, "the end of the first one")
    assert scene.hub.forms("unsubscribe")[0]["hub.callback"] == first["hub.callback"]
    assert await scene.hub.deliver(first) == 410
    assert await scene.hub.deliver(second) == 202
    assert scene.hub.feed_read == 2, "what the feed says of its hub is looked at again"


async def test_a_hub_that_dies_is_asked_later_while_the_lease_goes_on(scene: Scene) -> None:
    await scene.open()
    first = await scene.subscribed()
    scene.hub.statuses = [503] * 3
    scene.clock.advance(LEASE * RENEWED)
    await until(lambda: len(scene.hub.asked) == 2, "a request that fails")
    assert await scene.hub.deliver(first) == 202 and len(scene.told) == 1
    await scene.drive(lambda: len(scene.hub.forms("subscribe")) == 5, "one that works", FIRST_PAUSE)
    second = await scene.subscribed(2)
    assert await scene.hub.deliver(second) == 202


@pytest.mark.parametrize("lease", ["1", "0", "-5", "soon", None, "9" * 40])
async def test_no_lease_however_odd_makes_us_ask_in_a_frenzy_or_never_again(scene: Scene, lease: str | None) -> None:
    scene.hub.lease = lease
    await scene.open()
    form = await scene.subscribed()
    scene.clock.advance(SOONEST - 1)
    assert await scene.hub.deliver(form) == 202
    assert len(scene.hub.asked) == 1
    await scene.drive(lambda: len(scene.hub.asked) > 1, "the renewal", DAY)


async def test_a_denial_ends_it_for_a_day(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "backchat.wordpress")
    await scene.open()
    form = await scene.subscribed()
    assert await scene.hub.deny(form, "no\r\nfaked line \x1b[31m" + "x" * 500) == 200
    await until(lambda: "denies the subscription" in caplog.text, "a line in the log")
    (line,) = [record.getMessage() for record in caplog.records if "denies" in record.getMessage()]
    assert "no faked line [31m" in line and len(line) < 400 and "\n" not in line
    assert await scene.hub.deliver(form) == 404
    scene.clock.advance(DAY - 1)
    assert await scene.hub.deny(form) == 404
    assert len(scene.hub.asked) == 1
    scene.clock.advance(2)
    await scene.subscribed(2)


async def test_a_hub_that_denies_before_it_ever_verified_is_believed(scene: Scene) -> None:
    scene.hub.verifies = False
    await scene.open()
    await until(lambda: scene.hub.asked, "a request to subscribe")
    assert await scene.hub.deny(scene.hub.asked[0], "private") == 200
    assert await scene.hub.ask_back(scene.hub.asked[0]) == 404


async def test_a_hub_may_send_us_to_another_one(scene: Scene) -> None:
    scene.hub.statuses, scene.hub.places = [307, 308], [f"{scene.hub.address}/other", HUB]
    await scene.open()
    form = await scene.subscribed()
    assert len(scene.hub.asked) == 3 and await scene.hub.deliver(form) == 202 and len(scene.told) == 1


def test_the_secret_goes_where_nobody_can_read_it_on_the_way() -> None:
    assert may_know("https://hub.example/") and may_know("http://127.0.0.1:8080/hub") and may_know("http://[::1]/hub")
    assert not may_know("http://hub.example/") and not may_know("http://127.0.0.1.example/")


async def test_hubs_that_send_us_around_in_circles_are_given_up(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "backchat.wordpress")
    scene.hub.statuses, scene.hub.places = [307] * 9, [HUB] * 9
    await scene.open()
    await until(lambda: "from hub to hub" in caplog.text, "that it is given up")
    assert len(scene.hub.asked) == 3


async def test_a_hub_that_sends_us_nowhere_breaks_nothing(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "backchat.wordpress")
    scene.hub.statuses, scene.hub.places = [307, 307], ["http://[::1", "ftp://hub.example/"]
    await scene.open()
    await until(lambda: caplog.text.count("no web address") == 1, "that it is given up")
    scene.clock.advance(DAY)
    await until(lambda: caplog.text.count("no web address") == 2, "that it is given up again")
    scene.clock.advance(DAY)
    await scene.subscribed()
    scene.hub.statuses, scene.hub.places = [307], ["http://[::1"]
    await scene.close()
    assert "fault of ours" not in caplog.text and len(scene.hub.forms("unsubscribe")) == 1


async def test_a_refusal_is_told_in_one_line_and_the_next_hub_is_asked(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "backchat.wordpress")
    scene.hub.links = '<link rel="hub" href="/first"/><link rel="hub" href="/second"/>'
    scene.hub.statuses = [400]
    await scene.open()
    form = await scene.subscribed()
    assert len(scene.hub.asked) == 2 and form["hub.topic"] == scene.hub.feed
    scene.hub.statuses = [400, 403]
    scene.clock.advance(LEASE * RENEWED)
    await until(lambda: "refuses (status 403): no such topic" in caplog.text, "why not")


async def test_a_flood_of_pushes_is_only_told_of(scene: Scene) -> None:
    await scene.open()
    form = await scene.subscribed()
    statuses = await asyncio.gather(*(scene.hub.deliver(form) for _ in range(60)))
    accepted = statuses.count(202)
    assert set(statuses) <= {202, 503} and accepted == len(scene.told) >= 16


async def test_law_10_a_hub_that_repeats_what_we_told_it_has_it_logged_nowhere(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scene.hub.verifies, scene.hub.repeats, scene.hub.statuses = False, True, [400]
    await scene.open()
    await until(lambda: "refuses (status 400): subscribe" in caplog.text, "why not")
    scene.clock.advance(DAY)
    await until(lambda: len(scene.hub.asked) == 2, "another request")
    await scene.hub.deny(scene.hub.asked[1], " ".join(scene.hub.asked[1].values()))
    await until(lambda: "denies the subscription: subscribe" in caplog.text, "the denial")
    told = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("backchat"))
    for form in scene.hub.asked:
        assert form["hub.secret"] not in told and form["hub.callback"].rpartition("/")[2] not in told


async def test_law_10_no_secret_of_a_subscription_is_logged(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await scene.open()
    form = await scene.subscribed()
    await scene.hub.deliver(form, None)
    scene.hub.statuses = [400]
    scene.clock.advance(LEASE * RENEWED)
    await until(lambda: "refuses" in caplog.text, "why it is not renewed")
    await scene.close()
    told = [record.getMessage() for record in caplog.records if record.name.startswith("backchat")]
    assert told and not any(form["hub.secret"] in line or form["hub.callback"][-20:] in line for line in told)


@pytest.mark.parametrize("websub", [True, False])
async def test_nobody_is_asked_who_cannot_reach_us_or_is_not_wanted(scene: Scene, websub: bool) -> None:
    if websub:
        scene.mounts = Mounts(None)
    assert await scene.open(websub=websub) == ()
    await scene.close()
    assert scene.hub.asked == [] and scene.hub.feed_read == 0


async def test_a_feed_without_a_hub_is_looked_at_again_the_next_day(scene: Scene) -> None:
    scene.hub.links = ""
    await scene.open()
    await until(lambda: scene.hub.feed_read == 1, "a look at the feed")
    scene.hub.links = '<link rel="hub" href="/hub"/>'
    await scene.drive(lambda: scene.hub.count("subscribe") == 1, "a subscription", DAY)


@pytest.mark.parametrize(
    ("header", "links", "expected"),
    [
        ('</h1>; rel="hub", <{address}/own>; rel=self', '<link rel="hub" href="/h2"/>', ("/own", "/h1", "/h2")),
        ("", '<link rel="hub self" href="/both"/>', ("/both", "/both")),
        ("", '<link rel="HUB" href="mailto:x"/><link rel="hub" href="ftp://x/"/>', ("/comments/feed/atom/",)),
        ("", '<link rel="hub" href="/h"/><broken', ("/comments/feed/atom/", "/h")),
    ],
)  # fmt: skip
async def test_the_header_counts_before_the_feed_and_entries_do_not_count(
    scene: Scene, header: str, links: str, expected: tuple[str, ...]
) -> None:
    scene.hub.header, scene.hub.links = header, links
    found = await topic(scene.fetch, scene.hub.feed)
    assert (found.address, *found.hubs) == tuple(scene.hub.address + path for path in expected)


async def test_entities_of_a_feed_s_own_are_not_read(scene: Scene) -> None:
    scene.hub.links = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><link rel="hub" href="/h"/>'
    assert (await topic(scene.fetch, scene.hub.feed)).hubs == ()


async def test_opening_again_changes_nothing(scene: Scene) -> None:
    mount = scene.mounts.at("blogs", "garden")
    settings = Settings("blogs.garden", scene.hub.address, webhook_secret="s" * 20)
    push = Push(settings, scene.fetch, mount, scene.clock, [scene.hub.feed], lambda: None)
    first = await push.open(scene.push)
    assert await push.open(scene.push) == first == (f"webhooks are taken at {mount.address}/hook",)
    await scene.subscribed()
    assert len(scene.hub.asked) == 1


async def test_callbacks_of_an_earlier_run_lead_nowhere(scene: Scene) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{scene.callbacks}/in/blogs/garden/websub/{'x' * 43}", params={"hub.mode": "subscribe"}) as answer,
    ):
        assert answer.status == 404
