"""The composition root: builds everything, runs the loops in one task group, and stops them in order."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from bridge import answers
from bridge.clock import WallClock
from bridge.config import Settings
from bridge.deliver import Deliver
from bridge.errors import LedgerError, Refused, RetryLater, StepError
from bridge.house import House, OpenBlog, OpenChat
from bridge.ledger import inbox, routes, runs, sources
from bridge.ledger.sqlite import SqliteLedger
from bridge.listen import Inbox, Listen
from bridge.outcome import pause
from bridge.ports import BlogReady, ChatReady, Clock, Tx
from bridge.watch import Watch

log = logging.getLogger("backchat")

REFUSED_PAUSE = 300.0
"""Seconds until an adapter that was refused (a wrong password, say) is opened again: a person must act first."""
LOOK_ASIDE = 0.5
"""Seconds between two looks whether another process (the command line) has written to the ledger."""


async def run(settings: Settings, *, clock: Clock | None = None, ready: Callable[[], None] | None = None) -> None:
    """Run until SIGTERM or SIGINT. `ready` is called once every adapter has been opened or said why not.

    Raises `LedgerBusy` or `LedgerForeign` before anything is touched, `LedgerError` once the ledger cannot be written.
    """
    ledger = SqliteLedger.open(settings.ledger)
    try:
        async with AsyncExitStack() as stack:
            await _live(await _house(settings, ledger, clock or WallClock()), ledger, stack, ready)
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


async def _house(settings: Settings, ledger: SqliteLedger, clock: Clock) -> House:
    blogs = {blog.name: OpenBlog(blog.name, blog.adapter, blog.beat, blog.first_run) for blog in settings.blogs}
    chats = {chat.name: OpenChat(chat.name, chat.adapter) for chat in settings.chats}
    secret = await ledger.transact(runs.instance_key)
    house = House(ledger, clock, blogs, chats, settings.routes, secret, settings.time_out)

    def sync(tx: Tx) -> None:
        for gone in routes.sync(tx, settings.routes, clock.now()):
            log.warning("the route %s is configured no more: what it has not sent is refused", gone)
            answers.retire(tx, gone, clock.now())

    await ledger.transact(sync)
    return house


async def _live(house: House, ledger: SqliteLedger, stack: AsyncExitStack, ready: Callable[[], None] | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
        stack.callback(loop.remove_signal_handler, name)
    # Intake ends first, then what is in flight gets its grace, and the adapters close only after that.
    async with asyncio.TaskGroup() as tasks:
        deliver = tasks.create_task(Deliver(house).run(), name="deliver")
        intake = [tasks.create_task(loop_, name=name) for name, loop_ in _intake(house, ledger, stack)]
        intake.append(tasks.create_task(_tell_ready(house, ready), name="ready"))
        await stop.wait()
        log.info("stopping: what is in flight is finished first")
        for task in intake:
            task.cancel()
        await asyncio.gather(*intake, return_exceptions=True)
        deliver.cancel()


def _intake(house: House, ledger: SqliteLedger, stack: AsyncExitStack) -> list[tuple[str, Coroutine[Any, Any, None]]]:
    return [
        ("inbox", Inbox(house).run()),
        ("look aside", _look_aside(house, ledger)),
        *((f"watch {blog.name}", _keep_blog(house, blog, stack)) for blog in house.blogs.values()),
        *((f"listen {chat.name}", _keep_chat(house, chat, stack)) for chat in house.chats.values()),
    ]


async def _keep_blog(house: House, blog: OpenBlog, stack: AsyncExitStack) -> None:
    async def attempt() -> None:
        blog.ready = await blog.adapter.open(stack)
        _say_open("blog", blog.name, blog.ready)

    async def note(error: StepError) -> None:
        await house.ledger.transact(partial(_not_open, blog.name, error.reason, house.clock.now()))

    await _open(house, f"the blog {blog.name}", attempt, note)
    await house.ledger.transact(lambda tx: tx.tell("lanes"))
    await Watch(house, blog).run()


def _not_open(blog: str, reason: str, now: float, tx: Tx) -> None:
    sources.of(tx, blog)
    sources.failed(tx, blog, reason, now)


async def _keep_chat(house: House, chat: OpenChat, stack: AsyncExitStack) -> None:
    async def attempt() -> None:
        chat.ready = await chat.adapter.open(stack)
        _say_open("chat", chat.name, chat.ready)

    async def note(error: StepError) -> None:
        await house.ledger.transact(lambda tx: inbox.failed(tx, chat.name, error.reason))

    await _open(house, f"the chat {chat.name}", attempt, note)
    await house.ledger.transact(lambda tx: tx.tell("lanes"))
    await Listen(house, chat).run()


async def _open(
    house: House,
    what: str,
    attempt: Callable[[], Coroutine[Any, Any, None]],
    note: Callable[[StepError], Coroutine[Any, Any, None]],
) -> None:
    """Open an adapter, for as long as it takes; the others do not wait for it."""
    attempts = 0
    while True:
        try:
            await attempt()
        except StepError as error:
            await note(error)
            log.warning("%s cannot be opened: %s", what, error)
            wait = REFUSED_PAUSE if isinstance(error, Refused) else pause(attempts)
            if isinstance(error, RetryLater) and error.after is not None:
                wait = error.after
        except Exception:  # a fault of ours in one adapter must not end the others
            log.exception("%s cannot be opened through a fault of ours", what)
            wait = REFUSED_PAUSE
        else:
            return
        attempts += 1
        await house.clock.wait(wait)


def _say_open(what: str, name: str, ready: BlogReady | ChatReady) -> None:
    abilities = ", ".join(sorted(ready.abilities)) or "nothing beyond reading"
    log.info("%s %s is open: %s; guarantee: %s", what, name, abilities, ready.guarantee)
    for remark in ready.remarks:
        log.info("%s %s: %s", what, name, remark)


async def _tell_ready(house: House, ready: Callable[[], None] | None) -> None:
    while any(blog.ready is None for blog in house.blogs.values()) or any(
        chat.ready is None for chat in house.chats.values()
    ):
        await house.clock.wait(0.1)
    log.info("ready: %d blogs, %d chats, %d routes", len(house.blogs), len(house.chats), len(house.routes))
    if ready is not None:
        ready()


async def _look_aside(house: House, ledger: SqliteLedger) -> None:
    """Notice requests that the command line has put into the inbox."""
    known = await asyncio.to_thread(ledger.version)
    while True:
        await house.clock.wait(LOOK_ASIDE)
        if not await asyncio.to_thread(ledger.in_place):
            raise LedgerError("the ledger's file was removed or replaced while it was in use: put it back")
        version = await asyncio.to_thread(ledger.version)
        if version != known:
            known = version
            ledger.wake("inbox")
