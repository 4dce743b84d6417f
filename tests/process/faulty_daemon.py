"""The real daemon, killed at a chosen instant: `FAULT=POINT:N python -m tests.process.faulty_daemon CONFIG`.

Everything inside is `bridge.daemon.run` on a configuration file. Around it, the ledger's transactions, the opening of
the ledger and the adapters' methods tell when they pass a point:

- with `FAULT=list`, each point that is passed is written into the file `POINTS`, one a line;
- with `FAULT=POINT:N`, the process kills itself with SIGKILL at the N-th passing of that point;
- without `FAULT`, it only runs.

`SETTLE_AFTER` is how many seconds after a publish's deadline its absence counts, where the blog's own wait is long.
While the file `STUCK` exists, the loop that works the inbox off does nothing, as if it were caught in a fault of ours.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from bridge import daemon
from bridge.clock import WallClock
from bridge.config import Settings, load
from bridge.ledger import runs, sqlite
from bridge.ledger.sqlite import SqliteLedger
from bridge.listen import Inbox
from bridge.model import Page, RawEvent
from bridge.ports import BlogReady, Record, Row, Tx
from bridge.steps.shape import Work

EFFECTS = ("start_thread", "say", "edit", "erase", "show", "publish", "revise", "withdraw")
QUESTIONS = ("look", "find", "read")


class Points:
    """Counts the passings of each point, and does at them what `FAULT` says. Called from several threads."""

    def __init__(self, fault: str, file: Path | None) -> None:
        self._listing = fault == "list"
        name, _, n = fault.rpartition(":")
        self._deadly = (name, int(n)) if name else None
        self._file = file
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, point: str) -> None:
        """Pass a point; does not come back from the deadly one."""
        with self._lock:
            self._passed[point] += 1
            if self._listing:
                self._note(point)
            if self._deadly == (point, self._passed[point]):
                self._note(point)
                os.kill(os.getpid(), signal.SIGKILL)
                threading.Event().wait()  # the other threads end with us: nothing more happens in this one

    def _note(self, point: str) -> None:
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{point}\n")


# --- The ledger -------------------------------------------------------------------------------------------------------

NAMES = {
    "record_page": "record a page",
    "record_standings": "record standings",
    "record_events": "record raw events",
    "_Daemon._house.sync": "record the routes",
    "_Daemon._prove": "prove that it can be written",
    "SqliteLedger.begin_again": "begin a new run",
    "Listen.run": "record a new connection",
    "Watch.run": "record a new source",
    "Deliver._perform": "settle done",
    "Deliver._failed": "settle failed",
    "Deliver._look": "settle looked up",
}


def around_ledger(point: Points) -> None:
    """Pass a point just before and just after each commit that changes something."""
    transact = SqliteLedger.transact

    async def passed(self: SqliteLedger, work: Callable[[Tx], Any]) -> Any:
        names: list[str] = []

        def inside(tx: Tx) -> Any:
            initialised = tx.one("SELECT 1 FROM source WHERE initialised = 1")
            before = _changes(tx)
            result = work(tx)
            if _changes(tx) != before:
                names.extend(_names(work, result, tx, first=initialised is None))
            for name in names:
                point(f"{name}: before the commit")
            return result

        result = await transact(self, inside)
        for name in names:
            point(f"{name}: after the commit")
        return result

    SqliteLedger.transact = passed  # type: ignore[method-assign]


def around_opening(point: Points) -> None:
    """Pass a point between the steps in which the ledger is opened."""
    _after(point, sqlite, "_lock", "opening: locked")
    _after(point, sqlite, "migrate", "opening: migrated")
    _after(point, runs, "begin", "opening: the run begun, before the commit")

    opened = SqliteLedger.open

    def open_(*arguments: Any, **more: Any) -> SqliteLedger:
        ledger = opened(*arguments, **more)
        point("opening: the run begun, after the commit")
        return ledger

    SqliteLedger.open = open_  # type: ignore[method-assign]


def _after(point: Points, module: Any, name: str, what: str) -> None:
    function = getattr(module, name)

    def passed(*arguments: Any, **more: Any) -> Any:
        result = function(*arguments, **more)
        point(what)
        return result

    setattr(module, name, passed)


def _changes(tx: Tx) -> int:
    return cast(int, cast(Any, tx)._connection.total_changes)


def _names(work: Callable[[Tx], Any], result: Any, tx: Tx, *, first: bool) -> Iterator[str]:
    """Say what a transaction did, by the function's name and what it worked on."""
    function, values = _unwrapped(work)
    name = function.__qualname__.replace(".<locals>", "").replace(".<lambda>", "")
    step = next((value for value in values if isinstance(value, Work)), None)
    if name == "claim":
        yield from sorted({f"claim {one.kind} {one.step}" for one in result[0]}) or ["claim nothing"]
    elif name == "Deliver._frozen":
        yield f"freeze {result.kind} {result.step}" if isinstance(result, Work) else "freeze nothing"
    elif name == "_read_to_the_end":
        yield "record the first reading's end" if first else "record a reading's end"
    elif name == "judge_event":
        yield f"judge an event ({_judged(tx, values)})"
    elif name == "record_events":
        yield "record raw events" if any(_is_events(value) for value in values) else "record that all is caught up"
    elif step is not None:
        yield f"{NAMES.get(name, name)}, {step.kind} {step.step}"
    else:
        yield NAMES.get(name, name)


