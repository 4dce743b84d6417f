"""`backchat demo` with a chat that a double stands in for: run to its end, or shown in the browser until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

from aiohttp import ClientSession

from bridge.demo.story import FORM_STEPS, STEPS
from tests.process.daemon import ROOT, STOPPING
from tests.process.test_demo_processes import processes
from tests.process.waiting import until
from tests.servers.isso import CACHE

_TITLE = "The lighthouse that keeps bees"
"""What the demo's blog is about."""


def _environment() -> dict[str, str]:
    return {**os.environ, "BACKCHAT_ISSO_ENV": str(CACHE), "PYTHONUNBUFFERED": "1"}


async def demo(state: Path, *more: str, without: str = "") -> tuple[int | None, str]:
    """Run it to its end; its code, and what it said. `without`: a module that is not installed there."""
    hidden = f"import sys; sys.modules[{without!r}] = None; from bridge.cli import main; main(sys.argv[1:])"
    program = ("-c", hidden) if without else ("-m", "bridge")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *program, "demo", "--state", str(state), *more), env=_environment(), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def check_story(state: Path, chat: str) -> None:
    """The whole story holds with that chat, and no process is left behind."""
    code, words = await demo(state, "--check", "--chat", chat)
    steps = len(STEPS) + len(FORM_STEPS)
    assert code == 0, words
    assert words.count("✓") == steps + 1 and "✗" not in words
    assert f"{steps} of {steps} steps held" in words
    assert not processes(state)


async def check_page(state: Path, chat: str, *said: str) -> None:
    """Without --check it says how to use it, shows the conversation in the browser, and ends at Ctrl-C."""
    out = state.with_suffix(".out")
    with out.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bridge", "demo", "--chat", chat, "--state", str(state)), cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=_environment(),
        )  # fmt: skip
    try:
        await until(lambda: "safe to stop" in out.read_text(), "the demo to be up", within=120)
        words = out.read_text()
        assert "as its author Mara:" in words and all(one in words for one in said)
        (author, member) = re.findall(r"http://\S+/look\?as=\w+", words)
        async with ClientSession() as browser:
            for link in (author, member):
                async with browser.get(link) as page:
                    assert page.status == 200 and _TITLE in await page.text()
        os.killpg(process.pid, signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 2 * STOPPING) == 0, out.read_text()
        assert "is forgotten: the next one begins anew" in out.read_text() and "Traceback" not in out.read_text()
        assert not processes(state)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
