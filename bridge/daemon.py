"""The composition root: builds everything, runs the loops in one task group, and stops or begins them anew in order."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bridge import drift, logs
from bridge.clock import WallClock
from bridge.config import Settings
from bridge.deliver import Deliver
from bridge.doors import Doors
from bridge.errors import ConfigError, LedgerError
from bridge.house import House, OpenBlog, OpenChat, tell
from bridge.ledger import runs, threads
from bridge.ledger.sqlite import SqliteLedger
from bridge.listen import Inbox
from bridge.ports import Clock, Tx
from bridge.pulse import Pulse
from bridge.systemd import Service

log = logging.getLogger("backchat")

STOPPING = 60.0
"""Seconds that stopping may take: what is in flight has its grace, and the adapters have to close."""
LOOK_ASIDE = 0.5
"""Seconds between two looks whether another process (the command line) has written to the ledger."""
PROOF = 30.0
"""Seconds between two proofs that the ledger can be written."""

Reread = Callable[[], Settings]


async def run(settings: Settings, *, clock: Clock | None = None, reread: Reread | None = None) -> None:
    """Run until SIGTERM or SIGINT. On SIGHUP the settings that `reread` gives, on a thread, take over.

    Raises `LedgerBusy` or `LedgerForeign` before anything is touched, `LedgerError` once the ledger cannot be written.
    """
    with _heard() as heard:
        ledger = SqliteLedger.open(settings.ledger)
        one = _Daemon(ledger, clock or WallClock(), heard, reread)
        try:
            await one.run(settings)
        except ExceptionGroup as group:
            raise _told(group) from group
        finally:
            await ledger.close()
    log.info("stopped; nothing is lost, start it again whenever you like")


def _told(group: ExceptionGroup[Exception]) -> Exception:
    """What ended the loops, in one sentence where it is a fault of the disk and not of ours."""
    ledger = group.subgroup(LedgerError)
    if ledger is None:
        return group
    first: BaseException = ledger
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return LedgerError(f"{first}; Backchat has stopped, and goes on where it was once that is mended")


@dataclass(frozen=True, slots=True)
class _Heard:
    """Signals that have been heard: `any` until somebody acts on it, `stop` for ever. Any but `stop` means: reload."""

    any: asyncio.Event = field(default_factory=asyncio.Event)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def hear_stop(self) -> None:
        self.stop.set()
        self.any.set()


@contextmanager
def _heard() -> Iterator[_Heard]:
    """Hear signals from before the ledger is opened: none may end us half way, or be lost."""
    heard, loop = _Heard(), asyncio.get_running_loop()
    names = {signal.SIGTERM: heard.hear_stop, signal.SIGINT: heard.hear_stop, signal.SIGHUP: heard.any.set}
    for name, hear in names.items():
        loop.add_signal_handler(name, hear)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, names)  # the command line holds SIGHUP back until somebody hears it
    try:
        yield heard
    finally:
        for name in names:
            loop.remove_signal_handler(name)


class _Daemon:
    """What outlives a change of the configuration: the ledger, the signals, the pulse. A house does not."""

    def __init__(self, ledger: SqliteLedger, clock: Clock, heard: _Heard, reread: Reread | None) -> None:
        self._ledger = ledger
        self._clock = clock
        self._heard = heard
        self._reread = reread
        self._pulse = Pulse()
        self._service = Service()

    async def run(self, settings: Settings) -> None:
        """Live in one house after the other, until told to stop. Raises `ConfigError` where the ledger contradicts."""
        await self._ledger.view(partial(drift.check, settings.renames, settings.routes))
        async with asyncio.TaskGroup() as tasks:
            watched = [
                tasks.create_task(self._service.feed(self._pulse, self._clock), name="watchdog"),
                tasks.create_task(self._prove(), name="ledger"),
            ]
            following: Settings | None = settings
            while following is not None:
                following = await self._live_in(following)
            for task in watched:
                task.cancel()

    async def _live_in(self, settings: Settings) -> Settings | None:
        """Live by these settings until others take over; None to stop."""
        logs.shape(settings.log, settings.secrets)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(settings.connections)
            house = await self._house(settings)
            await stack.enter_async_context(_served(house, settings))  # platforms may call until adapters are closed
            following = await self._live(house, settings, stack)
            self._pulse.clear()
            self._pulse.beat("closing the adapters", STOPPING)
        self._pulse.clear()
        if following is None or self._heard.stop.is_set():
            return None
        # The adapters are closed, so whatever was still being sent has ended by now: a new run may begin.
        await self._ledger.begin_again(self._clock.now())
        return following

    async def _house(self, settings: Settings) -> House:
        blogs = {blog.name: OpenBlog(blog.name, blog.adapter, blog.beat, blog.first_run) for blog in settings.blogs}
        chats = {chat.name: OpenChat(chat.name, chat.adapter) for chat in settings.chats}
        secret = await self._ledger.transact(runs.instance_key)
        now = self._clock.now

        def sync(tx: Tx) -> list[str]:
            return drift.follow(tx, settings.routes, settings.schemes, settings.renames, now())

        for remark in [*settings.remarks, *await self._ledger.transact(sync)]:
            log.warning("%s", remark)
        closed = await self._ledger.view(threads.desks)
        for chat in chats.values():
            tell(chat.name, chat.adapter, settings.routes, closed)
        return House(
            self._ledger, self._clock, blogs, chats, settings.routes, secret, settings.time_out, self._pulse
        )  # fmt: skip

    async def _live(self, house: House, settings: Settings, stack: AsyncExitStack) -> Settings | None:
        await Inbox(house).granted()
        # Intake ends first, then what is in flight gets its grace, and the adapters close only after that.
        async with asyncio.TaskGroup() as tasks:
            deliver = tasks.create_task(Deliver(house).run(), name="deliver")
            intake = [tasks.create_task(loop, name=name) for name, loop in self._intake(house, stack)]
            following = await self._following(settings)
            self._pulse.clear()
            self._pulse.beat("finishing what is in flight", STOPPING)
            for task in intake:
                task.cancel()
            await asyncio.gather(*intake, return_exceptions=True)
            deliver.cancel()
        return following

    def _intake(self, house: House, stack: AsyncExitStack) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        doors = Doors(house, stack, self._service)
        return [
            ("inbox", Inbox(house).run()),
            ("look aside", self._look_aside()),
            *((f"watch {blog.name}", doors.keep_blog(blog)) for blog in house.blogs.values()),
            *((f"listen {chat.name}", doors.keep_chat(chat)) for chat in house.chats.values()),
            ("ready", doors.tell()),
        ]

    async def _following(self, settings: Settings) -> Settings | None:
        """Wait for a signal, and for settings that can take over; None when it is time to stop."""
        while True:
            await self._heard.any.wait()
            self._heard.any.clear()
            if self._heard.stop.is_set():
                self._service.stopping()
                log.info("stopping: what is in flight is finished first")
                return None
            following = await self._read_again(settings)
            if following is not None and not self._heard.stop.is_set():
                self._pulse.count("reload", "taken over")
                log.info("the configuration was changed: what is in flight is finished first, then the new one is used")
                return following

    async def _read_again(self, settings: Settings) -> Settings | None:
        """Read the configuration on a thread; None, with the reason in the log, where it cannot take over."""
        self._service.reloading()
        try:
            if self._reread is None:
                raise ConfigError(["this Backchat was started without a file that could be read again"])
            following = await asyncio.to_thread(self._reread)
            if following.state != settings.state:
                words = f"cannot change from {settings.state} while Backchat runs: restart it, or put the old one back"
                raise ConfigError([f"backchat.state: {words}"])
            await self._ledger.view(partial(drift.check, following.renames, following.routes))
        except ConfigError as error:
            self._refuse(error.problems)
            return None
        except Exception:  # a fault of ours (or of an adapter's settings) must not end what runs well
            log.exception("the changed configuration cannot be read through a fault of ours")
            self._refuse(["Backchat itself failed here; its log says how"])
            return None
        return following

    def _refuse(self, problems: list[str]) -> None:
        self._pulse.count("reload", "refused")
        for problem in problems:
            log.error("the changed configuration is refused: %s", problem)
        log.error("Backchat runs on as before: mend the file, and reload it again")
        more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
        self._service.ready(remark=f"a changed configuration was refused: {problems[0]}{more}")

    async def _look_aside(self) -> None:
        """Notice requests that the command line has put into the inbox."""
        known = await asyncio.to_thread(self._ledger.version)
        while True:
            self._pulse.beat("look aside", LOOK_ASIDE)
            await self._clock.wait(LOOK_ASIDE)
            if not await asyncio.to_thread(self._ledger.in_place):
                raise LedgerError("the ledger's file was removed or replaced while it was in use: put it back")
            version = await asyncio.to_thread(self._ledger.version)
            if version != known:
                known = version
                self._ledger.wake("inbox")

    async def _prove(self) -> None:
        """Prove again and again that the ledger's writer commits: a loop with nothing to write would not notice."""
        while True:
            with self._pulse.working("ledger", 0):
                await self._ledger.transact(lambda tx: runs.alive(tx, self._clock.now()))
            await self._clock.wait(PROOF)


@asynccontextmanager
async def _served(house: House, settings: Settings) -> AsyncIterator[None]:
    """What the daemon serves by HTTP, if anything, is there as long as this lasts."""
    if settings.web is None:
        yield
        return
    from bridge import web  # a daemon that serves nothing does not carry a server and the metrics' library

    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(web.serve(house, settings.web, settings.mounts), name="web")
        yield
        serving.cancel()
