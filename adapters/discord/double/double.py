"""The double itself: a Discord on loopback, with a guild, a bot, people, and a test's or the demo's hands.

async with running() as discord:
ada = discord.member("Ada")
channel = discord.channel("blog")
...  # a bot with `discord.token` at `discord.api` and `discord.gateway`
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

from aiohttp import web

from adapters.discord.double import messages, permissions, shapes, threads
from adapters.discord.double.faults import Answered, Fault, Faults, How, Spoiled
from adapters.discord.double.gateway import Gateway
from adapters.discord.double.limits import Limits
from adapters.discord.double.page import Page
from adapters.discord.double.people import Person
from adapters.discord.double.serving import API, Asked, Rest
from adapters.discord.double.things import (
    FORUM,
    REQUIRE_TAG,
    TEXT,
    Channel,
    Guild,
    Message,
    Overwrite,
    Role,
    Tag,
    User,
)  # fmt: skip
from adapters.discord.double.time import Clock, Time, WallClock
from adapters.discord.double.world import GUILDS, MEMBERS, Application, Eyes, Happening, World
from bridge.doubles.serving import LARGEST, served
from bridge.doubles.waiting import Errands


@dataclass(slots=True, eq=False)
class Double:
    """A running double. `api` and `gateway` are where a bot finds it; `home` is the guild that is there at first."""

    world: World
    rest: Rest
    gate: Gateway
    faults: Faults
    limits: Limits
    home: Guild
    bot: Person
    bot_role: Role
    api: str = ""
    gateway: str = ""
    address: str = ""

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.world.token

    @property
    def requests(self) -> list[Asked]:
        """Every request of REST, in the order in which they came."""
        return self.rest.book

    @property
    def pinged(self) -> list[tuple[str, Message]]:
        """Who was told of which message: (user id, message)."""
        return self.world.pinged

    def asked(self, method: str, path: str) -> list[Asked]:
        """The requests to a route, which names its ids in braces: `/channels/{channel_id}/messages`."""
        return [one for one in self.requests if one.method == method and one.route == path]

    def too_soon(self) -> list[Asked]:
        """The requests that were sent although a header had said that none remain."""
        return [one for one in self.requests if one.before == 0]

    # making -------------------------------------------------------------------------------------------------------

    def guild(self, name: str, *, with_bot: bool = True) -> Guild:
        """Another guild."""
        guild = self.world.guild(name, self.world.application.owner, permissions.EVERYONE)
        if with_bot:
            self.world.join(guild, self.world.bot)
            self.world.tell(Happening(
                "GUILD_CREATE", GUILDS, lambda eyes: shapes.event_guild(self.world, guild, eyes)
            ))  # fmt: skip
        return guild

    def role(self, name: str, allow: int = 0, *, guild: Guild | None = None, mentionable: bool = False) -> Role:
        """A new role, with permissions."""
        where = guild or self.home
        role = Role(self.world.time.id(), name, allow, len(where.roles), mentionable)
        where.roles[role.id] = role
        event = {"guild_id": where.id, "role": shapes.role(role)}
        self.world.tell(Happening("GUILD_ROLE_CREATE", GUILDS, lambda _eyes: dict(event)))
        return role

    def member(
        self, name: str, *roles: Role, guild: Guild | None = None, bot: bool = False, avatar: str | None = None
    ) -> Person:
        """A new person in the guild, with roles; or another bot."""
        where = guild or self.home
        user = self.world.user(name, bot=bot, avatar=avatar)
        one = self.world.join(where, user, roles)
        event = {**shapes.member(one), "guild_id": where.id}
        self.world.tell(Happening("GUILD_MEMBER_ADD", MEMBERS, lambda _eyes: dict(event)))
        return Person(self.world, user)

    def channel(self, name: str, *, guild: Guild | None = None, private: bool = False, **more: Any) -> Channel:
        """A new text channel; a private one only the bot sees, and whom `permit` lets in."""
        return self._channel(guild or self.home, more.pop("type", TEXT), name, private, **more)

    def forum(
        self, name: str, *tags: str, guild: Guild | None = None, require_tag: bool = False,
        moderated: tuple[str, ...] = (), private: bool = False,
    ) -> Channel:  # fmt: skip
        """A new forum channel with tags; those in `moderated` only moderators of threads may apply."""
        made = [Tag(self.world.time.id(), tag, tag in moderated) for tag in tags]
        flags = REQUIRE_TAG if require_tag else 0
        return self._channel(guild or self.home, FORUM, name, private, tags=made, flags=flags)

    def _channel(self, guild: Guild, type: int, name: str, private: bool, **more: Any) -> Channel:
        channel = self.world.new_channel(guild, type, name, position=len(self.world.channels), **more)
        if private:
            channel.overwrites[guild.id] = Overwrite(member=False, deny=permissions.VIEW_CHANNEL)
            channel.overwrites[self.bot.id] = Overwrite(member=True, allow=permissions.VIEW_CHANNEL)
        threads.told(self.world, "CHANNEL_CREATE", channel)
        return channel

    def permit(self, channel: Channel, whom: Person | Role | None, *, allow: int = 0, deny: int = 0) -> None:
        """Set what a channel allows and denies a person, a role, or everyone (None)."""
        if isinstance(whom, Person):
            channel.overwrites[whom.id] = Overwrite(True, allow, deny)
        else:
            channel.overwrites[channel.guild if whom is None else whom.id] = Overwrite(False, allow, deny)
        threads.told(self.world, "CHANNEL_UPDATE", channel)

    def grant(self, role: Role, allow: int) -> None:
        """Have a role allow just this from now on."""
        role.permissions = allow
        guild = next(one for one in self.world.guilds.values() if role.id in one.roles)
        event = {"guild_id": guild.id, "role": shapes.role(role)}
        self.world.tell(Happening("GUILD_ROLE_UPDATE", GUILDS, lambda _eyes: dict(event)))

    def remove(self, channel: Channel) -> None:
        """Delete a channel with its threads, or a thread."""
        threads.delete(self.world, channel)

    def expel(self, guild: Guild | None = None) -> None:
        """Throw the bot out of a guild."""
        where = guild or self.home
        where.members.pop(self.bot.id)
        gone = {"id": where.id}
        self.world.tell(Happening("GUILD_DELETE", GUILDS, lambda _eyes: dict(gone)))

    # looking ------------------------------------------------------------------------------------------------------

    def messages(self, channel: Channel | str, *, system: bool = False) -> list[Message]:
        """What people see in a channel, oldest first; without what Discord wrote, unless `system`."""
        id = channel if isinstance(channel, str) else channel.id
        found = sorted(self.world.messages.get(id, {}).values(), key=lambda one: int(one.id))
        return [one for one in found if one.seen_by is None and (system or messages.is_plain(one))]

    def threads(self, channel: Channel) -> list[Channel]:
        """The threads of a channel, oldest first."""
        return list(self.world.threads(channel))

    def thread(self, message: Message) -> Channel | None:
        """The thread on a message."""
        return self.world.channels.get(message.id)

    def seen(self, message: Message) -> dict[str, Any]:
        """A message in Discord's JSON, as a person sees it."""
        return shapes.message(self.world, message, Eyes(self.world.application.owner))

    # faults -------------------------------------------------------------------------------------------------------

    def fail(
        self, method: str, path: str, answer: Answered = None, *, commits: bool | float = False, times: int = 1,
        hold: bool = False, retry_after: float = 0.05, via: bool = True, scope: str = "user",
        when: Callable[[Any], bool] | None = None, body: Any = None,
    ) -> Fault:  # fmt: skip
        """Have the next requests meet a fault; see `Fault`."""
        fault = Fault(method, path, answer, commits, times, hold, when, retry_after, via, scope, body)
        self.faults.requests.append(fault)
        return fault

    def spoil(
        self, event: str, how: How, *, times: int = 1,
        when: Callable[[dict[str, Any]], bool] | None = None,
    ) -> Spoiled:  # fmt: skip
        """Have the next events meet a fault; see `Spoiled`."""
        spoiled = Spoiled(event, how, times, when)
        self.faults.events.append(spoiled)
        return spoiled

    def revoke(self) -> None:
        """The bot's token is good no more; a client that has it is closed with 4004. `token` is the new one."""
        self.gate.revoke()

    def take_content(self) -> None:
        """Take the Message Content intent from the application: who asks for it is closed with 4014."""
        self.world.application.content = False
        for wire in list(self.gate.wires):
            if wire.session is not None and wire.session.intents & 1 << 15:
                self.gate.sessions.pop(wire.session.id, None)
                wire.close(4014)

    def settle(self) -> None:
        """Let happen what was due by the clock: threads are archived."""
        threads.archive_what_is_due(self.world)

    async def connected(self, seconds: float = 20.0) -> None:
        """Wait until a bot listens."""
        await self.gate.until(lambda: self.gate.connected, "a bot that listens", seconds)

    async def disconnected(self, seconds: float = 20.0) -> None:
        """Wait until no bot listens."""
        await self.gate.until(lambda: not self.gate.wires, "the bot's leaving", seconds)


