"""A MariaDB for the tests' WordPress: on a socket in a folder of its own, on no network, gone with the tests' process.

It needs Debian's `mariadb-server-core` and `mariadb-client-core` (never `mariadb-server`, which starts one for the
whole machine) and PHP's `mysqli`; scripts/test-real installs them where BACKCHAT_TEST_MARIADB=1.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.wordpress.installing import ServerError, ran
from adapters.wordpress.server import ADDRESSED, NOWHERE, Constants, Site, install, kept
from tests.process.waiting import until

_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
"""Debian has `mariadbd` where only root's PATH leads."""
_TEMPLATE = "template"
_FOR_TESTS = ("--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M")
"""Small and quick: what it keeps need not outlive a fall of the machine."""


class MariaDB:
    """A running server; what each site begins with is a copy of its database `template`. It needs `end`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._counters: Mapping[str, str] = {}
        self._numbers = itertools.count(1)

    @classmethod
    async def started(cls, www: Path, title: str, setup: str) -> MariaDB:
        """A server with a template of this title, set up by the PHP program `setup`. Raises `ServerError`."""
        await _look_for_it()
        server = cls(Path(tempfile.mkdtemp(prefix="backchat-mariadb-")))
        try:
            await server._start()
            await server._make_template(www, title, setup)
        except BaseException:
            server.end()
            raise
        return server

    async def _start(self) -> None:
        options = ("--no-defaults", f"--user={pwd.getpwuid(os.getuid()).pw_name}", f"--datadir={self.folder / 'data'}")
        rights = ("--auth-root-authentication-method=normal", "--skip-test-db")
        await ran("mariadb-install-db", *options, *rights, *_FOR_TESTS)
        command = kept(
            shutil.which("mariadbd", path=_PATH) or "mariadbd",
            *options,
            f"--socket={self._socket}",
            "--skip-networking",
            *_FOR_TESTS,
        )
        log = self.folder / "log"
        self._process = process = _spawned(command, log)
        await until(lambda: process.poll() is not None or "ready for connections" in log.read_text(), "MariaDB")
        if process.poll() is not None:
            raise ServerError(f"MariaDB ended at once:\n{log.read_text()[-2_000:]}")

    @property
    def _socket(self) -> Path:
        return self.folder / "socket"

    async def _make_template(self, www: Path, title: str, setup: str) -> None:
        await self.sql(f"CREATE DATABASE {_TEMPLATE} CHARACTER SET utf8mb4")
        await install(Site(www, self.folder / "site", 0), title, setup, self._constants(_TEMPLATE))
        counted = await self.sql(
            f"SELECT table_name, auto_increment FROM information_schema.tables WHERE table_schema = '{_TEMPLATE}'"
        )
        self._counters = dict(line.split("\t") for line in counted.splitlines())

    def end(self) -> None:
        """End it, and remove all that it kept."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def sql(self, *statements: str) -> str:
        """Run statements, and give what they say: a line for each row, a tab between columns."""
        place = ("--no-defaults", f"--socket={self._socket}", "--user=root")
        return await ran("mariadb", *place, "--batch", "--skip-column-names", f"--execute={';'.join(statements)}")

    @asynccontextmanager
    async def begun(self, site: Site) -> AsyncIterator[Constants]:
        """A database for a site, as long as this lasts; gives the constants that let WordPress use it."""
        name = f"site_{next(self._numbers)}"
        await self.sql(f"CREATE DATABASE {name} CHARACTER SET utf8mb4", f"USE {name}", *self._copying(site.address))
        try:
            yield self._constants(name)
        finally:
            await asyncio.shield(self.sql(f"DROP DATABASE {name}"))

    def _copying(self, address: str) -> Iterator[str]:
        """The statements that copy the template into the database in use, for a site at an address."""
        for table, counter in self._counters.items():
            yield f"CREATE TABLE {table} LIKE {_TEMPLATE}.{table}"
            if counter != "NULL":
                yield f"ALTER TABLE {table} AUTO_INCREMENT = {counter}"
            yield f"INSERT INTO {table} SELECT * FROM {_TEMPLATE}.{table}"
        for table, column in ADDRESSED:
            yield f"UPDATE {table} SET {column} = replace({column}, '{NOWHERE}', '{address}')"

    def _constants(self, database: str) -> Constants:
        return {
            "DB_ENGINE": "mysql",  # the unpacked WordPress is ready for SQLite, which heeds this
            "DB_NAME": database,
            "DB_USER": "root",
            "DB_PASSWORD": "",
            "DB_HOST": f"localhost:{self._socket}",
            "DB_CHARSET": "utf8mb4",
            "DB_COLLATE": "",
        }


def _spawned(command: tuple[str, ...], log: Path) -> subprocess.Popen[bytes]:
    # By no event loop: it outlives the test, and its loop, that needed it first.
    with log.open("wb") as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)


async def _look_for_it() -> None:
    programs = ("mariadb-install-db", "mariadbd", "mariadb")
    missing = [program for program in programs if shutil.which(program, path=_PATH) is None]
    if "mysqli" not in (await ran("php", "-m")).split():
        missing.append("PHP's mysqli")
    if missing:
        packages = "mariadb-server-core mariadb-client-core php-mysql"
        raise ServerError(
            f"there is no {' and no '.join(missing)} here: apt-get install --no-install-recommends {packages}"
        )
