"""Rate limits (https://docs.discord.com/developers/topics/rate-limits): buckets, the global one, invalid requests.

Limits count the wall's time, for it is there that clients wait, unless a test sets `now`. `pace` makes all of them
shorter: with 0.01 five messages in five seconds are five in a twentieth of one.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SHARED = {
    ("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"): "reactions",
    ("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me"): "reactions",
    ("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/{user_id}"): "reactions",
    ("POST", "/channels/{channel_id}/messages/{message_id}/threads"): "threads",
    ("POST", "/channels/{channel_id}/threads"): "threads",
    ("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"): "webhook messages",
    ("DELETE", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"): "webhook messages",
}
"""Routes that count in one bucket, by method and path."""
DEFAULTS: dict[str, tuple[int, float]] = {
    "POST /channels/{channel_id}/messages": (5, 5.0),
    "PATCH /channels/{channel_id}/messages/{message_id}": (5, 5.0),
    "DELETE /channels/{channel_id}/messages/{message_id}": (5, 1.0),
    "GET /channels/{channel_id}/messages": (5, 1.0),
    "reactions": (1, 0.25),
    "threads": (10, 15.0),
    "POST /webhooks/{webhook_id}/{webhook_token}": (5, 2.0),
    "webhook messages": (5, 2.0),
    "PATCH /channels/{channel_id}": (5, 15.0),
}
"""How many requests in how many seconds, by bucket. Discord publishes none of these: they are of its kind."""
_OTHERS = (20, 1.0)
_FREE = "POST /interactions/{interaction_id}/{interaction_token}/callback"


@dataclass(slots=True)
class Bucket:
    """What is left of one limit until its window ends."""

    limit: int
    seconds: float
    remaining: int
    ends: float


@dataclass(frozen=True, slots=True)
class Counted:
    """How a request was counted: what remained before it, and the headers that tell what remains."""

    before: int
    headers: dict[str, str]
    retry_after: float | None = None
    scope: str = "user"
    everywhere: bool = False


@dataclass(slots=True)
class Limits:
    """Counts requests. `rules` may be changed by tests at any time; None in `everywhere` is no global limit."""

    pace: float = 1.0
    now: Callable[[], float] = time.monotonic
    rules: dict[str, tuple[int, float]] = field(default_factory=lambda: dict(DEFAULTS))
    everywhere: tuple[int, float] | None = (50, 1.0)
    invalid_allowed: int = 10_000
    invalid: int = 0
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    _global: Bucket | None = None

    def count(self, method: str, path: str, major: str, at: float | None = None) -> Counted:
        """Count one request to `path` (with its ids in braces); `major` are the ids that have a bucket of their own."""
        now = self.now() if at is None else at
        name = f"{method} {path}"
        if name == _FREE:
            return Counted(1, {})
        late = self._everywhere(now)
        if late is not None:
            return Counted(1, {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}, late, "global", True)
        bucket = self._bucket(SHARED.get((method, path), name), major, now)
        before = bucket.remaining
        bucket.remaining = max(0, before - 1)
        headers = self._headers(bucket, SHARED.get((method, path), name), now)
        if before:
            return Counted(before, headers)
        return Counted(0, {**headers, "X-RateLimit-Scope": "user"}, max(0.001, bucket.ends - now))

    def _bucket(self, name: str, major: str, now: float) -> Bucket:
        limit, seconds = self.rules.get(name, _OTHERS)
        found = self._buckets.get((name, major))
        if found is None or found.ends <= now or found.limit != limit:
            found = self._buckets[name, major] = Bucket(limit, seconds, limit, now + seconds * self.pace)
        return found

    def _everywhere(self, now: float) -> float | None:
        if self.everywhere is None:
            return None
        limit, seconds = self.everywhere
        if self._global is None or self._global.ends <= now:
            self._global = Bucket(limit, seconds, limit, now + seconds * self.pace)
        if self._global.remaining == 0:
            return max(0.001, self._global.ends - now)
        self._global.remaining -= 1
        return None

    def _headers(self, bucket: Bucket, name: str, now: float) -> dict[str, str]:
        after = max(0.0, bucket.ends - now)
        return {
            "X-RateLimit-Limit": str(bucket.limit), "X-RateLimit-Remaining": str(bucket.remaining),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}", "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(name.encode()).hexdigest()[:32],
        }  # fmt: skip

    def off(self) -> None:
        """Let everything through."""
        self.pace, self.everywhere = 0.0, None

    def note(self, status: int, scope: str) -> None:
        """Count an answer that counts against us: 401, 403, and 429 unless it was for a resource that all share."""
        if status in {401, 403} or (status == 429 and scope != "shared"):
            self.invalid += 1

    @property
    def banned(self) -> bool:
        """Whether Cloudflare lets nothing through any more."""
        return self.invalid >= self.invalid_allowed
