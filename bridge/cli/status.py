"""`backchat status`: what the ledger knows, whether a daemon runs or not."""

from __future__ import annotations

from dataclasses import dataclass, field

import click

from bridge.cli import Choice
from bridge.cli.ages import ago
from bridge.ports import Row, Tx


@dataclass(slots=True)
class Picture:
    """What `status` shows."""

    blogs: list[Row] = field(default_factory=list)
    chats: list[Row] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    waiting: list[Row] = field(default_factory=list)


@click.command()
@click.pass_obj
def status(choice: Choice) -> None:
    """Show blogs, chats, what waits, what is held and what is parked. Changes nothing, works beside a daemon."""
    from bridge.ledger.sqlite import look_only

    picture = look_only(choice.ledger(), _look)
    for row in picture.blogs:
        _show_blog(row)
    for row in picture.chats:
        heard = f"last event {ago(row['last_event'])}" if row["last_event"] else "nothing heard yet"
        click.echo(f"chat {row['chat']}: {heard}" + (f"; ⚠ {row['last_error']}" if row["last_error"] else ""))
    numbers = ", ".join(f"{many} {what}" for what, many in picture.counts.items())
    click.echo(numbers)
    for row in picture.waiting:
        click.echo(f"  waits: {row['kind']} {row['id']} — {row['reason']}")
    if picture.counts["parked"]:
        click.echo("Something is parked and needs you: `backchat parked list`.")


def _show_blog(row: Row) -> None:
    line = f"blog {row['blog']}: read {ago(row['last_read'])}, {row['comments']} comments known"
    if row["gaps"]:
        line += f", {row['gaps']} could not be reached"
    click.echo(line)
    if row["paused"]:
        click.echo(f"  ⏸ paused: {row['paused']}")
    if row["last_error"]:
        times = "the last reading" if row["failures"] == 1 else f"the last {row['failures']} readings"
        click.echo(f"  ⚠ {times} failed: {row['last_error']}")


def _look(tx: Tx) -> Picture:
    picture = Picture()
    picture.blogs = list(
        tx.all(
            "SELECT source.*, (SELECT count(*) FROM comment WHERE comment.blog = source.blog) AS comments FROM source"
            " ORDER BY blog"
        )
    )
    picture.chats = list(tx.all("SELECT * FROM connection ORDER BY chat"))
    picture.counts = {
        "threads": _count(tx, "thread WHERE native IS NOT NULL"),
        "answers held": _count(tx, "answer WHERE state = 'held'"),
        "public answers": _count(tx, "answer WHERE state = 'public'"),
        "waiting to be sent": _count(tx, "target WHERE state IN ('ready', 'sending', 'unknown') AND wanted > applied"),
        "refused": _count(tx, "target WHERE state = 'refused'"),
        "parked": _count(tx, "target WHERE state = 'parked'") + _count(tx, "inbox WHERE state = 'parked'"),
    }
    picture.waiting = list(
        tx.all(
            "SELECT id, kind, reason FROM target WHERE state IN ('ready', 'unknown') AND reason IS NOT NULL LIMIT 20"
        )
    )
    return picture


def _count(tx: Tx, what: str) -> int:
    row = tx.one(f"SELECT count(*) AS n FROM {what}")  # noqa: S608 - our own words, nobody else's
    assert row is not None
    return int(row["n"])
