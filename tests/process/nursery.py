"""A process that has imported everything already, and bears others that begin at once: `-m tests.process.nursery`.

The tests start some six hundred daemons, and of the second of work that each is, most were Python's imports. What is
born here is a process like any other, with a session, an environment and a log of its own, a number to send signals to,
and an exit code: it is forked before anything of a daemon has begun. Command lines as people type them are not started
here.

Requests come as datagrams of JSON over standard input, each with two files: the line on which the process that keeps
the child tells its number and later its end, and the child's log.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bridge.demo.children import _die_with_parent

ROOT = Path(__file__).parents[2]
LONGEST = 1 << 17
"""Bytes of a request; an environment is most of it."""


class Born:
    """A process of the nursery's; what one needs of `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, line: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._writer = writer
        self._ended = asyncio.create_task(self._end(line), name=f"the end of process {pid}")

    async def wait(self) -> int:
        """Wait until it has ended; its exit code, negative for a signal."""
        return await asyncio.shield(self._ended)

    def send_signal(self, name: int) -> None:
        """Send it a signal. Raises `ProcessLookupError` where it has ended."""
        if self.returncode is None:
            os.kill(self.pid, name)

    def kill(self) -> None:
        """Kill it as `kill -9` does."""
        self.send_signal(signal.SIGKILL)

    @property
    def gone(self) -> bool:
        """Whether there is no such process any more, however it ended."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        return False

    async def _end(self, line: asyncio.StreamReader) -> int:
        said = await line.readline()
        self._writer.close()
        assert said, f"whoever kept process {self.pid} has ended before it"
        self.returncode = int(said)
        return self.returncode


class Nursery:
    """The nursery of this process, which ends with it."""

    def __init__(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.process.nursery"]
        with theirs:
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), cwd=ROOT, start_new_session=True)

    def close(self) -> None:
        """End it, and with it all that it has borne."""
        self._requests.close()
        self._process.wait()

    async def bear(self, module: str, config: Path, environment: Mapping[str, str], log: Path) -> Born:
        """Start a process that does what the module's `main(config)` does."""
        request = {"module": module, "config": str(config), "environment": dict(environment)}
        ours, theirs = socket.socketpair()
        with theirs, log.open("ab") as file:
            packed = json.dumps(request).encode()
            assert len(packed) < LONGEST
            socket.send_fds(self._requests, [packed], [theirs.fileno(), file.fileno()])
        line, writer = await asyncio.open_connection(sock=ours)
        said = await line.readline()
        assert said, f"nothing was born: the nursery ended with {self._process.poll()}"
        return Born(int(said), line, writer)


_ours: list[Nursery] = []


async def bear(module: str, config: Path, environment: Mapping[str, str], log: Path) -> Born:
    """Start a process that does what the module's `main(config)` does, from this process's own nursery."""
    if not _ours:
        _ours.append(Nursery())
    return await _ours[0].bear(module, config, environment, log)


# --- The other side ---------------------------------------------------------------------------------------------------

WITH_ANY = ("bridge.ledger.overview", "bridge.office", "linkify_it", "markdown_it")
PRELOADED = {
    "tests.process.faulty_daemon": ("adapters.isso.blog", "adapters.web_room.chat"),
    "tests.process.chat_daemon": (
        "adapters.discord.chat",
        "adapters.slack.chat",
        "adapters.web_room.chat",
        "adapters.wordpress.blog",
    ),
}
"""What a driver's daemons import soon after they begin, beside the driver's own imports."""


def main() -> None:
    """Bear what is asked for until nobody can ask any more; comes back in the children, which then run."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel forgets the keepers that have ended
    nursery = os.getpid()
    with socket.socket(fileno=os.dup(0)) as requests:
        while True:
            packed, files, _, _ = socket.recv_fds(requests, LONGEST, 2)
            if not packed:
                return
            request = json.loads(packed)
            driver = importlib.import_module(request["module"])
            for name in (*WITH_ANY, *PRELOADED.get(request["module"], ())):
                importlib.import_module(name)
            if os.fork() == 0:
                break
            for file in files:
                os.close(file)
    _die_with_parent(nursery)()
    _keep(*files)
    os.environ.clear()
    os.environ.update(request["environment"])
    driver.main(Path(request["config"]))


def _keep(line: int, log: int) -> None:
    """Fork the process itself, and come back in it; the keeper tells how it ends, and ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    keeper = os.getpid()
    child = os.fork()
    if child == 0:
        os.setsid()
        _die_with_parent(keeper)()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for ours, name in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(ours, name)
        for ours in (nothing, log, line):
            os.close(ours)
        return
    os.write(line, f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(BrokenPipeError):  # nobody wants to know any more
        os.write(line, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


if __name__ == "__main__":
    main()
