"""The things that stand on the double of Discord, as values that change: no rules, no shapes, no wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TEXT, ANNOUNCEMENTS, ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 5, 10, 11, 12, 15
"""Channel types (https://docs.discord.com/developers/resources/channel#channel-object-channel-types)."""
THREADS = frozenset({ANNOUNCEMENT_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})

DEFAULT, RECIPIENT_ADD, CHANNEL_NAME_CHANGE, PINNED, THREAD_CREATED, REPLY = 0, 1, 4, 6, 18, 19
COMMAND, THREAD_STARTER, CONTEXT_MENU = 20, 21, 23
"""Message types (https://docs.discord.com/developers/resources/message#message-object-message-types)."""
DELETABLE = frozenset({DEFAULT, PINNED, THREAD_CREATED, REPLY, COMMAND, CONTEXT_MENU})

SUPPRESS_EMBEDS, HAS_THREAD, EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 2, 1 << 5, 1 << 6, 1 << 7, 1 << 15
"""Message flags."""
REQUIRE_TAG = 1 << 4
"""A forum channel's flag: every post must carry a tag."""


@dataclass(slots=True, eq=False)
class User:
    """An account: a person's or a bot's."""

    id: str
    name: str
    bot: bool = False
    avatar: str | None = None


@dataclass(slots=True, eq=False)
class Role:
    """A role of a guild; the one with the guild's own id is @everyone."""

    id: str
    name: str
    permissions: int
    position: int = 0
    mentionable: bool = False
    managed: bool = False


@dataclass(slots=True, eq=False)
class Member:
    """A user in a guild."""

    user: User
    roles: list[str] = field(default_factory=list)
    joined: float = 0.0
    nick: str | None = None
    timeout_until: float = 0.0


@dataclass(slots=True)
class Overwrite:
    """What a channel allows and denies one role or one member."""

    member: bool
    allow: int = 0
    deny: int = 0


@dataclass(slots=True)
class Tag:
    """A tag of a forum channel."""

    id: str
    name: str
    moderated: bool = False


@dataclass(slots=True)
class ThreadPart:
    """What a thread has beyond a channel. `auto_archive` is in minutes, instants are the double's."""

    owner: str
    created: float
    archive_timestamp: float
    active_at: float
    auto_archive: int = 4320
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    members: dict[str, float] = field(default_factory=dict)
    count: int = 0
    sent: int = 0
    applied_tags: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Channel:
    """A channel or a thread. `slow`: seconds between two messages of one member."""

    id: str
    guild: str
    type: int
    name: str
    parent: str | None = None
    position: int = 0
    topic: str | None = None
    slow: int = 0
    flags: int = 0
    overwrites: dict[str, Overwrite] = field(default_factory=dict)
    tags: list[Tag] = field(default_factory=list)
    last_message: str | None = None
    last_pin: float | None = None
    thread: ThreadPart | None = None


@dataclass(slots=True, eq=False)
class Guild:
    """A server. Its id is the id of its @everyone role."""

    id: str
    name: str
    owner: str
    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Webhook:
    """An incoming webhook of a channel; `application` made it."""

    id: str
    token: str
    guild: str
    channel: str
    name: str
    creator: str
    application: str | None = None
    avatar: str | None = None


@dataclass(slots=True, eq=False)
class Message:
    """A message. `pinged`: who was told of it; `seen_by`: whose eyes an ephemeral message is for."""

    id: str
    channel: str
    author: User
    content: str
    created: float
    type: int = DEFAULT
    edited: float | None = None
    mentions: list[str] = field(default_factory=list)
    mention_roles: list[str] = field(default_factory=list)
    everyone: bool = False
    pinged: list[str] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0
    reference: dict[str, Any] | None = None
    nonce: str | None = None
    webhook: str | None = None
    application: str | None = None
    interaction: dict[str, Any] | None = None
    position: int | None = None
    pinned: bool = False
    tts: bool = False
    reactions: dict[str, dict[str, float]] = field(default_factory=dict)
    seen_by: str | None = None
