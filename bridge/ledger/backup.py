"""A copy of the ledger as it was at one instant, taken while a daemon may be writing.

SQLite's own backup (https://www.sqlite.org/backup.html) reads one snapshot; copying the file alone would tear it apart
from its write-ahead log. The copy is one file that needs no other, flushed and examined before it gets its name.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bridge.errors import LedgerError
from bridge.ledger.examine import examine
from bridge.ledger.migrations import recognised
from bridge.ledger.sqlite import SqliteTx, connect


def backup(path: Path, target: Path, *, replace: bool = False) -> int:
    """Copy the ledger at `path` to `target`, for its owner alone; the copy's size in bytes.

    Raises `LedgerError` where there is no ledger, the copy cannot be written or is not sound, or `target` is there
    already and is not to be replaced.
    """
    if not path.exists():
        raise LedgerError(f"there is no ledger at {path} yet: start `backchat run` once")
    if target.is_dir():
        raise LedgerError(f"{target} is a folder: name the file that the backup shall be")
    if target.exists() and path.samefile(target):
        raise LedgerError(f"{target} is the ledger itself: name another file")
    if target.exists() and not replace:
        raise LedgerError(f"{target} is there already: name another file, or replace it with --force")
    try:
        with _unfinished(target) as draft:
            copy(path, draft)
            _prove(draft)
            return _put(draft, target, replace=replace)
    except FileExistsError:
        raise LedgerError(f"{target} is there already: name another file, or replace it with --force") from None
    except OSError as error:
        raise LedgerError(f"the backup {target} cannot be written ({error.strerror}): name another file") from None


@contextlib.contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A new file beside the target, for its owner alone, that is gone in the end whatever happens."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield draft
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def copy(path: Path, draft: Path) -> None:
    """Copy the ledger's snapshot of this instant into an empty file. Raises `LedgerError`."""
    with contextlib.closing(connect(path, read_only=True)) as source:
        if not recognised(source, str(path)):
            raise LedgerError(f"there is no ledger at {path} yet: start `backchat run` once")
        try:
            with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as made:
                source.backup(made)
                made.execute("PRAGMA journal_mode = DELETE")  # else the copy would not be whole without its -wal
        except sqlite3.DatabaseError as error:
            raise LedgerError(f"the ledger {path} cannot be copied into {draft.parent}: {error}") from None


def _prove(draft: Path) -> None:
    with contextlib.closing(connect(draft, read_only=True)) as copied:
        try:
            found = examine(SqliteTx(copied))
        except sqlite3.DatabaseError as error:
            found = [str(error)]
    if found:
        raise LedgerError(f"the ledger is damaged, and so would be its copy, which was not kept: {found[0]}")


def _put(draft: Path, target: Path, *, replace: bool) -> int:
    """Give the copy its name once it is on the disk; two backups at once never mix."""
    _flush(draft)
    if replace:
        draft.replace(target)
    else:
        target.hardlink_to(draft)
    _flush(target.parent)
    return target.stat().st_size


def _flush(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
