"""`backchat unanswered`: whom an author has not answered yet."""

from __future__ import annotations

import time
from itertools import groupby
from typing import TYPE_CHECKING

import click

from bridge.cli import Choice
from bridge.cli.ages import ago
from bridge.cli.said import echo_json, line, many

if TYPE_CHECKING:
    from bridge.overview import Unanswered


@click.command()
@click.option("--blog", metavar="NAME", help="Only this blog's.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; its keys stand in the manual.")
@click.pass_obj
def unanswered(choice: Choice, *, blog: str | None, as_json: bool) -> None:
    """List the comments that wait for an answer.

    They are listed per post, the oldest first. Counted are visitors' comments that were shown in a room: what stood on
    a blog before Backchat waits for nobody, until `backchat backfill` shows it. An answer that is held or on its way
    counts as an answer.
    """
    from bridge.ledger import overview
    from bridge.ledger.sqlite import look_only

    known, found = look_only(choice.ledger(), lambda tx: (overview.blogs(tx), overview.unanswered(tx)))
    if blog is not None and blog not in known:
        raise click.ClickException(f"there is no blog {blog!r} in the ledger; there is: {', '.join(known) or 'none'}")
    mine = [one for one in found if blog in {None, one.blog}]
    if as_json:
        echo_json(mine)
    elif mine:
        _show(mine)
    else:
        click.echo("No comment waits for an answer.")


def _show(found: list[Unanswered]) -> None:
    now = time.time()
    for (blog, post), waiting in groupby(sorted(found, key=_post), key=_post):
        click.echo(f"{line(post, 100)} ({blog})")
        for one in waiting:
            click.echo(f"  {line(one.name, 60)}, {ago(one.created, now)}: {line(one.text, 160)}")
            click.echo(f"    {line(one.link, 1000)}")
    click.echo(f"{many(len(found), 'comment waits', 'comments wait')} for an answer.")


def _post(one: Unanswered) -> tuple[str, str]:
    return one.blog, one.post
