"""`backchat parked` and `backchat resume`: what needs a person, and what the person decides."""

from __future__ import annotations

import time

import click

from bridge.cli import Choice
from bridge.cli.ages import ago
from bridge.ports import Row, Tx

SHOWN = 300
"""Characters of a parked text that the list shows."""


@click.group()
def parked() -> None:
    """See and decide what Backchat cannot decide alone.

    Something is parked when nobody but a person can tell whether it happened, and refused when a platform will not
    have it. Decisions are carried out at once if a daemon runs, else when it is started.
    """


@parked.command("list")
@click.pass_obj
def list_(choice: Choice) -> None:
    """List what is parked or refused, with its text and the reason."""
    from bridge.ledger.sqlite import look_only

    rows, events = look_only(choice.ledger(), _look)
    if not rows and not events:
        click.echo("Nothing is parked.")
    for row, text in rows:
        click.echo(f"{row['id']}  {row['state']}  {row['kind']} in {row['place']}: {row['reason']}")
        if row["started"] is not None:
            click.echo(f"    tried {ago(row['started'])}")
        for line in text[:SHOWN].splitlines():
            click.echo(f"    │ {line}")
    for row in events:
        click.echo(f"event {row['event_id']} of {row['chat']}: {row['reason']}")


@parked.command()
@click.argument("number", type=int)
@click.pass_obj
def retry(choice: Choice, number: int) -> None:
    """Try NUMBER again: you have looked, and it is not there."""
    _ask(choice, number, "retry")
    click.echo("It will be tried again.")


@parked.command()
@click.argument("number", type=int)
@click.pass_obj
def drop(choice: Choice, number: int) -> None:
    """Give NUMBER up; an answer's writer is told."""
    _ask(choice, number, "drop")
    click.echo("It will be dropped.")


@parked.command()
@click.argument("number", type=int)
@click.pass_obj
def done(choice: Choice, number: int) -> None:
    """NUMBER is there: you have looked, and found it."""
    _ask(choice, number, "done")
    click.echo("It will be taken as done.")


@click.command()
@click.argument("blog")
@click.pass_obj
def resume(choice: Choice, blog: str) -> None:
    """Read and write BLOG again after it was paused."""
    from bridge.ledger.sqlite import look_only, request
    from bridge.requests import ask

    row = look_only(choice.ledger(), lambda tx: tx.one("SELECT paused FROM source WHERE blog = ?", blog))
    if row is None or row["paused"] is None:
        message = f"the blog {blog!r} is not paused" if row else f"there is no blog {blog!r} in the ledger"
        raise click.ClickException(message)
    request(choice.ledger(), lambda tx: ask(tx, time.time(), {"do": "resume", "blog": blog}))
    click.echo(f"{blog} will be read again.")


def _ask(choice: Choice, number: int, what: str) -> None:
    from bridge.ledger.sqlite import look_only, request
    from bridge.requests import ask

    known = look_only(
        choice.ledger(),
        lambda tx: tx.one("SELECT 1 FROM target WHERE id = ? AND state IN ('parked', 'refused')", number),
    )
    if known is None:
        raise click.ClickException(f"nothing with the number {number} is parked; `backchat parked list` shows what is")
    request(choice.ledger(), lambda tx: ask(tx, time.time(), {"do": what, "target": number}))


def _look(tx: Tx) -> tuple[list[tuple[Row, str]], list[Row]]:
    rows = tx.all(
        "SELECT target.id, target.kind, target.state, target.reason, target.subject, delivery.started,"
        " CASE WHEN target.kind = 'answer' THEN post.blog ELSE thread.room END AS place"
        " FROM target JOIN thread ON thread.id = target.thread JOIN post ON post.id = thread.post"
        " LEFT JOIN delivery ON delivery.target = target.id AND delivery.state = 'parked'"
        " WHERE target.state IN ('parked', 'refused') ORDER BY target.id"
    )
    events = tx.all("SELECT * FROM inbox WHERE state = 'parked' ORDER BY id")
    return [(row, _text(tx, row)) for row in rows], list(events)


def _text(tx: Tx, row: Row) -> str:
    from bridge.text.tree import load, plain

    table = {"answer": "answer", "comment": "comment"}.get(row["kind"])
    if table is None:
        return ""
    found = tx.one(f"SELECT body FROM {table} WHERE id = ?", row["subject"])  # noqa: S608 - one of two names above
    return "" if found is None else plain(load(found["body"]))
