"""Isso: reads its comments, and publishes, revises and withdraws answers through its HTTP interface.

What the operator must set, and what Isso cannot do, stands in docs/isso.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.ports import PORT_VERSION, Blog, Surroundings, Table

if TYPE_CHECKING:
    from bridge.fetch import Fetch
    from bridge.model import Survey


class Plugin:
    """What the entry point names; the adapter itself is imported only when one is configured."""

    port_version: int = PORT_VERSION

    def from_config(self, table: Table, surroundings: Surroundings) -> Blog:
        """Build the adapter from a `[blogs.NAME]` table; problems go to the table."""
        from adapters.isso.blog import IssoBlog
        from adapters.isso.settings import read_settings

        return IssoBlog(read_settings(table), surroundings)

    async def survey(self, address: str, fetch: Fetch) -> Survey | None:
        """See `bridge.ports.SurveysBlogs`."""
        from adapters.isso.survey import survey

        return await survey(address, fetch)


plugin = Plugin()
