"""What a configuration says, once it is without problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.model import BlogName, ChatName, Route
from bridge.ports import Blog, Chat
from bridge.schedule import Beat

if TYPE_CHECKING:  # aiohttp is dear to import, and only what loads a whole configuration needs it
    from bridge.fetch import Connections
    from bridge.mounts import Mounts


@dataclass(frozen=True, slots=True)
class BlogSettings:
    """One blog of the configuration, with its adapter built but not opened.

    `scheme` is the sort of ids that the adapter issues: under another one they mean other comments.
    """

    name: BlogName
    adapter: Blog
    beat: Beat
    first_run: int
    scheme: str


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """One chat of the configuration, with its adapter built but not opened."""

    name: ChatName
    adapter: Chat


@dataclass(frozen=True, slots=True)
class Rename:
    """A table that says that it had another name before; `group` is `blogs`, `chats` or `routes`."""

    group: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration without problems. `time_out` bounds every step at a platform, in seconds.

    `connections` are what the adapters were given, not open yet: whoever runs them enters it. `web` is where the
    daemon's own pages (health, metrics) are served, None for nowhere, and `mounts` what adapters serve there; `log` is
    the shape of log lines, `text` or `json`. `secrets` is every secret that was read: the logs must hold none of them
    (law 10). `remarks` are sentences about what can be used, but should be known.
    """

    state: Path
    blogs: tuple[BlogSettings, ...]
    chats: tuple[ChatSettings, ...]
    routes: tuple[Route, ...]
    time_out: float
    connections: Connections = field(repr=False, compare=False)
    web: tuple[str, int] | None = None
    log: str = "text"
    renames: tuple[Rename, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False, compare=False)
    remarks: tuple[str, ...] = ()
    mounts: Mounts | None = field(default=None, repr=False, compare=False)

    @property
    def ledger(self) -> Path:
        """Where the ledger is."""
        return self.state / "ledger.db"

    @property
    def schemes(self) -> dict[str, str]:
        """The sort of ids that each blog's adapter issues, by the blog's name."""
        return {blog.name: blog.scheme for blog in self.blogs}
