"""`backchat run` and `backchat check`."""

from __future__ import annotations

import logging

import click

from bridge.cli import Choice


@click.command()
@click.option("--verbose", is_flag=True, help="Log every step, not only what matters.")
@click.pass_obj
def run(choice: Choice, *, verbose: bool) -> None:
    """Watch the blogs and relay answers, until SIGTERM or Ctrl-C.

    It may be stopped in any way at any time: nothing is lost, and nothing is done twice.
    """
    settings = choice.settings()
    import asyncio

    from bridge import daemon

    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    asyncio.run(daemon.run(settings))


@click.command()
@click.pass_obj
def check(choice: Choice) -> None:
    """Check the configuration without connecting to anything; every problem is told at once."""
    settings = choice.settings()
    click.echo(f"{choice.path} is in order.")
    for route in settings.routes:
        rooms = ", ".join(f"{place.room} in {place.chat}" for place in route.places)
        speakers = sorted({person for place in route.places for person in place.speakers})
        who = f"answers by {', '.join(speakers)}" if speakers and route.relay != "off" else "nobody answers from there"
        click.echo(f"  {route.blog} → {rooms}: {who} (relay = {route.relay}, hold = {route.hold:g} s)")
