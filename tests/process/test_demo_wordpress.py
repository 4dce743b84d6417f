"""`backchat demo --blog wordpress`: the whole story with a real WordPress, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.demo.story import STEPS
from tests.process.daemon import ROOT, STOPPING
from tests.process.test_demo_processes import processes
from tests.process.waiting import until
from tests.servers.wordpress_real import CACHE

pytestmark = pytest.mark.timeout(300)
needs_php = pytest.mark.skipif(
    shutil.which("php") is None and not os.environ.get("CI"), reason="there is no PHP here (scripts/test-real)"
)


def _program(state: Path, *more: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "bridge", "demo", "--blog", "wordpress", "--state", str(state), *more)


@pytest.mark.real
@needs_php
async def test_the_whole_story_holds_with_a_real_wordpress(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *_program(tmp_path / "demo", "--check"),
        env={**os.environ, "BACKCHAT_WORDPRESS": str(CACHE)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    words = output.decode()
    assert process.returncode == 0, words
    assert f"{len(STEPS)} of {len(STEPS)} steps held" in words and "✗" not in words
    assert not processes(tmp_path / "demo")


@asynccontextmanager
async def _up(state: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, Path]]:
    """A demo that says that it is up."""
    out = state.with_suffix(".out")
    with out.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *_program(state), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT,
            start_new_session=True,
            env={**os.environ, "BACKCHAT_WORDPRESS": str(CACHE), "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
    try:
        await until(lambda: "safe to stop" in out.read_text(), "the demo to be up", within=120)
        yield process, out
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.real
@needs_php
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
async def test_kill_9_leaves_nothing_behind_and_the_next_start_goes_on(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    async with _up(state) as (process, out):
        page = next(line for line in out.read_text().splitlines() if "The blog " in line)
        process.kill()
        await process.wait()
        await until(lambda: not processes(state), "every process of the demo to be gone")
    async with _up(state) as (process, out):
        assert page in out.read_text()
        os.killpg(process.pid, signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 2 * STOPPING) == 0, out.read_text()
        await until(lambda: not processes(state), "every process of the demo to be gone")


async def test_without_php_it_says_what_to_install(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *_program(tmp_path / "demo"),
        env={**os.environ, "PATH": str(tmp_path), "BACKCHAT_WORDPRESS": str(tmp_path / "cache")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, error = await process.communicate()
    words = error.decode()
    assert process.returncode == 1
    assert "WordPress needs PHP, and there is none here: install it first" in words and "php-sqlite3" in words
    assert "Traceback" not in words


async def test_a_blog_that_the_demo_does_not_have_is_told_with_those_it_has(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "demo", "--blog", "guestbook", "--state", str(tmp_path / "demo")),
        stderr=asyncio.subprocess.PIPE,
    )
    _, error = await process.communicate()
    assert process.returncode == 1
    assert "the demo has no blog “guestbook”; say --blog with one of: isso, wordpress" in error.decode()
