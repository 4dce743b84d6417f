"""The demo's own processes: started, started again when they die, stopped in order, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

STOPPING = 20.0
"""Seconds that a process gets to stop by itself."""
ENOUGH = 5
"""How often in a row a process may die within `SOON` seconds before the demo gives up."""
SOON = 5.0


class Child:
    """One `backchat …` process that is kept running."""

    def __init__(self, name: str, arguments: tuple[str, ...], log: Path, tell: Callable[[str], None]) -> None:
        self.name = name
        self._arguments = arguments
        self._log = log
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._wanted = False
        self.hopeless = False

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        alive = self._process is not None and self._process.returncode is None
        return self._process.pid if alive and self._process is not None else None

    async def start(self) -> None:
        """Start it, and keep it running."""
        self._wanted = True
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def stop(self) -> None:
        """Ask it to stop (SIGTERM), and wait until it has."""
        await self.end(signal.SIGTERM)

    async def end(self, with_signal: signal.Signals) -> None:
        """End it with a signal and do not start it again."""
        self._wanted = False
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(with_signal)
            try:
                await asyncio.wait_for(process.wait(), STOPPING)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def kill(self) -> None:
        """Kill it as `kill -9` does; it is started again."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bridge", *self._arguments, stdin=asyncio.subprocess.DEVNULL, stdout=log,
                stderr=log, start_new_session=True, preexec_fn=_die_with_parent(os.getpid()),
            )  # fmt: skip

    def _ended(self) -> bool:
        return not self._wanted

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        quick = 0
        while self._wanted:
            assert self._process is not None
            started = loop.time()
            code = await self._process.wait()
            if self._ended():
                return
            quick = quick + 1 if loop.time() - started < SOON else 0
            if quick >= ENOUGH:
                self.hopeless = True
                self._tell(f"the {self.name} ends again and again (exit code {code}); see {self._log}")
                return
            await self._spawn()
            self._tell(f"the {self.name} has ended ({_how(code)}); it is started again, as process {self.pid}")


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _die_with_parent(parent: int) -> Callable[[], None]:
    """Make the kernel end the child with the demo, even when that is killed (Linux; elsewhere Ctrl-C must do)."""
    try:
        prctl = ctypes.CDLL(None).prctl
    except (AttributeError, OSError):
        return lambda: None

    def before_exec() -> None:
        prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, prctl(2)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec
