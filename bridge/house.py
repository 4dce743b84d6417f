"""What the three loops share: the adapters as they opened, the routes, the ledger and the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from bridge.errors import RetryLater
from bridge.model import BlogName, ChatName, Place, Route
from bridge.ports import Blog, BlogAbility, BlogReady, Chat, ChatAbility, ChatReady, Clock, Ledger
from bridge.pulse import Pulse
from bridge.schedule import Beat


@dataclass(slots=True)
class OpenBlog:
    """A blog of the configuration. `ready` is None until it has been reached once; `trouble` says why not.

    `first_run`: how many of the comments that are there already the first reading mirrors.
    """

    name: BlogName
    adapter: Blog
    beat: Beat
    first_run: int = 0
    ready: BlogReady | None = None
    trouble: str | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self) -> BlogReady:
        """What `open` said. Raises `RetryLater` while the blog has not been reached yet."""
        if self.ready is None:
            raise RetryLater(f"the blog {self.name} has not been reached yet")
        return self.ready

    def can(self, ability: BlogAbility) -> bool:
        """Whether the blog offers this now."""
        return self.ready is not None and ability in self.ready.abilities


@dataclass(slots=True)
class OpenChat:
    """A chat of the configuration. `ready` is None until it has been reached once; `trouble` says why not."""

    name: ChatName
    adapter: Chat
    ready: ChatReady | None = None
    trouble: str | None = None

    def opened(self) -> ChatReady:
        """What `open` said. Raises `RetryLater` while the chat has not been reached yet."""
        if self.ready is None:
            raise RetryLater(f"the chat {self.name} has not been reached yet")
        return self.ready

    def can(self, ability: ChatAbility) -> bool:
        """Whether the chat offers this now."""
        return self.ready is not None and ability in self.ready.abilities


@dataclass(slots=True)
class House:
    """Everything that a loop needs. `secret` is the instance key; `time_out` bounds every step, in seconds.

    `pulse` is told by every loop that it gets on.
    """

    ledger: Ledger
    clock: Clock
    blogs: dict[BlogName, OpenBlog]
    chats: dict[ChatName, OpenChat]
    routes: tuple[Route, ...]
    secret: bytes = field(repr=False)
    time_out: float = 30.0
    pulse: Pulse = field(default_factory=Pulse)

    def routes_of(self, blog: str) -> Iterator[tuple[Route, Place]]:
        """Every room that shows this blog, with its route."""
        return ((route, place) for route in self.routes if route.blog == blog for place in route.places)

    def route(self, name: str) -> Route | None:
        """The route of that name, None if the configuration has it no more."""
        return next((route for route in self.routes if route.name == name), None)

    def chat(self, name: str) -> OpenChat:
        """The chat of that name. Raises `RetryLater` if the configuration has it no more."""
        try:
            return self.chats[ChatName(name)]
        except KeyError:
            raise RetryLater(f"the chat {name} is not in the configuration any more", after=3600) from None

    def blog(self, name: str) -> OpenBlog:
        """The blog of that name. Raises `RetryLater` if the configuration has it no more."""
        try:
            return self.blogs[BlogName(name)]
        except KeyError:
            raise RetryLater(f"the blog {name} is not in the configuration any more", after=3600) from None
