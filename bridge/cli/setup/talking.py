"""Talking with the person at the terminal, as adapters do it while `backchat init` runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from bridge.cli.setup.keeping import Secrets


class Terminal:
    """The port `Dialogue`. Without anybody there (`attended`), every question is answered by nothing."""

    def __init__(self, secrets: Secrets, *, attended: bool) -> None:
        self._secrets = secrets
        self._attended = attended

    @property
    def attended(self) -> bool:
        """Whether anybody is there."""
        return self._attended

    def tell(self, sentence: str) -> None:
        """Say something."""
        click.echo(plain(sentence))

    def ask(self, question: str) -> str:
        """Put a question; the answer, empty for the default. Raises `click.Abort` where it is broken off."""
        return self._answer(question, hidden=False)

    def ask_secret(self, question: str) -> str:
        """Put a question whose answer is not shown. Raises `click.Abort` where it is broken off."""
        return self._answer(question, hidden=True)

    def keep(self, name: str, secret: str) -> str:
        """See `bridge.ports.Dialogue`: it is written when the configuration is."""
        return self._secrets.keep(name, secret)

    def _answer(self, question: str, *, hidden: bool) -> str:
        if not self._attended:
            return ""
        with _breakable():
            answer: str = click.prompt(plain(question), default="", show_default=False, hide_input=hidden)
        return answer.strip()


def plain(words: str) -> str:
    """What a blog's page says, without what a terminal would obey."""
    return "".join(letter for letter in words if letter.isprintable())


@contextmanager
def _breakable() -> Iterator[None]:
    """Let Ctrl-C break a question off at once: while asyncio runs, it would wait for the answer first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
