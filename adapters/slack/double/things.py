"""What there is on the double's Slack: workspaces, users, channels, messages, files, windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Team:
    """A workspace."""

    id: str
    name: str
    domain: str


@dataclass(slots=True, eq=False)
class User:
    """An account. `bot` is the bot's id of a bot user; who is of another `team` is a guest by Slack Connect.

    `workspaces`: those of their organisation (Enterprise Grid) that they are in.
    """

    id: str
    team: Team
    name: str
    display_name: str = ""
    bot: str | None = None
    app: str | None = None
    deleted: bool = False
    admin: bool = False
    updated: int = 0
    workspaces: list[str] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """The name that others see."""
        return self.display_name or self.name


@dataclass(slots=True, eq=False)
class Channel:
    """A channel; `members` are ids of users. `teams`: workspaces that share it, its own not counted."""

    id: str
    name: str
    created: int
    creator: str
    private: bool = False
    archived: bool = False
    read_only: bool = False
    threads: bool = True
    members: list[str] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)
    topic: str = ""
    previous: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class File:
    """A file. `mode` is "hosted", "external" or "tombstone" (https://docs.slack.dev/reference/objects/file-object)."""

    id: str
    name: str
    type: str
    content: bytes
    user: str
    created: int
    mode: str = "hosted"


@dataclass(slots=True, eq=False)
class Message:
    """A message. `user` is nobody where a bot wrote under a name of its own; `thread` is the parent's ts."""

    ts: str
    channel: str
    user: str | None
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    subtype: str | None = None
    bot: str | None = None
    app: str | None = None
    username: str | None = None
    icons: dict[str, str] | None = None
    thread: str | None = None
    metadata: dict[str, Any] | None = None
    edited: tuple[str, str] | None = None
    """Who edited it, and the edit's ts."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    broadcast: bool = False
    locked: bool = False
    client_id: str | None = None
    unfurls: bool = False
    """Whether Slack would unfold a link of it."""

    @property
    def tombstone(self) -> bool:
        """Whether only a stone stands for it, over its replies."""
        return self.subtype == "tombstone"


@dataclass(slots=True, eq=False)
class Whisper:
    """An ephemeral message: one person sees it, until the client is loaded again."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread: str | None = None
