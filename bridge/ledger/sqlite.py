"""The ledger on one SQLite file: one writer thread, group commit, full durability.

A transaction is a plain function on a `Tx`. All that wait are run one after the other, each behind a savepoint,
and committed together: one `fdatasync` for many. Whoever waits is told only after the commit (law 1).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import queue
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from bridge.errors import BackchatError, LedgerBusy, LedgerError
from bridge.ledger import runs
from bridge.ledger.migrations import migrate, readable
from bridge.ports import Tx

T = TypeVar("T")
Value = str | int | float | None
GROUP = 256
"""How many waiting transactions share one commit at the most."""
CACHE = 256
"""KiB of the file that each connection keeps in memory of its own: the kernel's cache has the rest of it at hand."""
LOCK_TRIES, LOCK_PAUSE = 5, 0.05
"""How often, and after how many seconds, a lock that somebody has is asked for again."""


class SqliteTx:
    """One transaction under way; valid only inside the function that it was given to."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.topics: set[str] = set()

    def run(self, sql: str, *values: Value) -> int:
        """Execute one statement; the number of rows changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: Value) -> int:
        """Execute one INSERT; the new row's id."""
        return cast(int, self._connection.execute(sql, values).lastrowid)

    def one(self, sql: str, *values: Value) -> sqlite3.Row | None:
        """The first row, or None."""
        return cast("sqlite3.Row | None", self._connection.execute(sql, values).fetchone())

    def all(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        """Every row."""
        return self._connection.execute(sql, values).fetchall()

    def tell(self, topic: str) -> None:
        """Wake whoever waits for `topic`, once this is committed."""
        self.topics.add(topic)


@dataclass(slots=True)
class _Job:
    work: Callable[[Tx], object]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[object]
    result: object = None
    error: BaseException | None = None
    topics: set[str] = field(default_factory=set)


class SqliteLedger:
    """A ledger in a file, or in memory for tests (path `:memory:`). Open it with `open`."""

    def __init__(self, connection: sqlite3.Connection, reader: sqlite3.Connection | None, lock: int | None) -> None:
        self._connection = connection
        self._reader = reader
        self._lock = lock
        self._reading = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._wakers: dict[str, set[asyncio.Event]] = {}
        self._writer: threading.Thread | None = None
        self._closed = False
        self._file: tuple[Path, int] | None = None
        self.run = 0

    @classmethod
    def open(cls, path: Path | str, now: float | None = None) -> SqliteLedger:
        """Open or create the ledger, end all earlier leases and start a new run. Blocks: call it before the loop.

        `now` is the instant at which the earlier runs are known to have ended (default: by the wall clock).
        Raises `LedgerBusy` if another Backchat has it, `LedgerForeign` for a file that is not ours or newer,
        `LedgerError` where it is damaged or the disk fails.
        """
        memory = str(path) == ":memory:"
        with contextlib.ExitStack() as undo:
            lock = None if memory else _lock(Path(path))
            if lock is not None:
                undo.callback(os.close, lock)
            connection = undo.enter_context(contextlib.closing(connect(path)))
            try:
                migrate(connection, str(path))
                reader = None if memory else undo.enter_context(contextlib.closing(connect(path, read_only=True)))
                ledger = cls(connection, reader, lock)
                ledger._file = None if memory else (Path(path), Path(path).stat().st_ino)
                ledger._begin_run(time.time() if now is None else now)
            except sqlite3.DatabaseError as error:
                raise LedgerError(f"the ledger {path} cannot be used: {error}") from None
            undo.pop_all()
        ledger._writer = threading.Thread(target=ledger._write, name="ledger-writer", daemon=True)
        ledger._writer.start()
        return ledger

    def _begin_run(self, now: float) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self.run = runs.begin(SqliteTx(self._connection), now, secrets.token_hex(32))
        self._connection.execute("COMMIT")

    async def begin_again(self, now: float) -> None:
        """End all leases and start a new run at `now`, and keep the file meanwhile; nobody may use the ledger yet."""
        self._wakers = {}  # those who waited have ended
        self.run = await self.transact(lambda tx: runs.begin(tx, now, secrets.token_hex(32)))

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    async def transact(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction and return its result once that is durable.

        If `work` raises, nothing of it stands and the exception comes back here.
        """
        self._check_open()
        loop = asyncio.get_running_loop()
        job = _Job(work, loop, loop.create_future())
        self._jobs.put(job)
        # A cancelled waiter must not take the commit back: the effect of `work` is decided by the writer alone.
        return cast(T, await asyncio.shield(job.future))

    async def view(self, work: Callable[[Tx], T]) -> T:
        """Run a reading `work` beside the writer, off the event loop; it sees what is committed."""
        self._check_open()
        if self._reader is None:
            return await self.transact(partial(_only_reading, work))
        return await asyncio.to_thread(self._view, work)

    def _view(self, work: Callable[[Tx], T]) -> T:
        assert self._reader is not None
        with self._reading:
            self._check_open()  # it may have been closed while this thread was waited for
            self._reader.execute("BEGIN")
            try:
                return work(SqliteTx(self._reader))
            except sqlite3.DatabaseError as error:
                if _is_the_files_fault(error):
                    raise LedgerError(f"the ledger cannot be read: {error}") from None
                raise
            finally:
                self._reader.execute("ROLLBACK")

    def in_place(self) -> bool:
        """Whether the open file still stands under its name; what is written to one that was removed is lost."""
        if self._file is None:
            return True
        path, inode = self._file
        try:
            return path.stat().st_ino == inode
        except FileNotFoundError:
            return False

    def version(self) -> int:
        """A number that changes when another process has written to the file (0 in memory)."""
        if self._reader is None:
            return 0
        with self._reading:
            return int(self._reader.execute("PRAGMA data_version").fetchone()[0])

    def wake(self, topic: str) -> None:
        """Wake whoever waits for `topic`, because another process wrote; call it on the event loop."""
        for event in self._wakers.get(topic, ()):
            event.set()

    def wake_on(self, topic: str, event: asyncio.Event) -> None:
        """Set `event` after every commit that told `topic`."""
        self._wakers.setdefault(topic, set()).add(event)

    async def close(self) -> None:
        """Commit what waits, then close the file and give it free for another Backchat. Safe to repeat."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        if self._writer is not None:
            await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._shut)

    def _shut(self) -> None:
        """Let a look that is under way on its thread end, and close the file."""
        with self._reading:
            for connection in (self._reader, self._connection):
                if connection is not None:
                    connection.close()
            if self._lock is not None:
                os.close(self._lock)

    def _check_open(self) -> None:
        if self._closed:
            raise LedgerError("the ledger is closed")

    def _write(self) -> None:
        open_ = True
        while open_:
            batch = [self._jobs.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < GROUP:
                    batch.append(self._jobs.get_nowait())
            jobs = [job for job in batch if job is not None]
            open_ = len(jobs) == len(batch)
            if jobs:
                self._commit(jobs)

    def _commit(self, jobs: list[_Job]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                _attempt(self._connection, job)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for job in jobs:
                job.error = job.error or LedgerError(f"the ledger cannot be written: {error}")
        _tell(jobs, self._wakers)


def _attempt(connection: sqlite3.Connection, job: _Job) -> None:
    connection.execute("SAVEPOINT job")
    tx = SqliteTx(connection)
    try:
        job.result = job.work(tx)
        job.topics = tx.topics
    except BaseException as error:
        if _is_the_files_fault(error):
            raise
        job.error = error  # handed to whoever waits for this job, and to nobody else
        connection.execute("ROLLBACK TO job")
    connection.execute("RELEASE job")


def _is_the_files_fault(error: BaseException) -> bool:
    """Whether the disk or the file failed, which ends the whole group, and not the SQL of one work."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    ours = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_READONLY}
    damage = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    return code in damage or (isinstance(error, sqlite3.OperationalError) and code not in ours)


def _only_reading(work: Callable[[Tx], T], tx: Tx) -> T:
    """Run `work` on the connection that writes, and let it write nothing."""
    tx.run("PRAGMA query_only = ON")
    try:
        return work(tx)
    finally:
        tx.run("PRAGMA query_only = OFF")


def _tell(jobs: list[_Job], wakers: dict[str, set[asyncio.Event]]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    topics = {topic for job in jobs for topic in job.topics}
    events = [event for topic in topics for event in wakers.get(topic, ())]
    for loop, mine in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, mine, events)


def _settle(jobs: list[_Job], events: list[asyncio.Event]) -> None:
    for event in events:
        event.set()
    for job in jobs:
        if job.future.done():
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def connect(path: Path | str, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection as the ledger wants it. Raises `LedgerError` where the file cannot be opened."""
    try:
        if read_only:
            connection = sqlite3.connect(
                f"{Path(path).absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
            )
        else:
            _keep_private(path)
            connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
    except (sqlite3.OperationalError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LedgerError(f"the ledger {path} cannot be opened: {why}") from None
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = {-CACHE}")
        if not read_only:
            connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.DatabaseError:
        pass  # no database at all: `migrate` finds the words for it
    return connection


def _keep_private(path: Path | str) -> None:
    """Make the file for its owner alone: it holds the instance key and what is not published yet (law 10)."""
    if str(path) != ":memory:":
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _lock(path: Path) -> int:
    """Hold the file for this process; the kernel lets go when the process ends, however it ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LedgerError(f"the folder {path.parent} cannot be used for the ledger: {error.strerror}") from None
    if not _held(lock):
        pid = _process_in(lock)
        os.close(lock)
        raise LedgerBusy(f"another Backchat (process {pid or 'unknown'}) has {path} open: stop it first")
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return lock


def _held(lock: int) -> bool:
    """Take the lock, if need be in a few tries: `runner` holds it for an instant, too."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE)
        else:
            return True
    return False


def _process_in(lock: int) -> int | None:
    told = os.pread(lock, 32, 0).decode("ascii", "replace").strip()
    return int(told) if told.isdecimal() else None


def runner(path: Path) -> int | None:
    """The process that has the ledger open for itself (0 if it does not say which), None if there is none."""
    try:
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _process_in(lock) or 0
    else:
        return None
    finally:
        os.close(lock)


def look_only(path: Path, work: Callable[[Tx], T]) -> T:
    """Run a reading `work` on a ledger that a daemon may have open, changing nothing.

    Raises `LedgerError` where there is none, `LedgerForeign` where it is not ours.
    """
    if not path.exists():
        raise LedgerError(f"there is no ledger at {path} yet: start `backchat run` once")
    connection = connect(path, read_only=True)
    try:
        if not readable(connection, str(path)):
            raise LedgerError(f"there is no ledger at {path} yet: start `backchat run` once")
        connection.execute("BEGIN")
        return work(SqliteTx(connection))
    except sqlite3.DatabaseError as error:
        raise LedgerError(f"the ledger {path} cannot be read: {error}") from None
    finally:
        connection.close()


def request(path: Path, work: Callable[[Tx], T]) -> T:
    """Run a short writing `work` beside a daemon that may be running: only rows for its inbox may be written."""
    if not path.exists():
        raise LedgerError(f"there is no ledger at {path} yet: start `backchat run` once")
    connection = connect(path)
    try:
        migrate(connection, str(path))
        connection.execute("BEGIN IMMEDIATE")
        result = work(SqliteTx(connection))
        connection.execute("COMMIT")
    except BackchatError:
        raise
    except sqlite3.DatabaseError as error:
        raise LedgerError(f"the ledger {path} cannot be written: {error}") from None
    else:
        return result
    finally:
        connection.close()
