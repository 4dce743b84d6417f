"""A person at a terminal: a process whose controlling terminal is ours, where Ctrl-C is a key like any other."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.process.daemon import ROOT
from tests.process.waiting import PATIENCE, until

CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """What was shown so far, and the keyboard."""

    def __init__(self, process: asyncio.subprocess.Process, ours: int) -> None:
        self._process = process
        self._ours = ours
        self.shown = ""

    async def sees(self, words: str) -> None:
        """Wait until these words are shown, after all that was waited for before."""
        async with asyncio.timeout(PATIENCE):
            while words not in self._new:
                part = await self._read()
                assert part, f"it ended, and never showed {words!r}:\n{self.shown}"
                self.shown += part
        self._at += self._new.index(words) + len(words)

    def types(self, words: str, end: str = "\n") -> None:
        """Type, and press Enter."""
        os.write(self._ours, f"{words}{end}".encode())

    async def breaks_off(self, key: str) -> int:
        """Press a key that ends it; the exit code.

        It has to be waiting for a key: a signal that comes while readline prepares for that is not heard before the
        next one, and a person would press it again.
        """
        await until(self._waits, "the process to wait for a key")
        self.types("", end=key)
        return await self.ends()

    def _waits(self) -> bool:
        """Whether the process sleeps (proc(5), `/proc/PID/stat`)."""
        status = Path(f"/proc/{self._process.pid}/stat").read_text("ascii", errors="replace")
        return status.rpartition(")")[2].split()[0] == "S"

    async def ends(self) -> int:
        """Wait for its end; its exit code."""
        async with asyncio.timeout(PATIENCE):
            while part := await self._read():
                self.shown += part
            return await self._process.wait()

    _at = 0

    @property
    def _new(self) -> str:
        return self.shown[self._at :]

    async def _read(self) -> str:
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._ours, readable.set)
        try:
            await readable.wait()
            return os.read(self._ours, 65536).decode(errors="replace")
        except OSError:  # Linux says EIO where the other end is closed
            return ""
        finally:
            loop.remove_reader(self._ours)


@asynccontextmanager
async def terminal(config: Path, *arguments: str) -> AsyncIterator[Terminal]:
    """Run one command line at a terminal; it does not run any more when this ends."""
    ours, theirs = pty.openpty()

    def own_it() -> None:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "--config", str(config), *arguments),
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, preexec_fn=own_it,
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)