def _unwrapped(work: Callable[[Tx], Any]) -> tuple[Any, list[Any]]:
    """Give the function itself, and the values that it was given beforehand."""
    values: list[Any] = []
    while isinstance(work, partial):
        values += [*work.args, *work.keywords.values()]
        work = work.func
    values += [cell.cell_contents for cell in (getattr(work, "__closure__", None) or ())]
    return work, values


def _is_events(value: Any) -> bool:
    return isinstance(value, Sequence) and any(isinstance(one, RawEvent) for one in value)


def _judged(tx: Tx, values: Sequence[Any]) -> str:
    id = next(value for value in values if isinstance(value, int))
    row = tx.one("SELECT reason FROM inbox WHERE id = ? AND state = 'done'", id)
    return "it waits" if row is None else _reason(row)


def _reason(row: Row) -> str:
    return str(row["reason"]).partition(":")[0]


def around_inbox(stuck: Path) -> None:
    """Let the inbox be stuck while a file exists."""
    work = Inbox.work

    async def held_up(self: Inbox) -> float:
        while await asyncio.to_thread(stuck.exists):  # nobody tells us when a file is removed
            await self.house.clock.wait(0.05)
        return await work(self)

    Inbox.work = held_up  # type: ignore[method-assign]


# --- The adapters -----------------------------------------------------------------------------------------------------


def around_adapters(point: Points, settings: Settings, settle_after: float | None) -> None:
    """Pass a point before and after every effect and every question."""
    for blog in settings.blogs:
        _around(point, blog.adapter, "the blog")
        _around_pages(point, blog.adapter)
        if settle_after is not None:
            _settling(blog.adapter, settle_after)
    for chat in settings.chats:
        _around(point, chat.adapter, "the chat")
        _around_listen(point, chat.adapter)


def _around(point: Points, adapter: Any, whose: str) -> None:
    for name in (*EFFECTS, *QUESTIONS, "open"):
        method = getattr(adapter, name, None)
        if method is not None:
            setattr(adapter, name, _passing(point, method, f"{name} on {whose}"))


def _passing(point: Points, method: Callable[..., Awaitable[Any]], name: str) -> Callable[..., Awaitable[Any]]:
    async def passed(*arguments: Any, **more: Any) -> Any:
        receipt = f" ({getattr(arguments[-1], 'state', 'none')})" if name.startswith("show") else ""
        point(f"{name}{receipt}: before")
        result = await method(*arguments, **more)
        point(f"{name}{receipt}: after")
        return result

    return passed


def _around_pages(point: Points, adapter: Any) -> None:
    pages = adapter.pages

    async def passed(cursor: str | None) -> AsyncIterator[Page]:
        point("read the blog: before")
        async for page in pages(cursor):
            point("read the blog: a page read")
            yield page
        point("read the blog: after")

    adapter.pages = passed


def _around_listen(point: Points, adapter: Any) -> None:
    listen = adapter.listen

    async def passed(since: str | None, record: Record) -> None:
        async def recorded(
            events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
        ) -> None:
            what = "raw events" if events else "nothing new"
            point(f"hear {what}: before recording")
            await record(events, watermark, caught_up, missed=missed, gap=gap)
            point(f"hear {what}: before acknowledging")

        await listen(since, recorded)

    adapter.listen = passed


def _settling(adapter: Any, settle_after: float) -> None:
    opened = adapter.open

    async def open_(stack: AsyncExitStack) -> BlogReady:
        ready: BlogReady = await opened(stack)
        return replace(ready, limits=replace(ready.limits, settle_after=settle_after))

    adapter.open = open_


def main(config: Path) -> None:
    """Run the daemon until it is stopped, or kills itself."""
    points, settle = os.environ.get("POINTS"), os.environ.get("SETTLE_AFTER")
    point = Points(os.environ.get("FAULT", ""), Path(points) if points else None)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = load(config, WallClock())
    around_opening(point)
    around_ledger(point)
    around_adapters(point, settings, float(settle) if settle else None)
    if "STUCK" in os.environ:
        around_inbox(Path(os.environ["STUCK"]))
    asyncio.run(daemon.run(settings, reread=lambda: load(config, WallClock())))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
