"""`backchat room …`: serving the web room's pages, and letting people in."""

from __future__ import annotations

import contextlib
import re
from functools import partial
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.web_room.chat import WebRoom
    from bridge.ports import Chosen

    Find = Callable[[], WebRoom]

_CHOSEN = "adapters.web_room.chosen"


@click.group()
@click.option("--chat", metavar="NAME", help="Which web room, where the configuration has several.")
@click.pass_context
def room(ctx: click.Context, chat: str | None) -> None:
    """Serve the built-in web room, and invite people into it."""
    chosen: Chosen = ctx.obj
    ctx.obj = partial(_web_room, chosen, chat)
    ctx.meta[_CHOSEN] = chosen


@room.command()
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Serve the room's pages until Ctrl-C. People can write while the daemon is down."""
    import asyncio
    import signal

    from adapters.web_room import commands

    web_room: WebRoom = ctx.obj()
    settings, office = web_room.settings, ctx.meta[_CHOSEN].office()

    async def serving() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await commands.serve(
            settings.file, settings.host, settings.port, settings.public_address,
            lambda address: click.echo(f"The room is at {address}; Ctrl-C stops it."),
            office,
        )  # fmt: skip

    try:
        with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
            asyncio.run(serving())
    except OSError as error:
        raise click.ClickException(web_room.unserved(error)) from None


@room.command()
@click.argument("name")
@click.option("--author", is_flag=True, help="NAME may answer in the blog's name, where a route says so.")
@click.option("--member", is_flag=True, help="NAME talks in the room only.")
@click.option(
    "--operator/--no-operator", default=None, help="NAME sees how Backchat runs, and decides what it cannot decide."
)
@click.pass_obj
def invite(find: Find, name: str, author: bool, member: bool, operator: bool | None) -> None:
    """Print a secret link that lets NAME in; inviting somebody again ends their old link."""
    import asyncio

    from adapters.web_room import commands
    from adapters.web_room.people import RoleMissing

    if author and member:
        raise click.UsageError("say --author or --member, not both")
    role = "author" if author else "member" if member else None
    settings = find().settings
    try:
        made = asyncio.run(commands.invite(settings.file, name, role, settings.address, operator))
    except RoleMissing:
        raise click.UsageError(f"{name} is new in the room: say --author or --member") from None
    if made.before is not None and made.before != made.role:
        click.echo(f"{made.name} was {_a(made.before)} and is {_a(made.role)} now.")
    if made.before is not None:
        click.echo("The old link has ended.")
    if made.before is not None and made.was_operator and not made.operator:
        click.echo(f"{made.name} is no operator any more.")
    told = f"{made.role} and operator" if made.operator else made.role
    click.echo(f"{made.name} may come in as {told}, by this link, which is for them alone:\n{made.link}")
    if made.role == "author":
        click.echo(
            f'In the route\'s room, list them as an author: authors = {{ {_toml_key(made.person)} = "ACCOUNT" }}'
        )


@room.command()
@click.argument("name")
@click.pass_obj
def revoke(find: Find, name: str) -> None:
    """End NAME's link and sessions at once."""
    import asyncio

    from adapters.web_room import commands

    if not asyncio.run(commands.revoke(find().settings.file, name)):
        raise click.ClickException(f"nobody called {name!r} is in the room; `backchat room people` lists who is")
    click.echo(f"{name} is out.")


@room.command()
@click.pass_obj
def people(find: Find) -> None:
    """List who was invited."""
    import asyncio

    from adapters.web_room import commands

    listed = asyncio.run(commands.people(find().settings.file))
    if not listed:
        click.echo("Nobody yet: `backchat room invite NAME --author`.")
    for person in listed:
        more = "\toperator" * person.operator + "\trevoked" * (person.revoked is not None)
        click.echo(f"{person.id}\t{person.name}\t{person.role}{more}")


def _a(role: str) -> str:
    return "an author" if role == "author" else "a member"


def _toml_key(key: str) -> str:
    """Quote what TOML does not take for a bare key."""
    import json

    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def _web_room(chosen: Chosen, name: str | None) -> WebRoom:
    from adapters.web_room.chat import WebRoom

    rooms = {key: chat for key, chat in chosen.chats().items() if isinstance(chat, WebRoom)}
    if name is not None and name not in rooms:
        raise click.ClickException(f"the configuration has no web room {name!r}; it has: {', '.join(rooms) or 'none'}")
    if len(rooms) != 1 and name is None:
        raise click.ClickException(
            f"say which web room with --chat: {', '.join(rooms)}" if rooms
            else 'the configuration has no web room: add a [chats.NAME] with adapter = "web_room"'
        )  # fmt: skip
    return rooms[name] if name is not None else next(iter(rooms.values()))
