"""`backchat demo`: everything on this machine, to be tried at once."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from bridge.errors import BackchatError, LedgerBusy

if TYPE_CHECKING:
    from bridge.demo.house import DemoHouse, Parts


@click.command()
@click.option("--fresh", is_flag=True, help="Forget what earlier demos kept, and begin anew.")
@click.option("--check", is_flag=True, help="Play the whole story without a person; exit 0 only if all of it held.")
@click.option(
    "--blog",
    "blog_name",
    metavar="NAME",
    help="The kind of blog, by its adapter's name; without it, the one that needs least on this machine.",
)
@click.option(
    "--chat",
    "chat_name",
    metavar="NAME",
    help="The kind of chat, by its adapter's name; without it, the one that needs least on this machine.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".backchat-demo"),
    show_default=True,
    help="The folder for everything that the demo keeps.",
)
def demo(*, fresh: bool, check: bool, blog_name: str | None, chat_name: str | None, state: Path) -> None:
    """Try Backchat: a real blog with a lively page, a room (the web room), and Backchat between them.

    Everything runs on this machine and needs no account. What was said is kept for the next time; Ctrl-C ends it.
    """
    state = state.absolute()
    place = state / "-".join(filter(None, ("check" if check else "kept", blog_name, chat_name)))
    with _alone(state, place.name):
        from bridge.demo.house import choose

        parts = choose(blog_name, chat_name)
        if not check and not parts[1].page:
            raise click.UsageError(
                f"with {chat_name} there is nothing to look at: say --check, and the story plays itself"
            )
        if fresh or check or not parts[1].keeps:
            shutil.rmtree(place, ignore_errors=True)
        code = asyncio.run(_check(state, place, parts) if check else _live(state, place, parts))
    raise SystemExit(code)


def _alone(state: Path, name: str) -> TextIO:
    """Hold the demo's folder while the file is open, so that a second demo cannot pull it away from under the first."""
    file = state / f"{name}.lock"
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = file.open("a+")
    except OSError as error:
        raise BackchatError(
            f"the demo cannot use {state}: {error.strerror}; go to a folder of yours, or say --state FOLDER"
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        pid = file.read_text() or "unknown"
        raise LedgerBusy(
            f"a demo is running in {state} already (process {pid}): stop it first, or name --state"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


async def _live(state: Path, place: Path, parts: Parts) -> int:
    from bridge.demo.house import open_house

    async with AsyncExitStack() as stack:
        stop = _on_signals()
        opening = asyncio.create_task(open_house(state / "tools", place, stack, _tell, parts=parts))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
        else:
            _introduce(opening.result(), place, keeps=parts[1].keeps)
            await stopping
        click.echo("\nStopping …")
    click.echo(
        "Stopped. What was said is kept; `backchat demo` goes on with it, `backchat demo --fresh` begins anew."
        if parts[1].keeps
        else "Stopped. What was said is forgotten: the next one begins anew."
    )
    return 0


async def _check(state: Path, place: Path, parts: Parts) -> int:
    from bridge.demo.house import open_house
    from bridge.demo.story import Story

    started = time.monotonic()
    async with AsyncExitStack() as stack:
        house = await open_house(state / "tools", place, stack, _tell, parts=parts, hold="2s")
        click.echo(f"✓ The blog, the room and Backchat are up  {time.monotonic() - started:.1f} s")
        story = Story(house, click.echo)
        await story.play()
    held = len(story.steps) - len(story.failed)
    click.echo(f"{held} of {len(story.steps)} steps held, {time.monotonic() - started:.0f} s in all")
    if story.failed:
        click.echo(f"The logs are in {place}.", err=True)
    return 1 if story.failed else 0


def _introduce(house: DemoHouse, place: Path, *, keeps: bool) -> None:
    author, member = house.room.author, house.room.member
    about = f"\n                    {house.room.about}" if house.room.about else ""
    click.echo(f"""
  The blog          {house.blog.page}
  The room          as its author {house.blog.author}:  {author.link}
                    as a member:        {member.link}{about}
  Backchat          process {house.daemon.pid}, keeps everything in {place}

Try this:
  1. Open the blog and the author's link side by side (the member's in a private window).
  2. Comment on the blog as a visitor: it appears in the room within a second or two.
  3. {house.room.answers}. It is held for 10 seconds ({house.room.takes_back}), then it stands on the blog.
  4. {house.blog.follows}
  5. Begin a message with // and it stays in the room. So does everything that the member writes.
  6. Kill Backchat (kill -9 {house.daemon.pid}) while an answer is held: it is started again, nothing is lost.

So that everything can be tried at once, the demo's blog is more lenient than usual:""")
    for relaxed in house.blog.relaxed:
        click.echo(f"  - {relaxed}")
    kept = "what was said is kept" if keeps else "the next demo begins anew"
    click.echo(f"\nIt is safe to stop this at any time with Ctrl-C; {kept}.")


def _tell(words: str) -> None:
    click.echo(words)


def _on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stop.set)
    return stop
