"""Rate limits: per method by tiers, one message a second in a channel (https://docs.slack.dev/apis/web-api/rate-limits).

`pace` makes all of them shorter: with 0.01 a minute is six tenths of a second. They count the wall's time, for it is
there that clients wait, unless a test sets `now`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

TIERS = {0: 100, 1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute by tier; Slack says that these are at least allowed. Methods that are `special` are 0 here."""
SLOW = ("conversations.history", "conversations.replies")
"""What apps that are sold outside of the Marketplace may call once a minute, for 15 objects (since 2025-05-29)."""
SLOW_OBJECTS = 15


@dataclass(slots=True)
class Limits:
    """Counts calls in sliding windows. `rules` (calls, seconds) by method may be set by a test at any time."""

    pace: float = 1.0
    now: Callable[[], float] = time.monotonic
    rules: dict[str, tuple[int, float]] = field(default_factory=dict)
    burst: int = 4
    """How many messages a channel takes at once; after them it is one a second."""
    slow: bool = False
    """Whether the app is one of those that may read back once a minute."""
    on: bool = True
    _calls: dict[str, deque[float]] = field(default_factory=dict)
    _posts: dict[str, float] = field(default_factory=dict)

    def count(self, method: str, tier: int, channel: str) -> float | None:
        """Count a call; the seconds after which it may come again, where it is too much."""
        if not self.on:
            return None
        if method == "chat.postMessage" and channel:
            late = self._post(channel)
            if late is not None:
                return late
        calls, seconds = self.rules.get(method) or ((1, 60.0) if self.slow and method in SLOW else (TIERS[tier], 60.0))
        if tier == 0 and method not in self.rules:
            return None
        return self._window(method, calls, seconds * self.pace)

    def _window(self, method: str, calls: int, seconds: float) -> float | None:
        now, made = self.now(), self._calls.setdefault(method, deque())
        while made and made[0] <= now - seconds:
            made.popleft()
        if len(made) >= calls:
            return max(0.001, made[0] + seconds - now)
        made.append(now)
        return None

    def _post(self, channel: str) -> float | None:
        """A bucket that holds `burst` messages and is filled by one a second."""
        now = self.now()
        full = max(now, self._posts.get(channel, now)) + self.pace
        if full - now > self.burst * self.pace + 1e-9:
            return max(0.001, full - now - self.burst * self.pace)
        self._posts[channel] = full
        return None

    def off(self) -> None:
        """Let everything through."""
        self.on = False
