"""`backchat completion`: what a shell needs to complete our command lines."""

from __future__ import annotations

import click

HOW = {
    "bash": 'eval "$(backchat completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(backchat completion zsh)" in ~/.zshrc',
    "fish": "backchat completion fish > ~/.config/fish/completions/backchat.fish",
}


@click.command(epilog="\b\n" + "\n".join(HOW.values()))
@click.argument("shell", type=click.Choice(list(HOW)))
def completion(shell: str) -> None:
    """Print the script that completes command lines.

    It lets SHELL complete commands and options; bash must be 4.4 or newer. Where to put it:
    """
    from click.shell_completion import get_completion_class

    from bridge.cli import backchat

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(backchat, {}, "backchat", "_BACKCHAT_COMPLETE").source())
