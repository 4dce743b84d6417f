"""`backchat room …`: serving the web room's pages, and letting people in."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.web_room.chat import WebRoom
    from bridge.ports import Chosen

    Find = Callable[[], WebRoom]


@click.group()
@click.option("--chat", metavar="NAME", help="Which web room, where the configuration has several.")
@click.pass_context
def room(ctx: click.Context, chat: str | None) -> None:
    """Serve the built-in web room, and invite people into it."""
    chosen: Chosen = ctx.obj
    ctx.obj = partial(_web_room, chosen, chat)


@room.command()
@click.pass_obj
def serve(find: Find) -> None:
    """Serve the room's pages until Ctrl-C. People can write while the daemon is down."""
    import signal

    from adapters.web_room import commands

    settings = find().settings

    async def serving() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await commands.serve(
            settings.file, settings.host, settings.port, settings.public_address,
            lambda address: click.echo(f"The room is at {address}; Ctrl-C stops it."),
        )  # fmt: skip

    try:
        with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
            asyncio.run(serving())
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise click.ClickException(f"the room cannot be served at {place}: {error.strerror}") from None


@room.command()
@click.argument("name")
@click.option(
    "--author", "role", flag_value="author", help="NAME may answer in the blog's name, where a route says so."
)
@click.option("--member", "role", flag_value="member", help="NAME talks in the room only.")
@click.pass_obj
def invite(find: Find, name: str, role: str | None) -> None:
    """Print a secret link that lets NAME in; inviting somebody again ends their old link."""
    from adapters.web_room import commands

    settings = find().settings
    made = asyncio.run(commands.invite(settings.file, name, role, settings.address))
    click.echo(f"{made.name} may come in as {made.role}, by this link, which is for them alone:\n{made.link}")
    if made.role == "author":
        click.echo(f'In the route\'s room, list them as an author: authors = {{ {made.person} = "ACCOUNT" }}')


@room.command()
@click.argument("name")
@click.pass_obj
def revoke(find: Find, name: str) -> None:
    """End NAME's link and sessions at once."""
    from adapters.web_room import commands

    if not asyncio.run(commands.revoke(find().settings.file, name)):
        raise click.ClickException(f"nobody called {name!r} is in the room; `backchat room people` lists who is")
    click.echo(f"{name} is out.")


@room.command()
@click.pass_obj
def people(find: Find) -> None:
    """List who was invited."""
    from adapters.web_room import commands

    listed = asyncio.run(commands.people(find().settings.file))
    if not listed:
        click.echo("Nobody yet: `backchat room invite NAME --author`.")
    for person in listed:
        click.echo(f"{person.id}\t{person.name}\t{person.role}" + ("\trevoked" if person.revoked else ""))


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
