"""`backchat status`: what the ledger knows, whether a daemon runs or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from bridge.cli import FAILED, Choice
from bridge.cli.ages import ago, ahead
from bridge.cli.said import echo_json, line, many, plain

if TYPE_CHECKING:
    from bridge.overview import BlogOverview, ChatOverview, LaneOverview, Overview

OVERDUE = 300.0
"""Seconds that a blog's reading may be late while a daemon runs."""
FAILING = 3
"""Failed readings in a row from which on a person should look; fewer happen by themselves and pass."""
SHOWN = 20
"""Lanes that are listed one by one."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; its keys stand in the manual.")
@click.option("--check", is_flag=True, help="Exit 1 if something needs a person, for monitoring.")
@click.pass_obj
def status(choice: Choice, *, as_json: bool, check: bool) -> int:
    """Show how everything stands.

    That is: blogs, chats, what waits and why, and what needs a person. Changes nothing, and works beside a daemon and
    without one. A person is needed where no daemon runs, something
    is parked, a blog is paused, late or could not be read three times in a row, or a chat cannot be heard.
    """
    from bridge.ledger.overview import overview
    from bridge.ledger.sqlite import look_only, runner

    path = choice.ledger()
    seen = _configured(choice, look_only(path, lambda tx: overview(tx, time.time())))
    process = runner(path)
    needs = list(needed(seen, process))
    if as_json:
        echo_json({**plain(seen), "process": process, "needs": needs})
    else:
        _show(seen, process)
        for need in needs:
            click.echo(f"Needs you: {line(need)}")
    return FAILED if check and needs else 0


def _configured(choice: Choice, seen: Overview) -> Overview:
    """Without the blogs and chats that the configuration has no more: nobody reads them, and nobody need mind."""
    from dataclasses import replace

    blogs, chats = choice.names("blogs"), choice.names("chats")
    return replace(
        seen,
        blogs=tuple(blog for blog in seen.blogs if blog.name in blogs),
        chats=tuple(chat for chat in seen.chats if chat.name in chats),
    )


def needed(seen: Overview, process: int | None) -> Iterator[str]:
    """What needs a person, one sentence each. `process` is the daemon's, None if none runs."""
    if process is None:
        yield "no Backchat runs on this ledger: start it with `backchat run`"
    for blog in seen.blogs:
        need = _need_of(blog, seen.at, process)
        if need is not None:
            yield need
    for chat in seen.chats:
        if chat.last_error is not None:
            yield f"the chat {chat.name} cannot be heard: {chat.last_error}"
    parked = seen.counts["parked"] + seen.counts["failed"]
    if parked:
        yield f"{many(parked, 'thing is', 'things are')} parked and waiting for you: `backchat parked list`"


def _need_of(blog: BlogOverview, now: float, process: int | None) -> str | None:
    if blog.paused is not None:
        return f"the blog {blog.name} is paused: {blog.paused}"
    if blog.failures >= FAILING:
        return f"the blog {blog.name} cannot be read: {blog.last_error}"
    if process is not None and blog.next_read and now - blog.next_read > OVERDUE:
        return f"the blog {blog.name} should have been read {ago(blog.next_read, now)}, and was not: look at the log"
    return None


def _show(seen: Overview, process: int | None) -> None:
    if process is not None:
        click.echo(f"Backchat runs as process {process}.")
    for blog in seen.blogs:
        _show_blog(blog, seen.at)
    for chat in seen.chats:
        _show_chat(chat, seen.at)
    counts = seen.counts
    click.echo(
        f"{many(counts['threads'], 'thread')}; answers: {counts['held']} held, {counts['pending']} with the moderator,"
        f" {counts['public']} public; {counts['waiting'] + counts['sending']} waiting to be sent,"
        f" {counts['refused']} refused, {counts['parked'] + counts['failed']} parked"
    )
    if counts["unjudged"]:
        click.echo(
            f"{many(counts['unjudged'], 'message or request waits', 'messages and requests wait')} to be looked at"
        )
    for lane in seen.lanes[:SHOWN]:
        _show_lane(lane, seen.at)
    if len(seen.lanes) > SHOWN:
        click.echo(f"  … and {len(seen.lanes) - SHOWN} more")


def _show_blog(blog: BlogOverview, now: float) -> None:
    words = f"blog {blog.name}: read {ago(blog.last_read, now)}, {many(blog.comments, 'comment')} known"
    if blog.unanswered:
        words += f", {blog.unanswered} unanswered"
    if blog.pending:
        words += f", {many(blog.pending, 'waits', 'wait')} for a moderator"
    if blog.gaps:
        words += f", {blog.gaps} could not be reached"
    click.echo(words)
    if blog.last_error is not None:
        times = "the last reading" if blog.failures == 1 else f"the last {blog.failures} readings"
        click.echo(f"  ⚠ {times} failed: {line(blog.last_error)}; again {ahead(blog.next_read, now)}")


def _show_chat(chat: ChatOverview, now: float) -> None:
    heard = f"last event {ago(chat.last_event, now)}" if chat.last_event else "nothing heard yet"
    gaps = f", {many(chat.gaps, 'message')} could not be read" if chat.gaps else ""
    click.echo(f"chat {chat.name}: {heard}{gaps}")


def _show_lane(lane: LaneOverview, now: float) -> None:
    how = "being sent" if lane.sending else ahead(lane.due, now)
    why = "" if lane.reason is None else f": {line(lane.reason)}"
    click.echo(f"  waits: {lane.waiting} for {line(lane.place, 80)}, {how}{why}")
