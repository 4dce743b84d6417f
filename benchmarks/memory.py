"""What the idle daemon takes of memory, against a process with aiohttp that has read one address and waits."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.comparison import Comparison
from benchmarks.feed_server import serving
from benchmarks.sides import SideFailed, Took

MOST = 1.4
_READY = "ready"

BARE = f"""
import asyncio, sys
import aiohttp

async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get(sys.argv[1]) as answer:
            await answer.read()
        print("{_READY}", file=sys.stderr, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""

CONFIG = """
[blogs.garden]
adapter = "feed"
address = "{address}"

[chats.home]
adapter = "web_room"

[routes.garden]
blog = "garden"
relay = "off"

[[routes.garden.rooms]]
chat = "home"
room = "garden"
"""


def comparisons() -> list[Comparison]:
    """The daemon with one blog and the web room, once it has read the blog."""
    name = "memory of the idle daemon"
    return [Comparison(name, _daemon, _bare, most=MOST, measure="resident", unit="MB", scale=0)]


def _daemon() -> Took:
    with serving(1) as places, TemporaryDirectory(prefix="backchat-bench-") as folder:
        config = Path(folder) / "backchat.toml"
        config.write_text(CONFIG.format(address=f"{places[0]}/304/feed.xml"))
        command = str(Path(sys.executable).with_name("backchat"))
        return _resident([command, "--config", str(config), "run"])


def _bare() -> Took:
    with serving(1) as places:
        return _resident([sys.executable, "-c", BARE, f"{places[0]}/304/feed.xml"])


def _resident(command: Sequence[str]) -> Took:
    """The memory of a program once it has said on stderr that it is ready. Raises `SideFailed`."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stderr is not None
            told = []
            for line in child.stderr:
                told.append(line)
                if _READY in line:
                    return {"resident": megabytes(child.pid)}
        finally:
            child.kill()
    raise SideFailed(f"{' '.join(command)} ended: {''.join(told)}")


def megabytes(pid: int) -> float:
    """What a process has resident now (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
