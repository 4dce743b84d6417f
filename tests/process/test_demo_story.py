"""The whole story, as `backchat demo --check` plays it for anybody."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bridge.demo.story import STEPS
from tests.servers.isso import CACHE


async def test_the_whole_story_holds(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "demo", "--check", "--state", str(tmp_path / "demo")),
        env={**os.environ, "BACKCHAT_ISSO_ENV": str(CACHE)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    words = output.decode()
    assert process.returncode == 0, words
    assert words.count("✓") == len(STEPS) + 1 and "✗" not in words
    assert f"{len(STEPS)} of {len(STEPS)} steps held" in words
