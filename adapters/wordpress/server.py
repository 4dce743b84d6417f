"""A real WordPress of our own on loopback, for the demo and for tests: its sites and its processes.

One unpacked WordPress (`installing.py`) serves any number of sites. A site is a folder: a database (SQLite), a
`site.php` with its constants, a folder of must-use plugins, and the logs. A site begins as a copy of a *template*: a
database that was installed and set up once, so that a fresh site costs no more than copying a file.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from adapters.wordpress.installing import ServerError, alone, ran, sample
from bridge.demo.loopback import LOOPBACK

DATABASE = "wordpress.sqlite"
NOWHERE = "http://127.0.0.1:1"
"""The address that a template's site believes to have."""
ADDRESSED = (("wp_posts", "guid"), ("wp_options", "option_value"), ("wp_posts", "post_content"))
"""The columns in which that address stands."""
_WORKERS = 4
"""A pingback makes WordPress fetch from itself: with one worker it would wait for itself."""
_STARTING = 30.0
_STOPPING = 5.0
_KEEPER = """
import contextlib, ctypes, os, signal, subprocess, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
try:
    prctl = ctypes.CDLL(None).prctl
    prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: when the parent dies
    prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: the workers that PHP forks are ours once it is gone
except (AttributeError, OSError):
    pass  # no Linux: the pid file is all there is
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
unblocked = lambda: signal.pthread_sigmask(signal.SIG_SETMASK, ())
php = subprocess.Popen(sys.argv[2:], process_group=0, preexec_fn=unblocked)
signal.sigwait({signal.SIGTERM, signal.SIGCHLD})
with contextlib.suppress(ProcessLookupError):
    os.killpg(php.pid, signal.SIGKILL)
with contextlib.suppress(ChildProcessError):
    while True:
        os.wait()  # until nothing listens any more
"""
"""Keeps PHP and its workers: they end when it is told to, when its parent dies, and when PHP ends by itself."""
_SALTS = (
    "AUTH_KEY", "SECURE_AUTH_KEY", "LOGGED_IN_KEY", "NONCE_KEY",
    "AUTH_SALT", "SECURE_AUTH_SALT", "LOGGED_IN_SALT", "NONCE_SALT",
)  # fmt: skip

Constants = Mapping[str, str | bool | int]


@dataclass(frozen=True, slots=True)
class Site:
    """One WordPress site: the unpacked WordPress that serves it, its own folder, and the port it answers on."""

    www: Path
    folder: Path
    port: int

    @property
    def address(self) -> str:
        """Where it answers, without a trailing slash."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.folder / "db" / DATABASE

    @property
    def plugins(self) -> Path:
        """Its must-use plugins: every `*.php` in here is run with every request."""
        return self.folder / "plugins"

    def write(self, constants: Constants | None = None) -> None:
        """Write its `site.php`; `constants` are WordPress's own, such as `WP_ENVIRONMENT_TYPE`."""
        self.database.parent.mkdir(parents=True, exist_ok=True)
        self.plugins.mkdir(exist_ok=True)
        (self.plugins / "offline.php").write_text(sample("offline.php"), "utf-8")
        write_private(self.folder / "site.php", _site_php(self, constants or {}))

    def sql(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Look into its database, or change it."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            return connection.execute(statement, values).fetchall()


def _site_php(site: Site, constants: Constants) -> str:
    address = NOWHERE if site.port == 0 else site.address
    all_of_them: dict[str, str | bool | int] = {
        "DB_NAME": "wordpress",
        "DB_DIR": f"{site.database.parent}/",
        "DB_FILE": DATABASE,
        "WP_HOME": address,
        "WP_SITEURL": address,
        "WP_ENVIRONMENT_TYPE": "local",  # application passwords over http, which is only for this machine
        "WP_HTTP_BLOCK_EXTERNAL": True,
        "DISABLE_WP_CRON": True,
        "AUTOMATIC_UPDATER_DISABLED": True,
        "WP_DEBUG": True,
        "WP_DEBUG_DISPLAY": False,
        "WP_DEBUG_LOG": str(site.folder / "debug.log"),
        "WPMU_PLUGIN_DIR": str(site.plugins),
        **{name: secrets.token_urlsafe(24) for name in _SALTS},
        **constants,
    }
    lines = [f"define({literal(name)}, {literal(value)});" for name, value in all_of_them.items()]
    return "\n".join(["<?php", *lines, "$table_prefix = 'wp_';", ""])


def literal(value: str | bool | int) -> str:
    """A PHP literal."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return json.dumps(value)


# --- Template ---------------------------------------------------------------------------------------------------------


async def template(www: Path, title: str, setup: str) -> Path:
    """A database with an installed blog of this title, set up by the PHP program `setup`; made once, beside `www`.

    Safe to repeat, to interrupt, and to do twice at once. Raises `ServerError`.
    """
    recipe = blake2b(repr((title, setup, sample("install.php"))).encode(), digest_size=6).hexdigest()
    made = www.parent / f"{www.name}-{recipe}.sqlite"
    async with alone(made.with_suffix(".lock")):
        if not await asyncio.to_thread(made.exists):
            with tempfile.TemporaryDirectory(dir=www.parent, prefix="installing-") as folder:
                site = Site(www, Path(folder), 0)
                await install(site, title, setup)
                await asyncio.to_thread(site.database.replace, made)
    return made


async def install(site: Site, title: str, setup: str, constants: Constants | None = None) -> None:
    """Make a site's files and install a blog in its empty database: see `template`. Raises `ServerError`."""
    site.write(constants)
    install_php, setup_php = site.folder / "install.php", site.folder / "setup.php"
    await asyncio.to_thread(install_php.write_text, sample("install.php"), "utf-8")
    await asyncio.to_thread(setup_php.write_text, setup, "utf-8")
    said = await run_php(site, install_php, str(site.www), title, str(setup_php))
    if not said.rstrip().splitlines()[-1:] or "WordPress " not in said.rstrip().splitlines()[-1]:
        raise ServerError(f"WordPress could not be installed:\n{said[-2_000:]}")


async def run_php(site: Site, program: Path, *arguments: str) -> str:
    """Run a PHP program on this site, and give what it printed. Raises `ServerError`."""
    settings = ("-d", "display_errors=0", "-d", f"error_log={site.folder / 'php.log'}")
    env = {"BACKCHAT_WORDPRESS_SITE": str(site.folder)}
    return await ran("php", *settings, str(program), *arguments, env=env)


def copied(made: Path, site: Site) -> None:
    """Let a site begin anew as a copy of a template."""
    for leftover in site.database.parent.glob(DATABASE + "*"):
        leftover.unlink()
    fresh = site.database.with_suffix(".fresh")
    shutil.copyfile(made, fresh)
    with contextlib.closing(sqlite3.connect(fresh)) as connection, connection:
        for table, column in ADDRESSED:
            statement = f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE {column} LIKE ?"  # noqa: S608
            connection.execute(statement, (NOWHERE, site.address, f"%{NOWHERE}%"))
    fresh.replace(site.database)


# --- Process ----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[int]:
    """Serve a site with PHP's own web server; gives the pid of the process that keeps it, once it answers.

    All its processes end with this context, and with this process however that ends; what an earlier run left is ended
    first. Raises `ServerError`.
    """
    pid_file, log = site.folder / "php.pid", site.folder / "php.log"
    await asyncio.to_thread(end_leftover, pid_file, site.folder)
    logged = await asyncio.to_thread(lambda: log.stat().st_size if log.exists() else 0)
    process = await _started(site, log)
    try:
        pid_file.write_text(str(process.pid))
        await _answers(process, site.port, log, logged)
        yield process.pid
    finally:
        await asyncio.shield(_ended(process))
        pid_file.unlink(missing_ok=True)


async def _started(site: Site, log: Path) -> asyncio.subprocess.Process:
    command, env = await asyncio.to_thread(serving, site)
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *command, env=env, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )


