"""What stands on the double's Discord, and how it changes: every change that others learn of is told to `listeners`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from adapters.discord.double import permissions
from adapters.discord.double.interactions import Interactions
from adapters.discord.double.problems import problem
from adapters.discord.double.remembering import Nonces, OldEdits, Renames
from adapters.discord.double.things import (
    DEFAULT,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    THREADS,
    Channel,
    Guild,
    Member,
    Message,
    Role,
    ThreadPart,
    User,
    Webhook,
)  # fmt: skip
from adapters.discord.double.time import Time

GUILDS, MEMBERS, WEBHOOKS, MESSAGES, REACTIONS, CONTENT = 1 << 0, 1 << 1, 1 << 5, 1 << 9, 1 << 10, 1 << 15
"""Intents (https://docs.discord.com/developers/events/gateway#list-of-intents)."""
PRIVILEGED = MEMBERS | 1 << 8 | CONTENT


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who is shown something, and whether with the content of other people's messages."""

    user: User
    content: bool = True


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the gateway: for those who have the intent and see the channel, shaped for their eyes."""

    name: str
    intent: int
    shape: Callable[[Eyes], dict[str, Any]]
    channel: Channel | None = None
    only: str | None = None


@dataclass(slots=True)
class Application:
    """The application that the bot belongs to. `content`: whether it was given the Message Content intent.

    `verified` applications have it as GATEWAY_MESSAGE_CONTENT, others as GATEWAY_MESSAGE_CONTENT_LIMITED.
    """

    id: str
    name: str
    owner: User
    content: bool = True
    verified: bool = False

    @property
    def flags(self) -> int:
        """See https://docs.discord.com/developers/resources/application#application-object-application-flags."""
        return (1 << 18 if self.verified else 1 << 19) if self.content else 0


@dataclass(slots=True)
class World:
    """Everything. What is dropped from these mappings is gone, as on Discord. `token` is the bot's that is good now."""

    time: Time
    bot: User
    application: Application
    token: str
    active_threads: int = 1000
    users: dict[str, User] = field(default_factory=dict)
    guilds: dict[str, Guild] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    listeners: list[Callable[[Happening], None]] = field(default_factory=list)
    pinged: list[tuple[str, Message]] = field(default_factory=list)
    """Who was told of which message, in that order."""
    nonces: Nonces = field(default_factory=Nonces)
    edits: OldEdits = field(default_factory=OldEdits)
    renames: Renames = field(default_factory=Renames)
    interactions: Interactions = field(default_factory=Interactions)
    gateway_url: str = ""
    session_limit: Callable[[], dict[str, int]] = dict

    def tell(self, happening: Happening) -> None:
        """Tell the gateway."""
        for listener in self.listeners:
            listener(happening)

    # looking ------------------------------------------------------------------------------------------------------

    def channel(self, id: str) -> Channel:
        """The channel or thread; raises `Problem` 10003."""
        found = self.channels.get(id)
        if found is None:
            raise problem(10003)
        return found

    def message(self, channel: Channel, id: str) -> Message:
        """A message of the channel; raises `Problem` 10008."""
        found = self.messages[channel.id].get(id)
        if found is None or found.seen_by is not None:
            raise problem(10008)
        return found

    def guild_of(self, channel: Channel) -> Guild:
        """The guild that the channel is in."""
        return self.guilds[channel.guild]

    def parent(self, channel: Channel) -> Channel | None:
        """The channel that a thread is in."""
        return self.channels.get(channel.parent) if channel.thread is not None and channel.parent else None

    def permissions(self, user: User, channel: Channel) -> int:
        """What the user may do in the channel: nothing, where they are no member of its guild."""
        guild = self.guild_of(channel)
        member = guild.members.get(user.id)
        if member is None:
            return 0
        return permissions.in_channel(guild, channel, self.parent(channel), member, self.time.now())

    def threads(self, parent: Channel | None = None, guild: Guild | None = None) -> Iterator[Channel]:
        """The threads of a channel or of a guild, oldest first."""
        for channel in self.channels.values():
            if channel.thread is None:
                continue
            if (parent is None or channel.parent == parent.id) and (guild is None or channel.guild == guild.id):
                yield channel

    def active(self, guild: Guild) -> list[Channel]:
        """The guild's threads that are not archived."""
        return [one for one in self.threads(guild=guild) if one.thread and not one.thread.archived]

    # making -------------------------------------------------------------------------------------------------------

    def user(self, name: str, *, bot: bool = False, avatar: str | None = None) -> User:
        """A new account."""
        user = User(self.time.id(), name, bot, avatar)
        self.users[user.id] = user
        return user

    def guild(self, name: str, owner: User, everyone: int) -> Guild:
        """A new guild, without channels."""
        guild = Guild(self.time.id(), name, owner.id)
        guild.roles[guild.id] = Role(guild.id, "@everyone", everyone)
        self.guilds[guild.id] = guild
        self.join(guild, owner)
        return guild

    def join(self, guild: Guild, user: User, roles: tuple[Role, ...] = ()) -> Member:
        """A user becomes a member."""
        member = Member(user, [role.id for role in roles], self.time.now())
        guild.members[user.id] = member
        return member

    def new_channel(self, guild: Guild, type: int, name: str, **more: Any) -> Channel:
        """A new channel or thread, of which nobody was told yet."""
        id = more.pop("id", None) or self.time.id()
        channel = Channel(id, guild.id, type, name, **more)
        self.channels[id], self.messages[id] = channel, {}
        return channel

    def new_thread(self, parent: Channel, name: str, owner: User, *, id: str | None = None, **more: Any) -> Channel:
        """A new thread, of which nobody was told yet; a bot that owns it is in it, as Discord has it."""
        now = self.time.now()
        part = ThreadPart(owner.id, now, now, now, members={owner.id: now}, **more.pop("part", {}))
        return self.new_channel(
            self.guild_of(parent), more.pop("type", PUBLIC_THREAD), name, id=id, parent=parent.id, thread=part,
            slow=more.pop("slow", 0),
        )  # fmt: skip

    def new_message(self, channel: Channel, author: User, content: str, **more: Any) -> Message:
        """A new message, of which nobody was told yet."""
        id = more.pop("id", None) or self.time.id()
        message = Message(id, channel.id, author, content, self.time.now(), **more)
        self.messages[channel.id][message.id] = message
        if message.seen_by is None:
            self._count(channel, message)
        return message

    def _count(self, channel: Channel, message: Message) -> None:
        if channel.last_message is None or int(channel.last_message) < int(message.id):
            channel.last_message = message.id
        thread = channel.thread
        if thread is None:
            return
        thread.active_at = message.created
        if message.type in {DEFAULT, 19, 20, 23} and message.id != channel.id:
            message.position = thread.count
            thread.count, thread.sent = thread.count + 1, thread.sent + 1

    def due_for_archive(self) -> list[Channel]:
        """The threads in which nothing was written for as long as they stay open."""
        now = self.time.now()
        return [
            one for one in self.threads()
            if one.thread and not one.thread.archived and one.thread.active_at + one.thread.auto_archive * 60 <= now
        ]  # fmt: skip

    def is_thread(self, channel: Channel) -> bool:
        """Whether it is a thread."""
        return channel.type in THREADS

    def is_private(self, channel: Channel) -> bool:
        """Whether only its members see it."""
        return channel.type == PRIVATE_THREAD
