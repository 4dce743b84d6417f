"""`backchat init URL`: from a blog's address to a configuration that runs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli import Choice

if TYPE_CHECKING:
    from bridge.cli.setup.looking import Looked, Offer
    from bridge.cli.setup.writing import Chosen
    from bridge.ports import Dialogue, OffersChats


@click.command()
@click.argument("url")
@click.option("--chat", metavar="NAME", help="The chat adapter to use; asked for if there are more than one.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the best offer, and the default for every question.")
@click.option("--force", is_flag=True, help="Replace a configuration that is there already.")
@click.pass_context
def init(ctx: click.Context, url: str, chat: str | None, *, yes: bool, force: bool) -> None:
    """Look at the blog at URL, say what was found, and write a configuration for it.

    URL is the address of the blog, of one of its posts, or of a feed of comments. Nothing is asked where there is
    no terminal, as with --yes. The file is the one that --config names; passwords go into files of their own, in the
    folder `secrets` beside it.
    """
    from bridge.cli.setup import writing
    from bridge.cli.setup.keeping import Secrets
    from bridge.cli.setup.talking import Terminal

    choice: Choice = ctx.obj
    path = choice.path
    if path.exists() and not force:
        raise writing.NotWritten(writing.stands(path))
    secrets = Secrets(path)
    attended = not yes and sys.stdin.isatty() and sys.stdout.isatty()
    try:
        chosen = asyncio.run(_chosen(url, chat, Terminal(secrets, attended=attended)))
        words = writing.config_text(chosen)
        with secrets.written():
            writing.write(path, words, replace=force)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nStopped; nothing was written.", err=True)
        raise
    click.echo(f"\nWrote {path}.")
    from bridge.cli.run import check

    ctx.invoke(check)
    _tell_steps(choice, chosen)


async def _chosen(url: str, chat: str | None, dialogue: Dialogue) -> Chosen:
    from bridge.cli.setup.looking import connect, look
    from bridge.cli.setup.writing import Chosen

    name, plugin = _chat(chat, dialogue)
    dialogue.tell(f"Looking at {url.strip()} …")
    looked = await look(url)
    survey = await connect(looked.address, _blog(looked, dialogue), dialogue)
    return Chosen(looked.address, survey, name, await plugin.offer(dialogue))


def _blog(looked: Looked, dialogue: Dialogue) -> Offer:
    for number, offer in enumerate(looked.offers, 1):
        head, *more = offer.survey.found or ("it can read this blog",)
        dialogue.tell(f"  {number}. {offer.adapter}: {head}")
        for sentence in more:
            dialogue.tell(f"     {sentence}")
    for trouble in looked.troubles:
        dialogue.tell(f"  ! {trouble}")
    if len(looked.offers) == 1:
        return looked.offers[0]
    wanted = dialogue.ask(f"Which of them, 1 to {len(looked.offers)}? [1]")
    index = int(wanted) if wanted.isascii() and wanted.isdigit() else 1
    taken = looked.offers[min(max(index, 1), len(looked.offers)) - 1]
    dialogue.tell(f"Taking {taken.adapter}.")
    return taken


def _chat(wanted: str | None, dialogue: Dialogue) -> tuple[str, OffersChats]:
    """The chat adapter to set up. Raises `click.UsageError` where there is none of that name."""
    from bridge import plugins
    from bridge.ports import OffersChats

    able = {name: chat for name in plugins.names(plugins.CHATS) if isinstance(chat := plugins.chat(name), OffersChats)}
    names = sorted(able, key=lambda name: (able[name].rank, name))
    if wanted is None and len(names) > 1:
        wanted = dialogue.ask(f"Which chat: {', '.join(names)}? [{names[0]}]")
    wanted = wanted or next(iter(names), "")
    if wanted not in able:
        listed = ", ".join(names) or "none"
        raise click.UsageError(f"there is no chat {wanted!r} that `init` can set up; there is: {listed}")
    return wanted, able[wanted]


def _tell_steps(choice: Choice, chosen: Chosen) -> None:
    from bridge.cli.setup.talking import plain

    click.echo("What remains:")
    steps = (
        *chosen.survey.steps,
        *chosen.offer.steps,
        "`backchat doctor` tries the blog and the chat out.",
        "`backchat run` begins.",
    )
    command = "`backchat " if choice.path == Path("backchat.toml") else f"`backchat --config {choice.path} "
    for number, step in enumerate(steps, 1):
        click.echo(f"  {number}. {plain(step).replace('`backchat ', command)}")
