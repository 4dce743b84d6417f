"""`backchat …`: arguments, words for people, exit codes; no logic."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from bridge import __version__
from bridge.errors import BackchatError, ConfigError, LedgerBusy, LedgerError

FAILED, WRONG_CONFIG, NO_LEDGER, BUSY = 1, 3, 4, 5
"""Exit codes: something failed · the configuration has problems · the ledger cannot be used · another Backchat runs.

2 is click's own, for a command line that cannot be understood.
"""

_COMMANDS = {
    "run": "bridge.cli.run:run",
    "check": "bridge.cli.run:check",
    "demo": "bridge.cli.demo:demo",
    "status": "bridge.cli.status:status",
    "parked": "bridge.cli.parked:parked",
    "resume": "bridge.cli.parked:resume",
}


class _Lazy(click.Group):
    """A group whose commands are imported when they are used: `backchat --help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our commands, and those that adapters bring."""
        from bridge import plugins

        return [*_COMMANDS, *plugins.names(plugins.COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        from bridge import plugins

        if cmd_name in _COMMANDS:
            module, _, name = _COMMANDS[cmd_name].partition(":")
            found: click.Command = getattr(importlib.import_module(module), name)
            return found
        if cmd_name in plugins.names(plugins.COMMANDS):
            brought: click.Command = plugins.find(plugins.COMMANDS, cmd_name)
            return brought
        return None


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
    try:
        code = backchat.main(args=arguments, prog_name="backchat", standalone_mode=False)
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
