"""What systemd hears of a daemon, on a socket as its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.process.waiting import until


@dataclass
class Manager:
    """Every datagram that came, in order; each is a set of `NAME=value` lines."""

    address: str
    heard: list[list[str]] = field(default_factory=list)

    def count(self, line: str) -> int:
        """How often exactly this line came."""
        return sum(line in lines for lines in self.heard)

    def statuses(self) -> list[str]:
        """Every status line, without its name."""
        return [line.removeprefix("STATUS=") for lines in self.heard for line in lines if line.startswith("STATUS=")]

    async def until(self, line: str, times: int = 1) -> None:
        """Wait until this line has come so often."""
        await until(lambda: self.count(line) >= times, f"{line!r} to come {times} times; what came is {self.heard}")

    async def until_status(self, says: Callable[[str], bool], what: str) -> str:
        """Wait until the newest status line is as it shall be."""

        def look() -> str | None:
            newest = self.statuses()[-1:]
            return newest[0] if newest and says(newest[0]) else None

        return await until(look, f"a status that {what}; they are {self.statuses()}")


@asynccontextmanager
async def managed(address: str | Path) -> AsyncIterator[Manager]:
    """Listen at a path, or, where it begins with @, in the abstract namespace."""
    manager, loop = Manager(str(address)), asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.setblocking(False)
        heard.bind(manager.address.replace("@", "\0", 1) if manager.address.startswith("@") else manager.address)
        loop.add_reader(heard, lambda: manager.heard.append(heard.recv(65536).decode().splitlines()))
        try:
            yield manager
        finally:
            loop.remove_reader(heard)
