"""`backchat backfill`: showing what stood on a blog before Backchat, or before a room."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli import FAILED, Choice
from bridge.cli.said import line, many

if TYPE_CHECKING:
    from bridge.requests import Backfilled

LOOK_EVERY = 0.3
"""Seconds between two looks at how far it has come."""


@click.command()
@click.option("--blog", metavar="NAME", required=True, help="The blog, as the configuration calls it.")
@click.option("--last", metavar="N", required=True, type=click.IntRange(1, 1000), help="How many, at most 1000.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Follow it until all of them stand.")
@click.pass_obj
def backfill(choice: Choice, *, blog: str, last: int, wait: bool) -> int:
    """Show a blog's older comments in its rooms.

    That is the N newest that a room has not shown yet, the oldest of them first. They go into their posts' threads
    like new ones, so the people whom a new thread notifies are notified. Nothing is published. Comments that Backchat
    has read can be shown, also those from before its first reading.

    The daemon does it; if none runs, it is done when one is started. Ctrl-C leaves it going. Exit 1 if some of them
    could not be said.
    """
    from bridge import office
    from bridge.ledger import overview
    from bridge.ledger.sqlite import look_only, runner

    path = choice.ledger()
    known = look_only(path, overview.blogs)
    if blog not in known or blog not in choice.names("blogs"):
        there = ", ".join(name for name in known if name in choice.names("blogs")) or "none"
        raise click.ClickException(f"there is no blog {blog!r} to show anything of; there is: {there}")
    number = office.backfill(path, blog, last)
    if runner(path) is None:
        click.echo("No Backchat runs on this ledger: it will be done when one is started.")
        return 0
    if not wait:
        click.echo("It will be done; `backchat status` shows what waits.")
        return 0
    try:
        return _told(blog, _follow(path, number))
    except KeyboardInterrupt:
        click.echo("\nIt goes on without you; `backchat status` shows what waits.", err=True)
        return 0


def _follow(path: Path, number: int) -> Backfilled | None:
    """Show a bar until nothing waits any more; None where the daemon stopped before it took it up."""
    from bridge.ledger.sqlite import look_only, runner
    from bridge.requests import backfilled

    def look() -> Backfilled | None:
        return look_only(path, lambda tx: backfilled(tx, number))

    while (far := look()) is None:
        if runner(path) is None:
            return None
        time.sleep(LOOK_EVERY)
    with click.progressbar(
        length=far.wanted, label="Showing", file=sys.stderr, hidden=not (far.wanted and sys.stderr.isatty()),
        item_show_func=lambda why: why and line(why, 60),
    ) as bar:  # fmt: skip
        while far.waiting and runner(path) is not None:
            bar.update(far.wanted - far.waiting - bar.pos, far.reason)
            time.sleep(LOOK_EVERY)
            far = look() or far
        bar.update(far.wanted - far.waiting - bar.pos)
    return far


def _told(blog: str, far: Backfilled | None) -> int:
    if far is None or (far.waiting and not far.refused):
        click.echo("Backchat has stopped: the rest will be done when it is started.")
        return 0
    if far.refused is not None:
        raise click.ClickException(far.refused)
    if not far.wanted:
        click.echo(f"Every comment of {blog} has been shown already.")
        return 0
    click.echo(f"{many(far.wanted - far.stopped, 'message')} of {blog} stand in their threads.")
    if far.stopped:
        click.echo(f"{many(far.stopped, 'message')} could not be said: see `backchat parked list`.", err=True)
        return FAILED
    return 0
