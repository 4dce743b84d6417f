"""`backchat run --dry`: one round on a copy of the ledger, in which everything is read and nothing is sent."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge import drift
from bridge.cli import FAILED, Choice
from bridge.cli.ages import ahead
from bridge.cli.rehearsal import RehearsingBlog, RehearsingChat, Script, under
from bridge.cli.said import line, many, quoted
from bridge.clock import WallClock
from bridge.config import Settings, load
from bridge.deliver import Deliver
from bridge.errors import StepError
from bridge.house import House, OpenBlog, OpenChat
from bridge.ledger import backup, inbox, overview, runs, sources
from bridge.ledger.sqlite import SqliteLedger
from bridge.listen import Inbox
from bridge.text.tree import load as loaded
from bridge.text.tree import plain
from bridge.watch import Watch

if TYPE_CHECKING:
    from bridge.ports import Row, Tx

PATIENCE = 300.0
"""Seconds that the deliveries of a rehearsal get altogether."""
OPENING = 60.0
"""Seconds that an adapter gets to open."""
LOOK_EVERY = 0.05


def rehearse(choice: Choice) -> int:
    """Say what would be said and published now; 1 if something could not be opened or read."""
    logging.basicConfig(level=logging.CRITICAL, format="%(message)s")
    settings = load(choice.path, WallClock(), looking=True)
    with tempfile.TemporaryDirectory(prefix="backchat-") as folder:
        path = Path(folder) / "ledger.db"
        if settings.ledger.exists():
            backup.copy(settings.ledger, path)
        return asyncio.run(_rehearse(settings, path))


async def _rehearse(settings: Settings, path: Path) -> int:
    _introduce(settings)
    ledger = await asyncio.to_thread(SqliteLedger.open, path)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(ledger.close)
        await stack.enter_async_context(settings.connections)
        script = Script(ledger, _tell)
        house = await _house(settings, ledger, script)
        fine = await _opened(house, stack)
        fine = await _read(house) and fine
        await _deliver(house)
        await _conclude(house, script)
    return 0 if fine else FAILED


def _introduce(settings: Settings) -> None:
    click.echo("A rehearsal on a copy of the ledger: blogs are read once, nothing is sent, nothing is kept.")
    chats = ", ".join(chat.name for chat in settings.chats)
    click.echo(f"Nobody listens to {chats}, and nothing is asked there: what people wrote counts as the ledger has it.")


def _tell(what: str, words: str) -> None:
    click.echo(line(what))
    for one in quoted(words, 2000):
        click.echo(one)


async def _house(settings: Settings, ledger: SqliteLedger, script: Script) -> House:
    blogs = {
        blog.name: OpenBlog(blog.name, RehearsingBlog(blog.name, blog.adapter, script), blog.beat, blog.first_run)
        for blog in settings.blogs
    }
    chats = {chat.name: OpenChat(chat.name, RehearsingChat(chat.name, chat.adapter, script)) for chat in settings.chats}
    await ledger.view(partial(drift.check, settings.renames, settings.routes))

    def sync(tx: Tx) -> list[str]:
        return drift.follow(tx, settings.routes, settings.schemes, settings.renames, time.time())

    for remark in [*settings.remarks, *await ledger.transact(sync)]:
        click.echo(f"⚠ {line(remark)}")
    secret = await ledger.transact(runs.instance_key)
    return House(ledger, WallClock(), blogs, chats, settings.routes, secret, settings.time_out)


# The round ------------------------------------------------------------------------------------------------------------


async def _opened(house: House, stack: AsyncExitStack) -> bool:
    """Open everything, one beside the other; whether all of it could be."""

    async def open_blog(blog: OpenBlog) -> None:
        blog.ready = await blog.adapter.open(stack)
        await house.ledger.transact(lambda tx: sources.of(tx, blog.name))

    async def open_chat(chat: OpenChat) -> None:
        chat.ready = await chat.adapter.open(stack)
        run, now = house.ledger.run, time.time()
        await house.ledger.transact(lambda tx: inbox.record(tx, chat.name, [], None, run, now))

    opening = [_tried(f"the blog {blog.name}", partial(open_blog, blog)) for blog in house.blogs.values()]
    opening += [_tried(f"the chat {chat.name}", partial(open_chat, chat)) for chat in house.chats.values()]
    return all(await asyncio.gather(*opening))


async def _tried(what: str, attempt: Callable[[], Awaitable[None]]) -> bool:
    try:
        async with asyncio.timeout(OPENING):
            await attempt()
    except StepError as error:
        click.echo(f"⚠ {what} cannot be opened: {line(error.reason)}")
        return False
    except TimeoutError:
        click.echo(f"⚠ {what} did not open within {OPENING:.0f} seconds")
        return False
    return True


async def _read(house: House) -> bool:
    """Read every open blog once, and judge what is recorded; whether all of them could be read."""
    await Inbox(house).work()
    fine = await asyncio.gather(*(_read_one(house, blog) for blog in house.blogs.values() if blog.ready is not None))
    return all(fine)


async def _read_one(house: House, blog: OpenBlog) -> bool:
    def look(tx: Tx) -> tuple[Row, int]:
        known = tx.one("SELECT count(*) AS n FROM comment WHERE blog = ?", blog.name)
        assert known is not None
        return sources.of(tx, blog.name), known["n"]

    before, known = await house.ledger.transact(look)
    if before["paused"] is not None:
        click.echo(f"⚠ {blog.name} is paused and was not read: {line(before['paused'])}")
        return True
    await Watch(house, blog).read()
    after, there = await house.ledger.transact(look)
    if after["paused"] is not None or after["failures"] > before["failures"]:
        click.echo(f"⚠ {blog.name} cannot be read: {line(after['paused'] or after['last_error'])}")
        return False
    first = "" if before["initialised"] else f", for the first time ({_first_run(blog)})"
    click.echo(f"{blog.name}: was read{first}, {many(there - known, 'comment')} not known before")
    return True


def _first_run(blog: OpenBlog) -> str:
    return f"the latest {blog.first_run} are shown" if blog.first_run else "what stands there already is not shown"


async def _deliver(house: House) -> None:
    """Let everything be done that can be done now."""
    wake = asyncio.Event()
    house.ledger.wake_on("lanes", wake)
    delivering = asyncio.create_task(Deliver(house).run())
    try:
        async with asyncio.timeout(PATIENCE):
            while await house.ledger.view(_busy):
                wake.clear()
                await house.clock.wait(LOOK_EVERY, wake)
    except TimeoutError:
        click.echo(f"⚠ not everything was tried within {PATIENCE:.0f} seconds")
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)


def _busy(tx: Tx) -> bool:
    return tx.one("SELECT 1 FROM lane WHERE run <> 0 OR (due IS NOT NULL AND due <= ?)", time.time()) is not None


# What is left ---------------------------------------------------------------------------------------------------------


async def _conclude(house: House, script: Script) -> None:
    seen = await house.ledger.view(lambda tx: overview.overview(tx, time.time()))
    held = await house.ledger.view(_held)
    for where, at, words in held:
        _tell(f"later, {ahead(at, seen.at)}: {where}", words)
    for lane in seen.lanes:
        if lane.reason is not None:
            click.echo(f"later, {ahead(lane.due, seen.at)}: {line(lane.place, 80)}, because {line(lane.reason)}")
    for one in seen.parked:
        click.echo(f"{one.state}: {one.kind} for {line(one.place, 80)}: {line(one.reason)}")
    if not script.effects:
        click.echo("Nothing would be said or published now.")


def _held(tx: Tx) -> list[tuple[str, float, str]]:
    rows = tx.all(
        "SELECT answer.*, post.native FROM answer JOIN post ON post.id = answer.post WHERE answer.state = 'held'"
        " ORDER BY answer.publish_at, answer.id"
    )
    return [
        (
            f"{row['blog']}: would publish as {row['account']}, {under(tx, row['blog'], row['native'], row['parent'])}",
            row["publish_at"],
            plain(loaded(row["body"])),
        )
        for row in rows
    ]
