"""What the daemon takes of memory on Discord, against a bare client of discord.py that has heard the same.

Both are connected while a person writes 10,000 messages in 1,000 active threads. The daemon has opened these threads
itself, for comments on as many posts of a feed that shows ten new ones a second, and has recorded and judged every
message when it is measured.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from benchmarks.comparison import Comparison
from benchmarks.discord_server import MESSAGES, THREADS, WINDOW
from benchmarks.memory import megabytes
from benchmarks.sides import SideFailed, Took

MOST = 1.35
WITHIN = 600.0
"""Seconds that either side gets until it has heard everything."""
_CONFIG = """
[blogs.garden]
adapter = "feed"
address = "{feed}"
every = 1
first_run = "latest {window}"

[chats.discord]
adapter = "discord"
token = "{token}"
api = "{api}"
gateway = "{gateway}"

[routes.garden]
blog = "garden"
relay = "off"

[[routes.garden.rooms]]
chat = "discord"
room = "{room}"
"""


def comparisons() -> list[Comparison]:
    """Both sides hear the same in the same number of threads."""
    name = f"memory on Discord, {THREADS:,} threads, {MESSAGES:,} messages"
    return [Comparison(name, _daemon, _bare, most=MOST, measure="resident", unit="MB", scale=0)]


class _Server:
    """Discord and the blog, in a process of their own."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child
        self.places: Mapping[str, str] = json.loads(self._line())

    def do(self, what: str) -> None:
        """Have people do something, and wait until it is done."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{what}\n")
        self._child.stdin.flush()
        self._line()

    def _line(self) -> str:
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        if not line:
            raise SideFailed(f"the double of Discord ended with {self._child.wait()}")
        return line


@contextmanager
def _serving() -> Iterator[_Server]:
    command = [sys.executable, "-m", "benchmarks.discord_server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield _Server(child)
        finally:
            child.kill()


def _bare() -> Took:
    with _serving() as server:
        server.do("threads")
        places = [server.places[name] for name in ("api", "gateway", "token")]
        command = [sys.executable, "-m", "benchmarks.discord_bare", *places, str(MESSAGES)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
            try:
                _until_said(child, "connected")
                server.do("talk")
                _until_said(child, "ready")
                return {"resident": megabytes(child.pid)}
            finally:
                child.kill()


def _until_said(child: subprocess.Popen[str], word: str) -> None:
    assert child.stderr is not None
    told = []
    for line in child.stderr:
        told.append(line)
        if line.strip() == word:
            return
    raise SideFailed(f"the bare client ended: {''.join(told)}")


def _daemon() -> Took:
    with _serving() as server, TemporaryDirectory(prefix="backchat-bench-") as folder:
        config, log = Path(folder) / "backchat.toml", Path(folder) / "backchat.log"
        config.touch(0o600)  # it has a token in it
        config.write_text(_CONFIG.format(window=WINDOW, **server.places))
        command = [str(Path(sys.executable).with_name("backchat")), "--config", str(config), "run"]
        with log.open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as child:
            try:
                ledger = Path(folder) / "state" / "ledger.db"
                _until_counted(child, ledger, _SHOWN, THREADS, log)
                server.do("talk")
                _until_counted(child, ledger, _JUDGED, MESSAGES, log)
                return {"resident": megabytes(child.pid)}
            finally:
                child.kill()


_SHOWN = "SELECT count(*) FROM target WHERE kind = 'comment' AND state = 'idle' AND applied > 0"
_PARKED = "SELECT count(*) FROM target WHERE state IN ('parked', 'refused')"
_JUDGED = "SELECT count(*) FROM message WHERE writer IS NOT NULL"


def _until_counted(child: subprocess.Popen[bytes], ledger: Path, question: str, wanted: int, log: Path) -> None:
    """Ask the ledger again and again. Raises `SideFailed` where the daemon ends, gives up or takes too long."""
    deadline = monotonic() + WITHIN
    while (found := _asked(ledger, question)) < wanted:
        if child.poll() is not None or monotonic() > deadline or _asked(ledger, _PARKED):
            raise SideFailed(f"the daemon came to {found} of {wanted} only: {log.read_text()[-2000:]}")
        sleep(0.2)


def _asked(ledger: Path, question: str) -> int:
    try:
        with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            return int(connection.execute(question).fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # it is just being made
