"""Secrets that a person gave to `backchat init`: kept in memory, then put down, each in a private file of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from bridge.cli.setup.writing import NotWritten, name_of, text, write

FOLDER = "secrets"
"""The folder beside the configuration, for its owner alone."""
_ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class Secrets:
    """What is to be put down beside the configuration at `config`. Nothing is written before `written`."""

    def __init__(self, config: Path) -> None:
        self._folder = config.parent / FOLDER
        self._kept: dict[Path, str] = {}

    def keep(self, name: str, secret: str) -> str:
        """Take a secret; what to write in the configuration for it. A file that stands already is never touched."""
        stem = name_of(name)
        names = chain((stem,), (f"{stem}-{number}" for number in count(2)))
        path = next(path for name in names if not _taken(path := self._folder / name) and path not in self._kept)
        self._kept[path] = secret
        return f"{{ file = {text(f'{FOLDER}/{path.name}')} }}"

    @contextmanager
    def written(self) -> Iterator[None]:
        """Put all of it down; if what is done then fails, take it back. Raises `NotWritten`.

        Signals that end a process wait until it is over, so that nothing is half done.
        """
        made: list[Path] = []
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            if self._kept:
                made += _folder(self._folder)
            for path, secret in self._kept.items():
                write(path, f"{secret}\n", replace=False)
                made.append(path)
            yield
        except BaseException:
            for path in reversed(made):
                _take_back(path)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _taken(path: Path) -> bool:
    return path.is_symlink() or path.exists()


def _folder(folder: Path) -> list[Path]:
    """Make the folder, for its owner alone; what was made."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_dir():
            return []
        raise NotWritten(f"{folder} is no folder: move it away, or name another file with --config") from None
    except OSError as error:
        raise NotWritten(f"{folder} cannot be made: {error.strerror}; name another file with --config") from None
    return [folder]


def _take_back(path: Path) -> None:
    try:
        path.rmdir() if path.is_dir() else path.unlink()
    except OSError:
        pass  # somebody has put something into the folder since, or has taken the file away
