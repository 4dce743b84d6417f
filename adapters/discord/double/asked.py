"""What a request of REST asks, and what is answered: the little that all handlers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.discord.double import rules
from adapters.discord.double.problems import bad_form, not_found
from adapters.discord.double.things import Channel, Message, User
from adapters.discord.double.world import Eyes, World


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and a body where there is one."""

    status: int = 204
    body: Any = None


@dataclass(slots=True)
class Call:
    """A request whose sender is known. `files`: names and sizes of what was attached; `anonymous`: it bore no token."""

    world: World
    user: User
    ids: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    files: Mapping[str, tuple[str, int, str]] = field(default_factory=dict)
    anonymous: bool = False

    @property
    def eyes(self) -> Eyes:
        """How the sender sees messages."""
        return Eyes(self.user, self.world.application.content)

    @property
    def channel(self) -> Channel:
        """The channel of the path."""
        return self.world.channel(self.ids["channel_id"])

    @property
    def message(self) -> Message:
        """The message of the path, which nobody is told of who does not see its channel."""
        rules.need(self.world, self.user, self.channel)
        return self.world.message(self.channel, self.ids["message_id"])

    def form(self) -> dict[str, Any]:
        """The body, which must be an object."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise bad_form("_", "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType")
        return self.body

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A number of the query."""
        given = self.query.get(name)
        if given is None:
            return default
        if not given.isdigit() or not lowest <= int(given) <= highest:
            words = f"int value should be between {lowest} and {highest}."
            raise bad_form(name, "NUMBER_TYPE_RANGE", words)
        return int(given)


Handler = Callable[[Call], Answer]


@dataclass(slots=True)
class Routes:
    """Which handler answers which method and path; paths name their ids in braces, as Discord's documentation does."""

    handlers: dict[tuple[str, str], Handler] = field(default_factory=dict)
    open_to_all: set[Handler] = field(default_factory=set)

    def __call__(self, method: str, path: str, *, anonymous: bool = False) -> Callable[[Handler], Handler]:
        """Register a handler; `anonymous` ones need no bot's token, for the path has a secret of its own."""

        def register(handler: Handler) -> Handler:
            self.handlers[method, path] = handler
            if anonymous:
                self.open_to_all.add(handler)
            return handler

        return register


routes = Routes()


def nowhere(_call: Call) -> Answer:
    """A path that leads nowhere."""
    raise not_found()
