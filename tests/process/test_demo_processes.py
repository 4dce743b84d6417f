"""`backchat demo` ends with everything that it started, however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.process.daemon import ROOT, STOPPING
from tests.process.waiting import until
from tests.servers.isso import CACHE

pytestmark = pytest.mark.timeout(240)


def processes(state: Path) -> dict[int, str]:
    """Every process that was started with something in `state` among its arguments."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(state) in line:
                    found[int(folder.name)] = line
    return found


@asynccontextmanager
async def _demo(state: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, Path]]:
    """A demo that says that it is up; all of its processes are gone afterwards."""
    await asyncio.to_thread(state.mkdir)
    out = state.with_suffix(".out")
    with out.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge", "demo", "--state", str(state), stdin=asyncio.subprocess.DEVNULL,
            stdout=log, stderr=log, cwd=ROOT, start_new_session=True,
            env={**os.environ, "BACKCHAT_ISSO_ENV": str(CACHE), "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    try:
        await until(lambda: "safe to stop" in out.read_text(), "the demo to be up", within=120)
        yield process, out
    finally:
        for pid in processes(state):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.wait()


async def test_ctrl_c_ends_the_demo_with_all_its_processes(tmp_path: Path) -> None:
    async with _demo(tmp_path / "demo") as (process, out):
        assert len(processes(tmp_path / "demo")) >= 4  # the demo, the daemon, the room, Isso
        os.killpg(process.pid, signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 2 * STOPPING) == 0, out.read_text()
        await until(lambda: not processes(tmp_path / "demo"), "every process of the demo to be gone")
        words = out.read_text()
        assert "Stopped. What was said is kept" in words
        assert "Traceback" not in words


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_kill_9_of_the_demo_leaves_no_process_behind(tmp_path: Path) -> None:
    async with _demo(tmp_path / "demo") as (process, _):
        process.kill()
        await process.wait()
        await until(lambda: not processes(tmp_path / "demo"), "every process of the demo to be gone")
