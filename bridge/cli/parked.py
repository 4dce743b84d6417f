"""`backchat parked`, `pause` and `resume`: what needs a person, and what the person decides."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from bridge.cli import Choice
from bridge.cli.ages import ago
from bridge.cli.said import echo_json, line, quoted

if TYPE_CHECKING:
    from bridge.overview import ParkedOverview
    from bridge.ports import Tx

_NUMBERS = click.argument("numbers", metavar="NUMBER…", type=click.IntRange(min=1), nargs=-1, required=True)


@click.group()
def parked() -> None:
    """See and decide what Backchat cannot decide alone.

    Something is parked when nobody but a person can tell whether it happened, and refused when a platform will not
    have it. Look where it should be, then say `done` (it is there), `retry` (it is not) or `drop` (give it up).
    Decisions are carried out at once if a daemon runs, else when it is started.
    """


@parked.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; its keys stand in the manual.")
@click.pass_obj
def list_(choice: Choice, *, as_json: bool) -> None:
    """List what is parked or refused: number, place, reason, text."""
    found = _look(choice)
    if as_json:
        echo_json(found)
        return
    if not found:
        click.echo("Nothing is parked.")
    for one in found:
        _show(one)


@parked.command()
@_NUMBERS
@click.pass_obj
def retry(choice: Choice, numbers: tuple[int, ...]) -> None:
    """Try each NUMBER again: you have looked, and it is not there."""
    for one in _known(choice, numbers):
        _decide(choice, one, "retry", "will be tried again")


@parked.command()
@_NUMBERS
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def drop(choice: Choice, numbers: tuple[int, ...], *, yes: bool) -> None:
    """Give each NUMBER up, for good; an answer's writer is told.

    On a terminal it asks before it does so.
    """
    known = _known(choice, numbers)
    if not yes and sys.stdin.isatty():
        for one in known:
            _show(one)
        click.confirm("Give up all of this? It cannot be taken back" if len(known) > 1 else "Give this up?", abort=True)
    for one in known:
        _decide(choice, one, "drop", "will be dropped")


@parked.command()
@_NUMBERS
@click.option("--link", metavar="URL", help="Where the answer stands on the blog, for its writer; with one NUMBER.")
@click.pass_obj
def done(choice: Choice, numbers: tuple[int, ...], link: str | None) -> None:
    """Each NUMBER is there: you have looked, and found it.

    Backchat does not know under which id, so it can neither edit nor remove it any more.
    """
    known = _known(choice, numbers)
    threads = [one.number for one in known if one.kind == "thread"]
    if threads:
        raise click.UsageError(f"{threads[0]} is a thread, which Backchat cannot use without its id: retry or drop it")
    if link is not None:
        _check_link(link, known)
    for one in known:
        _decide(choice, one, "done", "will be taken as done", link)


@click.command()
@click.argument("blog")
@click.pass_obj
def pause(choice: Choice, blog: str) -> None:
    """Neither read nor write a BLOG until it is resumed.

    What is written meanwhile, on the blog and in its rooms, is neither shown nor published, and not lost either: it
    comes once the blog is resumed.
    """
    from bridge import office

    _known_blog(choice, blog)
    office.pause(choice.ledger(), blog, "hand")
    click.echo(f"{blog} will be neither read nor written until you say `backchat resume {blog}`.")


@click.command()
@click.argument("blog")
@click.pass_obj
def resume(choice: Choice, blog: str) -> None:
    """Go on with a BLOG that was paused.

    Where Backchat paused it itself, its comments are not those that they were, as after an import: look at it first.
    From now on its comments are right as they are.
    """
    from bridge import office

    _known_blog(choice, blog)
    if not office.resume(choice.ledger(), blog):
        raise click.ClickException(f"the blog {blog!r} is not paused")
    click.echo(f"{blog} will be read again.")


def _known_blog(choice: Choice, blog: str) -> None:
    from bridge.ledger import overview
    from bridge.ledger.sqlite import look_only

    known = look_only(choice.ledger(), overview.blogs)
    if blog not in known:
        there = ", ".join(known) or "none"
        raise click.ClickException(f"there is no blog {blog!r} in the ledger; there is: {there}")


def _look(choice: Choice) -> tuple[ParkedOverview, ...]:
    from bridge.errors import LedgerError
    from bridge.ledger import examine, overview
    from bridge.ledger.sqlite import look_only

    def look(tx: Tx) -> tuple[ParkedOverview, ...]:
        damage = examine.intact(tx, ("target", "delivery", "inbox"))
        if damage is not None:  # a broken index shows nothing where something is
            raise LedgerError(f"the ledger {choice.ledger()} is damaged ({damage}): see `backchat ledger check`")
        return overview.parked(tx)

    return look_only(choice.ledger(), look)


def _known(choice: Choice, numbers: tuple[int, ...]) -> list[ParkedOverview]:
    """What stands under these numbers; unless all of them are known, nothing is decided."""
    there = {one.number: one for one in _look(choice) if one.number is not None}
    strange = [str(number) for number in numbers if number not in there]
    if strange:
        words = "nothing with the number" if len(strange) == 1 else "nothing with the numbers"
        raise click.ClickException(
            f"{words} {', '.join(strange)} is parked, so nothing was done; `backchat parked list` shows what is"
        )
    return [there[number] for number in dict.fromkeys(numbers)]


def _decide(choice: Choice, one: ParkedOverview, decision: str, words: str, link: str | None = None) -> None:
    from bridge import office
    from bridge.overview import Decision

    assert one.number is not None
    if office.decide(choice.ledger(), one.number, Decision(decision), link):
        click.echo(f"{one.number}: {one.kind} for {line(one.place, 80)} {words}.")
    else:
        click.echo(f"{one.number}: it is not parked any more.")


def _check_link(link: str, known: list[ParkedOverview]) -> None:
    from bridge.text.addresses import allowed

    if len(known) != 1 or known[0].kind != "answer":
        raise click.UsageError("--link goes with the number of one answer")
    if allowed(link, mail=False) != link:
        raise click.UsageError(f"--link {link!r} is no web address: write it as your browser shows it")


def _show(one: ParkedOverview) -> None:
    number = "event" if one.number is None else str(one.number)
    click.echo(f"{number}  {one.state}  {one.kind} for {line(one.place, 80)}: {line(one.reason)}")
    if one.tried is not None:
        click.echo(f"    {'recorded' if one.number is None else 'tried'} {ago(one.tried)}")
    for quote in quoted(one.text):
        click.echo(quote)
