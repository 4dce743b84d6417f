"""`backchat …`: arguments, words for people, exit codes; no logic."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bridge import __version__
from bridge.cli import brought
from bridge.errors import BackchatError, ConfigError, LedgerBusy, LedgerError

if TYPE_CHECKING:
    from bridge.office import FileOffice

FAILED, WRONG_CONFIG, NO_LEDGER, BUSY = 1, 3, 4, 5
"""Exit codes: something failed · the configuration has problems · the ledger cannot be used · another Backchat runs.

2 is click's own, for a command line that cannot be understood.
"""
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""How writing our output fails where a disk is full or broken."""

_COMMANDS = {
    "demo": ("bridge.cli.demo:demo", "Try Backchat, with everything on this machine."),
    "init": ("bridge.cli.init:init", "Look at a blog, and write a configuration for it."),
    "check": ("bridge.cli.run:check", "Check the configuration, without connecting to anything."),
    "doctor": ("bridge.cli.doctor:doctor", "Try everything that is configured, and say what to do."),
    "run": ("bridge.cli.run:run", "Watch the blogs and relay answers."),
    "status": ("bridge.cli.status:status", "Show how everything stands."),
    "unanswered": ("bridge.cli.unanswered:unanswered", "List the comments that wait for an answer."),
    "parked": ("bridge.cli.parked:parked", "See and decide what Backchat cannot decide alone."),
    "pause": ("bridge.cli.parked:pause", "Neither read nor write a blog until it is resumed."),
    "resume": ("bridge.cli.parked:resume", "Go on with a blog that was paused."),
    "backfill": ("bridge.cli.backfill:backfill", "Show a blog's older comments in its rooms."),
    "ledger": ("bridge.cli.ledger:ledger", "Back up, check or export the ledger."),
    "completion": ("bridge.cli.completion:completion", "Print the script that completes command lines."),
}
"""Where each command is, and what it is for, so that saying so imports none of them."""


class _Lazy(click.Group):
    """A group whose commands are imported when they are used: `backchat --help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our commands, and those that adapters bring."""
        return [*_COMMANDS, *brought.declared()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name in _COMMANDS:
            module, _, name = _COMMANDS[cmd_name][0].partition(":")
            found: click.Command = getattr(importlib.import_module(module), name)
            return found
        if cmd_name in brought.declared():
            theirs: click.Command = brought.load(cmd_name)
            return theirs
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say what each command is for; only those that adapters bring must be imported for that."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._summary(ctx, name)) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is asked for; one that is mistyped is told with the nearest that there is."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.list_commands(ctx), 1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from None

    def _summary(self, ctx: click.Context, name: str) -> str:
        if name in _COMMANDS:
            return _COMMANDS[name][1]
        command = self.get_command(ctx, name)
        return "" if command is None else command.get_short_help_str(limit=80)


class Choice:
    """The configuration that the person chose."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def settings(self) -> Any:
        """All of it, checked. Raises `ConfigError`."""
        from bridge.clock import WallClock
        from bridge.config import load

        return load(self.path, WallClock())

    def ledger(self) -> Path:
        """Where its ledger is. Raises `ConfigError`."""
        from bridge.config import state_of

        return state_of(self.path) / "ledger.db"

    def names(self, group: str) -> list[str]:
        """What the configuration calls its `blogs`, `chats` or `routes`; nothing where it cannot be read."""
        import tomllib

        try:
            found = tomllib.loads(self.path.read_text("utf-8")).get(group)
        except (OSError, ValueError):
            return []
        return list(found) if isinstance(found, dict) else []

    def office(self) -> FileOffice:
        """What an operator sees and decides there. Raises `ConfigError`."""
        from bridge.office import FileOffice

        return FileOffice(self.ledger())

    def chats(self) -> dict[str, Any]:
        """Its chats by name. Raises `ConfigError`."""
        return {chat.name: chat.adapter for chat in self.settings().chats}


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="backchat")
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("backchat.toml"),
    envvar="BACKCHAT_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The configuration file.",
)
@click.pass_context
def backchat(ctx: click.Context, config: Path) -> None:
    """Answer your blog's comments from chat.

    Every post's comments become a thread in your chat; what an author answers there is published on the blog, under
    the comment that it answers. Try it with `backchat demo`.

    \b
    Exit codes: 0 all is well · 1 something failed · 2 the command line is wrong · 3 the configuration
    has problems · 4 the ledger cannot be used · 5 another Backchat is running on this ledger
    """
    ctx.obj = Choice(config)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with one of the codes above; every expected error is one sentence."""
    _forgive()
    try:
        code = backchat.main(args=arguments, prog_name="backchat", standalone_mode=False)
        _flush()
    except BrokenPipeError:
        _hush()
        sys.exit(FAILED)
    except OSError as error:
        if error.filename is not None or error.errno not in _NO_ROOM:
            raise
        _hush()
        click.echo(f"backchat: the output cannot be written: {error.strerror}", err=True)
        sys.exit(FAILED)
    except click.exceptions.Abort:
        sys.exit(FAILED)
    except click.UsageError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"backchat: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except BackchatError as error:
        _explain(error)
        sys.exit(_code(error))
    sys.exit(code if isinstance(code, int) else 0)


def _forgive() -> None:
    """A terminal that lacks a letter shows a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _flush() -> None:
    """Write what is left now, while a failure can be told."""
    if sys.stdout is not None:  # it may have been closed before we began (`>&-`)
        sys.stdout.flush()


def _hush() -> None:
    """Whoever read our output has gone (`| head`), or has no room for it: say no more, not even while we end."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _explain(error: BackchatError) -> None:
    problems = error.problems if isinstance(error, ConfigError) else [str(error)]
    for problem in problems:
        click.echo(f"backchat: {problem}", err=True)
    if len(problems) > 1:
        click.echo(f"backchat: {len(problems)} problems", err=True)


def _code(error: BackchatError) -> int:
    if isinstance(error, ConfigError):
        return WRONG_CONFIG
    if isinstance(error, LedgerBusy):
        return BUSY
    return NO_LEDGER if isinstance(error, LedgerError) else FAILED
