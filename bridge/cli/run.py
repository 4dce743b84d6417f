"""`backchat run` and `backchat check`."""

from __future__ import annotations

import faulthandler
import signal

import click

from bridge.cli import Choice


@click.command()
@click.option("--verbose", is_flag=True, help="Log every step, not only what matters.")
@click.option("--dry", is_flag=True, help="Say what would be said and published now, send nothing, and end.")
@click.pass_obj
def run(choice: Choice, *, verbose: bool, dry: bool) -> int:
    """Watch the blogs and relay answers, until SIGTERM or Ctrl-C.

    It may be stopped in any way at any time: nothing is lost, and nothing is done twice. On SIGHUP it reads its
    configuration again and goes on by it; one with problems is refused, and the earlier one stays in use.

    With --dry it works on a copy of the ledger, beside a daemon or without one, and reads the blogs once. It does not
    listen to the chats, since what is heard there is acknowledged: what people wrote counts as the ledger has it.
    """
    if dry:
        from bridge.cli.dry import rehearse

        return rehearse(choice)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # until the daemon can hear it
    faulthandler.enable(2)  # a watchdog that is not fed ends us with SIGABRT: then the log says where each thread was
    settings = choice.settings()
    import asyncio

    from bridge import daemon, logs

    logs.begin(verbose=verbose)
    asyncio.run(daemon.run(settings, reread=choice.settings))
    return 0


@click.command()
@click.pass_obj
def check(choice: Choice) -> None:
    """Check the configuration without connecting to anything; every problem is told at once."""
    settings = choice.settings()
    for remark in settings.remarks:
        click.echo(f"backchat: {remark}", err=True)
    click.echo(f"{choice.path} is in order.")
    for route in settings.routes:
        rooms = ", ".join(f"{place.room} in {place.chat}" for place in route.places)
        speakers = sorted({person for place in route.places for person in place.speakers})
        who = f"answers by {', '.join(speakers)}" if speakers and route.relay != "off" else "nobody answers from there"
        click.echo(f"  {route.blog} → {rooms}: {who} (relay = {route.relay}, hold = {route.hold:g} s)")
        for desk in route.desks:
            who = f"moderated by {', '.join(sorted(desk.moderators))}"
            click.echo(f"  {route.blog} → {desk.room} in {desk.chat}: {who}")
