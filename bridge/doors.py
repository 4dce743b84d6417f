"""Opens the adapters, lets their loops in, and tells how many are open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from bridge import logs
from bridge.errors import Refused, RetryLater, StepError
from bridge.house import House, OpenBlog, OpenChat, lacking
from bridge.ledger import inbox, sources
from bridge.listen import Listen
from bridge.outcome import pause
from bridge.ports import BlogReady, ChatReady, HearsNews, Tx
from bridge.systemd import Service
from bridge.watch import Watch

log = logging.getLogger("backchat")

REFUSED_PAUSE = 300.0
"""Seconds until an adapter that was refused (a wrong password, say) is opened again: a person must act first."""
OPENING = 60.0
"""Seconds that an adapter gets to open; whoever has not by then is tried again, and the others have not waited."""


@dataclass(slots=True)
class Doors:
    """Opens the adapters, each for as long as it takes, and lets its loop in; the others do not wait for it."""

    house: House
    stack: AsyncExitStack
    service: Service
    tried: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep_blog(self, blog: OpenBlog) -> None:
        """Open a blog, and read it for ever."""

        async def attempt() -> None:
            blog.ready = await blog.adapter.open(self.stack)
            blog.trouble = None
            _say_open("blog", blog.name, blog.ready)

        async def note(reason: str) -> None:
            blog.trouble = reason
            await self.house.ledger.transact(partial(_not_open, blog.name, reason, self.house.clock.now()))

        if isinstance(blog.adapter, HearsNews):
            blog.adapter.on_news(partial(self._news, blog))
        with logs.about(blog=blog.name):
            await self._open(f"watch {blog.name}", f"the blog {blog.name}", attempt, note)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(Watch(self.house, blog).run(), name=f"watch {blog.name}")
                tasks.create_task(
                    self._open_again(blog, f"the blog {blog.name}", attempt, note), name=f"open {blog.name}"
                )

    async def _open_again(
        self,
        door: OpenBlog | OpenChat,
        what: str,
        attempt: Callable[[], Awaitable[None]],
        note: Callable[[str], Awaitable[None]],
    ) -> None:
        """Open it again whenever it does not let us do any more what it said; its loop then goes on at once."""
        while True:
            self.house.pulse.rest(f"open {what}")
            await door.shut_out.wait()
            log.warning("%s does not accept us as before: it is opened again", what)
            before = door.ready
            tried = await self._open(f"open {what}", what, attempt, note)
            door.shut_out.clear()
            if tried > 1 or door.ready != before:  # else the loop failed for another reason, and needs its pause
                door.hurry_up()

    def _news(self, blog: OpenBlog) -> None:
        self.house.pulse.count("news", blog.name)
        blog.hear_news()

    async def keep_chat(self, chat: OpenChat) -> None:
        """Open a chat, and listen to it for ever."""

        async def attempt() -> None:
            chat.ready = await chat.adapter.open(self.stack)
            if chat.trouble is not None:  # which was told as why it cannot be heard
                chat.trouble = None
                await self.house.ledger.transact(lambda tx: inbox.failed(tx, chat.name, None))
            _say_open("chat", chat.name, chat.ready)

        async def note(reason: str) -> None:
            chat.trouble = reason
            await self.house.ledger.transact(lambda tx: inbox.failed(tx, chat.name, reason))

        with logs.about(chat=chat.name):
            await self._open(f"listen {chat.name}", f"the chat {chat.name}", attempt, note)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(Listen(self.house, chat).run(), name=f"listen {chat.name}")
                tasks.create_task(
                    self._open_again(chat, f"the chat {chat.name}", attempt, note), name=f"open {chat.name}"
                )

    async def _open(
        self,
        loop: str,
        what: str,
        attempt: Callable[[], Awaitable[None]],
        note: Callable[[str], Awaitable[None]],
    ) -> int:
        """Try until it is open; how many times it took."""
        attempts = 0
        while True:
            self.house.pulse.beat(loop, OPENING)
            try:
                async with asyncio.timeout(OPENING):
                    await attempt()
            except StepError as error:
                reason, wait = error.reason, _patience(error, attempts)
                log.warning("%s cannot be opened: %s", what, error)
            except TimeoutError:
                reason, wait = f"it did not open within {OPENING:.0f} s", pause(attempts)
                log.warning("%s cannot be opened: %s", what, reason)
            except Exception as error:  # a fault of ours in one adapter must not end the others
                reason, wait = f"Backchat itself failed here ({type(error).__name__}); its log says how", REFUSED_PAUSE
                log.exception("%s cannot be opened through a fault of ours", what)
            else:
                self.tried.set()
                await self.house.ledger.transact(lambda tx: tx.tell("lanes"))
                return attempts + 1
            await note(reason)
            self.tried.set()
            attempts += 1
            self.house.pulse.beat(loop, wait)
            await self.house.clock.wait(wait)

    async def tell(self) -> None:
        """Tell the service manager and the log once everybody has been tried, and once all are open."""
        told = False
        while True:
            doors: list[OpenBlog | OpenChat] = [*self.house.blogs.values(), *self.house.chats.values()]
            shut = [door for door in doors if door.ready is None]
            if all(door.trouble is not None for door in shut):
                (self.service.status if told else self.service.ready)(self._status(shut))
                told = True
            if not shut:
                break
            await self.tried.wait()
            self.tried.clear()
        log.info("ready: %s", self._counted())
        ready: dict[str, ChatReady] = {
            chat.name: chat.ready for chat in self.house.chats.values() if chat.ready is not None
        }
        for route in self.house.routes:
            blog = self.house.blogs.get(route.blog)
            for remark in lacking(route, None if blog is None else blog.ready, ready):
                log.warning("route %s: %s", route.name, remark)

    def _counted(self) -> str:
        house = self.house
        counts = {"blog": len(house.blogs), "chat": len(house.chats), "route": len(house.routes)}
        return ", ".join(f"{many} {what}" if many == 1 else f"{many} {what}s" for what, many in counts.items())

    def _status(self, shut: list[OpenBlog | OpenChat]) -> str:
        status = self._counted()
        troubles = ", ".join(f"{door.name} ({door.trouble})" for door in shut)
        return f"{status}; not open yet: {troubles}" if shut else f"{status}; all are open"


def _patience(error: StepError, attempts: int) -> float:
    if isinstance(error, RetryLater) and error.after is not None:
        return error.after
    return REFUSED_PAUSE if isinstance(error, Refused) else pause(attempts)


def _not_open(blog: str, reason: str, now: float, tx: Tx) -> None:
    sources.of(tx, blog)
    sources.failed(tx, blog, reason, now)


def _say_open(what: str, name: str, ready: BlogReady | ChatReady) -> None:
    abilities = ", ".join(sorted(ready.abilities)) or "nothing beyond reading"
    log.info("%s %s is open: %s; guarantee: %s", what, name, abilities, ready.guarantee)
    for remark in ready.remarks:
        log.info("%s %s: %s", what, name, remark)
