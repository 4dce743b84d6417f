"""What stands on the double's Slack: every change that an app may be told of goes to `listeners`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapters.slack.double.interactions import Interactions
from adapters.slack.double.problems import Problem
from adapters.slack.double.things import Channel, File, Message, Team, User, Whisper
from adapters.slack.double.time import Time, micro

SCOPES = (
    "app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "chat:write.customize",
    "commands", "files:read", "groups:history", "groups:read", "reactions:read", "reactions:write", "users:read",
)  # fmt: skip
"""What the bot may do at first."""
EVENTS = (
    "message.channels", "message.groups", "reaction_added", "reaction_removed", "app_mention", "channel_archive",
    "channel_unarchive", "channel_rename", "channel_deleted", "channel_id_changed", "channel_left", "group_archive",
    "group_unarchive", "group_rename", "group_left", "member_joined_channel", "member_left_channel", "user_change",
    "app_uninstalled", "tokens_revoked",
)  # fmt: skip
"""What the app has subscribed to at first."""
_NEEDS = {
    "message.channels": "channels:history", "message.groups": "groups:history", "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read", "app_mention": "app_mentions:read", "user_change": "users:read",
    "member_joined_channel": "channels:read", "member_left_channel": "channels:read",
}  # fmt: skip
"""The scope without which an event does not come."""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event: `event` is told to an app that is in `channel` (None: everywhere) and has subscribed to `name`."""

    name: str
    event: dict[str, Any]
    channel: Channel | None = None


@dataclass(slots=True, eq=False, repr=False)
class App:
    """The app that is tried: its tokens, its bot, what it may do and what it is told."""

    id: str
    name: str
    bot_id: str
    user: User
    token: str
    app_token: str
    signing_secret: str
    verification: str
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    events: list[str] = field(default_factory=lambda: list(EVENTS))
    commands: dict[str, bool] = field(default_factory=dict)
    """Slash commands, and whether their text comes with users and channels as `<@U…|name>`."""
    shortcuts: dict[str, str] = field(default_factory=dict)
    """Names of message shortcuts, and their callback ids."""
    interactive: bool = True
    socket_mode: bool = True
    enterprise: bool = False
    revoked: str = ""
    """Slack's word for why the bot's token is good no more."""

    def hears(self, name: str) -> bool:
        """Whether the app is told of such events."""
        need = _NEEDS.get(name)
        return name in self.events and (need is None or need in self.scopes)


@dataclass(slots=True, eq=False, repr=False)
class World:
    """Everything. What is dropped from these mappings is gone, as on Slack. Messages by channel and ts."""

    time: Time
    team: Team
    app: App
    address: str = ""
    socket_address: str = ""
    users: dict[str, User] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: dict[str, dict[str, Message]] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    whispers: list[Whisper] = field(default_factory=list)
    interactions: Interactions = field(default_factory=Interactions)
    listeners: list[Callable[[Happening], None]] = field(default_factory=list)
    pinged: list[tuple[str, Message]] = field(default_factory=list)
    """Whom a message mentioned: a user's id, "channel", "here", "everyone", or a user group's id; and the message."""
    nobody_signs: bool = True
    """Whether a message under a name of its own comes without `user`, as it did until 2026; both are met."""
    stones_take_replies: bool = False
    """Whether a reply below a deleted parent that has replies stays in the thread, or is un-threaded like others."""
    connect: Callable[[], str] = str
    """Makes the address of a socket, with its ticket."""
    pages: int = 1000
    """The most objects in an answer."""

    def tell(self, name: str, event: dict[str, Any], channel: Channel | None = None) -> None:
        """Tell those who listen, in the order in which it happens."""
        for listener in self.listeners:
            listener(Happening(name, event, channel))

    def channel(self, id: str) -> Channel:
        """A channel by its id; raises channel_not_found."""
        found = self.channels.get(id)
        if found is None:
            raise Problem("channel_not_found")
        return found

    def message(self, channel: Channel, ts: str) -> Message:
        """A message; raises message_not_found."""
        found = self.find(channel, ts)
        if found is None:
            raise Problem("message_not_found")
        return found

    def find(self, channel: Channel, ts: str) -> Message | None:
        """A message, if it is there."""
        return self.messages[channel.id].get(ts)

    def replies(self, channel: Channel, ts: str) -> list[Message]:
        """What stands below a parent, oldest first."""
        found = [one for one in self.messages[channel.id].values() if one.thread == ts and one.ts != ts]
        return sorted(found, key=lambda one: micro(one.ts))

    def see(self, channel: Channel, user: str) -> None:
        """Raise channel_not_found or not_in_channel for who cannot write there."""
        if user in channel.members:
            return
        raise Problem("channel_not_found" if channel.private else "not_in_channel")

    def new_user(self, name: str, team: Team | None = None, letter: str = "U", **more: Any) -> User:
        """A new account."""
        user = User(self.time.id(letter), team or self.team, name, updated=int(self.time.now()), **more)
        self.users[user.id] = user
        return user

    def new_channel(self, name: str, creator: str, private: bool = False) -> Channel:
        """A new channel, with its maker in it."""
        channel = Channel(self.time.id("C"), name, int(self.time.now()), creator, private, members=[creator])
        self.channels[channel.id], self.messages[channel.id] = channel, {}
        return channel
