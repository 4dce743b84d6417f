"""The room's file: who may open it, one thread that uses it, and a bell that rings when it has changed.

Several processes use one file at once, so nothing is cached here, every change is an IMMEDIATE transaction, and changes
by others are noticed by asking SQLite for its `data_version`, which costs a few microseconds and reads no table.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from bridge.errors import BackchatError

APPLICATION_ID = 0x42_43_52_4D  # "BCRM"
VERSION = 3
"""The newest schema_N.sql: a file is brought up to it when it is opened, and one that is newer is refused."""
LOOK_EVERY = 0.1
"""Seconds between two looks for changes by another process."""
BUSY_TIMEOUT = 10.0
"""Seconds for which a transaction waits for the other process's."""

log = logging.getLogger(__name__)
Result = TypeVar("Result")


class RoomFileError(BackchatError):
    """The room's file cannot be used; nothing was changed."""


class RoomFileUnsure(RoomFileError):
    """Committing failed in a way that does not tell whether the change is in the file."""


class Bell:
    """Wakes everybody in this process who waits for a change of the file. Lives on the event loop."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    @contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """Lend an event that is set at every change; whoever waits on it clears it before looking."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            yield event
        finally:
            self._waiting.discard(event)

    def ring(self) -> None:
        """Wake everybody."""
        for event in self._waiting:
            event.set()


class RoomFile:
    """An open room file. Everything that touches SQLite runs on its one thread, off the event loop (law 12)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bell = Bell()
        self.instance = ""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="room-file")
        self._connection: sqlite3.Connection | None = None
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None

    async def open(self, stack: AsyncExitStack) -> RoomFile:
        """Open the file, making it where it is missing, and close it when `stack` closes.

        Raises `RoomFileError` where it cannot be read, is another program's, or was written by a newer Backchat.
        """
        stack.push_async_callback(self.close)
        loop = asyncio.get_running_loop()
        self._connection = await loop.run_in_executor(self._thread, connect, self.path)
        self.instance = await self.read(_instance)
        self._watcher = threading.Thread(target=self._watch, args=(loop,), name="room-watch", daemon=True)
        self._watcher.start()
        return self

    async def close(self) -> None:
        """End both threads and close the file; safe to repeat."""
        self._stopped.set()
        loop = asyncio.get_running_loop()
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await loop.run_in_executor(self._thread, connection.close)
        if self._watcher is not None:
            await asyncio.to_thread(self._watcher.join)
        self._thread.shutdown(wait=False)

    async def read(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in one reading transaction. Raises `RoomFileError`."""
        return await self._run(lambda connection: _transaction(connection, "DEFERRED", work))

    async def write(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `work` in one writing transaction and ring the bell. Raises `RoomFileError`, `RoomFileUnsure`."""
        result = await self._run(lambda connection: _transaction(connection, "IMMEDIATE", work))
        self.bell.ring()
        return result

    async def _run(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        connection = self._connection
        if connection is None:
            raise RoomFileError("The room's file is closed.")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, connection)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ring the bell when anybody has changed the file. Has a connection of its own, as `data_version` asks for."""
        seen: int | None = None
        connection: sqlite3.Connection | None = None
        while not self._stopped.wait(LOOK_EVERY):
            try:
                connection = connection or _raw(self.path)
                (now,) = connection.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error as error:
                log.warning("looking for changes of the room's file failed: %s", error)
                continue
            if now != seen:
                seen = now
                with suppress(RuntimeError):  # the loop may have closed while we looked
                    loop.call_soon_threadsafe(self.bell.ring)
        if connection is not None:
            connection.close()


def _transaction(connection: sqlite3.Connection, mode: str, work: Callable[[sqlite3.Connection], Result]) -> Result:
    try:
        connection.execute(f"BEGIN {mode}")
        result = work(connection)
    except sqlite3.Error as error:
        _roll_back(connection)
        raise RoomFileError(f"The room's file cannot be used now: {error}.") from error
    except BaseException:
        _roll_back(connection)
        raise
    _commit(connection)
    return result


def _commit(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        still_open = connection.in_transaction
        _roll_back(connection)
        if still_open:  # SQLite kept the transaction, so nothing of it was committed
            raise RoomFileError(f"The room's file took no change: {error}.") from error
        raise RoomFileUnsure(f"Nobody knows whether the room's file took the change: {error}.") from error


def _roll_back(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _raw(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def connect(path: Path) -> sqlite3.Connection:
    """Open the room's file for this process, making it where it is missing.

    Raises `RoomFileError` in words where it cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _raw(path)
    except (OSError, sqlite3.Error) as error:
        raise RoomFileError(f"The room's file {path} cannot be opened: {error}.") from error
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise RoomFileError(f"The room's file {path} cannot be used: {error}.") from error
    except RoomFileError:
        connection.close()
        raise
    return connection


def look_only(path: Path, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
    """Run a reading `work` on a file that others may have open, changing nothing; None where there is no file yet.

    Raises `RoomFileError` as `connect` does.
    """
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT)
    except sqlite3.Error as error:
        raise RoomFileError(f"The room's file {path} cannot be opened: {error}.") from error
    try:
        connection.row_factory = sqlite3.Row
        _refuse_others(connection, path)
        return work(connection)
    except sqlite3.Error as error:
        raise RoomFileError(f"The room's file {path} cannot be used: {error}.") from error
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _refuse_others(connection, path)
    path.chmod(0o600)  # it has hashes of secrets and everything that was said
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    _transaction(connection, "IMMEDIATE", _bring_up_to_date)


def _refuse_others(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application or version or tables):
        raise RoomFileError(f"{path} is no room of Backchat's; name another file.")
    if version > VERSION:
        raise RoomFileError(f"{path} was written by a newer Backchat (version {version}); this one knows {VERSION}.")


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Take a file, a new one too, through the schemas that it has not seen.

    Runs inside a transaction: of two processes that start at once, one does it, and it stands whole or not at all.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number in range(version + 1, VERSION + 1):
        schema = files("adapters.web_room").joinpath(f"schema_{number}.sql").read_text("utf-8")
        for statement in _statements(schema):
            connection.execute(statement)
        if number == 1:
            connection.execute("INSERT INTO instance (id) VALUES (?)", (secrets.token_hex(4),))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")


def _statements(script: str) -> Iterator[str]:
    """Split a script: `executescript` would commit the transaction that we are in."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _instance(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT id FROM instance").fetchone()
    return str(row["id"])
