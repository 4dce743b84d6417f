"""The cursor of a blog that can be read in two ways: each way's own, and the newest number that either has seen."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from bridge.model import Page


@dataclass(frozen=True, slots=True)
class Ways:
    """What both ways of reading remember. When credentials come or go, the other way goes on where it was."""

    rest: str | None = None
    feed: str | None = None
    newest: int = 0

    @classmethod
    def load(cls, cursor: str | None) -> Ways:
        """Read a cursor; one that is not ours is as good as none."""
        try:
            data = json.loads(cursor or "")
            return cls(data["rest"], data["feed"], int(data["newest"]))
        except (ValueError, KeyError, TypeError):
            return cls()

    def rest_after(self, page: Page) -> Ways:
        """Note a page that REST gave."""
        return replace(self, rest=page.cursor, newest=self._newest(page))

    def feed_after(self, page: Page) -> Ways:
        """Note a page that the feed gave."""
        return replace(self, feed=page.cursor, newest=self._newest(page))

    def _newest(self, page: Page) -> int:
        return max([self.newest, *(comment.position for comment in page.comments)])

    def on(self, page: Page) -> Page:
        """The page with a cursor for both ways."""
        data = {"v": 1, "rest": self.rest, "feed": self.feed, "newest": self.newest}
        return replace(page, cursor=json.dumps(data, separators=(",", ":")))
