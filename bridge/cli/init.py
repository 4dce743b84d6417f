"""`backchat init URL`: from a blog's address to a configuration that runs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli import Choice

if TYPE_CHECKING:
    from bridge.cli.setup.looking import Looked, Offer
    from bridge.cli.setup.writing import Chosen
    from bridge.ports import OffersChats


@click.command()
@click.argument("url")
@click.option("--chat", metavar="NAME", help="The chat adapter to use; asked for if there are more than one.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the best offer, and the default for every question.")
@click.option("--force", is_flag=True, help="Replace a configuration that is there already.")
@click.pass_context
def init(ctx: click.Context, url: str, chat: str | None, *, yes: bool, force: bool) -> None:
    """Look at the blog at URL, say what was found, and write a configuration for it.

    URL is the address of the blog, of one of its posts, or of a feed of comments. Nothing is asked where there is
    no terminal, as with --yes. The file is the one that --config names.
    """
    from bridge.cli.setup import writing

    choice: Choice = ctx.obj
    path = choice.path
    if path.exists() and not force:
        raise writing.NotWritten(writing.stands(path))
    ask = _silent if yes or not (sys.stdin.isatty() and sys.stdout.isatty()) else _asked
    chosen = asyncio.run(_chosen(url, chat, ask))
    writing.write(path, writing.config_text(chosen), replace=force)
    click.echo(f"\nWrote {path}.")
    from bridge.cli.run import check

    ctx.invoke(check)
    _tell_steps(choice, chosen)


async def _chosen(url: str, chat: str | None, ask: Callable[[str], str]) -> Chosen:
    from bridge.cli.setup.looking import look
    from bridge.cli.setup.writing import Chosen

    name, plugin = _chat(chat, ask)
    click.echo(f"Looking at {_plain(url).strip()} …")
    looked = await look(url)
    offer = _blog(looked, ask)
    return Chosen(looked.address, offer.survey, name, await plugin.offer(ask))


def _blog(looked: Looked, ask: Callable[[str], str]) -> Offer:
    for number, offer in enumerate(looked.offers, 1):
        head, *more = offer.survey.found or ("it can read this blog",)
        click.echo(f"  {number}. {offer.adapter}: {_plain(head)}")
        for sentence in more:
            click.echo(f"     {_plain(sentence)}")
    for trouble in looked.troubles:
        click.echo(f"  ! {_plain(trouble)}")
    if len(looked.offers) == 1:
        return looked.offers[0]
    wanted = ask(f"Which of them, 1 to {len(looked.offers)}? [1]")
    index = int(wanted) if wanted.isascii() and wanted.isdigit() else 1
    taken = looked.offers[min(max(index, 1), len(looked.offers)) - 1]
    click.echo(f"Taking {taken.adapter}.")
    return taken


def _chat(wanted: str | None, ask: Callable[[str], str]) -> tuple[str, OffersChats]:
    """The chat adapter to set up. Raises `click.UsageError` where there is none of that name."""
    from bridge import plugins
    from bridge.ports import OffersChats

    able = {name: chat for name in plugins.names(plugins.CHATS) if isinstance(chat := plugins.chat(name), OffersChats)}
    listed = ", ".join(able) or "none"
    if wanted is None:
        wanted = next(iter(able)) if len(able) == 1 else ask(f"Which chat: {listed}?")
    if wanted not in able:
        asked = f"there is no chat {wanted!r} that `init` can set up" if wanted else "say which chat with --chat"
        raise click.UsageError(f"{asked}; there is: {listed}")
    return wanted, able[wanted]


def _tell_steps(choice: Choice, chosen: Chosen) -> None:
    click.echo("What remains:")
    steps = (
        *chosen.survey.steps,
        *chosen.offer.steps,
        "`backchat doctor` tries the blog and the chat out.",
        "`backchat run` begins.",
    )
    command = "`backchat " if choice.path == Path("backchat.toml") else f"`backchat --config {choice.path} "
    for number, step in enumerate(steps, 1):
        click.echo(f"  {number}. {_plain(step).replace('`backchat ', command)}")


def _plain(words: str) -> str:
    """What a blog's page says, without what a terminal would obey."""
    return "".join(letter for letter in words if letter.isprintable())


def _silent(_: str) -> str:
    return ""


def _asked(question: str) -> str:
    answer: str = click.prompt(_plain(question), default="", show_default=False)
    return answer.strip()
