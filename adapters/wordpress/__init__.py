"""WordPress: reads its comments by REST or by feed, publishes, revises and withdraws answers, and moderates.

What the operator must set, what which role may do and what WordPress cannot do stands in docs/wordpress.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.ports import PORT_VERSION, Blog, Dialogue, Surroundings, Table

if TYPE_CHECKING:
    from bridge.fetch import Fetch
    from bridge.model import Survey


class Plugin:
    """What the entry point names; the adapter itself is imported only when one is configured."""

    port_version: int = PORT_VERSION

    def from_config(self, table: Table, surroundings: Surroundings) -> Blog:
        """Build the adapter from a `[blogs.NAME]` table; problems go to the table."""
        from adapters.wordpress.blog import WordPressBlog
        from adapters.wordpress.settings import read_settings

        return WordPressBlog(read_settings(table), surroundings)

    async def survey(self, address: str, fetch: Fetch) -> Survey | None:
        """See `bridge.ports.SurveysBlogs`."""
        from adapters.wordpress.survey import survey

        return await survey(address, fetch)

    async def connect(self, survey: Survey, fetch: Fetch, dialogue: Dialogue) -> Survey:
        """See `bridge.ports.Connects`."""
        from adapters.wordpress.connecting import connect

        return await connect(survey, fetch, dialogue)


plugin = Plugin()
