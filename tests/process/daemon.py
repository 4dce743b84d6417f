"""A daemon process of the tests' own: started, killed, stopped, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bridge.demo.children import _die_with_parent
from tests.process.nursery import Born, bear

STOPPING = 30.0
"""Seconds that a process gets to end after SIGTERM."""
DRIVER = "tests.process.faulty_daemon"
ROOT = Path(__file__).parents[2]


class Daemon:
    """One configuration's daemon, one process at a time."""

    def __init__(self, config: Path, log: Path) -> None:
        self.config = config
        self.log = log
        self.process: asyncio.subprocess.Process | Born | None = None

    @property
    def pid(self) -> int:
        """The id of the process that runs."""
        assert self.process is not None
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether a process runs."""
        return self.process is not None and self.process.returncode is None

    async def start(self, **environment: str) -> None:
        """Start it through the driver of faults, which does nothing without a fault in the environment."""
        await self.start_driver(DRIVER, **environment)

    async def start_driver(self, module: str, **environment: str) -> None:
        """Start it through the `main` of a module of the tests' own, which gets the configuration's path."""
        assert not self.running
        self.process = await bear(module, self.config, {**os.environ, **environment}, self.log)

    async def start_plain(self, *options: str, **environment: str) -> None:
        """Start it as people do: `backchat run`."""
        await self._spawn("-m", "bridge", "--config", str(self.config), "run", *options, environment=environment)

    def send(self, name: signal.Signals) -> None:
        """Send it a signal, and wait for nothing."""
        assert self.process is not None
        self.process.send_signal(name)

    async def _spawn(self, *arguments: str, environment: Mapping[str, str]) -> None:
        assert not self.running
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT,
                env={**os.environ, **environment}, start_new_session=True, preexec_fn=_die_with_parent(os.getpid()),
            )  # fmt: skip

    async def ended(self) -> int:
        """Wait until it has ended; its exit code, negative for a signal."""
        assert self.process is not None
        return await self.process.wait()

    async def kill(self) -> None:
        """Kill it as `kill -9` does."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Stop it in order; its exit code."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(with_signal)
        return await asyncio.wait_for(self.process.wait(), STOPPING)

    def words(self) -> str:
        """All that its processes have logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@asynccontextmanager
async def daemon_of(config: Path, log: Path) -> AsyncIterator[Daemon]:
    """A daemon that is not running yet, and does not run any more when this ends."""
    daemon = Daemon(config, log)
    try:
        yield daemon
    finally:
        if daemon.running:
            await daemon.kill()


async def backchat(config: Path, *arguments: str) -> tuple[int, str, str]:
    """Run one command line to its end: exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", "--config", str(config), *arguments, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=ROOT,
        preexec_fn=_die_with_parent(os.getpid()),
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), STOPPING)
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()
