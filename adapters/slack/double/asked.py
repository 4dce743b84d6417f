"""What a call of the Web API asks, and which methods there are: the little that all handlers share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.slack.double.problems import Problem
from adapters.slack.double.things import Channel, Message, User
from adapters.slack.double.time import micro
from adapters.slack.double.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose sender is known. `args` came by query, form, JSON or multipart: texts, or what JSON has."""

    world: World
    user: User
    args: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """An argument as text; None where it was not given or is empty."""
        given = self.args.get(name)
        if given is None or given == "":
            return None
        return given if isinstance(given, str) else json.dumps(given)

    def need(self, name: str) -> str:
        """An argument that must be given."""
        given = self.text(name)
        if given is None:
            raise Problem("invalid_arguments", f"missing required field: {name}")
        return given

    def flag(self, name: str, default: bool = False) -> bool:
        """An argument that is yes or no."""
        given = self.args.get(name)
        if given is None or given == "":
            return default
        return given is True or str(given).lower() in {"true", "1"}

    def number(self, name: str, default: int, highest: int) -> int:
        """An argument that counts; more than the highest is the highest."""
        given = self.text(name)
        if given is None:
            return default
        if not given.isdigit() or given == "0":
            raise Problem("invalid_limit" if name == "limit" else "invalid_arguments")
        return min(int(given), highest)

    def decoded(self, name: str, error: str) -> Any:
        """An argument that is JSON, or was an object in a body that is JSON; None where it was not given."""
        given = self.args.get(name)
        if not isinstance(given, str) or given == "":
            return None if given == "" else given
        try:
            return json.loads(given)
        except ValueError:
            raise Problem(error) from None

    def instant(self, name: str, error: str) -> int | None:
        """An argument that is a timestamp, in microseconds."""
        given = self.text(name)
        try:
            return None if given is None else micro(given)
        except ValueError:
            raise Problem(error) from None

    @property
    def channel(self) -> Channel:
        """The channel that the call names, which nobody is told of who may not see it."""
        channel = self.world.channel(self.need("channel"))
        if channel.private and self.user.id not in channel.members:
            raise Problem("channel_not_found")
        return channel

    def message(self, channel: Channel, name: str) -> Message:
        """The message that the call names."""
        return self.world.message(channel, self.need(name))

    def scope(self, public: str, private: str, channel: Channel) -> None:
        """Raise missing_scope where the app may not do this in that kind of channel."""
        need = private if channel.private else public
        if need not in self.world.app.scopes:
            raise missing_scope(self.world, need)


def missing_scope(world: World, needed: str) -> Problem:
    """The refusal that names what is needed and what was given."""
    return Problem("missing_scope", needed=needed, provided=",".join(world.app.scopes))


Handler = Callable[[Call], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Web API. Any of `scopes` will do; `tier` 0 has a limit of its own; `app`: by the app's token."""

    name: str
    handler: Handler
    scopes: tuple[str, ...]
    tier: int
    app: bool = False


METHODS: dict[str, Method] = {}
"""Every method that the double has."""


def method(name: str, *scopes: str, tier: int, app: bool = False) -> Callable[[Handler], Handler]:
    """Register the handler of a method."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(name, handler, scopes, tier, app)
        return handler

    return register
