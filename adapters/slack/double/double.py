"""The double itself: a Slack on loopback, with a workspace, an app, people, and a test's or the demo's hands.

async with running() as slack:
    ada, channel = slack.member("Ada"), slack.channel("blog")
    ...  # an app with `slack.token` and `slack.app_token` at `slack.api`
    ada.write(channel, "Hello!")
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web

from adapters.slack.double import messages, shapes
from adapters.slack.double.deliveries import Deliveries
from adapters.slack.double.faults import Answered, Fault, Faults, How, Spoiled
from adapters.slack.double.gate import Gate
from adapters.slack.double.hooks import Hooks, Http
from adapters.slack.double.limits import Limits
from adapters.slack.double.page import Page
from adapters.slack.double.people import Person
from adapters.slack.double.pressing import Pressing
from adapters.slack.double.serving import API, Asked, Rest
from adapters.slack.double.things import Channel, Message, Team
from adapters.slack.double.time import Clock, Time, WallClock, micro
from adapters.slack.double.world import App, World
from bridge.doubles.serving import LARGEST, served
from bridge.doubles.waiting import Errands


@dataclass(slots=True, eq=False, repr=False)
class Double:
    """A running double. `api` is where an app finds it."""

    world: World
    rest: Rest
    gate: Gate
    http: Http
    deliveries: Deliveries
    faults: Faults
    limits: Limits
    pressing: Pressing
    admin: Person
    bot: Person
    api: str = ""
    address: str = ""

    @property
    def app(self) -> App:
        """The app that is tried."""
        return self.world.app

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.world.app.token

    @property
    def app_token(self) -> str:
        """The app-level token, for sockets."""
        return self.world.app.app_token

    @property
    def signing_secret(self) -> str:
        """By what the app knows Slack's requests."""
        return self.world.app.signing_secret

    @property
    def requests(self) -> list[Asked]:
        """Every call of the Web API, in the order in which they came."""
        return self.rest.book

    @property
    def pinged(self) -> list[tuple[str, Message]]:
        """Who was told of which message; see `World.pinged`."""
        return self.world.pinged

    def asked(self, method: str) -> list[Asked]:
        """The calls of a method."""
        return [one for one in self.requests if one.method == method]

    # making -------------------------------------------------------------------------------------------------------

    def member(
        self, name: str, *channels: Channel, display_name: str = "", team: Team | None = None, admin: bool = False,
        letter: str = "U",
    ) -> Person:  # fmt: skip
        """A new person, who is in these channels (all public ones where none is named)."""
        user = self.world.new_user(name, team, letter, display_name=display_name, admin=admin)
        for channel in channels or [one for one in self.world.channels.values() if not one.private]:
            channel.members.append(user.id)
        return Person(self.world, user, self.pressing)

    def guest(self, name: str, channel: Channel, company: str = "Elsewhere", **more: Any) -> Person:
        """A person of another company, by Slack Connect: the channel is shared with theirs from now on."""
        team = next((one for one in channel.teams if one.name == company), None)
        if team is None:
            team = Team(self.world.time.id("T"), company, company.lower())
            channel.teams.append(team)
        return self.member(name, channel, team=team, **more)

    def channel(self, name: str, *, private: bool = False, bot: bool = True) -> Channel:
        """A new channel, with the bot (unless told not to) and everybody of the workspace in it."""
        channel = self.world.new_channel(name, self.admin.id, private)
        people = [one.id for one in self.world.users.values() if one.team is self.world.team and one.bot is None]
        channel.members = list(dict.fromkeys([self.admin.id, *people]))
        if bot:
            channel.members.append(self.bot.id)
        return channel

    def invite(self, channel: Channel, person: Person | None = None) -> None:
        """Bring somebody into a channel; the bot, where nobody is named."""
        whom = person or self.bot
        channel.members.append(whom.id)
        event = {"user": whom.id, "team": whom.user.team.id, "inviter": self.admin.id}
        self._membership("member_joined_channel", channel, event)
        messages.system(self.world, channel, whom.id, "channel_join", f"<@{whom.id}> has joined the channel")

    def remove(self, channel: Channel, person: Person | None = None) -> None:
        """Take somebody out of a channel; the bot, where nobody is named, which is told so."""
        whom = person or self.bot
        if person is None:
            name = "group_left" if channel.private else "channel_left"
            event = {"type": name, "channel": channel.id, "actor_id": self.admin.id, "event_ts": self.world.time.ts()}
            self.world.tell(name, event)
        channel.members.remove(whom.id)
        if person is not None:
            self._membership("member_left_channel", channel, {"user": whom.id, "team": whom.user.team.id})

    def _membership(self, name: str, channel: Channel, event: dict[str, Any]) -> None:
        kind = {"channel": channel.id, "channel_type": "G" if channel.private else "C"}
        self.world.tell(name, {"type": name, **event, **kind, "event_ts": self.world.time.ts()}, channel)

    def archive(self, channel: Channel, archived: bool = True) -> None:
        """Archive a channel, or open it again."""
        channel.archived = archived
        self._of_channel(
            channel, "archive" if archived else "unarchive", {"channel": channel.id, "user": self.admin.id}
        )

    def rename(self, channel: Channel, name: str) -> None:
        """Give a channel another name."""
        channel.previous.append(channel.name)
        channel.name = name
        shape = {"id": channel.id, "name": name, "created": channel.created}
        self._of_channel(channel, "rename", {"channel": shape})

    def move(self, channel: Channel) -> str:
        """Give a channel another id, as happens to private ones that become shared; the new id."""
        old, new = channel.id, self.world.time.id("C")
        there = self.world.messages.pop(old)
        self.world.channels.pop(old)
        channel.id = new
        self.world.channels[new], self.world.messages[new] = channel, there
        for message in there.values():
            message.channel = new
        event = {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": new}
        self.world.tell("channel_id_changed", {**event, "event_ts": self.world.time.ts()}, channel)
        return new

    def delete(self, channel: Channel) -> None:
        """Delete a channel, with all that stands in it."""
        self._of_channel(channel, "deleted", {"channel": channel.id, "actor_id": self.admin.id})
        del self.world.channels[channel.id], self.world.messages[channel.id]

    def _of_channel(self, channel: Channel, what: str, event: dict[str, Any]) -> None:
        name = f"{'group' if channel.private else 'channel'}_{what}"
        self.world.tell(name, {"type": name, **event, "event_ts": self.world.time.ts()}, channel)

    def unfurl(self, message: Message, title: str = "A page", address: str = "https://example.org/") -> None:
        """Slack unfolds a link of a message."""
        messages.unfurl(self.world, self.world.channel(message.channel), message, title, address)

    # looking ------------------------------------------------------------------------------------------------------

    def messages(self, channel: Channel) -> list[Message]:
        """What stands in a channel itself, oldest first: parents, stones, and replies that were sent there too."""
        found = [one for one in self.world.messages[channel.id].values() if one.thread is None or one.broadcast]
        return sorted(found, key=lambda one: micro(one.ts))

    def thread(self, parent: Message) -> list[Message]:
        """What stands below a message, oldest first."""
        return self.world.replies(self.world.channel(parent.channel), parent.ts)

    def message(self, channel: Channel | str, ts: str) -> Message:
        """A message; raises `Problem` where it is not there."""
        return self.world.message(self.world.channel(channel if isinstance(channel, str) else channel.id), ts)

    def seen(self, message: Message) -> dict[str, Any]:
        """A message in Slack's JSON, with its metadata."""
        return shapes.message(self.world, message, metadata="all")

    # faults -------------------------------------------------------------------------------------------------------

    def fail(
        self, method: str, answer: Answered = None, *, commits: bool | float = False, times: int = 1,
        hold: bool = False, retry_after: int = 1, when: Callable[[Any], bool] | None = None, body: str = "",
        type: str = "text/html",
    ) -> Fault:  # fmt: skip
        """Have the next calls meet a fault; see `Fault`."""
        fault = Fault(method, answer, commits, times, hold, when, retry_after, body, type)
        self.faults.requests.append(fault)
        return fault

    def spoil(
        self, event: str, how: How, *, times: int = 1, when: Callable[[dict[str, Any]], bool] | None = None
    ) -> Spoiled:
        """Have the next events meet a fault; see `Spoiled`."""
        spoiled = Spoiled(event, how, times, when)
        self.faults.events.append(spoiled)
        return spoiled

    def revoke(self, error: str = "token_revoked") -> None:
        """The bot's token is good no more; `account_inactive` where the app was removed, which it is told."""
        name = "app_uninstalled" if error == "account_inactive" else "tokens_revoked"
        event: dict[str, Any] = {"type": name, "event_ts": self.world.time.ts()}
        if name == "tokens_revoked":
            event["tokens"] = {"oauth": [], "bot": [self.bot.id]}
        self.world.tell(name, event)
        self.app.revoked = error

    def switch_off_sockets(self) -> None:
        """Switch Socket Mode off in the app's settings."""
        self.app.socket_mode = False
        self.gate.disconnect("link_disabled")

    async def subscribe(self, url: str) -> None:
        """Enter the app's address: from now on it is told by HTTP. Raises `Problem` if it does not prove itself."""
        await self.http.verify(url)
        self.deliveries.transport = self.http

    async def connected(self, seconds: float = 20.0) -> None:
        """Wait until an app listens."""
        await self.gate.until(lambda: self.gate.connected, "an app that listens", seconds)

    async def disconnected(self, seconds: float = 20.0) -> None:
        """Wait until no app listens."""
        await self.gate.until(lambda: not self.gate.wires, "the app's leaving", seconds)


def _world(clock: Clock, name: str) -> World:
    time = Time(clock)
    team = Team(time.id("T"), "Home", "home")
    bot_id, app_id = time.id("B"), time.id("A")
    world = World(time, team, None)  # type: ignore[arg-type]  # the app's bot is a user of the world, made next
    user = world.new_user(name, bot=bot_id, app=app_id)
    app_token = f"xapp-1-{app_id}-{secrets.randbelow(10**13)}-{secrets.token_hex(32)}"
    token = f"xoxb-{secrets.randbelow(10**12)}-{secrets.randbelow(10**13)}-{secrets.token_urlsafe(18)}"
    world.app = App(app_id, name, bot_id, user, token, app_token, secrets.token_hex(16), secrets.token_hex(12))
    return world


@asynccontextmanager
async def running(
    *, clock: Clock | None = None, pace: float = 1.0, name: str = "Backchat", port: int = 0
) -> AsyncIterator[Double]:
    """A double that runs. `clock`: what it holds to be the time; `pace`: how much shorter limits and retries are."""
    world = _world(clock or WallClock(), name)
    faults, limits, gate = Faults(), Limits(pace), Gate(world)
    errands = Errands()
    async with aiohttp.ClientSession() as session:
        deliveries = Deliveries(world, faults, errands.start, gate, pace)
        pressing = Pressing(world, deliveries)
        admin = Person(world, world.new_user("Olga Owner", admin=True), pressing)
        double = Double(
            world, Rest(world, limits, faults, errands.start), gate, Http(world, session), deliveries, faults, limits,
            pressing, admin, Person(world, world.app.user, pressing),
        )  # fmt: skip
        world.listeners.append(deliveries.hear)
        world.connect = gate.address
        app = _application(double)
        page = Page(world, pressing).mount(app)
        world.listeners.append(page.hear)
        async with served(app, port) as host:
            _point(double, host)
            page.address = double.address
            try:
                yield double
            finally:
                faults.clear()
                gate.released.set()
                gate.kill()
                await errands.end()


def _application(double: Double) -> web.Application:
    app = web.Application(client_max_size=LARGEST)
    app.on_response_prepare.append(partial(_dated, double.world))
    app.router.add_get("/link/", double.gate.serve)
    Hooks(double.world).mount(app)
    double.rest.mount(app)
    return app


async def _dated(world: World, _: web.Request, response: web.StreamResponse) -> None:
    """Every answer says when it was given, by the double's time."""
    response.headers["Date"] = formatdate(world.time.now(), usegmt=True)


def _point(double: Double, host: str) -> None:
    double.address, double.api = f"http://{host}", f"http://{host}{API}"
    double.world.address, double.world.socket_address = double.address, f"ws://{host}"