def serving(site: Site, *changing: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """The command that serves a site until it gets SIGTERM or its parent dies, and its environment.

    It is to be started in a session of its own; its log says “Development Server” once it listens. PHP keeps what it
    compiled of WordPress for other sites and later runs, but nothing of this site's folder and of those in `changing`.
    """
    router, compiled = site.folder / "router.php", site.www.parent / "compiled"
    router.write_text(sample("router.php"), "utf-8")
    compiled.mkdir(exist_ok=True)
    uncompiled = site.folder / "uncompiled"
    uncompiled.write_text("".join(f"{folder}/\n" for folder in (site.folder, *changing)), "utf-8")
    php = (
        "php", "-d", "opcache.enable_cli=1", "-d", f"opcache.file_cache={compiled}",
        "-d", f"opcache.blacklist_filename={uncompiled}", "-d", "display_errors=0",
        "-S", f"{LOOPBACK}:{site.port}", "-t", str(site.www), str(router),
    )  # fmt: skip
    env = {**os.environ, "BACKCHAT_WORDPRESS_SITE": str(site.folder), "PHP_CLI_SERVER_WORKERS": str(_WORKERS)}
    return kept(*php), env


def kept(*command: str) -> tuple[str, ...]:
    """The command that runs a server until it gets SIGTERM or its parent dies, and kills it with what it started."""
    return (sys.executable, "-I", "-S", "-c", _KEEPER, str(os.getpid()), *command)


async def _answers(process: asyncio.subprocess.Process, port: int, log: Path, logged: int) -> None:
    """Wait until PHP says that it listens: to ask the port would not tell whose it is."""
    for _ in range(int(_STARTING / 0.02)):
        if b"Development Server" in await asyncio.to_thread(_since, log, logged):
            return
        if process.returncode is not None:
            raise ServerError(f"PHP ended at once:\n{_tail(log)}")
        await asyncio.sleep(0.02)
    raise ServerError(f"WordPress did not answer on port {port} within {_STARTING:.0f} s:\n{_tail(log)}")


def _since(log: Path, logged: int) -> bytes:
    return log.read_bytes()[logged:]


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2_000:]


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Let the keeper end PHP with its workers, and wait until all of them are gone."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def end_leftover(pid_file: Path, folder: Path) -> None:
    """End what an earlier run of the site in `folder` left: every process of its session that still serves the site."""
    try:
        session = int(pid_file.read_text())
    except (OSError, ValueError):
        return  # none was left
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # it ended meanwhile, or this is no Linux
            handle = os.pidfd_open(int(process.name))
            try:
                if os.getsid(int(process.name)) == session and _serves(process, folder):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                    select.select([handle], [], [], _STOPPING)
            finally:
                os.close(handle)


def _serves(process: Path, folder: Path) -> bool:
    return str(folder / "router.php").encode() in (process / "cmdline").read_bytes().split(b"\0")


def write_private(path: Path, text: str) -> None:
    """Write a file that holds a secret: nobody else may read it, not even for a moment."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text)
