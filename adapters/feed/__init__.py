"""Any comment feed, read-only: RSS, Atom and JSON Feed.

What a feed cannot tell, and what the operator can set, stands in docs/feeds.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.model import Survey
from bridge.ports import PORT_VERSION, Blog, Surroundings, Table

if TYPE_CHECKING:
    from bridge.fetch import Fetch


class Plugin:
    """What the entry point names; the adapter itself is imported only when one is configured."""

    port_version: int = PORT_VERSION

    def from_config(self, table: Table, surroundings: Surroundings) -> Blog:
        """Build the adapter from a `[blogs.NAME]` table; problems go to the table."""
        from adapters.feed.blog import FeedBlog
        from adapters.feed.settings import read_settings

        return FeedBlog(read_settings(table), surroundings)

    async def survey(self, address: str, fetch: Fetch) -> Survey | None:
        """See `bridge.ports.SurveysBlogs`."""
        from adapters.feed.survey import survey

        return await survey(address, fetch)


plugin = Plugin()
