"""`backchat ledger`: looking after the file in which everything stands."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli import FAILED, Choice
from bridge.cli.said import line, many

if TYPE_CHECKING:
    from bridge.ports import Tx


@click.group()
def ledger() -> None:
    """Back up, check or export the ledger.

    The ledger is the file in which everything stands. All of this works beside a running daemon and without one.
    """


@ledger.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there already.")
@click.pass_obj
def backup(choice: Choice, file: Path, *, force: bool) -> None:
    """Copy the ledger as it is at this instant to FILE.

    The copy is one whole file, readable for its owner alone (it holds the instance key), flushed to the disk and
    checked before it gets its name. To restore it: stop the daemon, remove the ledger with its -wal and -shm files,
    put the copy in its place, start the daemon.
    """
    from bridge.ledger.backup import backup as copy

    size = copy(choice.ledger(), file, replace=force)
    click.echo(f"{file} holds the ledger as it is now ({size:,} bytes, checked).")


@ledger.command()
@click.pass_obj
def check(choice: Choice) -> int:
    """Check whether the ledger is sound; exit 1 if not.

    Checked are the file, its references, and what must hold between its rows. It reads all of the ledger, which takes
    a few seconds for each gigabyte, and changes nothing.
    """
    from bridge.ledger.examine import examine
    from bridge.ledger.sqlite import look_only

    path = choice.ledger()
    found = look_only(path, examine)
    for finding in found:
        click.echo(f"✗ {line(finding)}")
    if found:
        click.echo(f"{path} is not sound: stop the daemon, keep a copy, and restore the last good backup.", err=True)
        return FAILED
    click.echo(f"✓ {path} is sound.")
    return 0


@ledger.command()
@click.pass_obj
def export(choice: Choice) -> None:
    """Write everything that was said as JSON lines.

    That is: blogs, posts, comments, threads and answers, one value a line, to the standard output. All of it is as it
    was at one instant. Secrets, keys and Backchat's own workings are left out, and so are the words of comments that
    are gone from their blog. The keys stand in the manual.
    """
    import json

    from bridge.ledger.export import export as values
    from bridge.ledger.sqlite import look_only

    def write(tx: Tx) -> int:
        number = 0
        for value in values(tx, time.time()):
            click.echo(json.dumps(value, ensure_ascii=False))
            number += 1
        return number

    number = look_only(choice.ledger(), write)
    click.echo(f"{many(number, 'line')} written.", err=True)