def _world(clock: Clock, name: str, token: str) -> tuple[World, Guild, Role]:
    time = Time(clock)
    owner, bot = User(time.id(), "Olga Owner"), User(time.id(), name, bot=True)
    world = World(time, bot, Application(bot.id, name, owner), token)
    world.users |= {owner.id: owner, bot.id: bot}
    home = world.guild("Home", owner, permissions.EVERYONE)
    role = Role(time.id(), name, permissions.BOT, 1, managed=True)
    home.roles[role.id] = role
    world.join(home, bot, (role,))
    return world, home, role


@asynccontextmanager
async def running(
    *,
    clock: Clock | None = None,
    pace: float = 1.0,
    name: str = "Backchat",
    port: int = 0,
    token: str | None = None,
) -> AsyncIterator[Double]:
    """A double that runs. `clock`: what it holds to be the time; `pace`: how much shorter its limits are."""
    world, home, role = _world(clock or WallClock(), name, token or secrets.token_urlsafe(24))
    faults, limits = Faults(), Limits(pace)
    gate = Gateway(world, faults)
    errands = Errands()
    rest = Rest(world, limits, faults, errands.start)
    double = Double(world, rest, gate, faults, limits, home, Person(world, world.bot), role)
    world.listeners.append(gate.hear)
    app = web.Application(client_max_size=LARGEST)
    app.on_response_prepare.append(partial(_dated, world))
    app.router.add_get("/", gate.serve)
    app.router.add_get("/resume", gate.serve)
    rest.mount(app)
    page = Page(world, home).mount(app)
    world.listeners.append(page.hear)
    async with served(app, port) as host:
        _point(double, host)
        page.address = double.address
        try:
            yield double
        finally:
            faults.clear()
            gate.close(1001)
            await errands.end()


async def _dated(world: World, _: web.Request, response: web.StreamResponse) -> None:
    """Every answer says when it was given, by the double's time."""
    response.headers["Date"] = formatdate(world.time.now(), usegmt=True)


def _point(double: Double, host: str) -> None:
    double.address, double.api, double.gateway = f"http://{host}", f"http://{host}{API}", f"ws://{host}/"
    double.world.gateway_url, double.gate.resume_url = double.gateway, f"ws://{host}/resume"
    gate = double.gate
    double.world.session_limit = lambda: {
        "total": gate.identifies_total, "remaining": max(0, gate.identifies_left),
        "reset_after": int(gate.reset_after * 1000), "max_concurrency": 1 if gate.spacing else 16,
    }  # fmt: skip
