"""A WebSub subscriber (W3C Recommendation of 2018-01-23: https://www.w3.org/TR/websub/).

What a hub delivers is never used: a delivery means "read now", so that a forged one could cost a reading at the most.
Callbacks and secrets are random, live in memory and appear in no log. Each subscription has a callback of its own;
after a restart the earlier ones lead nowhere and end with their leases.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from urllib.parse import urlsplit

from aiohttp import web

from adapters.wordpress.hub_links import topic
from bridge.errors import MaybeDone, Refused, RetryLater, StepError
from bridge.feeds.addresses import is_web
from bridge.feeds.strict import urljoined
from bridge.fetch import Fetch
from bridge.off_loop import off_loop
from bridge.ports import Clock, Mount

log = logging.getLogger("backchat.wordpress")

DAY = 86_400.0
LEASE = 10 * DAY
"""Seconds that are asked for; the hub decides."""
RENEWED_AT = 0.8
"""The part of a lease after which it is renewed,"""
SOONEST = 60.0
"""but not sooner than after so many seconds, however short the lease."""
VERIFIED_WITHIN = 600.0
"""Seconds that a hub gets to ask whether it was really us."""
FIRST_PAUSE = 60.0
LONGEST_PAUSE = 6 * 3600.0
ENDING = 5.0
"""Seconds that a hub gets to take note that we stop."""
_HOPS = 3
_KEPT = 4
"""Ended subscriptions whose callbacks still answer that they have ended."""
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})
_REDIRECTS = frozenset({307, 308})


class State(StrEnum):
    """How a subscription stands."""

    ASKED = "asked"
    ACTIVE = "active"
    DENIED = "denied"
    ENDED = "ended"


@dataclass(slots=True, eq=False)
class Subscription:
    """One subscription: `topic` at `hub`, delivered to the callback `path` and signed with `secret` (None: unsigned).

    `renew_at` is an instant. `decided` is set once the hub has verified or denied it, `over` once it knows that
    it is unsubscribed.
    """

    topic: str
    hub: str
    path: str = field(repr=False)
    secret: str | None = field(repr=False)
    state: State = State.ASKED
    renew_at: float = 0.0
    reason: str = ""
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    unmount: Callable[[], None] = lambda: None


class Subscriber:
    """Keeps a subscription to one feed for as long as `run` runs. `whose` names the blog in the log."""

    def __init__(
        self, feed: str, whose: str, fetch: Fetch, mount: Mount, clock: Clock, tell: Callable[[], None]
    ) -> None:
        self._feed = feed
        self._whose = whose
        self._fetch = fetch
        self._mount = mount
        self._clock = clock
        self._tell = tell
        self._current: Subscription | None = None
        self._ended: list[Subscription] = []

    async def run(self) -> None:
        """Subscribe, and renew; whatever goes wrong is tried again later, and costs nothing but latency."""
        failures = 0
        while True:
            try:
                wait = await self._round()
                failures = 0
            except StepError as error:
                log.info("%s: no hub tells of new comments for now: %s", self._whose, error)
                wait = _pause(error, failures)
                failures += 1
            except Exception:  # a fault of ours here costs latency, and must not cost more
                log.exception("%s: subscribing failed through a fault of ours", self._whose)
                wait = DAY
            await self._clock.wait(wait)

    async def _round(self) -> float:
        """Subscribe once and live with it until it must be renewed, or was denied; seconds until the next round."""
        found = await topic(self._fetch, self._feed)
        if not found.hubs:
            log.debug("%s names no hub", self._whose)
            return DAY
        fresh = await self._subscribed(found.address, found.hubs)
        fresh.decided.clear()
        log.info("%s: the hub at %s tells of new comments", self._whose, _host(fresh.hub))
        earlier, self._current = self._current, fresh
        if earlier is not None:
            await self._unsubscribe(earlier)
        await self._clock.wait(max(0.0, fresh.renew_at - self._clock.now()), fresh.decided)
        if fresh.state is not State.DENIED:
            return 0.0
        self._current = None
        self._forget(fresh)
        raise Refused(_denial(fresh))

    async def _subscribed(self, topic: str, hubs: tuple[str, ...]) -> Subscription:
        """A verified subscription at the first hub that grants one. Raises as the last of them did."""
        for number, hub in enumerate(hubs, 1):
            try:
                return await self._ask(topic, hub)
            except StepError:
                if number == len(hubs):
                    raise
        raise AssertionError("unreachable: there is a hub")

    async def _ask(self, topic: str, hub: str) -> Subscription:
        path, secret = f"websub/{secrets.token_urlsafe(32)}", secrets.token_urlsafe(48) if may_know(hub) else None
        asked = Subscription(topic, hub, path, secret)
        asked.unmount = self._mount.serve(path, partial(self._called, asked))
        try:
            await self._post(asked, "subscribe")
            await self._clock.wait(VERIFIED_WITHIN, asked.decided)
            if asked.state is State.DENIED:
                raise Refused(_denial(asked))
            if asked.state is not State.ACTIVE:
                raise RetryLater(f"the hub at {_host(asked.hub)} has not verified the subscription")
        except BaseException:
            self._forget(asked)
            raise
        return asked

    async def _post(self, subscription: Subscription, mode: str, patience: float = 15.0) -> None:
        """Tell the hub what we want (5.1). Raises `RetryLater` or `Refused` where it will not listen."""
        for _ in range(_HOPS):
            try:
                form = self._form(subscription, mode)
                answer = await self._fetch.effect("POST", subscription.hub, form=form, timeout=patience)
            except MaybeDone as error:
                if subscription.decided.is_set():
                    return  # it heard us, whatever became of its answer
                raise RetryLater(error.reason) from None
            if 200 <= answer.status < 300:
                return
            if answer.status >= 500:
                raise RetryLater(f"the hub at {answer.host} is not well (status {answer.status})")
            if answer.status not in _REDIRECTS:
                why = _line(answer.text(), subscription)
                raise Refused(f"the hub at {answer.host} refuses (status {answer.status}): {why}")
            subscription.hub = urljoined(subscription.hub, answer.headers.get("Location", ""))
            if not is_web(subscription.hub):
                raise Refused(f"the hub at {answer.host} sends us to something that is no web address")
            subscription.secret = subscription.secret if may_know(subscription.hub) else None
        raise Refused(f"the hub at {_host(subscription.hub)} sends us from hub to hub")

    def _form(self, subscription: Subscription, mode: str) -> dict[str, str]:
        callback = f"{self._mount.address}/{subscription.path}"
        form = {"hub.mode": mode, "hub.topic": subscription.topic, "hub.callback": callback}
        if mode == "subscribe":
            form["hub.lease_seconds"] = str(int(LEASE))
            if subscription.secret is not None:
                form["hub.secret"] = subscription.secret
        return form

    async def _unsubscribe(self, subscription: Subscription) -> None:
        """Have no more delivered; what comes all the same is answered with 410."""
        if subscription.state is State.DENIED:
            return self._forget(subscription)
        subscription.state = State.ENDED
        self._ended.append(subscription)
        while len(self._ended) > _KEPT:
            self._forget(self._ended[0])
        try:
            await self._post(subscription, "unsubscribe", ENDING)
        except StepError as error:
            log.debug("%s: the hub was not told that a subscription has ended: %s", self._whose, error)
        else:
            await self._clock.wait(ENDING, subscription.over)

    async def end(self) -> None:
        """Unsubscribe, and answer nobody any more."""
        if self._current is not None:
            await self._unsubscribe(self._current)
            self._current = None
        for one in list(self._ended):
            self._forget(one)

    def _forget(self, subscription: Subscription) -> None:
        subscription.unmount()
        if subscription in self._ended:
            self._ended.remove(subscription)

    # What the hub says -----------------------------------------------------------------------------------------------

    async def _called(self, subscription: Subscription, request: web.Request) -> web.Response:
        if request.method == "GET":
            return self._verify(subscription, request)
        if request.method == "POST":
            return await self._delivered(subscription, request)
        raise web.HTTPMethodNotAllowed(request.method, ["GET", "POST"])

    def _verify(self, subscription: Subscription, request: web.Request) -> web.Response:
        """Say whether we want what the hub was asked for (5.2, 5.3); 404 means: not us."""
        query, state = request.query, subscription.state
        if query.get("hub.topic") != subscription.topic:
            raise web.HTTPNotFound
        mode, challenge = query.get("hub.mode"), query.get("hub.challenge", "")
        if mode == "denied" and state in {State.ASKED, State.ACTIVE}:
            subscription.state = State.DENIED
            subscription.reason = _line(query.get("hub.reason", ""), subscription)
            subscription.decided.set()
            return web.Response()
        if mode == "subscribe" and state is State.ASKED and challenge:
            self._granted(subscription, query.get("hub.lease_seconds", ""))
            return _echo(challenge)
        if mode == "subscribe" and state is State.ACTIVE and challenge:
            return _echo(challenge)  # it did not hear our first answer
        if mode == "unsubscribe" and state is State.ENDED and challenge:
            subscription.over.set()
            return _echo(challenge)
        raise web.HTTPNotFound

    def _granted(self, subscription: Subscription, told: str) -> None:
        sound = told.isascii() and told.isdigit() and len(told) < 12
        lease = min(float(told), 3 * LEASE) if sound else DAY
        subscription.state = State.ACTIVE
        subscription.renew_at = self._clock.now() + max(SOONEST, lease * RENEWED_AT)
        subscription.decided.set()

    async def _delivered(self, subscription: Subscription, request: web.Request) -> web.Response:
        """Something new (7): thanked for at once, whether it is believed or not."""
        if subscription.state in {State.ENDED, State.DENIED}:
            raise web.HTTPGone
        if subscription.state is State.ASKED:
            raise web.HTTPNotFound
        body = await request.read()
        told = request.headers.get("X-Hub-Signature", "")
        if subscription.secret is None or await off_loop(len(body), partial(genuine, subscription.secret, told, body)):
            self._tell()
        return web.Response(status=202)


def genuine(secret: str, signature: str, body: bytes) -> bool:
    """Whether `signature` (`X-Hub-Signature`, section 8) is the one of `body` under `secret`."""
    method, _, claimed = signature.strip().partition("=")
    if method not in _METHODS:
        return False
    expected = hmac.new(secret.encode(), body, method).hexdigest()
    return hmac.compare_digest(claimed.lower().encode("utf-8", "replace"), expected.encode())


def _echo(challenge: str) -> web.Response:
    return web.Response(text=challenge, content_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})


def may_know(hub: str) -> bool:
    """Whether a hub may be sent a secret (5.1: over https only); what never leaves this machine is private, too."""
    parts = urlsplit(hub)
    return parts.scheme == "https" or parts.hostname in {"127.0.0.1", "::1", "localhost"}


def _denial(subscription: Subscription) -> str:
    words = f"the hub at {_host(subscription.hub)} denies the subscription"
    return f"{words}: {subscription.reason}" if subscription.reason else words


def _host(address: str) -> str:
    return urlsplit(address).hostname or "nowhere"


def _line(words: str, subscription: Subscription) -> str:
    """A stranger's words, for the log: one line, not long, and without what only the two of us know (law 10)."""
    for secret in (subscription.path.rpartition("/")[2], subscription.secret):
        words = words.replace(secret, "…") if secret else words
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words[:1000]).split())[:200]


def _pause(error: StepError, failures: int) -> float:
    if isinstance(error, Refused):
        return DAY
    asked = error.after if isinstance(error, RetryLater) else None
    return max(asked or 0.0, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures, 16)))
