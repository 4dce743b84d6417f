"""`backchat demo --chat discord`: the whole story with a real Isso, the real discord.py, and the double of Discord."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bridge.demo.story import FORM_STEPS, STEPS
from tests.process.daemon import ROOT, STOPPING
from tests.process.test_demo_processes import processes
from tests.process.waiting import until
from tests.servers.isso import CACHE

pytestmark = pytest.mark.timeout(300)

_WITHOUT = "import sys; sys.modules['discord'] = None; from bridge.cli import main; main(sys.argv[1:])"


async def _demo(state: Path, *more: str, program: tuple[str, ...] = ("-m", "bridge")) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *program, "demo", "--state", str(state), *more),
        env={**os.environ, "BACKCHAT_ISSO_ENV": str(CACHE)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_the_whole_story_holds_on_discord_and_leaves_no_process_behind(tmp_path: Path) -> None:
    code, words = await _demo(tmp_path / "demo", "--check", "--chat", "discord")
    steps = len(STEPS) + len(FORM_STEPS)
    assert code == 0, words
    assert words.count("✓") == steps + 1 and "✗" not in words
    assert f"{steps} of {steps} steps held" in words
    assert not processes(tmp_path / "demo")


async def test_without_check_it_shows_discord_in_the_browser_until_ctrl_c(tmp_path: Path) -> None:
    state, out = tmp_path / "demo", tmp_path / "demo.out"
    with out.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bridge", "demo", "--chat", "discord", "--state", str(state)), cwd=ROOT,
            stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, "BACKCHAT_ISSO_ENV": str(CACHE), "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    try:
        await until(lambda: "safe to stop" in out.read_text(), "the demo to be up", within=120)
        words = out.read_text()
        assert "as its author Mara:" in words and "stand-in for Discord" in words and "press Answer under it" in words
        (author, member) = re.findall(r"http://\S+/look\?as=\d+", words)
        async with ClientSession() as browser:
            for link in (author, member):
                async with browser.get(link) as page:
                    assert page.status == 200 and "The lighthouse that keeps bees" in await page.text()
        os.killpg(process.pid, signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 2 * STOPPING) == 0, out.read_text()
        assert "is forgotten: the next one begins anew" in out.read_text() and "Traceback" not in out.read_text()
        assert not processes(state)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_chat_that_the_demo_does_not_have_is_told_with_those_it_has(tmp_path: Path) -> None:
    code, words = await _demo(tmp_path / "demo", "--chat", "pigeons")
    assert code == 1
    assert "the demo has no chat “pigeons”; say --chat with one of: discord, web_room" in words


async def test_without_discord_py_it_says_what_to_install(tmp_path: Path) -> None:
    code, words = await _demo(tmp_path / "demo", "--check", "--chat", "discord", program=("-c", _WITHOUT))
    assert code == 1
    assert "discord.py is not installed here: install backchat[discord]" in words and "Traceback" not in words
