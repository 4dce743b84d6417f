"""What the three loops share: the adapters as they opened, the routes, the ledger and the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.errors import NotOpenYet, OpenAgain, RetryLater, StepError
from bridge.model import BlogName, ChatName, Desk, Place, Relay, RoomId, Route
from bridge.ports import (
    Blog,
    BlogAbility,
    BlogReady,
    Chat,
    ChatAbility,
    ChatReady,
    Clock,
    Ledger,
    OffersForms,
    OffersModeration,
    Row,
    Tx,
)
from bridge.pulse import Pulse
from bridge.schedule import Beat

SOON = 2.0
"""Seconds until something is looked at again whose blog or chat is not open yet."""


@dataclass(slots=True)
class OpenBlog:
    """A blog of the configuration. `ready` is None until it has been reached once; `trouble` says why not.

    `first_run`: how many of the comments that are there already the first reading mirrors. `wake` has it read: at once,
    but if only its platform told of `news` (`hear_news`), not too soon after the last reading. `hurry` says that it is
    not only that. `stirred`: something has happened there since the last reading. `shut_out`: what `ready` says is true
    no more, so that it must be opened again.
    """

    name: BlogName
    adapter: Blog
    beat: Beat
    first_run: int = 0
    ready: BlogReady | None = None
    trouble: str | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    shut_out: asyncio.Event = field(default_factory=asyncio.Event)
    news: bool = False

    def hear_news(self) -> None:
        """The blog's platform says that there is something new: a reading will begin after this moment."""
        self.news = self.news or not self.wake.is_set()
        self.wake.set()

    @property
    def only_news(self) -> bool:
        """Whether nobody but its platform wants it read."""
        return self.news and not self.hurry.is_set()

    def hurry_up(self) -> None:
        """Whatever was waited for may work now: it is read at once."""
        self.hurry.set()
        self.wake.set()

    def taken_up(self) -> None:
        """It is read now: whatever it was woken for is answered by that."""
        self.news = False
        self.wake.clear()
        self.hurry.clear()

    def opened(self) -> BlogReady:
        """What `open` said. Raises `NotOpenYet` while the blog has not been reached yet."""
        if self.ready is None:
            raise NotOpenYet(f"the blog {self.name} has not been reached yet", SOON)
        return self.ready

    def learn(self, error: StepError) -> None:
        """Something ended so: it may tell that the blog must be opened again."""
        if isinstance(error, OpenAgain):
            self.shut_out.set()

    def can(self, ability: BlogAbility) -> bool:
        """Whether the blog offers this now."""
        return self.ready is not None and ability in self.ready.abilities


def read_at_once(tx: Tx, blog: str) -> None:
    """Have the blog read as soon as this is committed: something of ours has changed there."""
    tx.tell(_hurry(blog))
    stirs(tx, blog)


def stirs(tx: Tx, blog: str) -> None:
    """Something has happened on the blog: for a while it is read often."""
    tx.tell(_stirred(blog))


def hear(ledger: Ledger, blog: OpenBlog) -> None:
    """Have the blog's events set by what the two functions above tell."""
    for event in (blog.hurry, blog.wake):
        ledger.wake_on(_hurry(blog.name), event)
    ledger.wake_on(_stirred(blog.name), blog.stirred)


def _hurry(blog: str) -> str:
    return f"read {blog}"


def _stirred(blog: str) -> str:
    return f"stirred {blog}"


@dataclass(slots=True)
class OpenChat:
    """A chat of the configuration. `ready` is None until it has been reached once; `trouble` says why not.

    `shut_out`: what `ready` says is true no more, so that it must be opened again. `wake` has it listened to at once.
    """

    name: ChatName
    adapter: Chat
    ready: ChatReady | None = None
    trouble: str | None = None
    shut_out: asyncio.Event = field(default_factory=asyncio.Event)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def learn(self, error: StepError) -> None:
        """Something ended so: it may tell that the chat must be opened again."""
        if isinstance(error, OpenAgain):
            self.shut_out.set()

    def hurry_up(self) -> None:
        """Whatever was waited for may work now."""
        self.wake.set()

    def opened(self) -> ChatReady:
        """What `open` said. Raises `NotOpenYet` while the chat has not been reached yet."""
        if self.ready is None:
            raise NotOpenYet(f"the chat {self.name} has not been reached yet", SOON)
        return self.ready

    def can(self, ability: ChatAbility) -> bool:
        """Whether the chat offers this now."""
        return self.ready is not None and ability in self.ready.abilities


def lacking(route: Route, blog: BlogReady | None, chats: Mapping[str, ChatReady]) -> list[str]:
    """What a route's moderation rooms, and its moderators in public ones, cannot do here, in sentences for operators.

    Nothing of a blog (None) or a chat that was not reached.
    """
    places = [place for place in (*route.places, *route.desks) if place.moderators]
    remarks = [
        f"The chat {chat} can show no choices, so nobody moderates from there: what waits is told in words."
        for chat in dict.fromkeys(place.chat for place in places)
        if chat in chats and ChatAbility.MODERATE not in chats[chat].abilities
    ]
    if blog is None or not places:
        return remarks
    if route.desks and BlogAbility.READ_PENDING not in blog.abilities:
        remarks.append(f"What waits for approval on the blog {route.blog} cannot be read, so its moderation rooms stay"
                       " empty.")  # fmt: skip
    if BlogAbility.MODERATE not in blog.abilities:
        remarks.append(f"The blog {route.blog} cannot be moderated from here: comments are shown without choices.")
    return remarks


def desks(routes: Sequence[Route], chat: str, closed: Collection[tuple[str, str]]) -> dict[RoomId, Desk]:
    """Who may moderate in which rooms of a chat. `closed` are the chats and rooms that were moderation rooms once.

    What stands there is for moderators' eyes still, though nobody is one any more.
    """
    rooms = {RoomId(room): Desk(frozenset(), closed=True) for there, room in closed if there == chat}
    for route in routes:
        for place in (*route.places, *route.desks):
            if place.chat == chat and place.moderators:
                known = rooms.get(place.room, Desk(frozenset(), closed=False))
                listed = known.moderators | place.moderators.keys()
                rooms[place.room] = Desk(listed, closed=known.closed or place.desk)
    return rooms


def speakers(routes: Sequence[Route], chat: str) -> dict[RoomId, frozenset[str]]:
    """Who may answer by a form in which rooms of a chat; every room, those from which nobody may answer too."""
    rooms: dict[RoomId, frozenset[str]] = {}
    for route in routes:
        for place in (*route.places, *route.desks):
            if place.chat == chat:
                listed = frozenset[str]() if route.relay is Relay.OFF else frozenset(place.speakers)
                rooms[place.room] = rooms.get(place.room, frozenset()) | listed
    return rooms


def tell(name: str, adapter: Chat, routes: Sequence[Route], closed: Collection[tuple[str, str]]) -> None:
    """Say to a chat who may do what in its rooms, before it is opened."""
    if isinstance(adapter, OffersModeration):
        adapter.desks(desks(routes, name, closed))
    if isinstance(adapter, OffersForms):
        adapter.speakers(speakers(routes, name))


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

    def seat(self, thread: Row) -> tuple[Route, Place] | None:
        """The route of a thread, and its place there; None where the configuration has it no more."""
        route = self.route(thread["route"])
        place = None if route is None else route.place(thread["chat"], thread["room"])
        fits = place is not None and place.desk == bool(thread["desk"])
        return (route, place) if route is not None and place is not None and fits else None

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
